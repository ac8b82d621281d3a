"""Landlock: the kernel's own access rules for a process without privileges. Used where no tree of our own can be had.

Nothing may be written then, and no folder made: without a tmpfs there is no bound on how much or how deep.
"""

import os
import struct
from collections.abc import Sequence
from pathlib import Path

from verifiers.sandbox import system
from verifiers.sandbox.filesystem import DEVICES

_EXECUTE, _WRITE, _READ, _LIST = 1, 1 << 1, 1 << 2, 1 << 3
_HANDLED = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}  # by ABI version
_NETWORK = 0b11  # bind and connect TCP, from version 4
_SCOPES = 0b11  # abstract sockets and signals, from version 6


def restrict(readable: Sequence[Path], runnable: Sequence[Path] = ()) -> None:
    """From here on only reads below ``readable`` and ``runnable`` and the harmless devices, and execution of what is
    ``runnable``. Raises ``OSError``."""
    version = system.landlock_version()
    handled = max(rights for since, rights in _HANDLED.items() if since <= version)
    fields = [handled, _NETWORK if version >= 4 else 0, _SCOPES if version >= 6 else 0]
    size = 3 if version >= 6 else 2 if version >= 4 else 1
    ruleset = system.landlock_ruleset(struct.pack(f"={size}Q", *fields[:size]))
    for path in readable:
        _allow(ruleset, _READ | _LIST if path.is_dir() else _READ, path)
    for path in runnable:
        _allow(ruleset, _EXECUTE | _READ | _LIST if path.is_dir() else _EXECUTE | _READ, path)
    for device in DEVICES:
        _allow(ruleset, _READ | _WRITE, device)
    system.landlock_restrict(ruleset)
    os.close(ruleset)


def _allow(ruleset: int, rights: int, path: Path) -> None:
    folder = os.open(path, os.O_PATH)
    try:
        system.landlock_allow(ruleset, rights, folder)
    finally:
        os.close(folder)
