"""Starting and ending the program behind a Lean process, and keeping what it says last. Linux."""

import contextlib
import io
import os
import re
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from schemas import JudgeBroken
from verifiers.lean.watch import started_by

ADVICE = "`factory lean info` says which Lean is used; `factory lean install` fetches one."
LAST_S = 1.0  # for the exit code and the last words of a process that closed its output
_TAIL = 16_000  # bytes kept of what was written last to the error stream
_QUOTED = 2_000  # characters of it that are told
_CHATTER = re.compile(rb"^\[DEBUG:.*\n(?:  .*\n)*", re.MULTILINE)  # of the WebAssembly build
_BLOCK = 1 << 16
_GUARD = 'read -r _; kill -9 "-$0"'  # the read ends when we do

Process = subprocess.Popen[bytes]


class Launch(Protocol):
    """How a Lean is started: a toolchain."""

    def command(self, checker: Path, nonce: str) -> Sequence[str]:
        """The program and its arguments."""

    def environment(self) -> Mapping[str, str]:
        """The whole environment."""


@dataclass(frozen=True, slots=True)
class Started:
    """A process and our ends of its pipes, those of its input and output not blocking."""

    process: Process
    input: io.FileIO
    output: io.FileIO
    errors: io.FileIO

    def close(self) -> None:
        """Closes input and output; the error stream is ``LastWords``' own. May be called again."""
        self.input.close()
        self.output.close()


def start(command: Sequence[str], environment: Mapping[str, str]) -> Started:
    """Runs a command in a session of its own. Raises ``JudgeBroken`` where it cannot be run."""
    theirs, ours = _pipes()
    their_input, their_output, their_errors = theirs
    try:
        process = subprocess.Popen(
            list(command),
            stdin=their_input,
            stdout=their_output,
            stderr=their_errors,
            env=dict(environment),
            start_new_session=True,
        )
    except OSError as error:
        for pipe in ours:
            pipe.close()
        raise JudgeBroken(f"Lean cannot be run: {error}. {ADVICE}") from error
    finally:
        for descriptor in theirs:
            os.close(descriptor)
    return Started(process, *ours)


def _pipes() -> tuple[tuple[int, int, int], tuple[io.FileIO, io.FileIO, io.FileIO]]:
    """Their and our ends of input, output and errors."""
    (their_input, our_input), (our_output, their_output), (our_errors, their_errors) = os.pipe(), os.pipe(), os.pipe()
    os.set_blocking(our_input, False)
    os.set_blocking(our_output, False)
    ours = io.FileIO(our_input, "wb"), io.FileIO(our_output, "rb"), io.FileIO(our_errors, "rb")
    return (their_input, their_output, their_errors), ours


def guard(process: Process) -> Process:
    """A shell that kills the process and its group when we end, however that comes. Raises ``JudgeBroken``."""
    nowhere = subprocess.DEVNULL
    try:
        return subprocess.Popen(
            ["/bin/sh", "-c", _GUARD, str(process.pid)],
            stdin=subprocess.PIPE,
            stdout=nowhere,
            stderr=nowhere,
            env={},
            start_new_session=True,
        )
    except OSError as error:
        process.kill()
        process.wait()
        raise JudgeBroken(f"No shell can be started to look after Lean: {error}.") from error


def end(process: Process, its_guard: Process, owner: int) -> None:
    """Kills and reaps a process with all that it started. Does nothing in a fork of ours (``owner`` is another process
    then). The guard goes first: the process id that it would kill may be given anew."""
    if os.getpid() != owner:
        return
    its_guard.kill()
    its_guard.communicate()
    if process.returncode is None:
        for pid in (*started_by(process.pid), -process.pid):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
    process.wait()


class LastWords:
    """The end of what a process wrote to its error stream, which is read as it comes so that nobody blocks."""

    def __init__(self, errors: io.FileIO) -> None:
        self._kept = bytearray()
        self._thread = threading.Thread(target=_drain, args=(errors, self._kept), name="lean-stderr", daemon=True)
        self._thread.start()

    def quoted(self, before: bytes = b"") -> str:
        """``; its last words: ...`` of a process that has ended, behind what it said elsewhere; or nothing."""
        self._thread.join(LAST_S)
        words = (before + self._kept).decode(errors="replace").strip()[-_QUOTED:]
        return f"; its last words: {words!r}" if words else ""


def _drain(errors: io.FileIO, kept: bytearray) -> None:
    with errors:
        while block := errors.read(_BLOCK):
            kept[:] = _CHATTER.sub(b"", kept + block)[-_TAIL:]
