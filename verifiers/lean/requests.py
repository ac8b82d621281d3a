"""What a Lean process can be asked, as records; the texts are untrusted."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

Op = Literal["file", "proof", "tactics"]
_TEXTS: dict[Op, tuple[str, ...]] = {
    "file": ("code",),
    "proof": ("challenge", "solution"),
    "tactics": ("challenge", "steps"),
}


@dataclass(frozen=True, slots=True)
class LeanRequest:
    """Made by ``file_request``, ``proof_request`` and ``tactics_request``; what ``op`` does not use is empty."""

    op: Op
    code: str = ""
    challenge: str = ""
    solution: str = ""
    steps: tuple[str, ...] = ()

    def texts(self) -> tuple[str, ...]:
        """Every text of the request."""
        return (self.code, self.challenge, self.solution, *self.steps)


def file_request(code: str) -> LeanRequest:
    """Is ``code`` a whole file that compiles and proves what it says?"""
    return LeanRequest("file", code=code)


def proof_request(challenge: str, solution: str) -> LeanRequest:
    """Does ``solution`` prove the very statement of ``challenge``, a source in which ``sorry`` stands for the proof?"""
    return LeanRequest("proof", challenge=challenge, solution=solution)


def tactics_request(challenge: str, steps: Iterable[str]) -> LeanRequest:
    """Where do these tactics lead, one after the other from the goal of ``challenge``? They need not finish it."""
    return LeanRequest("tactics", challenge=challenge, steps=tuple(steps))


@dataclass(frozen=True, slots=True)
class Question:
    """A request that may be asked: its texts without headers, and the environment it is asked in."""

    request: LeanRequest
    imports: tuple[str, ...]
    heartbeats: int
    allow: tuple[str, ...]

    def message(self, number: int) -> bytes:
        """The line for a Lean process, newline included."""
        asked: dict[str, Any] = {"id": number, "op": self.request.op, "imports": self.imports}
        asked |= {name: getattr(self.request, name) for name in _TEXTS[self.request.op]}
        asked["heartbeats"] = self.heartbeats
        if self.allow:
            asked["allow"] = self.allow
        return json.dumps(asked).encode("ascii") + b"\n"

    def opening(self) -> "Question":
        """An empty file in the same environment: asked once, so that loading does not count as the proof's time."""
        return Question(LeanRequest("file"), self.imports, self.heartbeats, ())

    def size(self) -> int:
        """Characters of all its texts."""
        return sum(map(len, self.request.texts()))
