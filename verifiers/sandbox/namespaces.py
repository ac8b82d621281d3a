"""Namespaces: the room all jobs share (made once), and each job's own inside it. No job sees another, or the host."""

import contextlib
import os
import signal
import socket
from pathlib import Path

from verifiers.sandbox import system

NOBODY = 65534
_SHARED = system.CLONE_NEWUSER | system.CLONE_NEWPID | system.CLONE_NEWNS | system.CLONE_NEWNET
_SHARED |= system.CLONE_NEWIPC | system.CLONE_NEWUTS
_OWN = system.CLONE_NEWUSER | system.CLONE_NEWNS | system.CLONE_NEWIPC | system.CLONE_NEWNET
_SETGID, _SETUID = 1 << 6, 1 << 7
_ALL_CAPABILITIES = (1 << 41) - 1


def enter() -> int:
    """Makes the shared namespaces and goes on as their first process; the process that called stays outside, waits and
    ends with it. The result is a descriptor of the outer ``/proc``. Raises ``OSError`` where the kernel refuses.

    Ids: a host's root maps itself (to build the tree) and nobody (to be, later); anyone else only themselves, as nobody.
    """
    proc = os.open("/proc", os.O_PATH | os.O_DIRECTORY)
    if os.geteuid() == 0 and _capable(_SETUID | _SETGID):
        _map_from_outside(proc)
    else:
        user, group = os.geteuid(), os.getegid()
        system.unshare(_SHARED)
        write_maps(proc, f"{NOBODY} {user} 1", f"{NOBODY} {group} 1")
    first = os.fork()
    if first:
        _outlive(first)
    system.die_with_parent(signal.SIGKILL)
    system.mount("none", "/", None, system.MS_REC | system.MS_PRIVATE)
    socket.sethostname("sandbox")
    return proc


def _capable(mask: int) -> bool:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    [held] = [line.split()[1] for line in status.splitlines() if line.startswith("CapEff:")]
    return int(held, 16) & mask == mask


def _map_from_outside(proc: int) -> None:
    """More than one id can only be mapped by a process that has the rights outside: a short-lived child."""
    ready, go = os.pipe()
    me = os.getpid()
    helper = os.fork()
    if helper == 0:
        os.close(go)
        os.read(ready, 1)
        try:
            write_maps(proc, f"0 0 1\n{NOBODY} {NOBODY} 1", f"0 0 1\n{NOBODY} {NOBODY} 1", str(me), keep_groups=True)
        except OSError:
            os._exit(1)
        os._exit(0)
    os.close(ready)
    try:
        system.unshare(_SHARED)
    finally:
        os.close(go)
        _, status = os.waitpid(helper, 0)
    if status:
        raise OSError("uid_map: root may not map nobody here")


def write_maps(proc: int, users: str, groups: str, process: str = "self", *, keep_groups: bool = False) -> None:
    """Writes the id maps of a process through a descriptor of ``/proc``."""
    if not keep_groups:
        _write(proc, f"{process}/setgroups", "deny")
    _write(proc, f"{process}/gid_map", groups)
    _write(proc, f"{process}/uid_map", users)


def _write(proc: int, path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY, dir_fd=proc)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def _outlive(first: int) -> None:
    """Holds nothing open and ends when the shared namespaces' first process has ended; ends it when asked to."""
    signal.signal(signal.SIGTERM, lambda *_: os.kill(first, signal.SIGKILL))
    system.close_above(2)
    _, status = os.waitpid(first, 0)
    os._exit(0 if status == 0 else 1)


def become_nobody() -> None:
    """After the tree is built: no id of the host's root is left, the capabilities inside the namespaces are."""
    if os.geteuid() != NOBODY:
        os.setgroups([])
        system.keep_capabilities()
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    with contextlib.suppress(OSError):  # fewer capabilities on an older kernel
        system.set_capabilities(_ALL_CAPABILITIES)
    system.set_dumpable(True)  # else our own /proc files, the maps among them, would be root's


class Nursery:
    """Each fork by ``fork()`` is the first process of a new pid namespace; ours stays what it is."""

    def __init__(self, proc: int) -> None:
        self._own = os.open("self/ns/pid", os.O_RDONLY, dir_fd=proc)

    def fork(self) -> int:
        """As ``os.fork``. Raises ``OSError`` where no namespace is to be had."""
        system.unshare(system.CLONE_NEWPID)
        child = os.fork()
        if child:
            system.setns(self._own, system.CLONE_NEWPID)
        return child


def separate(proc: int) -> None:
    """In a fresh child: user, mount, network and IPC namespaces of its own; no interface is up in them."""
    user, group = os.geteuid(), os.getegid()  # asked before: no id has a name in a new user namespace
    system.unshare(_OWN)
    write_maps(proc, f"{NOBODY} {user} 1", f"{NOBODY} {group} 1")
    with contextlib.suppress(OSError):  # a second lock on what seccomp forbids; some containers mask /proc/sys
        _write(proc, "sys/user/max_user_namespaces", "0")
