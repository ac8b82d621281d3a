"""Inequalities: decided where both sides are numbers, or differ by one. What has letters left stays open."""

from fractions import Fraction

from verifiers.algebra import normal, numeric
from verifiers.algebra.compare import readings
from verifiers.algebra.doubts import doubts
from verifiers.algebra.knowledge import SUPPOSING, Knowledge
from verifiers.algebra.numeric import middle
from verifiers.algebra.rewriting import has_decimals
from verifiers.algebra.statements import Statement
from verifiers.algebra.terms import Op, Term, calls, names, size, substitute, variables
from verifiers.decision import Decision
from verifiers.exact import NotRational, TooLarge, Undefined, show

MAX_SIZE = 250
_SIGNS = {"LT": (-1,), "GT": (1,), "LE": (-1, 0), "GE": (1, 0), "NE": (-1, 1)}
_SAYS = {-1: "less than", 0: "equal to", 1: "greater than"}
_SOUGHT = SUPPOSING | frozenset(
    """need needs needed must want require requires required until while find checks compare comparing whichever no never
    would should could might can smallest largest least condition constraint holds true maximum minimum values
    such""".split()
)
_SURE = frozenset("clearly indeed true holds since because obviously so thus therefore".split())


def inequality(statement: Statement, link: int, known: Knowledge, left: Term, right: Term) -> Decision:
    """Valid, invalid or unknown with a reason; two numbers decide, values said before may only confirm."""
    signs = _SIGNS[statement.relations[link]]
    plain = not variables(left) | variables(right) and not calls(left) | calls(right)
    if any(side.doubt for side in statement.sides[link : link + 2]):
        return Decision("unknown", "units")
    if not plain:
        return _with_letters(known, signs, left, right)
    found = _orders(left, right)
    if not found:
        return Decision("unknown", "undefined")
    says = f"{show(found[0][1])} is {_SAYS[found[0][0]]} {show(found[0][2])}"
    if found[0][0] in signs:
        return Decision("valid", "exact", says)
    return _refuted(statement, link, known, signs, found, says)


def _refuted(
    statement: Statement,
    link: int,
    known: Knowledge,
    signs: tuple[int, ...],
    found: list[tuple[int, Fraction, Fraction]],
    says: str,
) -> Decision:
    if any(order in signs for order, _, _ in found):
        return Decision("unknown", "undefined", says)
    left, right = statement.sides[link].term, statement.sides[link + 1].term
    assert left is not None and right is not None
    _, ours, theirs = found[0]
    if has_decimals(left, right) and abs(ours - theirs) * 50 <= abs(ours):
        return Decision("unknown", "rounded?", says)
    doubt = why_doubted(statement, link, known)
    return Decision("unknown", doubt, says) if doubt else Decision("invalid", "refuted", says)


def why_doubted(statement: Statement, link: int, known: Knowledge) -> str | None:
    """Why an inequality that does not hold need not be an error, by the words around it, or ``None``."""
    sought = _SOUGHT & set(statement.before + statement.gap[-6:]) or not _is_asserted(statement, known)
    return doubts(statement, link) or ("supposed" if sought else None)


def _is_asserted(statement: Statement, known: Knowledge) -> bool:
    """Whether nothing is supposed, or words or an equation beside it say that this is no part of a trial."""
    sure = _SURE & set(statement.before[:3] + statement.later[:5])
    return (known.scope == 0 and not known.testing) or bool(sure) or "EQ" in statement.relations


def _with_letters(known: Knowledge, signs: tuple[int, ...], left: Term, right: Term) -> Decision:
    values = known.values()
    a, b = (known.applied(substitute(known.applied(side), values)) for side in (left, right))
    if not variables(a) | variables(b) and not calls(a) | calls(b):
        found = _orders(a, b)
        if found and found[0][0] in signs:
            return Decision("valid", "follows", f"{show(found[0][1])} is {_SAYS[found[0][0]]} {show(found[0][2])}")
        return Decision("unknown", "open")
    gap = _constant_gap(a, b)
    if gap is not None and (gap > 0) - (gap < 0) in signs:
        return Decision("valid", "identity", f"the left side is the right plus {show(gap)}")
    return Decision("unknown", "inequality")


def _constant_gap(left: Term, right: Term) -> Fraction | None:
    """The number by which the sides differ wherever both have a value."""
    if size(left) + size(right) > MAX_SIZE:
        return None
    try:
        return normal.constant(normal.quotient(Op("sub", (left, right))))
    except (TooLarge, Undefined, NotRational):
        return None


def _orders(left: Term, right: Term) -> list[tuple[int, Fraction, Fraction]]:
    """For each reading the order of the two values (-1, 0, 1), and the values; empty where one of them is open."""
    if size(left) + size(right) > MAX_SIZE or {"pm", "mp", "tuple"} & (names(left) | names(right)):
        return []
    found: list[tuple[int, Fraction, Fraction]] = []
    for radians, (a, b) in readings(left, right):
        try:
            x, y = numeric.evaluate(a, {}, radians), numeric.evaluate(b, {}, radians)
            order = _order(x, y)
            if order is None:
                return []
            found.append((order, middle(x), middle(y)))
        except (TooLarge, Undefined, NotRational):
            return []
    return found


def _order(x: numeric.Value, y: numeric.Value) -> int | None:
    if isinstance(x, Fraction) and isinstance(y, Fraction):
        return (x > y) - (x < y)
    a, b = numeric.enclose(x), numeric.enclose(y)
    return -1 if a.b < b.a else 1 if b.b < a.a else None
