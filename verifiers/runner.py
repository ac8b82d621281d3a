"""Runs one untrusted program with its tests: ``python -I runner.py`` in a fresh process. Standard library only.

The job comes on stdin, the report goes to a private copy of stdout; each report line starts with the job's token, which
only this file's frames hold. That stops ``exit(0)``, printing and ``os._exit`` from forging a pass; a program that walks
our frames still could. Kernel isolation (namespaces, seccomp) and a comparison outside this process come next.
"""

import json
import linecache
import os
import resource
import sys
import traceback
from collections.abc import Callable


def main() -> None:
    """Reads the job, limits itself, runs the program, then its tests until one fails, and reports."""
    job = json.loads(sys.stdin.buffer.read())
    report = _reporter(job.pop("token"))
    _limit(job["memory_mb"], job["cpu_s"])
    report({"event": "started"})
    space: dict[str, object] = {"__name__": "answer"}
    for number, source in enumerate([job["program"], *job["tests"]]):
        report({"event": "running", "test": number})
        failure = _run(source, f"<test {number}>" if number else "<answer>", space)
        if failure is not None:
            report({"event": "failed", "test": number, **failure})
            return
    report({"event": "passed", "tests": len(job["tests"])})


def _reporter(token: str) -> Callable[[dict[str, object]], None]:
    """A function that writes a line to where our stdout was, before stdin, stdout and stderr go to /dev/null."""
    private = os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    write, dumps = os.write, json.dumps

    def report(message: dict[str, object]) -> None:
        write(private, f"{token} {dumps(message)}\n".encode())

    return report


def _limit(memory_mb: int, cpu_s: int) -> None:
    limits = {
        resource.RLIMIT_AS: memory_mb << 20,
        resource.RLIMIT_CPU: cpu_s,
        resource.RLIMIT_FSIZE: 16 << 20,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 64,
        resource.RLIMIT_NPROC: 1024,
    }
    for kind, wanted in limits.items():
        hard = resource.getrlimit(kind)[1]
        value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(kind, (value, value))


def _run(source: str, name: str, space: dict[str, object]) -> "dict[str, str] | None":
    """``None`` where the source ran to its end, else the exception's name and the traceback's tail."""
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    render = traceback.format_exception
    try:
        exec(compile(source, name, "exec"), space)
    except BaseException as error:  # noqa: BLE001 - whatever the program raises is its result
        trace = error.__traceback__.tb_next if error.__traceback__ else None
        return {"error": type(error).__name__, "tail": "".join(render(type(error), error, trace))[-1500:]}
    return None


if __name__ == "__main__":
    main()
