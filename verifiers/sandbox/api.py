"""The sandbox as the rest of the judges use it: one door for any thread, event loop or Ray actor."""

import json
import math
import threading
import weakref
from types import TracebackType

from schemas import JudgeBroken
from verifiers.sandbox.child import Child, Pipes, ServerGone
from verifiers.sandbox.launch import Launched
from verifiers.sandbox.lockdown import ORDER
from verifiers.sandbox.records import Finished, Layer, Limits, SandboxConfig
from verifiers.sandbox.roles import TRUSTED, Job

_MEANING = {
    "namespaces": "user, pid, mount, network, IPC and host name namespaces; ended as one",
    "filesystem": "a read-only tree of the interpreter alone; /tmp of its own, bounded",
    "landlock": "reads of the interpreter only, no writes at all",
    "rlimits": "memory, CPU seconds, file size, descriptors, threads, no core dumps",
    "privileges": "no capabilities, no new privileges",
    "seccomp": "no processes, exec, sockets, tracing, mounts, io_uring, keys",
}
_ADVICE = (
    "Allow user namespaces (`sysctl kernel.unprivileged_userns_clone=1`, `user.max_user_namespaces` above 0; on Ubuntu "
    "`kernel.apparmor_restrict_unprivileged_userns=0`; in a pod a securityContext with seccompProfile Unconfined or "
    "`procMount: Unmasked`), or run on a kernel with seccomp and Landlock (Linux 5.13). To run untrusted code regardless, "
    "on a machine that you can lose, allow a weak sandbox (`--allow-weak-sandbox`, `judges.allow_weak_sandbox=true`)."
)


class Sandbox:
    """Runs jobs in shut-in children of a fork server that starts with the first job. Thread-safe."""

    def __init__(self, config: SandboxConfig | None = None) -> None:
        self._config = config or SandboxConfig()
        self._lock = threading.Lock()
        self._servers: dict[bool, Launched] = {}  # by whether SymPy is imported in it
        self._starting = {False: threading.Lock(), True: threading.Lock()}
        self._closed = False
        weakref.finalize(self, _close_all, self._servers)

    def run(self, source: str, limits: Limits, stdin: bytes = b"") -> Finished:
        """Runs a program as ``python FILE`` would and waits for its end, at most ``limits.timeout_s``.
        Raises ``JudgeBroken`` where the machine cannot hold it."""
        child = self._start("program", limits, {"source": source}, stdin)
        return child.finish(limits.timeout_s)

    def start(self, role: str, limits: Limits, job: Job | None = None, *, warm: bool | None = None) -> Child:
        """A child in a role. ``warm``: forked where SymPy is imported already (the first one waits for that import);
        by default where the job's text speaks of SymPy. Raises ``JudgeBroken``."""
        return self._start(role, limits, job or {}, b"", warm)

    @property
    def layers(self) -> tuple[Layer, ...]:
        """What holds here; starts the fork server. Raises ``JudgeBroken`` where not even that is possible."""
        server = self._server(warm=False)
        active = server.active()
        return tuple(_layer(name, active, server.missing) for name in ORDER)

    def holds_floor(self) -> bool:
        """Whether untrusted code is kept from the network, the disk, other processes and from outliving its job."""
        return _floor(self._server(warm=False).active())

    def is_warm(self) -> bool:
        """Whether a ``warm`` child would not have to wait for an import."""
        server = self._servers.get(True)
        return server is not None and server.alive

    def close(self) -> None:
        """Ends the fork servers and every child. May be called again; a later job raises ``RuntimeError``."""
        self._closed = True
        with self._starting[False], self._starting[True]:
            _close_all(self._servers)

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _start(self, role: str, limits: Limits, job: Job, stdin: bytes, warm: bool | None = None) -> Child:
        text = json.dumps(job).encode()
        warm = b"sympy" in text if warm is None else warm
        for attempt in (1, 2):
            server = self._server(warm=warm)
            self._check_floor(role, server)
            try:
                return _child(server, role, limits, text, stdin)
            except ServerGone as error:
                self._forget(warm, server)
                if attempt == 2:
                    raise JudgeBroken("The judges' fork server dies whenever it forks. Free memory.") from error
        raise AssertionError

    def _check_floor(self, role: str, server: Launched) -> None:
        if role in TRUSTED or self._config.allow_weak or _floor(server.active()):
            return
        missing = "; ".join(f"{name}: {why}" for name, why in server.missing.items())
        raise JudgeBroken(f"This machine cannot isolate untrusted code ({missing}). {_ADVICE}")

    def _server(self, *, warm: bool) -> Launched:
        with self._starting[warm]:
            if self._closed:
                raise RuntimeError("the sandbox is closed")
            server = self._servers.get(warm)
            if server is None or not server.alive:
                disabled = dict.fromkeys(self._config.disable, "disabled by the configuration")
                known = self._servers.get(False)
                server = Launched(known.missing if warm and known else disabled, warm=warm)
                self._servers[warm] = server
            return server

    def _forget(self, warm: bool, server: Launched) -> None:
        with self._starting[warm]:
            if self._servers.get(warm) is server:
                del self._servers[warm]
        server.close()


def _child(server: Launched, role: str, limits: Limits, job: bytes, stdin: bytes) -> Child:
    seconds = limits.timeout_s if math.isfinite(limits.timeout_s) else None
    bounds = {"timeout_s": seconds, "memory_mb": limits.memory_mb, "files_mb": limits.files_mb}
    try:
        pipes = Pipes()
    except OSError as error:
        raise JudgeBroken(
            f"Cannot open a job's pipes: {error}. Raise the limit of open files (`ulimit -n`)."
        ) from error
    try:
        server.fork({"role": role, "bounds": bounds}, pipes.theirs)
        pipes.close_theirs()
        return Child(pipes, limits, job, stdin)
    except OSError as error:
        pipes.close()
        raise ServerGone from error
    except BaseException:
        pipes.close()
        raise


def _layer(name: str, active: frozenset[str], missing: dict[str, str]) -> Layer:
    if name in active:
        return Layer(name, True, _MEANING[name])
    if name == "landlock" and "filesystem" in active:
        return Layer(name, False, "not needed: the filesystem layer does more", needed=False)
    return Layer(name, False, missing.get(name, "stands on the namespaces"))


def _floor(active: frozenset[str]) -> bool:
    walls = {"namespaces", "filesystem"} <= active or {"seccomp", "landlock"} <= active
    return walls and {"rlimits", "privileges"} <= active


def _close_all(servers: dict[bool, Launched]) -> None:
    while servers:
        servers.popitem()[1].close()
