"""The tree that an answer is read into."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction


class Unread(Exception):
    """Our grammar does not know this text; ``args[0]`` says what stopped it."""


class Undecided(Exception):
    """Both answers were read, but we cannot tell whether they are the same; ``args[0]`` is the reason."""


@dataclass(frozen=True, slots=True)
class Node:
    """One node. ``op`` is what it is; ``name`` a symbol, function, bracket, relation, unit or the digits as written."""

    op: str
    args: tuple["Node", ...] = ()
    name: str = ""
    number: Fraction | None = None


def num(value: Fraction | int, written: str = "") -> Node:
    """A number; ``written`` only for decimals, whose digits matter for rounding."""
    return Node("num", (), written, Fraction(value))


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it."""
    yield node
    for arg in node.args:
        yield from walk(arg)


def symbols(*nodes: Node) -> list[str]:
    """The free names in these trees, sorted."""
    return sorted({item.name for node in nodes for item in walk(node) if item.op == "sym"})


def has(node: Node, *ops: str) -> bool:
    """Whether one of these ops occurs."""
    return any(item.op in ops for item in walk(node))
