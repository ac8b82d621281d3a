"""The system calls that Python has no name for. Each raises ``OSError`` with the call's name; Linux only."""

import ctypes
import os
import platform
import struct

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x0002_0000, 0x0400_0000, 0x0800_0000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x1000_0000, 0x2000_0000, 0x4000_0000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND = 1, 2, 4, 8, 32, 4096
MS_REC, MS_PRIVATE = 16384, 1 << 18
MNT_DETACH = 2
ATTR_RDONLY, ATTR_NOSUID, ATTR_NODEV = 1, 2, 4

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_KEEPCAPS = 1, 4, 8
_PR_CAPBSET_DROP, _PR_SET_SUBREAPER, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT = 24, 36, 38, 47
_CAPABILITY_VERSION_3 = 0x2008_0522
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000

_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_MOUNT_SETATTR, _CLOSE_RANGE = 442, 436
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_libc = ctypes.CDLL(None, use_errno=True)


def _checked(name: str, result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def _syscall(name: str, number: int, *arguments: int | bytes | None) -> int:
    wrapped = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    return _checked(name, int(_libc.syscall(ctypes.c_long(number), *wrapped)))


def _prctl(name: str, *arguments: int) -> None:
    padded = (*arguments, 0, 0, 0, 0)[:5]
    _checked(name, _libc.prctl(*(ctypes.c_ulong(each) for each in padded)))


def unshare(flags: int) -> None:
    """New namespaces for this process; ``CLONE_NEWPID`` for its next children."""
    _checked("unshare", _libc.unshare(flags))


def setns(descriptor: int, kind: int) -> None:
    """Joins the namespace behind a descriptor of ``/proc/PID/ns``."""
    _checked("setns", _libc.setns(descriptor, kind))


def mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    """``mount(2)``."""
    encoded = (os.fsencode(source), os.fsencode(target), kind.encode() if kind else None)
    _checked(f"mount {target}", _libc.mount(*encoded, ctypes.c_ulong(flags), options.encode()))


def set_mount_attributes(target: str, attributes: int) -> None:
    """Sets ``ATTR_*`` on a mount and every mount below it. Linux 5.12."""
    packed = struct.pack("=QQQQ", attributes, 0, 0, 0)
    _syscall("mount_setattr", _MOUNT_SETATTR, _AT_FDCWD, os.fsencode(target), _AT_RECURSIVE, packed, len(packed))


def pivot_root(new: str, old: str) -> None:
    """``new`` becomes the root, the old root is seen at ``old`` until it is unmounted."""
    number = _PIVOT_ROOT.get(platform.machine())
    if number is None:
        raise OSError(f"pivot_root: not known for {platform.machine()}")
    _syscall("pivot_root", number, os.fsencode(new), os.fsencode(old))


def detach(target: str) -> None:
    """Unmounts a whole tree of mounts."""
    _checked("umount", _libc.umount2(os.fsencode(target), MNT_DETACH))


def close_above(last: int) -> None:
    """Closes every descriptor above ``last``."""
    try:
        _syscall("close_range", _CLOSE_RANGE, last + 1, 0xFFFF_FFFF, 0)
    except OSError:  # before Linux 5.9
        os.closerange(last + 1, os.sysconf("SC_OPEN_MAX"))


def die_with_parent(signal_number: int) -> None:
    """The kernel sends the signal to this process when its parent thread ends."""
    _prctl("PR_SET_PDEATHSIG", _PR_SET_PDEATHSIG, signal_number)


def set_dumpable(value: bool) -> None:
    """Whether processes of the same user may trace this one and read its ``/proc`` files."""
    _prctl("PR_SET_DUMPABLE", _PR_SET_DUMPABLE, int(value))


def adopt_orphans() -> None:
    """Descendants whose parent ends become our children, not init's."""
    _prctl("PR_SET_CHILD_SUBREAPER", _PR_SET_SUBREAPER, 1)


def keep_capabilities() -> None:
    """A change of user id then leaves the permitted set as it is."""
    _prctl("PR_SET_KEEPCAPS", _PR_SET_KEEPCAPS, 1)


def no_new_privileges() -> None:
    """For good: no later exec gains anything. Seccomp and Landlock ask for it."""
    _prctl("PR_SET_NO_NEW_PRIVS", _PR_SET_NO_NEW_PRIVS, 1)


def set_seccomp(program: bytes) -> None:
    """Installs a BPF filter (8 bytes per instruction) on the calling thread and all it starts."""
    code = ctypes.create_string_buffer(program, len(program))
    record = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    held = ctypes.create_string_buffer(record, len(record))
    _prctl("seccomp", 22, 2, ctypes.addressof(held))


def set_capabilities(mask: int) -> None:
    """The effective and permitted sets; the inheritable set becomes empty."""
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    low, high = mask & 0xFFFF_FFFF, mask >> 32
    data = struct.pack("=6I", low, low, 0, high, high, 0)
    _checked("capset", _libc.capset(header, data))


def drop_capabilities() -> None:
    """Every set empty, the bounding and ambient ones too where that is allowed."""
    for number in range(64):
        try:
            _prctl("PR_CAPBSET_DROP", _PR_CAPBSET_DROP, number)
        except OSError:  # past the last one, or not ours to drop
            break
    _prctl("PR_CAP_AMBIENT", _PR_CAP_AMBIENT, 4)
    set_capabilities(0)


def landlock_version() -> int:
    """The ABI version, 1 or more. Raises where the kernel has none."""
    return _syscall("landlock", _LANDLOCK_CREATE, None, 0, 1)


def landlock_ruleset(attributes: bytes) -> int:
    """A descriptor of a new rule set."""
    return _syscall("landlock", _LANDLOCK_CREATE, attributes, len(attributes), 0)


def landlock_allow(ruleset: int, rights: int, folder: int) -> None:
    """Allows ``rights`` on everything below the open folder or on the open file."""
    _syscall("landlock", _LANDLOCK_ADD, ruleset, 1, struct.pack("=Qi", rights, folder), 0)


def landlock_restrict(ruleset: int) -> None:
    """Restricts this process to the rule set, for good."""
    _syscall("landlock", _LANDLOCK_RESTRICT, ruleset, 0)
