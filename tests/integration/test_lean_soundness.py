"""No cheating proof is ever accepted, every honest one is, and no cheat touches the verdict of another proof."""

from collections import Counter
from pathlib import Path

import pytest

from schemas import LeanVerdict
from tests.lean.cheats import CHEATS
from tests.lean.rows import Cheat, Honest, honest
from verifiers.lean import LeanPool, LeanRequest, proof_request

HONEST = honest()
SPENT = {"time", "size", "flood", "memory", "text"}  # kinds that may end in "cannot say"
TRACES = [Path(path) for path in ("/tmp/cheat.txt", "/tmp/cheat-spawned", "/lean/cheat.txt", "cheat.txt")]


def canaries(number: int) -> list[LeanRequest]:
    """A true and a false statement that nobody has asked before; both read ``=``, ``+``, numerals and ``omega``."""
    right, wrong = (f"theorem canary : {number} + 2 = {total} + {number} := by " for total in (2, 3))
    return [proof_request(f"{claim}sorry", f"{claim}omega") for claim in (right, wrong)]


@pytest.fixture(scope="module")
def judged(lean_pool: LeanPool) -> dict[str, tuple[LeanVerdict, LeanVerdict, LeanVerdict]]:
    """Per cheat its verdict, and those of the two canaries asked right behind it."""
    requests = [
        request for number, cheat in enumerate(CHEATS) for request in (cheat.request(), *canaries(1_000 + number))
    ]
    verdicts = lean_pool.judge(requests)
    return {cheat.name: tuple(verdicts[3 * i : 3 * i + 3]) for i, cheat in enumerate(CHEATS)}  # type: ignore[misc]


@pytest.fixture(scope="module")
def honestly(lean_pool: LeanPool, judged: dict[str, object]) -> dict[str, LeanVerdict]:
    """The verdicts of the honest proofs, behind all cheats."""
    return dict(zip((row.name for row in HONEST), lean_pool.judge(row.request() for row in HONEST), strict=True))


@pytest.mark.parametrize("cheat", CHEATS, ids=lambda cheat: cheat.name)
def test_a_cheat_is_never_accepted(
    cheat: Cheat, judged: dict[str, tuple[LeanVerdict, LeanVerdict, LeanVerdict]]
) -> None:
    verdict, right, wrong = judged[cheat.name]
    assert verdict.accepted is not True, verdict
    assert verdict.reason, verdict
    assert verdict.reason != "worker_died", verdict
    if cheat.kind not in SPENT:
        assert verdict.accepted is False, verdict
    assert (right.accepted, wrong.accepted) == (True, False), "the cheat reached the next verdict"


@pytest.mark.parametrize("row", HONEST, ids=lambda row: row.name)
def test_an_honest_proof_is_accepted(row: Honest, honestly: dict[str, LeanVerdict]) -> None:
    verdict = honestly[row.name]
    assert verdict.accepted is True, verdict
    assert (verdict.reason, verdict.first_error, verdict.goals) == (None, None, ()), verdict
    assert verdict.statement_hash
    assert verdict.lean


def test_no_cheat_left_a_trace_on_the_machine(judged: dict[str, object]) -> None:
    assert [path for path in TRACES if path.exists()] == []


def test_the_cheats_are_worth_asking() -> None:
    """Plain Lean takes a hundred of them for proofs, and no name stands twice."""
    assert sum(cheat.naive_accepts is True for cheat in CHEATS) >= 100
    assert [name for name, count in Counter(cheat.name for cheat in CHEATS).items() if count > 1] == []
    assert {cheat.mode for cheat in CHEATS} == {"proof", "file", "tactics"}
