"""Anyone's solutions, to be judged: every row of a file becomes one ``Solution``, whatever it holds.

Formats, told apart row by row: ProcessBench (``steps``, ``label``), PRM800K (``steps[].text`` and ``.rating``, or the
original ``label.steps[].completions[]``), Math-Shepherd (``input`` with the ``ки`` mark, ``label`` with + and -),
BIG-Bench-Mistake (``steps``, ``mistake_index``), and ``rows``: ``steps``, or one text in ``solution``, ``response`` or
``answer``, with ``label`` or ``first_error`` where somebody knows. Files: JSONL, a JSON array, either gzipped, Parquet.
"""

import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.parquet as pq

from factory.seeds.files import column_names, read_file, read_lines
from factory.seeds.importers import FORMATS as SEED_FORMATS
from factory.seeds.prm800k import prm800k
from factory.seeds.raw import BadRow, RawSolution, Row, kind_of
from factory.seeds.spec import DOMAINS, SeedSpec
from factory.steps import split_steps
from schemas import BadInput
from schemas.records import Domain

MAX_STEPS = 1_000  # a judge sees a step with all before it: their number counts squared
MAX_ARRAY_BYTES = 256 << 20  # of a file that is one JSON array, which cannot be streamed
SHEPHERD_MARK = "ки"
_PROBLEM = ("problem", "question", "prompt", "input")
_TEXT = ("solution", "response", "answer")
_LABEL = ("label", "first_error", "mistake_index")
_ID = ("id", "idx", "unique_id", "task_id")
_PRM800K = SEED_FORMATS["prm800k"].columns(SeedSpec(source="prm800k"))


@dataclass(frozen=True, slots=True)
class Solution:
    """One row. It can be judged where it has ``steps``; ``reason`` says why it cannot, or why its label is not used."""

    row: int  # 0-based: a line of a JSONL file, an element of an array, a row of a Parquet file; counted over all files
    id: str  # the row's own, else its number
    domain: Domain = "math"
    problem: str = ""
    steps: tuple[str, ...] = ()
    first_error: int | None = None  # given with it: 0-based, -1 for none, None where nobody says
    ratings: tuple[int | None, ...] = ()  # given with it, one per step, or empty
    tests: tuple[str, ...] = ()
    reason: str | None = None


def read_solutions(paths: Iterable[Path], form: str = "auto", domain: Domain | None = None) -> Iterator[Solution]:
    """The rows of all files in order, exactly one for each, blank lines too. ``form`` is a key of ``FORMATS`` or ``auto``,
    ``domain`` the domain of every row (None: its own, else maths). ``BadInput`` for a file that cannot be read."""
    for number, value in enumerate(chain.from_iterable(map(read_values, paths))):
        yield read_solution(number, value, form, domain)


def read_solution(number: int, value: Any, form: str = "auto", domain: Domain | None = None) -> Solution:
    """One decoded row, or the ``BadRow`` that says why it could not be decoded, as a ``Solution``. Raises nothing."""
    name = _name(value, number)
    try:
        if isinstance(value, BadRow):
            raise value
        if not isinstance(value, dict):
            raise BadRow("not_an_object", f"the row is {kind_of(value)}, not an object")
        raw = FORMATS[detect(value) if form == "auto" else form](value)
        steps, inner = _steps(raw.steps)
        ratings = raw.ratings if raw.ratings is not None else inner
        first_error, checked, reason = _labels(raw.label, ratings, len(steps))
        return Solution(
            row=number,
            id=name,
            domain=_domain(domain or value.get("domain")),
            problem=_first_text(value, _PROBLEM),
            steps=steps,
            first_error=first_error,
            ratings=checked,
            tests=_tests(value.get("tests")),
            reason=reason,
        )
    except BadRow as error:
        return Solution(number, name, reason=error.reason)


def detect(row: Row) -> str:
    """The format a row looks like."""
    text, label, steps = row.get("input"), row.get("label"), row.get("steps")
    if isinstance(text, str) and isinstance(label, str) and SHEPHERD_MARK in text:
        return "math-shepherd"
    if "mistake_index" in row and "steps" in row:
        return "bigbench-mistake"
    if isinstance(label, dict) or (isinstance(steps, list) and steps and isinstance(steps[0], dict)):
        return "prm800k"
    return "processbench" if isinstance(steps, list) and "label" in row else "rows"


