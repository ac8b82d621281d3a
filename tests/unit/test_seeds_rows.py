"""Generic rows: what is kept, what is refused and under which slug, and what makes the whole source unusable."""

import json
import random
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from factory.seeds import SeedBatch, SeedSpec, iter_seeds, prefix_lengths, read_seeds
from schemas import BadInput, ConfigError, Reject, Seed, from_table, to_table

GOOD = {"problem": "What is 2 + 2?", "steps": ["2 + 2 = 4.", "The answer is 4."], "answer": "4"}


def read(folder: Path, rows: list[Any], **spec: Any) -> SeedBatch:
    """The batch of a JSONL file with these rows; bytes stand for a line as it is."""
    path = folder / "rows.jsonl"
    path.write_bytes(b"\n".join(row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows))
    return read_seeds(SeedSpec(source="rows", path=str(path), **spec))


def test_a_row_becomes_a_seed(tmp_path: Path) -> None:
    (seed,) = read(tmp_path, [GOOD], licence="CC0").seeds
    assert [step.text for step in seed.steps] == GOOD["steps"]
    assert (seed.problem.answer, seed.problem.domain, seed.problem.licence) == ("4", "math", "CC0")
    assert seed.prefixes == (0, 1)
    assert seed.first_error is None
    assert from_table(to_table([seed], Seed), Seed) == [seed]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({**GOOD, "problem": None}, "no_problem"),
        ({**GOOD, "problem": " \n"}, "no_problem"),
        ({"steps": ["a"]}, "no_problem"),
        ({**GOOD, "problem": 7}, "wrong_type"),
        ({**GOOD, "steps": []}, "no_steps"),
        ({**GOOD, "steps": None}, "no_steps"),
        ({**GOOD, "steps": ["a", "  "]}, "empty_step"),
        ({**GOOD, "steps": ["a", None]}, "empty_step"),
        ({**GOOD, "steps": ["a", 3]}, "wrong_type"),
        ({**GOOD, "steps": {"a": 1}}, "wrong_type"),
        ({**GOOD, "ratings": [1, 2]}, "rating_out_of_range"),
        ({**GOOD, "ratings": [0.5]}, "rating_out_of_range"),
        ({**GOOD, "ratings": ["+"]}, "wrong_type"),
        ({**GOOD, "ratings": [1, 1, 1]}, "more_labels_than_steps"),
        ({**GOOD, "label": 2}, "label_out_of_range"),
        ({**GOOD, "label": -2}, "label_out_of_range"),
        ({**GOOD, "label": "0"}, "wrong_type"),
        ({**GOOD, "problem": "a\0b"}, "nul"),
        ({**GOOD, "steps": ["a\0b"]}, "nul"),
        ({**GOOD, "steps": ["a\ud800b"]}, "lone_surrogate"),
        ({**GOOD, "steps": ["x" * 1_000_000]}, "too_long"),
        ({**GOOD, "domain": "algebra"}, "bad_domain"),
        ({**GOOD, "domain": "code"}, "no_tests"),
        ({**GOOD, "domain": "lean"}, "no_formal"),
        ([GOOD], "not_an_object"),
        (b"{not json", "invalid_json"),
        (b'{"problem": ' + b"[" * 100_000, "invalid_json"),
        (b'{"problem": "caf\xe9", "steps": ["a"]}', "invalid_utf8"),
        (b'{"problem": "' + b"x" * (17 << 20) + b'"}', "row_too_large"),
    ],
)
def test_a_bad_row_is_rejected_with_its_reason(tmp_path: Path, row: Any, reason: str) -> None:
    batch = read(tmp_path, [GOOD, row])
    assert [(reject.key, reject.reason) for reject in batch.rejects] == [("rows.jsonl:2", reason)]
    assert (batch.read, batch.kept, batch.rejected) == (2, 1, 1)
    assert batch.rejects[0].detail
    assert len(batch.rejects[0].raw.encode()) <= 64 << 10
    assert from_table(to_table(batch.rejects, Reject), Reject) == list(batch.rejects)


def test_duplicates_and_conflicts(tmp_path: Path) -> None:
    rated = {**GOOD, "ratings": [1, 1]}
    doubted = {**GOOD, "ratings": [1, -1]}
    spaced = {**rated, "problem": " What is  2 +\n2? "}
    batch = read(tmp_path, [rated, doubted, rated, spaced])
    assert [seed.first_error for seed in batch.seeds] == [-1, 1]
    assert len({seed.id for seed in batch.seeds}) == 2
    assert len({seed.problem.id for seed in batch.seeds}) == 1
    assert [(reject.key, reject.reason) for reject in batch.rejects] == [
        ("rows.jsonl:3", "duplicate"),
        ("rows.jsonl:4", "duplicate"),
    ]


