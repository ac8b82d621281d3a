"""What Lean is asked to prove of a step: the claim as it is read, its refutation, or nothing and why."""

import asyncio
from fractions import Fraction
from pathlib import Path

import pytest

from schemas import LeanVerdict, Problem
from tests.lean_double import Double
from tests.lean_truth import Computing, truth
from verifiers import Panel, PanelConfig, claims
from verifiers.lean import LeanConfig, LeanPool, LeanRequest, claims_judge, tactics_request
from verifiers.lean.statement_readings import MAX_CLAIMS, Stated, stated
from verifiers.lean.statement_terms import Builder, Unstatable, number, value
from verifiers.lean.statements import (
    MAX_CHARS,
    And,
    Bin,
    Divides,
    Exists,
    ForAll,
    Lit,
    Neg,
    Or,
    Pow,
    Rel,
    Var,
    is_ours,
    spell,
    tactic,
)

X, Y = Var(1), Var(2)


def read(step: str, *before: str, problem: str = "") -> list[Stated]:
    return stated(problem, (*before, step))


def decide(step: str, *before: str, problem: str = "") -> str:
    """The outcome, and the reason where it is unknown; a prover that computes stands in for Lean."""
    reply = claims_judge.read(problem, (*before, step))
    if reply is None:
        return "none"
    [verdict] = asyncio.run(claims_judge.settle([reply], Computing([])))
    return verdict["outcome"] if verdict["outcome"] != "unknown" else f"unknown:{verdict['reason']}"


@pytest.mark.parametrize(
    ("prop", "text", "proof"),
    [
        (Rel("=", Bin("*", Lit(6), Lit(4)), Lit(24)), "(((6 * 4) : Rat) = 24)", "decide +kernel"),
        (Rel("<", Neg(Lit(3)), Pow(Lit(2), 5)), "(((-3) : Rat) < (2 ^ 5))", "decide +kernel"),
        (Divides(Lit(7), Lit(14)), "(((7 : Int) ∣ 14))", "decide +kernel"),
        (Divides(Lit(7), Lit(15), denied=True), "(¬((7 : Int) ∣ 15))", "decide +kernel"),
        (
            And((Rel("≠", Lit(1), Lit(0)), Or((Rel("≤", Lit(1), Lit(1)), Rel("=", Lit(1), Lit(2)))))),
            "(((1 : Rat) ≠ 0) ∧ (((1 : Rat) ≤ 1) ∨ ((1 : Rat) = 2)))",
            "decide +kernel",
        ),
        (
            ForAll(2, (), Rel("=", Bin("+", X, Y), Bin("+", Y, X))),
            "(∀ x1 x2 : Rat, (((x1 + x2) : Rat) = (x2 + x1)))",
            "grind",
        ),
        (
            ForAll(1, (Rel("≠", X, Lit(0)),), Rel("=", Bin("/", X, X), Lit(1))),
            "((∃ x1 : Rat, ((x1 : Rat) ≠ 0)) ∧ (∀ x1 : Rat, ((x1 : Rat) ≠ 0) → (((x1 / x1) : Rat) = 1)))",
            "first | exact ⟨⟨7 / 3, by decide +kernel⟩, by grind⟩ | exact ⟨⟨9, by decide +kernel⟩, by grind⟩",
        ),
        (
            Exists(2, Rel("≠", X, Y)),
            "(∃ x1 x2 : Rat, ((x1 : Rat) ≠ x2))",
            "first | exact ⟨7 / 3, 11 / 3, by decide +kernel⟩ | exact ⟨9, 2, by decide +kernel⟩",
        ),
    ],
)
def test_a_statement_is_spelled_and_has_its_tactic(prop: object, text: str, proof: str) -> None:
    assert spell(prop) == text  # type: ignore[arg-type]
    assert tactic(text) == proof
    assert is_ours(text)
    assert truth(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "True",
        "(1 : Rat) = sorry",
        "((1 : Rat) = 1) := by trivial --",
        "((1 : Rat) = 1) /- x1 -/",
        "((1 : Rat) = --1)",
        "((1 : Rat) /-1)",
        "((x9 : Rat) = 1)",
        "((1 : Nat) = 1)",
        "(∀ y : Rat, ((1 : Rat) = 1))",
        "((1 : Rat) = 1)\n",
        "((1 : Rat) = ٣)",
        "((" + "1" * 61 + " : Rat) = 1)",
        "(" * (MAX_CHARS + 1),
    ],
)
def test_nothing_else_is_ours(text: str) -> None:
    assert not is_ours(text)


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("So 6 * 4 = 24 apples.", "valid"),
        ("So 6 * 4 = 25 apples.", "invalid"),
        ("3/4 + 1/4 = 1", "valid"),
        ("3/4 + 1/4 = 9", "invalid"),
        ("7/2 = 3", "unknown:not_proved"),  # cut, perhaps
        ("10/3 = 3.33", "valid"),
        ("20/3 = 6.66", "valid"),
        ("20/3 = 6.67", "valid"),
        ("20/3 = 6.69", "unknown:rounded?"),
        ("20/3 = 9.67", "invalid"),
        ("20/3 ≈ 7", "valid"),
        ("20/3 ≈ 6.9", "unknown:rounded?"),
        ("20% of 50 is 50 * 20% = 10", "valid"),
        ("5/20 * 100 = 25%", "valid"),
        ("5/20 * 100 = 35%", "invalid"),
        ("100 + 20% = 130", "unknown:percent_of_what"),
        ("1/4 = 20", "unknown:share"),
        ("12 * 25 = 3", "unknown:not_proved"),  # dollars for cents
        ("3 + 4 = 7 * 2", "unknown:not_proved"),  # the text runs on
        ("if 2 + 2 = 5 then", "unknown:supposed"),
        ("2^10 = 1024", "valid"),
        ("2^(-2) = 1/4", "valid"),
        ("2^65 = 3", "unknown:too_large"),
        ("5! = 120", "valid"),
        ("5! + 1 = 125", "invalid"),
        ("30! = 5", "unknown:too_large"),
        ("3 / 0 = 3", "unknown:division_by_zero"),
        ("3 / (2 - 2) = 0", "unknown:not_proved"),  # what Lean's own division by zero would call true
        ("0^0 = 1", "unknown:division_by_zero"),
        (r"\sqrt{16} + 1 = 5", "valid"),
        (r"\sqrt{16} + 1 = 9", "invalid"),
        (r"\sqrt{2} * 3 = 4", "unknown:irrational"),
        (r"$\sqrt[3]{27} = 3$", "valid"),
        ("$5 > 4$", "valid"),
        ("Clearly $5 > 14$.", "invalid"),
        (r"$2^5 \geq 33$ holds since", "invalid"),
        (r"$17 \equiv 2 \pmod{5}$", "valid"),
        (r"$17 \equiv 3 \pmod{5}$", "invalid"),
        (r"$\frac{1}{2} \equiv 3 \pmod{5}$", "unknown:unsupported"),
        ("9" * 61 + " + 1 = 5", "unknown:too_large"),
        (r"$\sin 30^\circ = \frac{1}{2}$", "unknown:unsupported"),
        ("She has 5 apples.", "none"),
        ("So 2 + 2 = 4 (", "valid"),  # ends where a remark opens
    ],
)
def test_numbers(step: str, expected: str) -> None:
    assert decide(step) == expected


