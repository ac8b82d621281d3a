"""Unit tests of answers: what is valid, invalid and unknown, and what travels between program and test."""

import ast
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from verifiers.code import codec
from verifiers.decision import Decision
from verifiers.programs import run_tests
from verifiers.sandbox import Limits, Sandbox

MBPP = Path(__file__).parents[3] / "shared" / "data" / "mbpp" / "sanitized.jsonl"
LIMITS = Limits(timeout_s=30.0)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    made = Sandbox()
    yield made
    made.close()


STACK = """
class Stack:
    def __init__(self): self.all = []
    def push(self, x): self.all.append(x)
    def __len__(self): return len(self.all)
"""
POINT = "from collections import namedtuple\nPoint = namedtuple('Point', 'x y')\ndef make(): return Point(1, 2)"
CHECK = "METADATA = {}\n\ndef check(candidate):\n    assert candidate([1, 2]) == 3\n    assert candidate([]) == 0\n"
CASES = [
    ("def f(x): return x * x", ["assert f(3) == 9", "assert f(2) == 4"], "valid:tests_passed", "2 of 2"),
    (
        "def f(x): return x + x",
        ["assert f(2) == 4", "assert f(3) == 9"],
        "invalid:test_failed",
        "got 6, the test wants == 9",
    ),
    ("def f(x): return 1 / x", ["assert f(0) == 9"], "invalid:test_failed", "ZeroDivisionError"),
    ("def f(x) return", ["assert f(0) == 9"], "invalid:raised", "SyntaxError"),
    (
        "def f(x): return (1, [2.5, {3: 'a'}], {4}, None, b'x', 1j, frozenset())",
        ["assert f(0) == (1, [2.5, {3: 'a'}], {4}, None, b'x', 1j, frozenset())"],
        "valid:tests_passed",
        "",
    ),
    ("def f(x): return [1]", ["assert f(0) == (1,)"], "invalid:test_failed", "got [1]"),
    ("def f(x): return 2 ** x", ["assert f(20000) == 2 ** 20000"], "valid:tests_passed", ""),
    ("def f(x): x.append(4)", ["a = [3]\nassert f(a) is None\nassert a == [3, 4]"], "valid:tests_passed", ""),
    (
        "def f(x):\n    x.sort()\n    return x",
        ["a = [3, 1]\nassert f(a) is a and a == [1, 3]"],
        "valid:tests_passed",
        "",
    ),
    (
        "def f(n):\n    for i in range(n): yield i",
        ["assert list(f(3)) == [0, 1, 2]", "assert next(f(1)) == 0"],
        "valid:tests_passed",
        "",
    ),
    (
        "def f(g, x): return g(x)",
        ["assert f(lambda y: y + 1, 3) == 4", "assert f(len, [1]) == 1"],
        "valid:tests_passed",
        "",
    ),
    (STACK, ["s = Stack()\ns.push(3)\nassert len(s) == 1 and s.all == [3]"], "valid:tests_passed", ""),
    (STACK, ["assert Stack() == Stack()"], "unknown:opaque", "equality"),
    (STACK, ["assert Stack() == Stack()", "assert len(Stack()) == 1"], "invalid:test_failed", "got 0"),
    (POINT, ["assert make() == (1, 2) and make().y == 2", "assert make() == Point(1, 2)"], "valid:tests_passed", ""),
    (
        "class Bad(ValueError): pass\ndef f(x): raise Bad('no')",
        [
            "try:\n    f(1)\n    assert False\nexcept Bad as e:\n    assert str(e) == 'no'",
            "try:\n    f(1)\n    assert False\nexcept ValueError:\n    pass",
        ],
        "valid:tests_passed",
        "",
    ),
    (
        "def f(x): return 0",
        ["try:\n    f(1)\n    assert False, 'no error'\nexcept ValueError:\n    pass"],
        "invalid:test_failed",
        "got False",
    ),
    ("def add(x): return sum(x)", [CHECK, "check(add)"], "valid:tests_passed", ""),
    ("def add(x): return sum(x)", [CHECK], "unknown:nothing_tested", ""),
    ("def sum(a, b): return a + b", ["assert sum(10, 15) == 25", "assert sum(1, 2) == 3"], "valid:tests_passed", ""),
    (
        "import math\ndef f(r): return math.pi * r",
        ["assert math.isclose(f(2), 6.283185, rel_tol=1e-4)"],
        "valid:tests_passed",
        "",
    ),
    (
        "import sys\ndef f(t): return sys.getsizeof(t)",
        ["assert f((1, 2)) == sys.getsizeof((1, 2))"],
        "valid:tests_passed",
        "",
    ),
    (
        "count = 0\ndef f():\n    global count\n    count += 1",
        ["f()\nf()\nassert count == 2"],
        "valid:tests_passed",
        "",
    ),
    (
        "def f(x): return float('nan'), float('inf')",
        ["a, b = f(0)\nassert a != a and b == float('inf')"],
        "valid:tests_passed",
        "",
    ),
    (
        "from collections import Counter, defaultdict\ndef f(x): return Counter(x), defaultdict(int, {1: 2})",
        [
            "c, d = f('aab')\nassert c == {'a': 2, 'b': 1} and c.most_common(1) == [('a', 2)] and d == {1: 2} and d[5] == 0"
        ],
        "valid:tests_passed",
        "",
    ),
    (
        "from enum import IntEnum\nclass E(IntEnum):\n    A = 3\ndef f(): return E.A",
        ["assert f() == 3 and f().name == 'A'"],
        "valid:tests_passed",
        "",
    ),
    (
        "import numpy as np\ndef f(n): return np.arange(n)",
        ["assert (f(3) == np.array([0, 1, 2])).all()", "assert f(2).dtype.kind == 'i' and f(3).sum() == 3"],
        "valid:tests_passed",
        "",
    ),
    ("def f(x): print('x' * 100)\n", ["assert f(1) is None"], "valid:tests_passed", ""),
    ("def f(x): return int(input())\n", ["assert f(1) == 1"], "unknown:input", "EOFError"),
    ("import no_such_module\ndef f(x): return 1", ["assert f(1) == 1"], "unknown:missing_module", "no_such_module"),
    ("def f(x): return bytearray(10 ** 12)", ["assert f(1) == 1"], "unknown:memory", "MemoryError"),
    ("def f(x): return open('/etc/shadow').read()", ["assert f(1) == 1"], "unknown:os_error", ""),
    ("def f(x): return 1", ["assert f(1 == 1"], "unknown:broken_tests", ""),
    ("def f(x): return x", ["class Own: pass\nassert f(Own()) is not None"], "unknown:opaque", "argument of type Own"),
    ("def f(n): return 0 if n == 0 else 1 + f(n - 1)", ["assert f(800) == 800"], "valid:tests_passed", ""),
    ("def f(n): return f(n)", ["assert f(1) == 1"], "invalid:test_failed", "RecursionError"),
    (
        "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\ndef f(): return P(3)",
        ["assert f().x == 3"],
        "valid:tests_passed",
        "",
    ),
    (
        "if __name__ == '__main__':\n    raise ValueError\ndef f(): return 1",
        ["assert f() == 1"],
        "valid:tests_passed",
        "",
    ),
]


