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
LATER = "theorem later (x y : Nat) (h : x ≤ y) : x < y + 1 := by omega"
HELD = "theorem held (x y : Nat) (h : x ≤ y) : x < y + 2 := by omega"
LIMITS = "set_option maxHeartbeats 0\nset_option maxRecDepth 1000000\n"
GROW = f"""def grow : Nat → List Nat → List Nat
  | 0, l => l
  | n + 1, l => grow n (l ++ l ++ [n])
{LIMITS}theorem grown : (grow 40 [1]).length = 0 := by decide +kernel"""
WIDE = "theorem wide : True := by\n" + "".join(f"  have h{i} : {i} = {i} := rfl\n" for i in range(100)) + "  trivial"


def test_a_batch_outlives_the_processes_that_judge_it() -> None:
    try:
        find()
    except JudgeBroken as error:
        if "CI" in os.environ:
            raise
        pytest.skip(f"no Lean on this machine: {error}")
    found: list[LeanVerdict] = []
    with LeanPool(LeanConfig(timeout_s=20.0, memory_mb=2_900)) as pool:
        assert pool.judge([file_request(RIGHT)])[0].accepted
        wide = pool.judge([file_request(WIDE)])[0]  # its answer is many times what a pipe holds
        assert wide.accepted and len(wide.steps) == 101, wide
        [first] = pool.pids()
        assert pool.starts == 1
        batch = [file_request(text) for text in (WRONG, GROW, LATER)]
        judging = threading.Thread(target=lambda: found.extend(pool.judge(batch)))
        judging.start()
        time.sleep(0.02)
        os.kill(first, signal.SIGKILL)  # while the first request is under way
        judging.join()
        wrong, grown, later = found
        assert (wrong.accepted, later.accepted) == (False, True)
        assert "omega" in wrong.messages[0].text
        assert (grown.accepted, grown.reason) == (None, "memory"), grown
        assert pool.starts >= 2  # what was under way was asked again
        os.kill(pool.pids()[0], signal.SIGSTOP)  # a process that hangs
        pids = [first, *pool.pids()]
        held = pool.judge([file_request(HELD)])[0]
        assert (held.accepted, held.reason) == (None, "timeout")
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
