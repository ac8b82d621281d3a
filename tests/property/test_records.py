"""Every record survives Arrow, Parquet and the wire unchanged, whatever text and numbers it holds."""

import dataclasses
import types
import typing
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import schemas
from schemas import arrow_schema, from_bytes, from_table, to_bytes, to_table

RECORDS = [cls for name in schemas.__all__ if dataclasses.is_dataclass(cls := getattr(schemas, name)) and name not in
           ("Manifest", "Shard", "StageCount")]
TEXT = st.text(st.characters(blacklist_categories=("Cs",)), max_size=12)
SCALARS = {
    str: TEXT,
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(allow_nan=False),
    bool: st.booleans(),
}


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a field's type, built like the Arrow schema from nothing but the type."""
    if hint in SCALARS:
        return SCALARS[hint]
    if get_origin(hint) is Literal:
        return st.sampled_from(get_args(hint))
    if get_origin(hint) is tuple:
        return st.lists(values(get_args(hint)[0]), max_size=3).map(tuple)
    if get_origin(hint) in (types.UnionType, typing.Union):
        return st.one_of(*(values(arg) for arg in get_args(hint) if arg is not type(None)), st.none())
    hints = get_type_hints(hint)
    return st.builds(hint, **{field.name: values(hints[field.name]) for field in dataclasses.fields(hint)})


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_round_trip(record: type, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("shard") / "records.parquet"

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(values(record), min_size=1, max_size=3))
    def check(items: list[Any]) -> None:
        table = to_table(items, record)
        pq.write_table(table, path)
        assert from_table(pq.read_table(path), record) == items
        assert from_bytes(to_bytes(items[0]), record) == items[0]

    check()


def test_the_schema_carries_its_record_and_version() -> None:
    metadata = arrow_schema(schemas.Tree).metadata
    assert metadata[b"cot_factory.record"] == b"Tree"
    assert metadata[b"cot_factory.version"] == str(schemas.SCHEMA_VERSION).encode()


def test_a_file_written_before_a_field_with_a_default_came_reads_as_that_default() -> None:
    now = schemas.HumanStep("a", 1, None, (), "omega", ("⊢ p",), ())
    table = to_table([now], schemas.HumanStep).drop_columns(["lean", "before", "after"])
    assert from_table(table, schemas.HumanStep) == [schemas.HumanStep("a", 1, None, ())]
    with pytest.raises(KeyError):
        from_table(table.drop_columns(["text"]), schemas.HumanStep)


def test_a_value_of_another_type_is_refused() -> None:
    broken = schemas.Message(role="user", content=3)  # type: ignore[arg-type]
    with pytest.raises((TypeError, ValueError)):
        to_table([broken], schemas.Message)


def test_ids_are_names_by_content() -> None:
    assert schemas.content_id({"a": 1, "b": [1, 2]}) == schemas.content_id({"b": [1, 2], "a": 1})
    assert schemas.content_id("a", "b") != schemas.content_id("ab")
    for unstable in ({1, 2}, float("nan"), object(), {1: "a"}):
        with pytest.raises((TypeError, ValueError)):
            schemas.content_id(unstable)
