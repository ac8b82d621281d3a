"""Hostile texts: never executed, answered soon after the deadline, and the pool still works afterwards."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from schemas import Problem
from verifiers import Panel, PanelConfig
from verifiers.pool import Item, Pool, Worker

PROBLEM = Problem("p", "math", "?", "42", (), None, "test", None)
TIMEOUT_S = 1.0
# of a machine that does other work too; the exact bound is measured in benchmarks
SLACK_S = max(3.0, os.getloadavg()[0])
STEPS = [
    "9**9**9**9 = 3 * 1",
    "9^{9^{9^{9}}} = 3 * 1",
    "(10^9)! = 3 * 1",
    "170!! = 3 * 1",
    "2^(2^(2^(2^(2^2)))) = 3 * 1",
    "(1/3)^99999999 = 3 * 1",
    "0.1^(10^9) = 3 * 1",
    r"\sqrt{9^{9^{9}}} = 3",
    r"2^{\sqrt{2}^{99999}} = 3",
    r"\sqrt[63]{2}^{99999999} = 3",
    "(" * 9_999 + "1" + ")" * 9_999 + " * 2 = 2",
    "(" * 20_000 + " = 3 * 1",
    "1" * 100_000 + " * 2 = 4",
    "1" * 19_000 + " * 2 = 4",
    "+".join(["1"] * 9_000) + " = 3",
    " = ".join(["1 + 1"] * 2_000) + " = 3",
    "<<" * 9_000 + "1+1=2",
    r"\frac{" * 3_000 + " = 3 * 1",
    "\ud800\x00 1 + 1 = 3",
]
ANSWERS = [
    "9**9**9**9",
    "9^{9^{9^{9}}}",
    "(10^9)!",
    "10**(10**10)",
    r"\sum_{n=1}^{10^{12}} \frac{1}{n^3+1}",
    "(" * 1_900,
    "1" * 100_000,
    "\ud800\x00",
]


def planted(path: Path) -> list[str]:
    """Texts that would leave a file behind if anything evaluated them."""
    call = f"__import__('os').system('touch {path}')"
    return [
        f"{call} = 0",
        f"3 + {call} = 3",
        f"<<{call}=0>>",
        f"{{{call}}} = 1 * 1",
        f"$\\sqrt{{{call}}}$ = 1 * 1",
        call,
    ]


def test_bombs_are_neither_executed_nor_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "executed"

    async def work() -> None:
        async with Panel(PanelConfig(timeout_s=TIMEOUT_S)) as panel:
            for number, text in enumerate(STEPS + planted(path)):
                await panel.judge_steps(
                    PROBLEM, [(f"{number} + 1 = 3",)]
                )  # a worker stands ready: its start is no delay
                began = time.monotonic()
                [verdicts] = await panel.judge_steps(PROBLEM, [(text,)])
                assert time.monotonic() - began < TIMEOUT_S + SLACK_S, text[:60]
                assert all(verdict.outcome != "valid" for verdict in verdicts) or text.endswith("1+1=2"), text[:60]
            [[after]] = await panel.judge_steps(PROBLEM, [("3 * 12 = 38",)])
            assert after.outcome == "invalid"

    asyncio.run(work())
    assert not path.exists()


def test_bomb_answers(tmp_path: Path) -> None:
    path = tmp_path / "executed"

    async def work() -> None:
        async with Panel(PanelConfig(timeout_s=TIMEOUT_S)) as panel:
            for number, text in enumerate(ANSWERS + planted(path)):
                await panel.judge_answers(PROBLEM, [f"x + {number}"])  # loads math-verify
                began = time.monotonic()
                [verdict] = await panel.judge_answers(PROBLEM, [text])
                assert time.monotonic() - began < TIMEOUT_S + SLACK_S, text[:60]
                assert verdict.outcome != "valid", text[:60]
            verdicts = await panel.judge_answers(PROBLEM, ["42", "41"])
            assert [verdict.outcome for verdict in verdicts] == ["valid", "invalid"]

    asyncio.run(work())
    assert not path.exists()


def item(number: int) -> dict[str, Any]:
    return {"judge": "sympy", "problem": "", "steps": [f"{number} + {number} = {2 * number + number % 2}"]}


@pytest.fixture
def pool() -> Iterator[Pool]:
    made = Pool(workers=1, memory_mb=2048)
    yield made
    made.close()


def signalled_at(marked: dict[str, Any], number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on a worker that is asked for ``marked`` first gets the signal before it can read."""
    plain = Worker.send

    def send(worker: Worker, items: Sequence[Item]) -> None:
        if items[0] == marked:
            os.kill(worker.pid, number)
        plain(worker, items)

    monkeypatch.setattr(Worker, "send", send)


def outcomes(replies: Sequence[Item | None]) -> list[tuple[str, str] | None]:
    return [reply and (reply["outcome"], reply["reason"]) for reply in replies]


def test_a_late_item_does_not_spoil_its_neighbours(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    signalled_at(item(3), signal.SIGSTOP, monkeypatch)
    assert outcomes(pool.judge([item(2)], 30.0).result(60)) == [("valid", "exact")]
    replies = pool.judge([item(3), item(4), item(5)], timeout_s=1.0).result(60)
    assert outcomes(replies) == [("unknown", "timeout"), ("valid", "exact"), ("invalid", "refuted")]


def test_a_worker_killed_in_the_middle_costs_nothing(pool: Pool) -> None:
    pool.judge([item(1)], 5.0).result(60)
    items = [item(number) for number in range(1000)]
    future = pool.judge(items, 5.0)
    for _ in range(5):
        time.sleep(0.05)
        for pid in pool.pids():
            os.kill(pid, signal.SIGKILL)
    replies = future.result(120)
    assert [reply and reply["outcome"] for reply in replies] == [
        "invalid" if number % 2 else "valid" for number in range(1000)
    ]


def test_an_item_that_kills_every_worker_is_unknown_and_alone(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked once more, then given up."""
    signalled_at(item(3), signal.SIGKILL, monkeypatch)
    replies = pool.judge([item(3), item(4)], timeout_s=30.0).result(120)
    assert outcomes(replies) == [("unknown", "worker_died"), ("valid", "exact")]


def test_memory_bombs_die_alone(pool: Pool) -> None:
    program = "x = []\nwhile True: x.append(bytearray(1 << 24))\n"

    async def work() -> list[str]:
        async with Panel(PanelConfig(timeout_s=10, memory_mb=512)) as panel:
            asked = Problem("p", "code", "?", None, ("assert True",), None, "test", None)
            verdicts = await panel.judge_answers(asked, [program, "pass"])
            return [f"{verdict.outcome}:{verdict.reason}" for verdict in verdicts]

    assert asyncio.run(work()) == ["unknown:memory", "valid:tests_passed"]
