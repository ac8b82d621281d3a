"""A real Lean that is killed, hangs and eats memory in the middle of a batch: at most unknown, and no neighbour suffers.

A pool of its own, because its processes die: three starts, so one batch tells it all.
"""

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from schemas import JudgeBroken, LeanVerdict
from verifiers.lean import LeanConfig, LeanPool, file_request
from verifiers.lean.toolchain import find

RIGHT = "theorem right (x y : Nat) (h : x < y) : x + 1 ≤ y := by omega"
WRONG = "theorem wrong (x y : Nat) (h : x < y) : x + 2 ≤ y := by omega"
LIMITS = "set_option maxHeartbeats 0\nset_option maxRecDepth 1000000\n"
SPIN = LIMITS + "theorem spin : ∀ a b c : Fin 300, a.val * b.val * c.val < 1000000000 := by decide"
GROW = f"""def grow : Nat → List Nat → List Nat
  | 0, l => l
  | n + 1, l => grow n (l ++ l ++ [n])
{LIMITS}theorem grown : (grow 40 [1]).length = 0 := by decide +kernel"""
SPENT = {"timeout", "memory", "worker_died", "gave_up"}


def test_a_batch_outlives_the_processes_that_judge_it() -> None:
    try:
        find()
    except JudgeBroken as error:
        if "CI" in os.environ:
            raise
        pytest.skip(f"no Lean on this machine: {error}")
    found: list[LeanVerdict] = []
    with LeanPool(LeanConfig(timeout_s=20.0, memory_mb=3_500)) as pool:
        assert pool.judge([file_request(RIGHT)])[0].accepted
        [first] = pool.pids()
        batch = [file_request(text) for text in (RIGHT, SPIN, WRONG, GROW)]
        judging = threading.Thread(target=lambda: found.extend(pool.judge(batch)))
        judging.start()
        time.sleep(2.0)
        os.kill(first, signal.SIGKILL)  # while the second request is under way
        judging.join()
        right, spin, wrong, grown = found
        assert (right.accepted, wrong.accepted) == (True, False)
        assert "omega" in wrong.messages[0].text
        for verdict in (spin, grown):
            assert verdict.accepted is None and verdict.reason in SPENT, verdict
        assert pool.starts >= 2  # the killed request was asked again
        pids = [first, *pool.pids()]
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
