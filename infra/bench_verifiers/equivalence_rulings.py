"""Where a suite's verdict is not ours: classes of rows, our ruling and why. Matched by shape, never by content."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from infra.bench_verifiers.equivalence_pairs import Pair


@dataclass(frozen=True, slots=True)
class Ruling:
    """``equal`` is our verdict on every row of the class; ``None`` where the row has no verdict without its options."""

    name: str
    equal: bool | None
    why: str
    applies: Callable[[Pair], bool]


def _option(*starts: str) -> Callable[[Pair], bool]:
    return lambda pair: any(option.startswith(starts) for option in pair.options)


def _newline_in_inline_maths(pair: Pair) -> bool:
    return not pair.expected and re.search(r"\\\(\s*\n|(?<!\$)\$\s*\n", pair.pred) is not None


def _opposite_signs(pair: Pair) -> bool:
    """Two texts that differ in one plus or minus between the same terms, and yet are called equal."""
    gold, pred = (re.sub(r"\s|\$", "", text) for text in (pair.gold, pair.pred))
    changed = [(a, b) for a, b in zip(gold, pred, strict=False) if a != b]
    return pair.expected and len(gold) == len(pred) and len(changed) == 1 and set(changed[0]) == {"+", "-"}


def _hundredfold(pair: Pair) -> bool:
    """Two plain decimals of which one is a hundred times the other, and no percent mark anywhere."""
    if not all(re.fullmatch(r"-?\d*\.?\d+", text) for text in (pair.gold, pair.pred)):
        return False
    small, large = sorted((float(pair.gold), float(pair.pred)), key=abs)
    return pair.expected and small != 0 and abs(large / small - 100) < 1e-9


def _percent_on_one_side(pair: Pair) -> bool:
    """The same number, marked as a percentage or as money on one side only."""
    texts = (pair.gold, pair.pred)
    marked = ["%" in text or "percent" in text for text in texts]
    numbers = [re.sub(r"[\\%$\s]|percent(age)?", "", text) for text in texts]
    plain = all(re.fullmatch(r"-?\d+(\.\d+)?", number) for number in numbers)
    return pair.expected and marked[0] != marked[1] and plain and float(numbers[0]) == float(numbers[1])


def _broken_escape(pair: Pair) -> bool:
    return "\t" in pair.gold or "\f" in pair.gold or "\x08" in pair.gold


def _coarse(pair: Pair) -> bool:
    """Rows judged to fewer digits than our default rounding takes for a value."""
    digits = [int(option.partition("=")[2]) for option in pair.options if re.fullmatch(r"precision=\d+", option)]
    return bool(digits) and digits[0] < 6


RULINGS = (
    Ruling(
        "compare_sets",
        False,
        "the suite's option drops the order of tuples; a point is ordered. Our order=free agrees with the suite.",
        lambda pair: _option("compare_sets=True")(pair) and "(" in pair.gold and pair.expected,
    ),
    Ruling(
        "coarse_precision",
        False,
        "the suite rounds to two or three places; 0.33 is not 1/3. Our rounding=2 agrees with the suite.",
        lambda pair: _coarse(pair) and pair.expected,
    ),
    Ruling(
        "hundredfold",
        False,
        "one suite equates x and 100x without a percent mark, and elsewhere calls 1 and 100 different.",
        _hundredfold,
    ),
    Ruling(
        "percent_on_one_side",
        False,
        "20% is 1/5; whether the mark was understood only the question tells. Our percent=lenient agrees with the suite.",
        _percent_on_one_side,
    ),
    Ruling(
        "opposite_signs",
        False,
        "the texts differ in a sign between non-zero terms, so the values differ; the suite records a fault of its tool.",
        _opposite_signs,
    ),
    Ruling(
        "newline_in_inline_maths",
        None,
        "whether $ or \\( may run over a line is a matter of extraction; the suites take \\[ over lines. Ours: unknown.",
        _newline_in_inline_maths,
    ),
    Ruling(
        "broken_escape",
        None,
        "the reference lost a backslash to its own source code, so it states nothing. Ours: unknown.",
        _broken_escape,
    ),
)


def ruling_of(pair: Pair) -> Ruling | None:
    """The ruling on a suite's row, if its class has one."""
    return next((ruling for ruling in RULINGS if pair.source != "generated" and ruling.applies(pair)), None)