@pytest.mark.parametrize(
    ("before", "step", "expected"),
    [
        ("", "we get $2(x+3) = 2x + 6$", "valid"),
        ("", "we get $2(x+3) = 2x + 5$", "unknown:open"),
        ("", "Expanding the expression, $y = 2(x+3) = 2x + 6$.", "valid"),
        ("", "Expanding, we get $(x+1)^2 = x^2 + 2x + 3$.", "invalid"),
        ("", r"$\frac{x^2-1}{x-1} = x+1$", "valid"),
        ("", r"$\frac{x}{x-x} = 0$", "unknown:open"),  # no value anywhere: nothing may be proved of it
        ("We know $x = 3$.", "Then $2x + 1 = 7$.", "valid"),
        ("We know $x = 3$.", "Then $2x + 1 = 8$.", "unknown:open"),
        ("We know $x = 3$.", "So $x = 3$.", "unknown:open"),  # said once more
        ("Since $2x + 3 = 7$,", "$4x + 6 = 14$", "valid"),
        ("Since $2x + 3 = 7$,", "$x = 2$", "valid"),
        ("Since $2x + 3 = 7$,", "$x = 5$", "unknown:open"),
        ("Since $x^2 = 4$,", "$x = 2$", "valid"),
        ("We know $x = 3$.", "Then $2x > 5$.", "valid"),
        ("", "$2x + 1 > 2x$", "valid"),
        ("", "$x^2 > 0$", "unknown:inequality"),
        (r"Let $f(x) = x^2 + 1$.", "Then $f(3) = 10$.", "valid"),
        ("", "$(x+1)^{13} = x$", "unknown:too_large"),
        ("", "$a + b + c + d + m + n + p + q + s = t$", "unknown:too_large"),
    ],
)
def test_letters(before: str, step: str, expected: str) -> None:
    assert decide(step, *([before] if before else [])) == expected


def test_claims_stand_where_they_are_read() -> None:
    step = "So 2 + 2 = 4 and then 3 * 3 = 9."
    found = [each for each in read(step) if each.fails]
    assert [step[each.start : each.end] for each in found] == ["2 + 2 = 4", "3 * 3 = 9"]
    assert all(each.text == step[each.start : each.end] for each in found)
    assert len(read(" ".join(f"{n} + 1 = {n + 1}." for n in range(100)))) == MAX_CLAIMS


