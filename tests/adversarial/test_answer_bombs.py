"""Answers that are bombs: none past its deadline, none executed, none called equal; the pool works on afterwards."""

import asyncio
import os
import time
from pathlib import Path

import pytest

from verifiers import Panel, PanelConfig

TIMEOUT_S = 1.0
SLACK_S = max(
    4.0, os.getloadavg()[0]
)  # of a machine that does other work too; the exact bound is measured in benchmarks
BOMBS = [
    "9**9**9**9",
    "9^{9^{9^{9}}}",
    "-9**9**9",
    "1/9**9**9**9",
    "10**(10**10)",
    "2^(2^(2^(2^(2^2))))",
    "(1/3)^99999999999",
    "0.1^(10^9)",
    "1.0000001^{10^{12}}",
    r"\sqrt{9^{9^{9}}}",
    r"\sqrt[99999]{2}^{99999999}",
    r"2^{\sqrt{2}^{99999}}",
    r"e^{e^{e^{e^{9}}}}",
    "x^{x^{x^{x^{x^{9999}}}}}",
    "(x+1)^{99999999}",
    "(x+y+z+1)^{5000}",
    "(10^9)!",
    "(10^{9})!",
    "99999999!",
    "((9!)!)!",
    "170!!",
    r"\binom{10^9}{5 \cdot 10^8}",
    r"\binom{\binom{\binom{1000}{500}}{7}}{3}",
    r"\gcd(9^{9^9}, 3^{9^9})",
    r"9^{9^9} \mod 7",
    "isprime(2**44497-1)",
    "factorint(2**512-1)",
    "nextprime(10**1000)",
    r"\sum_{n=1}^{10^{12}} \frac{1}{n^3+1}",
    r"\prod_{n=1}^{10^{9}} (1+\frac{1}{n^2})",
    r"\int_0^1 x^{x^{x^x}} \sin(e^{x^9}) \log(x+e^{x}) dx",
    r"\int_0^{\infty} \frac{\sin(x^x)}{\cos(x^{x^x})+e^{x^2}} dx",
    r"\lim_{x \to 0} \frac{\sin(\tan(\sin(\tan x))) - \tan(\sin(\tan(\sin x)))}{x^{77}}",
    "(" * 50_000 + "1" + ")" * 50_000,
    "(" * 1_000 + "42" + ")" * 1_000,
    "{" * 50_000,
    "[" * 45 + "42" + ")" * 45,
    "-" * 10_000 + "42",
    "-" * 500 + "41",
    "!" * 5_000 + "42",
    "1" * 1_000_000,
    "1" * 2_400,
    "0." + "3" * 2_400,
    "1e999999999",
    "1e-999999999",
    "4" * 1_900 + "_2",
    "+".join(["1"] * 1_200),
    "+".join(f"x_{{{i}}}" for i in range(200)) + "+" + "*".join(["y"] * 100),
    ",".join(str(i) for i in range(600)),
    ",".join(["x^2+1"] * 70),
    r"\frac{1}{" * 45 + "2" + "}" * 45,
    r"\frac{" * 800,
    r"\sqrt{" * 45 + "2" + "}" * 45,
    r"\begin{pmatrix}" + r"\\".join("&".join(["7"] * 40) for _ in range(40)) + r"\end{pmatrix}",
    r"\begin{pmatrix}" * 200,
    r"\text{" * 300,
    r"\boxed{" * 400 + "42",
    "$" * 2_001,
    "answer is " * 1_900,
    "the answer is\n" * 1_300 + "41",
    r"\sin" * 400 + "1",
    r"|" * 401,
    "x=" * 250 + "41",
    "1<" * 250 + "x",
    r"\pm 1" * 12,
    r"\{" + ", ".join([r"\pm 1"] * 30) + r"\}",
    r"\cup".join(["(1,2)"] * 100),
    "2 " * 1_000,
    "a " * 10_000,
    " " * 19_000 + "x",
    "\ud800\x00",
    "\x00" * 500,
    "٤" * 1_000,
    "𝟗^𝟗^𝟗^𝟗",
]


def planted(path: Path) -> list[str]:
    """Texts that would leave a file behind if anything evaluated them."""
    call = f"__import__('os').system('touch {path}')"
    return [
        call,
        f"\\boxed{{{call}}}",
        f"${call}$",
        f"\\frac{{{call}}}{{2}}",
        f"x + {call}",
        f"lambda: {call}",
        f"\\text{{{call}}}",
        f"{{{{ {call} }}}}",
        f"open('{path}', 'w')",
        f"[{call} for _ in [1]]",
        f"S('{call}')",
        f"\\operatorname{{eval}}({call})",
        f"exec(\"open('{path}','w')\")",
    ]


@pytest.mark.parametrize("gold", ["42", r"\int_0^2 x dx"])
def test_bombs_are_neither_executed_nor_waited_for(tmp_path: Path, gold: str) -> None:
    path = tmp_path / "executed"
    bombs = [*BOMBS, *planted(path)] if gold == "42" else [*BOMBS[:33], *planted(path)]
    assert len(bombs) >= 40

    async def work() -> None:
        async with Panel(PanelConfig(timeout_s=TIMEOUT_S)) as panel:
            for number, text in enumerate(bombs):
                await panel.judge_pairs([(r"\int_0^1 x dx", f"{number}")])  # a warm worker: its start is no delay
                began = time.monotonic()
                [verdict] = await panel.judge_pairs([(gold, text)])
                assert time.monotonic() - began < TIMEOUT_S + SLACK_S, text[:60]
                assert verdict.outcome != "valid" or text.strip("()").endswith("42"), text[:60]
            after = await panel.judge_pairs([("42", "42.0"), ("42", "41")])
            assert [verdict.outcome for verdict in after] == ["valid", "invalid"]

    asyncio.run(work())
    assert not path.exists()


def test_a_bomb_as_the_reference_is_no_wrong_answer() -> None:
    """What we cannot compute on either side makes no answer wrong."""

    async def work() -> None:
        async with Panel(PanelConfig(timeout_s=TIMEOUT_S)) as panel:
            verdicts = await panel.judge_pairs([(text, "42") for text in BOMBS[:33]])
            assert [text for text, verdict in zip(BOMBS, verdicts, strict=False) if verdict.outcome == "valid"] == []
            same = await panel.judge_pairs([("9**9**9**9", "9^{9^{9^9}}"), ("(10^9)!", "(10^9)! + 1")])
            assert all(verdict.outcome != "invalid" for verdict in same)

    asyncio.run(work())
