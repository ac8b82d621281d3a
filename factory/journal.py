"""The journal: every finished tree, committed one by one, until its group is complete and becomes a shard.

SQLite gives the atomic, exactly-once append: a driver killed at any moment leaves either the whole row or none.
"""

import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from factory.shards import disk_errors

COMMIT_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class Grown:
    """What became of one seed: an Arrow-encoded ``Tree`` or ``Reject``. ``position`` is the seed's place in the run."""

    position: int
    kind: str  # "tree" or "reject"
    payload: bytes
    tokens: int = 0  # what it cost, for the progress line; the journal does not keep these
    rollouts: int = 0
    judged: int = 0


class Journal:
    """Rows survive a SIGKILL once committed: at most ``COMMIT_EVERY_S`` after ``add``, and at ``commit`` and ``close``."""

    def __init__(self, path: Path) -> None:
        self._folder = path.parent
        with disk_errors(self._folder):
            self._db = sqlite3.connect(path, isolation_level="DEFERRED", check_same_thread=False)
            self._db.execute("PRAGMA journal_mode = TRUNCATE")
            self._db.execute("CREATE TABLE IF NOT EXISTS grown (position INTEGER PRIMARY KEY, kind TEXT, payload BLOB)")
            self._db.commit()
        self._committed_at = time.monotonic()

    def add(self, grown: Grown) -> bool:
        """Keep one outcome; ``False`` where the position is already taken (a task that was retried). Raises ``DiskFull``."""
        with disk_errors(self._folder):
            row = (grown.position, grown.kind, grown.payload)
            fresh = self._db.execute("INSERT OR IGNORE INTO grown VALUES (?, ?, ?)", row).rowcount == 1
        if time.monotonic() - self._committed_at > COMMIT_EVERY_S:
            self.commit()
        return fresh

    def commit(self) -> None:
        """Make everything added so far durable. Raises ``DiskFull``."""
        with disk_errors(self._folder):
            self._db.commit()
        self._committed_at = time.monotonic()

    def positions(self) -> set[int]:
        """The positions held now."""
        return {position for (position,) in self._db.execute("SELECT position FROM grown")}

    def between(self, first: int, last: int) -> Iterator[Grown]:
        """The outcomes at positions in ``[first, last)``, in order."""
        query = "SELECT position, kind, payload FROM grown WHERE position >= ? AND position < ? ORDER BY position"
        for row in self._db.execute(query, (first, last)):
            yield Grown(*row)

    def drop(self, first: int, last: int) -> None:
        """Forget positions in ``[first, last)``: their shard is in the manifest. Raises ``DiskFull``."""
        with disk_errors(self._folder):
            self._db.execute("DELETE FROM grown WHERE position >= ? AND position < ?", (first, last))
        self.commit()

    def close(self) -> None:
        """Commit and let go of the file."""
        self.commit()
        self._db.close()
