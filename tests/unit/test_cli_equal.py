"""``factory equal``: exit codes, files with every kind of line, and errors that say what to do."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from schemas import BadInput, ConfigError

RUNNER = CliRunner()
LINES = [
    '{"gold": "1/2", "pred": "0.5"}',
    '{"gold": "(1,2)", "pred": "\\\\{1,2\\\\}", "extra": 1}',
    '{"gold": 42, "pred": 42.0}',
    "",
    "no json",
    "[1, 2]",
    '{"gold": "1"}',
    '{"gold": "1", "pred": null}',
    '{"gold": "1", "pred": true}',
    '{"gold": "\\ud800", "pred": "1"}',
    '{"gold": "5 cm", "pred": "5 m"}',
    '{"gold": "7", "pred": "9**9**9**9"}',
    "[" * 50_000,
    '{"gold": "7", "pred": ' + "7" * 10_000 + "}",
]
EQUAL = [True, False, True, None, None, None, None, None, None, None, False, None, None, None]


def run(*arguments: str) -> Any:
    """What the command line gives back, our own errors raised."""
    return RUNNER.invoke(app, ["equal", *arguments], catch_exceptions=True)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["1/2", "0.5"], 0, "equal (equal)"),
        (["5", "6"], 1, "not equal (refuted: the reference is 5, the answer 6)"),
        (["5", "9**9**9**9"], 3, "unknown (too_large)"),
        (["-5", "-5.0"], 0, "equal"),
        (["5 cm", "5", "--policy", "units=strict"], 1, "not equal"),
        (["20", "20%", "--policy", "percent=lenient"], 0, "equal"),
        (["(1,2)", "(2,1)", "--policy", "order=free"], 0, "equal"),
        (["1/3", "0.33", "--policy", "rounding=2"], 0, "equal"),
    ],
)
def test_one_pair(arguments: list[str], code: int, words: str) -> None:
    result = run(*arguments)
    assert (result.exit_code, words in result.stdout) == (code, True), result.output


def test_one_pair_as_json() -> None:
    result = run("5", "6", "--json")
    facts = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (facts["equal"], facts["reason"]) == (False, "refuted")
    assert facts["policy"] == "units=lenient,percent=value,order=written,rounding=6"


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_every_line_of_a_file_comes_out_in_order(tmp_path: Path, ending: str) -> None:
    source, target = tmp_path / "pairs.jsonl", tmp_path / f"result.{ending}"
    source.write_bytes("\n".join(LINES).encode() + b'\n{"gold": "\xff", "pred": "\xff"}\n')
    result = run("--file", str(source), "--out", str(target), "--workers", "1", "--json")
    assert result.exit_code == 0, result.output
    if ending == "parquet":
        rows = pq.read_table(target).to_pylist()
    else:
        rows = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    assert [row["row"] for row in rows] == list(range(len(LINES) + 1))
    assert [row["equal"] for row in rows[:-1]] == EQUAL
    assert all(row["reason"] for row in rows)
    assert [row["reason"] for row in rows[3:9]] == [
        "blank_line", "not_json", "not_an_object", "no_pred", "no_pred", "no_pred"
    ]  # fmt: skip
    assert set(rows[0]) == {"row", "gold", "pred", "equal", "reason"}
    facts = json.loads(result.stdout)
    assert (facts["rows"], facts["equal"], facts["not_equal"]) == (len(LINES) + 1, 2, 2)
    assert not list(tmp_path.glob("*.part"))


def test_an_empty_file_gives_an_empty_result(tmp_path: Path) -> None:
    (tmp_path / "pairs.jsonl").write_text("", encoding="utf-8")
    result = run("--file", str(tmp_path / "pairs.jsonl"), "--out", str(tmp_path / "r.parquet"))
    assert result.exit_code == 0
    assert pq.read_table(tmp_path / "r.parquet").num_rows == 0


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        (["--file", "{folder}/absent.jsonl", "--out", "{folder}/r.jsonl"], BadInput, "absent.jsonl is not a file"),
        (["--file", "{folder}/pairs.jsonl"], BadInput, "--out"),
        (["--file", "{folder}/pairs.jsonl", "--out", "{folder}/no/r.jsonl"], BadInput, "does not exist"),
        (["--file", "{folder}/pairs.jsonl", "--out", "{folder}/pairs.jsonl"], BadInput, "must not be"),
        (["5"], BadInput, "GOLD and PRED"),
        (["5", "5", "--policy", "unit=strict"], ConfigError, "units, percent, order, rounding"),
        (["5", "5", "--policy", "units=loose"], ConfigError, "lenient, strict, ignore"),
        (["5", "5", "--policy", "rounding=many"], ConfigError, "0 to 50"),
    ],
)
def test_bad_input_is_said_plainly(tmp_path: Path, arguments: list[str], kind: type[Exception], words: str) -> None:
    (tmp_path / "pairs.jsonl").write_text(LINES[0], encoding="utf-8")
    result = run(*(argument.format(folder=tmp_path) for argument in arguments))
    assert isinstance(result.exception, kind)
    assert words in str(result.exception)
    assert (tmp_path / "pairs.jsonl").read_text(encoding="utf-8") == LINES[0]
