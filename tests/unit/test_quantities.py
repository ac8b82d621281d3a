"""Quantities named in words: their values go from sentence to sentence and from step to step."""

import itertools
import time

import pytest

from verifiers.quantities import findings

PROBLEM = "A store sells 40 gallons of milk at $3.50 per gallon. Tom pays a fine of $120."

CASES = [
    # a number that contradicts the expression it simplifies
    (["Total fruits = 52 + 24 + 44 + 48. Total fruits = 168"], ["valid Total fruits = 168"]),
    (["Total fruits = 52 + 24 + 44 + 48. Total fruits = 178"], ["invalid Total fruits = 178"]),
    ([r"\[ \text{Total cost} = 5 \times 7 \] \[ \text{Total cost} = 36 \]"], [r"invalid \text{Total cost} = 36"]),
    # put in for names
    (
        ["Apple price = 3. Apple count = 4.", "Apple cost = Apple price * Apple count. Apple cost = 3 * 4"],
        ["valid Apple cost = 3 * 4"],
    ),
    (
        ["Apple price = 3. Apple count = 4.", "Apple price * Apple count = 3 * 5 = 15"],
        ["unknown Apple price * Apple count = 3 * 5"],
    ),
    # given by the problem, where a sentence has both the number and a word of the name
    (["Fine for road work = $120."], ["valid Fine for road work = $120"]),
    (["Fine for road work = $130."], []),
    (["Bread price = $120."], []),
    # a name may take another value in another step
    (["Total eaten = 1 + 2. Total eaten = 3.", "Total eaten = 6"], ["unknown Total eaten = 6"]),
    # supposed, not claimed
    (["Suppose the total cost = 5 + 7. If the total cost = 13, he cannot pay"], ["unknown If the total cost = 13"]),
    # letters and plain numbers are other readers' business
    (["x = 3 + 4. x = 8", "y = 3"], []),
    (["3 + 4 = 8"], []),
    (["Thus f(40) = 3 * 40. f(40) = 15"], []),
]


@pytest.mark.parametrize(("context", "expected"), CASES, ids=[context[-1][:40] for context, _ in CASES])
def test_named_quantities(context: list[str], expected: list[str]) -> None:
    found = [each for each in findings(PROBLEM, context) if each.decision.reason != "unknown_quantity"]
    assert [f"{each.decision.outcome} {each.text}" for each in found] == expected
    assert all(context[-1][each.start : each.end] == each.text for each in found)


def test_the_evidence_shows_the_expression() -> None:
    [found] = findings("", ["Total = 52 + 24. Total = 86"])
    assert found.decision.evidence == "52 + 24 is 76, the step says 86"


def test_names_of_names_do_not_grow_without_bound() -> None:
    letters = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "theta", "kappa"]
    layers = [f"Level {b} = " + " + ".join([f"Level {a}"] * 40) for a, b in itertools.pairwise(letters)]
    began = time.monotonic()
    [found] = findings("", ["Level alpha = 2", *layers, f"Level kappa = {2 * 40**7}"])
    assert found.decision.outcome == "valid"
    assert time.monotonic() - began < 5


def test_thousands_in_latex_are_given_numbers() -> None:
    [found] = findings("The city spends \\$1{,}200 on roads.", ["City spends = 1200"])
    assert found.decision.reason == "given"
