"""Rows for the Lean judge: a whole file in ``code``, or a proof in ``solution`` of the statement in ``challenge``."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

from factory.seeds.raw import BadRow
from factory.solutions import read_solution, read_values
from verifiers.lean import LeanRequest, file_request, proof_request

LOOKED_AT = 20  # rows of the first file, to tell whether it holds Lean
_OTHERS = frozenset(  # columns of other kinds of rows
    "steps problem question prompt input text response answer completions label first_error tests test_list".split()
)
_COMMAND = re.compile(r"^\s*(?:theorem|lemma|example|inductive|structure|instance|#check|#eval|#print)\b", re.MULTILINE)
_GIVEN = ("accepted", "expected")


@dataclass(frozen=True, slots=True)
class LeanRow:
    """One row. Without a ``request`` it cannot be judged, and ``reason`` says why."""

    row: int  # 0-based, counted over all files
    id: str  # the row's own, else its number
    request: LeanRequest | None
    given: bool | None  # what the row says of itself in ``accepted`` or ``expected``
    reason: str | None


def holds_lean(path: Path) -> bool:
    """Whether every one of a file's first rows has the shape of a Lean row and no other, and one of them begins a line
    with a command of Lean or leaves a ``sorry`` to be filled. Raises ``BadInput`` for a file that cannot be read."""
    rows = [value for value in islice(read_values(path), LOOKED_AT) if not isinstance(value, BadRow)]
    if not rows or not all(isinstance(row, dict) and _is_lean(row) for row in rows):
        return False
    return any(_COMMAND.search(row.get("code") or "") or "sorry" in row.get("challenge", "") for row in rows)


def _is_lean(row: dict[str, Any]) -> bool:
    whole = isinstance(row.get("code"), str) and "solution" not in row
    proof = isinstance(row.get("challenge"), str) and isinstance(row.get("solution"), str)
    return (whole or proof) and not _OTHERS & row.keys() and row.get("domain") in (None, "lean")


def read_rows(paths: Iterable[Path], limit: int | None) -> Iterator[LeanRow]:
    """The rows of all files in order, exactly one for each. Raises ``BadInput`` for a file that cannot be read."""
    values = chain.from_iterable(map(read_values, paths))
    return (read_row(number, value) for number, value in enumerate(islice(values, limit)))


def read_row(number: int, value: Any) -> LeanRow:
    """One decoded row, or the ``BadRow`` that says why it could not be decoded. Raises nothing."""
    name = read_solution(number, value).id
    if isinstance(value, BadRow):
        return LeanRow(number, name, None, None, value.reason)
    if not isinstance(value, dict):
        return LeanRow(number, name, None, None, "not_an_object")
    wanted = ("challenge", "solution") if value.get("challenge") is not None else ("code",)
    given = next((value[column] for column in _GIVEN if isinstance(value.get(column), bool)), None)
    for column in wanted:
        if not isinstance(value.get(column), str):
            return LeanRow(number, name, None, given, f"no_{column}" if value.get(column) is None else "wrong_type")
    ask = file_request if wanted == ("code",) else proof_request
    return LeanRow(number, name, ask(*(value[column] for column in wanted)), given, None)
