"""Links of the algebra reader as statements: identities for all letters, values put in, solutions, congruences."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import islice

from verifiers import algebra, arithmetic
from verifiers.algebra import compare, doubts, inequality, rewriting
from verifiers.algebra.decide import is_plain, is_rough
from verifiers.algebra.knowledge import Knowledge
from verifiers.algebra.terms import Term, Var, calls, literal, names, substitute, variables
from verifiers.lean.statement_numbers import Gap, Read, either, far, numbers
from verifiers.lean.statement_terms import Builder, Unstatable, divides, number, value
from verifiers.lean.statements import And, Bin, Comparison, Exists, Expr, ForAll, Prop, Rel

MAX_SOLVED = 4  # equations before that a value may solve
MAX_GIVEN = 8  # equations before that another may be a multiple of
_POINTS = [
    tuple(Fraction(upper, 7) for upper in uppers)
    for uppers in ((10, 3, 17, 5, 24, 29, 13, 31), (9, 2, 15, 5, 3, 8, 16, 4))
]
_SIGNS: dict[str, tuple[Comparison, bool]] = {
    "EQ": ("=", False),
    "LT": ("<", False),
    "GT": ("<", True),
    "LE": ("≤", False),
    "GE": ("≤", True),
    "NE": ("≠", False),
}
_NOT: dict[Comparison, tuple[Comparison, bool]] = {
    "=": ("≠", False),
    "≠": ("=", False),
    "<": ("≤", True),
    "≤": ("<", True),
}


def of_link(link: algebra.Link) -> Read:
    """A link of a chain. Raises ``Unstatable``."""
    left, right = link.sides
    relation = link.statement.relations[link.at]
    if left is None or right is None:
        raise Unstatable("unparsed")
    if link.statement.modulus is not None or relation == "EQUIV":
        return _congruence(link, left, right)
    if relation not in ("EQ", "APPROX"):
        return _inequality(link, left, right)
    if not _is_open(left, right):
        return _number_link(link, left, right)
    if relation == "APPROX":
        raise Unstatable("unsupported")
    return _letters(link, left, right)


def _is_open(*sides: Term) -> bool:
    return any(variables(side) or calls(side) for side in sides)


def _number_link(link: algebra.Link, left: Term, right: Term) -> Read:
    statement, known = link.statement, link.known
    builder = Builder()
    gaps = [gap for a, b in _fair(left, right) for gap in _gaps(builder, a, b)]
    approx = statement.relations[link.at] == "APPROX" or is_rough(statement)
    rounded = Fraction(1, 100) if rewriting.has_decimals(left, right) else Fraction(0)
    fails = far(gaps, arithmetic.APPROX_REFUTED if approx else rounded)
    grouped = all(side.grouped for side in statement.sides[link.at : link.at + 2])
    plain = is_plain(left) and is_plain(right) and not grouped  # the arithmetic reader knows more about these
    doubt = doubts.doubts(statement, link.at) or ("arithmetic" if plain else "test" if known.testing else None)
    return numbers(builder, gaps, approx, None if doubt else fails, doubt)


def _gaps(builder: Builder, left: Term, right: Term) -> Iterator[Gap]:
    """Both sides against each other, for each that is a number as written; for the pair itself where none is."""
    a, b = builder.side(left), builder.side(right)
    none = True
    for one, other, term in ((a, b, right), (b, a, left)):
        written = literal(term)
        if written is not None:
            digits = written.decimals + 2 * ("percent" in names(term))
            yield Gap(one, other, Fraction(1, 10**digits), digits > 0, "neg" in names(term))
            none = False
    if none:
        yield Gap(a, b, None)


def _fair(left: Term, right: Term) -> Iterator[tuple[Term, Term]]:
    """What the sides may mean, without degrees."""
    return (pair for radians, pair in compare.readings(left, right) if not radians)


def _congruence(link: algebra.Link, left: Term, right: Term) -> Read:
    builder = Builder()
    if link.statement.modulus is None:
        raise Unstatable("unparsed")
    made = divides(*(builder.side(each) for each in (link.statement.modulus, left, right)))
    doubt = doubts.doubts(link.statement, link.at)
    return Read((made,), None if doubt else replace(made, denied=True), doubt or "not_proved")


def _inequality(link: algebra.Link, left: Term, right: Term) -> Read:
    """Refuted only between numbers; with letters it may hold for all, or for the values said before."""
    sign, turned = _SIGNS[link.statement.relations[link.at]]
    if any(side.doubt for side in link.statement.sides[link.at : link.at + 2]):
        raise Unstatable("units")
    if _is_open(left, right):
        pairs = [_put_in(link.known, left, right)]
        if sign == "≠" and _is_open(*pairs[0]):
            raise Unstatable("inequality")
        return Read(_all_that_hold(pairs, sign, turned), None, "inequality")
    builder = Builder()
    sides = [(builder.side(a), builder.side(b)) for a, b in _fair(left, right)]
    given = tuple(builder.conditions)
    doubt = inequality.why_doubted(link.statement, link.at, link.known)
    doubt = doubt or ("rounded?" if rewriting.has_decimals(left, right) else None)
    fails = And((*given, *(_related(*_NOT[sign], *_turned(turned, *pair)) for pair in sides)))
    holds = And((*given, either([_related(sign, turned, *pair) for pair in sides[:1]])))
    return Read((holds,), None if doubt else fails, doubt or "not_proved")


def _related(sign: Comparison, turned: bool, left: Expr, right: Expr) -> Rel:
    return Rel(sign, *_turned(turned, left, right))


def _turned(turned: bool, left: Expr, right: Expr) -> tuple[Expr, Expr]:
    return (right, left) if turned else (left, right)


def _letters(link: algebra.Link, left: Term, right: Term) -> Read:
    """An equation with letters: for all values, with the values that were said before, as a multiple of an equation
    before or as a solution of one. Refuted where it can only be meant for all values."""
    statement, known = link.statement, link.known
    pairs = list(_fair(left, right))
    put_in = _put_in(known, left, right)
    if put_in != (left, right) and put_in[0] != put_in[1]:
        pairs.append(put_in)
    holds = _all_that_hold(pairs, "=", False) + _multiple(known, left, right)
    if isinstance(left, Var) and not _is_open(right):
        holds += _solution(known, left, right)
    doubt = doubts.doubts(statement, link.at) or (
        None if rewriting.claims_identity(statement, link.at, known) else "open"
    )
    fails = (
        None if doubt or "slash" in names(left) | names(right) else _differs(known.applied(left), known.applied(right))
    )
    return Read(holds, fails, doubt or "not_proved")


def _put_in(known: Knowledge, left: Term, right: Term) -> tuple[Term, Term]:
    """The sides with definitions of functions and the values said before put in."""
    a, b = known.applied(left), known.applied(right)
    for _ in range(3):
        values = known.values()
        a, b = known.applied(substitute(a, values)), known.applied(substitute(b, values))
    return a, b


def _all_that_hold(pairs: Sequence[tuple[Term, Term]], sign: Comparison, turned: bool) -> tuple[Prop, ...]:
    """One statement for each pair that has one and may hold. Raises ``Unstatable`` where no pair has one."""
    found: list[Prop] = []
    failures: list[Unstatable] = []
    for left, right in pairs:
        builder = Builder()
        try:
            claim = _related(sign, turned, builder.side(left), builder.side(right))
        except Unstatable as error:
            failures.append(error)
            continue
        given = tuple(builder.conditions)
        if not builder.letters:
            found.append(And((*given, claim)))
        elif _may_hold(claim):
            found.append(ForAll(len(builder.letters), given, claim))
    if len(failures) == len(pairs):
        raise failures[0] if failures else Unstatable("open")
    return tuple(found)


def _may_hold(claim: Rel) -> bool:
    """Whether it holds at two points, as far as it has a value there: what does not is not worth asking."""
    for point in _POINTS:
        try:
            gap = value(claim.left, point) - value(claim.right, point)
        except Unstatable:
            continue
        if gap > 0 or (gap < 0 and claim.sign == "=") or (gap == 0 and claim.sign == "<"):
            return False
    return True


def _multiple(known: Knowledge, left: Term, right: Term) -> tuple[Prop, ...]:
    """That its difference is a multiple of that of an equation before: one follows from the other, whatever holds. The
    factor is found at one point and has to be the same at another."""
    free = variables(left) | variables(right)
    about = (each for each in known.visible() if variables(each.left) | variables(each.right) == free)
    for each in islice((each for each in about if (each.left, each.right) != (left, right)), MAX_GIVEN):
        builder = Builder()
        try:
            ours = Bin("-", builder.side(left), builder.side(right))
            theirs = Bin("-", builder.side(each.left), builder.side(each.right))
            factors = {value(ours, point) / value(theirs, point) for point in _POINTS}
            if len(factors) == 1 and all(factors):
                made = Rel("=", ours, Bin("*", number(factors.pop()), theirs))
                return (ForAll(len(builder.letters), tuple(builder.conditions), made),)
        except (Unstatable, ZeroDivisionError):
            continue
    return ()


def _solution(known: Knowledge, letter: Var, said: Term) -> tuple[Prop, ...]:
    """That what is said solves an equation in this letter alone that stood before."""
    about = (each for each in known.visible() if variables(each.left) | variables(each.right) == {letter.name})
    found = islice((each for each in about if letter not in (each.left, each.right)), MAX_SOLVED)
    pairs = [tuple(substitute(side, {letter.name: said}) for side in (each.left, each.right)) for each in found]
    try:
        return _all_that_hold([(a, b) for a, b in pairs], "=", False)
    except Unstatable:
        return ()


def _differs(left: Term, right: Term) -> Prop | None:
    builder = Builder()
    try:
        apart = [Rel("≠", builder.side(a), builder.side(b)) for a, b in _fair(left, right)]
    except Unstatable:
        return None
    return Exists(len(builder.letters), And((*builder.conditions, *apart))) if builder.letters else None
