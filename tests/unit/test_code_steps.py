"""Steps that hold code, or say what code printed: valid only by comparison, invalid with its reason, else unknown."""

import asyncio
import time
from collections.abc import Iterator

import pytest

from schemas import Problem, Verdict
from verifiers import Panel, PanelConfig
from verifiers.code import claims, printed, relay
from verifiers.code.blocks import parts
from verifiers.code.judging import concerns
from verifiers.decision import Decision, Finding
from verifiers.pool import Pool
from verifiers.sandbox import Limits, Sandbox

LIMITS = Limits(timeout_s=30.0)


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Sandbox() as sandbox:
        made = Pool(1, 2048, sandbox)
        yield made
        made.close()


def judge(context: tuple[str, ...], statement: str, domain: str, limits: Limits, pool: Pool) -> Finding:
    item = {"judge": "python", "problem": statement, "domain": domain, "steps": context}
    found = relay.judge(item, pool.ask, limits, pool.sandbox)
    assert found is not None
    decision = Decision(found["outcome"], found["reason"], found["evidence"])
    return Finding(found["claim"], found["start"], found["end"], decision)


def py(source: str) -> str:
    return f"```python\n{source}\n```"


def out(text: str) -> str:
    return f"```output\n{text}\n```"


TWELVE = py("x = 3 * 4\nprint(x)")
CASES: list[tuple[tuple[str, ...], str]] = [
    ((py("x = 3 * 4"),), "unknown:ran"),
    ((f"We multiply.\n{TWELVE}\n{out('12')}",), "valid:printed"),
    ((f"{TWELVE}\n{out('13')}",), "invalid:output_differs"),
    ((TWELVE, out("12")), "valid:printed"),
    ((TWELVE, out("13")), "invalid:output_differs"),
    ((py("x = 3 * 4"), py("y = x + 1\nprint(y)") + "\n" + out("13")), "valid:printed"),
    ((py("x = 3 * 4\nx") + "\n" + out("12"),), "valid:printed"),
    ((py("print(1 / 3)") + "\n" + out("0.3333333333333333"),), "valid:printed"),
    ((py("print(1 / 3)") + "\n" + out("0.333"),), "valid:printed"),
    ((py("print(1 / 3)") + "\n" + out("0.339"),), "invalid:output_differs"),
    ((py("print(list(range(50)))") + "\n" + out("[0, 1, 2, ...]"),), "unknown:output_cut"),
    ((py("import random\nprint(random.random())") + "\n" + out("77"),), "unknown:not_deterministic"),
    ((py("print({'a', 'b', 'c'})") + "\n" + out("{'c', 'b', 'a'}"),), "unknown:output_order|valid:printed"),
    ((py("print(1)") + "\n" + out("Traceback (most recent call last):\nNameError: x"),), "unknown:output_error"),
    ((py("print(1)") + "\n" + py("print(2)") + "\n" + out("1\n2"),), "valid:printed"),
    ((py("print(1)"), out("1"), py("print(2)"), out("1\n2")), "invalid:output_differs"),
    ((py("!pip install numpy\nx = 1"),), "unknown:notebook"),
    ((py("print('\\ud800')") + "\n" + out("1"),), "invalid:output_differs"),
    ((py("raise ValueError('\\ud800')"),), "invalid:raised"),
    ((py("x = 1 / 0"),), "invalid:raised"),
    ((py("x = 1 / 0") + "\n" + out("ZeroDivisionError: division by zero"),), "unknown:raised_as_shown"),
    ((py("assert 2 + 2 == 5"),), "invalid:raised"),
    ((py("x = (1 +"),), "invalid:raised"),
    (("```python\nx = (1 +",), "unknown:not_closed"),
    ((py("print(totl)"),), "invalid:raised"),
    (("Let n be the number of cows.", py("print(n)")), "unknown:undefined_name"),
    ((py("x = 1 / 0"), py("print(3)") + "\n" + out("3")), "unknown:earlier_step_failed"),
    ((py("import no_such_module"),), "unknown:missing_module"),
    ((py("x = bytearray(10 ** 12)"),), "unknown:memory"),
    ((py("x = int(input())"),), "unknown:input"),
    ((py("exit()"),), "unknown:exited"),
    ((py("open('/etc/shadow').read()"),), "unknown:os_error"),
    ((py("x = 3 * 4  # 12"),), "valid:value"),
    ((py("x = 3 * 4  # = 13"),), "invalid:value_differs"),
    ((py("x = 3 * 4  # 13"),), "unknown:claim?"),
    ((py("x = 3 * 4\n# x = 13"),), "invalid:value_differs"),
    ((py("x = 2 + 3\nassert x == 5"),), "valid:value"),
    ((py("x = 3 * 4"), "So x = 12."), "valid:value"),
    ((py("x = 3 * 4"), "So x = 13."), "invalid:value_differs"),
    ((py("x = 10 / 3"), "So x is 3.33."), "valid:value"),
    ((py("x = 10 / 3"), "So x is 3."), "unknown:rounded?"),
    ((TWELVE, "The program prints 12."), "valid:value"),
    ((TWELVE, "The output is 13."), "invalid:value_differs"),
    ((py("from sympy import Rational\nr = Rational(1, 2) * 8"), "Therefore r = 4."), "valid:value"),
    ((py(">>> 3 * 4\n12"),), "valid:printed"),
    ((">>> a = 3\n>>> a * 4\n13",), "invalid:output_differs"),
    ((py("x = object()"), "So x = 12."), "unknown:no_number"),
]  # fmt: skip


