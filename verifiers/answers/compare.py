"""Are two answers, read into trees, the same? Which rule applies to which pair of shapes."""

from verifiers.answers import matching, quantities, relations, sets, values
from verifiers.answers.clean import plain_words
from verifiers.answers.nodes import Node, Undecided, has
from verifiers.answers.policy import EqualPolicy
from verifiers.answers.words import same_meaning

_SETTING = ("list", "cup", "cap", "setminus", "set")


def decide(gold: Node, pred: Node, policy: EqualPolicy) -> bool:
    """Whether the two are the same answer. Raises ``Undecided`` with a reason, and ``exact.TooLarge``."""
    gold, pred = (_alone(_spread(node)) for node in (gold, pred))
    if _key(gold) == _key(pred):
        return True
    if gold.op == "rel" and pred.op == "rel":
        return _relations(gold, pred, policy)
    if "rel" in (gold.op, pred.op):
        return _relation_and_value(gold, pred, policy)
    if sets.is_set(gold) or sets.is_set(pred):
        return _sets(gold, pred, policy)
    if "matrix" in (gold.op, pred.op):
        return matching.matrices(gold, pred, _under(policy))
    if "text" in (gold.op, pred.op):
        return _texts(gold, pred)
    if gold.op == "list" and pred.op == "list":
        return _lists(gold, pred, policy)
    if any(node.op in _SETTING for node in (gold, pred)):
        return _list_and_other(gold, pred)
    if "ratio" in (gold.op, pred.op):
        return _ratios(gold, pred, policy)
    return quantities.same(gold, pred, policy)


def _alone(node: Node) -> Node:
    """The member of a set that has only one: the solution {3} and the solution 3 are the same answer."""
    return node.args[0] if node.op == "list" and len(node.args) == 1 else node


def _under(policy: EqualPolicy) -> matching.Decide:
    return lambda gold, pred: decide(gold, pred, policy)


def _key(node: Node) -> tuple[object, ...]:
    """The node with the order of sums and products settled; equal keys are equal answers."""
    args = [_key(arg) for arg in node.args]
    if node.op in ("add", "mul") or node.name in ("gcd", "lcm", "max", "min", "{}", "bare", "or"):
        args = sorted(_flat(node.op, args), key=repr)
    if node.op == "num":
        return ("num", node.number)
    return (node.op, node.name.lower() if node.op == "text" else node.name, *args)


