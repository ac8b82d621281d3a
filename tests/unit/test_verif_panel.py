"""The panel's contract: one verdict per judge with an opinion, in order, from any loop or thread, nothing left behind."""

import asyncio
import os
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest

from schemas import ConfigError, JudgeBroken, Problem
from verifiers import Panel, PanelConfig

T = TypeVar("T")


def problem(**fields: Any) -> Problem:
    plain = {"id": "p", "domain": "math", "statement": "?", "answer": "42", "tests": (), "formal": None}
    return Problem(**{**plain, "source": "test", "licence": None, **fields})


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(asyncio.wait_for(work, 120))


async def steps(panel: Panel, *texts: str) -> list[str]:
    verdicts = await panel.judge_steps(problem(), [("Earlier.", text) for text in texts])
    return ["+".join(f"{v.judge}:{v.outcome}" for v in each) for each in verdicts]


def test_steps_get_the_telling_claim() -> None:
    async def work() -> None:
        async with Panel() as panel:
            texts = [
                "3 * 4 = 12 and 2 + 2 = 5.",
                "3 * 4 = 12, 9**9**9**9 = 1 * 1",
                "half of 10 + 4 = 9",
                "She has 5 apples.",
                "",
            ]
            expected = ["sympy:invalid", "sympy:valid", "sympy:unknown", "", ""]
            assert await steps(panel, *texts) == expected
            [[verdict]] = await panel.judge_steps(problem(), [("3 * 4 = 12 and 2 + 2 = 5.",)])
            assert (verdict.claim, verdict.start, verdict.end) == ("2 + 2 = 5", 15, 24)
            assert verdict.evidence == "2 + 2 is 4, the step says 5"
            assert await panel.judge_steps(problem(), []) == []
            [[verdict]] = await panel.judge_steps(problem(domain="code"), [("assert 1 + 1 == 3",)])
            assert (verdict.judge, verdict.outcome, verdict.reason) == ("python", "invalid", "raised")
            assert await panel.judge_steps(problem(domain="code"), [("So 1 + 1 = 3.",)]) == [()]

    run(work())


def test_a_claim_that_needs_sympy_is_handed_over_wherever_it_stands() -> None:
    async def work() -> None:
        async with Panel() as panel:
            texts = ["1 + 1 = 2", "the square root of 50 is 9", r"\sqrt{2} * \sqrt{8} = 4", "2^3 = 8"]
            assert await steps(panel, *texts) == ["sympy:valid", "sympy:invalid", "sympy:valid", "sympy:valid"]

    run(work())


def test_verdicts_do_not_depend_on_order_or_batch() -> None:
    texts = [f"{i} + {i} = {2 * i + (i % 3 == 0)}" for i in range(80)] + [r"\sqrt{2} * \sqrt{8} = 4"]

    async def work() -> None:
        async with Panel(PanelConfig(workers=2)) as one, Panel() as other:
            forward = await one.judge_steps(problem(), [(text,) for text in texts])
            single = [(await other.judge_steps(problem(), [(text,)]))[0] for text in reversed(texts)]
            assert forward == single[::-1]
            assert {v.outcome for each in forward for v in each} == {"valid", "invalid"}
            assert await one.judge_steps(problem(), [(text,) for text in texts]) == forward  # remembered

    run(work())


def test_two_hundred_calls_at_once() -> None:
    async def work() -> None:
        async with Panel(PanelConfig(workers=2)) as panel:
            calls = [steps(panel, f"{i} * 3 = {3 * i + i % 2}") for i in range(1, 201)]
            found = await asyncio.gather(*calls)
            assert [each[0] for each in found] == ["sympy:invalid" if i % 2 else "sympy:valid" for i in range(1, 201)]

    run(work())


def test_one_panel_serves_threads_with_their_own_loops() -> None:
    panel = Panel()
    found: dict[int, list[str]] = {}

    def thread(number: int) -> None:
        found[number] = run(steps(panel, f"{number} + 1 = {number + 1}", f"{number} + 1 = {number}"))

    threads = [threading.Thread(target=thread, args=(number,)) for number in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    run(panel.close())
    assert found == {number: ["sympy:valid", "sympy:invalid"] for number in range(3)}


def test_close_leaves_no_process_and_may_be_repeated() -> None:
    async def work() -> list[int]:
        panel = Panel()
        await steps(panel, "1 + 1 = 2")
        pids = panel._pool.pids()
        assert pids and all(Path(f"/proc/{pid}").exists() for pid in pids)
        await panel.close()
        await panel.close()
        with pytest.raises(RuntimeError):
            await steps(panel, "1 + 1 = 3")
        return pids

    assert not any(Path(f"/proc/{pid}").exists() for pid in run(work()))


def test_no_secret_reaches_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")

    async def work() -> None:
        async with Panel() as panel:
            await steps(panel, "1 + 1 = 2")
            [pid] = panel._pool.pids()
            assert b"hf_secret" not in Path(f"/proc/{pid}/environ").read_bytes()
            assert os.getpgid(pid) == pid != os.getpgid(0)

    run(work())


def test_a_worker_that_cannot_start_is_broken_not_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        async with Panel() as panel:
            monkeypatch.setattr("sys.executable", "/nonexistent/python")
            with pytest.raises(JudgeBroken, match="fork server"):
                await steps(panel, "1 + 1 = 2")
            monkeypatch.setattr("sys.executable", "/bin/false")
            with pytest.raises(JudgeBroken, match="did not start"):
                await steps(panel, "1 + 1 = 2")

    run(work())


def test_bad_configuration_says_so() -> None:
    with pytest.raises(ConfigError, match="'coq'"):
        PanelConfig(judges=("coq",))
    with pytest.raises(ConfigError):
        PanelConfig(timeout_s=0)
    assert run(_judged_without_judges()) == [()]


async def _judged_without_judges() -> list[Any]:
    async with Panel(PanelConfig(judges=())) as panel:
        return list(await panel.judge_steps(problem(), [("1 + 1 = 3",)]))
