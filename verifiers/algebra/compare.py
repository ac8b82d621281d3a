"""Are two terms the same? Exactly, as quotients of polynomials, else by certified intervals at fixed points."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from verifiers.algebra import normal, numeric
from verifiers.algebra.numeric import ARCS, middle
from verifiers.algebra.poly import ROOT, imaginary
from verifiers.algebra.poly import names as poly_names
from verifiers.algebra.terms import Num, Op, Term, calls, names, size, variables, walk
from verifiers.exact import NotRational, TooLarge, Undefined, show

MAX_SIZE = 250
_WHOLE = frozenset({"fact", "binom", "gcd", "lcm", "mod", "floor", "ceil"})
_POINTS = (
    tuple(Fraction(n, 3) for n in (7, 11, 17, 5, 23, 29, 13, 31)),
    tuple(Fraction(n, 7) for n in (5, 11, 3, 17, 9, 23, 13, 31)),
    tuple(Fraction(-n, 5) for n in (8, 3, 17, 11, 23, 6, 29, 13)),
    tuple(Fraction(n) for n in (6, 4, 9, 3, 11, 8, 5, 12)),
    tuple(Fraction(n) for n in (9, 2, 13, 5, 3, 7, 16, 4)),
    tuple(Fraction(n) for n in (4, 7, 2, 10, 6, 3, 12, 5)),
)
_WHOLE_POINTS = (*_POINTS[3:], tuple(Fraction(n) for n in (11, 6, 3, 5, 14, 9, 7, 2)))


@dataclass(frozen=True, slots=True)
class Gap:
    """``same``, or ``differs`` at every point where both have a value; ``point`` is one, with the two values there."""

    outcome: Literal["same", "differs"]
    point: Mapping[str, Fraction]
    left: Fraction
    right: Fraction

    def says(self) -> str:
        where = ", ".join(f"{name} = {show(value)}" for name, value in sorted(self.point.items()))
        return f"{'at ' + where + ' ' if where else ''}the left side is {show(self.left)}, the right {show(self.right)}"


def compare(left: Term, right: Term) -> Gap | None:
    """The gap under the kindest reading of degrees, percents, slashes and logarithms; ``None`` where it is open."""
    if size(left) + size(right) > MAX_SIZE:
        return None
    seen: list[Gap] = []
    for radians, (a, b) in readings(left, right):
        gap = _compare(a, b, radians)
        if gap is not None and gap.outcome == "same":
            return gap
        if gap is None:
            return None
        seen.append(gap)
    return min(seen, key=lambda gap: abs(gap.left - gap.right))


def readings(left: Term, right: Term) -> Iterator[tuple[bool, tuple[Term, Term]]]:
    """What the two sides may mean, the plain reading first."""
    used = names(left) | names(right)
    choices: list[tuple[bool, dict[str, str]]] = [(False, {})]
    if "deg" in used:
        choices.append((True, {}))
    if "percent" in used:
        choices.append((False, {"percent": "plain"}))
    if "slash" in used:
        choices.append((False, {"slash": "left"}))
    if "log" in used:
        choices.append((False, {"log": "ten"}))
    if used & ARCS and "deg" not in used:
        choices.append((False, {"arc": "degrees"}))
    if "mixed" in used:
        choices.append((False, {"mixed": "times"}))
    for radians, how in choices:
        yield radians, (_read(left, how), _read(right, how))
    if "percent" in used:
        yield False, (left, _read(right, {"percent": "plain"}))
    if "base" in used:
        yield False, (_in_base(left, right), _in_base(right, left))


def _read(term: Term, how: Mapping[str, str]) -> Term:
    if not how or not isinstance(term, Op):
        return term
    args = tuple(_read(arg, how) for arg in term.args)
    if term.name == "percent" and "percent" in how:
        return args[0]
    if term.name in ARCS and "arc" in how:
        return Op("div", (Op("mul", (Op(term.name, args), Num(Fraction(180)))), Op("pi")))
    if term.name == "mixed" and "mixed" in how:
        return Op("mul", args)
    if term.name == "slash" and "slash" in how and isinstance(args[1], Op) and args[1].name == "implicit":
        return Op("implicit", (Op("div", (args[0], args[1].args[0])), args[1].args[1]))
    if term.name == "log" and "log" in how and len(args) == 1:
        return Op("log", (args[0], Num(Fraction(10))))
    return Op(term.name, args)


def _in_base(term: Term, other: Term) -> Term:
    """A bare numeral read in the one base that the other side names: ``12_5 + 4_5 = 21``."""
    bases = {part.args[1] for part in walk(other) if isinstance(part, Op) and part.name == "base"}
    if isinstance(term, Num) and term.value.denominator == 1 and len(bases) == 1:
        return Op("base", (term, bases.pop()))
    return term


def _compare(left: Term, right: Term, radians: bool) -> Gap | None:
    if left == right:
        return Gap("same", {}, Fraction(0), Fraction(0))
    try:
        if not radians:
            poly = normal.difference(left, right)
            if not poly or not imaginary(poly):
                return _same(left, right)
            if "i" in poly_names(poly) and all(name == "i" or name.startswith(ROOT) for name in poly_names(poly)):
                return None
    except (TooLarge, Undefined, NotRational):
        pass
    return _at_points(left, right, radians)


def _same(left: Term, right: Term) -> Gap:
    value = Fraction(0)
    if not variables(left) | variables(right):
        with contextlib.suppress(TooLarge, Undefined, NotRational):
            value = middle(numeric.evaluate(left, {}))
    return Gap("same", {}, value, value)


def _at_points(left: Term, right: Term, radians: bool) -> Gap | None:
    free = sorted(variables(left) | variables(right))
    if len(free) > 8 or calls(left) | calls(right):
        return None
    used = names(left) | names(right)
    whole = bool(used & _WHOLE) or any(_varies_above(part) for side in (left, right) for part in walk(side))
    points = [dict(zip(free, values, strict=False)) for values in (_WHOLE_POINTS if whole else _POINTS)]
    found = [gap for point in (points if free else [{}]) if (gap := _at(left, right, point, radians))]
    if len(found) < (3 if free else 1) or len({gap.outcome for gap in found}) != 1:
        return None
    return found[0]


def _varies_above(part: Term) -> bool:
    return isinstance(part, Op) and part.name == "pow" and bool(variables(part.args[1]))


def _at(left: Term, right: Term, point: Mapping[str, Fraction], radians: bool) -> Gap | None:
    """The gap at a point; ``None`` where a side has no value or the intervals prove nothing."""
    try:
        return _gap(numeric.evaluate(left, point, radians), numeric.evaluate(right, point, radians), point)
    except (TooLarge, Undefined, NotRational):
        return None


def _gap(a: numeric.Value, b: numeric.Value, point: Mapping[str, Fraction]) -> Gap | None:
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return Gap("same" if a == b else "differs", point, a, b)
    a, b = numeric.enclose(a), numeric.enclose(b)
    if a.b < b.a or b.b < a.a:
        return Gap("differs", point, middle(a), middle(b))
    gap = abs(a - b).b
    scale = max(abs(a).b, 1)
    return Gap("same", point, middle(a), middle(b)) if gap < scale * 2.0**-150 else None


def signs(term: Term) -> tuple[Term, Term]:
    """The term with every plus-minus read as plus, and as minus."""
    return _signed(term, True), _signed(term, False)


def _signed(term: Term, plus: bool) -> Term:
    if not isinstance(term, Op):
        return term
    args = tuple(_signed(arg, plus) for arg in term.args)
    if term.name in ("pm", "mp"):
        return args[0] if plus == (term.name == "pm") else Op("neg", args)
    return Op(term.name, args)
