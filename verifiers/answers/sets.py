"""Sets of real numbers as disjoint pieces: intervals, points, unions, and what inequalities in one name describe."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import mpmath  # type: ignore[import-untyped]

from verifiers.answers import values
from verifiers.answers.nodes import Node, Undecided, num

INF = mpmath.inf
INEQUALITIES = frozenset({"<", "<=", ">", ">=", "!="})
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "!=": "!=", "=": "="}
_MAX_PIECES = 50


@dataclass(frozen=True, slots=True)
class Piece:
    """From ``low`` to ``high``, each end in or out; a point has both ends equal and in."""

    low: Any
    high: Any
    low_in: bool
    high_in: bool


Set = tuple[Piece, ...]
REALS: Set = (Piece(-INF, INF, False, False),)


def is_set(node: Node) -> bool:
    """Whether the node can only be read as a set of numbers: a union, a half-open interval, an inequality, R."""
    if node.op == "rel":
        return any(name in INEQUALITIES for name in node.name.split()) or node.name == "in"
    if node.op == "list" and node.name in ("or", "bare"):
        return all(is_set(arg) for arg in node.args) and bool(node.args)
    half_open = node.op == "list" and node.name in ("[)", "(]")
    endless = node.op == "list" and len(node.args) == 2 and any(_infinite(arg) for arg in node.args)
    return half_open or endless or node.op in ("cup", "cap", "setminus") or node == Node("set", (), "reals")


def _infinite(node: Node) -> bool:
    return (node.op == "const" and node.name == "infty") or (node.op == "neg" and _infinite(node.args[0]))


def same(left: Node, right: Node) -> bool:
    """Whether two nodes describe the same numbers. Raises ``Undecided`` and ``exact.TooLarge``."""
    first, second = merged(pieces(left)), merged(pieces(right))
    if len(first) != len(second):
        return False
    return all(_same_piece(one, other) for one, other in zip(first, second, strict=True))


def _same_piece(one: Piece, other: Piece) -> bool:
    ends = equal(one.low, other.low) and equal(one.high, other.high)
    return ends and one.low_in == other.low_in and one.high_in == other.high_in


def equal(left: Any, right: Any) -> bool:
    """Equality of two real values, exact where both are rational."""
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return left == right
    if INF in (left, right) or -INF in (left, right):
        return bool(left == right)
    with mpmath.workdps(40):
        gap = abs(_float(left) - _float(right))
        return bool(gap <= mpmath.mpf(10) ** -30 * max(1, abs(_float(left))))


def _float(value: Any) -> Any:
    return mpmath.mpf(value.numerator) / value.denominator if isinstance(value, Fraction) else mpmath.mpf(value)


def _less(left: Any, right: Any) -> bool:
    if equal(left, right):
        return False
    with mpmath.workdps(40):
        return bool(_float(left) < _float(right))


def pieces(node: Node) -> Set:
    """The pieces a node describes, perhaps overlapping. Raises ``Undecided`` where it is no set of known numbers."""
    match node.op:
        case "rel" if node.name == "in":
            return pieces(node.args[1])
        case "rel":
            return _solutions(node)
        case "cup":
            return pieces(node.args[0]) + pieces(node.args[1])
        case "cap":
            return intersection(pieces(node.args[0]), pieces(node.args[1]))
        case "setminus":
            return intersection(pieces(node.args[0]), complement(pieces(node.args[1])))
        case "set" if node.name == "reals":
            return REALS
        case "list":
            return _listed(node)
        case "pm":
            left, right = node.args
            return _point(Node("add", (left, right))) + _point(Node("add", (left, Node("neg", (right,)))))
    return _point(node)


def _point(node: Node) -> Set:
    value = values.constant(node)
    return (Piece(value, value, True, True),)


def _end(node: Node) -> Any:
    if _infinite(node):
        return -INF if node.op == "neg" else INF
    return values.constant(node)


def _listed(node: Node) -> Set:
    if node.name == "{}" or (node.name in ("or", "bare") and not is_set(node)):
        return tuple(piece for arg in node.args for piece in pieces(arg))
    if node.name == "or" or (node.name == "bare" and any(arg.name == "in" or arg.op != "rel" for arg in node.args)):
        return tuple(piece for arg in node.args for piece in pieces(arg))
    if node.name == "bare":
        found = REALS
        for arg in node.args:
            found = intersection(found, pieces(arg))
        return found
    if len(node.args) != 2:
        raise Undecided("no_interval")
    low, high = _end(node.args[0]), _end(node.args[1])
    if not _less(low, high) and not equal(low, high):
        raise Undecided("no_interval")
    return (Piece(low, high, node.name[0] == "[" and low != -INF, node.name[1] == "]" and high != INF),)


def merged(found: Set) -> Set:
    """The same set as sorted pieces that neither touch nor overlap."""
    if len(found) > _MAX_PIECES:
        raise Undecided("many_pieces")
    real = [p for p in found if _less(p.low, p.high) or (equal(p.low, p.high) and p.low_in and p.high_in)]
    out: list[Piece] = []
    for piece in sorted(real, key=lambda p: (_float(p.low), not p.low_in)):
        if out and _touch(out[-1], piece):
            out[-1] = _join(out[-1], piece)
        else:
            out.append(piece)
    return tuple(out)


def _touch(one: Piece, other: Piece) -> bool:
    return _less(other.low, one.high) or (equal(other.low, one.high) and (one.high_in or other.low_in))


def _join(one: Piece, other: Piece) -> Piece:
    low_in = one.low_in or (other.low_in and equal(one.low, other.low))
    if equal(one.high, other.high):
        return Piece(one.low, one.high, low_in, one.high_in or other.high_in)
    top = other if _less(one.high, other.high) else one
    return Piece(one.low, top.high, low_in, top.high_in)


def complement(found: Set) -> Set:
    """Every real number that is in no piece."""
    out: list[Piece] = []
    low, low_in = -INF, False
    for piece in merged(found):
        out.append(Piece(low, piece.low, low_in, not piece.low_in))
        low, low_in = piece.high, not piece.high_in
    out.append(Piece(low, INF, low_in, False))
    return merged(tuple(Piece(p.low, p.high, p.low_in and p.low != -INF, p.high_in and p.high != INF) for p in out))


def intersection(one: Set, other: Set) -> Set:
    """By De Morgan's rule."""
    return complement(complement(one) + complement(other))


