"""The expression tree that our grammar builds and the judges walk. Plain, frozen, no text is ever evaluated."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

OpName = Literal[
    "add",
    "sub",
    "mul",
    "div",
    "pow",
    "neg",
    "percent",
    "fact",
    "sqrt",
    "root",
    "implicit",
    "mixed",
    "gcd",
    "lcm",
    "mod",
]


@dataclass(frozen=True, slots=True)
class Num:
    """A number as written: its exact value and how many digits stood after the decimal point."""

    value: Fraction
    decimals: int


@dataclass(frozen=True, slots=True)
class Op:
    """An operation on terms; ``gcd`` and ``lcm`` take two or more.

    ``implicit`` is ``2(3)``; ``mixed`` is ``2 1/2``, whole part first.
    """

    name: OpName
    args: tuple["Term", ...]


@dataclass(frozen=True, slots=True)
class Name:
    """A quantity named in words, as ``quantities`` reads it. The arithmetic reader never makes one."""

    text: str


Term = Num | Op | Name


def walk(term: Term) -> Iterator[Term]:
    """The term and all its descendants."""
    yield term
    if isinstance(term, Op):
        for arg in term.args:
            yield from walk(arg)


def is_bare(term: Term) -> bool:
    """A written number, perhaps with a sign or a percent mark: nothing is computed."""
    while isinstance(term, Op) and term.name in ("neg", "percent", "fact", "mixed"):
        term = term.args[0]
    return isinstance(term, Num)


def literal(term: Term) -> Num | None:
    """The written number inside a bare term (its digits say how it was rounded), else ``None``."""
    while isinstance(term, Op) and term.name in ("neg", "percent"):
        term = term.args[0]
    return term if isinstance(term, Num) else None


def names(term: Term) -> tuple[str, ...]:
    """The names in the term, in reading order."""
    return tuple(part.text for part in walk(term) if isinstance(part, Name))


def has(term: Term, *names: str) -> bool:
    """Whether any operation of these names occurs in the term."""
    return any(isinstance(part, Op) and part.name in names for part in walk(term))


def first_number(term: Term) -> Num:
    """The leftmost number of the term."""
    return next(part for part in walk(term) if isinstance(part, Num))


_SIGNS = {"add": " + ", "sub": " - ", "mul": " * ", "implicit": " * ", "div": " / ", "pow": "^", "mixed": " "}


def spell(term: Term) -> str:
    """The term as plain text, for evidence."""
    if isinstance(term, Num):
        return str(term.value) if not term.decimals else f"{float(term.value):.{term.decimals}f}"
    if isinstance(term, Name):
        return term.text
    parts = [f"({spell(arg)})" if isinstance(arg, Op) and len(arg.args) > 1 else spell(arg) for arg in term.args]
    match term.name:
        case "neg":
            return f"-{parts[0]}"
        case "percent" | "fact":
            return parts[0] + ("%" if term.name == "percent" else "!")
        case "sqrt" | "root" | "gcd" | "lcm" | "mod":
            return f"{term.name}({', '.join(parts)})"
        case _:
            return _SIGNS[term.name].join(parts)
