"""Polynomials as maps from monomials to rational coefficients, never larger than we are willing to compute."""

import math
from collections.abc import Mapping
from fractions import Fraction

from verifiers.exact import TooLarge, bounded

MAX_MONOMIALS = 150
MAX_DEGREE = 60

Monomial = tuple[tuple[str, int], ...]  # names in order, each with its positive exponent
Poly = Mapping[Monomial, Fraction]  # no zero coefficients

ROOT = "sqrt "  # the atom of the square root of a positive whole number that is free of squares

ONE: Poly = {(): Fraction(1)}
ZERO: Poly = {}


def const(number: Fraction) -> Poly:
    return {(): bounded(number)} if number else ZERO


def add(a: Poly, b: Poly) -> Poly:
    out = dict(a)
    for monomial, factor in b.items():
        total = bounded(out.get(monomial, Fraction(0)) + factor)
        if total:
            out[monomial] = total
        else:
            out.pop(monomial, None)
    if len(out) > MAX_MONOMIALS:
        raise TooLarge
    return out


def sub(a: Poly, b: Poly) -> Poly:
    return add(a, scale(b, Fraction(-1)))


def scale(a: Poly, factor: Fraction) -> Poly:
    return {monomial: bounded(each * factor) for monomial, each in a.items()} if factor else ZERO


def mul(a: Poly, b: Poly) -> Poly:
    if a is ONE or b is ONE:
        return b if a is ONE else a
    if len(a) * len(b) > 8 * MAX_MONOMIALS:
        raise TooLarge
    out: dict[Monomial, Fraction] = {}
    for left, x in a.items():
        for right, y in b.items():
            monomial, factor = _product(left, right)
            out[monomial] = bounded(out.get(monomial, Fraction(0)) + x * y * factor)
    out = {monomial: factor for monomial, factor in out.items() if factor}
    if len(out) > MAX_MONOMIALS:
        raise TooLarge
    return out


def power_of(base: Poly, exponent: int) -> Poly:
    """``base ** exponent`` for ``exponent >= 0``."""
    if exponent * max((degree(monomial) for monomial in base), default=0) > MAX_DEGREE:
        raise TooLarge
    out = ONE
    for _ in range(exponent if any(base) else 0):
        out = mul(out, base)
    if not any(base):
        number = base.get((), Fraction(0))
        if (number.numerator.bit_length() + number.denominator.bit_length()) * exponent > 8192:
            raise TooLarge
        return const(number**exponent)
    return out


def degree(monomial: Monomial) -> int:
    return sum(exponent for _, exponent in monomial)


def _product(a: Monomial, b: Monomial) -> tuple[Monomial, Fraction]:
    """The product of two monomials, and a factor: at most one ``sqrt n`` stays, so that the form is canonical."""
    if not a or not b:
        return a or b, Fraction(1)
    total = dict(a)
    factor = 1
    root = next((name for name in total if name.startswith(ROOT)), None)
    for name, exponent in b:
        if root is not None and name.startswith(ROOT):
            m, n = int(root[len(ROOT) :]), int(name[len(ROOT) :])
            common = math.gcd(m, n)
            factor *= common
            total.pop(root)
            if m != n:
                total[f"{ROOT}{m * n // common**2}"] = 1
            continue
        total[name] = total.get(name, 0) + exponent
    if sum(total.values()) > MAX_DEGREE:
        raise TooLarge
    return tuple(sorted(total.items())), Fraction(factor)


def imaginary(poly: Poly) -> Poly:
    """The polynomial with the letter ``i`` read as the imaginary unit."""
    out: Poly = ZERO
    for monomial, factor in poly.items():
        count = dict(monomial).get("i", 0)
        rest = tuple(item for item in monomial if item[0] != "i") + ((("i", 1),) if count % 2 else ())
        out = add(out, {tuple(sorted(rest)): factor * (-1 if count % 4 in (2, 3) else 1)})
    return out


def names(poly: Poly) -> frozenset[str]:
    """The variables and atoms that occur."""
    return frozenset(name for monomial in poly for name, _ in monomial)