def _flat(op: str, args: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    if op not in ("add", "mul"):
        return args
    out: list[tuple[object, ...]] = []
    for arg in args:
        out.extend(arg[2:] if arg[:2] == (op, "") else [arg])  # type: ignore[arg-type]
    return out


def _spread(node: Node) -> Node:
    """A plus-minus as the list of both values, also inside lists, assignments and in front of units."""
    if node.op == "list" and node.name in ("{}", "bare", "or") and any(has(arg, "pm") for arg in node.args):
        items: list[Node] = []
        for arg in (_spread(arg) for arg in node.args):
            items.extend(arg.args if arg.op == "list" and arg.name == "bare" else [arg])
        return Node("list", tuple(items), node.name)
    if node.op in _SETTING or not has(node, "pm"):
        return node
    if node.op == "rel":
        right = _spread(node.args[-1])
        return Node("rel", (*node.args[:-1], right), node.name) if node.name == "=" else node
    return Node("list", (_signed(node, "add", "sub"), _signed(node, "sub", "add")), "bare")


def _signed(node: Node, plus: str, minus: str) -> Node:
    args = tuple(_signed(arg, plus, minus) for arg in node.args)
    if node.op in ("pm", "mp"):
        way = plus if node.op == "pm" else minus
        return Node("add", (args[0], args[1] if way == "add" else Node("neg", (args[1],))))
    return Node(node.op, args, node.name, node.number)


# Relations ------------------------------------------------------------------------------------------------------


def _relations(gold: Node, pred: Node, policy: EqualPolicy) -> bool:
    if gold.name == "in" and pred.name == "in":
        return decide(gold.args[1], pred.args[1], policy)
    if gold.name == "=" and pred.name == "=":
        return _equations(_oriented(gold), _oriented(pred), policy)
    if "=" in (gold.name, pred.name):
        other = pred if gold.name == "=" else gold
        if other.name == "in":
            return decide(gold.args[1], pred.args[1], policy)
        return False if sets.is_set(other) else _undecided("relations")
    if any("==" in node.name for node in (gold, pred)):
        raise Undecided("congruence")
    if "in" in (gold.name, pred.name):
        return _sets(gold, pred, policy)
    return relations.inequalities(gold, pred)


def _undecided(reason: str) -> bool:
    raise Undecided(reason)


def _oriented(node: Node) -> Node:
    """``5 = x`` as ``x = 5``."""
    left, right = node.args
    turned = sets.named(right) and not sets.named(left)
    return Node("rel", (right, left), "=") if turned else node


def _equations(gold: Node, pred: Node, policy: EqualPolicy) -> bool:
    assigns = [_assigns(node) for node in (gold, pred)]
    if all(assigns) and _key(gold.args[0]) == _key(pred.args[0]):
        return decide(gold.args[1], pred.args[1], policy)
    if all(assigns) and not any(values.free(node.args[1]) for node in (gold, pred)):
        same = decide(gold.args[1], pred.args[1], policy)
        return same and (_same_head(gold.args[0], pred.args[0]) or _undecided("names"))
    if any(has(node, *_SETTING, "text", "matrix") for node in (gold, pred)):
        raise Undecided("equations")
    return relations.equations(gold, pred)


def _assigns(node: Node) -> bool:
    """Whether an equation gives a name its value, rather than binding names to each other."""
    left, right = node.args
    return sets.named(left) and not set(values.free(left)) & set(values.free(right))


def _same_head(left: Node, right: Node) -> bool:
    """``W(n)`` and ``W(x)`` are one function; a name in words may go by any letter."""
    while left.op == "mul" and right.op == "mul":
        left, right = left.args[0], right.args[0]
    return _key(left) == _key(right) or "text" in (left.op, right.op)


def _relation_and_value(gold: Node, pred: Node, policy: EqualPolicy) -> bool:
    relation, other = (gold, pred) if gold.op == "rel" else (pred, gold)
    if relation.name == "=":
        oriented = _oriented(relation)
        if not sets.named(oriented.args[0]) and values.free(oriented):
            return False
        value = oriented.args[1]
        return decide(value, other, policy) if relation is gold else decide(other, value, policy)
    if "==" in relation.name:
        raise Undecided("congruence")
    if other.op in _SETTING or relation.name == "in":
        return _sets(gold, pred, policy)
    if other.op == "text":
        raise Undecided("words")
    return False


def _sets(gold: Node, pred: Node, policy: EqualPolicy) -> bool:
    """As sets of numbers; where ends have no known value, interval by interval as they are written."""
    gold, pred = (node.args[1] if node.op == "rel" and node.name == "in" else node for node in (gold, pred))
    if any(node.op in ("text", "matrix") for node in (gold, pred)):
        raise Undecided("words")
    try:
        return sets.same(gold, pred)
    except Undecided:
        alike = gold.op == pred.op and gold.name == pred.name and len(gold.args) == len(pred.args)
        if alike and gold.op in ("list", "cup", "cap", "setminus"):
            return matching.ordered(gold.args, pred.args, _under(policy)) or _undecided("sets")
        raise


# Lists ----------------------------------------------------------------------------------------------------------


def _lists(gold: Node, pred: Node, policy: EqualPolicy) -> bool:
    named = [_assignments(node) for node in (gold, pred)]
    if named[0] is not None and named[1] is not None and set(named[0]) == set(named[1]):
        names = sorted(named[0])
        return matching.ordered([named[0][n] for n in names], [named[1][n] for n in names], _under(policy))
    for mine, other in ((0, pred), (1, gold)):
        given = named[mine]
        if given is not None and other.name in ("()", "[]"):
            bare = Node("list", tuple(given.values()), "()")
            return decide(bare, other, policy) if mine == 0 else decide(other, bare, policy)
    return matching.lists(gold, pred, policy, _under(policy))


def _assignments(node: Node) -> dict[str, Node] | None:
    """The values that a list gives to different names (``x = 1, y = 2``), or ``None`` where it is another list."""
    if not node.args or not all(arg.op == "rel" and arg.name == "=" for arg in node.args):
        return None
    given = {repr(_key(arg.args[0])): arg.args[1] for arg in node.args if _assigns(arg)}
    return given if len(given) == len(node.args) else None


def _list_and_other(gold: Node, pred: Node) -> bool:
    """Several items are not one, whatever brackets they stand in; of R and Z beside others we know nothing."""
    if any(node.op == "set" for node in (gold, pred)):
        raise Undecided("sets")
    item = pred if gold.op == "list" else gold
    return False if item.op != "text" else _undecided("words")


def _ratios(gold: Node, pred: Node, policy: EqualPolicy) -> bool:
    """Ratios agree up to a factor, except where they may be times of day; ``1:2`` is also ``1/2``."""
    if gold.op == pred.op == "ratio":
        if len(gold.args) != len(pred.args):
            return False
        if matching.ordered(gold.args, pred.args, _under(policy)):
            return True
        if any(arg.number == 0 for arg in (*gold.args, *pred.args)):
            return False
        first, second = (
            [values.same(Node("mul", (a, other.args[0])), Node("mul", (b, node.args[0])))
             for a, b in zip(node.args[1:], other.args[1:], strict=True)]
            for node, other in ((gold, pred), (pred, gold))
        )  # fmt: skip
        return (all(first) and all(second)) and (not _clock(gold) or _undecided("ratio_or_time"))
    ratio, other = (gold, pred) if gold.op == "ratio" else (pred, gold)
    if len(ratio.args) != 2:
        return False
    if values.free(ratio.args[0]) and not values.free(ratio.args[1], other):
        raise Undecided("label")
    return decide(Node("div", ratio.args), other, policy)


def _clock(node: Node) -> bool:
    return (
        len(node.args) == 2
        and all(a.op == "num" and not a.name for a in node.args)
        and (node.args[1].number or 0) >= 10
    )


# Words ----------------------------------------------------------------------------------------------------------


def _texts(gold: Node, pred: Node) -> bool:
    """Words are compared as words; different single words are different answers, sentences we leave alone."""
    if {gold.op, pred.op} == {"sym", "text"} and gold.name.casefold() == pred.name.casefold():
        return True
    if gold.op != "text" or pred.op != "text":
        raise Undecided("words")
    one, other = (plain_words(node.name) for node in (gold, pred))
    if one == other or same_meaning(one) == same_meaning(other):
        return True
    if " " in one or " " in other:
        raise Undecided("words")
    return False
