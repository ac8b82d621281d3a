"""Values of expressions: exact rationals where possible, 40 to 120 digits elsewhere, never larger than we compute.

Two expressions with free names are compared at fixed pseudo-random rational points. A difference there is a proof that
they differ; agreement in exact arithmetic at three points with 40-bit coordinates is taken for equality (for rational
functions of degree d the chance of an error is below d / 10^12 per point), as are 110 agreeing digits elsewhere.
"""

import random
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import mpmath  # type: ignore[import-untyped]

from verifiers import exact
from verifiers.answers import rationals
from verifiers.answers.nodes import Node, Undecided, has, symbols, walk

Env = dict[str, Fraction]
Value = Any  # Fraction, mpmath.mpf or mpmath.mpc

_CONSTANTS = frozenset({"e", "i"})
_SPANS = tuple(
    (Fraction(low, 10), Fraction(high, 10))
    for low, high in ((10, 30), (1, 9), (-30, -10), (30, 200), (-200, 200), (-9, 9))
)
_GRAIN = 10**12 + 39
_LOW, _HIGH = 40, 120  # digits
_MAX_LOG = 20_000  # of a number that we compute, base 2


def free(*nodes: Node) -> list[str]:
    """The free names; ``e`` and ``i`` are constants."""
    return [name for name in symbols(*nodes) if name not in _CONSTANTS]


def points(names: Sequence[str], whole: bool = False) -> list[Env]:
    """The points at which expressions in these names are compared, the same on every call."""
    if not names:
        return [{}]
    found = []
    for number, (low, high) in enumerate(_SPANS):
        source = {name: random.Random(f"{number} {name}") for name in names}
        if whole:
            found.append({name: Fraction(source[name].randint(2 + number, 12 + number)) for name in names})
        else:
            found.append({n: low + (high - low) * Fraction(source[n].randrange(_GRAIN), _GRAIN) for n in names})
    return found


def same(left: Node, right: Node) -> bool:
    """Whether two expressions have the same value wherever both have one. Raises ``Undecided``, ``exact.TooLarge``."""
    names = free(left, right)
    whole = _whole_only(left) or _whole_only(right)
    agreed = skipped = 0
    for env in points(names, whole):
        try:
            verdict = _same_at(left, right, env)
        except (exact.Undefined, ZeroDivisionError):
            verdict = None
        if verdict is False:
            return False
        agreed += verdict is True
        skipped += verdict is None
        if agreed >= 3 or (agreed and not names):
            return True
    if agreed >= 2:
        return True
    raise Undecided("undefined" if not agreed else "few_points")


def _whole_only(node: Node) -> bool:
    """Whether free names stand where only whole numbers make sense: factorials, gcd, (-1)^n."""
    for item in walk(node):
        if item.op == "fact" or (item.op == "fn" and item.name in ("binom", "gcd", "lcm", "mod", "floor", "ceil")):
            return True
        if item.op == "pow" and free(item.args[1]) and item.args[0].op == "neg":
            return True
    return False


def _same_at(left: Node, right: Node, env: Env) -> bool | None:
    """The comparison at one point; ``None`` where a value is not real although neither side speaks of i."""
    try:
        return rationals.rational(left, env) == rationals.rational(right, env)
    except (exact.NotRational, exact.Undefined):
        pass
    values = [numeric(node, env, _LOW) for node in (left, right)]
    imaginary = [abs(mpmath.im(value)) > mpmath.mpf(10) ** -30 * (1 + abs(value)) for value in values]
    if env and any(imaginary) and not any(_speaks_of_i(node) for node in (left, right)):
        return None
    if not _close(values[0], values[1], _LOW - 15):
        return False
    values = [numeric(node, env, _HIGH) for node in (left, right)]
    return _close(values[0], values[1], _HIGH - 10)


def _speaks_of_i(node: Node) -> bool:
    return any(item.op == "sym" and item.name == "i" for item in walk(node))


def _close(left: Value, right: Value, digits: int) -> bool:
    scale = max(abs(left), abs(right), 1)
    return bool(abs(left - right) <= scale * mpmath.mpf(10) ** -digits)


def numeric(node: Node, env: Env, digits: int) -> Value:
    """The value at a point to so many digits. Raises ``exact.Undefined``, ``exact.TooLarge`` and ``Undecided``."""
    with mpmath.workdps(digits):
        try:
            value = approximate(node, env)
        except (ValueError, OverflowError, TypeError, mpmath.libmp.NoConvergence) as error:
            raise exact.Undefined from error
        if isinstance(value, Fraction):
            value = _float(value)
        if mpmath.isnan(value) or mpmath.isinf(value):
            raise exact.Undefined
        return value


def constant(node: Node) -> Value:
    """A real constant to 40 digits, or exactly. Raises ``Undecided`` where it is none, ``exact.TooLarge``."""
    if free(node):
        raise Undecided("names")
    try:
        return rationals.rational(node, {})
    except (exact.NotRational, exact.Undefined):
        pass
    try:
        value = numeric(node, {}, _LOW)
    except (exact.Undefined, ZeroDivisionError) as error:
        raise Undecided("undefined") from error
    if abs(mpmath.im(value)) > mpmath.mpf(10) ** -30:
        raise Undecided("not_real")
    return mpmath.re(value)


