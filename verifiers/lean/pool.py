"""The door to Lean: requests in, verdicts out, from any thread or event loop. A pool holds processes and does not
pickle; its ``LeanConfig`` does, so an actor of Ray builds its own pool from that."""

import asyncio
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from schemas import JudgeBroken, LeanVerdict
from verifiers.lean.config import LeanConfig
from verifiers.lean.guard import prepare
from verifiers.lean.known import Known
from verifiers.lean.process import LeanDied, LeanFat, LeanFlood, LeanLate, LeanProcess
from verifiers.lean.program import checker_file, compiled
from verifiers.lean.replies import unknown
from verifiers.lean.requests import LeanRequest, Question
from verifiers.lean.spawn import Launch
from verifiers.lean.toolchain import Toolchain, find

_CHANCE = frozenset({"timeout", "memory", "worker_died"})  # depend on the machine, so never remembered
_REASONS: dict[type[Exception], str] = {LeanLate: "timeout", LeanFat: "memory", LeanFlood: "output"}


@dataclass(slots=True, eq=False)
class _Asked:
    """A question that is being answered, and how many callers wait for it."""

    failures: int  # of starts, up to when it was asked
    waiting: int = 1
    future: "Future[LeanVerdict]" = field(init=False)


class LeanPool:
    """At most ``config.processes`` Lean processes, each started when it is first needed; ``close`` it.

    A request past its time is unknown ("timeout"), so is one that takes too much memory ("memory") or writes without
    end ("output"). One whose process dies is asked once more on a new process, then it is unknown ("worker_died").
    Its neighbours are not touched. Equal requests are answered once; these chance verdicts are not remembered.
    """

    def __init__(self, config: LeanConfig | None = None, launch: Launch | None = None) -> None:
        """``launch``: how to start Lean; by default the toolchain of ``config``, looked for at the first start."""
        self.config = config or LeanConfig()
        self._launch = launch
        self._checker: Path | None = None
        self._threads = ThreadPoolExecutor(self.config.processes, thread_name_prefix="lean")
        self._known = Known()
        self._asked: dict[Question, _Asked] = {}
        self._idle: list[LeanProcess] = []  # the last one used at the end
        self._alive: set[LeanProcess] = set()
        self._failures, self._failure = 0, ""  # of starts, and the last one's words
        self._starts = 0
        self._closed = False
        self._lock = threading.Lock()
        self._looking = threading.Lock()  # for a toolchain, which may take long: an event loop never waits for this one

    def judge(self, requests: Iterable[LeanRequest]) -> list[LeanVerdict]:
        """One verdict per request, in order. Raises ``JudgeBroken`` where no Lean can be started, ``RuntimeError`` once
        the pool is closed."""
        answers = self._enter(requests)
        try:
            return [each if isinstance(each, LeanVerdict) else each.future.result() for each in answers]
        finally:
            self._leave(answers)

    async def ajudge(self, requests: Iterable[LeanRequest]) -> list[LeanVerdict]:
        """As ``judge``, without blocking the event loop. What is cancelled is not asked, unless it is under way."""
        answers = self._enter(requests)
        try:
            return list(await asyncio.gather(*map(_settled, answers)))
        finally:
            self._leave(answers)

    def pids(self) -> list[int]:
        """The process ids of the Lean processes that run now."""
        with self._lock:
            return [process.pid for process in self._alive]

    @property
    def starts(self) -> int:
        """How many processes have become ready so far."""
        return self._starts

    def close(self) -> None:
        """Ends every process at once; what waits or is under way raises ``RuntimeError``. May be called again."""
        with self._lock:
            self._closed = True
            alive = list(self._alive)
        for process in alive:
            process.kill()
        self._threads.shutdown(wait=True)
        while self._idle:
            self._bury(self._idle.pop())

    def __enter__(self) -> "LeanPool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # ---------------------------------------------------------------------------------------------- questions

    def _enter(self, requests: Iterable[LeanRequest]) -> list[LeanVerdict | _Asked]:
        """Per request its verdict, where it is known, or the question that is under way."""
        prepared = [prepare(request, self.config) for request in requests]
        with self._lock:
            if self._closed:
                raise RuntimeError("This LeanPool is closed.")
            return [each if isinstance(each, LeanVerdict) else self._join(each) for each in prepared]

    def _join(self, question: Question) -> LeanVerdict | _Asked:
        if (known := self._known.recall(question)) is not None:
            return known
        if (asked := self._asked.get(question)) is not None:
            asked.waiting += 1
            return asked
        asked = self._asked[question] = _Asked(self._failures)
        asked.future = self._threads.submit(self._answer, question, asked)
        return asked

    def _leave(self, answers: Sequence[LeanVerdict | _Asked]) -> None:
        with self._lock:
            for each in answers:
                if isinstance(each, _Asked):
                    each.waiting -= 1

    def _answer(self, question: Question, asked: _Asked) -> LeanVerdict:
        """In a thread of the pool. A question whose callers have all left is not asked, and nobody sees its verdict."""
        with self._lock:
            if not asked.waiting:
                del self._asked[question]
                return unknown("abandoned")
        verdict = None
        try:
            verdict = self._judge(question, asked.failures)
        finally:
            with self._lock:
                del self._asked[question]
                if verdict is not None and verdict.reason not in _CHANCE:
                    self._known.keep(question, verdict)
        return verdict

    def _judge(self, question: Question, failures: int) -> LeanVerdict:
        died = ""
        for fresh in (False, True):
            process = self._hire(failures) if fresh else self._borrow(question, failures)
            try:
                verdict = process.judge(question)
            except (LeanDied, LeanLate, LeanFat, LeanFlood) as error:
                self._bury(process)
                self._check_open()
                if not isinstance(error, LeanDied):
                    return unknown(_REASONS[type(error)], str(error))
                died = str(error)
            else:
                self._give_back(process)
                return verdict
        return unknown("worker_died", died)

    # ---------------------------------------------------------------------------------------------- processes

    def _borrow(self, question: Question, failures: int) -> LeanProcess:
        """An idle process, one with the imports at hand where there is one, or a new one."""
        while True:
            with self._lock:
                if not self._idle:
                    break
                fitting = [each for each in self._idle if each.holds(question.imports)]
                process = (fitting or self._idle)[-1]
                self._idle.remove(process)
            if process.is_alive():
                return process
            self._bury(process)
        return self._hire(failures)

    def _hire(self, failures: int) -> LeanProcess:
        """A new process. A start that failed since the question was asked has failed for this question too. Where one has
        succeeded before, a failure may be chance, and the start is tried once more."""
        with self._lock:
            if self._failures > failures:
                raise JudgeBroken(self._failure)
        try:
            return self._start()
        except JudgeBroken as error:
            failure = error
        if self._starts:
            try:
                return self._start()
            except JudgeBroken as error:
                failure = error
        with self._lock:
            self._failures, self._failure = self._failures + 1, str(failure)
        raise failure

    def _start(self) -> LeanProcess:
        launch, checker = self._program()
        process = LeanProcess(launch, checker, self.config)
        with self._lock:
            self._alive.add(process)
        try:
            self._check_open()  # behind the line above, so that ``close`` has not missed the process
            process.wait_ready()
        except BaseException:
            self._bury(process)
            self._check_open()
            raise
        with self._lock:
            self._starts += 1
        return process

    def _program(self) -> tuple[Launch, Path]:
        with self._looking:
            self._launch = self._launch or toolchain(self.config)
            self._checker = self._checker or _checker(self._launch)
            return self._launch, self._checker

    def _give_back(self, process: LeanProcess) -> None:
        """To the idle ones, unless it has served its time: an environment that is loaded is never unloaded."""
        if process.asked >= self.config.recycle_after or process.held_mb() > self.config.recycle_mb:
            self._bury(process)
            return
        with self._lock:
            self._idle.append(process)

    def _bury(self, process: LeanProcess) -> None:
        process.close()
        with self._lock:
            self._alive.discard(process)

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError("This LeanPool was closed.")


def toolchain(config: LeanConfig) -> Toolchain:
    """The Lean that ``config`` asks for. Raises ``JudgeBroken`` where there is none."""
    return find(config.project, None if config.toolchain == "auto" else config.toolchain)


def _checker(launch: Launch) -> Path:
    """The file that this Lean is to run."""
    if isinstance(launch, Toolchain) and launch.kind == "wasm":
        return compiled(launch, checker_file())
    return checker_file()


async def _settled(answer: LeanVerdict | _Asked) -> LeanVerdict:
    """Shielded: a caller that is cancelled must not cancel a question that others wait for."""
    if isinstance(answer, LeanVerdict):
        return answer
    return await asyncio.shield(asyncio.wrap_future(answer.future))
