"""``factory verify``: every format read, every row kept, the figures counted, a killed run continued."""

import gzip
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from factory.scores import FIGURES, Judged, Tally, holds_equality
from factory.solutions import Solution, count_rows, detect, read_solution, read_solutions
from pipelines.judging import judge_all
from pipelines.verify import OUTPUT, VerifySpec, output_row, verify
from schemas import BadInput, RunConflict, Verdict
from tests.recipes import factory, wait_for_a_commit
from verifiers import PanelConfig

RIGHT, WRONG, PLAIN = "So 2 + 2 = 4 apples.", "So 7 * 6 = 43 apples.", "He has many apples."
NESTED = {
    "question": {"problem": "P?", "ground_truth_answer": "4"},
    "label": {
        "steps": [
            {"completions": [{"text": "bad", "rating": -1}, {"text": RIGHT, "rating": 1}], "chosen_completion": 1},
            {"completions": [{"text": WRONG, "rating": -1}], "chosen_completion": None, "human_completion": None},
        ],
        "finish_reason": "found_error",
    },
}
SHEPHERD = {
    "input": f"P? Step 1: {RIGHT} ки\nStep 2: {WRONG} ки\nStep 3: {PLAIN} ки",
    "label": f"P? Step 1: {RIGHT} +\nStep 2: {WRONG} -\nStep 3: {PLAIN} -",
    "task": "GSM8K",
}
FORMAT_ROWS: dict[str, tuple[dict[str, Any], int]] = {  # format -> row, steps
    "processbench": ({"id": "x-1", "problem": "P?", "steps": [RIGHT, WRONG], "label": 1}, 2),
    "prm800k": ({"problem": "P?", "steps": [{"text": RIGHT, "rating": 0}, {"text": WRONG, "rating": -1}]}, 2),
    "math-shepherd": (SHEPHERD, 3),
    "bigbench-mistake": ({"input": "P?", "steps": [RIGHT, WRONG], "target": "4", "mistake_index": 1}, 2),
    "rows": ({"question": "P?", "solution": f"{RIGHT}\n\n{WRONG}", "first_error": 1}, 2),
}


def write(path: Path, lines: Sequence[Any]) -> Path:
    text = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("".join(f"{line}\n" for line in text), encoding="utf-8")
    return path


def verdict(outcome: Any) -> Verdict:
    return Verdict(outcome, "sympy", "1", None, "2 = 3", 0, 5, "2 is not 3")


def judged(steps: Sequence[str], outcomes: str, label: int | None) -> Judged:
    """``outcomes`` per step: v, i, u, or a dot for no opinion."""
    names = {"v": "valid", "i": "invalid", "u": "unknown"}
    verdicts = tuple((verdict(names[each]),) if each != "." else () for each in outcomes)
    return Judged(Solution(0, "0", steps=tuple(steps), first_error=label), verdicts)


@pytest.mark.parametrize("form", FORMAT_ROWS)
def test_each_format_is_told_by_its_row_and_read(form: str) -> None:
    row, count = FORMAT_ROWS[form]
    assert detect(row) == form
    assert read_solution(3, row) == read_solution(3, row, form)
    found = read_solution(3, row)
    assert (found.reason, found.problem.strip(), len(found.steps), found.first_error) == (
        None,
        found.problem.strip(),
        count,
        1,
    )
    assert "P?" in found.problem and RIGHT in found.steps[0] and WRONG in found.steps[1]


def test_the_published_prm800k_format_follows_the_chosen_completions() -> None:
    found = read_solution(0, NESTED)
    assert (found.problem, found.steps, found.ratings, found.first_error) == ("P?", (RIGHT, WRONG), (1, -1), 1)


def test_what_counts_as_no_error_and_as_no_label() -> None:
    assert read_solution(0, {"input": "P", "steps": [RIGHT], "mistake_index": None}).first_error == -1
    assert read_solution(0, {"problem": "P", "steps": [{"text": RIGHT, "rating": 1}]}).first_error == -1
    assert read_solution(0, {"problem": "P", "steps": [{"text": RIGHT, "rating": None}]}).first_error is None
    assert read_solution(0, {"problem": "P", "steps": [RIGHT]}).first_error is None
    assert read_solution(0, {"prompt": "P", "completions": [RIGHT, WRONG], "labels": [True, False]}).first_error == 1
    assert read_solution(0, {"problem": "P", "steps": [RIGHT, WRONG], "label": [1, -1]}).first_error == 1
    assert read_solution(0, {"problem": "P", "steps": [{"text": RIGHT}, {"text": WRONG}], "label": 1}).first_error == 1
    unrated = read_solution(0, {"input": f"Step 1: {RIGHT} ки Step 2: {PLAIN}", "label": f"Step 1: {RIGHT} +"})
    assert (len(unrated.steps), unrated.ratings, unrated.first_error) == (2, (1, None), None)
    assert read_solution(0, {"question": "P", "answer": f"{RIGHT}\n#### 4"}).steps == (RIGHT, "#### 4")


