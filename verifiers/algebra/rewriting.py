"""Rewritings: chains and formulas that turn an expression into another one, which must be equal to it everywhere."""

from verifiers.algebra import normal
from verifiers.algebra.compare import Gap, compare
from verifiers.algebra.knowledge import Equation, Knowledge, polynomial, unknowns
from verifiers.algebra.linear import proportional, share_root
from verifiers.algebra.poly import Poly, degree, mul
from verifiers.algebra.statements import Statement
from verifiers.algebra.terms import Num, Op, Term, Var, calls, is_name, substitute, variables, walk
from verifiers.decision import Decision
from verifiers.exact import TooLarge

REWRITING = frozenset(
    """expand expanding expands expanded simplify simplifying simplifies simplified factor factoring factors factored
    distribute distributing factorise factorize factorization rewrite rewriting rewritten""".split()
)
_RESTATING = REWRITING | frozenset("implies becomes".split())
_FILLING = frozenset(
    """we can be this equation the left right hand side sides left-hand right-hand as which it to further get gives so
    thus and both out terms like combine combining then that is into polynomial quadratic expression our becomes have
    now next""".split()
)
_JUSTIFYING = frozenset("since because given where when modulo".split())  # something else went in


def rewriting(statement: Statement, link: int, known: Knowledge, left: Term, right: Term) -> Decision | None:
    """A chain that rewrites an expression into one that differs wherever both have a value."""
    free = variables(left)
    if not _may_rewrite(statement, link, known, left, right):
        return None
    a, b = known.applied(left), known.applied(right)
    gap = compare(a, b)
    if gap is None or gap.outcome == "same" or is_near(gap, left, right):
        return None
    values = known.values()
    if free & values.keys():
        there = compare(substitute(a, values), substitute(b, values))
        if there is None or there.outcome == "same":
            return None
    poly = polynomial(a, b)
    if poly is None or not _alike(a, b) or _constrained(known, a, b, statement):
        return None
    if "i" in free:  # perhaps the imaginary unit
        plain = all(len(name) == 1 for name in unknowns(poly))
        return Decision("invalid", "not_identical", "the sides differ, with i^2 = -1, too") if plain else None
    return Decision("invalid", "not_identical", gap.says())


def claims_identity(statement: Statement, link: int, known: Knowledge) -> bool:
    """Whether the text can only mean that the two sides are equal for all values of their letters, none of which it has
    given a value or bound by an equation. Does not say whether they are."""
    left, right = statement.sides[link].term, statement.sides[link + 1].term
    if left is None or right is None or not _may_rewrite(statement, link, known, left, right):
        return False
    a, b = known.applied(left), known.applied(right)
    given = variables(left) & known.values().keys() or has_decimals(left, right) or "i" in variables(left)
    if given or polynomial(a, b) is None:
        return False
    try:
        return _alike(a, b) and not _constrained(known, a, b, statement)
    except TooLarge:
        return False


def _may_rewrite(statement: Statement, link: int, known: Knowledge, left: Term, right: Term) -> bool:
    free = variables(left)
    if not free or free != variables(right) or is_name(left) or is_name(right):
        return False
    justified = _JUSTIFYING & set(statement.before[:12] + statement.after[:3])
    return not justified and _rewrites(statement, link, known, left, free)


def restated(statement: Statement, link: int, known: Knowledge, left: Term, right: Term) -> Decision | None:
    """An equation that is said to be the one before in another form, and is not."""
    if len(statement.relations) != 1 or not known.equations or statement.listed or not _restates(statement, known):
        return None
    premise = known.equations[-1]
    poly = polynomial(left, right)
    if poly is None or unknowns(poly) != unknowns(premise.poly) or not unknowns(poly):
        return None
    if any(proportional(poly, each.poly) for each in known.equations) or not _is_plain(left, right, premise):
        return None
    ours, theirs = _bare(poly), _bare(premise.poly)
    if proportional(ours, theirs) or _degree(ours) != _degree(theirs) or _degree(ours) < 2:
        return None
    if has_decimals(left, right, premise.left, premise.right) or _bound(known, statement, premise, unknowns(poly)):
        return None
    return Decision("invalid", "not_equivalent", "the equation before is not a multiple of this one")


def _restates(statement: Statement, known: Knowledge) -> bool:
    """Whether the words between the two say so, and nothing else."""
    premise, gap = known.equations[-1], set(statement.gap)
    direct = premise.statement is known.last and len(premise.statement.relations) == 1 and premise.scope == known.scope
    return direct and not premise.listed and bool(gap & _RESTATING) and not gap - _RESTATING - _FILLING


def _is_plain(left: Term, right: Term, premise: Equation) -> bool:
    """Letters, sums, products and powers alone: no identity of sines and no denominator can have gone in."""
    parts = [part for side in (left, right, premise.left, premise.right) for part in walk(side)]
    known = frozenset("add sub mul implicit div slash neg pow sqrt".split())
    if any(isinstance(part, Op) and (part.name not in known or _is_fraction(part)) for part in parts):
        return False
    return Var("i") not in parts


def _is_fraction(part: Op) -> bool:
    inner = part.args[-1] if part.name in ("div", "slash", "pow", "sqrt") else None
    return inner is not None and bool(variables(inner))


def _bound(known: Knowledge, statement: Statement, premise: Equation, free: frozenset[str]) -> bool:
    """Whether an equation other than the premise says something of these letters."""
    others = (each for each in known.visible() if not proportional(each.poly, premise.poly))
    return any(unknowns(each.poly) & free and not _is_identity(known, each) for each in others)


def _bare(poly: Poly) -> Poly:
    """Without the letters that every monomial has as a factor."""
    least = {name: min(dict(monomial).get(name, 0) for monomial in poly) for name in unknowns(poly)}
    return {
        tuple((name, n - least.get(name, 0)) for name, n in monomial if n > least.get(name, 0)): factor
        for monomial, factor in poly.items()
    }


def _degree(poly: Poly) -> int:
    return max(map(degree, poly))


def _rewrites(statement: Statement, link: int, known: Knowledge, left: Term, free: frozenset[str]) -> bool:
    """Whether the words or the chain show that one expression is turned into another."""
    if set(statement.relations) != {"EQ"}:
        return False
    if link > 0:
        return True
    cue = bool(REWRITING & set(statement.gap[-8:]))
    if cue and any(_is_part(left, each) for each in known.equations[-4:]):
        return True
    simplified = known.equations and known.equations[-1].statement is known.last  # perhaps it is that equation
    if simplified and variables(known.equations[-1].left) | variables(known.equations[-1].right) >= free:
        return False
    return cue


def _is_part(term: Term, known: Equation) -> bool:
    """Whether the term is a proper part of a side, so that it cannot be the equation once more."""
    inside = any(part == term for side in (known.left, known.right) for part in walk(side))
    return inside and term not in (known.left, known.right)


def _alike(a: Term, b: Term) -> bool:
    """Whether some part stayed as it was over a common denominator: what a slip does and a condition need not."""
    p, q = normal.quotient(a), normal.quotient(b)
    ours, theirs = mul(p.upper, q.lower), mul(q.upper, p.lower)
    return any(theirs.get(monomial) == factor for monomial, factor in ours.items())


def _constrained(known: Knowledge, left: Term, right: Term, statement: Statement) -> bool:
    """Whether equations said before could make the two sides equal. A letter of its own frees an equation."""
    free = variables(left) | variables(right)
    poly = polynomial(left, right) or {}
    binding: list[Equation] = []
    for each in known.visible():
        its = variables(each.left) | variables(each.right)
        if not its & free or each.statement is statement or any(proportional(each.poly, b.poly) for b in binding):
            continue
        if is_name(each.left) and not (variables(each.left) & free):
            continue  # y = x^2 + 1 says nothing about x
        if _is_identity(known, each):
            continue
        if len(free) == 1 and unknowns(each.poly) == unknowns(poly) == free:
            if share_root(each.poly, poly, next(iter(free))):
                return True
            continue
        if its <= free and not calls(each.left) | calls(each.right):
            return True
        binding.append(each)
    others = {name for each in binding for name in unknowns(each.poly)} - free
    return len(binding) > len(others)


def _is_identity(known: Knowledge, each: Equation) -> bool:
    """Whether it holds for every value of its letters."""
    gap = compare(known.applied(each.left), known.applied(each.right))
    return gap is not None and gap.outcome == "same"


def is_near(gap: Gap, *sides: Term) -> bool:
    """Whether decimals went in and the gap is no larger than their rounding may be."""
    return has_decimals(*sides) and abs(gap.left - gap.right) * 100 <= abs(gap.left)


def has_decimals(*sides: Term) -> bool:
    return any(isinstance(part, Num) and part.decimals for side in sides for part in walk(side))
