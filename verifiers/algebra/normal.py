"""Terms as quotients of polynomials with rational coefficients: exact, canonical, bounded.

What is no polynomial (a root, a sine, a call) becomes an atom; ``sqrt(n)`` and the imaginary unit know their squares.
"""

import math
from dataclasses import dataclass
from fractions import Fraction

from verifiers.algebra.poly import MAX_DEGREE, ONE, Poly, add, const, mul, power_of, scale, sub
from verifiers.algebra.terms import Num, Op, Term, Var
from verifiers.exact import NotRational, TooLarge, Undefined, bounded, power


@dataclass(frozen=True, slots=True)
class Quotient:
    """``upper / lower``; ``lower`` is not the zero polynomial."""

    upper: Poly
    lower: Poly


def difference(left: Term, right: Term) -> Poly:
    """The numerator of ``left - right``: the zero polynomial where they are identical.
    Raises ``TooLarge``, ``Undefined``, or ``NotRational`` for a term of no value."""
    a, b = quotient(left), quotient(right)
    if a.lower == b.lower:
        return sub(a.upper, b.upper)
    return sub(mul(a.upper, b.lower), mul(b.upper, a.lower))


def quotient(term: Term) -> Quotient:
    """The quotient of a term. Raises as ``difference``."""
    if isinstance(term, Num):
        return Quotient(const(term.value), ONE)
    if isinstance(term, Var):
        return Quotient({((term.name, 1),): Fraction(1)}, ONE)
    return _operation(term)


def _operation(op: Op) -> Quotient:
    match op.name:
        case "add" | "sub" | "mixed":
            a, b = quotient(op.args[0]), quotient(op.args[1])
            combine = sub if op.name == "sub" else add
            if a.lower == b.lower:
                return Quotient(combine(a.upper, b.upper), a.lower)
            return Quotient(combine(mul(a.upper, b.lower), mul(b.upper, a.lower)), mul(a.lower, b.lower))
        case "mul" | "implicit":
            a, b = quotient(op.args[0]), quotient(op.args[1])
            return Quotient(mul(a.upper, b.upper), mul(a.lower, b.lower))
        case "neg":
            a = quotient(op.args[0])
            return Quotient(scale(a.upper, Fraction(-1)), a.lower)
        case "div" | "slash":
            a, b = quotient(op.args[0]), quotient(op.args[1])
            if not b.upper:
                raise Undefined
            return Quotient(mul(a.upper, b.lower), mul(a.lower, b.upper))
        case "percent":
            a = quotient(op.args[0])
            return Quotient(scale(a.upper, Fraction(1, 100)), a.lower)
        case "value":  # of an integral
            return quotient(op.args[0])
        case "base":
            return Quotient(const(numeral(op)), ONE)
        case "pow":
            return _power(op)
        case "sqrt" | "root":
            return _root(op)
        case (
            "matrix"
            | "row"
            | "det"
            | "sum"
            | "prod"
            | "deriv"
            | "integral"
            | "definite"
            | "between"
            | "pm"
            | "mp"
            | "tuple"
            | "inf"
        ):
            raise NotRational
        case "fact" | "binom" | "floor" | "ceil" | "abs" | "gcd" | "lcm" | "max" | "min" | "mod":
            return _integer(op)
    return _atom(op)


def _power(op: Op) -> Quotient:
    exponent = quotient(op.args[1])
    number = constant(exponent)
    if number is None:
        return _split_power(op.args[0], exponent)
    base = quotient(op.args[0])
    known = constant(base)
    if known is not None:
        try:
            return Quotient(const(power(known, number)), ONE)
        except NotRational:
            if number.denominator == 2:
                whole = math.floor(number)
                return _times(Quotient(const(power(known, Fraction(whole))), ONE), _square_root(known))
            return _atom(Op("pow", (_as_term(known), Num(number))))
    if number.denominator != 1:
        return _atom(op)
    return raised(base, int(number))


def raised(base: Quotient, exponent: int) -> Quotient:
    """The power; a negative exponent turns the quotient over."""
    if exponent < 0 and not base.upper:
        raise Undefined
    upper, lower = (base.upper, base.lower) if exponent >= 0 else (base.lower, base.upper)
    if exponent == 0 and not base.upper:
        raise Undefined
    return Quotient(power_of(upper, abs(exponent)), power_of(lower, abs(exponent)))


def _split_power(base: Term, exponent: Quotient) -> Quotient:
    """``b^(n+2)`` as ``b^n * b^2``: the exponent's terms become atoms of their own."""
    known = constant(exponent)
    if exponent.lower != ONE or known is not None or len(exponent.upper) > 6:
        return Quotient({((f"({_key_of(base)})^({key(exponent)})", 1),): Fraction(1)}, ONE)
    out = Quotient(ONE, ONE)
    for monomial, factor in exponent.upper.items():
        if not monomial:
            if factor.denominator != 1:
                raise NotRational
            out = _times(out, raised(quotient(base), int(factor)))
            continue
        whole = factor.denominator == 1
        unit = Fraction(1) if whole else Fraction(1, factor.denominator)
        name = f"({_key_of(base)})^({key(Quotient({monomial: unit}, ONE))})"
        count = int(factor / unit)
        atom: Poly = {((name, abs(count)),): Fraction(1)}
        if abs(count) > MAX_DEGREE:
            raise TooLarge
        out = _times(out, Quotient(atom, ONE) if count > 0 else Quotient(ONE, atom))
    return out


