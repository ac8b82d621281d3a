"""Landlock: the kernel's own access rules for a process without privileges. Used where no tree of our own can be had."""

import os
import struct
from collections.abc import Sequence
from pathlib import Path

from verifiers.sandbox import system

_READ = 1 << 2 | 1 << 3  # read a file, list a folder
_FILE_ONLY = 1 << 1 | 1 << 2 | 1 << 14 | 1 << 0  # rights that a rule on a file may name
_HANDLED = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}  # by ABI version
_NETWORK = 0b11  # bind and connect TCP, from version 4
_SCOPES = 0b11  # abstract sockets and signals, from version 6
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")


def restrict(readable: Sequence[Path], writable: str) -> None:
    """Reads below ``readable`` and everything but exec and devices below ``writable``. Raises ``OSError``."""
    version = system.landlock_version()
    handled = max(rights for since, rights in _HANDLED.items() if since <= version)
    fields = [handled, _NETWORK if version >= 4 else 0, _SCOPES if version >= 6 else 0]
    size = 3 if version >= 6 else 2 if version >= 4 else 1
    ruleset = system.landlock_ruleset(struct.pack(f"={size}Q", *fields[:size]))
    making = handled & ~(1 << 0 | 1 << 6 | 1 << 11 | 1 << 15)  # not: exec, character and block devices, ioctl on them
    for path in readable:
        _allow(ruleset, _READ, str(path))
    for device in _DEVICES:
        _allow(ruleset, _READ | 1 << 1, device)
    _allow(ruleset, making, writable)
    system.landlock_restrict(ruleset)
    os.close(ruleset)


def _allow(ruleset: int, rights: int, path: str) -> None:
    folder = os.open(path, os.O_PATH)
    try:
        system.landlock_allow(ruleset, rights if Path(path).is_dir() else rights & _FILE_ONLY, folder)
    finally:
        os.close(folder)
