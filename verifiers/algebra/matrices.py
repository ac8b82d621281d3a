"""Matrices and determinants: worked out entry by entry, compared entry by entry."""

from collections.abc import Sequence
from fractions import Fraction

from verifiers.algebra.compare import compare
from verifiers.algebra.doubts import doubts
from verifiers.algebra.knowledge import Knowledge
from verifiers.algebra.rewriting import has_decimals
from verifiers.algebra.statements import Statement
from verifiers.algebra.terms import Num, Op, Term, Var, names, size, variables
from verifiers.decision import Decision

MAX_SIDE = 4
MAX_SIZE = 600  # of all entries together
_Rows = tuple[tuple[Term, ...], ...]
_OPEN = Decision("unknown", "open")


class _Unread(Exception):
    """Shapes that do not fit, or an operation that has no rule here."""


def matrices(statement: Statement, link: int, known: Knowledge, left: Term, right: Term) -> Decision | None:
    """A decision on an equation with a matrix or a determinant; ``None`` for any other."""
    if not {"matrix", "det"} & (names(left) | names(right)):
        return None
    try:
        ours, theirs = _worth(left), _worth(right)
    except _Unread:
        return _OPEN
    if [len(row) for row in ours] != [len(row) for row in theirs]:
        return _OPEN
    pairs = [(a, b) for p, q in zip(ours, theirs, strict=True) for a, b in zip(p, q, strict=True)]
    gaps = [compare(a, b) for a, b in pairs]
    if all(gap is not None and gap.outcome == "same" for gap in gaps):
        return Decision("valid", "identity")
    wrong = next((gap for gap in gaps if gap is not None and gap.outcome == "differs"), None)
    worked = _is_worked(left) or _is_worked(right)
    if (
        wrong is None
        or not worked
        or any(variables(side) for pair in pairs for side in pair)
        or has_decimals(left, right)
    ):
        return _OPEN
    doubt = doubts(statement, link) or ("test" if known.testing else None)
    return Decision("unknown" if doubt else "invalid", doubt or "refuted", f"in one entry {wrong.says()}")


def _is_worked(term: Term) -> bool:
    """Whether there is something to work out: no matrix that is just written down."""
    return not (isinstance(term, Op) and term.name == "matrix")


def _worth(term: Term) -> _Rows:
    """The entries of what the term is worth; a number is a single entry."""
    if not isinstance(term, Op) or not {"matrix", "det"} & names(term):
        return ((term,),)
    if term.name == "matrix":
        rows = tuple(row.args for row in term.args if isinstance(row, Op))
        return _checked(rows)
    if term.name == "det":
        return ((_determinant(_worth(term.args[0])),),)
    if term.name == "pow":
        return _power(_worth(term.args[0]), term.args[1])
    inner = [_worth(arg) for arg in term.args]
    return _checked(_combined(term.name, inner))


def _combined(name: str, inner: Sequence[_Rows]) -> _Rows:
    a, b = inner[0], inner[-1]
    match name:
        case "add" | "sub":
            if [len(row) for row in a] != [len(row) for row in b]:
                raise _Unread
            both = (zip(p, q, strict=True) for p, q in zip(a, b, strict=True))
            return tuple(tuple(Op(name, pair) for pair in row) for row in both)
        case "neg":
            return tuple(tuple(Op("neg", (entry,)) for entry in row) for row in a)
        case "mul" | "implicit":
            return _product(a, b)
        case "div" | "slash" if _is_number(b):
            return tuple(tuple(Op("div", (entry, b[0][0])) for entry in row) for row in a)
    raise _Unread


def _product(a: _Rows, b: _Rows) -> _Rows:
    if _is_number(a) or _is_number(b):
        factor, rows = (a[0][0], b) if _is_number(a) else (b[0][0], a)
        return tuple(tuple(Op("mul", (factor, entry)) for entry in row) for row in rows)
    if len(a[0]) != len(b):
        raise _Unread  # a dot or a cross product
    return tuple(
        tuple(_total([Op("mul", (x, row[j])) for x, row in zip(p, b, strict=True)]) for j in range(len(b[0])))
        for p in a
    )


def _power(rows: _Rows, exponent: Term) -> _Rows:
    if exponent == Var("T"):
        return tuple(zip(*rows, strict=True))
    if _is_number(rows):
        return ((Op("pow", (rows[0][0], exponent)),),)
    if exponent in (Op("neg", (Num(Fraction(1)),)), Num(Fraction(-1))) and len(rows) == 2:
        return _inverse(rows)
    if not isinstance(exponent, Num) or exponent.value not in (2, 3):
        raise _Unread
    squared = _checked(_product(rows, rows))
    return squared if exponent.value == 2 else _checked(_product(squared, rows))


def _inverse(rows: _Rows) -> _Rows:
    below = _determinant(rows)
    (a, b), (c, d) = rows
    turned = ((d, Op("neg", (b,))), (Op("neg", (c,)), a))
    return tuple(tuple(Op("div", (entry, below)) for entry in row) for row in turned)


def _determinant(rows: _Rows) -> Term:
    """By expansion along the first row."""
    if len(rows) != len(rows[0]) or len(rows) > MAX_SIDE:
        raise _Unread
    if len(rows) == 1:
        return rows[0][0]
    parts: list[Term] = []
    for j, entry in enumerate(rows[0]):
        minor = tuple(row[:j] + row[j + 1 :] for row in rows[1:])
        part = Op("mul", (entry, _determinant(minor)))
        parts.append(Op("neg", (part,)) if j % 2 else part)
    return _total(parts)


def _total(parts: Sequence[Term]) -> Term:
    total = parts[0]
    for part in parts[1:]:
        total = Op("add", (total, part))
    return total


def _is_number(rows: _Rows) -> bool:
    return len(rows) == 1 and len(rows[0]) == 1


def _checked(rows: _Rows) -> _Rows:
    """The same, if it is a small rectangle."""
    sides = {len(row) for row in rows}
    if (
        len(sides) != 1
        or max(len(rows), *sides) > MAX_SIDE
        or sum(size(entry) for row in rows for entry in row) > MAX_SIZE
    ):
        raise _Unread
    return rows
