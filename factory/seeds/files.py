"""Rows of JSONL and Parquet files that nobody vouches for: streamed, and never more in memory than a batch.

A 1 kB Parquet file can say "this 1 MB text, 5,000 times". So text of small row groups is read as dictionaries, which
keeps such a file small, and what a row would unfold to is added up before it becomes Python objects.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from factory.seeds.arrays import ArrayReader
from factory.seeds.raw import BadRow
from factory.seeds.spec import did_you_mean
from schemas import BadInput

MAX_ROW_BYTES = 16 << 20  # of one JSONL line or unfolded Parquet row
BATCH_ROWS = 64
BATCH_BYTES = 64 << 20  # an unfolded batch above this is looked at row by row
MAX_GROUP_BYTES = 8 << 20  # of a row group's columns, decompressed: above, text is not read as dictionaries,
MAX_GROUP_RATIO = 100  # and more than this many times its compressed size is refused
JSONL_SUFFIXES = (".jsonl", ".ndjson", ".json")


@dataclass(frozen=True, slots=True)
class Found:
    """One row as it was found. ``value`` is the decoded row, or the ``BadRow`` that says why it could not be decoded;
    ``raw`` its text, where the file had one."""

    key: str  # file:line, or file:row, from 1
    value: Any
    raw: str | None = None


def find_files(path: str) -> list[Path]:
    """The file, or a folder's JSONL and Parquet files by name. ``BadInput`` where there is none."""
    place = Path(path).expanduser()
    if place.is_dir():
        files = sorted(item for item in place.iterdir() if item.suffix in (*JSONL_SUFFIXES, ".parquet"))
        if not files:
            raise BadInput(f"The folder {place} holds no .jsonl or .parquet file. Give a file, or use seeds.dataset.")
        return files
    if not place.is_file():
        near = did_you_mean(place.name, [item.name for item in place.parent.iterdir()]) if place.parent.is_dir() else ""
        raise BadInput(f"There is no file {place}{near}. Set seeds.path to the file to read.")
    return [place]


def read_file(path: Path, columns: set[str]) -> Iterator[Found]:
    """The file's rows in order. Of Parquet only ``columns`` are read. ``BadInput`` for a file that is neither format,
    is damaged, or cannot be opened."""
    try:
        with path.open("rb") as stream:
            if stream.read(4) == b"PAR1":
                yield from _parquet(path, columns)
                return
            stream.seek(0)
            if path.suffix not in JSONL_SUFFIXES:
                raise BadInput(_unknown_format(path))
            yield from _jsonl(path, stream)
    except (pa.ArrowException, OSError) as error:
        raise BadInput(
            f"{path} cannot be read: {_first_line(error)}. It may be truncated or damaged: fetch or write it again, "
            "and compare its size and checksum with the original's."
        ) from error


def column_names(path: Path) -> list[str] | None:
    """The columns a Parquet file says it has; ``None`` for JSONL, where only the rows can tell."""
    try:
        with path.open("rb") as stream:
            if stream.read(4) != b"PAR1":
                return None
        return list(pq.read_schema(path).names)
    except (pa.ArrowException, OSError) as error:
        raise BadInput(
            f"{path} is not a whole Parquet file ({_first_line(error)}): fetch or write it again."
        ) from error


def _unknown_format(path: Path) -> str:
    if path.suffix == ".parquet":
        return f"{path} is named .parquet but does not begin like one. Write or fetch the file again."
    return (
        f"{path} is neither JSONL ({', '.join(JSONL_SUFFIXES)}) nor Parquet. Convert it, or read it with "
        'source = "dataset" and seeds.dataset = its folder.'
    )


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")[:300]


def _jsonl(path: Path, stream: BinaryIO) -> Iterator[Found]:
    """Blank lines are not rows. A .json file may be one array, whose elements are the rows."""
    if path.suffix == ".json" and stream.read(64).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"["):
        stream.seek(0)
        for number, text in enumerate(ArrayReader(stream, MAX_ROW_BYTES), start=1):
            yield _decode(f"{path.name}:{number}", text.encode("utf-8", "surrogateescape"))
        return
    stream.seek(0)
    for number, line in enumerate(_lines(stream), start=1):
        if line:
            yield _decode(f"{path.name}:{number}", line)


def read_lines(name: str, stream: BinaryIO) -> Iterator[Found]:
    """Every line of a JSONL stream in order, the blank ones too: those are ``BadRow`` with the reason ``blank_line``."""
    for number, line in enumerate(_lines(stream), start=1):
        key = f"{name}:{number}"
        yield _decode(key, line) if line else Found(key, BadRow("blank_line", "the line is blank"), "")


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """Stripped lines; one over the limit comes back cut just above it, so that it can be told."""
    first = True
    while line := stream.readline(MAX_ROW_BYTES + 1):
        rest = line
        while len(rest) > MAX_ROW_BYTES and not rest.endswith(b"\n"):
            rest = stream.readline(MAX_ROW_BYTES + 1)
        yield line.removeprefix(b"\xef\xbb\xbf").strip() if first else line.strip()
        first = False


