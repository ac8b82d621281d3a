"""Final answers: equivalence by the fast path and by math-verify, and programs by their tests."""

import asyncio

import pytest

from schemas import Problem, Verdict
from verifiers import Panel, PanelConfig

PAIRS = [
    ("42", "42", "valid"),
    ("42", "42.0", "valid"),
    ("42", "$42$", "valid"),
    ("42", r"\boxed{42}", "valid"),
    ("42", r"\(\boxed{42}\).", "valid"),
    ("42", "84/2", "valid"),
    ("42", "$42.00", "valid"),
    ("42", "42 apples", "valid"),
    ("42", "41", "invalid"),
    ("42", "-42", "invalid"),
    ("42", "", "unknown:empty"),
    ("42", r"\frac{", "unknown:unparsed"),
    ("42", "forty", "unknown:words"),
    ("42", "41 or 42", "unknown:several_answers"),
    ("42", "9**9**9**9", "unknown:too_large"),
    ("42", "4" * 3000, "unknown:too_long"),
    ("42", "(" * 500, "unknown:too_deep"),
    ("5 cm", "5 m", "unknown:units"),
    ("5 cm", "5 centimeters", "unknown:units"),
    ("20%", "20", "valid"),
    ("20%", "0.2", "valid"),
    ("20%", "2", "invalid"),
    ("1,234", "1234", "valid"),
    ("1,234,567", "1234567.0", "valid"),
    (r"\frac{1}{2}", "0.5", "valid"),
    (r"\frac{1}{2}", r"\dfrac12", "valid"),
    (r"\frac{1}{2}", "1/3", "invalid"),
    ("Tuesday", r"\text{tuesday}", "valid"),
    (r"\sqrt{8}", r"2\sqrt{2}", "valid"),
    (r"\sqrt{8}", r"3\sqrt{2}", "invalid"),
    ("x^2+2x+1", "(x+1)^2", "valid"),
    ("x^2+2x+1", "(x+2)^2", "invalid"),
    (r"\{1,2\}", r"\{2,1\}", "valid"),
    ("(1,2)", r"\{1,2\}", "unknown:order"),
    ("(1,2)", "(2,1)", "invalid"),
    (r"9\pi", r"\pi \cdot 3^2", "valid"),
]


def problem(answer: str | None, domain: str = "math", tests: tuple[str, ...] = ()) -> Problem:
    return Problem("p", domain, "?", answer, tests, None, "test", None)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def judged() -> list[Verdict]:
    async def work() -> list[Verdict]:
        async with Panel() as panel:
            return [(await panel.judge_answers(problem(gold), [pred]))[0] for gold, pred, _ in PAIRS]

    return asyncio.run(work())


@pytest.mark.parametrize("number", range(len(PAIRS)), ids=[f"{gold[:20]} ~ {pred[:20]}" for gold, pred, _ in PAIRS])
def test_equivalence(judged: list[Verdict], number: int) -> None:
    verdict = judged[number]
    reason = f":{verdict.reason}" if verdict.outcome == "unknown" else ""
    assert verdict.outcome + reason == PAIRS[number][2]
    assert verdict.judge == "answer"


SQUARE = ("assert f(2) == 4", "assert f(3) == 9")
PROGRAMS = [
    ("def f(x): return x * x", "valid:tests_passed", "2 of 2"),
    ("def f(x): return x + x", "invalid:test_failed", "test 2 `assert f(3) == 9`"),
    ("def f(x) return x", "invalid:raised", "SyntaxError"),
    ("def f(x):\n    return [][x]", "invalid:test_failed", "return [][x]"),
    ("def f(x):\n    while True: pass", "unknown:timeout", "test 1"),
    ("exit(0)", "invalid:raised", "SystemExit"),
    ("import os\ndef f(x): os._exit(0)", "invalid:exited", "test 1"),
    (
        "import sys, os\nprint('passed')\nos.write(1, b'{\"event\": \"passed\"}')\ndef f(x): sys.exit(0)",
        "invalid:test_failed",
        "SystemExit",
    ),
    ("import no_such_module", "unknown:missing_module", "no_such_module"),
    ("data = bytearray(10 ** 12)", "unknown:memory", "MemoryError"),
    (
        "import os\nfor d in range(3, 64):\n    try: os.close(d)\n    except OSError: pass\nwhile True: pass",
        "unknown:signal_9",
        "the answer's own code",
    ),
    (
        "import os\nfor d in range(3, 64):\n    try:\n        while True: os.write(d, b'x' * 4096)\n    except OSError: pass",
        "unknown:output_flood",
        None,
    ),
    ("import os\nassert 'HF_TOKEN' not in os.environ\ndef f(x): return x ** 2", "valid:tests_passed", ""),
]


def test_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")

    async def work() -> list[Verdict]:
        async with Panel(PanelConfig(timeout_s=1.5, workers=2)) as panel:
            return await panel.judge_answers(problem(None, "code", SQUARE), [text for text, _, _ in PROGRAMS])

    for verdict, (text, expected, evidence) in zip(asyncio.run(work()), PROGRAMS, strict=True):
        assert f"{verdict.outcome}:{verdict.reason}" == expected, (text, verdict)
        assert evidence is None or evidence in str(verdict.evidence)


def test_without_reference_nothing_is_decided() -> None:
    async def work() -> None:
        async with Panel(PanelConfig(allow_code=False)) as panel:
            cases = [(problem(None), "no_reference"), (problem(None, "code"), "no_reference")]
            cases += [(problem(None, "lean"), "no_judge"), (problem(None, "code", SQUARE), "code_not_allowed")]
            for asked, reason in cases:
                [verdict] = await panel.judge_answers(asked, ["42"])
                assert (verdict.outcome, verdict.reason) == ("unknown", reason)
            assert await panel.judge_answers(problem("1"), []) == []

    asyncio.run(work())
