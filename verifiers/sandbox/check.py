"""Tries each class of attack in the box, on this machine, and says what held. The attacks are ours and do no harm."""

import dataclasses
import os
import secrets
import socket
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from verifiers.sandbox.api import Sandbox
from verifiers.sandbox.records import Finished, Limits, SandboxConfig

_LIMITS = Limits(timeout_s=5.0, memory_mb=256, files_mb=4)
_SLACK_S = 0.5  # a verdict comes at most this much after its limit, on a machine that has time for us


@dataclass(frozen=True, slots=True)
class Check:
    """One class of attack; ``detail`` says what came of it."""

    name: str
    passed: bool
    detail: str


def self_check(config: SandboxConfig | None = None) -> list[Check]:
    """One result per class. Runs even where the floor is not met. Raises ``JudgeBroken`` where nothing can be run."""
    sandbox = Sandbox(dataclasses.replace(config or SandboxConfig(), allow_weak=True))
    try:
        with tempfile.TemporaryDirectory(prefix="outside-") as outside:
            return [check(name, sandbox, Path(outside)) for name, check in _CHECKS.items()]
    finally:
        sandbox.close()


def check(name: str, sandbox: Sandbox, outside: Path) -> Check:
    """One of the checks by name; ``outside`` is an empty folder that no job may reach."""
    return _CHECKS[name](name, sandbox, outside)


def _refused(*attempts: str) -> Callable[[str, Sandbox, Path], Check]:
    """Holds where every attempt raises in the box."""

    def check(name: str, sandbox: Sandbox, outside: Path) -> Check:
        filled = [each.format(host=os.getpid(), outside=outside) for each in attempts]
        finished = sandbox.run(_PREAMBLE + "".join(f"attempt({each!r})\n" for each in filled), _LIMITS)
        held = finished.exit_code == 0 and finished.stdout.count("held") == len(filled)
        return Check(name, held and "escaped" not in finished.stdout, _words(finished))

    return check


_PREAMBLE = """
import ctypes, errno, os, socket, subprocess
libc = ctypes.CDLL(None, use_errno=True)
def call(function, *arguments):
    if function(*arguments) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
def attempt(source):
    try:
        exec(source)
    except Exception as error:
        print("held:", type(error).__name__, error)
    else:
        print("escaped:", source)
"""


def _words(finished: Finished) -> str:
    """The first escape, else the first line, else how it ended."""
    lines = finished.stdout.splitlines() + finished.stderr.splitlines()[-1:]
    escapes = [line for line in lines if line.startswith("escaped")]
    ended = f"{finished.status} after {finished.wall_s:.2f} s"
    return (escapes or lines or [ended])[0][:200]


def _network(name: str, sandbox: Sandbox, outside: Path) -> Check:
    """A server of ours on the host's loopback must see nobody, and no outside address be reached."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        result = _refused(
            f"socket.create_connection(('127.0.0.1', {port}), 1)", "socket.create_connection(('192.0.2.1', 80), 1)"
        )(name, sandbox, outside)
        try:
            server.accept()[0].close()
        except TimeoutError:
            return result
    return Check(name, False, "a server on the host's loopback was reached")


def _outside_read(name: str, sandbox: Sandbox, outside: Path) -> Check:
    secret = secrets.token_hex(16)
    (outside / "secret").write_text(secret, encoding="ascii")
    source = "for path in ({!r}, '/etc/passwd', '/etc/hostname', '/proc/1/environ', '/proc/self/environ'):\n    try:\n"
    source += "        print('escaped:', path, open(path).read()[:64])\n    except OSError as error:\n"
    source += "        print('held:', error)\n"
    finished = sandbox.run(source.format(str(outside / "secret")), _LIMITS)
    leaked = secret in finished.stdout or "escaped" in finished.stdout
    return Check(name, not leaked and finished.exit_code == 0, _words(finished))


def _outside_write(name: str, sandbox: Sandbox, outside: Path) -> Check:
    wanted = [f"open({str(outside / 'planted')!r}, 'w')", "open(os.__file__, 'a')", "os.mkdir('/planted')"]
    result = _refused(*wanted, f"os.chmod({str(outside)!r}, 0o777)")(name, sandbox, outside)
    if (outside / "planted").exists():
        return Check(name, False, "a file was written outside")
    return result


def _environment(name: str, sandbox: Sandbox, outside: Path) -> Check:
    """No variable of the host's but those of any shell, and no open descriptor but stdio."""
    source = "import os\nfor name, value in os.environ.items(): print(name, value, sep='=')\n"
    source += "for number in range(3, 256):\n    try: os.fstat(number)\n    except OSError: pass\n"
    source += "    else: print('escaped: descriptor', number)\n"
    finished = sandbox.run(source, _LIMITS)
    lines = set(finished.stdout.splitlines())
    private = {f"{key}={value}" for key, value in os.environ.items()} & lines
    private -= {line for line in private if line.partition("=")[0] in _COMMON}
    held = finished.exit_code == 0 and not private and "escaped" not in finished.stdout
    return Check(name, held, f"{len(lines)} harmless variables" if held else _words(finished))


