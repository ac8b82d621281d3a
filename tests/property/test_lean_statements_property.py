"""What reaches Lean is ours whatever was written, and says what was written."""

import asyncio
from fractions import Fraction

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.lean_truth import Computing, truth
from verifiers.lean import claims_judge
from verifiers.lean.statement_readings import stated
from verifiers.lean.statements import (
    And,
    Bin,
    Divides,
    Exists,
    Expr,
    ForAll,
    Lit,
    Neg,
    Or,
    Pow,
    Prop,
    Rel,
    Var,
    is_ours,
    spell,
    tactic,
)
from verifiers.steps import judge

LITS = st.integers(0, 10**60 - 1).map(Lit)
EXPRS = st.recursive(
    LITS | st.integers(1, 8).map(Var),
    lambda inner: (
        inner.map(Neg)
        | st.builds(Bin, st.sampled_from("+-*/"), inner, inner)
        | st.builds(Pow, inner, st.integers(0, 64))
    ),
    max_leaves=12,
)
ATOMS = st.builds(Rel, st.sampled_from("=≠<≤"), EXPRS, EXPRS) | st.builds(Divides, EXPRS, EXPRS, st.booleans())
LISTS = st.lists(ATOMS, min_size=1, max_size=3).map(tuple)
PROPS = (
    ATOMS
    | LISTS.map(And)
    | LISTS.map(Or)
    | st.builds(ForAll, st.integers(1, 8), LISTS, ATOMS)
    | st.builds(Exists, st.integers(1, 8), LISTS.map(And))
)
# what a candidate may write: maths with Lean, comments and commands in it
PIECES = st.sampled_from(
    """2 3 10 0 1.5 33% 1/2 x y z_1 n i f(x) + - * / ^ = = = \\neq < \\le > \\approx ( ) { } \\frac{1}{2} \\sqrt{9} ! $ $ ,
    . and so \\text{sorry} /- -/ -- := by sorry #eval theorem \\n ; ⟨ ⟩ ∀ ∃ \u200b “ macro open \\pmod{5} \\equiv axiom
    9999999999 x=1""".split()
)
TEXTS = st.lists(PIECES, max_size=25).map(" ".join) | st.text(max_size=60)


@settings(max_examples=300, deadline=None)
@given(PROPS)
def test_what_is_spelled_is_ours(prop: Prop) -> None:
    text = spell(prop)
    assume(len(text) <= 4_000)
    assert is_ours(text)
    assert "--" not in text and "/-" not in text
    assert set(text) <= set("0123456789x -+*/^=≠<≤∧∨→∣¬∀∃(),:RatIn")


@settings(max_examples=400, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=3), TEXTS)
def test_no_text_reaches_lean(steps: list[str], problem: str) -> None:
    for claim in stated(problem, steps):
        for text in (*claim.holds, *([claim.fails] if claim.fails else ())):
            assert is_ours(text)
            assert set(tactic(text)) <= set("decidekrnlgbyfrstxac |+/0123456789⟨⟩,")
        assert steps[-1][claim.start : claim.end] == claim.text


@settings(max_examples=300, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=2))
def test_a_claim_and_its_refutation_are_never_both_true(steps: list[str]) -> None:
    for claim in stated("", steps):
        numbers = [text for text in claim.holds if "x1" not in text]
        if claim.fails and "x1" not in claim.fails and any(map(truth, numbers)):
            assert not truth(claim.fails)


@st.composite
def sums(draw: st.DrawFn, depth: int = 2) -> tuple[str, Fraction]:
    """An expression of numbers as text, with its value."""
    if depth == 0:
        number = draw(st.integers(0, 500))
        return str(number), Fraction(number)
    (left, a), (right, b) = draw(sums(depth - 1)), draw(sums(depth - 1))
    sign = draw(st.sampled_from("+-*/"))
    assume(sign != "/" or b)
    value = a + b if sign == "+" else a - b if sign == "-" else a * b if sign == "*" else a / b
    return f"({left}) {sign} ({right})" if depth > 1 else f"{left} {sign} {right}", value


@settings(max_examples=300, deadline=None)
@given(sums(), st.integers(-3, 3))
def test_a_claim_is_valid_only_where_it_is_true(expression: tuple[str, Fraction], by: int) -> None:
    text, value = expression
    assume((value + by).denominator == 1)
    step = f"So {text} = {value + by}."
    reply = claims_judge.read("", (step,))
    assert reply is not None
    [verdict] = asyncio.run(claims_judge.settle([reply], Computing([])))
    assert verdict["outcome"] in (("valid",) if by == 0 else ("invalid", "unknown"))
    other = judge("", (step,))
    assert other is not None and {other.decision.outcome, verdict["outcome"]} != {"valid", "invalid"}


def test_an_expression_is_one_of_ours() -> None:
    """The strategies above cover every node there is."""
    assert {Lit, Var, Neg, Bin, Pow} == set(Expr.__args__)
    assert {Rel, Divides, And, Or, ForAll, Exists} == set(Prop.__args__)
