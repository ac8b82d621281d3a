"""The oracle: what an attack may not have done, checked from outside after it ran."""

import contextlib
import ctypes
import hashlib
import os
import secrets
import signal
import site
import socket
import sysconfig
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

REPO = Path(__file__).resolve().parents[3]
MARK = "planted_by_an_attack"
_ENV = "FACTORY_CANARY_TOKEN"
_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
_PLACES = ("/", "/tmp", "/var/tmp", "/dev/shm", "/etc", "/usr/local/bin", "/root", "/run", "/opt")
_OURS = (".", "verifiers", "tests", ".git/hooks")
_SUBREAPER = 36
_SETTLE_S = 5.0  # for the kernel to finish dead processes, on a busy machine

Run = Callable[[str, float], str]  # source and seconds to everything that the program put out


@dataclass(frozen=True, slots=True)
class Seen:
    """``faults``: what the attack achieved, in words; ``over_s``: wall clock beyond its limit."""

    faults: tuple[str, ...]
    over_s: float


class Watch:
    """Canaries around this process: a secret file, a secret in the environment, listeners, signal counters."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._secrets = [f"canary-{kind}-{secrets.token_hex(16)}" for kind in ("file", "environ")]
        self._contacts: list[str] = []
        self._signals: list[int] = []
        self._sockets: list[socket.socket] = []
        self._values = {"DIR": str(folder), "MARK": MARK, "REPO": str(REPO), "HOME": str(folder / "home")}
        self._values["PID"] = str(os.getpid())

    def attack(self, source: str, run: Run, timeout_s: float) -> Seen:
        """Runs one attack and says what it did. The program's own ``ESCAPED`` lines are believed."""
        self._contacts.clear()
        self._signals.clear()
        before, world = set(_descendants()), self._world()
        for name, value in self._values.items():
            source = source.replace(f"@{name}@", value)
        began = time.monotonic()
        output = run(source, timeout_s)
        over = time.monotonic() - began - timeout_s
        faults = [line[:100] for line in output.splitlines() if "ESCAPED" in line]
        faults += [f"showed the secret of the {secret.split('-')[1]}" for secret in self._secrets if secret in output]
        faults += [f"left process {pid}" for pid in _left(before)]
        faults += [f"changed {path}" for path, state in self._world().items() if world.get(path) != state]
        return Seen((*faults, *self._contacts, *(f"sent signal {number}" for number in self._signals)), over)

    def _world(self) -> dict[str, str]:
        """What must not change: the watched folder, planted names in likely places, files that a program might poison."""
        found = {str(path): _state(path) for path in sorted(self.folder.rglob("*"))}
        found[str(self.folder)] = str(self.folder.stat().st_uid)
        library, packages = sysconfig.get_path("stdlib"), sysconfig.get_path("purelib")
        places = (*_PLACES, library, packages, *site.getsitepackages(), *(f"{REPO}/{name}" for name in _OURS))
        for path in (path for place in places for path in Path(place).glob(f"*{MARK}*")):
            found[str(path)] = _state(path)
        for name in ("json/__init__.py", "os.py", "importlib/util.py", "sitecustomize.py", "usercustomize.py"):
            found[f"{library}/{name}"] = _state(Path(library) / name)
            found[f"{packages}/{name}"] = _state(Path(packages) / name)
        for kind in ("shm", "sem", "msg"):
            keys = Path(f"/proc/sysvipc/{kind}")
            found[str(keys)] = str(0x5EC0DE in _keys(keys))
        return found

    def __enter__(self) -> "Watch":
        (self.folder / "home").mkdir()
        (self.folder / "secret").write_text(self._secrets[0])
        (self.folder / "home" / "secret").write_text(self._secrets[0])
        os.environ[_ENV] = self._secrets[1]
        self._kept = {number: signal.signal(number, lambda n, _: self._signals.append(n)) for number in _SIGNALS}
        _subreaper(True)
        self._listen()
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        _subreaper(False)
        for number, handler in self._kept.items():
            signal.signal(number, handler)
        del os.environ[_ENV]

    def _listen(self) -> None:
        """Counts who comes, on the loopback and on Unix sockets."""
        tcp, udp = socket.socket(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        named, hidden = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
        tcp.bind(("127.0.0.1", 0))
        udp.bind(("127.0.0.1", 0))
        named.bind(str(self.folder / "socket"))
        self._values["ABSTRACT"] = secrets.token_hex(8)
        hidden.bind("\0" + self._values["ABSTRACT"])
        self._values |= {"TCP": str(tcp.getsockname()[1]), "UDP": str(udp.getsockname()[1]), "FREE": str(_free_port())}
        self._sockets = [tcp, udp, named, hidden]
        for kind, each in (("TCP", tcp), ("UDP", udp), ("Unix", named), ("abstract", hidden)):
            if kind != "UDP":
                each.listen()
            threading.Thread(target=self._serve, args=(kind, each), daemon=True).start()

    def _serve(self, kind: str, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                if kind == "UDP":
                    if not listener.recv(100):
                        return
                else:
                    listener.accept()[0].close()
                self._contacts.append(f"reached a {kind} socket")


@contextlib.contextmanager
def watching() -> Iterator[Watch]:
    """A watch over a fresh folder. Takes signal handlers, so call it from the main thread."""
    with tempfile.TemporaryDirectory(prefix="watch-") as folder, Watch(Path(folder)) as watch:
        yield watch


def _state(path: Path) -> str:
    try:
        stat = path.lstat()
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
    except OSError as error:
        return type(error).__name__
    return f"{stat.st_mode} {stat.st_uid} {stat.st_nlink} {stat.st_size} {content}"


def _keys(table: Path) -> set[int]:
    try:
        return {int(line.split()[0]) & 0xFFFFFFFF for line in table.read_text().splitlines()[1:]}
    except OSError:
        return set()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _subreaper(on: bool) -> None:
    """Orphans of an attack become our children, so that none is missed."""
    ctypes.CDLL(None).prctl(_SUBREAPER, int(on), 0, 0, 0)


def _left(before: set[int]) -> list[int]:
    """New processes below this one that are still there when the dead have had time to go; they are killed."""
    deadline = time.monotonic() + _SETTLE_S
    while (left := [pid for pid in _descendants() if pid not in before]) and time.monotonic() < deadline:
        time.sleep(0.01)
    for pid in left:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    return left


def _descendants() -> Iterator[int]:
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError, ValueError):
                stat = (entry / "stat").read_text()
                parents.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry.name))
    waiting = [os.getpid()]
    while waiting:
        for pid in parents.get(waiting.pop(), ()):
            waiting.append(pid)
            yield pid
