"""The host's side: timed, counted messages with sandboxed children, and what the end of a child means."""

import json
import time
from collections.abc import Sequence

from verifiers.code.peer import Message
from verifiers.decision import Decision
from verifiers.sandbox import Child, ChildFlood, ChildGone, ChildLate

MAX_MESSAGES = 100_000  # of one program
_MAX_TAIL = 440  # characters of a traceback, its end; evidence is cut at 500
_UNKNOWN = {
    "MemoryError": "memory",
    "ModuleNotFoundError": "missing_module",
    "EOFError": "input",
    "OSError": "os_error",
}


class Over(Exception):
    """There is nothing left to ask; ``decision`` says why."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(decision.reason)
        self.decision = decision


class Session:
    """One program's children under one deadline, ``timeout_s`` after the first message."""

    def __init__(self, candidate: Child, timeout_s: float) -> None:
        self.candidate = candidate
        self.place = "the answer's own code"
        self._timeout_s = timeout_s
        self._deadline = time.monotonic() + timeout_s
        self._left = MAX_MESSAGES

    def send(self, child: Child, line: bytes) -> None:
        """Raises ``Over`` past the deadline and where the child is gone."""
        try:
            child.send(line, self._rest())
        except (ChildGone, ChildLate, ChildFlood) as error:
            raise Over(self._ended(child, error)) from None

    def receive(self, child: Child) -> bytes:
        """The child's next line. Raises ``Over`` past the deadline, where the child is gone, and past the count."""
        self._left -= 1
        if self._left < 0:
            raise Over(Decision("unknown", "output_flood", self.place))
        try:
            return child.receive(self._rest())
        except (ChildGone, ChildLate, ChildFlood) as error:
            raise Over(self._ended(child, error)) from None

    def ask(self, message: Message) -> Message:
        """The candidate's answer to the host itself: data that it may have forged. Raises ``Over``."""
        self.send(self.candidate, json.dumps(message).encode())
        try:
            answer = json.loads(self.receive(self.candidate))
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            raise Over(Decision("unknown", "broke_protocol", self.place))
        return answer

    def _rest(self) -> float:
        return max(0.0, self._deadline - time.monotonic())

    def _ended(self, child: Child, error: Exception) -> Decision:
        if isinstance(error, ChildLate):
            return Decision("unknown", "timeout", f"past {self._timeout_s:g} s in {self.place}")
        if isinstance(error, ChildFlood):
            return Decision("unknown", "output_flood", self.place)
        ended = child.end()
        if ended.status == "signalled" or child is not self.candidate:
            reason = f"signal_{ended.signal}" if child is self.candidate else "worker_died"
            return Decision("unknown", reason, self.place)
        return Decision("invalid", "exited", f"the answer ended its process (status {ended.exit_code}) in {self.place}")


def undecided(bases: Sequence[str], evidence: str) -> str | None:
    """Why an exception with these builtin classes says nothing of the program: it met a limit of ours."""
    threads = "threads" if "can't start new thread" in evidence else None
    return next((_UNKNOWN[name] for name in bases if name in _UNKNOWN), threads)


def readable(text: str) -> str:
    """Text from a child as every file can hold it: half characters become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


def raised(message: Message, place: str) -> Decision:
    """What an exception that ended the program's own code says of it. The message is the candidate's."""
    try:
        fault = message["raised"]
        bases, tail = [str(base) for base in fault["class"]["mro"]], readable(str(fault["tail"]))[-_MAX_TAIL:].strip()
    except (KeyError, TypeError):
        return Decision("unknown", "broke_protocol", place)
    reason = undecided(bases, tail)
    return (
        Decision("unknown", reason, f"{place}: {tail}") if reason else Decision("invalid", "raised", f"{place}: {tail}")
    )
