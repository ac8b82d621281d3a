"""From the terms of the readers to expressions of ``statements``, with what must hold for them to have a value."""

from collections.abc import Sequence
from fractions import Fraction

from verifiers import terms
from verifiers.algebra import terms as algebra
from verifiers.exact import integer_root
from verifiers.lean.statements import (
    MAX_DIGITS,
    MAX_VARIABLES,
    Bin,
    Divides,
    Expr,
    Lit,
    Neg,
    Operator,
    Pow,
    Prop,
    Rel,
    parts,
    size,
)
from verifiers.lean.statements import Var as Letter

MAX_EXPONENT = 64
MAX_DEGREE = 12  # of what holds letters
MAX_BITS = 4096  # of any value on the way
MAX_SIZE = 120  # of one side
MAX_FACTORIAL = 20

Term = terms.Term | algebra.Term

_BINARY: dict[str, Operator] = {
    "add": "+",
    "mixed": "+",
    "sub": "-",
    "mul": "*",
    "implicit": "*",
    "div": "/",
    "slash": "/",
}


class Unstatable(Exception):
    """The term has no form in core Lean, or one too large; ``reason`` in a word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Builder:
    """Makes the expressions of one claim: the same letter is the same variable, all ``conditions`` are to be proved."""

    def __init__(self) -> None:
        self.letters: dict[str, Letter] = {}
        self.conditions: dict[Prop, None] = {}  # in order

    def side(self, term: Term, *, plain_percent: bool = False) -> Expr:
        """The expression of one side of a claim; ``plain_percent`` reads 20% as 20. Raises ``Unstatable``."""
        made = self._term(term, plain_percent)
        if size(made) > MAX_SIZE or _bits(made) > MAX_BITS or _degree(made) > MAX_DEGREE:
            raise Unstatable("too_large")
        return made

    def _term(self, term: Term, plain: bool) -> Expr:
        if isinstance(term, terms.Num | algebra.Num):
            return number(term.value)
        if isinstance(term, algebra.Var):
            return self._letter(term.name)
        if isinstance(term, terms.Name):
            raise Unstatable("unsupported")
        if term.name == "percent":
            inner = self._term(term.args[0], plain)
            return inner if plain else Bin("/", inner, Lit(100))
        return self._operation(term, plain)

    def _letter(self, name: str) -> Expr:
        if name not in self.letters and len(self.letters) == MAX_VARIABLES:
            raise Unstatable("too_large")
        return self.letters.setdefault(name, Letter(len(self.letters) + 1))

    def _operation(self, op: terms.Op | algebra.Op, plain: bool) -> Expr:
        match op.name:
            case "neg":
                return Neg(self._term(op.args[0], plain))
            case "pow":
                return self._power(self._term(op.args[0], plain), _whole(op.args[1]))
            case "fact":
                return _factorial(op.args[0])
            case "sqrt" | "root":
                degree = 2 if op.name == "sqrt" else _whole(op.args[1])
                return self._root(self._term(op.args[0], plain), degree)
        if op.name not in _BINARY or len(op.args) != 2:
            raise Unstatable("unsupported")
        left, right = (self._term(each, plain) for each in op.args)
        if _BINARY[op.name] == "/":
            self._needs_value(right)
        return Bin(_BINARY[op.name], left, right)

    def _power(self, base: Expr, exponent: int) -> Expr:
        if exponent <= 0:
            self._needs_value(base)
        made = Pow(base, abs(exponent))
        return Bin("/", Lit(1), made) if exponent < 0 else made

    def _root(self, inner: Expr, degree: int) -> Expr:
        """The root where it is rational: a number, with the condition that its power is what stands under the root."""
        if not 2 <= degree <= MAX_EXPONENT or any(isinstance(each, Letter) for each in parts(inner)):
            raise Unstatable("unsupported")
        if size(inner) > MAX_SIZE or _bits(inner) > MAX_BITS:
            raise Unstatable("too_large")
        square = value(inner)
        if square < 0:
            raise Unstatable("unsupported")
        root = Fraction(integer_root(square.numerator, degree), integer_root(square.denominator, degree))
        if root**degree != square:
            raise Unstatable("irrational")
        made = number(root)
        self.conditions[Rel("=", Pow(made, degree), inner)] = None
        return made

    def _needs_value(self, divisor: Expr) -> None:
        if divisor == Lit(0):
            raise Unstatable("division_by_zero")
        if not isinstance(divisor, Lit):
            self.conditions[Rel("≠", divisor, Lit(0))] = None


def number(value: Fraction) -> Expr:
    """A rational as a whole number or a quotient of two. Raises ``Unstatable``."""
    upper, lower = abs(value.numerator), value.denominator
    if max(upper, lower) >= 10**MAX_DIGITS:
        raise Unstatable("too_large")
    made: Expr = Lit(upper) if lower == 1 else Bin("/", Lit(upper), Lit(lower))
    return Neg(made) if value < 0 else made


def value(expr: Expr, point: Sequence[Fraction] = ()) -> Fraction:
    """The value of an expression whose size was bounded, its letters being ``point`` in their order. What is said to Lean
    never rests on it, it only finds what is worth saying. Raises ``Unstatable``."""
    match expr:
        case Lit(whole):
            return Fraction(whole)
        case Letter(index) if index <= len(point):
            return point[index - 1]
        case Neg(inner):
            return -value(inner, point)
        case Pow(base, exponent):
            return value(base, point) ** exponent
        case Bin(sign, left, right):
            a, b = value(left, point), value(right, point)
            if sign == "/" and not b:
                raise Unstatable("division_by_zero")
            return a + b if sign == "+" else a - b if sign == "-" else a * b if sign == "*" else a / b
        case _:
            raise Unstatable("unsupported")


def divides(modulus: Expr, left: Expr, right: Expr) -> Divides:
    """``left`` and ``right`` are congruent. Raises ``Unstatable`` where one of the three is no whole number at sight."""
    for each in (modulus, left, right):
        if any(isinstance(part, Letter) or (isinstance(part, Bin) and part.sign == "/") for part in parts(each)):
            raise Unstatable("unsupported")
    if not isinstance(modulus, Lit) or not modulus.value:
        raise Unstatable("unsupported")
    return Divides(modulus, Bin("-", left, right))


def _whole(term: Term) -> int:
    """A written whole number, perhaps with a sign, that can be an exponent."""
    if isinstance(term, terms.Op | algebra.Op) and term.name == "neg":
        return -_whole(term.args[0])
    if not isinstance(term, terms.Num | algebra.Num) or term.value.denominator != 1:
        raise Unstatable("unsupported")
    if abs(term.value) > MAX_EXPONENT:
        raise Unstatable("too_large")
    return int(term.value)


def _factorial(term: Term) -> Expr:
    count = _whole(term)
    if not 0 <= count <= MAX_FACTORIAL:
        raise Unstatable("too_large" if count > 0 else "unsupported")
    made: Expr = Lit(1)
    for factor in range(2, count + 1):
        made = Bin("*", made, Lit(factor))
    return made


def _bits(expr: Expr) -> int:
    """More bits than the value has, above and below its fraction line together, for letters of a few bits."""
    match expr:
        case Lit(whole):
            return whole.bit_length() + 1
        case Letter():
            return 8
        case Neg(inner):
            return _bits(inner)
        case Pow(base, exponent):
            return _bits(base) * max(1, exponent)
        case Bin(_, left, right):
            return _bits(left) + _bits(right) + 1


def _degree(expr: Expr) -> int:
    """The degree in all letters together, of a quotient that of both its parts."""
    match expr:
        case Lit():
            return 0
        case Letter():
            return 1
        case Neg(inner):
            return _degree(inner)
        case Pow(base, exponent):
            return _degree(base) * exponent
        case Bin(sign, left, right):
            both = _degree(left), _degree(right)
            return sum(both) if sign in "*/" else max(both)
