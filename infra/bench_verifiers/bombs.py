"""Expressions that blow up whatever evaluates them, given to the step judges and to answer equivalence, one at a time."""

import asyncio
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from schemas import Problem, Verdict
from verifiers import Panel, PanelConfig

LIMIT_S = 2.0
GRACE_S = 0.5  # to notice, kill and answer

TOWERS = (
    "9**9**9**9",
    "9^{9^{9^{9}}}",
    "2**(2**(2**(2**(2**2))))",
    "(-2)**(10**10)",
    "10^{10^{10}}",
    "0.5**(10**12)",
    "1.0000001**(10**15)",
    "(1/3)^{99999999999}",
    "2^{-10^{10}}",
    "7**77777777 % 13",
)
FACTORIALS = ("(10^9)!", "1000000000!", "((9!)!)!", "\\binom{10^{9}}{5*10^{8}}", "(10**7)!/(10**7 - 1)!", "50000000!!")
NUMBERS = ("isprime(2**44497-1)", "factorint(2**521-1)", "gcd(2**100000-1, 3**100000-1)", "\\sqrt{2^{10000019}}")
SIZES = (
    "(" * 50_000 + "1" + ")" * 50_000,
    "(" * 50_000,
    "\\frac{1}{" * 5_000 + "2" + "}" * 5_000,
    "\\sqrt{" * 2_000 + "2" + "}" * 2_000,
    "9" * 1_000_000,
    "0." + "3" * 1_000_000,
    "1" + "+1" * 200_000,
    "-" * 100_000 + "1",
    "2" + "^2" * 20_000,
    "1e999999999",
    "x_{" * 3_000 + "1" + "}" * 3_000,
    "{" * 100_000,
    "1,000" * 50_000,
)
CALCULUS = (
    "\\int_0^1 \\sin(\\cos(\\tan(x^x)))^{x^7} e^{e^x} dx",
    "\\int x^{x^{x}} \\ln(\\sin x) dx",
    "\\sum_{n=1}^{10^{12}} \\frac{1}{n^2}",
    "\\prod_{n=1}^{10^{9}} n",
    "(x+y+z+w)^{300}",
    "(1+x)^{100000} - (1+x)^{99999}",
    "\\lim_{x \\to 0} \\frac{\\sin(\\tan x) - \\tan(\\sin x)}{x^7}",
    "\\det([[x]*40]*40)",
    "solve(x^{50} + x^{37} - 3x^{11} + 1, x)",
    "\\sin(10^{10^{8}})",
)
CODE = (  # {canary} is a file that none of them may make
    "__import__('os').system('touch {canary}')",
    "exec(\"open('{canary}','w')\")",
    "().__class__.__base__.__subclasses__()[0]; open('{canary}','w')",
    "eval(\"__import__('pathlib').Path('{canary}').touch()\")",
    "Symbol('x').subs(1, open('{canary}', 'w'))",
    "$(touch {canary})",
    "`touch {canary}`",
    "lambda: open('{canary}','w')",
    "[open('{canary}','w') for _ in (1,)][0]",
    "f\"{{open('{canary}','w')}}\"",
    "{canary}\\write18{{touch {canary}}}",
)
PLACES = ("step", "earlier", "problem", "gold", "answer", "both")  # where a bomb is put


@dataclass(slots=True)
class BombFigures:
    """``late`` and ``executed`` name bombs and where they stood; both should be empty. ``outcomes`` by where."""

    bombs: int
    asked: int = 0
    limit_s: float = LIMIT_S
    slowest_s: float = 0.0
    slowest: str = ""
    late: list[str] = field(default_factory=list)
    executed: list[str] = field(default_factory=list)
    outcomes: dict[str, Counter[str]] = field(default_factory=dict)