def test_an_id_belongs_to_one_text(tmp_path: Path) -> None:
    rows = [{**GOOD, "id": 1}, {**GOOD, "id": 1, "steps": ["Four."]}, {**GOOD, "id": 1, "problem": "What is 3 + 1?"}]
    batch = read(tmp_path, rows)
    assert len(batch.seeds) == 2
    assert [reject.reason for reject in batch.rejects] == ["duplicate_id"]


def test_an_explicit_label_wins_over_ratings(tmp_path: Path) -> None:
    (seed,) = read(tmp_path, [{**GOOD, "ratings": [-1, 1], "label": 1}]).seeds
    assert seed.first_error == 1
    assert [step.rating for step in seed.steps] == [-1, 1]


def test_several_solutions_of_one_problem(tmp_path: Path) -> None:
    row = {
        "problem": "What is 2 + 2?",
        "solutions": [
            {"steps": [{"text": "2 + 2 = 4.", "rating": 1, "action": "compute"}]},
            {"steps": [{"text": "2 + 2 = 5.", "rating": -1}]},
            {"steps": []},
        ],
    }
    batch = read(tmp_path, [row])
    assert [seed.first_error for seed in batch.seeds] == [-1, 0]
    assert batch.seeds[0].steps[0].action == "compute"
    assert len({seed.problem.id for seed in batch.seeds}) == 1
    assert (batch.read, batch.kept, batch.rejected) == (1, 1, 0)
    assert [reject.reason for reject in batch.rejects] == ["no_steps"]


def test_a_solution_in_one_text_is_cut(tmp_path: Path) -> None:
    row = {"problem": "p", "solution": "one##two## ", "ratings": [True, False]}
    (seed,) = read(tmp_path, [row], step_separator="##").seeds
    assert [(step.text, step.rating) for step in seed.steps] == [("one", 1), ("two", -1)]


def test_columns_are_mapped(tmp_path: Path) -> None:
    rows = [{"q": "p", "cot": ["a", "b"], "gold": 4, "mistake": 1}]
    columns = {"problem": "q", "steps": "cot", "answer": "gold", "label": "mistake"}
    (seed,) = read(tmp_path, rows, columns=columns).seeds
    assert (seed.problem.answer, seed.first_error) == ("4", 1)


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_a_wrong_column_map_says_what_there_is(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"rows.{suffix}"
    if suffix == "jsonl":
        path.write_text(json.dumps(GOOD))
    else:
        pq.write_table(pa.Table.from_pylist([GOOD]), path)
    with pytest.raises(BadInput, match=r'did you mean "problem".*columns: problem, steps, answer'):
        read_seeds(SeedSpec(source="rows", path=str(path), columns={"problem": "porblem"}))


def test_limit_and_order(tmp_path: Path) -> None:
    rows = [{"problem": f"p{number}", "steps": ["a"]} for number in range(9)]
    batch = read(tmp_path, rows, limit=4)
    assert [seed.problem.statement for seed in batch.seeds] == ["p0", "p1", "p2", "p3"]
    assert batch.read == 4


@pytest.mark.parametrize(
    ("policy", "steps", "first_error", "lengths"),
    [
        ("every", 3, 1, (0, 1, 2)),
        ("bare", 3, None, (0,)),
        ("first_error", 4, 2, (0, 1, 2)),
        ("first_error", 4, 0, (0,)),
        ("first_error", 2, -1, (0, 1)),
        ("first_error", 2, None, (0, 1)),
        ((2, 0, 9, 2), 3, None, (0, 2)),
        ((5,), 3, None, ()),
    ],
)
def test_prefixes(policy: Any, steps: int, first_error: int | None, lengths: tuple[int, ...]) -> None:
    assert prefix_lengths(policy, steps, first_error) == lengths


def test_a_prefix_that_fits_nowhere_is_a_reject(tmp_path: Path) -> None:
    assert [reject.reason for reject in read(tmp_path, [GOOD], prefixes=(7,)).rejects] == ["no_prefix"]


@pytest.mark.parametrize(
    "values",
    [
        {"source": "gsm8"},
        {"prefixes": "evry"},
        {"prefixes": ()},
        {"prefixes": (-1,)},
        {"domain": "maths"},
        {"limit": 0},
        {"columns": {"probelm": "q"}},
        {"step_separator": ""},
    ],
)
def test_a_wrong_value_is_a_config_error(values: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"seeds\."):
        SeedSpec(**values)


def test_a_missing_file_suggests_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_text(json.dumps(GOOD))
    with pytest.raises(BadInput, match=r'did you mean "train.jsonl"'):
        read_seeds(SeedSpec(source="rows", path=str(tmp_path / "trian.jsonl")))


@pytest.mark.parametrize("spec", [{"source": "rows"}, {"source": "dataset"}, {"source": "gsm8k"}])
def test_a_source_needs_a_place(spec: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="needs seeds"):
        read_seeds(SeedSpec(**spec))


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("rows.csv", b"problem,steps\n", "neither JSONL"),
        ("rows.parquet", b"nothing like it", "does not begin"),
        ("rows.parquet", b"PAR1 and then nothing", "Parquet"),
    ],
)
def test_an_unusable_file(tmp_path: Path, name: str, data: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(BadInput, match=says):
        read_seeds(SeedSpec(source="rows", path=str(tmp_path / name)))


def test_truncated_and_damaged_parquet(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    rows = [{**GOOD, "problem": f"What is {number} + 2?"} for number in range(5000)]
    pq.write_table(pa.Table.from_pylist(rows), path)
    assert read_seeds(SeedSpec(source="rows", path=str(path))).kept == 5000
    data = bytearray(path.read_bytes())
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(BadInput, match="fetch or write it again"):
        read_seeds(SeedSpec(source="rows", path=str(path)))
    data[100:2000] = b"\xff" * 1900
    path.write_bytes(data)
    with pytest.raises(BadInput, match="damaged"):
        read_seeds(SeedSpec(source="rows", path=str(path)))


def test_a_parquet_bomb_is_not_unfolded(tmp_path: Path) -> None:
    rows = 2000
    each = 10
    text = pa.DictionaryArray.from_arrays(pa.array([0] * rows * each, pa.int32()), pa.array(["x" * 3_000_000]))
    steps = pa.ListArray.from_arrays(pa.array(range(0, rows * each + 1, each), pa.int32()), text)
    path = tmp_path / "bomb.parquet"
    table = pa.table({"problem": ["p"] * rows, "steps": steps})
    pq.write_table(table, path, compression="zstd", store_schema=False)
    assert path.stat().st_size < 100_000
    started = time.monotonic()
    batch = read_seeds(SeedSpec(source="rows", path=str(path)))
    assert time.monotonic() - started < 30
    assert {reject.reason for reject in batch.rejects} == {"row_too_large"}
    assert batch.rejected == rows


def test_a_parquet_of_packed_pages_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.parquet"
    table = pa.table({"problem": ["p"] * 9, "steps": [["x" * 2_000_000 + str(row)] for row in range(9)]})
    pq.write_table(table, path, compression="zstd", use_dictionary=False, write_statistics=False)
    with pytest.raises(BadInput, match="that is not text"):
        read_seeds(SeedSpec(source="rows", path=str(path)))


def test_several_row_groups_of_either_size(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    rows = [
        {"problem": f"p{row}", "steps": [f"{row} {random.Random(row).randbytes(20_000).hex()}"]} for row in range(900)
    ]
    with pq.ParquetWriter(path, pa.Table.from_pylist(rows).schema) as writer:
        writer.write_table(pa.Table.from_pylist(rows[:600]))
        for start in range(600, 900, 100):
            writer.write_table(pa.Table.from_pylist(rows[start : start + 100]))
    batch = read_seeds(SeedSpec(source="rows", path=str(path)))
    assert [seed.steps[0].text for seed in batch.seeds] == [row["steps"][0] for row in rows]


def test_parquet_text_that_is_not_utf8(tmp_path: Path) -> None:
    broken = pa.array([b"fine", b"\xff\xfe"]).cast(pa.binary()).view(pa.string())
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"problem": broken, "steps": [["a"], ["b"]]}), path)
    batch = read_seeds(SeedSpec(source="rows", path=str(path)))
    assert [(reject.key, reject.reason) for reject in batch.rejects] == [("rows.parquet:2", "invalid_utf8")]


