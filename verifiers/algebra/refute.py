"""What proves an equation with letters wrong. Every rule needs both a computed contradiction and words that show
that the equation is meant to follow from what stands beside it; where either is missing it stays undecided."""

from fractions import Fraction

from verifiers.algebra import numeric
from verifiers.algebra.compare import compare
from verifiers.algebra.knowledge import Equation, Knowledge, polynomial, unknowns
from verifiers.algebra.linear import reduced, share_root
from verifiers.algebra.numeric import middle
from verifiers.algebra.poly import Poly, degree
from verifiers.algebra.rewriting import REWRITING, has_decimals, is_near, restated, rewriting
from verifiers.algebra.statements import Statement
from verifiers.algebra.terms import Num, Op, Term, Var, calls, is_name, is_number, matches, substitute, variables, walk
from verifiers.decision import Decision
from verifiers.exact import show

_DEDUCING = REWRITING | frozenset(
    """rearrange rearranging dividing divide multiplying multiply subtracting subtract adding combining combine solving
    solve isolate isolating cancel canceling cancelling cross-multiplying collecting get gives yields obtain becomes so
    thus therefore hence have implies means""".split()
)
_REARRANGING = REWRITING | frozenset(
    """rearrange rearranging rearranged dividing divide multiplying multiply subtracting subtract adding combining
    combine implies""".split()
)
_ELSEWHERE = frozenset(
    """substitute substituting substitution plugging plug since because where when if using given let similarly also
    another other second next first original case cases from know recall consider want need must should with at
    formula definition condition equations not roots values possible check either""".split()
)
_LATE = 20  # equations looked back at


def refute(statement: Statement, link: int, known: Knowledge, left: Term, right: Term) -> Decision | None:
    """Invalid with evidence, or ``None``."""
    if _is_ambiguous(left, right, known):
        return None
    for rule in (
        rewriting,
        _function_value,
        _clashing_value,
        _wrong_value,
        _substitution,
        _revalued,
        _deduction,
        _rearranged,
        _solution,
        restated,
    ):
        found = rule(statement, link, known, left, right)
        if found is not None:
            return found
    return None


def _is_ambiguous(left: Term, right: Term, known: Knowledge) -> bool:
    """Whether ``4/3b`` stands in the equation or in a late one about the same letters: a third of ``4b``, or ``4/(3b)``."""
    letters = variables(left) | variables(right)
    about = (each for each in known.equations[-_LATE:] if letters & (variables(each.left) | variables(each.right)))
    terms = (left, right, *(side for each in about for side in (each.left, each.right)))
    return any(
        isinstance(part, Op)
        and part.name == "slash"
        and isinstance(part.args[1], Op)
        and part.args[1].name == "implicit"
        for term in terms
        for part in walk(term)
    )


def _function_value(statement: Statement, link: int, known: Knowledge, left: Term, right: Term) -> Decision | None:
    """``f(2) = 9`` where the one definition of ``f`` gives another number."""
    if not calls(left) or variables(left) or variables(right) or calls(right):
        return None
    if not all(_is_defined(known, name) for name in calls(left)):
        return None
    value = known.applied(left)
    if calls(value) or variables(value):
        return None
    gap = compare(value, right)
    if gap is None or gap.outcome == "same" or has_decimals(right):
        return None
    return Decision("invalid", "function_value", gap.says())


def _clashing_value(statement: Statement, link: int, known: Knowledge, left: Term, right: Term) -> Decision | None:
    """``P(-1) = 1`` where ``P(x) = (x - a)(x - b)`` and ``(a + 1)(b + 1) = 5`` was given."""
    if not calls(left) or calls(right) or variables(right) or statement.listed or has_decimals(right):
        return None
    if not all(_is_defined(known, name) for name in calls(left)):
        return None
    value = known.applied(left)
    poly = polynomial(value, right) if not calls(value) else None
    one: Poly = {(): Fraction(1)}
    if not poly or not variables(value) or not reduced([poly], one):
        return None
    for each in known.visible():
        plain = each.scope == 0 and not each.listed and not calls(each.left) | calls(each.right)
        if plain and each.poly and reduced([each.poly], one) and not reduced([each.poly, poly], one):
            return Decision("invalid", "contradicts", "by the definition this contradicts an equation stated before")
    return None


