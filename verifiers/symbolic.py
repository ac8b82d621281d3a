"""Values that fractions cannot hold, by SymPy. Expressions are built node by node from our terms, never from text.

SymPy is imported on the first call, unless the process has forbidden that.
"""

import sys
from fractions import Fraction
from typing import Any

from verifiers.exact import MAX_BITS, PercentReading, TooLarge, Undefined, bounded, value
from verifiers.terms import Op, Term, has

_DIGITS = 60
_NEGLIGIBLE = Fraction(1, 10**40)


class NeedsSymPy(Exception):
    """SymPy is not imported in this process, and ``forbid_import`` was called."""


_importing = True


def forbid_import() -> None:
    """From now on raises ``NeedsSymPy`` rather than spend a second on the import."""
    global _importing
    _importing = False


def _sympy() -> Any:
    if not _importing and "sympy" not in sys.modules:
        raise NeedsSymPy
    import sympy

    return sympy


def difference(left: Term, right: Term, percent: PercentReading) -> Fraction:
    """``left - right``, exactly 0 where SymPy proves it, else to about 40 digits.
    Raises ``TooLarge`` or ``Undefined`` (also where the difference is tiny but not provably 0)."""
    gap = _build(left, percent) - _build(right, percent)
    number = _approximate(gap)
    if abs(number) > _NEGLIGIBLE:
        return number
    if gap.equals(0) is not True:
        raise Undefined
    return Fraction(0)


def approximate(term: Term, percent: PercentReading) -> Fraction:
    """The value to about 60 digits. Raises ``TooLarge`` or ``Undefined``."""
    return _approximate(_build(term, percent))


def _approximate(expression: Any) -> Fraction:
    sympy = _sympy()
    number = sympy.N(expression, _DIGITS)
    if not (number.is_Float or number.is_Rational):
        raise Undefined  # complex, infinite or not a number
    exact = sympy.Rational(number)
    return bounded(Fraction(int(exact.p), int(exact.q)))


def _build(term: Term, percent: PercentReading) -> Any:
    """The SymPy expression of a term; its rational parts are computed by ``exact`` and its guards."""
    sympy = _sympy()
    if not isinstance(term, Op) or not has(term, "sqrt", "root", "pow"):
        number = value(term, percent)
        return sympy.Rational(number.numerator, number.denominator)
    args = [_build(arg, percent) for arg in term.args]
    return _combine(sympy, term, args)


def _combine(sympy: Any, op: Op, args: list[Any]) -> Any:
    left, right = args[0], args[-1]
    match op.name:
        case "add" | "mixed":
            return left + right
        case "sub":
            return left - right
        case "mul" | "implicit":
            return left * right
        case "neg":
            return -left
        case "percent":
            return left / 100
        case "div":
            if right.is_zero is not False:
                raise Undefined
            return left / right
        case "sqrt":
            return sympy.sqrt(left)
        case "root":
            return sympy.real_root(left, right)
        case "pow":
            return _power(sympy, left, right)
        case _:
            raise Undefined


def _power(sympy: Any, base: Any, exponent: Any) -> Any:
    size = abs(Fraction(int(exponent.p), int(exponent.q))) if exponent.is_Rational else _approximate(abs(exponent))
    bits = int(abs(_approximate(abs(base)))).bit_length() + 1
    if size * bits > MAX_BITS:
        raise TooLarge
    return sympy.Pow(base, exponent)
