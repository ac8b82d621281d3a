"""Starts a fork server and finds out which layers hold on this machine."""

import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from schemas import JudgeBroken
from verifiers.sandbox.lockdown import ORDER

_END_S = 10.0
START_S = 60.0  # an interpreter start or a SymPy import on a busy machine
_SCRIPT = Path(__file__).with_name("zygote.py").resolve()
_ADVICE = "Check that this Python starts, and that the machine is Linux and has memory and processes to spare."


class Launched:
    """A fork server of ours and the socket it listens on. ``fork`` is thread-safe."""

    def __init__(self, disabled: dict[str, str], *, warm: bool) -> None:
        """Tries all layers but the ``disabled`` (name to reason), then without each that does not hold.
        Raises ``JudgeBroken`` where no server can be started."""
        self.missing = dict(disabled)
        self._folder: str | None = None
        try:
            while not self._launch(warm):
                pass
        except BaseException:
            self.close()
            raise

    def active(self) -> frozenset[str]:
        """The layers that hold. The tree makes Landlock needless and stands on the namespaces."""
        wanted = {name for name in ORDER if name not in self.missing}
        if "namespaces" not in wanted:
            wanted.discard("filesystem")
        if "filesystem" in wanted:
            wanted.discard("landlock")
        return frozenset(wanted)

    def _work_folder(self) -> str:
        """Where jobs stand that have no ``/tmp`` of their own; one to write in only where nothing keeps them from it."""
        if self.active() & {"filesystem", "landlock"}:
            return "/"
        self._folder = self._folder or tempfile.mkdtemp(prefix="sandbox-")
        return self._folder

    def _launch(self, warm: bool) -> bool:
        with tempfile.TemporaryFile() as log:
            self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with theirs:
                self._process = _popen(theirs.fileno(), log.fileno())
            settings = {"layers": sorted(self.active()), "warm": warm, "folder": self._work_folder()}
            answer = self._first_words(settings)
            if answer is None:
                self._end_process()
                log.seek(0)
                words = log.read()[-800:].decode(errors="replace").strip()
                raise JudgeBroken(f"The judges' fork server did not start. Its last words: {words!r}. {_ADVICE}")
        if answer.get("ready"):
            return True
        name, why = answer["missing"]
        self._end_process()
        if name in self.missing or name not in ORDER:
            raise JudgeBroken(f"The judges' fork server cannot settle without {name}: {why}. {_ADVICE}")
        self.missing[name] = why
        return False

    def _first_words(self, settings: dict[str, object]) -> dict[str, list[str]] | None:
        try:
            self._control.send(json.dumps(settings).encode())
            self._control.settimeout(START_S)
            words = self._control.recv(1 << 16)
        except OSError:
            return None
        self._control.settimeout(None)
        return json.loads(words) if words else None

    def fork(self, request: dict[str, object], descriptors: list[int]) -> None:
        """Asks for a child. Raises ``OSError`` where the server is gone."""
        socket.send_fds(self._control, [json.dumps(request).encode()], descriptors)

    @property
    def alive(self) -> bool:
        """Whether the server has not been seen to end."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """Of the process we started; it ends with the server."""
        return self._process.pid

    def close(self) -> None:
        """Ends the server and with it every child. May be called again."""
        if hasattr(self, "_process"):
            self._end_process()
        if self._folder is not None:
            _remove(self._folder)

    def _end_process(self) -> None:
        """When the process that we started has ended, all others of its pid namespace have."""
        self._control.close()
        self._process.terminate()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _remove(folder: str) -> None:
    """Empty, unless no layer kept jobs from writing. ``rm`` is not stopped by depth, as ``rmtree`` is."""
    try:
        Path(folder).rmdir()
    except OSError:
        subprocess.run(["rm", "-rf", "--", folder], stderr=subprocess.DEVNULL, check=False)


def _popen(control: int, log: int) -> "subprocess.Popen[bytes]":
    environment = {"PATH": os.defpath, "LANG": "C.UTF-8", "HOME": "/tmp", "TMPDIR": "/tmp", "TZ": "UTC"}
    environment |= {"PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    try:
        return subprocess.Popen(
            [sys.executable, "-s", "-P", "-B", str(_SCRIPT), str(control)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            env=environment,
            pass_fds=[control],
            start_new_session=True,
        )
    except OSError as error:
        raise JudgeBroken(f"Cannot start the judges' fork server: {error}. {_ADVICE}") from error
