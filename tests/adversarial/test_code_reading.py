"""Hostile steps with code: read in the killable worker and nowhere else, answered soon after the deadline."""

import ast
import asyncio
import doctest
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

import pytest

from schemas import Problem, Verdict
from verifiers import STEP_JUDGES, Panel, PanelConfig
from verifiers.code import relay
from verifiers.pool import Item, Pool, Worker
from verifiers.sandbox import Limits, Sandbox

TIMEOUT_S = 3.0
SLACK_S = max(5.0, 2 * os.getloadavg()[0])  # of a machine that does other work too
READERS = ("judging", "walk", "blocks", "claims", "printed")


def problem(domain: str = "math") -> Problem:
    return Problem("p", domain, "?", None, (), None, "test", None)  # type: ignore[arg-type]


def py(source: str) -> str:
    return f"```python\n{source}\n```"


TWELVE = py("x = 3 * 4\nprint(x)")
HOSTILE = {
    "nested parentheses": py("(" * 9_000 + "1" + ")" * 9_000),
    "open parentheses": py("(" * 19_000),
    "minus signs": py("x = " + "-" * 20_000 + "1"),
    "attributes": py("a" + ".b" * 9_900),
    "open fences": "```python\n" * 9_000,
    "closed fences": (py("x = 1") + "\n") * 4_000,
    "one long fence": "`" * 99_000,
    "one long fence of tildes": "~" * 99_000,
    "prompts": ">>> 1\n" * 15_000,
    "claims": py("x = 3") + "\n" + "x = 1. " * 12_000,
    "too much text": py("x = 3") + "\n" + "x" * 100_000,
    "much printed": (py("print('a' * 60000)") + "\n") * 40,
}


@pytest.mark.parametrize("domain", ["math", "code"])
def test_hostile_steps_are_unknown_in_time_and_never_read_here(domain: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_here(*_: Any, **__: Any) -> None:
        raise AssertionError("the host reads")

    async def work() -> dict[str, str]:
        found = {}
        async with Panel(PanelConfig(judges=("python",), timeout_s=TIMEOUT_S)) as panel:
            await panel.judge_steps(problem(domain), [(TWELVE,)])  # the processes stand ready
            for name, text in HOSTILE.items():
                began = time.monotonic()
                [[verdict]] = await panel.judge_steps(problem(domain), [(TWELVE, text)])
                assert time.monotonic() - began < TIMEOUT_S + SLACK_S, name
                found[name] = verdict.outcome
            [[after]] = await panel.judge_steps(problem(domain), [(TWELVE, "```output\n12\n```")])
            found["after"] = after.outcome
        return found

    with monkeypatch.context() as patched:
        patched.setattr(ast, "parse", read_here)
        patched.setattr(doctest.DocTestParser, "parse", read_here)
        found = asyncio.run(work())
    assert found == dict.fromkeys(HOSTILE, "unknown") | {"after": "valid"}


def test_the_host_does_not_even_import_what_reads() -> None:
    code = "import sys, verifiers; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    loaded = set(run.stdout.split())
    assert "verifiers.code.relay" in loaded
    assert not loaded & {f"verifiers.code.{name}" for name in READERS}


def test_what_holds_no_code_asks_no_worker() -> None:
    assert STEP_JUDGES["python"](problem(), ("3 * 4 = 12", "So x = 13, and it prints 4.")) is None
    assert STEP_JUDGES["python"](problem(), (TWELVE, "So x = 13.")) is not None


def test_too_much_text_is_not_even_sent() -> None:
    def ask(*_: Any) -> None:
        raise AssertionError("sent")

    steps = (py("x" * 60_000), py("y" * 60_000))
    item = {"judge": "python", "problem": "?", "domain": "math", "steps": steps}
    with Sandbox() as sandbox:
        found = relay.judge(item, ask, Limits(), sandbox)
    assert found is not None and (found["outcome"], found["reason"]) == ("unknown", "too_long")


@pytest.mark.parametrize(("number", "reason"), [(signal.SIGKILL, "worker_died"), (signal.SIGSTOP, "timeout")])
def test_a_reader_that_is_lost_makes_no_other_verdict(
    number: int, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Worker.send

    def send(worker: Worker, items: Sequence[Item]) -> None:
        if "marked" in items[0]["steps"][-1]:
            os.kill(worker.pid, number)
        plain(worker, items)

    async def work() -> list[tuple[Verdict, ...]]:
        steps = [(py("marked = 1 / 0"),), (py("x = 1 / 0"),)]
        async with Panel(PanelConfig(judges=("python",), timeout_s=3.0)) as panel:
            return await panel.judge_steps(problem(), steps)

    monkeypatch.setattr(Worker, "send", send)
    found = [[(v.judge, v.outcome, v.reason) for v in each if v.judge == "python"] for each in asyncio.run(work())]
    assert found[0] == [("python", "unknown", reason)]
    assert found[1] == [("python", "invalid", "raised")]


def test_reading_running_and_comparing_share_one_deadline() -> None:
    """Time that the reading took is not the program's."""
    asked: list[Item] = []

    with Sandbox() as sandbox:
        pool = Pool(1, 2048, sandbox)

        def ask(item: Item, timeout_s: float) -> Item | None:
            asked.append(item)
            reply = pool.ask(item, 30.0)
            return reply and reply | ({"seconds": 59.5} if "questions" in reply else {})

        began = time.monotonic()
        item = {"judge": "python", "problem": "?", "domain": "math", "steps": (py("while True: pass"),)}
        found = relay.judge(item, ask, Limits(60.0), sandbox)
        pool.close()
    assert time.monotonic() - began < 45.0
    assert found is not None and (found["outcome"], found["reason"]) == ("unknown", "timeout")
    assert len(asked) == 2 and asked[1]["answers"] == []
