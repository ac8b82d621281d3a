"""The nouns of the sandbox."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one job. ``timeout_s`` is wall clock (infinite for a worker that lives long), ``memory_mb`` MiB of address space
    beyond the interpreter's own, ``output_bytes`` of stdout and of stderr each, ``files_mb`` MiB it may write (nothing
    where the filesystem layer is missing)."""

    timeout_s: float = 5.0
    memory_mb: int = 512
    output_bytes: int = 1 << 16
    files_mb: int = 16


@dataclass(frozen=True, slots=True)
class Finished:
    """How a job's process ended: in the kernel's words, never the program's. ``wall_s`` from its fork on."""

    status: Literal["exited", "signalled", "timeout", "flood"]
    exit_code: int | None
    signal: int | None
    stdout: str
    stderr: str
    wall_s: float


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of isolation; ``why`` says what it does, or why it is not active. Not ``needed``: another does its work."""

    name: str
    active: bool
    why: str
    needed: bool = True


@dataclass(frozen=True, slots=True)
class SandboxConfig:
    """``allow_weak``: run untrusted code even below the floor. ``disable``: layers to treat as if the kernel refused
    them; for tests and for machines where one of them misbehaves."""

    allow_weak: bool = False
    disable: frozenset[str] = frozenset()


class ChildGone(Exception):
    """The child's process has ended."""


class ChildLate(Exception):
    """The deadline passed first."""


class ChildFlood(Exception):
    """More output than the limits allow, or a line longer than ``MAX_LINE_BYTES``."""
