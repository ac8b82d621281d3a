"""Parquet shards and the manifest that makes them exist.

A shard is written to a temporary file, fsynced, renamed to a name that carries its content hash, and only then named
by the manifest, which is itself replaced atomically. Killed anywhere in between, a reader sees the state before.
"""

import contextlib
import errno
import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from schemas import BadInput, DiskFull, FactoryError, Manifest, Shard, from_table

Record = TypeVar("Record")

MANIFEST = "manifest.json"
ROW_GROUP_ROWS = 256  # trees are large rows; 256 of them stay well under 100 MB
BATCH_ROWS = 64


def write_shard(folder: Path, kind: str, number: int, table: pa.Table) -> Shard:
    """Write ``table`` to ``folder/kind/kind-NNNNN-HASH.parquet`` and return its entry. Equal tables give equal bytes.

    Raises ``DiskFull``; a temporary file may stay behind then, and no reader will ever look at it."""
    (folder / kind).mkdir(parents=True, exist_ok=True)
    temporary = folder / kind / f".writing-{number:05d}.parquet"
    with disk_errors(folder):
        pq.write_table(
            table,
            temporary,
            compression="zstd",
            row_group_size=ROW_GROUP_ROWS,
            write_page_index=True,
            use_content_defined_chunking=True,
        )
        digest = _sha256(temporary)
        path = f"{kind}/{kind}-{number:05d}-{digest[:12]}.parquet"
        size = temporary.stat().st_size
        commit_file(temporary, folder / path)
    return Shard(kind=kind, path=path, rows=table.num_rows, bytes=size, sha256=digest)


def write_text(path: Path, text: str) -> None:
    """Replace ``path`` by ``text`` atomically and durably. Raises ``DiskFull``."""
    temporary = path.with_name(f".writing-{path.name}")
    with disk_errors(path.parent):
        temporary.write_text(text, encoding="utf-8")
        commit_file(temporary, path)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Make ``manifest`` the folder's. This is the commit of everything it names."""
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / MANIFEST, json.dumps(manifest.to_dict(), indent=1, sort_keys=True) + "\n")


def read_manifest(folder: Path) -> Manifest:
    """The folder's manifest. Raises ``BadInput`` where there is none or it is not ours."""
    path = folder / MANIFEST
    if not path.is_file():
        raise BadInput(f"{folder} holds no {MANIFEST}, so it is not a run. Give the folder that `factory run` printed.")
    try:
        return Manifest.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError, KeyError) as error:
        raise BadInput(f"{path} is not a manifest of this version ({error}). Re-run into a new --out.") from error


def shard_paths(folder: Path, kind: str) -> list[Path]:
    """The files of one kind that the folder's manifest names, in order."""
    return [folder / shard.path for shard in read_manifest(folder).of_kind(kind)]


def read_records(folder: Path, kind: str, record: type[Record]) -> Iterator[Record]:
    """Every record of one kind, in shard order, a few rows in memory at a time. Raises ``BadInput`` on damage."""
    for path in shard_paths(folder, kind):
        yield from read_shard(path, record)


def read_shard(path: Path, record: type[Record]) -> Iterator[Record]:
    """The records of one Parquet file, in order. Raises ``BadInput`` where it cannot be read."""
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=BATCH_ROWS):
                yield from from_table(pa.Table.from_batches([batch]), record)
    except (OSError, pa.ArrowInvalid, KeyError) as error:
        raise BadInput(f"{path} cannot be read ({error}): restore it, or run the recipe again.") from error


@contextlib.contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turn "no space left" from the file system, Arrow or SQLite into ``DiskFull``; let everything else through."""
    try:
        yield
    except (OSError, sqlite3.OperationalError) as error:
        if not _is_full(error):
            raise
        raise DiskFull(
            f"The disk under {folder} is full. What was finished is kept: free some space, then run the same command."
        ) from error


def _is_full(error: Exception) -> bool:
    codes = (errno.ENOSPC, errno.EDQUOT)
    return getattr(error, "errno", None) in codes or "disk is full" in str(error) or "No space left" in str(error)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def commit_file(temporary: Path, final: Path) -> None:
    """Make ``temporary`` durable under the name ``final``, atomically. Raises ``OSError``."""
    with temporary.open("rb+") as file:
        os.fsync(file.fileno())
    temporary.replace(final)
    handle = os.open(final.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def verify_shards(folder: Path) -> None:
    """Check every shard of the manifest against its hash. Raises ``FactoryError`` naming the first that differs."""
    for shard in read_manifest(folder).shards:
        path = folder / shard.path
        if not path.is_file() or _sha256(path) != shard.sha256:
            raise FactoryError(f"{path} is missing or is not the file that was written. Re-run the recipe to mend it.")
