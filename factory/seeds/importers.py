"""The formats. An importer reshapes one row and checks nothing but what it must look into; ``clean`` judges the rest."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from factory.seeds.benchmark4 import benchmark4
from factory.seeds.prm800k import prm800k
from factory.seeds.raw import BadRow, Columns, RawRow, RawSolution, Row, kind_of
from factory.seeds.spec import FIELDS, SeedSpec
from factory.steps import split_steps

CALCULATION = re.compile(r"<<[^<>]*>>")


def gsm8k(row: Row, columns: Columns) -> RawRow:
    """GSM8K: steps are lines without their ``<<48/2=24>>`` notes, the last one says ``The answer is N.``; N, as it stands
    behind ``####``, is the reference answer. Without ``####`` there is neither. Source: Cobbe et al., arXiv 2110.14168."""
    text = columns.get(row, "solution")
    if not isinstance(text, str):
        raise BadRow("wrong_type", f"the answer is {kind_of(text)}, not text")
    body, mark, answer = text.rpartition("####")
    body, answer = (body, answer.strip()) if mark else (text, "")
    steps = [line for line in CALCULATION.sub("", body).split("\n") if line.strip()]
    if answer and steps:
        steps.append(f"The answer is {answer}.")
    return RawRow(columns.problem(row, answer=answer or None), (RawSolution(steps),))


def processbench(row: Row, columns: Columns) -> RawRow:
    """ProcessBench (arXiv 2412.06559): ``label`` is the first wrong step, or -1. It becomes ratings: +1 before it, -1 on
    it, none behind it (nobody looked there)."""
    steps, label = columns.get(row, "steps"), columns.get(row, "label")
    if type(label) is not int:
        raise BadRow("wrong_type", f"the label is {kind_of(label)}, not a step number or -1")
    ratings = None
    if isinstance(steps, list) and -1 <= label < len(steps):
        right = len(steps) if label == -1 else label
        ratings = [1] * right + [-1] * (label != -1)
    return RawRow(columns.problem(row), (RawSolution(steps, ratings, label),))


def rows(row: Row, columns: Columns) -> RawRow:
    """Any table. One solution in ``steps`` (a list) or ``solution`` (one text, cut at the separator); several where one
    of these is a list of solutions, or ``solutions`` is. With several, ``ratings`` and ``label`` are lists of theirs."""
    steps, solution, several = (columns.get(row, name) for name in ("steps", "solution", "solutions"))
    ratings, label = columns.get(row, "ratings"), columns.get(row, "label")
    problem = columns.problem(row)
    if _filled(several):
        found = _several(several, ratings, label)
    elif _filled(steps):
        nested = isinstance(steps, list) and isinstance(steps[0], list)
        found = _several(steps, ratings, label) if nested else [RawSolution(steps, ratings, label)]
    elif isinstance(solution, list):
        found = _several(solution, ratings, label)
    else:
        found = [RawSolution(solution, ratings, label)]
    domain = "lean" if (columns.domain or problem.domain) == "lean" else "math"
    return RawRow(problem, tuple(_cut(item, columns.separator, domain) for item in found))


def _several(items: Any, ratings: Any, label: Any) -> list[RawSolution]:
    if not isinstance(items, list):
        raise BadRow("wrong_type", f"the solutions are {kind_of(items)}, not a list")
    found = []
    for index, item in enumerate(items):
        parts = item if isinstance(item, dict) else {"steps": item}
        own_ratings, own_label = parts.get("ratings", _nth(ratings, index)), parts.get("label", _nth(label, index))
        found.append(RawSolution(parts.get("steps", parts.get("text")), own_ratings, own_label))
    return found


def _cut(solution: RawSolution, separator: str, domain: str) -> RawSolution:
    if not isinstance(solution.steps, str):
        return solution
    if separator == "\n":
        steps = list(split_steps(solution.steps, domain))  # a fenced code block is one step, or a whole tactic
    else:
        steps = [step for step in solution.steps.split(separator) if step.strip()]
    return RawSolution(steps, solution.ratings, solution.label)


def _nth(values: Any, index: int) -> Any:
    return values[index] if isinstance(values, list) and index < len(values) else None


def _filled(value: Any) -> bool:
    return value is not None and value != []


@dataclass(frozen=True, slots=True)
class Format:
    """An importer, the columns it reads unless told otherwise, and groups of fields of which a file needs one each."""

    parse: Callable[[Row, Columns], RawRow]
    needs: tuple[tuple[str, ...], ...]
    defaults: Mapping[str, str] = field(default_factory=dict)
    extra: tuple[str, ...] = ()  # columns read beside the mapped ones
    licence: str | None = None

    def columns(self, spec: SeedSpec) -> Columns:
        """The column map in force: our names, the format's, the recipe's; the last wins."""
        names = {name: name for name in FIELDS} | dict(self.defaults) | spec.columns
        return Columns(names, spec.step_separator, spec.domain)


_ROWS = Format(rows, needs=(("problem",), ("steps", "solution", "solutions")))
# GSM8K's own "answer" column is a solution: our answer is taken out of it, never from the column.
_GSM8K = Format(gsm8k, (("problem",), ("solution",)), {"problem": "question", "solution": "answer"}, licence="MIT")
_PRM800K = Format(
    prm800k, (("problem", "question"), ("steps", "question")), {"label": "first_error"}, ("question", "label"), "MIT"
)
_PROCESSBENCH = Format(processbench, (("problem",), ("steps",), ("label",)), licence="Apache-2.0")
_BENCHMARK4 = Format(
    benchmark4,
    (("traced_tactics",), ("full_name",)),
    extra=("traced_tactics", "full_name", "file_path", "commit", "statement"),
    licence="MIT",
)
FORMATS: Mapping[str, Format] = {
    "bundled": _ROWS,
    "rows": _ROWS,
    "dataset": _ROWS,
    "gsm8k": _GSM8K,
    "prm800k": _PRM800K,
    "processbench": _PROCESSBENCH,
    "benchmark4": _BENCHMARK4,
}
