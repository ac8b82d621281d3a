"""Claims in words: what is read, how it is decided, and what is left alone."""

import pytest

from verifiers.wording import findings

CASES = [
    ("Half of 30 is 15.", ["valid Half of 30 is 15"]),
    ("So half of the 30 students is 16.", ["invalid half of the 30 students is 16"]),
    ("The sum of 3, 4 and 5 is 12.", ["valid sum of 3, 4 and 5 is 12"]),
    ("The sum of 3 apples and 4 apples is 8 apples.", ["invalid sum of 3 apples and 4 apples is 8"]),
    ("The average of 3, 4, and 8 is 5.", ["valid average of 3, 4, and 8 is 5"]),
    ("The product of 2 and 3 = 7", ["invalid product of 2 and 3 = 7"]),
    ("The GCD of 12 and 18 is 6.", ["valid GCD of 12 and 18 is 6"]),
    ("the greatest common divisor of 116 and 174 is 2", ["invalid greatest common divisor of 116 and 174 is 2"]),
    ("the LCM of 4 and 6 is equal to 12", ["valid LCM of 4 and 6 is equal to 12"]),
    ("the remainder when 706 is divided by 7 is 6", ["valid remainder when 706 is divided by 7 is 6"]),
    ("The remainder when 706 is divided by 7 is 5", ["invalid remainder when 706 is divided by 7 is 5"]),
    ("20 is 5 more than 16", ["invalid 20 is 5 more than 16"]),
    ("3 less than 10 is 7", ["valid 3 less than 10 is 7"]),
    ("The difference between 3 and 10 is 7", ["valid difference between 3 and 10 is 7"]),
    ("the square root of 50 is 9", ["invalid square root of 50 is 9"]),
    ("twice 8 is 16", ["valid twice 8 is 16"]),
    ("91 is prime", ["invalid 91 is prime"]),
    ("97 is a prime number", ["valid 97 is a prime"]),
    ("91 is not prime", ["valid 91 is not prime"]),
    ("So \\(475,932\\) is divisible by 11.", ["invalid 475,932\\) is divisible by 11"]),
    ("49 is a perfect square", ["valid 49 is a perfect square"]),
    ("17 is less than 5", ["invalid 17 is less than 5"]),
    ("6 is a factor of 20", ["invalid 6 is a factor of 20"]),
    # what the words around may change is not decided
    ("if 15 is prime, then", ["unknown 15 is prime"]),
    ("Is it true that 15 is prime?", ["unknown 15 is prime"]),
    ("3 times the sum of 2 and 3 is 10", ["unknown sum of 2 and 3 is 10"]),
    ("the tenth digit for the sum of 2/9 and 1/7 is 6", ["unknown sum of 2/9 and 1/7 is 6"]),
    ("half of 10 + 4 is 9", ["unknown half of 10 + 4 is 9"]),
    ("10 chapters are divisible by 3", ["unknown 10 chapters are divisible by 3"]),
    ("1000 pounds more than 5ooo pounds is 6000", []),
    ("15 is divisible by 4 or 5", ["unknown 15 is divisible by 4"]),
    ("half of 30 is 15 more than zero", ["unknown half of 30 is 15"]),
    # what is no claim of ours
    ("n^2 - 1 is divisible by 4", []),
    ("2k + 1 is even", []),
    ("the 17th prime is 59", []),
    ("half of the class is 12", []),
    ("99999999999999999999999999999999999999999 is prime", ["unknown 99999999999999999999999999999999999999999 is prime"]),
]


@pytest.mark.parametrize(("step", "expected"), CASES, ids=[step[:40] for step, _ in CASES])
def test_claims_in_words(step: str, expected: list[str]) -> None:
    found = findings("", ("Earlier.", step))
    assert [f"{each.decision.outcome} {each.text}" for each in found] == expected
    assert all(step[each.start : each.end] == each.text for each in found)


def test_the_evidence_names_the_true_value() -> None:
    [found] = findings("", ("the GCD of 116 and 174 is 2",))
    assert found.decision.evidence == "gcd(116, 174) is 58, the step says 2"
    [found] = findings("", ("91 is prime",))
    assert found.decision.evidence == "91 is not prime"
