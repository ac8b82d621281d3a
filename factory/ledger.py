"""The run folder: who owns it, what is done, and the only way anything gets into it.

    RUN/manifest.json          names every shard below; replaced atomically, always last
    RUN/seeds problems trees rejects/    shards
    RUN/journal.sqlite         trees of groups that are not complete yet
    RUN/exports/NAME/          a manifest and shards of its own: labels sft dpo prm rejects

Seeds are cut into groups of ``rows_per_shard`` by position. A group whose seeds all have an outcome is sealed into one
shard, so that shards do not depend on the order in which trees finish.
"""

import fcntl
import json
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from factory.journal import Grown, Journal
from factory.seeds import SeedBatch
from factory.shards import MANIFEST, disk_errors, read_manifest, write_manifest, write_shard
from schemas import Manifest, Problem, Reject, RunConflict, Seed, StageCount, Tree, from_bytes, to_table

JOURNAL = "journal.sqlite"
TREE_REJECTS = 50_000  # shard numbers of rejected trees start here, behind those of rejected seed rows


@dataclass(frozen=True, slots=True)
class Identity:
    """What makes a run this run: all that ends up in its manifest but the work itself."""

    fingerprint: str
    config: dict[str, Any]
    model: dict[str, Any]
    versions: dict[str, str]
    schema_version: int


