"""Killable worker processes and the threads that talk to them. No signal handlers, no event loop, no pickle."""

import json
import math
import queue
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from verifiers.sandbox import ChildFlood, ChildGone, ChildLate, Limits, Sandbox, SandboxConfig

_SEND_S = 60.0  # a worker that does not even read is dead

Item = dict[str, Any]
Reply = Item | None
Result = TypeVar("Result")


class WorkerDied(Exception):
    """The process ended or broke the protocol before it answered."""


class WorkerLate(Exception):
    """The deadline passed before the answer came."""


class NeedsSymPy(Exception):
    """The next item is one for a ``warm`` worker."""


class Worker:
    """One child process of the sandbox that judges text. Used by one thread at a time."""

    def __init__(self, sandbox: Sandbox, memory_mb: int, *, warm: bool) -> None:
        """``warm``: with SymPy imported, which the first such worker waits for. Raises ``JudgeBroken``."""
        self.warm = warm
        limits = Limits(timeout_s=math.inf, memory_mb=memory_mb, files_mb=1)
        self._child = sandbox.start("worker", limits, {"warm": warm}, warm=warm)
        self.pid = self._child.pid  # it leads its own process group

    def send(self, items: Sequence[Item]) -> None:
        """Asks for ``items``; their replies are then read one by one. Raises ``WorkerDied``."""
        try:
            self._child.send(json.dumps(list(items)).encode(), _SEND_S)
        except (ChildGone, ChildLate, ChildFlood) as error:
            raise WorkerDied from error

    def receive(self, timeout_s: float) -> Reply:
        """The next reply. Raises ``WorkerDied``, ``WorkerLate``, ``NeedsSymPy``."""
        try:
            reply: Reply = json.loads(self._child.receive(timeout_s))
        except ChildLate as error:
            raise WorkerLate from error
        except (ChildGone, ChildFlood, ValueError) as error:
            raise WorkerDied from error
        if reply == NEEDS_SYMPY:
            raise NeedsSymPy
        return reply

    def kill(self) -> None:
        """Ends the process and reaps it. May be called again."""
        self._child.end()


NEEDS_SYMPY = {"event": "needs_sympy"}


class Pool:
    """``workers`` threads, each with a worker of its own while it runs a batch. Thread-safe; usable from any loop."""

    def __init__(self, workers: int, memory_mb: int, sandbox: Sandbox | None = None) -> None:
        """Workers are forked in ``sandbox``, by default one of the pool's own. They read text and run no code, so how
        much isolation the machine allows does not matter to them."""
        self.sandbox = sandbox or Sandbox(SandboxConfig(allow_weak=True))
        self._owns_sandbox = sandbox is None
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

    def ask(self, item: Item, timeout_s: float) -> Reply:
        """As ``judge``, of one item, for ``work`` in a thread of the pool: it waits here. Raises ``JudgeBroken``."""
        return self._run((item,), timeout_s)[0]

    def pids(self) -> list[int]:
        """The process ids of the workers that run now."""
        with self._lock:
            return [worker.pid for worker in self._alive]

    def close(self) -> None:
        """Waits for what runs, drops what waits, ends every worker. May be called again."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        with self._lock:
            _kill_all(self._alive)
        if self._owns_sandbox:
            self.sandbox.close()

    def _run(self, items: tuple[Item, ...], timeout_s: float) -> list[Reply]:
        """Workers answer in order, so the item that was under way at a death or deadline is known."""
        replies: list[Reply] = []
        left_s, deaths = timeout_s, 0  # of the item under way; a dead worker's item is asked once more
        warm = False  # until an item needs it: most do not, and the first import of SymPy takes long
        while len(replies) < len(items):
            worker = self._borrow(warm=warm)
            began = time.monotonic()
            try:
                worker.send(items[len(replies) :])
                while len(replies) < len(items):
                    began = time.monotonic()
                    replies.append(worker.receive(left_s))
                    left_s, deaths = timeout_s, 0
            except NeedsSymPy:
                self._bury(worker)
                warm = True
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

    def _borrow(self, *, warm: bool) -> Worker:
        try:
            worker = self._idle.get_nowait()
        except queue.Empty:
            return self._hire(warm=warm)
        if warm and not worker.warm:
            self._bury(worker)
            return self._hire(warm=True)
        return worker

    def _hire(self, *, warm: bool) -> Worker:
        worker = Worker(self.sandbox, self._memory_mb, warm=warm or self.sandbox.is_warm())
        with self._lock:
            self._alive.add(worker)
        return worker

    def _bury(self, worker: Worker) -> None:
        with self._lock:
            self._alive.discard(worker)
        worker.kill()


def _kill_all(workers: set[Worker]) -> None:
    while workers:
        workers.pop().kill()


def _unknown(item: Item, reason: str) -> Item:
    none = dict.fromkeys(("claim", "start", "end", "evidence"))
    return {"outcome": "unknown", "judge": item["judge"], "reason": reason, **none}
