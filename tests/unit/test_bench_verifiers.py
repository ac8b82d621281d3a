"""The bench of the judges: what it counts, what it skips, and that its alarms can ring."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from factory.scores import Judged
from factory.solutions import Solution
from infra.bench_verifiers.bombs import BombFigures, Counter, _note, bench_bombs, bombs, bombs_lines
from infra.bench_verifiers.claims import DATASETS, bench_claims, claims_lines, measure, why_missed
from infra.bench_verifiers.misses import miss_lines
from schemas import Verdict

RIGHT, WRONG, PLAIN = "So 2 + 2 = 4 apples.", "So 7 * 6 = 43 apples.", "He has many apples."
ROOT = Path(__file__).resolve().parents[2]


def judged(outcomes: str, label: int | None, ratings: tuple[int | None, ...] = (), text: str = "a = 1") -> Judged:
    names = {"v": "valid", "i": "invalid", "u": "unknown"}
    verdicts = tuple(
        (Verdict(names[each], "sympy", "1", "units", "c", 0, 1, "e"),) if each != "." else ()  # type: ignore[arg-type]
        for each in outcomes
    )
    return Judged(Solution(0, "0", steps=(text,) * len(outcomes), first_error=label, ratings=ratings), verdicts)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    rows = [
        {"problem": "P", "steps": [RIGHT, WRONG], "label": 1},
        {"problem": "P", "steps": [PLAIN, RIGHT], "label": -1},
    ]
    path = folder / DATASETS["gsm8k"]
    path.parent.mkdir()
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


def test_data_that_is_there_is_measured_and_the_rest_is_named(data: Path) -> None:
    found = bench_claims(data, quick=False)
    assert list(found.figures) == ["gsm8k"] and len(found.absent) == len(DATASETS) - 1
    figures = found.figures["gsm8k"]
    assert [(figures[name].hits, figures[name].n) for name in ("recall", "flagged_correct", "coverage")] == [
        (1, 1),
        (0, 1),
        (3, 3),
    ]
    assert [speed.steps for speed in found.speeds] == [4] and found.speeds[0].steps_per_s > 0
    text = "\n".join(claims_lines(found))
    assert ">= 25.0% met" in text and "absent, skipped: processbench/math.jsonl" in text


def test_json_holds_every_figure(data: Path) -> None:
    command = [sys.executable, "-m", "infra.bench_verifiers", "--only", "claims", "--data", str(data), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True, cwd=ROOT)
    assert json.loads(done.stdout)["claims"]["figures"]["gsm8k"]["precision"]["n"] == 1


def test_steps_with_ratings_are_counted_by_their_own() -> None:
    found = measure("prm800k", [judged("vi.i", 3, (1, 1, 0, -1)), judged("..", 1, (1, -1))])
    assert [(figure.hits, figure.n) for figure in list(found.values())[:2]] == [(1, 3), (1, 2)]


@pytest.mark.parametrize(
    ("outcomes", "text", "why"),
    [
        ("i.", "a = 1", "an earlier step is called invalid"),
        (".v", "a = 1", "its claims are valid"),
        (".u", "a = 1", "unknown: units"),
        ("..", "a = 1", "no claim is read in its equality"),
        ("..", "a", "it holds no equality"),
    ],
)
def test_why_a_first_error_was_missed(outcomes: str, text: str, why: str) -> None:
    assert why_missed(judged(outcomes, 1, text=text)) == why


def test_misses_are_shown_by_kind() -> None:
    rows = [judged("..", 1), judged("i.", 1), judged("..i", 1), judged("i.", -1), judged(".i", 1)]
    last = {kind: list(miss_lines(rows, kind, 10))[-1] for kind in ("missed", "false", "late")}
    assert last == {"missed": "3 of 3 shown", "false": "2 of 2 shown", "late": "1 of 1 shown"}


def test_bombs_are_many_and_some_of_them_go_off_nowhere(tmp_path: Path) -> None:
    assert len(bombs(tmp_path / "canary")) >= 40
    found = bench_bombs(every=11)
    assert found.executed == [] and found.asked == 6 * found.bombs == 30
    assert found.slowest_s < 30


def test_a_bomb_that_goes_off_or_comes_late_is_told(tmp_path: Path) -> None:
    found = BombFigures(1, outcomes={"step": Counter()})
    _note(found, "in time", 1.0, tmp_path / "canary")
    assert "met" in bombs_lines(found)[1]
    (tmp_path / "canary").touch()
    _note(found, "executed", 1.0, tmp_path / "canary")
    _note(found, "late", 9.0, tmp_path / "canary")
    assert (found.executed, found.late, found.slowest) == (["executed"], ["late (9.00 s)"], "late")
    assert "MISSED" in bombs_lines(found)[1]
