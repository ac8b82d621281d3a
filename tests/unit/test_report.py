"""The report page: the numbers are the query's, the text is escaped, and any run gives a bounded, whole page."""

import dataclasses
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from factory.query import run_query
from factory.report import build_report
from factory.report_facts import MC_BINS, clustered_interval
from factory.shards import read_manifest, write_manifest, write_shard
from schemas import BadInput, Manifest, Seed, Tree, to_table
from tests.builders import make_run, make_seed, make_tree, write_export

VOID = {"meta", "br", "link", "img", "input", "hr"}
SVG_VOID = {"line", "rect", "polyline"}


class Page(HTMLParser):
    """Collects what the tests ask of a page and fails on unbalanced tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tables: dict[str, list[list[str]]] = {}
        self._caption = ""
        self._cell: list[str] | None = None
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "action", "data")]
        assert not [name for name in given if name.startswith("on")]
        if given.get("id"):
            self.ids.append(given["id"] or "")
        if tag == "tr":
            self.tables.setdefault(self._caption, []).append([])
        if tag in ("td", "th", "caption"):
            self._cell = []
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID | SVG_VOID
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        text = "".join(self._cell or [])
        if tag == "caption":
            self._caption = text
        elif tag in ("td", "th"):
            self.tables[self._caption][-1].append(text)

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("report") / "run")


@pytest.fixture(scope="module")
def html(run: Path) -> str:
    return build_report(run)


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def funnel(html: str) -> dict[str, int]:
    found = re.findall(r"<li><strong>([\d,]+)</strong><span>([^<]+)</span>", html)
    return {name: int(number.replace(",", "")) for number, name in found}


def test_the_funnel_is_what_queries_say(run: Path, html: str) -> None:
    def one(sql: str) -> int:
        return int(run_query(run, sql).rows[0][0])

    assert funnel(html) == {
        "seed rows read": 15,
        "seeds": one("SELECT count(*) FROM seeds"),
        "trees": one("SELECT count(*) FROM trees"),
        "labelled steps": one("SELECT count(*) FROM labels WHERE label <> 'unknown'"),
        "SFT rows": one("SELECT count(*) FROM sft"),
        "DPO pairs": one("SELECT count(*) FROM dpo"),
        "PRM rows": one("SELECT count(*) FROM prm"),
    }


def test_label_mix_and_rejects_are_what_queries_say(run: Path, page: Page) -> None:
    mix = run_query(run, "SELECT decided_by, count(*) FROM labels GROUP BY 1").rows
    shown = page.tables["Labels by who decided"][1:]
    assert {row[0]: sum(map(int, row[1:])) for row in shown} == dict(mix)
    rejects = run_query(run, "SELECT stage, reason, count(*)::VARCHAR FROM rejects GROUP BY 1, 2").rows
    assert {tuple(row[:3]) for row in page.tables["Rows that were not used, and why"][1:]} == set(rejects)


def test_histograms_count_everything_once(run: Path, page: Page) -> None:
    steps, started, rollouts, wrong = run_query(
        run,
        """SELECT (SELECT count(*) FROM nodes WHERE "index" > 0), (SELECT count(*) FROM nodes WHERE total > 0),
        (SELECT sum(len(rollouts)) FROM trees), (SELECT count(*) FROM prm WHERE first_error >= 0)""",
    ).rows[0]
    sums = {name: sum(int(row[1]) for row in rows[1:]) for name, rows in page.tables.items() if len(rows[0]) == 2}
    assert sums == {
        "Length of steps": steps,
        "Value of a step, MC(s)": started,
        "Length of solutions": rollouts,
        "First wrong step": wrong,
    }
    assert [row[0] for row in page.tables["Value of a step, MC(s)"][1:]] == list(MC_BINS)


def test_prefix_rates_are_pooled_rollouts(run: Path, page: Page) -> None:
    correct, total = run_query(run, 'SELECT sum(correct), sum(total) FROM nodes WHERE "index" = 0').rows[0]
    bare = next(row for row in page.tables["Success by human steps given"] if row[0] == "0")
    assert bare[1:3] == ["sound prefix", f"{correct / total:.0%}"] and bare[4] == str(total)
    assert any(row[1] == "prefix with an error" for row in page.tables["Success by human steps given"])


def test_the_page_is_whole_and_stands_alone(html: str, page: Page) -> None:
    assert html.startswith("<!DOCTYPE html>")
    assert all(link.startswith("#") for link in page.links)
    assert {link[1:] for link in page.links} <= set(page.ids) and len(set(page.ids)) == len(page.ids)
    style, script = re.findall(r"<style>(.*?)</style>", html, re.S), re.findall(r"<script>(.*?)</script>", html, re.S)
    assert len(style) == len(script) == 1
    assert not re.search(r"https?:|url\(|@import|fetch\(|XMLHttp", style[0] + script[0])
    assert page.tags.count("h1") == 1 and page.tags.count("main") == 1
    assert page.tags.count("svg") == html.count('role="img" aria-labelledby=') == page.tags.count("desc") == 7
    assert page.tags.count("caption") == page.tags.count("table")


def test_trees_carry_their_evidence(html: str) -> None:
    assert html.count('<article class="tree">') == 12
    assert "decided by human" in html and "95% interval" in html and "Human rating" in html
    assert "incorrect, decided by" in html and "expected " in html and "says invalid" in html


NASTY = (
    """<script>alert(1)</script> "quoted" 'single' </style></script> <img src=x onerror=alert(2)> """
    "& \u202eevil\u2066 \x00\x1b[2J {{ 7*7 }}"
)


def poisoned(folder: Path) -> Path:
    """A run all of whose text is hostile."""
    seed = make_seed(4)
    problem = dataclasses.replace(seed.problem, statement=NASTY, answer=NASTY, source=NASTY, licence=NASTY)
    tree = make_tree(seed, 4)
    nodes = []
    for node in tree.nodes:
        said = [dataclasses.replace(v, claim=NASTY, evidence=NASTY, reason=NASTY) for v in node.verdicts]
        answer = None if node.answer is None else NASTY
        nodes.append(dataclasses.replace(node, text=NASTY, action=NASTY, answer=answer, verdicts=tuple(said)))
    bad = dataclasses.replace(tree, problem=problem, nodes=tuple(nodes), policy=NASTY, stop=NASTY)
    shards = (
        write_shard(folder, "trees", 0, to_table([bad], Tree)),
        write_shard(folder, "seeds", 0, to_table([dataclasses.replace(seed, problem=problem)], Seed)),
    )
    write_manifest(folder, Manifest(NASTY, {"name": NASTY}, {"name": NASTY}, {NASTY: NASTY}, 1, shards=shards))
    write_export(folder / "exports" / "default", [bad])
    return folder


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    html = build_report(poisoned(tmp_path / "run"))
    page = Page(html)
    assert page.tags.count("script") == page.tags.count("style") == 1 and "img" not in page.tags
    assert not set(html) & {"\u202e", "\u2066", "\x00", "\x1b"}
    assert "[U+202E]" in html and "{{ 7*7 }}" in html
    assert "This run is not complete" in html


def test_a_run_without_export_says_so(tmp_path: Path) -> None:
    html = build_report(make_run(tmp_path / "run", 3, export=False))
    Page(html)
    assert "This run has no labels yet" in html and "No training rows were exported" in html
    assert funnel(html)["trees"] == 3 and funnel(html)["labelled steps"] == 0


def test_an_empty_run_gives_a_page(tmp_path: Path) -> None:
    write_manifest(tmp_path, Manifest("f", {}, {}, {}, 1, totals={"seconds": None}))
    html = build_report(tmp_path)
    Page(html)
    assert "This run has no trees yet" in html and set(funnel(html).values()) == {0}


def test_no_run_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="not a run"):
        build_report(tmp_path)


def test_a_huge_tree_gives_a_bounded_page(tmp_path: Path) -> None:
    tree = make_tree(make_seed(4), 4)
    long = '<&"' * 2_000
    wide = [dataclasses.replace(node, text=long) for node in tree.nodes]
    for index in range(len(wide), 1000):
        wide.append(dataclasses.replace(wide[1], index=index, parent=index // 3, depth=1))
    huge = [dataclasses.replace(tree, id=f"{n:02}", nodes=tuple(wide[: 1000 if n else 200])) for n in range(3)]
    run = tmp_path / "run"
    shards = tuple(write_shard(run, "trees", n, to_table([each], Tree)) for n, each in enumerate(huge))
    write_manifest(run, Manifest("f", {}, {}, {}, 1, shards=shards))
    write_export(run / "exports" / "default", huge[:1])
    html = build_report(run)
    Page(html)
    assert len(html.encode()) < 3_000_000
    assert "steps drawn" in html and "more characters]" in html


def test_the_page_depends_on_the_run_only(run: Path) -> None:
    assert build_report(run) == build_report(run)
    assert read_manifest(run).complete


def test_intervals_widen_when_problems_differ() -> None:
    alike = clustered_interval((50, 100, 10, 250, 500, 1000))  # ten problems, each 5 of 10
    apart = clustered_interval((50, 100, 10, 500, 500, 1000))  # five problems 10 of 10, five 0 of 10
    assert apart[1] - apart[0] > 2.5 * (alike[1] - alike[0])
    assert 0.0 <= clustered_interval((0, 6, 1, 0, 0, 36))[0] < 0.01
