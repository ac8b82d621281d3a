"""Integer facts that claims in words state: primes, multiples, squares. Exact, of bounded size."""

import math
from collections.abc import Callable
from fractions import Fraction

from verifiers.exact import Undefined, integer, integer_root

MAX_PRIME = 10**12  # trial division stays below a tenth of a second

Test = Callable[[Fraction, Fraction], bool]


def _is_prime(number: Fraction, _: Fraction) -> bool:
    n = integer(number)
    if n > MAX_PRIME:
        raise Undefined
    return n > 1 and all(n % d for d in (2, *range(3, math.isqrt(n) + 1, 2)) if d < n)


def _is_multiple(number: Fraction, of: Fraction) -> bool:
    if of == 0:
        raise Undefined
    return integer(number) % integer(of) == 0


def _is_square(number: Fraction, _: Fraction) -> bool:
    n = integer(number)
    return n >= 0 and math.isqrt(n) ** 2 == n


def _is_cube(number: Fraction, _: Fraction) -> bool:
    n = abs(integer(number))
    return integer_root(n, 3) ** 3 == n


TESTS: dict[str, Test] = {
    "prime": _is_prime,
    "composite": lambda n, _: n > 1 and not _is_prime(n, _),
    "even": lambda n, _: integer(n) % 2 == 0,
    "odd": lambda n, _: integer(n) % 2 == 1,
    "multiple": _is_multiple,
    "factor": lambda n, of: _is_multiple(of, n),
    "perfect_square": _is_square,
    "perfect_cube": _is_cube,
    "above": lambda n, bound: n > bound,
    "below": lambda n, bound: n < bound,
}