def test_the_first_invalid_claim_tells_else_the_first_valid_one() -> None:
    prover = Computing([])
    steps = ["2 + 2 = 4. 3 + 3 = 7. 4 + 4 = 9.", "3 / 0 = 3, 2 + 2 = 4, 3 + 3 = 6.", "3 / 0 = 3"]
    replies = [claims_judge.read("", (step,)) for step in steps]
    verdicts = asyncio.run(claims_judge.settle([each for each in replies if each], prover))
    assert [(each["outcome"], each["reason"], each["claim"]) for each in verdicts] == [
        ("invalid", "proved", "3 + 3 = 7"),
        ("valid", "proved", "2 + 2 = 4"),
        ("unknown", "division_by_zero", "3 / 0 = 3"),
    ]
    assert all(each["judge"] == "lean" for each in verdicts)
    evidence = verdicts[1]["evidence"]
    assert evidence == "theorem claim : (((2 + 2) : Rat) = 4) := by decide +kernel; axioms: propext"
    assert len(prover.asked) == len(set(prover.asked)), "a statement is asked once"


class Silent:
    """A prover that cannot say."""

    async def ajudge(self, requests: object) -> list[LeanVerdict]:
        return [LeanVerdict(None, "timeout", None, None, (), (), (), (), None, "") for _ in requests]  # type: ignore[attr-defined]


def test_what_lean_cannot_say_is_unknown_for_its_reason() -> None:
    reply = claims_judge.read("", ("2 + 2 = 4",))
    assert reply is not None
    [verdict] = asyncio.run(claims_judge.settle([reply], Silent()))
    assert (verdict["outcome"], verdict["reason"]) == ("unknown", "timeout")


def test_a_worker_that_was_taken_over_cannot_speak_to_lean() -> None:
    """Statements are checked again where they arrive: what is not ours is never asked."""
    claim = {"text": "1 = 1", "start": 0, "end": 5, "fails": None, "reason": "not_proved"}
    holds = ["True := trivial\nrun_cmd", "((1 : Rat) = 1)"]
    prover = Computing([])
    [verdict] = asyncio.run(claims_judge.settle([{"claims": [{**claim, "holds": holds}]}], prover))
    assert prover.asked == ["((1 : Rat) = 1)"]
    assert verdict["outcome"] == "valid"


def test_requests_hold_the_statement_and_one_tactic() -> None:
    seen: list[LeanRequest] = []

    class Listening(Computing):
        async def ajudge(self, requests: object) -> list[LeanVerdict]:
            seen.extend(requests)  # type: ignore[arg-type]
            return await super().ajudge(seen)

    reply = claims_judge.read("", ("2 + 2 = 4",))
    assert reply is not None
    asyncio.run(claims_judge.settle([reply], Listening([])))
    assert [(each.challenge, each.steps) for each in seen] == [
        ("theorem claim : (((2 + 2) : Rat) = 4) := by sorry", ("decide +kernel",))
    ]


def test_terms_have_bounds() -> None:
    [claim] = claims.extract("2 + 2 = 4")
    assert value(Builder().side(claim.left)) == 4
    for upper in (10**60, Fraction(1, 10**60)):
        with pytest.raises(Unstatable, match="too_large"):
            number(Fraction(upper))
    [wide] = claims.extract(" + ".join(["1"] * 70) + " = 70")
    with pytest.raises(Unstatable, match="too_large"):
        Builder().side(wide.left)
    [tall] = claims.extract("((10^60)^60)^60 = 1")
    with pytest.raises(Unstatable, match="too_large"):
        Builder().side(tall.left)


def test_a_panel_starts_lean_only_where_it_is_a_judge_with_something_to_prove(tmp_path: Path) -> None:
    problem = Problem("p", "math", "?", "42", (), None, "test", None)
    steps = [("3 * 4 = 12 eggs",), ("She has eggs.",), ("if $x = 3$ then",), ("9" * 20_001,)]

    async def judged(judges: tuple[str, ...], log: Path) -> tuple[list[list[str]], int]:
        double = Double(log)
        pool = LeanPool(LeanConfig(timeout_s=20), double)
        async with Panel(PanelConfig(judges=judges), pool) as panel:
            found = await panel.judge_steps(problem, steps)
            assert found == await panel.judge_steps(problem, steps)
        said = [[f"{each.judge} {each.outcome} {each.reason}" for each in verdicts] for verdicts in found]
        with pytest.raises(RuntimeError):
            pool.judge([tactics_request("theorem a : 1 = 1 := by sorry", ["rfl"])])
        return said, len(double.lines("asked"))

    without = asyncio.run(judged(("sympy",), tmp_path / "without"))
    assert without[1] == 0 and [len(each) for each in without[0]] == [1, 0, 1, 1]
    said, asked = asyncio.run(judged(("lean",), tmp_path / "with"))
    assert said == [["lean valid proved"], [], ["lean unknown supposed"], ["lean unknown too_long"]]
    assert asked == 1
