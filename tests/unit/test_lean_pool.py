"""The Lean pool with a stand-in for Lean: whatever a process does, the batch completes, in order, and nothing stays."""

import asyncio
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from schemas import ConfigError, JudgeBroken, LeanVerdict
from tests.lean_double import Double
from verifiers.lean import LeanConfig, LeanPool, file_request, proof_request, tactics_request
from verifiers.lean.known import Known
from verifiers.lean.requests import LeanRequest, Question

ROOT = Path(__file__).parents[2]
CONFIG = LeanConfig(timeout_s=20.0, start_timeout_s=20.0, memory_mb=300, recycle_mb=250)
QUICK = replace(CONFIG, timeout_s=0.5)
BUSY_S = 20.0


@pytest.fixture
def double(tmp_path: Path) -> Double:
    return Double(tmp_path / "log")


@pytest.fixture
def pool(double: Double) -> Iterator[LeanPool]:
    with LeanPool(CONFIG, double) as made:
        yield made


def said(verdicts: list[LeanVerdict]) -> list[tuple[bool | None, str | None]]:
    return [(verdict.accepted, verdict.reason) for verdict in verdicts]


def judge(pool: LeanPool, *texts: str) -> list[tuple[bool | None, str | None]]:
    return said(pool.judge([file_request(text) for text in texts]))


def running(pid: int) -> bool:
    """Whether a process is there and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone(pid: int) -> bool:
    deadline = time.monotonic() + BUSY_S
    while running(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not running(pid)


def test_verdicts_come_in_order_whole_and_from_one_process_that_starts_when_it_is_needed(
    pool: LeanPool, double: Double
) -> None:
    assert (pool.judge([]), pool.pids(), double.lines("started")) == ([], [], [])
    good, bad = pool.judge([file_request("rfl"), file_request("bad ∀")])
    assert (good.accepted, good.axioms, good.lean, good.statement_hash) == (True, ("propext",), "4.28.0", "1f")
    assert (bad.accepted, bad.reason, bad.messages[0].text) == (False, "error", "⊢ bad ∀")
    pool.judge(
        [proof_request("theorem t : p := by sorry", "a proof"), tactics_request("theorem t", ["intro h", "bad"])]
    )
    assert double.lines("asked") == ["rfl", "bad ∀", "a proof", "intro hbad"]
    assert double.lines("imports") == ["Init Std"]
    assert (len(double.lines("started")), pool.starts) == (1, 1)


@pytest.mark.parametrize(
    ("trick", "reason"),
    [
        ("die now", "worker_died"),
        ("wrong_id", "worker_died"),
        ("garbage", "worker_died"),
        ("dirty", "worker_died"),
        ("hang", "timeout"),
        ("eat", "memory"),
        ("eat_child", "memory"),
        ("flood", "output"),
        ("error", "bad_request"),
    ],
)
def test_a_process_that_misbehaves_costs_one_verdict_and_no_neighbour(trick: str, reason: str, double: Double) -> None:
    config = replace(CONFIG, timeout_s=1.5) if reason == "timeout" else CONFIG
    with LeanPool(config, double) as pool:
        assert judge(pool, "one", trick, "bad", "two") == [(True, None), (None, reason), (False, "error"), (True, None)]
        assert double.lines("asked").count(trick) == (2 if reason == "worker_died" else 1)
        pids = [int(pid) for pid in double.lines("started")]
        assert pool.pids() == pids[-1:]
    assert all(map(gone, pids))


def test_a_process_that_dies_once_is_asked_again_and_the_verdict_stands(
    pool: LeanPool, double: Double, tmp_path: Path
) -> None:
    assert judge(pool, f"die_once {tmp_path / 'mark'}", "bad") == [(True, None), (False, "error")]
    assert len(double.lines("started")) == 2


def test_only_lines_with_the_nonce_count_and_the_error_stream_never_blocks(pool: LeanPool) -> None:
    assert judge(pool, "forge bad", "stderr", "stderr bad") == [(False, "error"), (True, None), (False, "error")]
    assert pool.starts == 1


def test_how_a_process_ended_is_told(pool: LeanPool, double: Double) -> None:
    [died, wrong] = pool.judge([file_request("die"), file_request("wrong_id")])
    assert died.detail == "it ended by signal 9; its last words: 'stack overflow'"
    assert wrong.detail is not None and "instead of" in wrong.detail


def test_equal_requests_are_answered_once_also_while_they_are_under_way(pool: LeanPool, double: Double) -> None:
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(judge(pool, "slow", "one", "slow"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[(True, None)] * 3] * 4
    judge(pool, "one", "bad", "bad")
    assert sorted(double.lines("asked")) == ["bad", "one", "slow"]


def test_what_chance_said_is_asked_again_next_time(double: Double) -> None:
    with LeanPool(QUICK, double) as pool:
        assert judge(pool, "hang", "hang") == [(None, "timeout")] * 2
        assert double.lines("asked").count("hang") == 1  # within a batch it is one question
        judge(pool, "hang")
        assert double.lines("asked").count("hang") == 2


def test_many_event_loops_and_threads_share_one_pool(double: Double) -> None:
    with LeanPool(replace(CONFIG, processes=2), double) as pool:

        async def work(name: int) -> list[LeanVerdict]:
            halves = (
                pool.ajudge([file_request(f"{name} {i} {'bad' * (i % 2)}") for i in part]) for part in ((0, 1), (2, 3))
            )
            return [verdict for half in await asyncio.gather(*halves) for verdict in half]

        found: dict[int, list[Any]] = {}
        threads = [threading.Thread(target=lambda n=n: found.update({n: said(asyncio.run(work(n)))})) for n in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == {n: [(True, None), (False, "error")] * 2 for n in range(5)}
        assert len(pool.pids()) <= 2


def test_a_caller_that_leaves_takes_its_waiting_questions_along_and_nobody_elses(
    pool: LeanPool, double: Double
) -> None:
    async def work() -> list[LeanVerdict]:
        leaving = asyncio.create_task(pool.ajudge([file_request("slow"), file_request("shared"), file_request("mine")]))
        while "slow" not in double.lines("asked"):
            await asyncio.sleep(0.01)
        staying = asyncio.create_task(pool.ajudge([file_request("shared")]))
        await asyncio.sleep(0)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        return await staying

    assert said(asyncio.run(work())) == [(True, None)]
    judge(pool, "last")
    assert double.lines("asked") == ["slow", "shared", "last"]


def test_a_process_with_the_imports_at_hand_is_taken_first(double: Double) -> None:
    with LeanPool(replace(CONFIG, processes=2), double) as pool:
        pool.judge([file_request("import A\nslow"), file_request("import B\nslow")])
        for name in "ABAB":
            judge(pool, f"import {name}\n{name} {time.monotonic()}")
        assert sorted(double.lines("imports")) == ["Init A", "Init B"]


@pytest.mark.parametrize(("change", "text"), [({"recycle_after": 3}, "two"), ({"recycle_mb": 64}, "hold")])
def test_a_process_is_replaced_after_its_time_or_where_it_holds_too_much(
    change: dict[str, int], text: str, double: Double
) -> None:
    with LeanPool(replace(CONFIG, **change), double) as pool:  # type: ignore[arg-type]
        assert judge(pool, "one", text, "three") == [(True, None)] * 3  # the first environment was a request too
        assert len(double.lines("started")) == 2
        assert len(pool.pids()) == 1


@pytest.mark.parametrize(
    ("start", "words"),
    [("dead", r"'error: Checker.lean:1:0\\nno such olean'"), ("mute", "not ready within 0.5 s"), ("strange", "hello")],
)
def test_a_lean_that_cannot_be_started_breaks_every_waiting_question_at_once(
    start: str, words: str, tmp_path: Path
) -> None:
    double = Double(tmp_path / "log", start)
    with LeanPool(replace(CONFIG, start_timeout_s=0.5 if start == "mute" else 20.0), double) as pool:
        with pytest.raises(JudgeBroken, match=words):
            judge(pool, *(f"text {i}" for i in range(50)))
        with pytest.raises(JudgeBroken, match="factory lean"):
            judge(pool, "text")
        assert len(double.lines("started")) == 2
        assert pool.pids() == []


def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    class Nowhere(Double):
        def command(self, checker: Path, nonce: str) -> list[str]:
            return [str(tmp_path / "lean")]

    with LeanPool(CONFIG, Nowhere(tmp_path / "log")) as pool, pytest.raises(JudgeBroken, match="cannot be run"):
        judge(pool, "text")


def test_a_restart_that_fails_is_tried_again_before_the_run_breaks(tmp_path: Path) -> None:
    double = Double(tmp_path / "log", "once")
    with LeanPool(CONFIG, double) as pool, pytest.raises(JudgeBroken, match="did not start"):
        judge(pool, "one", "die")
    assert len(double.lines("started")) == 3


def test_a_process_killed_from_outside_loses_no_verdict(pool: LeanPool, double: Double) -> None:
    judge(pool, "one")
    os.kill(pool.pids()[0], signal.SIGKILL)  # while it is idle
    assert judge(pool, "two") == [(True, None)]
    killer = threading.Timer(0.15, lambda: os.kill(pool.pids()[0], signal.SIGKILL))
    killer.start()
    assert judge(pool, "slow", "three", "bad") == [(True, None), (True, None), (False, "error")]
    killer.join()
    assert len(double.lines("started")) == 3


def test_closing_ends_what_runs_at_once(double: Double) -> None:
    pool = LeanPool(CONFIG, double)
    judge(pool, "one")
    pids = pool.pids()
    timer = threading.Timer(0.2, pool.close)
    timer.start()
    began = time.monotonic()
    with pytest.raises(RuntimeError, match="closed"):
        judge(pool, "hang", "two", "three")
    timer.join()
    assert time.monotonic() - began < 10
    assert all(map(gone, pids))
    pool.close()
    with pytest.raises(RuntimeError, match="closed"):
        judge(pool, "one")


def test_a_pool_that_is_dropped_leaves_no_process(double: Double) -> None:
    pool = LeanPool(CONFIG, double)
    judge(pool, "one")
    [pid] = pool.pids()
    del pool
    assert gone(pid)


@pytest.mark.parametrize("how", ["exit", "kill"])
def test_no_process_outlives_the_interpreter(how: str, double: Double) -> None:
    source = (
        "import sys, threading, time; from pathlib import Path; from tests.lean_double import Double\n"
        "from verifiers.lean import LeanConfig, LeanPool, file_request\n"
        "pool = LeanPool(LeanConfig(), Double(Path(sys.argv[1])))\n"
        "pool.judge([file_request('one')])\n"
        "if sys.argv[2] == 'kill':\n"
        "    threading.Timer(0.3, lambda: print('hung', flush=True)).start()\n"
        "    pool.judge([file_request('hang')])\n"
    )
    child = subprocess.Popen([sys.executable, "-c", source, str(double.log), how], stdout=subprocess.PIPE, cwd=ROOT)
    if how == "kill":
        assert child.stdout is not None and child.stdout.readline() == b"hung\n"
        child.kill()
    child.communicate(timeout=60)
    assert all(gone(int(pid)) for pid in double.lines("started"))


def test_a_config_crosses_to_an_actor_and_says_what_is_wrong_with_it() -> None:
    config = LeanConfig(project=Path("somewhere"), allow=("native_decide",))
    assert pickle.loads(pickle.dumps(config)) == config
    for change in ({"timeout_s": 0}, {"processes": 0}, {"memory_mb": 1}):
        with pytest.raises(ConfigError, match=next(iter(change))):
            LeanConfig(**change)  # type: ignore[arg-type]


def test_what_is_allowed_reaches_lean(double: Double) -> None:
    with LeanPool(replace(CONFIG, allow=("native_decide",)), double) as pool:
        assert pool.judge([file_request("one")])[0].detail == "native_decide"


def test_the_memory_of_verdicts_is_bounded() -> None:
    def question(name: str) -> Question:
        return Question(LeanRequest("file", code=name * 1000), ("Init",), 1, ())

    verdict = LeanVerdict(True, None, None, None, (), (), (), (), None, "")
    known = Known(max_chars=4_500)
    for name in "ab":
        known.keep(question(name), verdict)
    assert known.recall(question("a")) == verdict
    known.keep(question("c"), verdict)
    assert [known.recall(question(name)) is not None for name in "abc"] == [True, False, True]


def test_what_no_process_should_read_starts_none(pool: LeanPool) -> None:
    assert judge(pool, "a\x00", "prelude") == [(None, "not_text"), (False, "forbidden")]
    assert pool.starts == 0