def _decode(key: str, line: bytes) -> Found:
    raw = line[: 128 << 10].decode("utf-8", "backslashreplace")
    if len(line) > MAX_ROW_BYTES:
        return Found(key, BadRow("row_too_large", f"the line is over {MAX_ROW_BYTES} bytes"), raw)
    try:
        return Found(key, json.loads(line.decode("utf-8")), raw)
    except UnicodeDecodeError as error:
        return Found(key, BadRow("invalid_utf8", f"byte {error.start} of the line is not UTF-8"), raw)
    except (ValueError, RecursionError) as error:
        return Found(key, BadRow("invalid_json", _first_line(error)), raw)


def _parquet(path: Path, columns: set[str]) -> Iterator[Found]:
    """One row group after the other, so that nothing of one is left when the next is read."""
    metadata = pq.read_metadata(path)
    number = 0
    for group in range(metadata.num_row_groups):
        for batch in _batches(path, metadata, group, columns):
            for value in _unfold(batch):
                number += 1
                yield Found(f"{path.name}:{number}", value)


def _batches(path: Path, metadata: pq.FileMetaData, group: int, columns: set[str]) -> Iterator[pa.RecordBatch]:
    """Text of a small row group comes as dictionaries (all of which a large one would keep, hence not there); of a
    large one, as many rows at a time as fit by its own account."""
    leaves = [metadata.row_group(group).column(index) for index in range(metadata.num_columns)]
    leaves = [leaf for leaf in leaves if leaf.path_in_schema.split(".")[0] in columns]
    size = sum(leaf.total_uncompressed_size for leaf in leaves)
    packed = sum(leaf.total_compressed_size for leaf in leaves)
    if size > MAX_GROUP_BYTES and size > MAX_GROUP_RATIO * packed:
        raise BadInput(
            f"{path} packs {size} bytes into {packed} in its row group {group}: that is not text. If it is meant, "
            f"write it with row groups under {MAX_GROUP_BYTES >> 20} MiB."
        )
    small = size <= MAX_GROUP_BYTES
    rows = BATCH_ROWS if small else BATCH_BYTES * metadata.row_group(group).num_rows // size
    text = [leaf.path_in_schema for leaf in leaves if leaf.physical_type == "BYTE_ARRAY" and small]
    with pq.ParquetFile(path, metadata=metadata, read_dictionary=text, pre_buffer=False) as file:
        wanted = [name for name in file.schema_arrow.names if name in columns]
        yield from file.iter_batches(max(1, min(BATCH_ROWS, rows)), row_groups=[group], columns=wanted)


def _unfold(batch: pa.RecordBatch) -> Iterator[Any]:
    """Each row as a dict, or the ``BadRow`` it is."""
    rows = (batch.slice(index, 1) for index in range(batch.num_rows))
    if sum(map(_unfolded_bytes, batch.columns)) > BATCH_BYTES:
        yield from (_big_row(row) for row in rows)
        return
    try:
        values = batch.to_pylist()
    except UnicodeDecodeError:
        values = [_row(row) for row in rows]
    yield from values


def _big_row(row: pa.RecordBatch) -> Any:
    size = sum(map(_unfolded_bytes, row.columns))
    if size > MAX_ROW_BYTES:
        return BadRow("row_too_large", f"the row unfolds to {size} bytes; {MAX_ROW_BYTES} is the limit")
    return _row(row)


def _row(row: pa.RecordBatch) -> Any:
    try:
        return row.to_pylist()[0]
    except UnicodeDecodeError as error:
        return BadRow("invalid_utf8", f"byte {error.start} of a text is not UTF-8")


def _unfolded_bytes(array: pa.Array) -> int:
    """Bytes of an array once every dictionary entry is written out where it is used."""
    if pa.types.is_dictionary(array.type):
        lengths = pc.binary_length(array.dictionary) if _is_text(array.type.value_type) else None
        return int(pc.sum(lengths.take(array.indices)).as_py() or 0) if lengths is not None else int(array.nbytes)
    if pa.types.is_struct(array.type):
        return sum(map(_unfolded_bytes, array.flatten()))
    if pa.types.is_list(array.type) or pa.types.is_large_list(array.type):
        return _unfolded_bytes(array.flatten()) + int(array.nbytes if not len(array) else 8 * len(array))
    return int(array.nbytes)


def _is_text(kind: pa.DataType) -> bool:
    return any(
        test(kind)
        for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
    )
