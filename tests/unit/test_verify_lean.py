"""``factory verify`` on Lean rows: told by their shape, every row kept, a killed run continued. Lean is a stand-in."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipelines import cli_verify
from pipelines.lean_rows import holds_lean, read_row
from pipelines.verify_lean import OUTPUT, LeanSpec, LeanVerified, verify_lean
from schemas import JudgeBroken, LeanVerdict, RunConflict
from tests.lean_double import Double
from verifiers.lean import LeanConfig

ROOT = Path(__file__).parents[2]
FILE = {"id": 7, "code": "theorem t : True := trivial", "compiles_lean_4_28_wasm": True}
WRONG = {"name": "x", "code": "theorem bad : False := trivial"}
PROOF = {"challenge": "theorem t : True := by sorry", "solution": "theorem t : True := trivial"}
QUICK = LeanConfig(timeout_s=0.5, start_timeout_s=20)


def write(path: Path, rows: Sequence[Any]) -> Path:
    text = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("".join(f"{line}\n" for line in text), encoding="utf-8")
    return path


@pytest.fixture
def double(tmp_path: Path) -> Double:
    return Double(tmp_path / "log")


def judged(spec: LeanSpec, out: Path | None, double: Double, show: int = 10) -> LeanVerified:
    return verify_lean(spec, out, show, lambda done, total: None, double)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([FILE], True),
        ([FILE, WRONG, "{broken", ""], True),
        ([PROOF], True),
        ([{**FILE, "domain": "lean"}], True),
        ([{"code": "import Std\ntheorem a : True := trivial"}, {"code": "def f := 1"}], True),
        ([{**FILE, "domain": "code"}], False),
        ([{"code": "def f(x):\n    return x"}], False),
        ([FILE, {"code": "def f(x): return x", "prompt": "Write f."}], False),
        ([{**FILE, "steps": ["a"]}], False),
        ([{**FILE, "tests": ["assert f"]}], False),
        ([{"problem": "P", "solution": "theorem"}], False),
        ([{"challenge": "Find the error.", "solution": "here"}], False),
        (["{broken"], False),
        ([FILE, ["list"]], False),
        ([], False),
    ],
)
def test_lean_is_told_by_the_shape_of_the_first_rows(rows: list[Any], expected: bool, tmp_path: Path) -> None:
    assert holds_lean(write(tmp_path / "a.jsonl", rows)) is expected


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"text": "theorem"}, "no_code"),
        ({"code": 7}, "wrong_type"),
        ({"challenge": "theorem t : p := by sorry"}, "no_solution"),
        ({"challenge": "theorem t : p := by sorry", "solution": ["a"]}, "wrong_type"),
        ([1], "not_an_object"),
        (None, "not_an_object"),
    ],
)
def test_a_row_that_cannot_be_judged_says_why(row: Any, reason: str) -> None:
    found = read_row(3, row)
    assert (found.row, found.id, found.request, found.reason) == (3, "3", None, reason)


def test_every_row_is_written_in_order_with_what_lean_said(tmp_path: Path, double: Double) -> None:
    path = write(tmp_path / "a.jsonl", [FILE, "", WRONG, "{broken", PROOF, {"code": "hang"}, {"code": "\ud800"}])
    found = judged(LeanSpec((path,), config=QUICK), tmp_path / "v.parquet", double)
    table = pq.read_table(tmp_path / "v.parquet")
    assert table.schema.equals(OUTPUT)
    rows = table.to_pylist()
    assert [(row["row"], row["id"], row["accepted"], row["reason"]) for row in rows] == [
        (0, "7", True, None),
        (1, "1", None, "blank_line"),
        (2, "2", False, "error"),
        (3, "3", None, "invalid_json"),
        (4, "4", True, None),
        (5, "5", None, "timeout"),
        (6, "6", None, "not_text"),
    ]
    message = {"severity": "error", "line": 1, "column": 0, "text": "⊢ theorem bad : False := trivial"}
    assert (rows[2]["messages"], rows[2]["axioms"], rows[2]["lean"]) == ([message], ["propext"], "4.28.0")
    assert (rows[2]["statement_hash"], rows[2]["first_error"], rows[1]["lean"]) == ("1f", None, "")
    facts = found.to_dict()
    assert {name: facts[name] for name in ("rows", "rejected", "accepted", "not_accepted", "undecided")} == {
        "rows": 7,
        "rejected": 2,
        "accepted": 2,
        "not_accepted": 1,
        "undecided": 2,
    }
    assert facts["agreement"] is None  # a recorded outcome under another name is not scored
    assert set(facts["reasons"]) == {"blank_line", "error", "invalid_json", "timeout", "not_text"}
    assert [(row.row, verdict.reason) for row, verdict in found.shown][1] == (2, "error")
    assert not (tmp_path / "v.parquet.part").exists()


def test_jsonl_is_written_where_the_name_says_so(tmp_path: Path, double: Double) -> None:
    path = write(tmp_path / "a.jsonl", [FILE, WRONG])
    spec = LeanSpec((path,))
    judged(spec, tmp_path / "v.parquet", double)
    judged(spec, tmp_path / "v.jsonl", double)
    lines = [json.loads(line) for line in (tmp_path / "v.jsonl").read_text(encoding="utf-8").splitlines()]
    assert lines == pq.read_table(tmp_path / "v.parquet").to_pylist()


def test_agreement_is_counted_where_rows_say_what_is_expected(tmp_path: Path, double: Double) -> None:
    rows = [
        {**FILE, "accepted": True},
        {**WRONG, "expected": False},
        {**WRONG, "expected": True},
        {"code": "hang", "accepted": False},
        {**FILE, "expected": "yes"},
    ]
    found = judged(LeanSpec((write(tmp_path / "a.jsonl", rows),), config=QUICK), None, double)
    agreement = found.to_dict()["agreement"]
    assert (agreement["hits"], agreement["n"], agreement["value"]) == (2, 4, 0.5)
    assert 0 < agreement["interval"][0] < 0.5 < agreement["interval"][1] < 1


def test_a_limit_and_several_files(tmp_path: Path, double: Double) -> None:
    first, second = write(tmp_path / "a.jsonl", [FILE, WRONG]), write(tmp_path / "b.jsonl", [PROOF, WRONG])
    assert judged(LeanSpec((first, second), limit=3), tmp_path / "v.jsonl", double).counts["rows"] == 3
    assert double.lines("asked") == [FILE["code"], WRONG["code"], PROOF["solution"]]  # equal rows are asked once


def test_a_lean_that_cannot_be_started_breaks_the_run_and_keeps_what_was_judged(tmp_path: Path) -> None:
    spec = LeanSpec((write(tmp_path / "a.jsonl", [FILE]),))
    with pytest.raises(JudgeBroken, match="no such olean"):
        judged(spec, tmp_path / "v.parquet", Double(tmp_path / "log", "dead"))
    assert (tmp_path / "v.parquet.part" / "journal.sqlite").exists()
    with pytest.raises(RunConflict, match="lean"):
        changed = LeanSpec(spec.files, config=LeanConfig(heartbeats=1))
        judged(changed, tmp_path / "v.parquet", Double(tmp_path / "log2"))


def test_a_killed_run_goes_on_and_gives_the_same_bytes(tmp_path: Path, double: Double) -> None:
    rows = [{"code": f"wait theorem {n}{' bad' * (n % 3 == 0)}"} for n in range(40)]
    path, out = write(tmp_path / "a.jsonl", rows), tmp_path / "v.parquet"
    judged(LeanSpec((path,)), tmp_path / "clean.parquet", double)
    source = (
        "import sys; from pathlib import Path; from tests.lean_double import Double\n"
        "from pipelines.verify_lean import LeanSpec, verify_lean\n"
        "say = lambda done, total: print(done, flush=True)\n"
        "verify_lean(LeanSpec((Path(sys.argv[1]),)), Path(sys.argv[2]), 0, say, Double(Path(sys.argv[3])))\n"
    )
    command = [sys.executable, "-c", source, str(path), str(out), str(tmp_path / "killed")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True)
    assert process.stdout is not None
    while int(process.stdout.readline()) < 16:
        pass
    time.sleep(0.6)  # the journal commits twice a second
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    again = Double(tmp_path / "again")
    found = judged(LeanSpec((path,)), out, again)
    assert found.resumed >= 8
    assert len(again.lines("asked")) == 40 - found.resumed
    assert out.read_bytes() == (tmp_path / "clean.parquet").read_bytes()


def test_what_is_refused_is_shown_with_place_and_reason(
    tmp_path: Path, double: Double, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def with_double(spec: LeanSpec, out: Path | None, show: int, progress: Any) -> LeanVerified:
        return verify_lean(spec, out, show, progress, double)

    monkeypatch.setattr("pipelines.verify_lean.verify_lean", with_double)
    path = write(tmp_path / "a.jsonl", [{**FILE, "accepted": True}, {**WRONG, "code": "theorem bad \x1b[31m⊥"}])
    cli_verify.verify([path], timeout=3.0)
    told = capsys.readouterr().out
    assert "row 1  1  unknown\n  not_text: character 12 is U+001B" in told and "\x1b" not in told
    assert "2 rows  0 rejected  1 accepted  0 not accepted  1 undecided" in told
    assert "agreement with the rows' own word  100.0%  1/1" in told
    cli_verify.verify([write(tmp_path / "a.jsonl", [WRONG])], as_json=True)
    captured = capsys.readouterr()
    assert json.loads(captured.out)["not_accepted"] == 1
    assert "1:0: ⊢ theorem bad" in captured.err


def test_an_error_in_a_step_is_shown(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    verdict = LeanVerdict(False, "error", None, 1, (), (), (), (), None, "4.28.0")
    out, _ = cli_verify._consoles()
    cli_verify._print_refused(out, [(read_row(0, FILE), verdict)])
    assert capsys.readouterr().out == "row 0  7  step 1  not accepted\n  error\n\n"