@pytest.mark.parametrize(
    ("row", "reason", "steps"),
    [
        ({"problem": "P", "steps": []}, "no_steps", 0),
        ({"problem": "P"}, "no_steps", 0),
        ({"problem": "P", "steps": [RIGHT, 7], "label": 0}, "wrong_type", 0),
        ({"problem": "P", "steps": [None], "label": 0}, "wrong_type", 0),
        ({"problem": "P", "steps": "text", "label": 0, "mistake_index": 0}, "wrong_type", 0),
        ({"problem": "P", "steps": ["a"] * 1001, "label": 0}, "too_many_steps", 0),
        ({"problem": "P", "steps": [RIGHT], "domain": "lean"}, "no_judge", 0),
        ({"problem": "P", "steps": [RIGHT], "domain": ["odd"]}, "bad_domain", 0),
        ([RIGHT], "not_an_object", 0),
        ({"problem": "P", "steps": [RIGHT], "label": 1}, "label_out_of_range", 1),
        ({"problem": "P", "steps": [RIGHT], "label": "none"}, "wrong_type", 1),
        ({"problem": "P", "steps": [RIGHT], "ratings": [5]}, "bad_ratings", 1),
        ({"problem": "P", "steps": [{"text": RIGHT, "rating": {}}]}, "bad_ratings", 1),
    ],
)
def test_a_malformed_row_is_kept_with_its_reason_and_judged_if_its_steps_are_there(
    row: Any, reason: str, steps: int
) -> None:
    found = read_solution(5, row)
    assert (found.row, found.reason, len(found.steps), found.first_error) == (5, reason, steps, None)


def test_every_line_is_a_row_also_a_blank_and_a_broken_one(tmp_path: Path) -> None:
    row = FORMAT_ROWS["processbench"][0]
    path = write(tmp_path / "a.jsonl", [row, "", "{broken", row])
    with path.open("ab") as file:
        file.write(b'{"steps": ["\xff"]}')  # the last line has no newline
    found = list(read_solutions([path]))
    assert [each.row for each in found] == [0, 1, 2, 3, 4]
    assert [each.reason for each in found] == [None, "blank_line", "invalid_json", None, "invalid_utf8"]
    assert [each.id for each in found] == ["x-1", "1", "2", "x-1", "4"]
    assert count_rows(path) == 5


def test_the_same_rows_from_json_gzip_and_parquet(tmp_path: Path) -> None:
    rows = [FORMAT_ROWS["processbench"][0], {**FORMAT_ROWS["processbench"][0], "id": "x-2", "label": -1}]
    path = write(tmp_path / "a.jsonl", rows)
    expected = list(read_solutions([path]))
    (tmp_path / "b.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
    (tmp_path / "c.jsonl.gz").write_bytes(gzip.compress(path.read_bytes()))
    (tmp_path / "d.json.gz").write_bytes(gzip.compress(json.dumps(rows).encode()))
    (tmp_path / "e.json").write_bytes(path.read_bytes())  # JSONL under another name
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "f.parquet")
    for name in ("b.json", "c.jsonl.gz", "d.json.gz", "e.json", "f.parquet"):
        assert list(read_solutions([tmp_path / name])) == expected, name
    numbered = [each.row for each in read_solutions([path, tmp_path / "f.parquet"])]
    assert numbered == [0, 1, 2, 3]