def test_a_folder_is_read_in_the_order_of_names(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist([{**GOOD, "problem": "first"}]), tmp_path / "a.parquet")
    (tmp_path / "b.jsonl").write_text(json.dumps({**GOOD, "problem": "second"}))
    batch = read_seeds(SeedSpec(source="rows", path=str(tmp_path)))
    assert [seed.problem.statement for seed in batch.seeds] == ["first", "second"]


def test_rows_stream(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(GOOD) + "\n{bad\n")
    rows = iter_seeds(SeedSpec(source="rows", path=str(path)))
    assert next(rows).seeds
    assert next(rows).rejects[0].reason == "invalid_json"
    assert next(rows, None) is None


def test_a_local_dataset_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets")
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    (tmp_path / "data").mkdir()
    pq.write_table(pa.Table.from_pylist([{**GOOD, "ratings": [1, -1]}]), tmp_path / "data" / "train.parquet")
    batch = read_seeds(SeedSpec(source="dataset", dataset=str(tmp_path / "data")))
    assert [(seed.first_error, seed.problem.source) for seed in batch.seeds] == [(1, "data")]
    datasets.Dataset.from_list([GOOD]).save_to_disk(tmp_path / "saved")
    assert read_seeds(SeedSpec(source="dataset", dataset=str(tmp_path / "saved"))).kept == 1
    with pytest.raises(BadInput, match=r"seeds\.split"):
        read_seeds(SeedSpec(source="dataset", dataset=str(tmp_path / "data"), split="tset"))
    with pytest.raises(BadInput, match="did you mean"):
        read_seeds(SeedSpec(source="dataset", dataset=str(tmp_path / "data"), columns={"problem": "problems"}))
