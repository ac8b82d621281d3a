"""Claims about numbers as statements: exact, rounded at the last digit written, or further off than rounding goes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from verifiers import arithmetic, claims, terms
from verifiers.lean.statement_terms import Builder, number
from verifiers.lean.statements import And, Bin, Expr, Lit, Or, Pow, Prop, Rel

_SCALED = (2, 3, 6)  # powers of ten between cents and dollars, or left out with "thousand"


@dataclass(frozen=True, slots=True)
class Read:
    """What Lean is to prove of a claim: one of ``holds`` or, after them, ``fails``; ``reason`` where there is neither, or
    none is proved."""

    holds: tuple[Prop, ...]
    fails: Prop | None
    reason: str


@dataclass(frozen=True, slots=True)
class Gap:
    """``computed`` against ``stated``; ``unit`` is that of the last digit written, where one side is a number."""

    computed: Expr
    stated: Expr
    unit: Fraction | None
    fine: bool = False  # decimals were written, so that it may be rounded
    negative: bool = False  # the number as written

    def exact(self) -> Prop:
        return Rel("=", self.computed, self.stated)

    def rounded(self, approx: bool) -> Prop | None:
        """Half a unit off at most, or cut, where decimals are written or rounding is spoken of."""
        if self.unit is None or not (self.fine or approx):
            return None
        low, high = (self.computed, self.stated) if self.negative else (self.stated, self.computed)
        cut = And((Rel("≤", low, high), Rel("<", high, Bin("+", low, number(self.unit)))))
        return Or((Rel("≤", self._square(), number(self.unit**2 / 4)), cut))

    def far(self, relative: Fraction) -> tuple[Prop, ...]:
        """A unit off at least, and more than ``relative`` of what was computed."""
        if self.unit is None and not relative:
            return (Rel("≠", self.computed, self.stated),)
        by_unit = Rel("≤", number((self.unit or Fraction(0)) ** 2), self._square())
        share = Rel("<", Bin("*", number(relative**2), Pow(self.computed, 2)), self._square())
        return (by_unit, share) if relative and self.unit else (share,) if relative else (by_unit,)

    def _square(self) -> Expr:
        return Pow(Bin("-", self.computed, self.stated), 2)


def of_claim(claim: claims.Claim) -> Read:
    """An arithmetic claim. Raises ``Unstatable``."""
    builder = Builder()
    gaps: list[Gap] = []
    for computed, said, percent_left, percent_right in arithmetic.readings(claim):
        a = builder.side(computed, plain_percent=percent_left == "plain")
        b = builder.side(said, plain_percent=percent_right == "plain")
        written = terms.literal(said)
        hundredths = percent_right == "hundredth" and terms.has(said, "percent")
        digits = 0 if written is None else written.decimals + 2 * hundredths
        unit = None if written is None else Fraction(1, 10**digits)
        gaps.append(Gap(a, b, unit, digits > 0, terms.has(said, "neg")))
    rounded = arithmetic.APPROX_RELATIVE if arithmetic.has_rounded_input(claim) else Fraction(0)
    relative = arithmetic.APPROX_REFUTED if claim.approx else rounded
    doubt = arithmetic.why_doubted(claim)
    fails = [*far(gaps, relative), *_slips(claim, gaps[0])]
    return numbers(builder, gaps, claim.approx, None if doubt else fails, doubt)


def _slips(claim: claims.Claim, gap: Gap) -> Iterator[Prop]:
    """That the number said is neither the one computed in another unit, nor does the text run on behind it."""
    for exponent in _SCALED:
        scale = Lit(10**exponent)
        yield Rel("≠", Bin("*", gap.computed, scale), gap.stated)
        yield Rel("≠", gap.computed, Bin("*", gap.stated, scale))
    if not terms.is_bare(claim.right):
        yield Rel("≠", gap.computed, number(terms.first_number(claim.right).value))


def numbers(
    builder: Builder, gaps: Sequence[Gap], approx: bool, fails: Sequence[Prop] | None, doubt: str | None
) -> Read:
    """The reading of a claim about numbers, ``gaps`` being what it may mean; ``fails`` is None where ``doubt`` says so."""
    exact = either([gap.exact() for gap in gaps])
    near = [each for gap in gaps if (each := gap.rounded(approx)) is not None]
    given = tuple(builder.conditions)
    holds = [exact, either(near)] if near else [exact]
    reason = doubt or ("rounded?" if near else "not_proved")
    return Read(
        tuple(And((*given, each)) for each in holds), And((*given, *fails)) if fails is not None else None, reason
    )


def far(gaps: Sequence[Gap], relative: Fraction) -> list[Prop]:
    """That the sides are far apart whatever is meant."""
    return [each for gap in gaps for each in gap.far(relative)]


def either(props: Sequence[Prop]) -> Prop:
    """One of them, each said once."""
    return Or(tuple(dict.fromkeys(props)))