def _prm800k(row: Row) -> RawSolution:
    """Steps with ratings; a number in ``label`` beside them is a first error."""
    raw, label = prm800k(row, _PRM800K).solutions[0], row.get("label")
    return RawSolution(raw.steps, raw.ratings, label if raw.label is None and isinstance(label, int) else raw.label)


def _processbench(row: Row) -> RawSolution:
    """A list in ``label`` is one rating per step."""
    label = row.get("label")
    return RawSolution(row.get("steps"), *((label, None) if isinstance(label, list) else (None, label)))


def _bigbench(row: Row) -> RawSolution:
    """A ``mistake_index`` that is there and null means that there is no mistake."""
    mistake = row.get("mistake_index", "missing")
    return RawSolution(row.get("steps"), None, -1 if mistake is None else None if mistake == "missing" else mistake)


def _shepherd(row: Row) -> RawSolution:
    """Math-Shepherd (arXiv 2312.08935): ``input`` ends each step with the mark, ``label`` is the same text with + or -
    in its place. What stands before ``Step 1:`` is the problem."""
    text, label = row.get("input"), row.get("label")
    if not isinstance(text, str) or SHEPHERD_MARK not in text:
        raise BadRow("no_steps", f"the input is {kind_of(text)} without the mark {SHEPHERD_MARK}")
    parts = text.split(SHEPHERD_MARK)
    signs, at = [], 0
    for part in parts[:-1]:
        at += len(part)
        signs.append(label[at : at + 1] if isinstance(label, str) else "")
        at += 1
    before, mark, first = parts[0].partition("Step 1:")
    steps = [(mark + first if mark else before).strip(), *(part.strip() for part in parts[1:-1])]
    if parts[-1].strip():
        steps.append(parts[-1].strip())  # nobody rated it
    known = all(sign in ("+", "-") for sign in signs)
    return RawSolution(steps, [{"+": 1, "-": -1}[sign] for sign in signs] if known else None)


def _rows(row: Row) -> RawSolution:
    """Also TRL's ``completions`` with boolean ``labels``, which is what our own PRM shards hold."""
    steps = next((row[name] for name in ("steps", "completions") if isinstance(row.get(name), list)), None)
    if steps is None:
        steps = list(split_steps(_first_text(row, _TEXT)))
    ratings = next((row[name] for name in ("ratings", "labels") if isinstance(row.get(name), list)), None)
    return RawSolution(steps, ratings, next((row[name] for name in _LABEL if row.get(name) is not None), None))


FORMATS: Mapping[str, Callable[[Row], RawSolution]] = {
    "processbench": _processbench,
    "prm800k": _prm800k,
    "math-shepherd": _shepherd,
    "bigbench-mistake": _bigbench,
    "rows": _rows,
}


def _steps(raw: Any) -> tuple[tuple[str, ...], list[Any] | None]:
    """The texts, and the ratings that stand beside them in objects, or None."""
    if not isinstance(raw, list):
        raise BadRow("no_steps" if raw is None else "wrong_type", f"the steps are {kind_of(raw)}, not a list")
    if not raw:
        raise BadRow("no_steps", "there is no step")
    if len(raw) > MAX_STEPS:
        raise BadRow("too_many_steps", f"{len(raw)} steps; {MAX_STEPS} is the limit")
    texts = tuple(_text(item) for item in raw)
    rated = any(isinstance(item, dict) and item.get("rating") is not None for item in raw)
    ratings = [item.get("rating") if isinstance(item, dict) else None for item in raw] if rated else None
    return texts, ratings


def _text(item: Any) -> str:
    text = item.get("text") if isinstance(item, dict) else item
    if not isinstance(text, str):
        raise BadRow("wrong_type", f"a step is {kind_of(text)}, not text")
    return printable(text)


def _labels(label: Any, ratings: Any, count: int) -> tuple[int | None, tuple[int | None, ...], str | None]:
    """First error, ratings, and why one of them is not used. A label wins over ratings; of these the first -1 counts."""
    checked = _ratings(ratings, count)
    if checked is None:
        return None, (), "bad_ratings"
    if label is not None:
        if isinstance(label, bool) or not isinstance(label, int | float) or label != label // 1:
            return None, checked, "wrong_type"
        return (int(label), checked, None) if -1 <= label < count else (None, checked, "label_out_of_range")
    if -1 in checked:
        return checked.index(-1), checked, None
    return (-1 if checked and None not in checked else None), checked, None


