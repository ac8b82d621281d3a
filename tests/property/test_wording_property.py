"""Claims in words and named quantities: true ones are never invalid, changed ones never valid, whatever stands around."""

import math
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from verifiers.steps import judge

NUMBERS = st.integers(2, 5000)
LISTS = st.lists(NUMBERS, min_size=2, max_size=5)
BEFORE = st.sampled_from(["", "So ", "Now we see that ", "Since he has 3 apples, ", "**Step 2:** "])
AFTER = st.sampled_from(["", ".", " apples.", ", as wanted.", ". Then 2 + 2 = 4."])
NAMES = st.sampled_from(["Total cost", "Number of apples", r"\text{Remaining pages}", "Sarah's age"])


def listed(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers[:-1])) + f" and {numbers[-1]}"


SPOKEN: dict[str, Callable[[list[int]], int]] = {
    "the sum of {}": sum,
    "the product of {}": math.prod,
    "the GCD of {}": lambda numbers: math.gcd(*numbers),
    "the least common multiple of {}": lambda numbers: math.lcm(*numbers),
}


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(SPOKEN)), LISTS, BEFORE, AFTER, st.integers(1, 999))
def test_lists_in_words(pattern: str, numbers: list[int], before: str, after: str, by: int) -> None:
    value = SPOKEN[pattern](numbers)
    true, changed = (f"{before}{pattern.format(listed(numbers))} is {value + d}{after}" for d in (0, by))
    right, wrong = judge("", (true,)), judge("", (changed,))
    assert right is not None and right.decision.outcome == "valid"
    assert wrong is not None
    assert wrong.decision.outcome == "invalid" or wrong.text == "2 + 2 = 4" or wrong.decision.reason == "scale"


@settings(max_examples=200, deadline=None)
@given(NUMBERS, NUMBERS, BEFORE)
def test_integer_properties(number: int, other: int, before: str) -> None:
    prime = number > 1 and all(number % d for d in range(2, math.isqrt(number) + 1))
    for text, truth in (
        (f"{before}{number} is prime", prime),
        (f"{before}{number} is not a prime number", not prime),
        (f"{before}{number} is divisible by {other}", number % other == 0),
        (f"{before}{number} is less than {other}", number < other),
    ):
        found = judge("", (text,))
        assert found is not None and found.decision.outcome == ("valid" if truth else "invalid"), text


@settings(max_examples=200, deadline=None)
@given(NAMES, LISTS, st.integers(1, 999), st.booleans())
def test_a_name_keeps_the_value_of_its_expression(name: str, numbers: list[int], by: int, apart: bool) -> None:
    said = f"{name} = {' + '.join(map(str, numbers))}"
    for stated, allowed in ((sum(numbers), {"valid"}), (sum(numbers) + by, {"invalid", "unknown"})):
        steps = (said, f"{name} = {stated}") if apart else (f"{said}. {name} = {stated}",)
        found = judge("", steps)
        assert found is not None and found.decision.outcome in allowed
        assert not (apart and found.decision.outcome == "invalid")  # another step may speak of another thing
