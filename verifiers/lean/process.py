"""One Lean process that runs our checker: started, asked, watched and ended. It never outlives this one.

The process judges untrusted text, so nothing it does but one line per request that begins with the nonce counts:
neither other lines on its output, nor its error stream, nor when it ends.
"""

import json
import os
import secrets
import select
import time
import weakref
from pathlib import Path
from typing import Any

from schemas import JudgeBroken, LeanVerdict
from verifiers.lean.config import LeanConfig
from verifiers.lean.replies import unknown, verdict_of
from verifiers.lean.requests import Question
from verifiers.lean.spawn import ADVICE, LAST_S, LastWords, Launch, end, guard, start
from verifiers.lean.watch import Watch

KEPT = 4  # environments, by the checker
TICK_S = 0.05  # between two looks at the memory
_BLOCK = 1 << 16
_SHOWN = 2_000  # bytes of noise, and characters of a refusal, that are kept


class LeanDied(Exception):
    """The process ended or broke the protocol before it answered; the text says how."""


class LeanLate(Exception):
    """The deadline passed before the answer came."""


class LeanFat(Exception):
    """The process took more memory than it may."""


class LeanFlood(Exception):
    """The process wrote more than it may."""


class LeanProcess:
    """Used by one thread at a time, but for ``kill``. After any exception of ``judge`` it has to be ended."""

    def __init__(self, launch: Launch, checker: Path, config: LeanConfig) -> None:
        """Starts the process and waits for nothing. Raises ``JudgeBroken`` where the program cannot be run."""
        self._config = config
        nonce = secrets.token_hex(16)
        self._mark = nonce.encode() + b" "
        self._child = start(launch.command(checker, nonce), launch.environment())
        self.pid = self._child.process.pid  # it leads its own session and process group
        self._end = weakref.finalize(self, end, self._child.process, guard(self._child.process), os.getpid())
        self._input, self._output = self._child.input.fileno(), self._child.output.fileno()
        self._words = LastWords(self._child.errors)
        self._watch = Watch(self.pid)
        self._unread, self._noise = bytearray(), b""
        self._opened: list[tuple[str, ...]] = []  # the environments that the checker keeps, the last loaded one first
        self.asked = 0

    def wait_ready(self) -> str:
        """The version of Lean that is ready to judge. Raises ``JudgeBroken`` where none becomes so in time."""
        limit_s = self._config.start_timeout_s
        try:
            said = self._exchange(b"", limit_s)
        except LeanLate:
            raise self._broken(f"was not ready within {limit_s:g} s") from None
        except LeanFat:
            raise self._broken(f"needs more than {self._config.memory_mb} MB to start") from None
        except (LeanDied, LeanFlood) as error:
            raise self._broken(f"did not start: {error}") from error
        if said.get("event") != "ready" or not isinstance(said.get("lean"), str):
            raise self._broken(f"did not say that it is ready, but {str(said)[:200]!r}")
        return str(said["lean"])

    def judge(self, question: Question) -> LeanVerdict:
        """Lean's verdict. Loading an environment for the first time has a time limit of its own.
        Raises ``LeanDied``, ``LeanLate``, ``LeanFat``, ``LeanFlood``."""
        if question.imports not in self._opened:
            self._ask(question.opening(), self._config.start_timeout_s)
            self._opened = [question.imports, *self._opened[: KEPT - 1]]
        return self._ask(question, self._config.timeout_s)

    def holds(self, imports: tuple[str, ...]) -> bool:
        """Whether an environment with these imports is loaded."""
        return imports in self._opened

    def held_mb(self) -> float:
        """The memory that the process and its children hold now, in MB."""
        return self._watch.held_mb()

    def is_alive(self) -> bool:
        """Whether the process has not been seen to end."""
        options = os.WEXITED | os.WNOHANG | os.WNOWAIT  # it stays to be reaped, so that its id is not given anew
        try:
            return os.waitid(os.P_PID, self.pid, options) is None
        except ChildProcessError:
            return False

    def kill(self) -> None:
        """Ends the process with all that it started, and reaps it. From any thread; may be called again."""
        self._end()

    def close(self) -> None:
        """As ``kill``, for the thread that uses the process: its pipes are closed too."""
        self._end()
        self._child.close()

    def _ask(self, question: Question, timeout_s: float) -> LeanVerdict:
        self.asked += 1
        self._noise = b""
        said = self._exchange(question.message(self.asked), timeout_s)
        if said.get("id") != self.asked:
            raise LeanDied(f"it answered request {str(said.get('id'))[:40]} instead of {self.asked}")
        if "error" in said:
            return unknown("bad_request", str(said["error"])[:_SHOWN])
        try:
            return verdict_of(said.get("verdict"))
        except ValueError as error:
            raise LeanDied(f"its answer is no verdict: {error}") from error

    def _exchange(self, line: bytes, timeout_s: float) -> dict[str, Any]:
        """Writes ``line`` and reads up to the next line of the protocol. Both at once: a process that floods its output
        before it has read its input must not block us."""
        left, taken = memoryview(line), len(self._unread)
        deadline, looked = time.monotonic() + timeout_s, time.monotonic()
        poll = select.poll()
        poll.register(self._output, select.POLLIN)
        if left:
            poll.register(self._input, select.POLLOUT)
        while (said := self._next()) is None:
            now = time.monotonic()
            if now >= deadline:
                raise LeanLate(f"no answer within {timeout_s:g} s")
            if now - looked >= TICK_S:
                looked = now
                if self.held_mb() > self._config.memory_mb:
                    raise LeanFat(f"it held more than {self._config.memory_mb} MB")
            ready = dict(poll.poll(1000 * min(TICK_S, deadline - now)))
            if self._input in ready:
                left = self._write(left)
                if not left:
                    poll.unregister(self._input)
            if self._output in ready:
                taken += self._read()
            if taken > self._config.max_output_bytes:
                raise LeanFlood(f"it wrote more than {self._config.max_output_bytes} bytes")
        return said

    def _write(self, left: memoryview) -> memoryview:
        try:
            return left[os.write(self._input, left[:_BLOCK]) :]
        except BlockingIOError:
            return left
        except OSError as error:
            raise LeanDied(self._ending()) from error

    def _read(self) -> int:
        block = os.read(self._output, _BLOCK)
        if not block:
            raise LeanDied(self._ending())
        self._unread += block
        return len(block)

    def _next(self) -> dict[str, Any] | None:
        """The next line of the protocol that came whole; noise before it, in its line too, is dropped."""
        while (end := self._unread.find(b"\n")) >= 0:
            line = bytes(self._unread[:end])
            del self._unread[: end + 1]
            _, mark, said = line.partition(self._mark)
            if mark:
                return _decoded(said)
            self._noise = (self._noise + line + b"\n")[-_SHOWN:]
        return None

    def _ending(self) -> str:
        deadline = time.monotonic() + LAST_S
        while (alive := self.is_alive()) and time.monotonic() < deadline:
            time.sleep(0.01)
        self.kill()
        code = self._child.process.wait()
        how = "closed its output" if alive else f"ended by signal {-code}" if code < 0 else f"ended with code {code}"
        return f"it {how}{self._words.quoted(self._noise)}"

    def _broken(self, what: str) -> JudgeBroken:
        self.kill()
        words = "" if "last words" in what else self._words.quoted(self._noise)
        return JudgeBroken(f"Lean {what}{words}. {ADVICE}")


def _decoded(line: bytes) -> dict[str, Any]:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise LeanDied("it wrote a line that is no JSON") from error
    if not isinstance(said, dict):
        raise LeanDied("it wrote a line that is no object")
    return said
