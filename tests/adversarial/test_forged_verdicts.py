"""Wrong programs never get a ``valid`` from the unit tests' judge, whatever they do to their own process."""

import time
from collections.abc import Iterator

import pytest

from tests.adversarial.attacks.forgery import FORGERIES, TESTS
from verifiers.programs import run_tests
from verifiers.sandbox import Limits, Sandbox

TIMEOUT_S = 3.0


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    made = Sandbox()
    yield made
    made.close()


def test_an_honest_program_is_valid(sandbox: Sandbox) -> None:
    decision = run_tests("def square(x): return x * x", TESTS, Limits(30.0), sandbox)
    assert (decision.outcome, decision.reason) == ("valid", "tests_passed")


def test_there_are_enough_forgeries() -> None:
    assert len(FORGERIES) >= 40


@pytest.mark.parametrize("name", FORGERIES)
def test_no_forgery_passes(name: str, sandbox: Sandbox) -> None:
    began = time.monotonic()
    decision = run_tests(FORGERIES[name], TESTS, Limits(TIMEOUT_S), sandbox)
    assert decision.outcome != "valid", decision
    assert time.monotonic() - began < TIMEOUT_S + 10.0


LIAR = "class A:\n    __eq__ = __contains__ = lambda *a: True\ndef f(x): return A()"
ZERO = "\ndef f(x): return 0"
HELPED = {
    "math": ("import math\nmath.isclose = lambda *a, **k: True" + ZERO, "import math\nassert math.isclose(f(2), 4)"),
    "math, unimported": ("class math:\n    isclose = lambda *a: True" + ZERO, "assert math.isclose(f(2), 4)"),
    "borrowed name": ("def isclose(*a): return True" + ZERO, "assert isclose(f(2), 4)"),
    "sorted": ("def sorted(x): return [1, 2]\ndef f(x): return x", "assert sorted(f([2, 3])) == [1, 2]"),
    "isinstance": ("isinstance = lambda *a: True\ndef f(x): return '4'", "assert isinstance(f(2), int)"),
    "type": ("type = lambda x: int\ndef f(x): return '4'", "assert type(f(2)) == int"),
    "identity": ("class A: pass\na = A()\nget = lambda: a\ndef f(x): return a", "assert f(2) is get()"),
    "equality": (LIAR, "assert f(2) == 4"),
    "equality in a list": (LIAR, "assert [f(2)] == [4]"),
    "contains": (LIAR, "assert 4 in f(2)"),
    "truth": (LIAR, "assert f(2)"),
    "swallowed": (LIAR, "try:\n    ok = f(2) == 4\nexcept BaseException:\n    ok = True\nassert ok"),
    "builtin handed over": ("def f(x): return eval\ndef g(x): return '4'", "assert f(2)(g(2)) == 5"),
    "no assert": (ZERO, "def check(candidate):\n    assert candidate(2) == 4"),
    "dead assert": (ZERO, "for x in f(2) or []:\n    assert x == 4"),
}


@pytest.mark.parametrize("name", HELPED)
def test_a_test_never_leans_on_the_answers_own_helpers(name: str, sandbox: Sandbox) -> None:
    program, test = HELPED[name]
    decision = run_tests(program, [test], Limits(30.0), sandbox)
    assert decision.outcome != "valid", decision
