"""The host's end of one shut-in child: its pipes, its clock, its end."""

import contextlib
import json
import os
import selectors
import signal
import socket
import time
from pathlib import Path
from types import TracebackType
from typing import Literal

from schemas import JudgeBroken
from verifiers.sandbox.launch import START_S
from verifiers.sandbox.records import ChildFlood, ChildGone, ChildLate, Finished, Limits
from verifiers.sandbox.roles import MAX_LINE_BYTES

_CHUNK = 1 << 16
_KILL_S = 30.0  # the kernel's own work after SIGKILL, on a machine that is very busy


class ServerGone(Exception):
    """The fork server ended before it forked."""


class Pipes:
    """Our ends and theirs of everything a child is given."""

    def __init__(self) -> None:
        self.status, self.their_status = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        their_stdin, self.stdin = os.pipe()
        self.stdout, their_stdout = os.pipe()
        self.stderr, their_stderr = os.pipe()
        their_in, self.to_child = os.pipe()
        self.from_child, their_out = os.pipe()
        self._theirs = [their_stdin, their_stdout, their_stderr, their_in, their_out]
        self._ours = {self.stdin, self.stdout, self.stderr, self.to_child, self.from_child}
        for descriptor in self._ours:
            os.set_blocking(descriptor, False)

    @property
    def theirs(self) -> list[int]:
        """In the order that the server expects."""
        return [self.their_status.fileno(), *self._theirs]

    def close_theirs(self) -> None:
        """Once the server has its copies; else the child's end would never be seen."""
        self.their_status.close()
        for descriptor in self._theirs:
            os.close(descriptor)
        self._theirs = []

    def close_one(self, descriptor: int) -> None:
        """One of ours, once."""
        if descriptor in self._ours:
            self._ours.discard(descriptor)
            os.close(descriptor)

    def is_open(self, descriptor: int) -> bool:
        """Whether it is still ours."""
        return descriptor in self._ours

    def close(self) -> None:
        """All that is left."""
        self.close_theirs()
        self.status.close()
        for descriptor in tuple(self._ours):
            self.close_one(descriptor)