def _kept(left: Term, before: Term) -> bool:
    """Whether two parts with the letter stayed as they were."""
    a, b = polynomial(left, Num(Fraction(0))) or {}, polynomial(before, Num(Fraction(0))) or {}
    return sum(1 for monomial, factor in a.items() if monomial and b.get(monomial) == factor) >= 2


def _is_defined(known: Knowledge, name: str) -> bool:
    """Whether a formula in its parameter, under no supposition, defines the function."""
    return any(scope == 0 and variables(body) & set(of) for of, body, scope in known.functions.get(name, []))


def _wrong_value(statement: Statement, link: int, known: Knowledge, left: Term, right: Term) -> Decision | None:
    """``a + b = 4 + 7`` where ``a`` is 4 and ``b`` is known to be another number than 7."""
    bound: dict[str, Term] = {}
    if is_name(left) or _is_spoken(left) or variables(right) or not matches(left, right, bound) or len(bound) < 2:
        return None
    values = known.values()
    if not bound.keys() <= values.keys():
        return None
    gaps = {name: compare(values[name], given) for name, given in bound.items()}
    wrong = [name for name, gap in gaps.items() if gap is not None and gap.outcome == "differs"]
    if len(wrong) != 1 or any(gap is None for gap in gaps.values()):
        return None
    gap = gaps[wrong[0]]
    assert gap is not None
    return Decision("invalid", "wrong_value", f"{wrong[0]} is {show(gap.left)}, the step says {show(gap.right)}")


def _substitution(statement: Statement, link: int, known: Knowledge, left: Term, right: Term) -> Decision | None:
    """``y^2 - 1 = 2 + 3 - 1`` where the known value of ``y`` gives another number."""
    if is_name(left) or _is_spoken(left) or variables(right) or calls(right) or calls(left) or _is_written(right):
        return None
    if link == 0 and not matches(left, right, {}):
        return None  # perhaps an equation to be solved
    values = known.values()
    if not variables(left) or not variables(left) <= values.keys() or has_decimals(left, right, *values.values()):
        return None
    gap = compare(substitute(left, values), right)
    return None if gap is None or gap.outcome == "same" else Decision("invalid", "substituted", gap.says())


def _revalued(statement: Statement, link: int, known: Knowledge, left: Term, right: Term) -> Decision | None:
    """``A = 3 * 16`` and in the next line ``A = 45``."""
    if not known.equations or len(statement.relations) != 1 or variables(right) or calls(right) or statement.listed:
        return None
    premise = known.equations[-1]
    gap = set(statement.gap)
    if premise.statement is not known.last or len(premise.statement.relations) != 1 or premise.left != left:
        return None
    if _is_spoken(left) and premise.step != known.step:
        return None  # what is called remaining may be another thing in another step
    if variables(premise.right) or calls(premise.right) or _is_written(premise.right) or premise.scope != known.scope:
        return None
    if gap & _ELSEWHERE or not (gap & _DEDUCING or (not gap and _is_written(right))):
        return None
    found = compare(premise.right, right)
    if found is None or found.outcome == "same" or is_near(found, premise.right, right):
        return None
    return Decision("invalid", "revalued", found.says())


def _is_spoken(term: Term) -> bool:
    """Whether a quantity in it is named in words."""
    return any(name.startswith("text ") for name in variables(term))


def _is_written(term: Term) -> bool:
    """A written number or fraction."""
    while isinstance(term, Op) and term.name in ("neg", "percent", "deg"):
        term = term.args[0]
    return isinstance(term, Num) or (
        isinstance(term, Op) and term.name == "div" and all(isinstance(arg, Num) for arg in term.args)
    )


def _deduction(statement: Statement, link: int, known: Knowledge, left: Term, right: Term) -> Decision | None:
    """An equation in one letter that has no solution in common with the one it is deduced from, nor with any other."""
    if len(statement.relations) != 1 or not known.equations or statement.listed:
        return None
    premise = known.equations[-1]
    if premise.statement is not known.last or left == premise.left:
        return None
    if not statement.gap and right == premise.right == Num(Fraction(0)) and not _kept(left, premise.left):
        return None  # each factor set to zero
    free = variables(left) | variables(right)
    if len(free) != 1 or len(premise.statement.relations) != 1 or calls(left) | calls(right):
        return None
    gap = set(statement.gap)
    if gap & _ELSEWHERE or known.equations[-1].listed or (gap and not gap & _DEDUCING) or premise.scope != known.scope:
        return None
    (name,) = free
    about = [each for each in known.equations if variables(each.left) | variables(each.right) == free]
    if premise not in about or (_is_solved(premise.left, premise.right) and not _is_result(left, right, gap)):
        return None
    if any(
        isinstance(p, Num) and p.decimals for side in (left, right, premise.left, premise.right) for p in walk(side)
    ):
        return None
    if not all(_exclude(each, left, right, name) for each in about):
        return None
    return Decision("invalid", "contradicts", _says(premise, left, right, name))


