"""Decides one link of a chain in the light of what is known."""

import itertools
import math
from fractions import Fraction

from verifiers import words
from verifiers.algebra import numeric
from verifiers.algebra.calculus import calculus
from verifiers.algebra.compare import Gap, compare, signs
from verifiers.algebra.doubts import doubts
from verifiers.algebra.inequality import inequality
from verifiers.algebra.knowledge import Knowledge, polynomial, unknowns
from verifiers.algebra.linear import proportional, reduced
from verifiers.algebra.matrices import matrices
from verifiers.algebra.poly import Poly, mul
from verifiers.algebra.refute import refute
from verifiers.algebra.rewriting import has_decimals
from verifiers.algebra.statements import Statement
from verifiers.algebra.terms import (
    Num,
    Op,
    Term,
    Var,
    calls,
    literal,
    names,
    substitute,
    variables,
    walk,
)
from verifiers.decision import Decision
from verifiers.exact import NotRational, TooLarge, Undefined, show

_PLAIN = frozenset("add sub mul implicit div slash neg percent pow sqrt fact".split())
_ROUGH = Fraction(1, 100)
_FAR = Fraction(5, 100)
_UNITS = 5  # of the last decimal written: what "about" allows beside ``_ROUGH``


def decide(statement: Statement, link: int, known: Knowledge) -> Decision:
    """Valid, invalid or unknown with a reason. Raises nothing; what it computes is bounded beforehand."""
    left, right = statement.sides[link].term, statement.sides[link + 1].term
    relation = statement.relations[link]
    if left is None or right is None:
        return Decision("unknown", "unparsed")
    if statement.modulus is not None or relation == "EQUIV":
        return _congruent(left, right, statement.modulus)
    if relation == "EQ" or relation == "APPROX":
        return _equal(statement, link, known, left, right)
    return inequality(statement, link, known, left, right)


def _congruent(left: Term, right: Term, modulus: Term | None) -> Decision:
    if modulus is None:
        return Decision("unknown", "unparsed")
    try:
        m, a, b = (numeric.evaluate(each, {}) for each in (modulus, left, right))
    except (TooLarge, Undefined, NotRational):
        return _congruent_powers(left, right, modulus)
    if not all(isinstance(each, Fraction) for each in (m, a, b)) or m.denominator != 1 or m <= 0:
        return Decision("unknown", "undefined")
    if math.gcd(a.denominator * b.denominator, int(m)) != 1:
        return Decision("unknown", "undefined")  # an inverse that does not exist
    ours, theirs = (x.numerator * pow(x.denominator, -1, int(m)) % int(m) for x in (a, b))
    says = f"the left side leaves {ours}, the right {theirs} on division by {show(m)}"
    return Decision("valid" if ours == theirs else "invalid", "modular", says)


def _congruent_powers(left: Term, right: Term, modulus: Term) -> Decision:
    poly = polynomial(left, right)
    if poly is None or not isinstance(modulus, Num) or modulus.value <= 0:
        return Decision("unknown", "open")
    letters = all(name.isalpha() and len(name) == 1 for name in unknowns(poly))
    if letters and all((factor / modulus.value).denominator == 1 for factor in poly.values()):
        return Decision("valid", "modular")
    return Decision("unknown", "open")


def _equal(statement: Statement, link: int, known: Knowledge, left: Term, right: Term) -> Decision:
    if {"tuple"} & (names(left) | names(right)):
        return _tuples(statement, link, known, left, right)
    if {"pm", "mp"} & (names(left) | names(right)):
        return _plus_minus(statement, link, left, right)
    found = matrices(statement, link, known, left, right) or calculus(statement, link, known, left, right)
    if found is not None:
        return found
    gap = compare(left, right)
    if gap is not None and gap.outcome == "same":
        return Decision(
            "valid", "identity" if variables(left) else "exact", gap.says() if not variables(left) else None
        )
    if not variables(left) | variables(right) and not calls(left) | calls(right):
        return _numbers(statement, link, known, left, right, gap)
    return _in_context(statement, link, known, left, right, gap)


def _tuples(statement: Statement, link: int, known: Knowledge, left: Term, right: Term) -> Decision:
    if not (isinstance(left, Op) and isinstance(right, Op) and left.name == right.name == "tuple"):
        return Decision("unknown", "open")
    if len(left.args) != len(right.args):
        return Decision("unknown", "open")
    parts = [_equal(statement, link, known, a, b) for a, b in zip(left.args, right.args, strict=True)]
    for part in parts:
        if part.outcome != "valid":
            return part if part.outcome == "unknown" else Decision("unknown", "open")
    return parts[0]


def _plus_minus(statement: Statement, link: int, left: Term, right: Term) -> Decision:
    """Equal as sets of two values; refuted where two pairs of numbers differ in either order."""
    ours, theirs = signs(left), signs(right)
    gaps = [[compare(a, b) for a, b in zip(ours, order, strict=True)] for order in (theirs, theirs[::-1])]
    if any(all(gap is not None and gap.outcome == "same" for gap in order) for order in gaps):
        return Decision("valid", "identity")
    known = not variables(left) | variables(right) and not has_decimals(left, right)
    once = all(
        sum(isinstance(part, Op) and part.name in ("pm", "mp") for part in walk(side)) == 1 for side in (left, right)
    )
    worst = [next((gap for gap in order if gap is not None and gap.outcome == "differs"), None) for order in gaps]
    if not known or not once or worst[0] is None or worst[1] is None or statement.relations[link] != "EQ":
        return Decision("unknown", "open")
    doubt = doubts(statement, link) or ("rounded?" if is_rough(statement) else None)
    return Decision("unknown" if doubt else "invalid", doubt or "refuted", worst[0].says())


def _numbers(statement: Statement, link: int, known: Knowledge, left: Term, right: Term, gap: Gap | None) -> Decision:
    if gap is None:
        return Decision("unknown", "undefined")
    off = abs(gap.left - gap.right)
    relative = off / abs(gap.left) if gap.left else off
    approx = statement.relations[link] == "APPROX" or is_rough(statement)
    for side in (right, left):
        written = literal(side)
        if written is None:
            continue
        unit = Fraction(1, 10**written.decimals) * (Fraction(1, 100) if "percent" in names(side) else 1)
        if (written.decimals or approx) and off <= unit / 2:
            return Decision("valid", "rounded", gap.says())
        if off < unit:
            return Decision("unknown", "rounded?", gap.says())
    if approx:
        written = literal(right)
        fine = written is not None and written.decimals > 0 and off > Fraction(_UNITS, 10**written.decimals)
        if relative <= _ROUGH and not fine:
            return Decision("valid", "rounded", gap.says())
        if relative <= _FAR:
            return Decision("unknown", "rounded?", gap.says())
    if relative <= _ROUGH and any(isinstance(p, Num) and p.decimals for s in (left, right) for p in walk(s)):
        return Decision("unknown", "rounded?", gap.says())
    grouped = all(side.grouped for side in statement.sides[link : link + 2])
    if numeric.ARCS & (names(left) | names(right)):
        return Decision("unknown", "undefined", gap.says())  # perhaps another branch is meant
    if _is_column(left, right):
        return Decision("unknown", "undefined", gap.says())
    plain = is_plain(left) and is_plain(right) and not grouped
    doubt = doubts(statement, link) or ("arithmetic" if plain else "test" if known.testing else None)
    return Decision("unknown", doubt, gap.says()) if doubt else Decision("invalid", "refuted", gap.says())


def is_rough(statement: Statement) -> bool:
    """Whether words of rounding stand beside it."""
    return bool(words.ROUNDING & set(statement.before + statement.after))


def _is_column(left: Term, right: Term) -> bool:
    """Single digits in a base, as in a column of a written sum: what is carried is not said."""
    numerals = [
        part.args for side in (left, right) for part in walk(side) if isinstance(part, Op) and part.name == "base"
    ]
    return bool(numerals) and all(
        isinstance(digits, Num) and digits.value < 10 and base != Num(Fraction(10)) for digits, base in numerals
    )


def is_plain(term: Term) -> bool:
    """Numbers and the four operations: the arithmetic reader knows more about the prose around those."""
    return names(term) <= _PLAIN


def _in_context(
    statement: Statement, link: int, known: Knowledge, left: Term, right: Term, gap: Gap | None
) -> Decision:
    poly = polynomial(left, right)
    if poly is None:
        return _substituted(known, left, right)
    if any(proportional(poly, each.poly) for each in known.visible()):
        return Decision("valid", "given")
    found = _substituted(known, left, right)
    if found.outcome == "valid":
        return found
    return _follows(known, left, right, poly) or _refuted(statement, link, known, left, right) or found


def _refuted(statement: Statement, link: int, known: Knowledge, left: Term, right: Term) -> Decision | None:
    found = refute(statement, link, known, left, right)
    doubt = doubts(statement, link) if found else None
    return Decision("unknown", doubt, found.evidence) if found and doubt else found


def _substituted(known: Knowledge, left: Term, right: Term) -> Decision:
    a, b = known.applied(left), known.applied(right)
    for _ in range(3):
        values = known.values()
        a, b = known.applied(substitute(a, values)), known.applied(substitute(b, values))
    if (a, b) != (left, right):
        gap = compare(a, b)
        if gap is not None and gap.outcome == "same":
            return Decision("valid", "follows", gap.says() if not variables(a) else None)
    return Decision("unknown", "open")


def _follows(known: Knowledge, left: Term, right: Term, poly: Poly) -> Decision | None:
    """Whether the equation is a combination of equations before, or a value that solves one of them."""
    values = known.values()
    if isinstance(left, Var) and left.name in values:
        values = {name: value for name, value in values.items() if name != left.name}
    target = polynomial(substitute(left, values), substitute(right, values))
    if target is None:
        return None
    rows: list[Poly] = []
    for each in known.visible():
        row = each.poly
        if each.step != known.step and any(name.startswith("text ") for name in unknowns(row)):
            continue  # the new area may be another one there
        if any(name in values for name in unknowns(row)):
            row = polynomial(substitute(each.left, values), substitute(each.right, values)) or {}
        if row and len(row) <= 12:
            rows.append(row)
        if len(rows) >= 24:
            break
    if target and _is_combination(rows, target):
        return Decision("valid", "follows")
    if isinstance(left, Var) and not variables(right) and not calls(right) and _solves(known, left, right):
        return Decision("valid", "solves")
    return None


def _is_combination(rows: list[Poly], target: Poly) -> bool:
    """Whether the target is a sum of multiples of consistent rows, the factors being numbers or single letters."""
    one: Poly = {(): Fraction(1)}
    if not reduced(rows, one):
        return False  # what contradicts itself implies anything
    if not reduced(rows, target):
        return True
    letters = sorted(unknowns(target))[:6]
    near = [row for row in rows if unknowns(row) <= set(letters) and len(row) <= 4][:6]
    try:
        times = [mul(row, {((name, 1),): Fraction(1)}) for row in near for name in letters]
    except TooLarge:
        return False
    return bool(times) and not reduced([*rows, *times], target) and bool(reduced([*rows, *times], one))


def _solves(known: Knowledge, left: Var, right: Term) -> bool:
    """Whether the value satisfies an equation in this letter alone that stood before."""
    about = (each for each in known.visible() if variables(each.left) | variables(each.right) == {left.name})
    for each in itertools.islice((each for each in about if each.left != left and each.right != left), 6):
        gap = compare(substitute(each.left, {left.name: right}), substitute(each.right, {left.name: right}))
        if gap is not None and gap.outcome == "same":
            return True
    return False
