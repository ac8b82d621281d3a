"""The shards in the three readers people use: datasets, polars and DuckDB. No schema of ours is given to any of them."""

from pathlib import Path
from typing import Any

import duckdb
import polars
import pyarrow as pa
import pytest
from datasets import Dataset, load_dataset

from factory.derive import export_folder
from factory.shards import read_manifest, shard_paths

RUN_KINDS = ("trees", "seeds", "problems", "rejects")
EXPORT_KINDS = ("labels", "sft", "dpo", "dpo_step", "prm", "rejects")
KINDS = [("run", kind) for kind in RUN_KINDS] + [("export", kind) for kind in EXPORT_KINDS]


@pytest.fixture(params=KINDS, ids="-".join)
def shards(request: pytest.FixtureRequest, oracle_run: Path) -> tuple[list[str], int]:
    """The files of one kind and the rows that the manifest promises."""
    where, kind = request.param
    folder = oracle_run if where == "run" else export_folder(oracle_run)
    entries = read_manifest(folder).of_kind(kind)
    return [str(path) for path in shard_paths(folder, kind)], sum(entry.rows for entry in entries)


def test_every_kind_of_both_manifests_is_tested(oracle_run: Path) -> None:
    named = {("run", shard.kind) for shard in read_manifest(oracle_run).shards}
    named |= {("export", shard.kind) for shard in read_manifest(export_folder(oracle_run)).shards}
    assert named == set(KINDS)
    assert len(shard_paths(oracle_run, "trees")) > 1


def test_three_readers_find_the_same_columns_types_and_rows(shards: tuple[list[str], int], tmp_path: Path) -> None:
    files, rows = shards
    dataset = by_datasets(files, tmp_path)
    tables = {
        "datasets": dataset.with_format("arrow")[:],
        "polars": polars.read_parquet(files).to_arrow(),
        "duckdb": duckdb.read_parquet(files).to_arrow_table(),
    }
    assert {name: table.num_rows for name, table in tables.items()} == dict.fromkeys(tables, rows)
    shapes = {name: shape(table.schema) for name, table in tables.items()}
    assert shapes["polars"] == shapes["datasets"] == shapes["duckdb"]
    expected = dataset.to_list()
    assert tables["polars"].to_pylist() == expected
    assert tables["duckdb"].to_pylist() == expected


def test_datasets_streams_the_same_rows(shards: tuple[list[str], int], tmp_path: Path) -> None:
    files, rows = shards
    streamed = list(load_dataset("parquet", data_files=files, split="train", streaming=True))
    assert len(streamed) == rows
    assert streamed == by_datasets(files, tmp_path).to_list()


@pytest.mark.parametrize(
    ("kind", "columns"),
    [
        ("sft", {"messages": [{"role": "text", "content": "text"}], "score": "real", "recovers": "bool"}),
        ("dpo", {key: [{"role": "text", "content": "text"}] for key in ("prompt", "chosen", "rejected")}),
        ("prm", {"prompt": "text", "completions": ["text"], "labels": ["bool"], "soft_labels": ["real"]}),
        ("labels", {"tree": "text", "node": "int", "label": "text", "correct": "int", "low": "real"}),
    ],
)
def test_key_columns_have_the_types_trainers_expect(oracle_run: Path, kind: str, columns: dict[str, Any]) -> None:
    files = shard_paths(export_folder(oracle_run), kind)
    found = shape(polars.read_parquet(files).to_arrow().schema)
    assert {name: found[name] for name in columns} == columns


def by_datasets(files: list[str], cache: Path) -> Dataset:
    return load_dataset("parquet", data_files=files, split="train", cache_dir=str(cache))


def shape(schema: pa.Schema) -> dict[str, Any]:
    """Column names and types, without the widths and encodings that readers are free to choose."""
    return {field.name: _plain(field.type) for field in schema}


def _plain(kind: pa.DataType) -> Any:
    if pa.types.is_struct(kind):
        return {field.name: _plain(field.type) for field in kind}
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return [_plain(kind.value_type)]
    if pa.types.is_dictionary(kind):
        return _plain(kind.value_type)
    names = {"text": (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)}
    names |= {"int": (pa.types.is_integer,), "real": (pa.types.is_floating,), "bool": (pa.types.is_boolean,)}
    return next((name for name, checks in names.items() if any(check(kind) for check in checks)), str(kind))
