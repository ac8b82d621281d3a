"""Is an arithmetic claim true? Fractions first, SymPy only for what they cannot hold."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from verifiers import exact, symbolic
from verifiers.claims import Claim, extract
from verifiers.decision import Decision, Finding
from verifiers.exact import PercentReading
from verifiers.terms import Num, Op, Term, first_number, has, is_bare, literal, walk

APPROX_RELATIVE = Fraction(1, 100)  # what "about" allows
APPROX_REFUTED = Fraction(5, 100)  # what no "about" allows
APPROX_FINE = Fraction(1, 1000)  # what rounding on the way may leave where decimals are written
APPROX_UNITS = 5  # of the last decimal written: what "about" allows beside ``APPROX_RELATIVE``
SCALES = frozenset(Fraction(10) ** n for n in (-6, -3, -2, 2, 3, 6))  # cents for dollars, thousands left out


@dataclass(frozen=True, slots=True)
class _Gap:
    """One reading of a claim: ``computed`` (left) against ``stated`` (right), ``digits`` as stated, if it is a number."""

    computed: Fraction
    stated: Fraction
    digits: int | None

    @property
    def off(self) -> Fraction:
        return abs(self.computed - self.stated)

    @property
    def units_off(self) -> Fraction:
        """In units of the last digit written."""
        return self.off * Fraction(10) ** (self.digits or 0)

    @property
    def relative(self) -> Fraction:
        return self.off / abs(self.computed) if self.computed else self.off


def findings(problem: str, context: Sequence[str]) -> list[Finding]:
    """The arithmetic claims of ``context[-1]``, decided."""
    return [Finding(claim.text, claim.start, claim.end, decide(claim)) for claim in extract(context[-1])]


def decide(claim: Claim) -> Decision:
    """Valid, invalid or unknown with a reason. Raises nothing; bounded by the guards of ``exact``."""
    try:
        gaps = list(_gaps(claim))
    except exact.TooLarge:
        return Decision("unknown", "too_large")
    except exact.Undefined:
        return Decision("unknown", "undefined")
    for gap in gaps:
        if gap.off == 0:
            return Decision("valid", "exact", _says(claim, gap))
        if _rounded(gap, claim.approx):
            return Decision("valid", "rounded", _says(claim, gap))
    reason = _why_undecided(claim, gaps[0])
    return (
        Decision("unknown", reason, _says(claim, gaps[0]))
        if reason
        else Decision("invalid", "refuted", _says(claim, gaps[0]))
    )


def _gaps(claim: Claim) -> Iterator[_Gap]:
    return (_gap(*reading) for reading in readings(claim))


def readings(claim: Claim) -> Iterator[tuple[Term, Term, PercentReading, PercentReading]]:
    """The readings of a claim that a fair reader allows, the plain one first: what is computed, what is stated, and how
    percents count in either."""
    left, right = claim.left, claim.right
    if is_bare(left) and not is_bare(right):
        left, right = right, left
    yield left, right, "hundredth", "hundredth"
    if isinstance(right, Op) and right.name == "percent":
        yield left, right, "hundredth", "plain"  # 5/20 * 100 = 25%
    if _all_hundred_percent(left) or (has(left, "percent") and not has(left, "mul", "div", "implicit", "pow")):
        yield left, right, "plain", "plain"  # 100% - 20% = 80, or 3/4 * 100% = 75
    if isinstance(right, Op) and right.name == "fact":
        yield left, right.args[0], "hundredth", "hundredth"  # so it is 12!


def _all_hundred_percent(term: Term) -> bool:
    marks = [part.args[0] for part in walk(term) if isinstance(part, Op) and part.name == "percent"]
    return bool(marks) and all(isinstance(mark, Num) and mark.value == 100 for mark in marks)


def _gap(left: Term, right: Term, percent_left: PercentReading, percent_right: PercentReading) -> _Gap:
    written = literal(right)
    in_percent = percent_right == "hundredth" and has(right, "percent")
    digits = None if written is None else written.decimals + 2 * in_percent
    try:
        return _Gap(exact.value(left, percent_left), exact.value(right, percent_right), digits)
    except exact.NotRational:
        stated = symbolic.approximate(right, percent_right)
        return _Gap(stated + symbolic.difference(left, right, percent_left), stated, digits)


def _rounded(gap: _Gap, approx: bool) -> bool:
    """Whether the stated number is the computed one, rounded (half up or even) or cut at its last digit."""
    if approx and gap.relative <= APPROX_RELATIVE and (not gap.digits or gap.units_off <= APPROX_UNITS):
        return True
    if gap.digits is None or (gap.digits == 0 and not approx):
        return False
    unit = Fraction(1, 10**gap.digits)
    cut = math.trunc(gap.computed / unit) * unit
    return gap.off <= unit / 2 or gap.stated == cut or (approx and gap.off < unit)


def _why_undecided(claim: Claim, gap: _Gap) -> str | None:
    """Why a mismatch is no proof of an error, or ``None`` where it is one."""
    near = APPROX_REFUTED if claim.approx else APPROX_RELATIVE if has_rounded_input(claim) else 0
    if gap.relative <= near and not _is_too_fine(claim, gap):
        return "rounded?"
    if gap.digits is not None and gap.off < Fraction(1, 10**gap.digits):
        return "rounded?"
    if doubt := why_doubted(claim):
        return doubt
    if gap.computed and gap.stated / gap.computed in SCALES:
        return "scale"
    if not is_bare(claim.right) and first_number(claim.right).value == gap.computed:
        return "run_on"
    return None


def why_doubted(claim: Claim) -> str | None:
    """Why no difference between its sides would prove the claim wrong, by its words and its form, or ``None``."""
    if claim.doubt:
        return claim.doubt
    if has(claim.left, "percent") and has(claim.left, "add", "sub"):
        return "percent_of_what"
    if _is_share(claim.left, claim.right) or _is_share(claim.right, claim.left):
        return "share"
    return None


def _is_too_fine(claim: Claim, gap: _Gap) -> bool:
    """``59049 / 729 is about 80.83``: no rounding of whole numbers leaves two decimals that are both wrong."""
    whole = not has(claim.left, "sqrt", "root", "percent") and not any(
        isinstance(part, Num) and part.decimals for part in walk(claim.left)
    )
    return whole and (gap.digits or 0) >= 2 and gap.units_off > 2 * APPROX_UNITS and gap.relative > APPROX_FINE


def has_rounded_input(claim: Claim) -> bool:
    """Whether a number with two or more decimals went in, which may have been rounded before."""
    return any(
        isinstance(part, Num) and part.decimals >= 2 for side in (claim.left, claim.right) for part in walk(side)
    )


def _is_share(part: Term, whole: Term) -> bool:
    """``1/4 = 20``: a quarter *is* 20 of something, nobody computes."""
    if not (isinstance(part, Op) and part.name == "div" and is_bare(whole)):
        return False
    upper, lower = part.args
    if not (isinstance(upper, Num) and isinstance(lower, Num)):
        return False
    number = literal(whole)
    return upper.value < lower.value and number is not None and number.value >= 1


def _says(claim: Claim, gap: _Gap) -> str:
    swapped = is_bare(claim.left) and not is_bare(claim.right)
    side = claim.sides[swapped]
    side = side if len(side) <= 120 else side[:117] + "..."
    return f"{side} is {exact.show(gap.computed)}, the step says {exact.show(gap.stated)}"
