"""SQL over a run. DuckDB sees the shards the manifests name, as views, and no file at all.

The views are Arrow datasets, so the safe mode can forbid DuckDB every file: ``allowed_directories`` is left empty,
because a folder that is allowed for reading is allowed for ``COPY ... TO`` as well (even inside a ``WITH``).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds

from factory.shards import MANIFEST, read_manifest
from schemas import (
    BadInput,
    DPORow,
    Node,
    PRMRow,
    Problem,
    Reject,
    Seed,
    SFTRow,
    StepLabel,
    Tree,
    Verdict,
    arrow_schema,
)

RUN_KINDS: dict[str, type] = {"problems": Problem, "seeds": Seed, "trees": Tree}
EXPORT_KINDS: dict[str, type] = {"labels": StepLabel, "sft": SFTRow, "dpo": DPORow, "prm": PRMRow}
VIEWS = ("problems", "seeds", "trees", "nodes", "verdicts", "labels", "sft", "dpo", "prm", "rejects")

_NODES = "CREATE TEMP VIEW nodes AS SELECT tree, node.* FROM (SELECT id AS tree, unnest(nodes) AS node FROM trees)"
_VERDICTS = """CREATE TEMP VIEW verdicts AS
SELECT tree, node, verdict.* FROM (SELECT tree, "index" AS node, unnest(verdicts) AS verdict FROM nodes)"""
# The first two are ours: no Python variable is a table, and nothing spills to disk.
_SAFE_MODE = (
    "SET python_enable_replacements = false",
    "SET temp_directory = ''",
    "SET allowed_directories = []",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)


@dataclass(frozen=True, slots=True)
class QueryResult:
    """``rows`` in the order DuckDB gave them, each as long as ``columns``; ``more`` where ``limit`` cut them off."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    more: bool


def open_views(run: Path, export: str = "default") -> duckdb.DuckDBPyConnection:
    """A connection with every name of ``VIEWS`` over the manifest-listed shards of ``run`` and one of its exports.
    Kinds without shards are empty views with the right columns. In-memory tables can be made, files cannot be touched.

    Raises ``BadInput`` where ``run`` is no run, the export is unknown, or a shard is missing or outside the run."""
    export_folder = _export_folder(run, export)
    connection = duckdb.connect(":memory:")
    for kind, record in RUN_KINDS.items():
        connection.register(kind, _dataset(record, _shards(run, kind)))
    for kind, record in EXPORT_KINDS.items():
        connection.register(kind, _dataset(record, _shards(export_folder, kind)))
    rejects = _shards(run, "rejects") + _shards(export_folder, "rejects")
    connection.register("rejects", _dataset(Reject, rejects))
    for statement in (_NODES, _VERDICTS, *_SAFE_MODE):
        connection.execute(statement)
    return connection


def run_query(run: Path, sql: str, *, export: str = "default", limit: int | None = None) -> QueryResult:
    """The result of ``sql`` over the views, at most ``limit`` rows of it. Raises ``BadInput`` with DuckDB's message
    and the columns that exist where the SQL is wrong, not allowed, or says nothing."""
    with open_views(run, export) as connection:
        try:
            columns = _execute(connection, sql)
            rows = connection.fetchall() if limit is None else connection.fetchmany(limit + 1)
        except (duckdb.Error, pa.ArrowException, OSError, RuntimeError, ValueError) as error:
            raise BadInput(f"{str(error).strip()}\n\n{_hint()}") from error
    kept = rows if limit is None else rows[:limit]
    return QueryResult(columns, tuple(kept), more=len(rows) > len(kept))


def export_names(run: Path) -> list[str]:
    """The names of the exports of ``run`` that have a manifest, sorted."""
    return sorted(path.parent.name for path in (run / "exports").glob(f"*/{MANIFEST}"))


def _execute(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[str, ...]:
    if not connection.extract_statements(sql):
        raise ValueError("The query is empty.")
    connection.execute(sql)
    return tuple(str(column[0]) for column in connection.description or ())


def _export_folder(run: Path, export: str) -> Path | None:
    """Where the export lies; None where the default one was not made yet."""
    names = export_names(run)
    if export in names:
        return run / "exports" / export
    if export == "default":
        return None
    known = ", ".join(names) or "none yet"
    raise BadInput(f"{run} has no export named {export!r}. It has: {known}. Make one with `factory export`.")


def _shards(folder: Path | None, kind: str) -> list[Path]:
    if folder is None:
        return []
    shards = read_manifest(folder).of_kind(kind)
    return [_inside(folder, shard.path) for shard in shards if shard.rows]


def _inside(folder: Path, path: str) -> Path:
    full = folder / path
    if not full.resolve().is_relative_to(folder.resolve()):
        raise BadInput(f"The manifest of {folder} names {path!r}, which lies outside it. It was tampered with.")
    if not full.is_file():
        raise BadInput(f"{full} is named by the manifest but is not there. Restore it or run the recipe again.")
    return full


def _dataset(record: type, paths: list[Path]) -> ds.Dataset:
    schema = arrow_schema(record)
    if not paths:
        return ds.dataset(schema.empty_table())
    return ds.dataset([str(path) for path in paths], schema=schema, format="parquet")


def _hint() -> str:
    records = {**RUN_KINDS, **EXPORT_KINDS, "rejects": Reject}
    columns = {view: arrow_schema(record).names for view, record in records.items()}
    columns["nodes"] = ["tree", *arrow_schema(Node).names]
    columns["verdicts"] = ["tree", "node", *arrow_schema(Verdict).names]
    return "Views and their columns:\n" + "\n".join(f"  {view}: {', '.join(columns[view])}" for view in VIEWS)