def _says(premise: Equation, left: Term, right: Term, name: str) -> str:
    for one, other in (((left, right), premise), ((premise.left, premise.right), None)):
        if _is_solved(*one):
            a, b = (premise.left, premise.right) if other else (left, right)
            gap = compare(substitute(a, {name: one[1]}), substitute(b, {name: one[1]}))
            which = "the equation before" if other else "the step"
            if gap is not None:
                return f"with this {name} the sides of {which} are {show(gap.left)} and {show(gap.right)}"
    return f"no {name} satisfies both this and the equation before"


def _is_result(left: Term, right: Term, gap: set[str]) -> bool:
    """``x = 3, so 2x + 1 = 8``: a value is put in, no second equation is named."""
    return bool(gap & {"so", "thus", "therefore", "hence", "then", "gives"}) and is_number(right) and not is_name(left)


def _rearranged(statement: Statement, link: int, known: Knowledge, left: Term, right: Term) -> Decision | None:
    """A linear equation that is said to be the one before, rearranged, and is no combination of any said before."""
    if len(statement.relations) != 1 or not known.equations or statement.listed:
        return None
    premise = known.equations[-1]
    gap = set(statement.gap)
    if (
        premise.statement is not known.last
        or gap & _ELSEWHERE
        or not gap & _REARRANGING
        or premise.scope != known.scope
    ):
        return None
    poly = polynomial(left, right)
    free = unknowns(poly) if poly else frozenset()
    if poly is None or len(free) < 2 or free != unknowns(premise.poly) or len(premise.statement.relations) != 1:
        return None
    if not all(len(name) <= 4 for name in free) or has_decimals(left, right, premise.left, premise.right):
        return None
    rows = [each.poly for each in known.visible() if _is_linear(each.poly)]
    if not _is_linear(poly) or not _is_linear(premise.poly) or not reduced(rows, poly):
        return None
    return Decision("invalid", "not_implied", "the equation before has solutions that this one excludes")


def _solution(statement: Statement, link: int, known: Knowledge, left: Term, right: Term) -> Decision | None:
    """A value that a system of linear equations, stated just before, rules out."""
    if not _is_solved(left, right) or statement.listed or len(statement.relations) != 1:
        return None
    if not {"solving", "solve", "system"} & set(statement.gap) or {"substitute", "substituting"} & set(statement.gap):
        return None
    recent = max((each.step for each in known.equations), default=-1)
    rows = [each for each in known.visible() if each.step == recent and each.scope == known.scope]
    target = polynomial(left, right)
    if target is None or has_decimals(left, right) or any(has_decimals(each.left, each.right) for each in rows):
        return None
    rest = reduced([each.poly for each in rows if _is_linear(each.poly)], target)
    if set(rest) != {()} or not reduced([each.poly for each in rows], {(): Fraction(1)}):
        return None
    assert isinstance(left, Var)
    true = middle(numeric.evaluate(right, {})) + rest[()]
    return Decision("invalid", "contradicts", f"the equations before give {left.name} = {show(true)}")


def _is_linear(poly: Poly) -> bool:
    return all(degree(monomial) <= 1 for monomial in poly)


def _is_solved(left: Term, right: Term) -> bool:
    return isinstance(left, Var) and not variables(right)


def _exclude(known: Equation, left: Term, right: Term, name: str) -> bool:
    """Whether no value of the variable satisfies both equations."""
    if _is_solved(left, right):
        gap = compare(substitute(known.left, {name: right}), substitute(known.right, {name: right}))
        return gap is not None and gap.outcome == "differs"
    poly = polynomial(left, right)
    if poly is None or not unknowns(poly) == unknowns(known.poly) == {name}:
        return False
    return not share_root(poly, known.poly, name)