def _root(op: Op) -> Quotient:
    degree = Fraction(2) if op.name == "sqrt" else constant(quotient(op.args[1]))
    inner = quotient(op.args[0])
    known = constant(inner)
    if degree is None or known is None:
        return _atom(op)
    try:
        return Quotient(const(power(known, 1 / degree)), ONE)
    except NotRational:
        return _square_root(known) if degree == 2 else _atom(Op("pow", (_as_term(known), Num(1 / degree))))
    except Undefined:
        if degree == 2 and known < 0:
            return _times(Quotient({(("i", 1),): Fraction(1)}, ONE), quotient(Op("sqrt", (_as_term(-known),))))
        raise


def _square_root(number: Fraction) -> Quotient:
    """``sqrt(p/q)`` as ``(s/q) * sqrt(r)`` with ``r`` free of small squares."""
    if number < 0:
        raise Undefined
    rest = number.numerator * number.denominator
    outside = 1
    for divisor in (*range(2, 60), *range(61, 1000, 2)):
        while rest % (divisor * divisor) == 0:
            rest //= divisor * divisor
            outside *= divisor
        if divisor * divisor > rest:
            break
    whole = math.isqrt(rest)
    if whole * whole == rest:
        return Quotient(const(Fraction(outside * whole, number.denominator)), ONE)
    return Quotient({((f"sqrt {rest}", 1),): Fraction(outside, number.denominator)}, ONE)


def _integer(op: Op) -> Quotient:
    """Functions of integers on known numbers, else an atom."""
    args = [constant(quotient(arg)) for arg in op.args]
    if any(arg is None for arg in args):
        return _atom(op)
    return Quotient(const(whole_function(op.name, [arg for arg in args if arg is not None])), ONE)


def whole_function(name: str, args: list[Fraction]) -> Fraction:
    """The value of a function on known numbers. Raises ``Undefined`` outside its domain, ``TooLarge``."""
    match name:
        case "floor":
            return Fraction(math.floor(args[0]))
        case "ceil":
            return Fraction(math.ceil(args[0]))
        case "abs":
            return abs(args[0])
        case "max" | "min":
            return max(args) if name == "max" else min(args)
    if any(arg.denominator != 1 for arg in args):
        raise Undefined
    whole = [int(arg) for arg in args]
    match name:
        case "gcd" | "lcm":
            return bounded(Fraction(math.gcd(*whole) if name == "gcd" else math.lcm(*whole)))
        case "mod":
            if whole[1] <= 0:
                raise Undefined
            return Fraction(whole[0] % whole[1])
        case "fact":
            if whole[0] < 0:
                raise Undefined
            if whole[0] > 400:
                raise TooLarge
            return Fraction(math.factorial(whole[0]))
        case _:  # binom
            if not whole[1] >= 0 or whole[0] < 0:
                raise Undefined
            if min(whole[1], abs(whole[0] - whole[1])) > 400 or whole[0] > 10**6:
                raise TooLarge
            return bounded(Fraction(math.comb(*whole)))


def numeral(op: Op) -> Fraction:
    """The value of a numeral in its base. Raises ``Undefined`` where a digit is none in this base."""
    digits, base = op.args
    assert isinstance(digits, Num) and isinstance(base, Num)
    if base.value == 10:
        return digits.value
    try:
        return bounded(Fraction(int(str(digits.value), int(base.value))))
    except ValueError:
        raise Undefined from None


def _atom(op: Op) -> Quotient:
    """An opaque value, named by the normal form of what it is made of."""
    return Quotient({((f"{op.name}({', '.join(_key_of(arg) for arg in op.args)})", 1),): Fraction(1)}, ONE)


def _key_of(term: Term) -> str:
    return key(quotient(term))


def key(value: Quotient) -> str:
    """A text that is the same for the same quotient of the same shape."""
    lead = value.lower[min(value.lower)] if value.lower else Fraction(1)
    upper, lower = scale(value.upper, 1 / lead), scale(value.lower, 1 / lead)
    return _text(upper) if lower == ONE else f"{_text(upper)} / {_text(lower)}"


def _text(poly: Poly) -> str:
    text = " + ".join(f"{factor}*{'*'.join(f'{n}^{e}' for n, e in mono)}" for mono, factor in sorted(poly.items()))
    if len(text) > 2000:
        raise TooLarge
    return text


def constant(value: Quotient) -> Fraction | None:
    """The number that a quotient is, or ``None``."""
    if any(value.upper) or any(value.lower):
        return None
    return value.upper.get((), Fraction(0)) / value.lower[()]


def _as_term(number: Fraction) -> Term:
    return Num(number)


def _times(a: Quotient, b: Quotient) -> Quotient:
    return Quotient(mul(a.upper, b.upper), mul(a.lower, b.lower))