def _float(value: Fraction) -> Value:
    return mpmath.mpf(value.numerator) / mpmath.mpf(value.denominator)


def approximate(node: Node, env: Env) -> Value:
    """The value in mpmath's current precision. Raises ``exact.Undefined``, ``exact.TooLarge``, ``Undecided`` and
    mpmath's own errors."""
    try:
        return _float(rationals.rational(node, env))
    except (exact.NotRational, exact.Undefined):
        pass
    match node.op:
        case "const" if node.name != "infty":
            return +getattr(mpmath, node.name)
        case "sym" if node.name in _CONSTANTS:
            return +mpmath.e if node.name == "e" else mpmath.mpc(0, 1)
    if node.op in ("sym", "const", "num"):
        raise exact.Undefined
    args = [approximate(arg, env) for arg in node.args]
    return _checked(_operate(node, args))


def _checked(value: Value) -> Value:
    if value and abs(mpmath.mag(value)) > _MAX_LOG:
        raise exact.TooLarge
    return value


def _operate(node: Node, args: list[Value]) -> Value:
    left, right = args[0], args[-1]
    match node.op:
        case "add":
            return left + right
        case "mul":
            return left * right
        case "neg":
            return -left
        case "div":
            return left / right
        case "percent":
            return left / 100
        case "base":
            return left
        case "unit" if node.name == "degree":
            return left * mpmath.pi / 180
        case "pow":
            return _power(left, right)
        case "fact":
            return mpmath.gamma(_small(left + 1, 2000))
        case "fn":
            return _named(node.name, args)
    raise Undecided(node.op)


def _power(base: Value, exponent: Value) -> Value:
    if not base:
        if mpmath.re(exponent) <= 0:
            raise exact.Undefined
        return mpmath.mpf(0)
    if abs(mpmath.mag(base) or 1) * abs(exponent) > _MAX_LOG:
        raise exact.TooLarge
    return mpmath.power(base, exponent)


def _small(value: Value, bound: int = _MAX_LOG) -> Value:
    if abs(value) > bound:
        raise exact.TooLarge
    return value


_SIMPLE = {
    "sin": mpmath.sin, "cos": mpmath.cos, "tan": mpmath.tan, "cot": mpmath.cot, "sec": mpmath.sec, "csc": mpmath.csc,
    "arcsin": mpmath.asin, "arccos": mpmath.acos, "arctan": mpmath.atan, "arccot": mpmath.acot, "sinh": mpmath.sinh,
    "cosh": mpmath.cosh, "tanh": mpmath.tanh, "coth": mpmath.coth, "arcsinh": mpmath.asinh, "arccosh": mpmath.acosh,
    "arctanh": mpmath.atanh, "exp": mpmath.exp, "sqrt": mpmath.sqrt, "abs": abs, "floor": mpmath.floor,
    "ceil": mpmath.ceil, "sgn": mpmath.sign, "ln": mpmath.log,
}  # fmt: skip


def _named(name: str, args: list[Value]) -> Value:
    if name in _SIMPLE and len(args) == 1:
        return _SIMPLE[name](_small(args[0]) if name != "ln" and name != "sqrt" else args[0])
    match name:
        case "log":
            return mpmath.log(args[0]) / mpmath.log(args[1] if len(args) > 1 else 10)
        case "root" | "cbrt":
            return _root(args[0], args[1] if len(args) > 1 else mpmath.mpf(3))
        case "max" | "min":
            return max(args) if name == "max" else min(args)
        case "mod":
            return args[0] - args[1] * mpmath.floor(args[0] / args[1])
        case "binom":
            return mpmath.binomial(_small(args[0], 2000), _small(args[1], 2000))
    raise Undecided(name)


def _root(value: Value, degree: Value) -> Value:
    """The real root where there is one."""
    odd = mpmath.isint(degree) and int(degree) % 2
    if odd and mpmath.im(value) == 0 and mpmath.re(value) < 0:
        return -_power(-mpmath.re(value), 1 / degree)
    return _power(value, 1 / degree)


def written_digits(node: Node) -> int:
    """Significant digits of a decimal as it was written; 0 for anything else."""
    while node.op == "neg":
        node = node.args[0]
    mantissa = node.name.lower().partition("e")[0]
    return len(mantissa.replace(".", "").lstrip("0")) if node.op == "num" and "." in mantissa else 0


def rounds_to(decimal: Node, other: Value) -> bool:
    """Whether a written decimal is the correct rounding of the other value (halves either way)."""
    value = rationals.rational(decimal, {})
    while decimal.op == "neg":
        decimal = decimal.args[0]
    mantissa, _, exponent = decimal.name.lower().partition("e")
    places = len(mantissa.partition(".")[2]) - int(exponent or 0)
    half = Fraction(1, 2) / Fraction(10) ** places
    gap = abs(as_fraction(other) - value)
    return gap <= half


def as_fraction(value: Value) -> Fraction:
    """The exact value of a real number in mpmath's form."""
    if isinstance(value, Fraction):
        return value
    sign, mantissa, exponent, _ = mpmath.mpf(value)._mpf_
    size = Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
    return -size if sign else size


def is_number(node: Node) -> bool:
    """Whether the node is an expression without free names, sets, relations, texts or outer units."""
    return not free(node) and not has(node, "list", "rel", "matrix", "text", "ratio", "cup", "cap", "setminus", "set")