@pytest.mark.parametrize("content", [b"[1, 2", b"\x1f\x8b broken"])
def test_a_file_that_is_broken_as_a_whole_is_bad_input(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / ("a.json" if content[:1] == b"[" else "a.jsonl.gz")
    path.write_bytes(content)
    with pytest.raises(BadInput):
        list(read_solutions([path]))


def test_figures_of_hand_made_rows() -> None:
    text = ["a = 1", "b", "c = 2", "d <= 3"]
    tally = Tally()
    for each in (
        judged(text, "vv..", -1),  # correct, quiet
        judged(text, "v.i.", -1),  # correct, flagged
        judged(text, "i.v.", 0),  # found
        judged(text, ".i..", 0),  # one behind
        judged(text, "v..i", 1),  # two behind
        judged(text, "u.ii", 3),  # one before, then on it
        judged(text, "u.u.", 2),  # missed
        judged(text, "v.u.", None),  # no label
        Judged(Solution(9, "9", reason="no_steps"), ()),
    ):
        tally.add(each)
    found = {name: (figure.hits, figure.n) for name, figure in tally.figures().items()}
    assert list(found) == list(FIGURES)
    assert found == {
        "flagged_correct": (1, 2),
        "invalid_within_1": (2, 4),
        "invalid_exact": (1, 4),
        "invalid_not_early": (3, 4),
        "verdicts_within_1": (3, 5),
        "verdicts_exact": (2, 5),
        "recall": (1, 5),
        "precision": (1, 5),
        "exact_match": (2, 7),
        "f1": (None, 7),
        "coverage": (8, 16),
    }
    assert tally.figures()["f1"].value == pytest.approx(2 * 0.2 * 0.5 / 0.7)
    plain = tally.to_dict()
    assert (plain["rows"], plain["rejected"], plain["correct"], plain["wrong"], plain["unlabelled"]) == (9, 1, 2, 5, 1)
    low, high = plain["interval"]["recall"]
    assert plain["recall"] == 0.2 and low == pytest.approx(0.0362, abs=1e-4) and high == pytest.approx(0.6245, abs=1e-4)


def test_figures_of_nothing_are_none() -> None:
    assert {figure.value for figure in Tally().figures().values()} == {None}


def test_what_an_equality_is() -> None:
    assert [
        holds_equality(text) for text in ("a=b", "2 + 2 = 4", "a<=b", "a >= b", "a == b", "x := 3", "a != b", "")
    ] == [
        *[True] * 2,
        *[False] * 6,
    ]


def test_equal_solutions_get_equal_verdicts_each(tmp_path: Path) -> None:
    solutions = [Solution(i, str(i), problem="P", steps=(RIGHT, WRONG, PLAIN)) for i in range(70)]
    found = judge_all(solutions, PanelConfig(workers=2))
    assert [each.solution.row for each in found] == list(range(70))
    assert {each.first_error for each in found} == {1}
    assert len({each.verdicts for each in found}) == 1


def test_the_output_has_one_row_per_line_in_order(tmp_path: Path) -> None:
    rows = [FORMAT_ROWS["processbench"][0], "", {"problem": "P", "steps": [PLAIN], "label": 4}, SHEPHERD]
    done = factory("verify", write(tmp_path / "a.jsonl", rows), "--out", tmp_path / "deep" / "v.parquet", "--json")
    assert done.returncode == 0, done.stderr
    table = pq.read_table(tmp_path / "deep" / "v.parquet")
    assert table.schema.equals(OUTPUT)
    assert table.column("row").to_pylist() == [0, 1, 2, 3]
    assert table.column("id").to_pylist() == ["x-1", "1", "2", "3"]
    assert table.column("first_error").to_pylist() == [1, None, -1, 1]
    assert table.column("reason").to_pylist() == [None, "blank_line", "label_out_of_range", None]
    verdicts = table.column("verdicts").to_pylist()
    assert {(each["step"], each["judge"], each["verdict"]) for each in verdicts[0]} >= {(1, "sympy", "invalid")}
    assert "7 * 6 = 43" in verdicts[0][-1]["claim"] and "42" in verdicts[0][-1]["evidence"]
    assert verdicts[1:3] == [[], []]
    facts = json.loads(done.stdout)
    assert (facts["rows"], facts["rejected"], facts["wrong"], facts["recall"]) == (4, 1, 2, 1.0)
    assert "7 * 6 = 43" in done.stderr
    assert not (tmp_path / "deep" / "v.parquet.part").exists()


def test_text_that_arrow_cannot_hold_comes_out_marked() -> None:
    broken = Verdict("invalid", "python", "1", None, "print('\ud800')", 0, 5, "\udfff")
    row = output_row(Judged(Solution(0, "0", steps=("a",)), ((broken,),)))
    table = pa.Table.from_pylist([row], schema=OUTPUT)
    assert table.column("verdicts").to_pylist()[0][0]["claim"] == "print('?')"
    assert read_solution(0, {"problem": "P", "steps": ["1 = \ud800"]}).steps == ("1 = ?",)


def test_first_errors_are_printed_with_their_claim_marked_and_their_evidence(tmp_path: Path) -> None:
    rows = [{"problem": "P", "steps": [f"\x1b[31m{PLAIN} {WRONG}"], "label": 0}] * 3
    done = factory("verify", write(tmp_path / "a.jsonl", rows), "--show", "2")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("⟪7 * 6 = 43⟫") + done.stdout.count("⟪7 * 6 = 43 apples⟫") == 2
    assert "row 0  0  step 0 (given: 0)" in done.stdout and "\x1b" not in done.stdout


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--domain", "lean", "--ray"], "--ray"),
        (["--domain", "lean", "--format", "rows"], "--format"),
        (["--domain", "lean", "--timeout", "0"], "timeout_s"),
        (["--lean-project", "."], "--lean-project"),
        (["--domain", "odd"], "odd"),
        (["--format", "csv"], "processbench"),
        (["--judges", "gpt"], "gpt"),
        (["--timeout", "0"], "timeout_s"),
        (["--limit", "-1"], "--limit"),
    ],
)
def test_an_option_that_makes_no_sense_is_one_paragraph_and_exit_2(
    tmp_path: Path, options: list[str], words: str
) -> None:
    done = factory("verify", write(tmp_path / "a.jsonl", [SHEPHERD]), *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr and "Traceback" not in done.stderr


def test_a_file_that_is_not_there_is_bad_input(tmp_path: Path) -> None:
    done = factory("verify", tmp_path / "none.jsonl", "--out", tmp_path / "v.parquet")
    assert done.returncode == 2 and "none.jsonl" in done.stderr
    assert list(tmp_path.iterdir()) == []


def many(path: Path, count: int) -> Path:
    """Solutions that are all different, so that none is remembered."""
    rows = [
        {"problem": f"P{n}", "steps": [f"{n} + {k} = {n + k + (k == 7)}" for k in range(12)], "label": 7}
        for n in range(1000, 1000 + count)
    ]
    return write(path, rows)


def test_a_killed_run_goes_on_and_gives_the_same_bytes(tmp_path: Path) -> None:
    path = many(tmp_path / "a.jsonl", 1000)
    assert factory("verify", path, "--out", tmp_path / "clean.parquet", "--show", "0").returncode == 0
    out = tmp_path / "v.parquet"
    command = [sys.executable, "-m", "pipelines.cli", "verify", str(path), "--out", str(out), "--show", "0"]
    journal = tmp_path / "v.parquet.part" / "journal.sqlite"
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    wait_for_a_commit(process, journal.parent)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not out.exists()
    done = factory("verify", path, "--out", out, "--json", "--show", "0")
    assert done.returncode == 0, done.stderr
    assert 0 < json.loads(done.stdout)["resumed"] < 1000
    assert json.loads(done.stdout)["recall"] == 1.0
    assert out.read_bytes() == (tmp_path / "clean.parquet").read_bytes()
    assert not journal.parent.exists()


def test_another_commands_journal_is_refused_and_named(tmp_path: Path) -> None:
    path, out = many(tmp_path / "a.jsonl", 40), tmp_path / "v.parquet"

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    spec = VerifySpec((path,), panel=PanelConfig(timeout_s=9.0))
    with pytest.raises(KeyboardInterrupt):
        verify(spec, out, 0, stop)
    with pytest.raises(RunConflict, match="panel changed"):
        verify(VerifySpec((path,)), out, 0, lambda done, total: None)
    path.write_text(path.read_text() + "\n", encoding="utf-8")
    with pytest.raises(RunConflict, match="files changed"):
        verify(spec, out, 0, lambda done, total: None)
    found = verify(VerifySpec((path,)), tmp_path / "other.parquet", 1, lambda done, total: None)
    assert (found.tally.counts["rows"], len(found.shown), found.reasons) == (41, 1, {"blank_line": 1})


def test_ctrl_c_says_how_to_go_on(tmp_path: Path) -> None:
    path, out = many(tmp_path / "a.jsonl", 4000), tmp_path / "v.parquet"
    command = [sys.executable, "-m", "pipelines.cli", "verify", str(path), "--out", str(out)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    journal = tmp_path / "v.parquet.part" / "journal.sqlite"
    wait_for_a_commit(process, journal.parent)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=120)
    assert process.returncode == 130, told
    assert f"factory verify {path} --out {out}" in told and "Traceback" not in told
    assert journal.exists() and not out.exists()
