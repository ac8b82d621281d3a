"""The fork server: ``python zygote.py CONTROL_FD``. A small, single-threaded process that shuts itself in, imports what
jobs will need, and forks one child per request. It never sees a job's text: that goes from the host to the child.

In, once: the settings. Out, once: the layers that hold, or the one that does not. Then one request per message, with the
job's descriptors; what becomes of a job is told on the job's own socket. When the host is gone, so are we and all jobs.
"""

import contextlib
import fcntl
import gc
import json
import os
import selectors
import signal
import socket
import sys
import types
from importlib import import_module
from pathlib import Path
from typing import Any

_ROOM = Path(__file__).resolve().parents[2]
_TELL = 5  # a child's own end of its job's socket, closed before the job begins; below it stdio and the channel
_REQUEST_BYTES, _REQUEST_FDS = 1 << 16, 6

Request = dict[str, Any]


def _become_a_light_package() -> None:
    """``import verifiers`` would bring the panel, pyarrow and threads into every child; its modules do without."""
    sys.path[:] = [path for path in sys.path if path != str(Path(__file__).resolve().parent)]
    sys.path.append(str(_ROOM))
    package = types.ModuleType("verifiers")
    package.__path__ = [str(_ROOM / "verifiers")]
    inner = types.ModuleType("verifiers.sandbox")
    inner.__path__ = [str(_ROOM / "verifiers" / "sandbox")]
    sys.modules |= {"verifiers": package, "verifiers.sandbox": inner}


if __name__ == "__main__":
    _become_a_light_package()

from verifiers.sandbox import filesystem, lockdown, namespaces, roles, system  # noqa: E402


class Zygote:
    """The settled server: what it holds open and which children live."""

    def __init__(self, control: socket.socket, layers: frozenset[str], folder: str, proc: int) -> None:
        self._control = control
        self._layers = layers
        self._folder = folder
        self._proc = proc
        self._nursery = namespaces.Nursery(proc) if "namespaces" in layers else None
        self._jobs: dict[int, socket.socket] = {}
        self._base_bytes = 0

    def settle(self, warm: bool) -> None:
        """Imports, then freezes the heap, so that children share its pages."""
        if warm:
            import_module("verifiers.worker").load()
        gc.collect()
        gc.freeze()
        pages = os.open("self/statm", os.O_RDONLY, dir_fd=self._proc)
        self._base_bytes = int(os.read(pages, 100).split()[0]) * os.sysconf("SC_PAGE_SIZE")
        os.close(pages)

    def probe(self) -> None:
        """A child that only shuts itself in. Raises ``LayerMissing`` with its words."""
        read, write = os.pipe()
        bounds = lockdown.Bounds(5.0, 256, 1, self._base_bytes, self._folder)
        child = self._fork()
        if child == 0:
            self._move_proc()
            os.dup2(write, _TELL)
            failure = self._lock(bounds)
            os.write(_TELL, json.dumps(failure).encode())
            os._exit(0)
        os.close(write)
        with os.fdopen(read, "rb") as answer:
            words = answer.read()
        os.waitpid(child, 0)
        failure = json.loads(words) if words else ["seccomp", "a child that applied every layer died"]
        if failure is not None:
            raise lockdown.LayerMissing(*failure)

    def _move_proc(self) -> None:
        """Out of the way of the descriptors that a job gets."""
        self._proc = _dup_high(self._proc)

    def _lock(self, bounds: lockdown.Bounds) -> list[str] | None:
        try:
            lockdown.lock(self._layers, bounds, self._proc, _TELL)
        except lockdown.LayerMissing as missing:
            return [str(each) for each in missing.args]
        return None

    def _fork(self) -> int:
        if self._nursery is None:
            return os.fork()
        try:
            return self._nursery.fork()
        except OSError as error:
            raise lockdown.LayerMissing("namespaces", str(error)) from error

    def serve(self) -> None:
        """Until the host closes the control socket."""
        wake_read, wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        with selectors.DefaultSelector() as selector:
            selector.register(self._control, selectors.EVENT_READ)
            selector.register(wake_read, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fd == wake_read:
                        os.read(wake_read, 4096)
                        self._reap()
                    elif not self._request():
                        return

    def _request(self) -> bool:
        words, descriptors, _, _ = socket.recv_fds(self._control, _REQUEST_BYTES, _REQUEST_FDS)
        if not words:
            return False
        request = json.loads(words)
        status = socket.socket(fileno=descriptors[0])
        try:
            self._prepare(request["role"])
            child = self._fork()
        except (lockdown.LayerMissing, OSError, ImportError) as error:
            _say(status, {"failed": f"{type(error).__name__}: {error}"})
            child = -1
        if child == 0:
            self._become(request, status, descriptors[1:])
        for descriptor in descriptors[1:]:
            os.close(descriptor)
        if child > 0:
            self._jobs[child] = status
            self._announce(child, status)
        else:
            status.close()
        return True

    def _prepare(self, role: str) -> None:
        """Our own modules are imported once, here, not in every child."""
        module = roles.MODULES.get(role)
        if module is not None and module not in sys.modules:
            import_module(module)
            gc.freeze()

    def _announce(self, child: int, status: socket.socket) -> None:
        """The child's id as the zygote sees it, and a handle that means the same process in any namespace."""
        try:
            handle = os.pidfd_open(child)
        except (AttributeError, OSError):  # before Linux 5.3
            _say(status, {"pid": child})
            return
        with contextlib.suppress(OSError):
            socket.send_fds(status, [json.dumps({"pid": child}).encode()], [handle])
        os.close(handle)

    def _become(self, request: Request, status: socket.socket, descriptors: list[int]) -> None:
        """Never returns. The child's life: descriptors in place, shut in, the job read, the role played."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._move_proc()
        high = [_dup_high(each) for each in (*descriptors, status.fileno())]
        for number, each in enumerate(high):
            os.dup2(each, number)
        bounds = lockdown.Bounds(**request["bounds"], base_bytes=self._base_bytes, folder=self._folder)
        failure = self._lock(bounds)
        if failure is not None:
            with contextlib.suppress(OSError):
                os.write(_TELL, json.dumps({"failed": ": ".join(failure)}).encode())
            os._exit(1)
        os.close(_TELL)
        code = 1
        try:
            code = _play(request["role"])
        finally:
            os._exit(code)

    def _reap(self) -> None:
        """Tells each job's host how its process ended, in the kernel's words, and ends what it left behind."""
        while True:
            try:
                child, code = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if child == 0:
                return
            status = self._jobs.pop(child, None)
            if status is not None:
                if self._nursery is None:
                    self._end_orphans()
                _say(status, {"status": code})
                status.close()

    def _end_orphans(self) -> None:
        """Without a pid namespace, what a job leaves behind becomes our child, and no job of ours."""
        for _ in range(1000):
            path = Path(f"/proc/self/task/{os.getpid()}/children")
            orphans = {int(word) for word in path.read_text().split()} - self._jobs.keys()
            if not orphans:
                return
            for orphan in orphans:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(orphan, signal.SIGKILL)
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(orphan, 0)


def _dup_high(descriptor: int) -> int:
    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _TELL + 1)


def _say(status: socket.socket, message: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):  # the host no longer listens
        status.send(json.dumps(message).encode())


def _play(role: str) -> int:
    sys.stdin = open(0, encoding="utf-8", errors="surrogateescape", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", errors="surrogateescape", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)  # noqa: SIM115
    channel = roles.Channel()
    line = channel.receive()
    return roles.play(role, channel, json.loads(line)) if line is not None else 1


def main() -> None:
    """Shuts itself in, says what holds, serves."""
    control = socket.socket(fileno=int(sys.argv[1]))
    settings = json.loads(control.recv(_REQUEST_BYTES))
    layers = frozenset(settings["layers"])
    try:
        zygote = _enter(control, layers, settings["folder"])
        zygote.settle(settings["warm"])
        zygote.probe()
    except lockdown.LayerMissing as missing:
        control.send(json.dumps({"missing": missing.args}).encode())
        return
    control.send(json.dumps({"ready": True}).encode())
    zygote.serve()


def _enter(control: socket.socket, layers: frozenset[str], folder: str) -> Zygote:
    filesystem.readable_paths()  # found once, while the whole disk is in sight
    if "namespaces" in layers:
        with lockdown.layer("namespaces"):
            proc = namespaces.enter()
    else:
        proc = os.open("/proc", os.O_PATH | os.O_DIRECTORY)
        system.adopt_orphans()
    if "filesystem" in layers:
        with lockdown.layer("filesystem"):
            filesystem.build_tree()
            namespaces.become_nobody()
    return Zygote(control, layers, folder, proc)


if __name__ == "__main__":
    main()