@pytest.mark.parametrize(("program", "tests", "expected", "evidence"), CASES)
def test_outcomes(program: str, tests: list[str], expected: str, evidence: str, sandbox: Sandbox) -> None:
    decision = run_tests(program, tests, LIMITS, sandbox)
    assert f"{decision.outcome}:{decision.reason}" == expected, decision
    assert evidence in str(decision.evidence)


def test_evidence_can_be_written_anywhere(sandbox: Sandbox) -> None:
    for program in (
        "def f(x): return '\\ud800'",
        "def f(x): raise ValueError('\\ud800')",
        "raise ValueError('\\ud800')",
    ):
        decision = run_tests(program, ["assert f(1) == 1"], LIMITS, sandbox)
        assert decision.outcome == "invalid" and str(decision.evidence).encode("utf-8")


def test_a_late_program_is_unknown_and_names_the_test(sandbox: Sandbox) -> None:
    decision = run_tests("def f(x):\n    while x: pass", ["assert f(0) is None", "f(1)"], Limits(1.0), sandbox)
    assert decision == Decision("unknown", "timeout", "past 1 s in test 2 `f(1)`")


def test_values_come_back_as_they_went() -> None:
    values: list[Any] = [
        0,
        -(2**300),
        1.5,
        float("inf"),
        "\ud800\x00é",
        b"\x00",
        (1, (2,)),
        {1: {2}},
        {"a": [None, True]},
    ]
    values += [range(3), frozenset({1}), slice(1, None), 2j, ..., bytearray(b"x")]

    def refuse(*_: Any) -> Any:
        raise AssertionError

    for value in values:
        wire = json.loads(json.dumps(codec.Encoder(refuse).encode(value)))
        back = codec.decode(wire, refuse)
        assert back == value and type(back) is type(value)


BAD = [{"t": "tuple"}, {"t": "set", "v": [[1]]}, {"t": "int", "v": 3}, {"t": "date", "v": "x"}, {}, {"t": [], "v": 1}]


@pytest.mark.parametrize("wire", BAD)
def test_what_no_encoder_writes_is_refused(wire: Any) -> None:
    with pytest.raises(codec.BadWire):
        codec.decode(wire, lambda tag, _: (_ for _ in ()).throw(codec.BadWire(tag)))


def test_bounds_of_a_message() -> None:
    deep: list[Any] = []
    for _ in range(codec.MAX_DEPTH + 5):
        deep = [deep]
    for value in (deep, [0] * (codec.MAX_NODES + 5), "x" * (codec.MAX_BYTES + 5)):
        with pytest.raises(codec.TooBig):
            codec.Encoder(lambda *_: None).encode(value)


def rows() -> list[dict[str, Any]]:
    if not MBPP.exists():
        pytest.skip(f"needs {MBPP.name} in shared/data/mbpp")
    return [json.loads(line) for line in MBPP.read_text(encoding="utf-8").splitlines()]


def asserts(row: dict[str, Any]) -> list[str]:
    return ["\n".join([*row["test_imports"], test]) for test in row["test_list"]]


def test_every_reference_solution_of_mbpp_is_valid(sandbox: Sandbox) -> None:
    wrong = {}
    for row in rows():
        decision = run_tests(row["code"], asserts(row), LIMITS, sandbox)
        if decision.outcome != "valid":
            wrong[row["task_id"]] = decision
    assert not wrong


def test_mutated_solutions_of_mbpp_are_never_more_valid_than_running_them_says(sandbox: Sandbox) -> None:
    """A function that returns something else than the reference fails its tests."""
    sample = random.Random(0).sample(rows(), 60)
    kept = [row for row in sample if "__wrong__" not in row["code"]]
    for row in kept:
        [name] = {node.func.id for node in ast.walk(ast.parse(asserts(row)[0])) if is_call(node, row["code"])}
        broken = f"{row['code']}\n{name} = lambda *args: '__wrong__'\n"
        assert run_tests(broken, asserts(row), LIMITS, sandbox).outcome == "invalid", row["task_id"]


def is_call(node: ast.AST, program: str) -> bool:
    """Whether a test calls a function that the program defines."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and f"def {node.func.id}" in program
