"""``factory verify --domain lean``: files and proofs judged by Lean, one row per input line.

As in ``verify``: chunks of rows are judged into a journal, then rows and journal are read again together, in order.
"""

import asyncio
import contextlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

import verifiers.lean
from factory.journal import Grown, Journal
from factory.labels import wilson
from factory.shards import commit_file, disk_errors
from factory.solutions import count_rows, printable
from pipelines.judging import drive
from pipelines.lean_rows import LeanRow, read_rows
from pipelines.verify import GROUP_ROWS, Progress, code_of, digest, open_journal, work_folder
from schemas import BadInput, LeanVerdict, content_id
from verifiers.lean import LeanConfig, LeanPool
from verifiers.lean.pool import toolchain
from verifiers.lean.replies import unknown, verdict_of
from verifiers.lean.spawn import Launch
from verifiers.lean.toolchain import Toolchain

CHUNK_ROWS = 8  # a unit of commit: a row may take as long as its time limit
AT_ONCE = 3  # chunks per process

_MESSAGE = pa.struct(
    [("severity", pa.string()), ("line", pa.int32()), ("column", pa.int32()), ("text", pa.string())],
)
_STEP = pa.struct(
    [
        ("text", pa.string()),
        ("start", pa.int32()),
        ("end", pa.int32()),
        ("kind", pa.string()),
        ("outcome", pa.string()),
        ("reason", pa.string()),
        ("message", pa.string()),
        ("before", pa.list_(pa.string())),
        ("after", pa.list_(pa.string())),
    ]
)
OUTPUT = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        pa.field("id", pa.string(), nullable=False),
        pa.field("accepted", pa.bool_()),
        pa.field("first_error", pa.int32()),
        pa.field("reason", pa.string()),
        pa.field("detail", pa.string()),
        pa.field("axioms", pa.list_(pa.string()), nullable=False),
        pa.field("messages", pa.list_(_MESSAGE), nullable=False),
        pa.field("steps", pa.list_(_STEP), nullable=False),
        pa.field("statement_hash", pa.string()),
        pa.field("lean", pa.string(), nullable=False),
    ]
)


@dataclass(frozen=True, slots=True)
class LeanSpec:
    """What to judge and how."""

    files: tuple[Path, ...]
    limit: int | None = None  # rows
    config: LeanConfig = field(default_factory=LeanConfig)


@dataclass(slots=True)
class LeanVerified:
    """What was found. ``shown``: the first rows that are not accepted; ``resumed``: rows judged before."""

    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)  # of rows that are not accepted
    shown: list[tuple[LeanRow, LeanVerdict]] = field(default_factory=list)
    resumed: int = 0

    def to_dict(self) -> dict[str, Any]:
        """The counts, and ``agreement``: rows whose verdict is the one given with them, of all rows with one; None where
        no row has one. A row that is undecided agrees with nothing."""
        names = ("rows", "rejected", "accepted", "not_accepted", "undecided", "steps")
        hits, n = self.counts["agreeing"], self.counts["given"]
        agreement = {"value": hits / n, "hits": hits, "n": n, "interval": list(wilson(hits, n))} if n else None
        facts: dict[str, Any] = {name: self.counts[name] for name in names}
        return {**facts, "agreement": agreement, "reasons": dict(self.reasons.most_common()), "resumed": self.resumed}


def verify_lean(
    spec: LeanSpec, out: Path | None, show: int, progress: Progress, launch: Launch | None = None
) -> LeanVerified:
    """Judge every row of ``spec.files``; write ``out`` (JSONL where it is called so, else Parquet) unless it is None.
    Raises as ``verify``, and like it goes on from ``OUT.part``. ``launch``: another Lean than the settings' own."""
    launch = launch or toolchain(spec.config)
    total = min(sum(map(count_rows, spec.files)), spec.limit or 1 << 62)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(work_folder(out))
        journal = stack.enter_context(open_journal(folder, identify(spec, launch)))
        known = journal.positions()
        found = LeanVerified(resumed=min(len(known) * CHUNK_ROWS, total))
        progress(found.resumed, total)
        pool = LeanPool(spec.config, launch)  # starts nothing while it is asked nothing
        _judge_missing(spec, journal, known, pool, lambda chunks: progress(min(chunks * CHUNK_ROWS, total), total))
        rows = _counted(_read_back(spec, journal), found, show)
        if out is None:
            for _ in rows:
                pass
        else:
            with disk_errors(folder):
                _write(rows, folder / "verdicts", as_lines=out.suffix == ".jsonl")
                commit_file(folder / "verdicts", out)
    if out is not None:
        shutil.rmtree(folder)
    return found


