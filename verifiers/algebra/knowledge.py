"""What the problem and the steps so far have said: values, functions and equations, each under its supposition."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from verifiers.algebra import normal
from verifiers.algebra.linear import proportional
from verifiers.algebra.poly import ROOT, Poly
from verifiers.algebra.poly import names as poly_names
from verifiers.algebra.statements import Statement
from verifiers.algebra.terms import Op, Term, Var, calls, is_name, matches, names, size, substitute, variables
from verifiers.exact import NotRational, TooLarge, Undefined

MAX_EQUATIONS = 400
MAX_SIZE = 200
_LEADING = frozenset(
    """factoring factor rewriting rewrite distributing adding subtracting multiplying dividing
    combine combining like terms and factor out the common simplify simplifying simplifies further this to expand
    expanding we get so thus which is equals have then now again
    expression expressions inside brackets parentheses numerator denominator evaluate evaluating
    calculate calculating compute""".split()
)
_GOING_ON = _LEADING | frozenset(
    """that becomes equation side sides left right hand left-hand right-hand gives or also both it means yields
    reduces""".split()
)
SUPPOSING = frozenset(
    """if suppose supposing assume assuming case cases when consider try trying otherwise say unless whether either
    hypothetically guess test testing check checking option""".split()
)


@dataclass(frozen=True, slots=True)
class Equation:
    """``left = right``, asserted in step ``step`` (-1: the problem) under supposition ``scope`` (0: none)."""

    left: Term
    right: Term
    poly: Poly
    step: int
    scope: int
    listed: bool
    statement: Statement


@dataclass(slots=True)
class Knowledge:
    """Grows statement by statement, in the order of the text."""

    equations: list[Equation] = field(default_factory=list)
    functions: dict[str, list[tuple[tuple[str, ...], Term, int]]] = field(default_factory=dict)
    last: Statement | None = None
    scope: int = 0
    scopes: int = 0
    step: int = -1  # the one that is being read
    testing: bool = False  # a value was put into an equation said before, and no other thought has begun since
    _values: tuple[tuple[int, int], dict[str, Term]] | None = None

    def copy(self) -> "Knowledge":
        """An independent one that knows the same."""
        functions = {name: list(many) for name, many in self.functions.items()}
        return replace(self, equations=list(self.equations), functions=functions, _values=None)

    def enter(self, statement: Statement) -> None:
        """Opens a scope of its own where the words before the statement suppose something."""
        if SUPPOSING & set(statement.before) or SUPPOSING & set(statement.gap):
            self.scopes += 1
            self.scope = self.scopes
        self.testing = self.tests(statement) or (self.testing and not set(statement.gap) - _GOING_ON)

    def tests(self, statement: Statement) -> bool:
        """Whether it is an equation said before with a value put in: it may fail."""
        left, right = statement.sides[0].term, statement.sides[1].term
        if left is None or right is None or variables(left) | variables(right):
            return False
        for each in reversed(self.equations):
            bound: dict[str, Term] = {}
            if matches(each.left, left, bound) and matches(each.right, right, bound) and bound:
                return True
        return False

    def continued(self, statement: Statement) -> Statement:
        """The statement, with the last side before in front where it begins with its relation: ``= 3(x + 1)``."""
        if not statement.opened or self.last is None or set(statement.gap) - _LEADING or not statement.math:
            return statement
        before = replace(statement.sides[0], term=self.last.sides[-1].term)
        return replace(statement, sides=(before, *statement.sides[1:]))

    def learn(self, statement: Statement, step: int) -> None:
        """Takes what the statement says; what it only asks is left out."""
        self.last = statement
        if statement.asked or "not" in statement.before[:4] or len(self.equations) > MAX_EQUATIONS:
            return
        for i, relation in enumerate(statement.relations):
            left, right = statement.sides[i].term, statement.sides[i + 1].term
            if relation == "EQ" and left is not None and right is not None and statement.modulus is None:
                for a, b in _pairs(left, right):
                    self._assert(a, b, step, statement)
        first = statement.sides[0].term
        for side in statement.sides[2:]:
            if first is not None and is_name(first) and side.term is not None and set(statement.relations) == {"EQ"}:
                self._assert(first, side.term, step, statement)

    def _assert(self, left: Term, right: Term, step: int, statement: Statement) -> None:
        if isinstance(left, Op) and left.name.startswith("call:") and all(isinstance(arg, Var) for arg in left.args):
            parameters = tuple(arg.name for arg in left.args if isinstance(arg, Var))
            if left.name not in calls(right):
                self.functions.setdefault(left.name, []).append((parameters, right, self.scope))
        poly = polynomial(left, right)
        if poly:
            self.equations.append(Equation(left, right, poly, step, self.scope, statement.listed, statement))

    def visible(self) -> Iterator[Equation]:
        """The equations under no supposition or the present one, latest first."""
        return (each for each in reversed(self.equations) if each.scope in (0, self.scope))

    def values(self) -> dict[str, Term]:
        """The variables that have one value only, however often it is given."""
        state = (len(self.equations), self.scope)
        if self._values is None or self._values[0] != state:
            self._values = (state, self._single_values())
        return self._values[1]

    def _single_values(self) -> dict[str, Term]:
        found: dict[str, list[Equation]] = {}
        for each in self.visible():
            if isinstance(each.left, Var) and not variables(each.right) and not calls(each.right):
                found.setdefault(each.left.name, []).append(each)
        return {
            name: many[0].right
            for name, many in found.items()
            if all(proportional(many[0].poly, each.poly) for each in many) and not any(each.listed for each in many)
        }

    def applied(self, term: Term) -> Term:
        """The term with calls of functions that have one definition replaced by their bodies."""
        for _ in range(3):
            if not calls(term):
                break
            term = self._applied(term)
        return term

    def _applied(self, term: Term) -> Term:
        if not isinstance(term, Op):
            return term
        args = tuple(self._applied(arg) for arg in term.args)
        bodies = self.functions.get(term.name, [])
        if bodies and size(term) < MAX_SIZE:
            parameters, body, _ = bodies[0]
            if len(parameters) == len(args) and all(_alike(bodies[0], other) for other in bodies[1:]):
                made = substitute(body, dict(zip(parameters, args, strict=True)))
                return made if size(made) < 2 * MAX_SIZE else term
        return Op(term.name, args)


@lru_cache(maxsize=2048)
def polynomial(left: Term, right: Term) -> Poly | None:
    """The normal form of ``left - right``, ``None`` where there is none."""
    if size(left) + size(right) > MAX_SIZE:
        return None
    try:
        return normal.difference(left, right)
    except (TooLarge, Undefined, NotRational):
        return None


def unknowns(poly: Poly) -> frozenset[str]:
    """Its variables and atoms that are no known numbers."""
    return frozenset(name for name in poly_names(poly) if not name.startswith(ROOT))


def _alike(one: tuple[tuple[str, ...], Term, int], other: tuple[tuple[str, ...], Term, int]) -> bool:
    if len(one[0]) != len(other[0]):
        return False
    renamed = substitute(other[1], {b: Var(a) for a, b in zip(one[0], other[0], strict=True)})
    gap = polynomial(one[1], renamed)
    return gap is not None and not gap


def _pairs(left: Term, right: Term) -> Sequence[tuple[Term, Term]]:
    """The equations that an equation between terms or tuples says."""
    if isinstance(left, Op) and isinstance(right, Op) and left.name == right.name == "tuple":
        return list(zip(left.args, right.args, strict=True)) if len(left.args) == len(right.args) else []
    if {"tuple", "pm", "mp"} & (names(left) | names(right)):
        return []
    return [(left, right)]
