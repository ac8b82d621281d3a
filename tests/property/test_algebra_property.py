"""What an identity turns a true claim into is never invalid, a mutated one never valid, and any text is survived."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from verifiers.algebra import findings
from verifiers.steps import judge

LETTERS = st.sampled_from(["x", "y", "n", r"\alpha", "a_1"])
SMALL = st.integers(1, 9)
PROSE = st.sampled_from(
    ["", "Simplifying, ", "Expanding, we get ", "So ", "Therefore, ", "- ", "**Step 2:** ", "Factor: ", "This gives "]
)
TAIL = st.sampled_from(["", ".", ", so we are done.", " as required", "\nNext,"])


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3) -> str:
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        return draw(st.one_of(LETTERS, SMALL.map(str)))
    left, right = draw(expressions(depth - 1)), draw(expressions(depth - 1))
    shape = draw(
        st.sampled_from(["({}) + ({})", "({}) - ({})", r"({}) \cdot ({})", "({})({})", r"\frac{{{}}}{{({})^2 + 1}}"])
    )
    return shape.format(left, right)


REWRITES = st.sampled_from(
    [
        "({e}) + 1 - 1",
        r"1 \cdot ({e})",
        "-(-({e}))",
        "({e}) + x - x",
        r"\frac{{2({e})}}{{2}}",
        "2({e}) - ({e})",
        "({e})(1 + 0)",
        "(({e}) + y) - y",
    ]
)


@settings(max_examples=150, deadline=None)
@given(expressions(), REWRITES, REWRITES, PROSE, TAIL)
def test_what_an_identity_gives_is_never_invalid(first: str, one: str, other: str, before: str, after: str) -> None:
    second = one.format(e=first)
    third = other.format(e=second)
    found = findings("", (f"{before}$T = {first} = {second} = {third}${after}",))
    assert [each.decision.outcome for each in found if each.decision.outcome == "invalid"] == []


@settings(max_examples=150, deadline=None)
@given(expressions(), REWRITES, PROSE, TAIL, SMALL)
def test_what_was_mutated_is_never_valid(first: str, rewrite: str, before: str, after: str, by: int) -> None:
    mutated = f"{rewrite.format(e=first)} + {by}"
    (found,) = findings("", (f"{before}${first} = {mutated}${after}",))
    assert found.decision.outcome != "valid"


@settings(max_examples=100, deadline=None)
@given(st.integers(-9, 9), st.integers(1, 9), st.integers(-9, 9), st.integers(1, 5), SMALL, PROSE)
def test_linear_equations_and_their_roots(root: int, a: int, b: int, factor: int, off: int, before: str) -> None:
    equation = f"\\[{a}x + ({b}) = {a * root + b}\\]"
    moved = f"{before}\\[{factor * a}x = {factor * a * root}\\]"
    wrong = f"{before}\\[x = {root + off}\\]"
    assert [each.decision.outcome for each in findings("", (equation, moved))] == ["valid"]
    assert [each.decision.outcome for each in findings("", (equation, f"So $x = {root}$."))] == ["valid"]
    assert [each.decision.outcome for each in findings("", (equation, wrong))] != ["valid"]


@settings(max_examples=100, deadline=None)
@given(st.integers(-9, 9), st.integers(-9, 9), st.integers(-9, 9), st.integers(1, 50))
def test_values_of_a_defined_function(a: int, b: int, at: int, off: int) -> None:
    problem = f"Let $f(t) = {a}t^2 + ({b})t + 1$."
    value = Fraction(a * at * at + b * at + 1)
    (right,) = findings(problem, (f"Then $f({at}) = {value}$.",))
    (wrong,) = findings(problem, (f"Then $f({at}) = {value + off}$.",))
    assert (right.decision.outcome, wrong.decision.outcome) == ("valid", "invalid")


NUMBERS = st.sampled_from([r"\sqrt{{{n}}}", r"\frac{{{n}}}{{7}}", "{n}", "-{n}", r"\pi + {n}", "2^{{{n}}}"])
ORDERS = {"<": "<", r"\leq": "<", ">": ">", r"\geq": ">"}


@settings(max_examples=150, deadline=None)
@given(NUMBERS, st.integers(1, 30), SMALL, st.sampled_from(sorted(ORDERS)), PROSE, TAIL)
def test_inequalities(shape: str, n: int, by: int, sign: str, before: str, after: str) -> None:
    number = shape.format(n=n)
    larger, smaller = (f"{number} + {by}", number)
    first, second = (smaller, larger) if ORDERS[sign] == "<" else (larger, smaller)
    (right,) = findings("", (f"{before}${first} {sign} {second}${after}",))
    (wrong,) = findings("", (f"{before}${second} {sign} {first}${after}",))
    assert right.decision.outcome == "valid"
    assert wrong.decision.outcome != "valid"
    (doubted,) = findings("", (f"{before}${second} {sign} {first}$, which is impossible.",))
    assert doubted.decision.outcome == "unknown"


TERMS = st.sampled_from(
    [("x^{n}", "{n} x^{{{m}}}"), (r"\sin({n}x)", r"{n}\cos({n}x)"), ("e^{{{n}x}}", "{n} e^{{{n}x}}"), ("{n}x", "{n}")]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(TERMS, st.integers(2, 9)), min_size=1, max_size=4), SMALL, PROSE, TAIL)
def test_derivatives(parts: list[tuple[tuple[str, str], int]], by: int, before: str, after: str) -> None:
    whole = " + ".join(shape.format(n=n, m=n - 1) for (shape, _), n in parts)
    slope = " + ".join(shape.format(n=n, m=n - 1) for (_, shape), n in parts)
    for right, wrong in (
        (rf"\frac{{d}}{{dx}}({whole}) = {slope}", rf"\frac{{d}}{{dx}}({whole}) = {slope} + {by}"),
        (rf"\int ({slope}) \, dx = {whole} + C", rf"\int ({slope}) \, dx = {whole} + {by} x + C"),
    ):
        (true,) = findings("", (f"{before}${right}${after}",))
        (false,) = findings("", (f"{before}${wrong}${after}",))
        assert true.decision.outcome == "valid"
        assert false.decision.outcome != "valid"
    (defined,) = findings(f"Let $f(x) = {whole}$.", (f"Then $f'(x) = {slope}$.",))
    assert defined.decision.outcome == "valid"


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 500), st.integers(1, 500), st.sampled_from([" R ", " remainder "]))
def test_divisions_with_a_remainder(whole: int, divisor: int, off: int, said: str) -> None:
    quotient, rest = divmod(whole, divisor)
    (right, *_) = findings("", (f"So {whole} ÷ {divisor} = {quotient}{said}{rest}.",))
    (wrong, *_) = findings("", (f"So {whole} ÷ {divisor} = {quotient}{said}{rest + off}.",))
    assert (right.decision.outcome, wrong.decision.outcome) == ("valid", "invalid")


@settings(max_examples=100, deadline=None)
@given(st.integers(2, 9), st.integers(10, 10**6), st.integers(1, 99))
def test_numerals_in_a_base(base: int, number: int, off: int) -> None:
    digits, rest = "", number
    while rest:
        digits, rest = f"{rest % base}{digits}", rest // base
    (right,) = findings("", (f"So ${digits}_{base} = {number}_{{10}}$.",))
    (wrong,) = findings("", (f"So ${digits}_{base} = {number + off}_{{10}}$.",))
    assert (right.decision.outcome, wrong.decision.outcome) == ("valid", "invalid")


MATHS = st.text(alphabet="xyfn012 =+-^_{}()[]|/\\$!&,.'<\n", max_size=60)
WORDS = r"\frac{1}{2} \sqrt x = \[ \] $ { } ^ _ \sin \log_ ( ) | 7 \begin{align} \\ & \sum_{k=1}^{3} \pmod ! so if , . \pm -"
NEWER = r"\int dx \frac{d}{dx} < \geq _2 R \div \choose 5C2 \min\{ \} ] _0^1 f' is remainder"
PIECES = st.lists(st.sampled_from([*WORDS.split(), *NEWER.split(), r"\text{ cm}"]), max_size=25).map(" ".join)


@settings(max_examples=400, deadline=None)
@given(st.one_of(MATHS, PIECES, st.text(max_size=60)), st.one_of(MATHS, PIECES))
def test_any_text_is_survived_and_spans_hold(text: str, other: str) -> None:
    for each in findings(other, (other, text)):
        assert text[each.start : each.end] == each.text


@settings(max_examples=60, deadline=None)
@given(st.lists(PIECES, min_size=2, max_size=5))
def test_no_answer_depends_on_what_was_asked_before(texts: list[str]) -> None:
    contexts = [tuple(texts[: i + 1]) for i in range(len(texts))]
    forth = [judge("", context) for context in contexts]
    back = [judge("", context) for context in reversed(contexts)]
    assert forth == back[::-1]
