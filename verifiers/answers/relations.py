"""Equations and inequalities: the same up to a factor, or refuted at a point of one that is not on the other."""

from fractions import Fraction
from typing import Any

import mpmath  # type: ignore[import-untyped]

from verifiers import exact
from verifiers.answers import rationals, sets, values
from verifiers.answers.nodes import Node, Undecided

_SMALLER = {"<": "<", "<=": "<=", ">": "<", ">=": "<="}


def equations(gold: Node, pred: Node) -> bool:
    """Whether two equations have the same solutions. Raises ``Undecided``."""
    first, second = (_gap(node.args[0], node.args[1]) for node in (gold, pred))
    names = values.free(first, second)
    if not names:
        raise Undecided("no_names")
    if _factor(first, second, names) is not None:
        return True
    if set(values.free(first)) != set(values.free(second)):
        raise Undecided("names")
    if _leaves(first, second, names) or _leaves(second, first, names):
        return False
    raise Undecided("equations")


def inequalities(gold: Node, pred: Node) -> bool:
    """Whether two inequalities have the same solutions. Raises ``Undecided``."""
    names = values.free(gold, pred)
    if len(names) == 1 or all(any(sets.named(arg) for arg in node.args) for node in (gold, pred)):
        try:
            return sets.same(gold, pred)
        except Undecided:
            pass
    if len(gold.args) != 2 or len(pred.args) != 2 or "!=" in (gold.name, pred.name):
        raise Undecided("inequalities")
    factor = _factor(_upward(gold), _upward(pred), names)
    if factor is None or not factor > 0:
        raise Undecided("inequalities")
    return _SMALLER[gold.name] == _SMALLER[pred.name]


def _upward(node: Node) -> Node:
    """What the inequality says is positive."""
    if node.name not in _SMALLER:
        raise Undecided("relation")
    left, right = node.args
    return _gap(right, left) if node.name in ("<", "<=") else _gap(left, right)


def _gap(left: Node, right: Node) -> Node:
    return Node("add", (left, Node("neg", (right,))))


def _at(node: Node, env: values.Env) -> Any:
    try:
        return rationals.rational(node, env)
    except (exact.NotRational, exact.Undefined):
        return values.numeric(node, env, 40)


def _factor(first: Node, second: Node, names: list[str]) -> Any | None:
    """The constant that first / second is at all points, or ``None``."""
    ratio: Any = None
    agreed = 0
    for env in values.points(names):
        try:
            one, other = _at(first, env), _at(second, env)
        except (exact.Undefined, ZeroDivisionError):
            continue
        if not one or not other or mpmath.im(one if not isinstance(one, Fraction) else 0):
            return None
        with mpmath.workdps(40):
            here = one / other if isinstance(one, Fraction) and isinstance(other, Fraction) else _divide(one, other)
        if ratio is not None and (mpmath.im(_float(here)) or not sets.equal(ratio, here)):
            return None
        ratio = here
        agreed += 1
    return ratio if agreed >= 2 else None


def _divide(one: Any, other: Any) -> Any:
    return _float(one) / _float(other)


def _float(value: Any) -> Any:
    return mpmath.mpf(value.numerator) / value.denominator if isinstance(value, Fraction) else value


def _leaves(first: Node, second: Node, names: list[str]) -> bool:
    """Whether some solution of the first equation, found numerically, plainly does not solve the second."""
    for env in values.points(names):
        for name in names:
            found = _root(first, env, name)
            if found is None:
                continue
            try:
                rest = values.numeric(second, env | {name: found}, 40)
            except (exact.Undefined, ZeroDivisionError):
                continue
            if abs(rest) > mpmath.mpf(10) ** -6:
                return True
    return False


def _root(node: Node, env: values.Env, name: str) -> Fraction | None:
    """A value of one name, near the point, at which the node is 0 to about 20 digits."""

    def gap(place: Any) -> Any:
        value: Any = values.numeric(node, env | {name: values.as_fraction(place)}, 30)
        return value

    start = values.as_fraction(env[name])
    with mpmath.workdps(30):
        try:
            found = mpmath.findroot(gap, (_float(start), _float(start) + 1), tol=1e-40, maxsteps=30)
        except (ValueError, ZeroDivisionError, TypeError, exact.Undefined, exact.TooLarge, Undecided):
            return None
        if mpmath.im(found) or abs(found) > 10**9:
            return None
        return values.as_fraction(mpmath.re(found))
