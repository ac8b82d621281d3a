"""Two processes that call each other in turn over a channel: one asks, the other serves, and may ask back meanwhile."""

import json
from collections.abc import Callable
from typing import Any, Protocol

Message = dict[str, Any]


class Lines(Protocol):
    """A child's end of the sandbox's channel. ``receive`` is ``None`` where the host has closed."""

    def send(self, line: bytes) -> None: ...

    def receive(self) -> bytes | None: ...


class Closed(SystemExit):
    """The host has closed the channel: nobody waits for an answer any more."""


class Peer:
    """One end. A message with ``op`` asks; every other message answers the latest question."""

    def __init__(self, lines: Lines, serve: Callable[[Message], Message]) -> None:
        self._lines = lines
        self._serve = serve

    def send(self, message: Message) -> None:
        """One JSON object on a line."""
        self._lines.send(json.dumps(message).encode("ascii"))

    def receive(self) -> Message:
        """Raises ``Closed``; ``ValueError`` or ``RecursionError`` on what is no JSON object."""
        line = self._lines.receive()
        if line is None:
            raise Closed(0)
        message = json.loads(line)
        if not isinstance(message, dict):
            raise ValueError("a message is an object")
        return message

    def ask(self, message: Message) -> Message:
        """The other side's answer; its own questions are served while we wait."""
        self.send(message)
        while True:
            received = self.receive()
            if "op" not in received:
                return received
            self.send(self._serve(received))

    def listen(self) -> None:
        """Serves questions until the channel is closed."""
        while True:
            self.send(self._serve(self.receive()))
