"""What a process and those it started hold of the machine's memory, read from ``/proc``."""

import time
from pathlib import Path

_PROC = Path("/proc")
_LOOK_S = 0.25  # between two searches for children, which read a file per process of the machine
_COUNTED = ("RssAnon:", "RssShmem:")  # files that are only mapped can be dropped by the kernel at any time


class Watch:
    """Watches one process with all that it started. Used by one thread at a time."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._pids = [pid]
        self._looked = -_LOOK_S

    def held_mb(self) -> float:
        """Anonymous and shared memory that the processes hold now, in MB; 0 where they have ended."""
        if time.monotonic() - self._looked >= _LOOK_S:
            self._pids = [self._pid, *started_by(self._pid)]
            self._looked = time.monotonic()
        return sum(map(_held_kb, self._pids)) / 1024


def started_by(pid: int) -> list[int]:
    """The living descendants of a process, and the members of its session that lost their parent."""
    parents: dict[int, tuple[int, int]] = {}
    for folder in _PROC.iterdir():
        if folder.name.isdigit() and (found := _parent_and_session(folder)) is not None:
            parents[int(folder.name)] = found
    family = {pid}
    while added := {each for each, links in parents.items() if each not in family and family.intersection(links)}:
        family |= added
    return sorted(family - {pid})


def _parent_and_session(folder: Path) -> tuple[int, int] | None:
    try:
        fields = (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:  # ended meanwhile
        return None
    return int(fields[1]), int(fields[3])


def _held_kb(pid: int) -> int:
    try:
        lines = (_PROC / str(pid) / "status").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith(_COUNTED))
