"""Rewritings: chains and formulas that turn an expression into another one, which must be equal to it everywhere."""

from verifiers.algebra import normal
from verifiers.algebra.compare import Gap, compare
from verifiers.algebra.knowledge import Equation, Knowledge, polynomial, unknowns
from verifiers.algebra.linear import proportional, share_root
from verifiers.algebra.poly import mul
from verifiers.algebra.statements import Statement
from verifiers.algebra.terms import Num, Term, calls, is_name, substitute, variables, walk
from verifiers.decision import Decision

REWRITING = frozenset(
    """expand expanding expands expanded simplify simplifying simplifies simplified factor factoring factors factored
    distribute distributing factorise factorize factorization rewrite rewriting rewritten""".split()
)
_JUSTIFYING = frozenset("since because given where when modulo".split())  # something else went in


def rewriting(statement: Statement, link: int, known: Knowledge, left: Term, right: Term) -> Decision | None:
    """A chain that rewrites an expression into one that differs wherever both have a value."""
    free = variables(left)
    if not free or free != variables(right) or is_name(left) or is_name(right):
        return None
    if not _rewrites(statement, link, known, left, free):
        return None
    a, b = known.applied(left), known.applied(right)
    gap = compare(a, b)
    if gap is None or gap.outcome == "same":
        return None
    poly = polynomial(a, b)
    if is_near(gap, left, right) or _JUSTIFYING & set(statement.before[:12] + statement.after[:3]):
        return None
    values = known.values()
    if free & values.keys():
        there = compare(substitute(a, values), substitute(b, values))
        if there is None or there.outcome == "same":
            return None
    if poly is None or not _alike(a, b) or _constrained(known, a, b, statement):
        return None
    if "i" in free:  # perhaps the imaginary unit
        plain = all(len(name) == 1 for name in unknowns(poly))
        return Decision("invalid", "not_identical", "the sides differ, with i^2 = -1, too") if plain else None
    return Decision("invalid", "not_identical", gap.says())


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
        if len(free) == 1 and unknowns(each.poly) == unknowns(poly) == free:
            if share_root(each.poly, poly, next(iter(free))):
                return True
            continue
        if its <= free and not calls(each.left) | calls(each.right):
            return True
        binding.append(each)
    others = {name for each in binding for name in unknowns(each.poly)} - free
    return len(binding) > len(others)


def is_near(gap: Gap, *sides: Term) -> bool:
    """Whether decimals went in and the gap is no larger than their rounding may be."""
    return has_decimals(*sides) and abs(gap.left - gap.right) * 100 <= abs(gap.left)


def has_decimals(*sides: Term) -> bool:
    return any(isinstance(part, Num) and part.decimals for side in sides for part in walk(side))