class Ledger:
    """One process at a time writes a run folder. Use as a context manager; leaving it commits the journal."""

    def __init__(self, folder: Path, identity: Identity, rows_per_shard: int) -> None:
        """Open or create the run. Raises ``RunConflict`` where the folder is another run's or in use, ``DiskFull``."""
        self.folder = folder
        self._rows = rows_per_shard
        with disk_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
        self._lock = _lock(folder)
        self.manifest = _own(folder, identity)
        self._journal = Journal(folder / JOURNAL)
        self._since = time.monotonic()  # seconds are summed over a run's sittings, less the end of a killed one
        for group in self.manifest.sealed:  # killed between the manifest and the clean-up after it
            self._drop(group)
        self._pending = Counter(i // self._rows for i in self._journal.positions())  # outcomes per open group

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, *_: object) -> None:
        self._journal.close()
        if not self.manifest.complete:
            self._put(replace(self.manifest, totals=_plus(self.manifest.totals, {"seconds": self._elapsed()})))
        self._lock.close()

    def plant(self, batch: SeedBatch) -> None:
        """Write seeds, problems and rejected rows, once. A run that already has them is left alone."""
        if self.manifest.counts:
            return
        seeds, rejects = batch.seeds, batch.rejects
        problems = tuple({seed.problem.id: seed.problem for seed in seeds}.values())
        shards = [
            write_shard(self.folder, kind, number, to_table(part, record))
            for kind, record, rows in (
                ("seeds", Seed, seeds),
                ("problems", Problem, problems),
                ("rejects", Reject, rejects),
            )
            for number, part in enumerate(_parts(rows, self._rows))
        ]
        count = StageCount("seeds", batch.read, batch.kept, batch.rejected)
        self._put(replace(self.manifest, shards=tuple(shards), counts=(count,)))

    def remaining(self, total: int) -> list[int]:
        """Positions in ``range(total)`` that have no outcome yet, in order."""
        done = self._journal.positions()
        sealed = set(self.manifest.sealed)
        return [i for i in range(total) if i not in done and i // self._rows not in sealed]

    def commit(self, grown: Grown, total: int) -> bool:
        """Keep one outcome and seal its group if it is now complete. ``False`` for an outcome already known."""
        group = grown.position // self._rows
        if group in self.manifest.sealed or not self._journal.add(grown):
            return False
        self._pending[group] += 1
        if self._pending[group] == self._size(group, total):
            self._seal(group)
        return True

    def finish(self, total: int) -> Manifest:
        """Seal what is left, check that every seed has exactly one outcome and mark the run complete."""
        if self.manifest.complete:
            return self.manifest
        self._journal.commit()
        for group in sorted(set(range(-(-total // self._rows))) - set(self.manifest.sealed)):
            self._seal(group)
        counts = {count.stage: count for count in self.manifest.counts}
        done = counts.get("trees", StageCount("trees", 0, 0, 0))
        if done.read != total:
            raise RunConflict(
                f"{self.folder}: {total} seeds, but {done.read} outcomes. Run the recipe into a new --out."
            )
        totals = _plus(self.manifest.totals, {"seconds": self._elapsed()})
        totals["tokens_per_s"] = totals.get("tokens", 0) / max(totals["seconds"], 1e-9)
        self._put(replace(self.manifest, complete=True, totals=totals))
        return self.manifest

    def _size(self, group: int, total: int) -> int:
        return min(self._rows, total - group * self._rows)

    def _seal(self, group: int) -> None:
        first, last = group * self._rows, (group + 1) * self._rows
        outcomes = list(self._journal.between(first, last))
        trees = [from_bytes(item.payload, Tree) for item in outcomes if item.kind == "tree"]
        rejects = [from_bytes(item.payload, Reject) for item in outcomes if item.kind == "reject"]
        shards = [write_shard(self.folder, "trees", group, to_table(trees, Tree))] if trees else []
        if rejects:
            shards.append(write_shard(self.folder, "rejects", TREE_REJECTS + group, to_table(rejects, Reject)))
        sums = {**_sums(trees), "seconds": self._elapsed()}
        self._put(_with_group(self.manifest, group, shards, (len(trees), len(rejects)), sums))
        self._drop(group)

    def _drop(self, group: int) -> None:
        self._journal.drop(group * self._rows, (group + 1) * self._rows)

    def _elapsed(self) -> float:
        """Wall seconds since the last call."""
        now = time.monotonic()
        elapsed, self._since = now - self._since, now
        return elapsed

    def _put(self, manifest: Manifest) -> None:
        write_manifest(self.folder, manifest)
        self.manifest = manifest


def _with_group(
    manifest: Manifest, group: int, shards: list[Any], counted: tuple[int, int], sums: dict[str, Any]
) -> Manifest:
    kept, rejected = counted
    counts = {count.stage: count for count in manifest.counts}
    old = counts.get("trees", StageCount("trees", 0, 0, 0))
    counts["trees"] = StageCount("trees", old.read + kept + rejected, old.kept + kept, old.rejected + rejected)
    ordered = sorted((*manifest.shards, *shards), key=lambda shard: shard.path)
    return replace(
        manifest,
        shards=tuple(ordered),
        counts=tuple(counts.values()),
        sealed=tuple(sorted({*manifest.sealed, group})),
        totals=_plus(manifest.totals, sums),
    )


def _plus(totals: dict[str, Any], sums: dict[str, Any]) -> dict[str, Any]:
    return {**totals, **{key: totals.get(key, 0) + value for key, value in sums.items()}}


def _sums(trees: Iterable[Tree]) -> Counter[str]:
    """What the trees cost and hold, for the manifest's totals."""
    sums: Counter[str] = Counter()
    for tree in trees:
        usage = tree.usage
        sums.update(
            requests=usage.requests,
            rollouts=usage.rollouts,
            prompt_tokens=usage.prompt_tokens,
            tokens=usage.output_tokens,
            judged=usage.judged,
            nodes=len(tree.nodes) - 1,
            mixed_trees=int(is_mixed(tree)),
        )
    return sums


def is_mixed(tree: Tree) -> bool:
    """Whether some rollouts of the tree ended right and some wrong: only such a tree teaches where errors begin."""
    return {"valid", "invalid"} <= {rollout.outcome for rollout in tree.rollouts}


def _parts(rows: Sequence[Any], size: int) -> Iterable[Sequence[Any]]:
    return (rows[at : at + size] for at in range(0, len(rows), size))


def _lock(folder: Path) -> TextIO:
    handle = (folder / ".lock").open("a", encoding="utf-8")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        handle.close()
        raise RunConflict(
            f"{folder} is being written by another process. Wait for it, or choose another --out."
        ) from error
    return handle


def _own(folder: Path, identity: Identity) -> Manifest:
    """The folder's manifest, new if it has none; refused if it is another run's."""
    if not (folder / MANIFEST).exists():
        manifest = Manifest(
            identity.fingerprint,
            identity.config,
            identity.model,
            identity.versions,
            identity.schema_version,
            totals={"started": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")},
        )
        write_manifest(folder, manifest)
        return manifest
    manifest = read_manifest(folder)
    if manifest.fingerprint != identity.fingerprint:
        raise RunConflict(
            f"{folder} belongs to run {manifest.fingerprint}; this recipe, with its inputs, is run {identity.fingerprint}. "
            f"{_difference(manifest.config, identity.config)} Choose another --out, or go back to the old recipe."
        )
    return manifest


def _difference(old: dict[str, Any], new: dict[str, Any]) -> str:
    before, after = _flat(old), _flat(new)
    changed = [key for key in sorted({*before, *after}) if before.get(key) != after.get(key)]
    if not changed:
        return "The settings are equal, so the seeds, the model or a template changed."
    shown = (f"{key}: {json.dumps(before.get(key))} -> {json.dumps(after.get(key))}" for key in changed[:3])
    return "Changed: " + "; ".join(shown) + "."


def _flat(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat
