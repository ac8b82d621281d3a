"""Linear algebra over the rationals on polynomials: each monomial is an unknown of its own. And one-letter divisors."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from verifiers.algebra.poly import Monomial, Poly, degree

_Pivots = list[tuple[Monomial, Mapping[Monomial, Fraction]]]


def reduced(rows: Sequence[Poly], target: Poly) -> Poly:
    """What is left of ``target`` after elimination with ``rows``: empty where it is a combination of them."""
    pivots: _Pivots = []
    for row in rows:
        rest = _eliminate(row, pivots)
        if rest:
            pivots.append((max(rest, key=_order), rest))
    return _eliminate(target, pivots)


def proportional(a: Poly, b: Poly) -> bool:
    """Whether one is a number times the other."""
    if not a or a.keys() != b.keys():
        return False
    first = next(iter(a))
    ratio = a[first] / b[first]
    return all(factor == ratio * b[monomial] for monomial, factor in a.items())


def share_root(a: Poly, b: Poly, name: str) -> bool:
    """Whether two polynomials in one variable have a common complex root."""
    p, q = _dense(a, name), _dense(b, name)
    while q:
        p, q = q, _remainder(p, q)
    return len(p) > 1


def _order(monomial: Monomial) -> tuple[int, Monomial]:
    return (degree(monomial), monomial)


def _eliminate(row: Poly, pivots: _Pivots) -> dict[Monomial, Fraction]:
    rest = dict(row)
    for pivot, other in pivots:
        ratio = rest.get(pivot, Fraction(0)) / other[pivot]
        for monomial, each in other.items() if ratio else ():
            total = rest.get(monomial, Fraction(0)) - ratio * each
            if total:
                rest[monomial] = total
            else:
                rest.pop(monomial, None)
    return rest


def _dense(poly: Poly, name: str) -> list[Fraction]:
    """The coefficients, constant first."""
    powers = {dict(monomial).get(name, 0): factor for monomial, factor in poly.items()}
    return [powers.get(n, Fraction(0)) for n in range(max(powers, default=-1) + 1)]


def _remainder(p: list[Fraction], q: list[Fraction]) -> list[Fraction]:
    p = list(p)
    while len(p) >= len(q):
        ratio = p[-1] / q[-1]
        shift = len(p) - len(q)
        for i, each in enumerate(q):
            p[i + shift] -= ratio * each
        p.pop()
    while p and p[-1] == 0:
        p.pop()
    return p
