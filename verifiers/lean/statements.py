"""Lean statements of our own making: a small tree, and a printer that can write digits, operators and ``x1`` to ``x8``.

Nothing that a candidate wrote reaches Lean: names become numbers on the way into this tree, and ``is_ours`` tells what
this printer can have written from anything else. All numbers are rationals (``Rat``), but in a divisibility (``Int``).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

MAX_VARIABLES = 8
MAX_DIGITS = 60  # of one number
MAX_CHARS = 4_000  # of a statement

Operator = Literal["+", "-", "*", "/"]
Comparison = Literal["=", "≠", "<", "≤"]


@dataclass(frozen=True, slots=True)
class Lit:
    """A whole number, 0 or more."""

    value: int


@dataclass(frozen=True, slots=True)
class Var:
    """The letter ``x<index>``, ``index`` from 1."""

    index: int


@dataclass(frozen=True, slots=True)
class Neg:
    inner: "Expr"


@dataclass(frozen=True, slots=True)
class Bin:
    sign: Operator
    left: "Expr"
    right: "Expr"


@dataclass(frozen=True, slots=True)
class Pow:
    base: "Expr"
    exponent: int  # 0 or more


Expr = Lit | Var | Neg | Bin | Pow


@dataclass(frozen=True, slots=True)
class Rel:
    sign: Comparison
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Divides:
    """``modulus`` divides ``number``, both whole; ``denied``: it does not."""

    modulus: Expr
    number: Expr
    denied: bool = False


@dataclass(frozen=True, slots=True)
class And:
    """Every part holds."""

    parts: tuple["Prop", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """One of the parts holds."""

    parts: tuple["Prop", ...]


@dataclass(frozen=True, slots=True)
class ForAll:
    """``conclusion`` holds for all rationals ``x1 ... x<count>`` with ``conditions``, and some have them."""

    count: int
    conditions: tuple["Prop", ...]
    conclusion: "Prop"


@dataclass(frozen=True, slots=True)
class Exists:
    """``body`` holds for some rationals ``x1 ... x<count>``."""

    count: int
    body: "Prop"


Prop = Rel | Divides | And | Or | ForAll | Exists


def spell(prop: Prop) -> str:
    """The statement as Lean reads it, of ASCII and ``∀ ∃ ∧ ∨ ¬ → ≠ ≤ ∣``."""
    match prop:
        case Rel(sign, left, right):
            return f"(({_expr(left)} : Rat) {sign} {_expr(right)})"
        case Divides(modulus, number, denied):
            return f"({'¬' * denied}(({_expr(modulus)} : Int) ∣ {_expr(number)}))"
        case And(parts):
            return _joined(" ∧ ", parts)
        case Or(parts):
            return _joined(" ∨ ", parts)
        case Exists(count, body):
            return f"(∃{_binder(count)}{spell(body)})"
        case ForAll(count, conditions, conclusion):
            return _for_all(count, conditions, conclusion)


def _for_all(count: int, conditions: tuple[Prop, ...], conclusion: Prop) -> str:
    body = f"(∀{_binder(count)}{''.join(f'{spell(each)} → ' for each in conditions)}{spell(conclusion)})"
    return f"({spell(Exists(count, And(conditions)))} ∧ {body})" if conditions else body


def _binder(count: int) -> str:
    return "".join(f" x{index}" for index in range(1, count + 1)) + " : Rat, "


def _joined(sign: str, parts: tuple[Prop, ...]) -> str:
    return spell(parts[0]) if len(parts) == 1 else f"({sign.join(map(spell, parts))})"


def _expr(expr: Expr) -> str:
    match expr:
        case Lit(value):
            return str(value)
        case Var(index):
            return f"x{index}"
        case Neg(inner):
            return f"(-{_expr(inner)})"
        case Bin(sign, left, right):
            return f"({_expr(left)} {sign} {_expr(right)})"
        case Pow(base, exponent):
            return f"({_expr(base)} ^ {exponent})"


def size(expr: Expr) -> int:
    """How many numbers, letters and operations it is made of."""
    return sum(1 for _ in parts(expr))


def parts(expr: Expr) -> Iterator[Expr]:
    """The expression and all its descendants."""
    yield expr
    match expr:
        case Neg(inner):
            yield from parts(inner)
        case Bin(_, left, right):
            yield from parts(left)
            yield from parts(right)
        case Pow(base, _):
            yield from parts(base)


_OURS = re.compile(
    r"(?:[∀∃](?: x[1-8])+ : Rat, |[0-9]{1,60}(?![0-9x])|x[1-8](?![0-9x])|\(-(?=[0-9x(])|[()¬]| : (?:Rat|Int)(?=\))"
    r"| [-+*/^=≠<≤∧∨→∣] )+"
)


def is_ours(text: str) -> bool:
    """Whether ``text`` can have come from ``spell``: its tokens and no other, so no name, no comment, no command."""
    return len(text) <= MAX_CHARS and _OURS.fullmatch(text) is not None


# ------------------------------------------------------------------------------------------------ how they are proved

_POINTS = (
    ("7 / 3", "11 / 3", "17 / 3", "5 / 3", "23 / 3", "29 / 3", "13 / 3", "31 / 3"),
    ("9", "2", "13", "5", "3", "7", "16", "4"),
)


def tactic(text: str) -> str:
    """The tactic that proves a statement of ours, by its shape: numbers are computed by the kernel (``decide +kernel``,
    about 20 ms), what holds for all letters is left to ``grind`` (50 to 500 ms), what some letters show is shown at
    fixed points."""
    count = max((int(each) for each in re.findall(r"x([1-8])", text)), default=0)
    if not count:
        return "decide +kernel"
    if text.startswith("(∀"):
        return "grind"
    shown = [f"⟨{', '.join(point[:count])}, by decide +kernel⟩" for point in _POINTS]
    if not text.startswith("(∃"):  # the conditions can be met, and under them it holds
        shown = [f"⟨{each}, by grind⟩" for each in shown]
    return "first " + " ".join(f"| exact {each}" for each in shown)