def _solutions(node: Node) -> Set:
    """What a chain of inequalities in one name says of it. Raises ``Undecided`` where it is not linear."""
    found = REALS
    for left, right, name in zip(node.args, node.args[1:], node.name.split(), strict=False):
        found = intersection(found, _linear(left, right, name))
    return found


def _linear(left: Node, right: Node, name: str) -> Set:
    """The solutions of ``left name right``, where one side is a name or both are linear in one name."""
    if name not in _FLIPPED:
        raise Undecided("relation")
    if not values.free(right) and named(left):
        return _ray(_end(right), name)
    if not values.free(left) and named(right):
        return _ray(_end(left), _FLIPPED[name])
    names = values.free(left, right)
    if len(names) != 1:
        raise Undecided("names")
    gap = Node("add", (left, Node("neg", (right,))))
    at = {place: values.constant(_at(gap, names[0], place)) for place in (0, 1, 2, 17, -3, -19)}
    slope = at[1] - at[0]
    if equal(slope, Fraction(0)) or not all(equal(at[0] + place * slope, at[place]) for place in at):
        raise Undecided("not_linear")
    return _ray(-at[0] / slope, name if _less(Fraction(0), slope) else _FLIPPED[name])


def _at(node: Node, name: str, place: int) -> Node:
    if node.op == "sym" and node.name == name:
        return num(place)
    return Node(node.op, tuple(_at(arg, name, place) for arg in node.args), node.name, node.number)


def _ray(end: Any, name: str) -> Set:
    match name:
        case "<" | "<=":
            return (Piece(-INF, end, False, name == "<=" and end != INF),)
        case ">" | ">=":
            return (Piece(end, INF, name == ">=" and end != -INF, False),)
        case "=":
            return (Piece(end, end, True, True),)
    return complement((Piece(end, end, True, True),))


def named(node: Node) -> bool:
    """Whether the node only names something: a letter, ``f(x)``, a tuple or a ratio of letters, words."""
    if node.op == "sym":
        return node.name not in ("e", "i")
    if node.op in ("mul", "div", "ratio", "list"):
        return bool(node.args) and all(named(arg) for arg in node.args)
    return node.op == "text"
