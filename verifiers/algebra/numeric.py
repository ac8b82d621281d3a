"""Values of terms at a point: a ``Fraction`` where it is one, else a certified interval of about 60 digits."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from verifiers.algebra.normal import numeral, whole_function
from verifiers.algebra.terms import Num, Op, Term, Var, names
from verifiers.exact import MAX_BITS, NotRational, TooLarge, Undefined, bounded, power

_PRECISION = 200  # bits
_LARGEST = 10**6  # of what goes into an exponential or a sine
MAX_TERMS = 200  # of a sum

Value = Any  # Fraction, or an interval of mpmath
_WHOLE = frozenset({"fact", "binom", "gcd", "lcm", "mod"})
ARCS = frozenset({"arcsin", "arccos", "arctan"})
_TRIG = frozenset({"sin", "cos", "tan", "cot", "sec", "csc"})


def evaluate(term: Term, point: Mapping[str, Fraction], radians: bool = False) -> Value:
    """The real value of a term; ``radians``: a degree sign counts pi/180 outside of a sine, too, else 1.
    Raises ``Undefined`` (outside a domain), ``TooLarge``, or ``NotRational`` for what has no real value here."""
    if isinstance(term, Num):
        return term.value
    if isinstance(term, Var):
        if term.name not in point:
            raise NotRational
        return point[term.name]
    if term.name == "base":
        return numeral(term)
    if term.name in ("matrix", "det", "deriv", "integral", "definite", "between"):
        raise NotRational
    if term.name in ("sum", "prod"):
        return _big(term, point, radians)
    if term.name in _TRIG:
        return _trig(term.name, evaluate(term.args[0], point, True))
    args = [evaluate(arg, point, radians) for arg in term.args]
    if term.name == "deg":
        return _mul(args[0], _interval().pi / 180) if radians else args[0]
    return _apply(term.name, args)


def _apply(name: str, args: list[Value]) -> Value:
    match name:
        case "pi":
            return +_interval().pi
        case "e":
            return _interval().exp(1)
        case "add" | "mixed":
            return _bound(_pair(args, lambda a, b: a + b))
        case "sub":
            return _bound(_pair(args, lambda a, b: a - b))
        case "mul" | "implicit":
            return _mul(args[0], args[1])
        case "value":
            return args[0]
        case "neg":
            return -args[0]
        case "percent":
            return _mul(args[0], Fraction(1, 100))
        case "div" | "slash":
            return _div(args[0], args[1])
        case "pow":
            return _pow(args[0], args[1])
        case "sqrt" | "root":
            degree = args[1] if name == "root" else Fraction(2)
            return _root(args[0], degree)
        case "abs":
            return abs(args[0])
        case "exp":
            return _exp(args[0])
        case "arcsin" | "arccos" | "arctan":
            return _arc(name, enclose(args[0]))
        case "ln" | "log":
            return _log(args)
    if name in ("floor", "ceil") and not isinstance(args[0], Fraction):
        low, high = (whole_function(name, [middle(bound)]) for bound in (args[0].a, args[0].b))
        if low != high:
            raise Undefined
        return low
    if name in _WHOLE or (name in ("floor", "ceil", "max", "min") and all(isinstance(arg, Fraction) for arg in args)):
        if not all(isinstance(arg, Fraction) for arg in args):
            raise Undefined
        return whole_function(name, args)
    raise NotRational


def _interval() -> Any:
    from mpmath import iv  # type: ignore[import-untyped]

    iv.prec = _PRECISION
    return iv


def enclose(value: Value) -> Any:
    """The interval of a value."""
    if not isinstance(value, Fraction):
        return value
    return _interval().mpf(value.numerator) / value.denominator


def middle(value: Value) -> Fraction:
    """A rational number inside, for reports and for rounding."""
    if isinstance(value, Fraction):
        return value
    sign, mantissa, exponent, _ = value.mid._mpi_[0]  # mpmath has no public way to the exact digits of an interval
    if abs(exponent) > 5000:
        raise TooLarge
    number = Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
    return -number if sign else number


def _bound(value: Value) -> Value:
    return bounded(value) if isinstance(value, Fraction) else value


def _pair(args: list[Value], combine: Any) -> Value:
    if all(isinstance(arg, Fraction) for arg in args):
        return combine(*args)
    return combine(enclose(args[0]), enclose(args[1]))


def _mul(a: Value, b: Value) -> Value:
    return _bound(_pair([a, b], lambda x, y: x * y))


def _div(a: Value, b: Value) -> Value:
    if b == 0 if isinstance(b, Fraction) else 0 in b:
        raise Undefined
    return _bound(_pair([a, b], lambda x, y: x / y))


def _pow(base: Value, exponent: Value) -> Value:
    if isinstance(base, Fraction) and isinstance(exponent, Fraction):
        try:
            return power(base, exponent)
        except NotRational:
            if base <= 0:
                raise Undefined from None
    if isinstance(exponent, Fraction) and exponent.denominator == 1:
        if abs(exponent) > MAX_BITS:
            raise TooLarge
        whole = _interval().mpf(1)
        for _ in range(abs(int(exponent))):
            whole = whole * base
        return whole if exponent >= 0 else _div(Fraction(1), whole)
    return _exp(_mul(exponent, _log([base])))


def _root(inner: Value, degree: Value) -> Value:
    if not isinstance(degree, Fraction) or degree.denominator != 1 or not 1 <= degree <= 64:
        raise NotRational
    if isinstance(inner, Fraction):
        if inner < 0 and degree % 2:
            return -_root(-inner, degree)
        try:
            return power(inner, 1 / degree)
        except NotRational:
            pass
    box = enclose(inner)
    if box.a < 0:
        raise Undefined
    return _interval().sqrt(box) if degree == 2 else _exp(_div(_log([inner]), degree))


def _exp(value: Value) -> Value:
    box = enclose(value)
    if abs(box).b > _LARGEST:
        raise TooLarge
    return _interval().exp(box)


def _log(args: list[Value]) -> Value:
    box = enclose(args[0])
    if box.a <= 0:
        raise Undefined
    found = _interval().log(box)
    return found if len(args) == 1 else _div(found, _log([args[1]]))


def _trig(name: str, angle: Value) -> Value:
    box = enclose(angle)
    if abs(box).b > _LARGEST:
        raise TooLarge
    sine, cosine = _interval().sin(box), _interval().cos(box)
    match name:
        case "sin":
            return sine
        case "cos":
            return cosine
        case "tan":
            return _div(sine, cosine)
        case "cot":
            return _div(cosine, sine)
        case _:
            return _div(Fraction(1), cosine if name == "sec" else sine)


def _arc(name: str, box: Any) -> Value:
    """The principal angle in radians."""
    one = _interval().mpf(1)
    if name == "arctan":
        return _interval().atan2(box, one)
    rest = one - box * box
    if abs(box).b > 1:
        raise Undefined
    if rest.a < 0:
        rest = _interval().mpf([0, rest.b])
    root = _interval().sqrt(rest)
    return _interval().atan2(box, root) if name == "arcsin" else _interval().atan2(root, box)


def _big(op: Op, point: Mapping[str, Fraction], radians: bool) -> Value:
    index, lower, upper, body = op.args
    bounds = [evaluate(each, point, radians) for each in (lower, upper)]
    if not isinstance(index, Var) or not all(isinstance(each, Fraction) and each.denominator == 1 for each in bounds):
        raise Undefined
    if bounds[1] - bounds[0] > MAX_TERMS or names(body) & {"sum", "prod"}:
        raise TooLarge  # sums in sums multiply the work
    total: Value = Fraction(0 if op.name == "sum" else 1)
    for k in range(int(bounds[0]), int(bounds[1]) + 1):
        each = evaluate(body, {**point, index.name: Fraction(k)}, radians)
        total = _apply("add" if op.name == "sum" else "mul", [total, each])
    return total