def _ratings(ratings: Any, count: int) -> tuple[int | None, ...] | None:
    """One per step, the missing last ones None; empty where there are none; None where they make no sense."""
    if ratings is None:
        return ()
    values = [(1 if item else -1) if isinstance(item, bool) else item for item in ratings]
    if len(values) > count or any(value not in (None, -1, 0, 1) for value in values):
        return None
    return (*(None if value is None else int(value) for value in values), *[None] * (count - len(values)))


def _domain(value: Any) -> Domain:
    if value is None:
        return "math"
    if value not in DOMAINS:
        raise BadRow("bad_domain", f"domain {value!r} is none of {', '.join(DOMAINS)}")
    if value == "lean":
        raise BadRow("no_judge", "no judge reads Lean steps yet")
    return cast(Domain, value)


def _tests(raw: Any) -> tuple[str, ...]:
    listed = raw if isinstance(raw, list) else [raw]
    return tuple(printable(test) for test in listed if isinstance(test, str))


def _first_text(row: Row, names: Sequence[str]) -> str:
    for name in names:
        value = row.get(name)
        if isinstance(value, dict):  # PRM800K's question
            value = value.get("problem")
        if isinstance(value, str):
            return printable(value)
    return ""


def _name(value: Any, number: int) -> str:
    own = [value.get(name) for name in _ID] if isinstance(value, dict) else []
    return next((printable(str(name))[:200] for name in own if isinstance(name, str | int)), str(number))


def printable(text: str) -> str:
    """The text with a ``?`` for each lone surrogate, which neither UTF-8 nor Arrow can hold; as long as before."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


# ---------------------------------------------------------------------------------------------- files


def read_values(path: Path) -> Iterator[Any]:
    """Decoded rows in order; a ``BadRow`` in place of one that could not be decoded. ``BadInput`` as above."""
    try:
        with open_bytes(path) as stream:
            head = stream.read(4)
            if head != b"PAR1":
                stream.seek(0)
                yield from _json_values(path, stream)
                return
        yield from (found.value for found in read_file(path, set(column_names(path) or ())))
    except (OSError, EOFError, zlib.error) as error:
        raise BadInput(f"{path} cannot be read: {error}. Fetch or write the file again.") from error


def count_rows(path: Path) -> int:
    """How many rows the file has, without decoding them: of a JSON array, its lines. ``BadInput`` as above."""
    try:
        with open_bytes(path) as stream:
            if stream.read(4) == b"PAR1":
                return int(pq.read_metadata(path).num_rows)
            stream.seek(0)
            count, last = 0, b"\n"
            while block := stream.read(1 << 20):
                count, last = count + block.count(b"\n"), block[-1:]
            return count + (last != b"\n")
    except (OSError, EOFError, zlib.error, pa.ArrowException) as error:
        raise BadInput(f"{path} cannot be read: {error}. Fetch or write the file again.") from error


def open_bytes(path: Path) -> BinaryIO:
    """The file's bytes, unpacked where its name ends in ``.gz``. Raises ``OSError``."""
    return cast(BinaryIO, gzip.open(path, "rb")) if path.suffix == ".gz" else path.open("rb")


def _json_values(path: Path, stream: BinaryIO) -> Iterator[Any]:
    if ".json" in path.suffixes:
        data = stream.read(MAX_ARRAY_BYTES + 1)
        whole = _whole(path, data)
        if whole is not None:
            yield from whole
            return
        stream.seek(0)
    yield from (found.value for found in read_lines(path.name, stream))


def _whole(path: Path, data: bytes) -> list[Any] | None:
    """The rows of a file that is one JSON value; None where it is JSONL after all, one line of which may be bad."""
    is_array = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"["
    if is_array and len(data) > MAX_ARRAY_BYTES:
        raise BadInput(f"{path} is one JSON array of over {MAX_ARRAY_BYTES >> 20} MiB. Write it as JSONL.")
    try:
        value = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        if is_array:
            raise BadInput(f"{path} begins like a JSON array but is not one: {error}.") from error
        return None
    return value if isinstance(value, list) else [value]
