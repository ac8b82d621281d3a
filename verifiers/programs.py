"""The ``python`` judge: a program and its unit tests in a fresh killable child. First version: see ``runner``."""

import json
import os
import secrets
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemas import JudgeBroken
from verifiers.decision import Decision
from verifiers.pool import START_S, clean_env, kill_group

NAME = "python"
VERSION = "1"
MAX_PROGRAM_CHARS = 100_000
_MAX_REPORT_BYTES = 1 << 16

Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Limits:
    """For one program with all its tests: wall-clock seconds and MiB of address space."""

    timeout_s: float
    memory_mb: int


def run_tests(program: str, tests: Sequence[str], limits: Limits) -> Decision:
    """Valid where every test passed; invalid where the program or a test raised, or the program ended the process;
    unknown on a deadline, a memory limit or a missing module. Raises ``JudgeBroken`` where no process can start."""
    if len(program) > MAX_PROGRAM_CHARS:
        return Decision("unknown", "too_long")
    token = secrets.token_hex(16)
    job: Message = {"token": token, "program": program, "tests": list(tests)}
    job |= {"memory_mb": limits.memory_mb, "cpu_s": int(limits.timeout_s) + 2}
    with tempfile.TemporaryDirectory(prefix="answer-") as folder:
        process = _start(folder)
        try:
            return _decide(process, job, limits.timeout_s, tests)
        finally:
            kill_group(process)
            assert process.stdout is not None
            process.stdout.close()


def _start(folder: str) -> "subprocess.Popen[bytes]":
    script = Path(__file__).with_name("runner.py").resolve()
    try:
        return subprocess.Popen(
            [sys.executable, "-I", "-B", str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env=clean_env(folder),
            start_new_session=True,
        )
    except OSError as error:
        raise JudgeBroken(
            f"Cannot start a process to run an answer's tests: {error}. Free memory or processes."
        ) from error


def _decide(process: "subprocess.Popen[bytes]", job: Message, timeout_s: float, tests: Sequence[str]) -> Decision:
    assert process.stdin is not None
    try:
        process.stdin.write(json.dumps(job).encode())
        process.stdin.close()
    except BrokenPipeError:
        return Decision("unknown", "worker_died")
    running, started = 0, False
    for message in _messages(process, job["token"], timeout_s):
        match message["event"]:
            case "running":
                running, started = message["test"], True
            case "passed":
                return Decision("valid", "tests_passed", f"{message['tests']} of {len(tests)} tests passed")
            case "failed":
                return _failed(message, tests)
            case "late":
                return Decision("unknown", "timeout", f"past {timeout_s:g} s in {_place(running, tests)}")
            case "flood":
                return Decision("unknown", "output_flood")
    status = process.wait() if started else -1
    if status < 0:
        return Decision("unknown", "worker_died" if not started else f"signal_{-status}", _place(running, tests))
    return Decision("invalid", "exited", f"the answer ended its process (status {status}) in {_place(running, tests)}")


def _end(process: "subprocess.Popen[bytes]", left_s: float) -> Iterator[Message]:
    """Nothing if the process ends in time; a program may close its pipes and live on."""
    try:
        process.wait(max(0.0, left_s))
    except subprocess.TimeoutExpired:
        yield {"event": "late"}


def _failed(message: Message, tests: Sequence[str]) -> Decision:
    evidence = f"{_place(message['test'], tests)}: {message['tail'].strip()}"
    unknown = {"MemoryError": "memory", "ModuleNotFoundError": "missing_module"}.get(message["error"])
    return Decision("unknown", unknown, evidence) if unknown else Decision("invalid", "test_failed", evidence)


def _place(test: int, tests: Sequence[str]) -> str:
    """Test 0 is the program itself, before any test."""
    return f"test {test} `{tests[test - 1][:200]}`" if test else "the answer's own code"


def _messages(process: "subprocess.Popen[bytes]", token: str, timeout_s: float) -> Iterator[Message]:
    """The lines that carry the token, until the pipe closes or the process is gone; ``late`` or ``flood`` ends them."""
    assert process.stdout is not None
    prefix, buffer, read = token.encode() + b" ", b"", 0
    deadline = time.monotonic() + START_S + timeout_s
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            left = deadline - time.monotonic()
            ready = selector.select(max(0.0, min(left, 0.1)))
            if not ready and left <= 0:
                yield {"event": "late"}
                return
            chunk = os.read(process.stdout.fileno(), 1 << 14) if ready else b""
            if not chunk and (ready or process.poll() is not None):
                yield from _end(process, left)
                return
            read += len(chunk)
            if read > _MAX_REPORT_BYTES:
                yield {"event": "flood"}
                return
            *lines, buffer = (buffer + chunk).split(b"\n")
            for line in lines:
                if not line.startswith(prefix):
                    continue
                message: Message = json.loads(line[len(prefix) :])
                if message["event"] == "started":
                    deadline = time.monotonic() + timeout_s
                yield message
