"""The host's side: timed, counted messages with sandboxed children, and what the end of a child means."""

import json
import time

from verifiers.code.faults import Over
from verifiers.code.peer import Message
from verifiers.decision import Decision
from verifiers.sandbox import Child, ChildFlood, ChildGone, ChildLate

MAX_MESSAGES = 100_000  # of one program


class Session:
    """One program's children under one deadline, ``timeout_s`` from now less what was spent on it before."""

    def __init__(self, candidate: Child, timeout_s: float, spent_s: float = 0.0) -> None:
        self.candidate = candidate
        self.place = "the answer's own code"
        self._timeout_s = timeout_s
        self._deadline = time.monotonic() + timeout_s - spent_s
        self._left = MAX_MESSAGES

    def send(self, child: Child, line: bytes) -> None:
        """Raises ``Over`` past the deadline and where the child is gone."""
        try:
            child.send(line, self.left_s())
        except (ChildGone, ChildLate, ChildFlood) as error:
            raise Over(self._ended(child, error)) from None

    def receive(self, child: Child) -> bytes:
        """The child's next line. Raises ``Over`` past the deadline, where the child is gone, and past the count."""
        self._left -= 1
        if self._left < 0:
            raise Over(Decision("unknown", "output_flood", self.place))
        try:
            return child.receive(self.left_s())
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

    def left_s(self) -> float:
        """Seconds until the deadline, 0 once it has passed."""
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
