"""The expression tree of the algebra reader. Plain, frozen, hashable; no text is ever evaluated."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

MAX_NODES = 400


@dataclass(frozen=True, slots=True)
class Num:
    """A number as written: its exact value and how many digits stood after the decimal point."""

    value: Fraction
    decimals: int = 0


@dataclass(frozen=True, slots=True)
class Var:
    """A letter (``x``, ``a_1``, ``\\alpha``), a segment (``AB``) or a quantity with a name in words."""

    name: str


@dataclass(frozen=True, slots=True)
class Op:
    """An operation: ``add sub mul implicit div slash neg pow pm mp fact percent deg sqrt root abs floor ceil binom mod``,
    ``tuple``, ``mixed`` (2 1/3), ``base`` (digits, base), ``matrix`` of ``row``, ``det``; a constant (``pi``, ``e``,
    ``inf``, no arguments), a known function (``sin``), a call (``call:f``), ``sum`` / ``prod`` with the arguments index,
    lower bound, upper bound and body, ``deriv`` / ``integral`` (variable, body), ``definite`` (variable, lower, upper,
    body), or ``value`` of an integral that was worked out."""

    name: str
    args: tuple["Term", ...] = ()


Term = Num | Var | Op
BINDING = ("sum", "prod", "definite")  # their first argument is bound


def walk(term: Term) -> Iterator[Term]:
    """The term and all its descendants."""
    todo = [term]
    while todo:
        part = todo.pop()
        yield part
        if isinstance(part, Op):
            todo.extend(reversed(part.args))


def names(term: Term) -> frozenset[str]:
    """The operation names that occur."""
    return frozenset(part.name for part in walk(term) if isinstance(part, Op))


def variables(term: Term) -> frozenset[str]:
    """The free variables: an index of a sum is bound."""
    free, bound = set(), set()
    for part in walk(term):
        if isinstance(part, Var):
            free.add(part.name)
        elif isinstance(part, Op) and part.name in BINDING and isinstance(part.args[0], Var):
            bound.add(part.args[0].name)
    return frozenset(free - bound)


def calls(term: Term) -> frozenset[str]:
    """The functions that are called by a letter."""
    return frozenset(name for name in names(term) if name.startswith("call:"))


def is_number(term: Term) -> bool:
    """A written number, perhaps with a sign: nothing is computed."""
    while isinstance(term, Op) and term.name in ("neg", "percent", "deg"):
        term = term.args[0]
    return isinstance(term, Num)


def literal(term: Term) -> Num | None:
    """The written number inside such a term (its digits say how it was rounded), else ``None``."""
    while isinstance(term, Op) and term.name in ("neg", "percent", "deg"):
        term = term.args[0]
    return term if isinstance(term, Num) else None


def is_name(term: Term) -> bool:
    """A single variable or call: it can be defined."""
    return isinstance(term, Var) or (isinstance(term, Op) and term.name.startswith("call:"))


def size(term: Term) -> int:
    return sum(1 for _ in walk(term))


def substitute(term: Term, values: Mapping[str, Term]) -> Term:
    """The term with variables replaced, all at once."""
    if isinstance(term, Var):
        return values.get(term.name, term)
    if isinstance(term, Num) or not term.args:
        return term
    if term.name in BINDING and isinstance(term.args[0], Var):
        values = {name: value for name, value in values.items() if name != term.args[0].name}
    return Op(term.name, tuple(substitute(arg, values) for arg in term.args))


def matches(pattern: Term, term: Term, bound: dict[str, Term]) -> bool:
    """Whether ``term`` is ``pattern`` with its variables replaced by numbers, which are put into ``bound``."""
    if isinstance(pattern, Var):
        if variables(term) or size(term) > 4:
            return False
        return bound.setdefault(pattern.name, term) == term
    if isinstance(pattern, Num) or isinstance(term, Num | Var):
        return pattern == term
    same = pattern.name == term.name or {pattern.name, term.name} <= {"mul", "implicit"}
    if not same or len(pattern.args) != len(term.args):
        return False
    return all(matches(a, b, bound) for a, b in zip(pattern.args, term.args, strict=True))
