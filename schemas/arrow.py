"""Records to Arrow and back. The Arrow schema is derived from the dataclass here and nowhere else."""

import dataclasses
import functools
import types
import typing
from collections.abc import Callable, Iterable
from typing import Any, Literal, TypeVar, cast, get_args, get_origin, get_type_hints

import pyarrow as pa

SCHEMA_VERSION = 1

Record = TypeVar("Record")

_SCALARS = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}


@functools.cache
def arrow_schema(record: Any) -> pa.Schema:
    """The Arrow schema of a record class, with ``cot_factory.record`` and ``cot_factory.version`` in its metadata.
    ``X | None`` is nullable, ``tuple[X, ...]`` a list, a record a struct, a ``Literal`` a string."""
    metadata = {"cot_factory.record": record.__name__, "cot_factory.version": str(SCHEMA_VERSION)}
    return pa.schema(_fields(record), metadata=metadata)


def to_table(records: Iterable[Any], record: Any) -> pa.Table:
    """One row per record, in order. Raises ``pyarrow.ArrowInvalid`` where a value does not fit its field."""
    encode = _encoder(record)
    return pa.Table.from_pylist([encode(item) for item in records], schema=arrow_schema(record))


def from_table(table: pa.Table, record: type[Record]) -> list[Record]:
    """The records of a table whose columns are (at least) the record's; extra columns are ignored, and a field with a
    default may be missing: that is how a record grows without a new ``SCHEMA_VERSION``."""
    decode: Codec = _decoder(cast(Any, record))
    return [decode(row) for row in table.to_pylist()]


def to_bytes(item: Any) -> bytes:
    """One record as an Arrow IPC stream: what crosses processes instead of pickle."""
    table = to_table([item], type(item))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def from_bytes(data: bytes, record: type[Record]) -> Record:
    """The inverse of ``to_bytes``. Raises ``pyarrow.ArrowInvalid`` on anything else."""
    with pa.ipc.open_stream(data) as reader:
        return from_table(reader.read_all(), record)[0]


def _fields(record: Any) -> list[pa.Field]:
    hints = get_type_hints(record)
    return [_field(item.name, hints[item.name]) for item in dataclasses.fields(record)]


def _field(name: str, hint: Any) -> pa.Field:
    inner, nullable = _strip_none(hint)
    return pa.field(name, _type(inner), nullable=nullable)


def _type(hint: Any) -> pa.DataType:
    if hint in _SCALARS:
        return _SCALARS[hint]
    if get_origin(hint) is Literal:
        return pa.string()
    if get_origin(hint) is tuple:
        return pa.list_(_field("element", get_args(hint)[0]))
    if dataclasses.is_dataclass(hint):
        return pa.struct(_fields(hint))
    raise TypeError(f"no Arrow type for {hint!r}")


def _strip_none(hint: Any) -> tuple[Any, bool]:
    if get_origin(hint) in (types.UnionType, typing.Union):
        kept = [arg for arg in get_args(hint) if arg is not type(None)]
        return kept[0], len(kept) < len(get_args(hint))
    return hint, False


Codec = Callable[[Any], Any]


@functools.cache
def _encoder(hint: Any) -> Codec:
    """A function from a value of type ``hint`` to plain lists and dicts, built once per type."""

    def struct(parts: list[tuple[str, Codec]], _: type) -> Codec:
        return lambda item: {name: walk(getattr(item, name)) for name, walk in parts}

    return _walker(hint, _encoder, struct, list)


@functools.cache
def _decoder(hint: Any) -> Codec:
    """The inverse of ``_encoder``."""

    def struct(parts: list[tuple[str, Codec]], record: type) -> Codec:
        optional = {item.name for item in dataclasses.fields(record) if item.default is not dataclasses.MISSING}
        return lambda row: record(
            **{name: walk(row[name]) for name, walk in parts if name in row or name not in optional}
        )

    return _walker(hint, _decoder, struct, tuple)


def _walker(hint: Any, recurse: Callable[[Any], Codec], struct: Callable[..., Codec], sequence: type) -> Codec:
    inner, nullable = _strip_none(hint)
    if nullable:
        walk = recurse(inner)
        return lambda value: None if value is None else walk(value)
    if get_origin(inner) is tuple:
        each = recurse(get_args(inner)[0])
        return lambda value: sequence(each(item) for item in value)
    if dataclasses.is_dataclass(inner):
        hints = get_type_hints(inner)
        return struct([(item.name, recurse(hints[item.name])) for item in dataclasses.fields(inner)], inner)
    return lambda value: value