@pytest.mark.parametrize(("context", "expected"), CASES, ids=[str(number) for number in range(len(CASES))])
def test_steps(context: tuple[str, ...], expected: str, pool: Pool) -> None:
    assert concerns(context, "math")
    finding = judge(context, "?", "math", LIMITS, pool)
    assert f"{finding.decision.outcome}:{finding.decision.reason}" in expected.split("|"), finding
    if finding.decision.reason != "earlier_step_failed":
        assert context[-1][finding.start : finding.end] == finding.text


def test_a_traceback_names_the_line(pool: Pool) -> None:
    finding = judge((py("x = 1\ny = x / 0"),), "?", "math", LIMITS, pool)
    assert "line 2" in str(finding.decision.evidence) and "ZeroDivisionError" in str(finding.decision.evidence)


def test_an_endless_step_is_unknown_and_so_is_the_step_after(pool: Pool) -> None:
    endless = py("while True: pass")
    for context in ((endless,), (endless, py("x = 1"))):
        assert judge(context, "?", "math", Limits(0.5), pool).decision.reason == "timeout"


NO_OPINION = [("So x = 13.",), (py("x = 3 * 4"), "If x = 13 then we stop."), ("x = 3",), ("```\nx = y\n```",), ("",)]


@pytest.mark.parametrize("context", NO_OPINION)
def test_prose_is_left_to_others(context: tuple[str, ...]) -> None:
    assert not concerns(context, "math")


def test_unfenced_code_is_code_in_problems_of_code_only() -> None:
    step = "def double(x):\n    return 2 * x"
    assert [part.kind for part in parts(step, "code")] == ["code"]
    assert [part.kind for part in parts(step, "math")] == ["prose"]
    assert [part.kind for part in parts("First we double it.", "code")] == ["prose"]


def test_no_step_is_valid_because_it_says_so(pool: Pool) -> None:
    """The step's own process cannot vouch for what it prints or binds."""
    tricks = [
        "import sys\nsys.stdout.write = lambda text: None\nprint(13)",
        "class N(int):\n    def __eq__(self, other): return True\nx = N(12)",
        "import builtins\nbuiltins.repr = lambda value: '13'\nx = 12",
    ]
    for source in tricks:
        for claim in ("So x = 13.", out("13")):
            context = (py(source), claim)
            finding = judge(context, "?", "math", LIMITS, pool)
            assert finding.decision.outcome != "valid", finding


def test_claims_in_prose_and_comments() -> None:
    read = [
        (said.name, float(said.number)) for said in claims.in_prose("Thus total = 1,234.5 and `n` is 3; f(x) = 2x + 1.")
    ]
    assert read == [("total", 1234.5), ("n", 3.0)]
    assert claims.in_prose("Let a = 3. When b = 4, c + d = 5. If e is 6") == []
    assert [said.name for said in claims.in_code("x = f(2)  # 4\nfor i in y: x = 3  # 3\n")] == []


def test_printed_text_is_compared_by_value() -> None:
    pairs = [("12\n", "12", "same"), ("a  b", "a b", "same"), ("0.30000000000000004", "0.3", "same")]
    pairs += [
        ("3.14159", "3.14", "rounded"),
        ("3.14159", "3.15", "near"),
        ("12", "13", "different"),
        ("12", "12 13", "different"),
    ]
    for got, said, expected in pairs:
        assert printed.compare(got, said) == expected, (got, said)


def test_through_the_panel() -> None:
    async def work() -> list[tuple[Verdict, ...]]:
        problem = Problem("p", "math", "?", None, (), None, "test", None)
        contexts = [(py("x = 3 * 4"),), (py("x = 3 * 4"), out("12")), (py("x = 1 / 0"),), ("3 * 4 = 12",)]
        async with Panel(PanelConfig(workers=2, timeout_s=30.0)) as panel, Panel(PanelConfig(allow_code=False)) as wary:
            return [*await panel.judge_steps(problem, contexts), *await wary.judge_steps(problem, contexts[:1])]

    verdicts = [[v for v in each if v.judge == "python"] for each in asyncio.run(work())]
    found = [[f"{v.outcome}:{v.reason}" for v in each] for each in verdicts]
    assert found == [["unknown:ran"], ["unknown:nothing_printed"], ["invalid:raised"], [], ["unknown:code_not_allowed"]]
    [raised] = verdicts[2]
    assert raised.claim == "x = 1 / 0\n" and str(raised.evidence).endswith("ZeroDivisionError: division by zero")


def test_reading_hostile_text_is_bounded(pool: Pool) -> None:
    """Reading must not take long even where nobody hurries it."""
    texts = [
        "a = 1 " * 16_000,
        "x" * 90_000,
        "total is " * 10_000,
        "1" * 90_000,
        "```python\n" * 9_000,
        ">>> " * 20_000,
    ]
    texts += [py("-" * 19_000 + "1"), py("(" * 19_000), py("a" + ".b" * 9_000), py("x = " + "9" * 19_000 + " + 1  # 9")]
    texts += [py("print('9' * 60000)") + "\n" + out("9" * 30_000), py("x = 9 ** 9999") + "\nSo x = " + "9" * 5_000]
    for text in texts:
        began = time.monotonic()
        for domain in ("math", "code"):
            if concerns((TWELVE, text), domain):
                assert judge((TWELVE, text), "?", domain, LIMITS, pool).decision.outcome != "valid"
        assert time.monotonic() - began < 20.0, text[:30]
