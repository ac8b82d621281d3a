"""A world to throw away, in which an attack may run without our sandbox: own users, processes, network and disk.

unshare ... python -m infra.bench_verifiers.disposable < JOB: copies of the top folders that forget what is written, then
the attack in a process that only HumanEval's guard protects, under the same watch as in our sandbox. One JSON object out.
"""

import ctypes
import fcntl
import json
import os
import resource
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.adversarial.attacks.watch import watching

COMMAND = ["--user", "--map-root-user", "--mount", "--pid", "--net", "--ipc", "--uts", "--fork", "--kill-child"]
_SIZE = b"size=256m"
_DROP = 24  # PR_CAPBSET_DROP
_RDONLY, _REMOUNT, _BIND = 1, 32, 4096
_DEVICES = ("null", "zero", "full", "random", "urandom")
_GUARDED = Path(__file__).with_name("guarded.py")
_libc = ctypes.CDLL(None, use_errno=True)


def run(job: dict[str, Any], patience_s: float) -> dict[str, Any]:
    """What the watch saw of ``job`` (``source``, ``timeout_s``, ``memory_bytes``) in a world of its own, and whether the
    program passed. Where even that world did not survive, that is the fault."""
    tool = shutil.which("unshare")
    assert tool is not None
    command = [tool, *COMMAND, sys.executable, "-m", "infra.bench_verifiers.disposable"]
    root = Path(__file__).resolve().parents[2]
    try:
        done = subprocess.run(
            command, input=json.dumps(job).encode(), capture_output=True, timeout=patience_s, cwd=root, check=False
        )
        seen: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (subprocess.TimeoutExpired, IndexError, ValueError):
        return {"faults": ["ended or stopped the process that ran it"], "over_s": 0.0, "passed": False}
    return seen


def main() -> None:
    """Builds the world, runs the job in it."""
    job = json.loads(sys.stdin.buffer.read())
    _build()
    _loopback()
    passed = False

    def guarded(source: str, timeout_s: float) -> str:
        nonlocal passed
        output, passed = _guarded(source, timeout_s, job["memory_bytes"])
        return output

    with watching() as watch:
        seen = watch.attack(job["source"], guarded, job["timeout_s"])
    print(json.dumps({"faults": seen.faults, "over_s": seen.over_s, "passed": passed}), flush=True)
    os._exit(0)  # nothing of this world needs to be put away


def _guarded(source: str, timeout_s: float, memory: int) -> tuple[str, bool]:
    """What the program put out, and whether HumanEval would say that it passed."""
    read, write = os.pipe()
    command = [sys.executable, str(_GUARDED), str(memory), str(write)]
    with tempfile.TemporaryFile() as output, tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            cwd=folder,
            pass_fds=(write,),
            preexec_fn=_spare,
        )
        os.close(write)
        try:
            process.communicate(source.encode(), timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        os.set_blocking(read, False)
        output.seek(0)
        try:
            passed = os.read(read, 100).startswith(b"passed")
        except BlockingIOError:
            passed = False
        return output.read(1 << 22).decode(errors="replace"), passed


def _spare() -> None:
    """No large files, for the sake of the machine that measures; no capabilities, which no user of HumanEval has."""
    for capability in range(64):
        _libc.prctl(_DROP, capability, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 28, 1 << 28))


def _build() -> None:
    """A new root: each top folder under an overlay that lives in memory, a few devices, fresh temporary folders."""
    _mount(b"none", "/", None, 1 << 14 | 1 << 18)  # private, recursively
    _mount(b"tmpfs", "/mnt", b"tmpfs", 0, _SIZE)
    new, layers = Path("/mnt/new"), Path("/mnt/layers")
    new.mkdir()
    for folder in sorted(Path("/").iterdir()):
        place = new / folder.name
        if folder.is_symlink():
            place.symlink_to(folder.readlink())
        elif folder.is_dir() and folder.name not in ("proc", "sys", "dev", "mnt", "tmp"):
            place.mkdir()
            _overlay(folder, place, layers / folder.name)
    (new / "tmp").mkdir()
    (new / "proc").mkdir()
    (new / "dev" / "shm").mkdir(parents=True)
    for name in _DEVICES:
        (new / "dev" / name).touch()
        _mount(f"/dev/{name}".encode(), new / "dev" / name, None, _BIND)
    _mount(b"proc", new / "proc", b"proc", 0)
    os.chroot(new)
    os.chdir(Path(__file__).resolve().parents[2])


def _overlay(lower: Path, place: Path, layers: Path) -> None:
    """Writable in memory; where the kernel will not, at least read-only."""
    (layers / "upper").mkdir(parents=True)
    (layers / "work").mkdir()
    options = f"lowerdir={lower},upperdir={layers}/upper,workdir={layers}/work,userxattr"
    try:
        _mount(b"overlay", place, b"overlay", 0, options.encode())
    except OSError:
        _mount(str(lower).encode(), place, None, _BIND | 1 << 14)
        _mount(b"none", place, None, _BIND | _REMOUNT | _RDONLY)


def _mount(source: bytes, target: Path | str, kind: bytes | None, flags: int, data: bytes | None = None) -> None:
    if _libc.mount(source, str(target).encode(), kind, flags, data) != 0:
        raise OSError(ctypes.get_errno(), f"mount {target}")


def _loopback() -> None:
    """Up, so that a connection to it can be counted."""
    with socket.socket() as probe:
        fcntl.ioctl(probe, 0x8914, struct.pack("16sh", b"lo", 1))


if __name__ == "__main__":
    main()
