"""What the importers turn a row into: the same shape for every format, nothing checked yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]


class BadRow(Exception):
    """A row, or one of its solutions, that cannot be used: caught in ``batch`` and written down as a ``Reject``."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class RawSolution:
    """One solution. ``steps``: a list of texts or of ``{"text", "rating", "action", "alternatives"}``; ``ratings``: a
    list beside it; ``label``: the first wrong step, -1 for none, ``None`` for not said."""

    steps: Any
    ratings: Any = None
    label: Any = None


@dataclass(frozen=True, slots=True)
class RawProblem:
    """The problem's fields as the row has them, of any type."""

    statement: Any
    answer: Any = None
    tests: Any = None
    formal: Any = None
    id: Any = None  # the source's own
    domain: Any = None
    source: Any = None
    licence: Any = None


@dataclass(frozen=True, slots=True)
class RawRow:
    """A problem with its solutions."""

    problem: RawProblem
    solutions: tuple[RawSolution, ...]


@dataclass(frozen=True, slots=True)
class Columns:
    """Where our fields stand in this file's rows, what lies between two steps of a one-text solution, and the domain of
    every row where the recipe says it."""

    names: Mapping[str, str]
    separator: str
    domain: str | None = None

    def get(self, row: Row, name: str) -> Any:
        """The row's value for our field ``name``, ``None`` where the row has none."""
        return row.get(self.names[name])

    def problem(self, row: Row, **known: Any) -> RawProblem:
        """The row's problem, with ``known`` fields instead of the row's."""
        fields = ("answer", "tests", "formal", "id", "domain", "source", "licence")
        values = {name: self.get(row, name) for name in fields} | {"statement": self.get(row, "problem")}
        return RawProblem(**(values | known))


def kind_of(value: Any) -> str:
    """What a value is, for a message."""
    return "missing" if value is None else f"a {type(value).__name__}"
