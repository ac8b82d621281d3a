"""A run as one self-contained HTML page: figures over everything, and a sample of trees and rows to look into."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from factory.legible import legible, one_line
from factory.query import open_views
from factory.report_charts import SYMBOLS, Chart, Words, bars, rates, short, stacked
from factory.report_facts import Facts, Rate
from factory.report_samples import examples, tree_views
from factory.shards import MANIFEST, read_manifest
from schemas import Manifest

TEMPLATES = Path(__file__).parent / "templates"
TREE_CHARACTERS = 1_800_000  # room for the sampled trees; the rest of the page stays far below 1 MB
REJECT_ROWS = 20


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the funnel: ``note`` says what it lost or how it is made up."""

    name: str
    number: int
    note: str


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of the cost section, already in words."""

    name: str
    value: str
    note: str


def build_report(run: Path, export: str = "default") -> str:
    """The page, under 3 MB for any run, with no reference to anything outside it. A run without exports or without
    trees gives a page that says so. Raises ``BadInput`` where ``run`` is no run or ``export`` is unknown."""
    manifest = read_manifest(run)
    with open_views(run, export) as connection:
        facts = Facts(connection)
        sizes, rollouts = facts.sizes(), facts.rollouts()
        prefix = facts.by_prefix()
        rejects = facts.rejects()
        environment = _environment()
        trees = _fitting_trees(environment, facts)
        return environment.get_template("report.html.jinja").render(
            head=_head(run, manifest, export) | {"model": facts.policy() or manifest.model.get("name") or "not named"},
            sizes=sizes,
            rollouts=rollouts,
            funnel=_funnel(manifest, sizes, rollouts, rejects),
            rejects=rejects[:REJECT_ROWS],
            more_rejects=len(rejects) - len(rejects[:REJECT_ROWS]),
            prefix_chart=_prefix_chart(prefix),
            prefix_words=_prefix_words(prefix.get("sound", [])),
            cost=_cost(manifest, sizes, rollouts),
            label_charts=_label_charts(facts) if sizes["labels"] else [],
            disagreements=facts.disagreements(),
            value_charts=_value_charts(facts) if sizes["trees"] else [],
            trees=trees,
            examples=examples(facts),
        )


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True)  # fmt: skip
    environment.filters.update(clip=legible, line=one_line, short=short)
    environment.globals.update(symbols={**SYMBOLS, "valid": "✓", "invalid": "✗"})
    return environment


def _fitting_trees(environment: Environment, facts: Facts) -> list[Markup]:
    """Sampled trees as HTML, as many as the page has room for."""
    module: Any = environment.get_template("report_tree.html.jinja").module
    drawn: list[Markup] = []
    room = TREE_CHARACTERS
    for view in tree_views(facts):
        html = module.tree(view, not drawn)
        room -= len(html)
        if room < 0:
            break
        drawn.append(html)
    return drawn


def _head(run: Path, manifest: Manifest, export: str) -> dict[str, Any]:
    totals, config = manifest.totals, manifest.config
    written = datetime.datetime.fromtimestamp((run / MANIFEST).stat().st_mtime, datetime.UTC)
    return {
        "name": str(config.get("name") or config.get("recipe") or run.resolve().name),
        "algorithm": str(_section(config, "search").get("algorithm", "")),
        "fingerprint": manifest.fingerprint,
        "complete": manifest.complete,
        "export": export,
        "started": str(totals.get("started", "")),
        "written": written.strftime("%Y-%m-%d %H:%M UTC"),
        "versions": sorted(manifest.versions.items()),
    }


def _section(config: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = config.get(name)
    return found if isinstance(found, Mapping) else {}


def _funnel(
    manifest: Manifest, sizes: dict[str, int], rollouts: dict[str, int], rejects: list[tuple[Any, ...]]
) -> list[Stage]:
    counted = {count.stage: count for count in manifest.counts}
    lost = sum(row[2] for row in rejects if row[0] == "seeds")
    read = counted["seeds"].read if "seeds" in counted else sizes["seeds"] + lost
    return [
        Stage("seed rows read", read, f"{read - sizes['seeds']:,} rejected" if read > sizes["seeds"] else "none lost"),
        Stage("seeds", sizes["seeds"], f"on {sizes['problems']:,} problems"),
        Stage("trees", sizes["trees"], f"{rollouts['mixed']:,} mixed, {rollouts['all']:,} rollouts"),
        Stage("labelled steps", sizes["decided"], f"of {sizes['steps']:,} in trees"),
        Stage("SFT rows", sizes["sft"], "right solutions"),
        Stage("DPO pairs", sizes["dpo"], "right against wrong"),
        Stage("PRM rows", sizes["prm"], "steps with booleans"),
    ]


def _cost(manifest: Manifest, sizes: dict[str, int], rollouts: dict[str, int]) -> list[Figure]:
    totals = manifest.totals
    per_step = f"{rollouts['all'] / sizes['decided']:.2f}" if sizes["decided"] else "–"
    figures = [
        Figure("wall time", _duration(totals.get("seconds")), "of the run so far"),
        Figure("rollouts", f"{rollouts['all']:,}", f"{rollouts['valid']:,} right, {rollouts['invalid']:,} wrong"),
        Figure("rollouts per label", per_step, "per step found correct or incorrect"),
        Figure("output tokens", _number(totals.get("tokens")), f"{_number(totals.get('prompt_tokens'))} prompt tokens"),
        Figure("tokens per second", _number(totals.get("tokens_per_s")), "output tokens over wall time"),
        Figure("requests", _number(totals.get("requests")), "calls to the policy"),
        Figure("judged", _number(totals.get("judged")), "steps and answers given to judges"),
    ]
    return [figure for figure in figures if figure.value != "–"]


def _number(value: Any) -> str:
    return f"{value:,.0f}" if isinstance(value, int | float) else "–"


def _duration(seconds: Any) -> str:
    if not isinstance(seconds, int | float):
        return "–"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def _prefix_chart(prefix: dict[str, list[Rate]]) -> Chart | None:
    if not prefix:
        return None
    words = Words("prefix", "Success by human steps given",
                  "Share of rollouts that reach the right answer, started after this many human steps. Bars are 95% "
                  "intervals that allow for rollouts of one problem being alike.", "human steps given")  # fmt: skip
    named = {"sound": "sound prefix", "with an error": "prefix with an error"}
    return rates(words, {named[name]: points for name, points in prefix.items()}, 250)


def _prefix_words(points: list[Rate]) -> str:
    """The finding in a sentence: the bare problem against the longest prefix that at least half as many problems have."""
    common = [point for point in points if 2 * point.problems >= points[0].problems]
    if len(common) < 2:
        return "Too few prefixes to compare."
    first, last = common[0], common[-1]
    steps = f"{last.at} human step" + ("s" if last.at != 1 else "")
    start = "From the bare problem" if first.at == 0 else f"After {first.at} human steps"
    return f"{start}, {first.rate:.0%} of rollouts end right; with {steps} given, {last.rate:.0%}."


def _label_charts(facts: Facts) -> list[Chart]:
    first, clean = facts.first_errors()
    mix = Words("mix", "Labels by who decided", "Each step's label, by the source that settled it.", "decided by")
    note = f"PRM rows by the place of their first wrong step. {clean:,} more have none."
    error = Words("error", "First wrong step", note, "step, counted from 1")
    return [stacked(mix, facts.label_mix()), bars(error, first)]


def _value_charts(facts: Facts) -> list[Chart]:
    values = Words("values", "Value of a step, MC(s)", "Steps by the share of right rollouts among those started at "
                   "them; none right and all right stand apart.", "% of rollouts right")  # fmt: skip
    depth = Words("depth", "Value by depth", "Share of rollouts that end right, by the depth of the step they started "
                  "at, with 95% intervals.", "steps from the problem")  # fmt: skip
    solution = Words("solution", "Length of solutions", "Rollouts by the steps of the whole solution, given ones "
                     "included.", "steps")  # fmt: skip
    step = Words("step", "Length of steps", "Each step of a tree once, however many rollouts share it.", "characters")
    by_depth = {f"from {name} steps": points for name, points in facts.by_depth().items()}
    return [bars(values, facts.values()), rates(depth, by_depth, 220), bars(solution, facts.solution_lengths()),
            bars(step, facts.step_lengths())]  # fmt: skip