def bombs(canary: Path) -> list[str]:
    """Every bomb; those that are code try to make the file ``canary``."""
    code = [text.replace("{canary}", str(canary)).replace("{{", "{").replace("}}", "}") for text in CODE]
    return [*TOWERS, *FACTORIALS, *NUMBERS, *SIZES, *CALCULUS, *code]


def bench_bombs(every: int = 1) -> BombFigures:
    """Each bomb, or each ``every``-th, at each place by itself, beside a worker that is up."""
    return asyncio.run(_bench(every))


async def _bench(every: int) -> BombFigures:
    with tempfile.TemporaryDirectory(prefix="bombs-") as folder:
        canary = Path(folder) / "canary"
        chosen = bombs(canary)[::every]
        found = BombFigures(len(chosen), outcomes={place: Counter() for place in PLACES})
        async with Panel(PanelConfig(timeout_s=LIMIT_S, workers=1)) as panel:
            for number, bomb in enumerate(chosen):
                for place in PLACES:
                    await _warm(panel, f"{number}{PLACES.index(place)}")
                    began = time.monotonic()
                    outcome = await _judge(panel, place, bomb)
                    _note(found, f"{place}: {bomb[:60]}", time.monotonic() - began, canary)
                    found.outcomes[place][outcome] += 1
    return found


def _note(found: BombFigures, name: str, seconds: float, canary: Path) -> None:
    found.asked += 1
    if seconds > found.slowest_s:
        found.slowest_s, found.slowest = seconds, name
    if seconds > LIMIT_S + GRACE_S:
        found.late.append(f"{name} ({seconds:.2f} s)")
    if canary.exists():
        found.executed.append(name)
        canary.unlink()


async def _warm(panel: Panel, number: str) -> None:
    """Something new and harmless, so that a worker that was killed is up again and has SymPy."""
    await panel.judge_steps(_problem("P", None), [(f"So sqrt({number}) * sqrt({number}) = {number}.",)])
    await panel.judge_answers(_problem("P", f"{number} + x"), [f"x + {number} + 1"])


async def _judge(panel: Panel, place: str, bomb: str) -> str:
    answers = {"gold": (bomb, "x^2 + 1"), "answer": ("x^2 + 1", bomb), "both": (bomb, f"0 + {bomb}")}
    if place in answers:
        gold, answer = answers[place]
        return _said((await panel.judge_answers(_problem("P", gold), [answer]))[0])
    contexts = {
        "step": (f"So {bomb} = 12.",),
        "earlier": (f"Let x = {bomb}.", "So 2x + 3 = 12."),
        "problem": ("So 2x + 3 = 12.",),
    }
    statement = f"Let x = {bomb}. What is 2x + 3?" if place == "problem" else "P"
    verdicts = (await panel.judge_steps(_problem(statement, None), [contexts[place]]))[0]
    return "/".join(map(_said, verdicts)) or "no claim"


def _said(verdict: Verdict) -> str:
    return f"unknown ({verdict.reason})" if verdict.outcome == "unknown" else verdict.outcome


def _problem(statement: str, answer: str | None) -> Problem:
    return Problem("", "math", statement, answer, (), None, "", None)


def bombs_lines(found: BombFigures) -> list[str]:
    """What came of it."""
    met = "met" if not found.late and not found.executed else "MISSED"
    lines = [
        f"BOMBS: {found.bombs} expressions, each in {len(PLACES)} places ({', '.join(PLACES)}), {found.asked} judgements.",
        f"  past the deadline of {found.limit_s:g} + {GRACE_S:g} s: {len(found.late)}, executed: {len(found.executed)}; "
        f"goal 0 and 0: {met}",
        f"  slowest: {found.slowest_s:.2f} s, {found.slowest}",
    ]
    lines += [f"  LATE {name}" for name in found.late]
    lines += [f"  EXECUTED {name}" for name in found.executed]
    for place, counts in found.outcomes.items():
        lines.append(f"  {place}: " + ", ".join(f"{count} {outcome}" for outcome, count in counts.most_common()))
    return lines
