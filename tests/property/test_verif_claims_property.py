"""True arithmetic is never invalid, a mutated number is never valid, whatever the wording around it."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from verifiers.steps import judge

NUMBERS = st.integers(0, 2000)
TIMES = st.sampled_from([" * ", "*", " x ", " × ", r" \times ", r" \cdot "])
BEFORE = st.sampled_from(["", "So ", "She pays ", "Total: ", "First, ", "- ", "**Cost:** ", r"\[ ", "Thus we get "])
AFTER = st.sampled_from(["", ".", " apples.", ", so she has more.", r" \]", " in total", "\nNext line"])


@st.composite
def expressions(draw: st.DrawFn, depth: int = 2) -> tuple[str, Fraction]:
    """A text and its exact integer value, built together."""
    if depth == 0 or draw(st.booleans()):
        number = draw(NUMBERS)
        return draw(st.sampled_from([str(number), f"{number:,}", f"${number}"])), Fraction(number)
    left, right = draw(expressions(depth - 1)), draw(expressions(depth - 1))
    kind = draw(st.sampled_from(["+", "-", "*", "()"]))
    if kind == "+":
        return f"{left[0]} + {right[0]}", left[1] + right[1]
    if kind == "-":
        return f"{left[0]} - ({right[0]})", left[1] - right[1]
    if kind == "*":
        return f"({left[0]}){draw(TIMES)}({right[0]})", left[1] * right[1]
    return f"({left[0]})", left[1]


@settings(max_examples=300, deadline=None)
@given(expressions(), BEFORE, AFTER)
def test_true_claims_are_never_invalid(expression: tuple[str, Fraction], before: str, after: str) -> None:
    text, value = expression
    found = judge("", (f"{before}{text} = {value}{after}",))
    assert found is None or found.decision.outcome != "invalid"


@settings(max_examples=300, deadline=None)
@given(expressions(), BEFORE, AFTER, st.integers(1, 10**6), st.booleans())
def test_mutated_results_are_never_valid(
    expression: tuple[str, Fraction], before: str, after: str, by: int, down: bool
) -> None:
    text, value = expression
    found = judge("", (f"{before}{text} = {value - by if down else value + by}{after}",))
    assert found is None or found.decision.outcome != "valid"


@settings(max_examples=200, deadline=None)
@given(NUMBERS, NUMBERS, TIMES, BEFORE)
def test_plain_products_are_always_read(left: int, right: int, times: str, before: str) -> None:
    for stated, outcome in ((left * right, "valid"), (left * right + 3, "invalid")):
        found = judge("", (f"{before}{left}{times}{right} = {stated} apples.",))
        assert found is not None
        scaled = outcome == "invalid" and found.decision.reason in ("scale", "run_on", "rounded?")
        assert found.decision.outcome == outcome or scaled


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 999), st.integers(2, 99), st.integers(1, 4), st.integers(2, 9))
def test_quotients_may_be_rounded_but_not_wrong(upper: int, lower: int, digits: int, off: int) -> None:
    exact = Fraction(upper, lower)
    unit = Fraction(1, 10**digits)
    down, rounded = exact // unit * unit, round(exact / unit) * unit
    for stated in (down, rounded):
        found = judge("", (f"{upper} / {lower} = {float(stated):.{digits}f}",))
        assert found is not None and found.decision.outcome == "valid"
    found = judge("", (f"{upper} / {lower} = {float(rounded + off * unit):.{digits}f}",))
    assert found is not None and found.decision.outcome != "valid"


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="0123456789.,+-*/^=()[]{}$%!<>x of\\frac\n≈²√", max_size=60))
def test_any_text_is_judged_without_an_exception_and_spans_hold(text: str) -> None:
    found = judge("", (text,))
    if found is not None:
        assert text[found.start : found.end] == found.text
        assert found.decision.outcome in ("valid", "invalid", "unknown")
