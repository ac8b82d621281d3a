"""Exact values of terms with ``fractions.Fraction``, never larger than we are willing to compute."""

import math
from fractions import Fraction
from typing import Literal

from verifiers.terms import Name, Num, Op, Term

MAX_BITS = 4096
MAX_FACTORIAL = 400

PercentReading = Literal["hundredth", "plain"]


class TooLarge(Exception):
    """The value has more than ``MAX_BITS`` bits; it was not computed."""


class NotRational(Exception):
    """The value is a root or a fractional power that ``Fraction`` cannot hold: SymPy's business."""


class Undefined(Exception):
    """Division by zero, a factorial or root outside its domain, or a name that stands for no number."""


def value(term: Term, percent: PercentReading = "hundredth") -> Fraction:
    """The exact value; ``percent`` says what 20% is: 20/100, or plain 20 where both sides count percents.
    Raises ``TooLarge``, ``NotRational`` or ``Undefined``."""
    if isinstance(term, Num):
        return term.value
    if isinstance(term, Name):
        raise Undefined
    args = [value(arg, percent) for arg in term.args]
    if term.name == "percent":
        return args[0] / 100 if percent == "hundredth" else args[0]
    return bounded(_apply(term, args))


def bounded(number: Fraction) -> Fraction:
    """The number itself, or ``TooLarge``."""
    if number.numerator.bit_length() + number.denominator.bit_length() > MAX_BITS:
        raise TooLarge
    return number


def _apply(op: Op, args: list[Fraction]) -> Fraction:
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
        case "div":
            if right == 0:
                raise Undefined
            return left / right
        case "pow":
            return power(left, right)
        case "fact":
            return _factorial(left)
        case "gcd":
            return Fraction(math.gcd(*map(integer, args)))
        case "lcm":
            return Fraction(math.lcm(*map(integer, args)))
        case "mod":
            if right <= 0:
                raise Undefined
            return Fraction(integer(left) % integer(right))
        case _:  # sqrt, root
            return _root(left, Fraction(2) if op.name == "sqrt" else right)


def integer(number: Fraction) -> int:
    """The number as an ``int``, or ``Undefined``."""
    if number.denominator != 1:
        raise Undefined
    return number.numerator


def power(base: Fraction, exponent: Fraction) -> Fraction:
    """``base ** exponent``, its size estimated before anything is multiplied."""
    if exponent.denominator != 1:
        if exponent.denominator > 1000:
            raise NotRational
        return power(_root(base, Fraction(exponent.denominator)), Fraction(exponent.numerator))
    if base in (0, 1, -1):
        if base == 0 and exponent <= 0:
            raise Undefined
        return base if base != -1 or exponent % 2 else Fraction(1)
    bits = base.numerator.bit_length() + base.denominator.bit_length()
    if abs(exponent) * (bits - 1) > MAX_BITS:
        raise TooLarge
    return base ** int(exponent)


def _factorial(number: Fraction) -> Fraction:
    if number.denominator != 1 or number < 0:
        raise Undefined
    if number > MAX_FACTORIAL:
        raise TooLarge
    return Fraction(math.factorial(int(number)))


def _root(number: Fraction, degree: Fraction) -> Fraction:
    """The exact non-negative root where it is rational, else ``NotRational``."""
    if degree.denominator != 1 or not 1 <= degree <= 64:
        raise NotRational
    if number < 0:
        raise Undefined
    upper, lower = integer_root(number.numerator, int(degree)), integer_root(number.denominator, int(degree))
    root = Fraction(upper, lower)
    if root ** int(degree) != number:
        raise NotRational
    return root


def integer_root(number: int, degree: int) -> int:
    """The floor of the root, by bisection on integers."""
    low, high = 0, 1 << (number.bit_length() // degree + 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**degree <= number else (low, middle - 1)
    return low


def show(number: Fraction) -> str:
    """Digits a person would write: an integer, a short decimal or a fraction."""
    if number.denominator == 1:
        return _short(str(number.numerator))
    digits = next((n for n in range(1, 7) if (number * 10**n).denominator == 1), None)
    if digits is None and number.denominator > 10**12:
        return f"about {float(number):.8g}"
    if digits is None:
        return f"{_short(str(number.numerator))}/{_short(str(number.denominator))}"
    scaled = abs(number.numerator * 10**digits // number.denominator)
    whole, part = divmod(scaled, 10**digits)
    return _short(f"{'-' if number < 0 else ''}{whole}.{part:0{digits}d}")


def _short(digits: str) -> str:
    return digits if len(digits) <= 40 else f"{digits[:18]}...{digits[-18:]} ({len(digits)} digits)"