_COMMON = ("PATH", "LANG", "HOME", "TMPDIR", "TZ", "PYTHONHASHSEED", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")


def _flood(name: str, sandbox: Sandbox, outside: Path) -> Check:
    finished = sandbox.run("while True: print('x' * 65536)", _LIMITS)
    held = finished.status == "flood" and len(finished.stdout) <= _LIMITS.output_bytes
    return Check(name, held, f"{finished.status} after {finished.wall_s:.2f} s")


def _time(name: str, sandbox: Sandbox, outside: Path) -> Check:
    finished = sandbox.run("while True: pass", dataclasses.replace(_LIMITS, timeout_s=0.5))
    held = finished.status == "timeout" and finished.wall_s < 0.5 + _SLACK_S
    return Check(name, held, f"ended after {finished.wall_s:.2f} s of an allowed 0.50 s")


def _survivors(name: str, sandbox: Sandbox, outside: Path) -> Check:
    """A grandchild in a session of its own must not outlive the job."""
    source = "import os, time\ntry:\n    if os.fork() == 0:\n        os.setsid()\n        if os.fork() == 0:\n"
    source += "            time.sleep(20)\n        os._exit(0)\nexcept OSError as error: print('held:', error)\n"
    before = descendants(os.getpid())
    finished = sandbox.run(source, _LIMITS)
    deadline = time.monotonic() + 2.0
    while (left := descendants(os.getpid()) - before) and time.monotonic() < deadline:
        time.sleep(0.02)
    return Check(name, not left, f"process {min(left)} lives on" if left else _words(finished))


def descendants(pid: int) -> set[int]:
    """All processes below ``pid``, as ``/proc`` shows them now."""
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        parents[int(path.parent.name)] = int(fields[1])
    found: set[int] = set()
    wave = {pid}
    while wave:
        wave = {child for child, parent in parents.items() if parent in wave} - found
        found |= wave
    return found


_CHECKS: dict[str, Callable[[str, Sandbox, Path], Check]] = {
    "network": _network,
    "local sockets": _refused(
        "socket.socket(socket.AF_UNIX).connect('\\0nobody')",
        "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
    ),
    "outside write": _outside_write,
    "outside read": _outside_read,
    "environment": _environment,
    "processes": _refused(
        "os.fork() or os._exit(0)", "subprocess.run(['/bin/true'])", "os.execv('/bin/true', ['true'])"
    ),
    "other processes": _refused(
        "os.kill({host}, 0)",
        "open('/proc/{host}/cmdline')",
        "call(libc.ptrace, 0x4206, {host}, 0, 0)",
        "os.pidfd_open({host})",
    ),
    "privileges": _refused("os.setuid(0) or os.chroot('/')", "call(libc.unshare, 0x10000000)", "os.setgroups([0])"),
    "memory": _refused("bytearray(1 << 30)"),
    "disk": _refused("open('big', 'wb').write(bytes(1 << 25))", "open('sparse', 'wb').truncate(1 << 40)"),
    "output": _flood,
    "time": _time,
    "surviving child": _survivors,
}
