"""Claims in words and formulas, proved and refuted by real Lean: a second judge beside the one that computes."""

import asyncio
from collections.abc import Iterable

import pytest

from schemas import LeanVerdict, Problem, Verdict
from tests.lean_truth import truth
from verifiers import Panel, PanelConfig
from verifiers.lean import LeanPool, LeanRequest, claims_judge, tactics_request
from verifiers.lean.statements import tactic

CASES = (  # the steps before, the step, what Lean says of it
    ((), "She has 6 * 4 = 24 eggs.", "valid"),
    ((), "She has 6 * 4 = 25 eggs.", "invalid"),
    ((), "3/4 + 1/4 = 1", "valid"),
    ((), "3/4 + 1/4 = 9", "invalid"),
    ((), "10/3 = 3.33", "valid"),
    ((), "20/3 = 6.66, cut", "valid"),
    ((), "20/3 = 6.69", "unknown"),
    ((), "20/3 = 9.67", "invalid"),
    ((), "20/3 ≈ 7", "valid"),
    ((), "50 * 20% = 10", "valid"),
    ((), "5/20 * 100 = 25%", "valid"),
    ((), "100 + 20% = 130", "unknown"),
    ((), "12 * 25 = 3", "unknown"),
    ((), "if 2 + 2 = 5 then", "unknown"),
    ((), "2^64 = 18446744073709551616", "valid"),
    ((), "12345678901234567890 * 98765432109876543210 = 1219326311370217952237463801111263526900", "valid"),
    ((), "2^(-2) = 1/4", "valid"),
    ((), "10! = 3628800 = 1 * 3628800", "valid"),
    ((), "3 / (2 - 2) = 0", "unknown"),
    ((), r"\sqrt{16} + 1 = 5", "valid"),
    ((), r"\sqrt{16} + 1 = 9", "invalid"),
    ((), r"\sqrt{2} * 3 = 4", "unknown"),
    ((), "$5 > 4$", "valid"),
    ((), "Clearly $5 > 14$.", "invalid"),
    ((), r"$17^{20} \equiv 1 \pmod{5}$", "valid"),
    ((), r"$17 \equiv 3 \pmod{5}$", "invalid"),
    ((), "we get $2(x+3) = 2x + 6$", "valid"),
    ((), "we get $2(x+3) = 2x + 5$", "unknown"),
    ((), "$(a+b)^3 = a^3 + 3a^2b + 3ab^2 + b^3$", "valid"),
    ((), "Expanding, we get $(x+1)^2 = x^2 + 2x + 3$.", "invalid"),
    ((), r"$\frac{x^2-1}{x-1} = x+1$", "valid"),
    ((), r"$\frac{x}{x-x} = 0$", "unknown"),
    ((), "$2x + 1 > 2x$", "valid"),
    (("We know $x = 3$.",), "Then $2x + 1 = 7$.", "valid"),
    (("We know $x = 3$.",), "Then $2x > 5$.", "valid"),
    (("Since $2x + 3 = 7$,",), "$4x + 6 = 14$", "valid"),
    (("Since $2x + 3 = 7$,",), "$x = 2$", "valid"),
    (("Since $2x + 3 = 7$,",), "$x = 5$", "unknown"),
    ((r"Let $f(x) = x^2 + 1$.",), "Then $f(3) = 10$.", "valid"),
)
FALSE = (  # statements of every shape that do not hold: none of our tactics may prove them
    "(((6 * 4) : Rat) = 25)",
    "((((2 ^ 64) : Rat) ≠ 18446744073709551616))",
    "(((1 : Rat) < 1) ∨ ((2 : Rat) ≤ 1))",
    "(((7 : Int) ∣ 15))",
    "(¬((7 : Int) ∣ 14))",
    "(∀ x1 : Rat, (((2 * (x1 + 3)) : Rat) = ((2 * x1) + 5)))",
    "(∀ x1 : Rat, ((x1 : Rat) < (2 * x1)))",
    "((∃ x1 : Rat, (((x1 - x1) : Rat) ≠ 0)) ∧ (∀ x1 : Rat, (((x1 - x1) : Rat) ≠ 0) → ((x1 : Rat) = 0)))",
    "(∃ x1 : Rat, (((x1 + 1) : Rat) = x1))",
)


class Lent(LeanPool):
    """A pool as a panel has it, whose questions go to another one, which stays open."""

    def __init__(self, other: LeanPool) -> None:
        super().__init__(other.config)
        self._other, self.closed = other, False

    async def ajudge(self, requests: Iterable[LeanRequest]) -> list[LeanVerdict]:
        return await self._other.ajudge(requests)

    def close(self) -> None:
        self.closed = True
        super().close()


def test_steps_are_proved_refuted_or_left_open(lean_pool: LeanPool) -> None:
    replies = [claims_judge.read("", (*before, step)) for before, step, _ in CASES]
    verdicts = asyncio.run(claims_judge.settle([each or {"claims": []} for each in replies], lean_pool))
    found = [(step, each["outcome"]) for (_, step, _), each in zip(CASES, verdicts, strict=True)]
    assert found == [(step, outcome) for _, step, outcome in CASES]
    proved = [each for each in verdicts if each["outcome"] != "unknown"]
    assert {each["reason"] for each in proved} == {"proved"}
    assert all(each["evidence"].startswith("theorem claim : (") for each in proved)
    axioms = {each["evidence"].rpartition("axioms: ")[2] for each in proved if "axioms: " in each["evidence"]}
    assert set(", ".join(axioms).split(", ")) <= {"none", "propext", "Quot.sound", "Classical.choice"}


@pytest.mark.parametrize("text", FALSE)
def test_what_is_false_is_not_proved(lean_pool: LeanPool, text: str) -> None:
    assert not truth(text)
    [verdict] = lean_pool.judge([tactics_request(f"theorem claim : {text} := by sorry", [tactic(text)])])
    assert verdict.accepted is False, verdict


def test_one_start_serves_them_all(lean_pool: LeanPool) -> None:
    texts = [f"((({n} * {n + 1}) : Rat) = {n * (n + 1)})" for n in range(100)]
    lean_pool.judge([tactics_request("theorem t : True := by sorry", ["trivial"])])
    starts = lean_pool.starts
    verdicts = lean_pool.judge(
        [tactics_request(f"theorem claim : {text} := by sorry", [tactic(text)]) for text in texts]
    )
    assert all(verdict.accepted for verdict in verdicts)
    assert lean_pool.starts == starts


def test_a_panel_gives_a_second_verdict(lean_pool: LeanPool) -> None:
    problem = Problem("p", "math", "?", "42", (), None, "test", None)
    steps = ["3 * 4 = 12 eggs", "3 * 4 = 13 eggs", "She has eggs.", "half of 10 is 5"]

    lent = Lent(lean_pool)

    async def work() -> list[tuple[Verdict, ...]]:
        async with Panel(PanelConfig(judges=("lean", "sympy")), lent) as panel:
            first = await panel.judge_steps(problem, [(step,) for step in steps])
            assert first == await panel.judge_steps(problem, [(step,) for step in steps]), "remembered"
            return first

    found = asyncio.run(asyncio.wait_for(work(), 200))
    assert [[f"{each.judge}:{each.outcome}" for each in verdicts] for verdicts in found] == [
        ["lean:valid", "sympy:valid"],
        ["lean:invalid", "sympy:invalid"],
        [],
        ["sympy:valid"],
    ]
    assert (found[0][0].claim, found[0][0].start, found[0][0].end) == ("3 * 4 = 12", 0, 10)
    assert lent.closed and lent.starts == 0
