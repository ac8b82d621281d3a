"""Numbers and expressions with the units, percent marks, bases and roundings around them."""

from fractions import Fraction

from verifiers import exact
from verifiers.answers import rationals, values
from verifiers.answers.nodes import Node, Undecided, has, num, walk
from verifiers.answers.policy import EqualPolicy
from verifiers.answers.units import Unit, parse_unit

_NOISE_DIGITS = 15  # a decimal this long is a computer's, so its last digits are noise


def same(gold: Node, pred: Node, policy: EqualPolicy) -> bool:
    """Whether two expressions, perhaps with units or a percent mark, have the same value under the policy.
    Raises ``Undecided`` and ``exact.TooLarge``."""
    units = [_unit(node) for node in (gold, pred)]
    bare = [node.args[0] if unit is not None else node for node, unit in zip((gold, pred), units, strict=True)]
    if policy.units == "ignore" or units == [None, None]:
        return _expressions(bare[0], bare[1], policy)
    if units[0] is not None and units[1] is not None:
        return _converted(bare, units[0], units[1], policy)
    if policy.units == "strict":
        return False
    if _degrees(gold, pred) and _expressions(*_radians(gold, pred), policy):
        return True
    return _expressions(bare[0], bare[1], policy)


def _unit(node: Node) -> Unit | None:
    return parse_unit(node.name) if node.op == "unit" else None


def _degrees(gold: Node, pred: Node) -> bool:
    return any(node.op == "unit" and node.name.startswith("degree") for node in (gold, pred))


def _radians(gold: Node, pred: Node) -> tuple[Node, Node]:
    first, second = (Node("unit", node.args, "degree") if node.op == "unit" else node for node in (gold, pred))
    return first, second


def _converted(bare: list[Node], one: Unit, other: Unit, policy: EqualPolicy) -> bool:
    if one.powers == other.powers:
        scaled = [_times(node, unit.size) for node, unit in zip(bare, (one, other), strict=True)]
        return _expressions(scaled[0], scaled[1], policy)
    if one.known and other.known:
        return False
    raise Undecided("units")


def _times(node: Node, size: Fraction) -> Node:
    return node if size == 1 else Node("mul", (node, num(size)))


def _expressions(gold: Node, pred: Node, policy: EqualPolicy) -> bool:
    percents = [node.op == "percent" for node in (gold, pred)]
    if percents[0] != percents[1]:
        if policy.percent == "strict":
            return False
        plain = [node.args[0] if node.op == "percent" else node for node in (gold, pred)]
        if policy.percent == "lenient" and _values(plain[0], plain[1], policy):
            return True
    if _based(gold, pred):
        raise Undecided("base")
    return _values(gold, pred, policy)


def _based(gold: Node, pred: Node) -> bool:
    """Whether one side is ``1010_2`` and the other the same digits without the base."""
    for based, plain in ((gold, pred), (pred, gold)):
        if based.op == "base" and plain.op == "num" and plain.number is not None and plain.number.denominator == 1:
            digits, base = abs(int(plain.number)), int(based.name)
            spelled = str(digits)
            if all(int(d) < base for d in spelled) and int(spelled, base) == based.args[0].number:
                return True
    return False


def _values(gold: Node, pred: Node, policy: EqualPolicy) -> bool:
    if gold.op == pred.op == "sym" and gold.name.casefold() == pred.name.casefold():
        raise Undecided("case")
    infinite = [has(node, "const") and any(arg.name == "infty" for arg in walk(node)) for node in (gold, pred)]
    if any(infinite):
        return False if infinite != [True, True] else _infinite(gold, pred)
    if values.same(gold, pred):
        return True
    names = values.free(gold, pred)
    if any(len(name) > 1 and name.isupper() for name in names):
        raise Undecided("names")
    if names:
        return False
    return _rounded(gold, pred, policy.rounding) or _rounded(pred, gold, policy.rounding)


def _infinite(gold: Node, pred: Node) -> bool:
    signs = [node.op == "neg" for node in (gold, pred)]
    if all(node.op == "const" or (node.op == "neg" and node.args[0].op == "const") for node in (gold, pred)):
        return signs[0] == signs[1]
    raise Undecided("infinite")


def _rounded(decimal: Node, other: Node, digits: int) -> bool:
    """Whether a written decimal of enough digits is the other value, rounded; two decimals only up to float noise."""
    if decimal.op == "percent" and other.op == "percent":
        decimal, other = decimal.args[0], other.args[0]
    written = values.written_digits(decimal)
    if not digits or written < digits:
        return False
    try:
        value = values.constant(other)
    except (Undecided, exact.Undefined):
        return False
    if values.written_digits(other) or (isinstance(value, Fraction) and _terminates(value)):
        gap = abs(values.as_fraction(value) - rationals.rational(decimal, {}))
        return written >= _NOISE_DIGITS and gap <= abs(values.as_fraction(value)) / 10**14
    return values.rounds_to(decimal, value)


def _terminates(value: Fraction) -> bool:
    """Whether the value has a finite decimal form of few digits, which nobody would round."""
    return any((value * 10**places).denominator == 1 for places in range(7))