def identify(spec: LeanSpec, launch: Launch) -> dict[str, Any]:
    """All that decides the verdicts: the files' and the judge's content, Lean's version, and the settings.
    Raises ``BadInput``."""
    config = asdict(spec.config) | {"project": spec.config.project and str(spec.config.project.resolve())}
    del config["processes"]
    return {
        "files": [digest(path) for path in spec.files],
        "limit": spec.limit,
        "toolchain": [launch.kind, launch.version] if isinstance(launch, Toolchain) else [],
        "lean": config,
        "judge": content_id(code_of(verifiers.lean)),
        "chunk_rows": CHUNK_ROWS,
    }


# ---------------------------------------------------------------------------------------------- judging

Chunk = tuple[int, tuple[LeanRow, ...]]  # number in the file, rows
Told = Callable[[int], None]  # how many chunks are done


def _chunked(rows: Iterable[LeanRow]) -> Iterator[Chunk]:
    left, number = iter(rows), 0
    while chunk := tuple(islice(left, CHUNK_ROWS)):
        yield number, chunk
        number += 1


def _judge_missing(spec: LeanSpec, journal: Journal, known: set[int], pool: LeanPool, told: Told) -> None:
    done = len(known)

    def keep(number: int, payload: bytes) -> None:
        nonlocal done
        done += journal.add(Grown(number, "verdicts", payload))
        told(done)

    missing = (chunk for chunk in _chunked(read_rows(spec.files, spec.limit)) if chunk[0] not in known)
    with pool:
        asyncio.run(drive(missing, lambda chunk: _judge_chunk(pool, chunk), AT_ONCE * spec.config.processes, keep))


async def _judge_chunk(pool: LeanPool, chunk: Chunk) -> tuple[int, bytes]:
    number, rows = chunk
    verdicts = await pool.ajudge(row.request for row in rows if row.request is not None)
    return number, json.dumps([asdict(verdict) for verdict in verdicts], separators=(",", ":")).encode()


def _read_back(spec: LeanSpec, journal: Journal) -> Iterator[tuple[LeanRow, LeanVerdict]]:
    for number, rows in _chunked(read_rows(spec.files, spec.limit)):
        kept = next(journal.between(number, number + 1), None)
        verdicts = None if kept is None else [verdict_of(raw) for raw in json.loads(kept.payload)]
        if verdicts is None or len(verdicts) != sum(row.request is not None for row in rows):
            raise BadInput(f"{spec.files[0]} changed while it was judged. Run the same command again.")
        left = iter(verdicts)
        for row in rows:
            yield row, next(left) if row.request is not None else unknown(row.reason or "")


def _counted(
    judged: Iterable[tuple[LeanRow, LeanVerdict]], found: LeanVerified, show: int
) -> Iterator[tuple[LeanRow, LeanVerdict]]:
    """The same rows, counted on their way."""
    count = found.counts
    for row, verdict in judged:
        outcome = {True: "accepted", False: "not_accepted", None: "undecided"}[verdict.accepted]
        count["rows"] += 1
        count["steps"] += len(verdict.steps)
        count["rejected" if row.request is None else outcome] += 1
        if row.given is not None:
            count["given"] += 1
            count["agreeing"] += verdict.accepted is row.given
        if not verdict.accepted:
            found.reasons[verdict.reason or "unknown"] += 1
            if len(found.shown) < show:
                found.shown.append((row, verdict))
        yield row, verdict


# ---------------------------------------------------------------------------------------------- files


def _write(judged: Iterable[tuple[LeanRow, LeanVerdict]], path: Path, *, as_lines: bool) -> None:
    """One row per input row, in order. Equal rows give equal bytes."""
    rows = (output_row(row, verdict) for row, verdict in judged)
    if as_lines:
        with path.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        return
    with pq.ParquetWriter(path, OUTPUT, compression="zstd") as writer:
        while group := list(islice(rows, GROUP_ROWS)):
            writer.write_table(pa.Table.from_pylist(group, schema=OUTPUT))


def output_row(row: LeanRow, verdict: LeanVerdict) -> dict[str, Any]:
    """The row of ``OUTPUT``."""
    fields = {"row": row.row, "id": row.id, **_plain(asdict(verdict))}
    return {name: fields[name] for name in OUTPUT.names}


def _plain(value: Any) -> Any:
    """The same with lists for tuples, and texts that UTF-8 can hold."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value
