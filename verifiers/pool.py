"""Killable worker processes and the threads that talk to them. No signal handlers, no event loop, no pickle."""

import contextlib
import json
import os
import queue
import selectors
import signal
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from schemas import JudgeBroken

START_S = 60.0  # an interpreter start or a SymPy import on a busy machine
MAX_REPLY_BYTES = 1 << 16

Item = dict[str, Any]
Reply = Item | None
Result = TypeVar("Result")


class WorkerDied(Exception):
    """The process ended or broke the protocol before it answered."""


class WorkerLate(Exception):
    """The deadline passed before the answer came."""


class Worker:
    """One child process and our ends of its pipes. Used by one thread at a time."""

    def __init__(self, memory_mb: int) -> None:
        """Starts the process and waits until it is ready. Raises ``JudgeBroken`` where it cannot start."""
        self._folder = tempfile.TemporaryDirectory(prefix="judge-")
        self._buffer = b""
        try:
            self._process = self._popen(memory_mb)
        except OSError as error:
            self._folder.cleanup()
            raise JudgeBroken(f"Cannot start a judge's worker process: {error}. {_ADVICE}") from error
        try:
            self._read(time.monotonic() + START_S)
        except (WorkerDied, WorkerLate) as error:
            log = (Path(self._folder.name) / "stderr").read_text(errors="replace")[-800:].strip()
            self.kill()
            raise JudgeBroken(f"A judge's worker process did not start. Its last words: {log!r}. {_ADVICE}") from error

    def _popen(self, memory_mb: int) -> subprocess.Popen[bytes]:
        folder = self._folder.name
        with (Path(folder) / "stderr").open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-s", "-P", "-m", "verifiers.worker", str(memory_mb)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=folder,
                env=clean_env(folder) | {"PYTHONPATH": str(Path(__file__).resolve().parents[1])},
                start_new_session=True,
                bufsize=0,
            )

    @property
    def pid(self) -> int:
        """The process id; it leads its own process group."""
        return self._process.pid

    def send(self, items: Sequence[Item], timeout_s: float) -> None:
        """Asks for ``items``; their replies are then read one by one. Raises ``WorkerDied``."""
        assert self._process.stdin is not None
        line = memoryview(json.dumps({"timeout_s": timeout_s, "items": list(items)}).encode() + b"\n")
        try:
            while line:
                line = line[self._process.stdin.write(line) or 0 :]
        except (BrokenPipeError, ValueError) as error:
            raise WorkerDied from error

    def receive(self, timeout_s: float) -> Reply:
        """The next reply. The clock stands still while the worker imports. Raises ``WorkerDied``, ``WorkerLate``."""
        reply = self._read(time.monotonic() + timeout_s)
        if reply == {"event": "loading"}:
            self._read(time.monotonic() + START_S)
            reply = self._read(time.monotonic() + timeout_s)
        return reply

    def _read(self, deadline: float) -> Reply:
        assert self._process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._buffer:
                left = deadline - time.monotonic()
                if left <= 0 or not selector.select(left):
                    raise WorkerLate
                chunk = os.read(self._process.stdout.fileno(), 1 << 16)
                self._buffer += chunk
                if not chunk or len(self._buffer) > 4 * MAX_REPLY_BYTES:
                    raise WorkerDied
        line, _, self._buffer = self._buffer.partition(b"\n")
        try:
            reply: Reply = json.loads(line)
        except ValueError as error:
            raise WorkerDied from error
        return reply

    def kill(self) -> None:
        """Ends the process group, reaps the child, removes its folder. May be called again."""
        kill_group(self._process)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._folder.cleanup()


class Pool:
    """``workers`` threads, each with a worker of its own while it runs a batch. Thread-safe; usable from any loop."""

    def __init__(self, workers: int, memory_mb: int) -> None:
        self._memory_mb = memory_mb
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="judge")
        self._idle: queue.LifoQueue[Worker] = queue.LifoQueue()
        self._alive: set[Worker] = set()
        self._lock = threading.Lock()
        weakref.finalize(self, _kill_all, self._alive)

    def judge(self, items: Sequence[Item], timeout_s: float) -> "Future[list[Reply]]":
        """The replies in order. An item past ``timeout_s`` or whose worker dies is ``unknown``, its neighbours are not
        touched. The future raises ``JudgeBroken`` where no worker can be started."""
        return self._threads.submit(self._run, tuple(items), timeout_s)

    def call(self, work: Callable[[], Result]) -> "Future[Result]":
        """``work()`` in one of the pool's threads."""
        return self._threads.submit(work)

    def pids(self) -> list[int]:
        """The process ids of the workers that run now."""
        with self._lock:
            return [worker.pid for worker in self._alive]

    def close(self) -> None:
        """Waits for what runs, drops what waits, ends every worker. May be called again."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        with self._lock:
            _kill_all(self._alive)

    def _run(self, items: tuple[Item, ...], timeout_s: float) -> list[Reply]:
        """Workers answer in order, so the item that was under way at a death or deadline is known."""
        replies: list[Reply] = []
        left_s, deaths = timeout_s, 0  # of the item under way; a dead worker's item is asked once more
        while len(replies) < len(items):
            worker = self._borrow()
            began = time.monotonic()
            try:
                worker.send(items[len(replies) :], timeout_s)
                while len(replies) < len(items):
                    began = time.monotonic()
                    replies.append(worker.receive(left_s))
                    left_s, deaths = timeout_s, 0
            except (WorkerDied, WorkerLate) as error:
                self._bury(worker)
                left_s -= time.monotonic() - began
                deaths += 1
                if isinstance(error, WorkerLate) or deaths > 1 or left_s <= 0:
                    reason = "timeout" if isinstance(error, WorkerLate) else "worker_died"
                    replies.append(_unknown(items[len(replies)], reason))
                    left_s, deaths = timeout_s, 0
            else:
                self._idle.put(worker)
        return replies

    def _borrow(self) -> Worker:
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            worker = Worker(self._memory_mb)
        with self._lock:
            self._alive.add(worker)
        return worker

    def _bury(self, worker: Worker) -> None:
        with self._lock:
            self._alive.discard(worker)
        worker.kill()


_ADVICE = (
    "Check that this Python can run `python -m verifiers.worker 2048`, that the machine has memory and processes to "
    "spare, and raise `memory_mb` if it is below 1024."
)


def clean_env(folder: str) -> dict[str, str]:
    """An environment without secrets. The hash seed is fixed: SymPy's order of terms must not depend on it."""
    return {"PATH": os.defpath, "LANG": "C.UTF-8", "HOME": folder, "TMPDIR": folder, "PYTHONHASHSEED": "0"}


def kill_group(process: "subprocess.Popen[bytes]") -> None:
    """SIGKILL to the child's whole process group, then reap the child."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _kill_all(workers: set[Worker]) -> None:
    while workers:
        workers.pop().kill()


def _unknown(item: Item, reason: str) -> Item:
    none = dict.fromkeys(("claim", "start", "end", "evidence"))
    return {"outcome": "unknown", "judge": item["judge"], "reason": reason, **none}
