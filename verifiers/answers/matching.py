"""Lists, tuples, sets and matrices: which brackets agree, and whether order matters."""

from collections.abc import Callable, Sequence

from verifiers.answers.nodes import Node, Undecided
from verifiers.answers.policy import EqualPolicy

_MAX_ITEMS = 60
_UNORDERED = frozenset({"{}", "bare", "or"})

Decide = Callable[[Node, Node], bool]


def lists(gold: Node, pred: Node, policy: EqualPolicy, decide: Decide) -> bool:
    """Whether two lists hold the same items as their brackets and the policy want it. Raises ``Undecided``."""
    loose = gold.name in _UNORDERED, pred.name in _UNORDERED
    if len(gold.args) != len(pred.args):
        return all(loose) and _repeated(gold, pred, decide)
    if all(loose):
        return unordered(gold.args, pred.args, decide)
    if any(loose):
        return _mixed(gold, pred, decide)
    if not _brackets_agree(gold, pred):
        return False
    if policy.order == "free" and gold.name == "()":
        return unordered(gold.args, pred.args, decide)
    return ordered(gold.args, pred.args, decide)


def _repeated(gold: Node, pred: Node, decide: Decide) -> bool:
    """A set may name an item twice, and so may a list of solutions; whether ``2, 2`` is ``2`` we do not know."""
    both = ((gold.args, pred.args), (pred.args, gold.args))
    if max(len(gold.args), len(pred.args)) > _MAX_ITEMS:
        raise Undecided("many_items")
    if not all(_place(one, list(items), decide, None)[0] is not None for mine, items in both for one in mine):
        return False
    solutions = all(item.op == "list" for item in gold.args)
    if not solutions and {gold.name, pred.name} != {"{}"}:
        raise Undecided("repeated")
    return True


def _mixed(gold: Node, pred: Node, decide: Decide) -> bool:
    """A tuple beside a set is another thing; beside a bare list it is the same if the order is."""
    if "{}" in (gold.name, pred.name):
        return False
    if ordered(gold.args, pred.args, decide):
        if "or" in (gold.name, pred.name) or any(name in ("[]", "[)", "(]") for name in (gold.name, pred.name)):
            raise Undecided("order")
        return True
    if unordered(gold.args, pred.args, decide):
        raise Undecided("order")
    return False


def _brackets_agree(gold: Node, pred: Node) -> bool:
    """Of pairs of numbers the brackets say which ends are in; of longer lists they are a matter of taste."""
    return gold.name == pred.name or (len(gold.args) > 2 and {gold.name, pred.name} <= {"()", "[]"})


def ordered(gold: Sequence[Node], pred: Sequence[Node], decide: Decide) -> bool:
    """Whether the items agree one by one; one plain difference settles it whatever else is undecided."""
    doubt: Undecided | None = None
    for one, other in zip(gold, pred, strict=True):
        try:
            if not decide(one, other):
                return False
        except Undecided as error:
            doubt = error
    if doubt is not None:
        raise doubt
    return True


def unordered(gold: Sequence[Node], pred: Sequence[Node], decide: Decide) -> bool:
    """Whether the items can be paired off. Raises ``Undecided`` where only undecided pairs are left."""
    if len(gold) > _MAX_ITEMS:
        raise Undecided("many_items")
    left = list(pred)
    doubt: Undecided | None = None
    missed = 0
    for one in gold:
        place, doubt = _place(one, left, decide, doubt)
        if place is None:
            missed += 1
        else:
            del left[place]
    if missed and doubt is not None:
        raise doubt
    return not missed


def _place(one: Node, left: list[Node], decide: Decide, doubt: Undecided | None) -> tuple[int | None, Undecided | None]:
    for place, other in enumerate(left):
        try:
            if decide(one, other):
                return place, doubt
        except Undecided as error:
            doubt = error
    return None, doubt


def matrices(gold: Node, pred: Node, decide: Decide) -> bool:
    """Equal shape and cells; a column or row beside a tuple is a vector."""
    if gold.op == pred.op:
        return gold.name == pred.name and ordered(gold.args, pred.args, decide)
    matrix, other = (gold, pred) if gold.op == "matrix" else (pred, gold)
    if other.op != "list":
        if len(matrix.args) == 1:
            return decide(matrix.args[0], other)
        raise Undecided("matrix")
    if "1" not in matrix.name.split("x") or other.name == "{}":
        return False
    return len(gold.args) == len(pred.args) and ordered(gold.args, pred.args, decide)
