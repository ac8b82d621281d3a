"""Settings of the Lean judge. A record of plain values: it pickles, so a Ray actor builds its own pool from it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from schemas import ConfigError

ToolchainKind = Literal["auto", "native", "wasm"]


@dataclass(frozen=True, slots=True)
class LeanConfig:
    """What a ``LeanPool`` works with. ``timeout_s`` is wall clock per request; starts and imports are not counted."""

    project: Path | None = None  # a Lake project whose Lean and libraries are used; None: core Lean
    toolchain: ToolchainKind = "auto"  # auto: native where there is one
    processes: int = 1  # at most; each takes seconds to start and gigabytes to keep
    timeout_s: float = 30.0
    memory_mb: int = 6_000  # of one process with its children, without mapped files
    start_timeout_s: float = 300.0  # of a process, and of loading a list of imports for the first time
    imports: tuple[str, ...] = ("Init", "Std")  # where a text names none
    heartbeats: int = 200_000  # Lean's own measure of work per declaration
    allow: tuple[str, ...] = ()  # what proofs may use though it is forbidden else: "native_decide"
    max_output_bytes: int = 8_000_000  # of a process during one request, the reply among it
    recycle_after: int = 20_000  # requests; then the process is replaced
    recycle_mb: int = 5_000  # an idle process that holds more is replaced

    def __post_init__(self) -> None:
        """Raises ``ConfigError`` on a value that no pool can work with."""
        if self.timeout_s <= 0 or self.start_timeout_s <= 0:
            raise ConfigError("The Lean judge needs timeout_s > 0 and start_timeout_s > 0.")
        if min(self.processes, self.recycle_after, self.heartbeats, self.max_output_bytes) < 1:
            raise ConfigError("The Lean judge needs processes, recycle_after, heartbeats and max_output_bytes >= 1.")
        if min(self.memory_mb, self.recycle_mb) < 64:
            raise ConfigError("The Lean judge needs memory_mb and recycle_mb >= 64.")
