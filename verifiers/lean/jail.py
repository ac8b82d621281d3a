"""Shuts itself in and becomes another program: ``python -I -S jail.py [--folder F] [--read P]... [--run P]... -- COMMAND``.

Its layers stand for good and hold for all that the program starts. One that this machine does not have is left out, and
``layers`` names it. ``--run`` names what may be executed and read, ``--read`` what may be read: nothing may be written.
Without ``--run`` of a folder the program may start threads but no process. Time and memory are the host's to watch: a
WebAssembly memory reserves more address space than any limit would allow.
"""

import contextlib
import json
import os
import resource
import subprocess
import sys
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

_ROOM = Path(__file__).resolve().parents[2]
_FILES = 512
_FILE_BYTES = 16 << 20  # for a host that gave a file as the error stream
_PROBE_S = 20.0


def _become_a_light_package() -> None:
    """As the sandbox's fork server does: its modules without those that ``import verifiers`` brings."""
    for name in ("verifiers", "verifiers.sandbox"):
        package = types.ModuleType(name)
        package.__path__ = [str(_ROOM.joinpath(*name.split(".")))]
        sys.modules[name] = package


if __name__ == "__main__":
    _become_a_light_package()

from verifiers.sandbox import landlock, namespaces, seccomp, system  # noqa: E402

MEANING = {
    "namespaces": "user, network, IPC and host name namespaces; no interface is up",
    "landlock": "reads of Lean and its host only, no writes, no execution of anything else",
    "rlimits": "descriptors, file size; no core dumps",
    "privileges": "no capabilities, no new privileges",
    "seccomp": "no processes, sockets, tracing, mounts, io_uring, keys",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """What a jailed program may touch: folders or files it may read, and files (or folders of files) it may run."""

    readable: tuple[Path, ...]
    runnable: tuple[Path, ...]
    folder: Path | None = None  # where it stands; by default ``/``

    def command(self, program: Sequence[str]) -> list[str]:
        """The command line that runs ``program`` in the cell."""
        words = [sys.executable, "-I", "-S", "-B", str(Path(__file__).resolve())]
        words += ["--folder", str(self.folder)] if self.folder else []
        words += [word for path in self.readable for word in ("--read", str(path))]
        words += [word for path in self.runnable for word in ("--run", str(path))]
        return [*words, "--", *program]

    @property
    def forks(self) -> bool:
        """Whether the program may start processes: where it may run a folder's files."""
        return any(path.is_dir() for path in self.runnable)


def layers(cell: Cell) -> dict[str, str]:
    """What does not hold for the cell on this machine: layer to reason. Tried in a process of its own."""
    done = subprocess.run(
        cell.command([]),
        capture_output=True,
        text=True,
        timeout=_PROBE_S,
        check=False,
        env={},
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        return dict.fromkeys(MEANING, done.stderr.strip()[-200:] or "the launcher does not start")
    missing: dict[str, str] = json.loads(done.stdout)
    return missing


def shut_in(cell: Cell) -> dict[str, str]:
    """Applies each layer to this process and says which do not hold, and why."""
    missing = {}
    for name, layer in _layers(cell).items():
        try:
            layer()
        except OSError as error:
            missing[name] = str(error)
    return missing


def _layers(cell: Cell) -> dict[str, Callable[[], None]]:
    """In their order: a namespace gives capabilities, which go before what cannot be undone."""
    made: dict[str, Callable[[], None]] = {
        "namespaces": _namespaces,
        "rlimits": _limit,
        "privileges": _drop,
        "landlock": lambda: landlock.restrict(cell.readable, cell.runnable),
        "seccomp": lambda: seccomp.install(os.getpid(), own_tree=False, becomes=True),
    }
    if cell.forks:
        del made["seccomp"]
    return made


def _namespaces() -> None:
    user, group = os.geteuid(), os.getegid()
    proc = os.open("/proc", os.O_PATH | os.O_DIRECTORY)
    system.unshare(system.CLONE_NEWUSER | system.CLONE_NEWNET | system.CLONE_NEWIPC | system.CLONE_NEWUTS)
    namespaces.write_maps(proc, f"{namespaces.NOBODY} {user} 1", f"{namespaces.NOBODY} {group} 1")
    os.close(proc)


def _drop() -> None:
    system.drop_capabilities()
    system.no_new_privileges()


def _limit() -> None:
    wanted = {resource.RLIMIT_NOFILE: _FILES, resource.RLIMIT_CORE: 0, resource.RLIMIT_FSIZE: _FILE_BYTES}
    for kind, value in wanted.items():
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def _read(words: list[str]) -> tuple[Cell, list[str]]:
    split = words.index("--")
    options = list(zip(words[:split:2], words[1:split:2], strict=True))
    chosen = {name: tuple(Path(value) for key, value in options if key == name) for name in ("--read", "--run")}
    folders = [Path(value) for key, value in options if key == "--folder"]
    return Cell(chosen["--read"], chosen["--run"], folders[0] if folders else None), words[split + 1 :]


def main() -> None:
    """Becomes the program, or says which layers do not hold where there is none."""
    cell, program = _read(sys.argv[1:])
    os.chdir(cell.folder or "/")
    os.umask(0o077)
    system.close_above(2)
    with contextlib.suppress(PermissionError):  # it leads its session already
        os.setsid()
    missing = shut_in(cell)
    if program:
        os.execv(program[0], program)
    sys.stdout.write(json.dumps(missing))


if __name__ == "__main__":
    main()
