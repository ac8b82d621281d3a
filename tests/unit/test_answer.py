"""Final answers: equivalence by the fast path and by math-verify, and programs by their tests."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from schemas import Problem, Verdict
from verifiers import Panel, PanelConfig
from verifiers.answers import EqualPolicy, equal

ROOT = Path(__file__).parents[2]

# The reference, the answer, and the outcome (with the reason where it is unknown); the same the other way round.
PAIRS = [
    ("42", "42", "valid"),
    ("42", "42.0", "valid"),
    ("42", "$42$", "valid"),
    ("42", r"\boxed{42}", "valid"),
    ("42", r"\(\boxed{42}\).", "valid"),
    ("42", "84/2", "valid"),
    ("42", "$42.00", "valid"),
    ("42", "42 apples", "valid"),
    ("42", "forty-two", "valid"),
    ("42", "41", "invalid"),
    ("42", "-42", "invalid"),
    ("42", "", "unknown:empty"),
    ("42", r"\frac{", "unknown:unread: unexpected end"),
    ("42", "Tuesday", "unknown:words"),
    ("42", "41 or 42", "invalid"),
    ("42", "9**9**9**9", "unknown:too_large"),
    ("42", "4" * 3000, "unknown:too_long"),
    ("42", "(" * 500, "unknown:too_deep"),
    # units, money, degrees, percent
    ("5 cm", "5 m", "invalid"),
    ("5 cm", "5 centimeters", "valid"),
    ("5 cm", "0.05 m", "valid"),
    ("5 cm", "5", "valid"),
    ("10 ft", "10 ft^2", "invalid"),
    ("10 square feet", r"10\text{ ft}^2", "valid"),
    ("60 mph", "60 miles per hour", "valid"),
    ("2 hours", "120 minutes", "valid"),
    ("5 apples", "5 pears", "unknown:units"),
    ("5 million", "5000000", "valid"),
    ("5 million", "5", "invalid"),
    ("$5", "500 cents", "valid"),
    ("$5", "5 cents", "invalid"),
    (r"\$32,\!348", "32348", "valid"),
    (r"90^\circ", "90", "valid"),
    (r"90^\circ", r"\frac{\pi}{2}", "valid"),
    (r"\cos 60^\circ", "1/2", "valid"),
    ("20%", "20 percent", "valid"),
    ("20%", "0.2", "valid"),
    ("20%", "20", "invalid"),
    ("5", "5%", "invalid"),
    ("20%", "2", "invalid"),
    # spellings of numbers
    ("1,234", "1234", "valid"),
    ("1,234,567", "1234567.0", "valid"),
    (r"11,\! 111,\! 100", "11111100", "valid"),
    ("3.54e-07", r"3.54*10^{-7}", "valid"),
    ("1000,99", "1000.99", "valid"),
    (r"\frac{1}{2}", "0.5", "valid"),
    (r"\frac{1}{2}", r"\dfrac12", "valid"),
    (r"\frac{1}{2}", "1/3", "invalid"),
    (r"137 \frac{1}{2}", "137.5", "valid"),
    ("3 1/2", "7/2", "valid"),
    (r"0.\overline{3}", "1/3", "valid"),
    ("1/3", "0.333333", "valid"),
    ("1/3", "0.333332", "invalid"),
    ("1/3", "0.33", "invalid"),
    ("5", "5.001", "invalid"),
    ("0.3", "0.30000000000000004", "valid"),
    ("1010_2", "10", "valid"),
    ("1010_2", "1010", "unknown:base"),
    ("1010_2", "1011_2", "invalid"),
    ("1:2", "2:4", "valid"),
    ("12:00", "1:00", "invalid"),
    # words and choices
    ("Tuesday", r"\text{tuesday}", "valid"),
    ("Tuesday", "Monday", "invalid"),
    ("true", "Yes.", "valid"),
    (r"\text{(C)}", "C", "valid"),
    (r"\text{(C)}", "(C) 42", "valid"),
    (r"\text{(C)}", "B", "invalid"),
    ("no solution", r"\emptyset", "valid"),
    # tuples, sets, lists, intervals
    (r"\{1,2\}", r"\{2,1\}", "valid"),
    ("(1,2)", r"\{1,2\}", "invalid"),
    ("(1,2)", "(2,1)", "invalid"),
    ("(1,2)", r"\left( 1 , 2 \right)", "valid"),
    ("(1,2)", "(1,2,3)", "invalid"),
    ("1, 2", "2, 1", "valid"),
    ("12 or 13", "12", "invalid"),
    ("12 or 13", "13 or 12", "valid"),
    ("x=1 or x=2", "x = 2, x = 1", "valid"),
    ("a=1, b=2", "b=2, a=1", "valid"),
    ("a=1, b=2", "a=2, b=1", "invalid"),
    (r"1 \pm \sqrt{19}", r"1+\sqrt{19}, 1-\sqrt{19}", "valid"),
    (r"1 \pm \sqrt{19}", r"1+\sqrt{19}", "invalid"),
    (r"\pm 3", r"\{3,-3\}", "valid"),
    ("[0,1)", "[0,1]", "invalid"),
    (r"(0,9) \cup (9,36)", r"(9,36)\cup(0,9)", "valid"),
    ("x>3", r"(3,\infty)", "valid"),
    ("1<x<3", "(1,3)", "valid"),
    ("1<x<3", "(1,3]", "invalid"),
    (r"x \ne 3", r"(-\infty,3) \cup (3,\infty)", "valid"),
    (r"\mathbb{R}", r"(-\infty,\infty)", "valid"),
    ("x <= 1", "-x >= -1", "valid"),
    (r"\begin{pmatrix} 1 \\ 2 \end{pmatrix}", r"\begin{bmatrix}1\\2\end{bmatrix}", "valid"),
    (r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}", r"\begin{pmatrix} 1 & 2 \\ 3 & 5 \end{pmatrix}", "invalid"),
    # equations and expressions
    ("x = 5", "5", "valid"),
    ("f(x) = x^2", "x^2", "valid"),
    ("x = 5", "y = 5", "unknown:names"),
    ("2x+z=1", "1", "invalid"),
    ("2x+y=3", "y=3-2x", "valid"),
    ("2x+y=3", "y=3+2x", "invalid"),
    (r"5x - 7y + 11z + 4 = 0", "-5x+7y-11z=4", "valid"),
    (r"\sqrt{8}", r"2\sqrt{2}", "valid"),
    (r"\sqrt{8}", r"3\sqrt{2}", "invalid"),
    ("x^2+2x+1", "(x+1)^2", "valid"),
    ("x^2+2x+1", "(x+2)^2", "invalid"),
    ("p - q", "q - p", "invalid"),
    (r"9\pi", r"\pi \cdot 3^2", "valid"),
    (r"\pi", "3.14", "invalid"),
    (r"\frac{1+i\sqrt3}{2}", r"e^{i\pi/3}", "valid"),
    ("i^2", "-1", "valid"),
    (r"\sin^2 x", r"1-\cos^2 x", "valid"),
    (r"\log_2 8", "3", "valid"),
    (r"\ln x^2", r"2\ln x", "valid"),
    (r"\sqrt{x^2}", "x", "invalid"),
    (r"\sqrt{x^2}", "|x|", "valid"),
    ("(n+1)!", "(n+1)n!", "valid"),
    (r"\infty", r"-\infty", "invalid"),
    (r"\int_0^1 x \, dx", r"\frac{1}{2}", "valid"),
    # longer texts
    ("42", "We add 40 and 2. The answer is 42.", "valid"),
    ("42", "40 + 2 = 41 #### 42", "valid"),
    ("18", "So Janet makes $18 every day.", "valid"),
    ("13", "所以，一共有3 + 10 = 13只鸟。 答案是 13", "valid"),
    ("8", "The stars fill 40/5 = 8 rows of 5 stars.", "unknown:no_stated_answer"),
    ("694", "She paid $204 + $160 + $330 = $694.", "valid"),
    ("13", "Die Antwort ist **13**.", "valid"),
    ("13", "La réponse finale est 13.", "valid"),
    ("13", "1 3", "unknown:unread: unexpected 3"),
    ("AB", "BA", "unknown:names"),
    ("|x| < 2", "x < 2", "unknown:unread: inequalities"),
    ("12,13", r"They are $\boxed{12}$ and $\boxed{13}$.", "valid"),
    ("5", r"First $\boxed{4}$, no: the final answer is $5$.", "valid"),
]


def problem(answer: str | None, domain: str = "math", tests: tuple[str, ...] = ()) -> Problem:
    return Problem("p", domain, "?", answer, tests, None, "test", None)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def judged() -> list[Verdict]:
    async def work() -> list[Verdict]:
        async with Panel() as panel:
            straight = [(gold, pred) for gold, pred, _ in PAIRS]
            return await panel.judge_pairs([*straight, *((pred, gold) for gold, pred in straight)])

    return asyncio.run(work())


@pytest.mark.parametrize("number", range(len(PAIRS)), ids=[f"{gold[:20]} ~ {pred[:20]}" for gold, pred, _ in PAIRS])
def test_equivalence(judged: list[Verdict], number: int) -> None:
    verdict, reverse = judged[number], judged[number + len(PAIRS)]
    reason = f":{verdict.reason}" if verdict.outcome == "unknown" else ""
    assert verdict.outcome + reason == PAIRS[number][2]
    assert verdict.judge == "answer"
    assert reverse.outcome == verdict.outcome


POLICIES = [
    ("units=strict", "5 cm", "5", "invalid"),
    ("units=strict", "5 cm", "5 cm", "valid"),
    ("units=ignore", "5 cm", "5 m", "valid"),
    ("percent=lenient", "20%", "20", "valid"),
    ("percent=lenient", "20%", "0.2", "valid"),
    ("percent=strict", "20%", "0.2", "invalid"),
    ("order=free", "(1,2)", "(2,1)", "valid"),
    ("order=free", "(1,2)", "(2,2)", "invalid"),
    ("rounding=2", "1/3", "0.33", "valid"),
    ("rounding=2", "1/3", "0.34", "invalid"),
    ("rounding=0", "1/3", "0.333333333", "invalid"),
]


@pytest.mark.parametrize(("policy", "gold", "pred", "outcome"), POLICIES)
def test_policies(policy: str, gold: str, pred: str, outcome: str) -> None:
    assert equal(gold, pred, EqualPolicy.parse(policy)).outcome == outcome


def test_a_policy_spells_itself() -> None:
    policy = EqualPolicy(units="strict", percent="lenient", order="free", rounding=3)
    assert EqualPolicy.parse(policy.spelled()) == policy
    assert EqualPolicy.parse("") == EqualPolicy()


def test_our_own_reading_needs_no_sympy() -> None:
    pairs = [("1/2", "0.5"), (r"\sqrt{8}", r"2\sqrt{2}"), ("(1,2)", "(2,1)"), ("x>3", r"(3,\infty)"), ("5 cm", "5 m")]
    program = f"import sys\nfrom verifiers.answers import quick\nfor pair in {pairs!r}: quick(*pair)\n"
    program += "sys.exit('sympy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, timeout=120, check=False).returncode == 0


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
