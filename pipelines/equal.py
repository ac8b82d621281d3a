"""Pairs of answers in files: every line in, one row out, in order, whatever the line holds."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from schemas import BadInput, Verdict
from verifiers import Panel, PanelConfig
from verifiers.answers import EqualPolicy

CHUNK = 2_000  # lines judged and written at a time
SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        ("gold", pa.string()),
        ("pred", pa.string()),
        ("equal", pa.bool_()),
        ("reason", pa.string()),
    ]
)
_EQUAL = {"valid": True, "invalid": False}


@dataclass(frozen=True, slots=True)
class EqualRow:
    """The verdict on line ``row`` (0-based). ``equal`` is ``None`` where it is unknown or the line is no pair."""

    row: int
    gold: str | None
    pred: str | None
    equal: bool | None
    reason: str


def judge_pair(gold: str, pred: str, policy: EqualPolicy, config: PanelConfig) -> Verdict:
    """The verdict on one pair, from a killable worker. Raises ``JudgeBroken`` where none can be started."""

    async def work() -> Verdict:
        async with Panel(config) as panel:
            return (await panel.judge_pairs([(gold, pred)], policy))[0]

    return asyncio.run(work())


def said(verdict: Verdict) -> bool | None:
    """The verdict as true, false or unknown."""
    return _EQUAL.get(verdict.outcome)


def judge_file(source: Path, target: Path, policy: EqualPolicy, config: PanelConfig) -> Counter[bool | None]:
    """How many rows are equal, not equal and unknown; the rows are in ``target`` (Parquet by its name, else JSONL),
    which appears only when it is complete. Raises ``BadInput`` where ``source`` cannot be read or ``target`` written.
    """
    if not source.is_file():
        raise BadInput(f"{source} is not a file. Give a JSONL file whose lines hold gold and pred.")
    if not target.parent.is_dir():
        raise BadInput(f"The folder {target.parent} does not exist; --out cannot be written there.")
    if target.resolve() == source.resolve():
        raise BadInput("--out must not be the file that is read.")
    part = target.with_name(f"{target.name}.part")
    try:
        return asyncio.run(_judge_lines(source, part, target, policy, config))
    finally:
        part.unlink(missing_ok=True)


async def _judge_lines(
    source: Path, part: Path, target: Path, policy: EqualPolicy, config: PanelConfig
) -> Counter[bool | None]:
    counts: Counter[bool | None] = Counter()
    with source.open("rb") as lines, _Writer(part, target.suffix == ".parquet") as writer:
        numbered = enumerate(lines)
        async with Panel(config) as panel:
            while chunk := list(islice(numbered, CHUNK)):
                rows = await _judge_chunk(panel, chunk, policy)
                writer.write(rows)
                counts.update(row.equal for row in rows)
    part.replace(target)
    return counts


async def _judge_chunk(panel: Panel, chunk: list[tuple[int, bytes]], policy: EqualPolicy) -> list[EqualRow]:
    read = [read_line(number, line) for number, line in chunk]
    pairs = [(row.gold or "", row.pred or "") for row in read if not row.reason]
    verdicts: Iterator[Verdict] = iter(await panel.judge_pairs(pairs, policy))
    return [row if row.reason else _judged(row, next(verdicts)) for row in read]


def _judged(row: EqualRow, verdict: Verdict) -> EqualRow:
    return EqualRow(row.row, row.gold, row.pred, said(verdict), verdict.reason or "")


def read_line(number: int, line: bytes) -> EqualRow:
    """The pair of one line, its ``reason`` empty; or why the line holds none. Raises nothing."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        text = line.strip()
        return EqualRow(number, None, None, None, "blank_line" if not text else "not_json")
    if not isinstance(found, dict):
        return EqualRow(number, None, None, None, "not_an_object")
    gold, pred = (_text(found.get(name)) for name in ("gold", "pred"))
    missing = [name for name, value in (("gold", gold), ("pred", pred)) if value is None]
    return EqualRow(number, gold, pred, None, f"no_{missing[0]}" if missing else "")


def _text(value: Any) -> str | None:
    """Strings without lone surrogates, which no file can hold; numbers as they are written; nothing else."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


class _Writer:
    """Rows to Parquet or JSONL, chunk by chunk."""

    def __init__(self, path: Path, as_parquet: bool) -> None:
        self._parquet = pq.ParquetWriter(path, SCHEMA, compression="zstd") if as_parquet else None
        self._lines = None if as_parquet else path.open("w", encoding="utf-8")

    def write(self, rows: list[EqualRow]) -> None:
        plain = [asdict(row) for row in rows]
        if self._parquet is not None:
            self._parquet.write_table(pa.Table.from_pylist(plain, schema=SCHEMA))
        if self._lines is not None:
            self._lines.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in plain)

    def __enter__(self) -> "_Writer":
        return self

    def __exit__(self, *error: object) -> None:
        for opened in (self._parquet, self._lines):
            if opened is not None:
                opened.close()
