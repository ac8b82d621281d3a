"""What a forked child does to itself before it runs a job: one layer after the other, each named when it fails."""

import contextlib
import math
import os
import resource
import signal
from collections.abc import Iterator
from dataclasses import dataclass

from verifiers.sandbox import filesystem, landlock, namespaces, seccomp, system

ORDER = ("namespaces", "filesystem", "landlock", "rlimits", "privileges", "seccomp")
_THREADS = 64
_FILES = 128
_STACK_MB = 64
_GRACE_S = 2  # the parent ends a late job by the clock; the kernel does a little later, should the parent be gone


class LayerMissing(Exception):
    """A layer cannot be had; the arguments are its name and why."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """``Limits`` and the rest of what a child must know of its job before it is shut in."""

    timeout_s: float | None  # none for one that lives long
    memory_mb: int
    files_mb: int
    base_bytes: int  # address space that the zygote itself holds
    folder: str  # where the job stands if it has no ``/tmp`` of its own


@contextlib.contextmanager
def layer(name: str) -> Iterator[None]:
    """Any refusal by the kernel inside is that layer's."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise LayerMissing(name, str(error)) from error


def lock(layers: frozenset[str], bounds: Bounds, proc: int, last_descriptor: int) -> None:
    """Applies ``layers`` to this process for good and closes every descriptor above ``last_descriptor``.
    Raises ``LayerMissing``: then nothing untrusted may run here."""
    readable = filesystem.readable_paths()
    os.setsid()
    system.die_with_parent(signal.SIGKILL)
    if "namespaces" in layers:
        with layer("namespaces"):
            namespaces.separate(proc)
    if "filesystem" in layers:
        with layer("filesystem"):
            filesystem.own_tmp(bounds.files_mb, readable)
    os.chdir("/tmp" if "filesystem" in layers else bounds.folder)
    os.umask(0o077)
    system.close_above(last_descriptor)
    if "landlock" in layers:
        with layer("landlock"):
            system.no_new_privileges()
            landlock.restrict(readable)
    _last_layers(layers, bounds)


def _last_layers(layers: frozenset[str], bounds: Bounds) -> None:
    if "rlimits" in layers:
        with layer("rlimits"):
            _limit(bounds, forks="seccomp" not in layers)
    if "privileges" in layers:
        with layer("privileges"):
            system.drop_capabilities()
            system.no_new_privileges()
            system.set_dumpable(False)
    if "seccomp" in layers:
        with layer("seccomp"):
            system.no_new_privileges()
            seccomp.install(os.getpid(), own_tree="filesystem" in layers)


def _limit(bounds: Bounds, *, forks: bool) -> None:
    """Without seccomp a fork would double every bound, so then not even a thread is allowed."""
    limits = {
        resource.RLIMIT_AS: bounds.base_bytes + (bounds.memory_mb << 20),
        resource.RLIMIT_FSIZE: bounds.files_mb << 20,
        resource.RLIMIT_NOFILE: _FILES,
        resource.RLIMIT_NPROC: 1 if forks else _THREADS,
        resource.RLIMIT_STACK: _STACK_MB << 20,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
    }
    if bounds.timeout_s is not None:
        limits[resource.RLIMIT_CPU] = math.ceil(bounds.timeout_s) + _GRACE_S
    for kind, wanted in limits.items():
        hard = resource.getrlimit(kind)[1]
        value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        soft = min(value, 8 << 20) if kind == resource.RLIMIT_STACK else value
        resource.setrlimit(kind, (soft, value))
