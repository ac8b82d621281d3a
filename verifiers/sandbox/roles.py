"""What a shut-in child may be. A role is a function of its channel and its job; the process ends when it returns."""

import atexit
import os
import sys
import threading
import traceback
import types
from collections.abc import Callable
from importlib import import_module
from typing import Any

CHANNEL_IN, CHANNEL_OUT = 3, 4
MAX_LINE_BYTES = 4 << 20
_CHUNK = 1 << 16

Job = dict[str, Any]


class Channel:
    """The child's end: lines of bytes to and from the host, and nothing else."""

    def __init__(self, descriptor_in: int = CHANNEL_IN, descriptor_out: int = CHANNEL_OUT) -> None:
        self._in, self._out = descriptor_in, descriptor_out
        self._buffer = bytearray()

    def receive(self) -> bytes | None:
        """The next line without its newline; ``None`` where the host has closed or the line is too long."""
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            chunk = os.read(self._in, _CHUNK)
            if not chunk or searched > MAX_LINE_BYTES:
                return None
            self._buffer += chunk
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line

    def send(self, line: bytes) -> None:
        """One line, without newlines in it. Raises ``OSError`` where the host is gone."""
        rest = memoryview(line + b"\n")
        while rest:
            rest = rest[os.write(self._out, rest) :]

    def close(self) -> None:
        """Both ends."""
        os.close(self._in)
        os.close(self._out)


def _program(channel: Channel, job: Job) -> None:
    """Runs ``job["source"]`` as ``__main__``, as ``python FILE`` would, the exit code included."""
    channel.close()
    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main
    sys.argv = ["program.py"]
    code = 0
    try:
        exec(compile(job["source"], "program.py", "exec"), main.__dict__)
    except SystemExit as error:
        code = _exit_code(error)
    except BaseException as error:  # noqa: BLE001 - whatever a program raises is its result
        code = 1
        trace = error.__traceback__.tb_next if error.__traceback__ else None
        traceback.print_exception(type(error), error, trace)
    sys.exit(code)


def _exit_code(error: SystemExit) -> int:
    if error.code is None or isinstance(error.code, int):
        return (error.code or 0) & 0xFF
    print(error.code, file=sys.stderr)  # noqa: T201 - as the interpreter does
    return 1


def _lazy(module: str, name: str) -> Callable[[Channel, Job], None]:
    def role(channel: Channel, job: Job) -> None:
        getattr(import_module(module), name)(channel, job)

    return role


ROLES: dict[str, Callable[[Channel, Job], None]] = {
    "program": _program,
    "worker": _lazy("verifiers.worker", "serve"),
    "candidate": _lazy("verifiers.code.candidate", "candidate"),
    "examiner": _lazy("verifiers.code.examiner", "examiner"),
}
MODULES = {"worker": "verifiers.worker", "candidate": "verifiers.code.candidate", "examiner": "verifiers.code.examiner"}
TRUSTED = frozenset({"worker"})  # runs our code only, so it may do so below the floor


def play(name: str, channel: Channel, job: Job) -> int:
    """Runs a role to the end of the process: its threads joined, its exit handlers run. The result is the exit code."""
    code = 0
    try:
        ROLES[name](channel, job)
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:  # noqa: BLE001 - the boundary: the process ends either way, with its words on stderr
        code = 1
        traceback.print_exc()
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            code = code or 120  # as the interpreter does
    return code & 0xFF