class Child:
    """A child that plays a role. Used by one thread at a time; ``end`` it, or use it as a context manager."""

    def __init__(self, pipes: Pipes, limits: Limits, job: bytes, stdin: bytes) -> None:
        """Waits for the fork and notes the job for sending. Raises ``ServerGone``, ``JudgeBroken``."""
        self._pipes = pipes
        self._limits = limits
        self._handle: int | None = None
        self._output = {pipes.stdout: bytearray(), pipes.stderr: bytearray()}
        self._received = bytearray()
        self._unsent = {pipes.to_child: bytearray(job + b"\n"), pipes.stdin: bytearray(stdin)}
        self._status: int | None = None
        self._broken: str | None = None
        self._cause: Literal["timeout", "flood"] | None = None
        self._finished: Finished | None = None
        self.pid = self._await_fork()
        self.began = time.monotonic()
        if not stdin:
            pipes.close_one(pipes.stdin)

    def _await_fork(self) -> int:
        self._pipes.status.settimeout(START_S)
        try:
            words, handles, _, _ = socket.recv_fds(self._pipes.status, 1 << 12, 1)
        except TimeoutError as error:
            raise JudgeBroken("The judges' fork server does not answer. Is the machine out of memory?") from error
        except OSError as error:
            raise ServerGone from error
        self._pipes.status.setblocking(False)
        if not words:
            raise ServerGone
        message = json.loads(words)
        if "failed" in message:
            raise _not_shut_in(message["failed"])
        pid = int(message["pid"])
        if handles:
            self._handle = handles[0]
            pid = _pid_behind(self._handle) or pid
        return pid

    def send(self, line: bytes, timeout_s: float) -> None:
        """Writes one line (without newline) whole. Raises ``ChildGone``, ``ChildLate``, ``ChildFlood``."""
        unsent = self._unsent[self._pipes.to_child]
        unsent += line + b"\n"
        deadline = time.monotonic() + timeout_s
        while unsent:
            if not self._pipes.is_open(self._pipes.to_child):
                raise ChildGone
            self._turn(deadline)

    def receive(self, timeout_s: float) -> bytes:
        """The next line, at most ``MAX_LINE_BYTES``. Raises ``ChildGone``, ``ChildLate``, ``ChildFlood``."""
        deadline = time.monotonic() + timeout_s
        searched = 0
        while (end := self._received.find(b"\n", searched)) < 0:
            searched = len(self._received)
            if searched > MAX_LINE_BYTES:
                self._cause = "flood"
                raise ChildFlood
            if not self._pipes.is_open(self._pipes.from_child):
                raise ChildGone
            self._turn(deadline)
        line = bytes(self._received[:end])
        del self._received[: end + 1]
        return line

    def finish(self, timeout_s: float) -> Finished:
        """Waits until the child ends by itself, at most ``timeout_s``, then as ``end``."""
        deadline = self.began + timeout_s
        with contextlib.suppress(ChildLate, ChildFlood):
            while self._status is None:
                self._turn(deadline)
        return self.end()

    def end(self) -> Finished:
        """Ends whatever of the child lives, reaps it, and says how it had ended. May be called again.
        Raises ``JudgeBroken`` where the child could not shut itself in, so ran nothing."""
        if self._finished is None:
            self._finished = self._end()
        return self._finished

    def _end(self) -> Finished:
        if self._status is None:
            self._read_status()
        if self._status is None:
            self._kill()
        wall_s = time.monotonic() - self.began
        for descriptor in self._output:
            with contextlib.suppress(ChildFlood):
                while self._pipes.is_open(descriptor) and self._read(descriptor):
                    pass
        out, err = (bytes(each[: self._limits.output_bytes]) for each in self._output.values())
        self._pipes.close()
        if self._handle is not None:
            os.close(self._handle)
        status = self._status or 0
        code = None if os.WIFSIGNALED(status) or self._cause else os.WEXITSTATUS(status)
        number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
        if self._broken is not None:
            raise _not_shut_in(self._broken)
        kind = self._cause or ("signalled" if number is not None else "exited")
        return Finished(kind, code, number, _text(out), _text(err), wall_s)

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if self._handle is not None:
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)
            else:
                os.kill(self.pid, signal.SIGKILL)
        deadline = time.monotonic() + _KILL_S
        with selectors.DefaultSelector() as selector:
            selector.register(self._pipes.status, selectors.EVENT_READ)
            while self._status is None and selector.select(max(0.0, deadline - time.monotonic())):
                self._read_status()

    def _turn(self, deadline: float) -> None:
        """Waits for one of the pipes and moves what can be moved. Raises ``ChildLate`` and ``ChildFlood``."""
        left = deadline - time.monotonic()
        with selectors.PollSelector() as selector:
            full = len(self._received) > MAX_LINE_BYTES  # then the child waits, not our memory
            for descriptor in (*self._output, *(() if full else (self._pipes.from_child,))):
                if self._pipes.is_open(descriptor):
                    selector.register(descriptor, selectors.EVENT_READ)
            for descriptor, rest in self._unsent.items():
                if rest and self._pipes.is_open(descriptor):
                    selector.register(descriptor, selectors.EVENT_WRITE)
            selector.register(self._pipes.status, selectors.EVENT_READ)
            ready = selector.select(max(0.0, left)) if left > 0 else []
        if not ready:
            self._cause = "timeout"
            raise ChildLate
        for key, events in ready:
            if key.fd == self._pipes.status.fileno():
                self._read_status()
            elif events & selectors.EVENT_WRITE:
                self._write(key.fd)
            else:
                self._read(key.fd)

    def _read(self, descriptor: int) -> bool:
        """Whether there was something; closes our end where the child's is closed."""
        try:
            chunk = os.read(descriptor, _CHUNK)
        except BlockingIOError:
            return False
        if not chunk:
            self._pipes.close_one(descriptor)
            return False
        held = self._output.get(descriptor, self._received)
        held += chunk
        if descriptor in self._output and len(held) > self._limits.output_bytes:
            self._cause = self._cause or "flood"
            raise ChildFlood
        return True

    def _write(self, descriptor: int) -> None:
        rest = self._unsent[descriptor]
        try:
            del rest[: os.write(descriptor, rest[:_CHUNK])]
        except BlockingIOError:
            return
        except BrokenPipeError:
            rest.clear()
            self._pipes.close_one(descriptor)
            return
        if descriptor == self._pipes.stdin and not rest:
            self._pipes.close_one(descriptor)

    def _read_status(self) -> None:
        """A server that is gone took its children with it: as if killed."""
        try:
            words = self._pipes.status.recv(1 << 12)
        except BlockingIOError:
            return
        except OSError:
            words = b""
        message = json.loads(words) if words else {}
        self._broken = message.get("failed", self._broken)
        self._status = message.get("status", None if self._broken else int(signal.SIGKILL))

    def __enter__(self) -> "Child":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()


def _not_shut_in(why: str) -> JudgeBroken:
    return JudgeBroken(f"The sandbox cannot shut a process in: {why}. Free memory or processes.")


def _pid_behind(handle: int) -> int | None:
    """The process id as our own ``/proc`` counts; ``None`` where it has been reaped already."""
    lines = Path(f"/proc/self/fdinfo/{handle}").read_text(encoding="ascii").splitlines()
    found = [int(line.split()[1]) for line in lines if line.startswith("Pid:")]
    return found[0] if found and found[0] > 0 else None


def _text(output: bytes) -> str:
    return output.decode("utf-8", errors="replace")
