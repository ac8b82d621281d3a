"""What the ``[seeds]`` table of a recipe says."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import get_args

from schemas import ConfigError
from schemas.records import Domain

SOURCES = ("bundled", "gsm8k", "prm800k", "processbench", "benchmark4", "rows", "dataset")
FIELDS = (
    "problem",
    "steps",
    "solution",
    "solutions",
    "answer",
    "ratings",
    "label",
    "tests",
    "formal",
    "id",
    "domain",
    "source",
    "licence",
)
PREFIX_POLICIES = ("every", "bare", "first_error")
DOMAINS: tuple[str, ...] = get_args(Domain)


@dataclass(frozen=True, slots=True)
class SeedSpec:
    """Where the seeds come from. Raises ``ConfigError`` for a value it does not know; touches no file.

    ``source`` names the format. The rows stand in ``path`` (JSONL, Parquet, or a folder of them) or, with
    ``source = "dataset"`` or any other format but the bundled one, in ``dataset`` (a ``datasets`` name or local folder).
    """

    source: str = "bundled"
    path: str | None = None
    dataset: str | None = None
    config: str | None = None  # of the dataset
    split: str = "train"
    columns: dict[str, str] = field(default_factory=dict)  # our field -> their column
    prefixes: str | tuple[int, ...] = "every"  # or lengths in steps
    limit: int | None = None  # seeds, not rows; reading stops there
    domain: str | None = None  # of every row; None: the row's own, else "math"
    licence: str | None = None  # of every row; None: the row's own, else the format's
    step_separator: str = "\n"  # between the steps of a solution that is one text

    def __post_init__(self) -> None:
        _one_of("source", self.source, SOURCES)
        for name in self.columns:
            _one_of("columns", name, FIELDS)
        if self.domain is not None:
            _one_of("domain", self.domain, DOMAINS)
        if isinstance(self.prefixes, str):
            _one_of("prefixes", self.prefixes, PREFIX_POLICIES)
        elif not self.prefixes or any(length < 0 for length in self.prefixes):
            raise ConfigError(f"seeds.prefixes = {list(self.prefixes)}: give one or more lengths, each 0 or more.")
        if self.limit is not None and self.limit < 1:
            raise ConfigError(f"seeds.limit = {self.limit}: give 1 or more, or leave it out to read everything.")
        if not self.step_separator:
            raise ConfigError('seeds.step_separator is empty: give the text between two steps, such as "\\n".')


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`` (did you mean "x"?)`` where a known word is close, else the empty text."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f' (did you mean "{close[0]}"?)' if close else ""


def _one_of(key: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ConfigError(f'seeds.{key}: "{value}" is not known{did_you_mean(value, known)}. Use: {", ".join(known)}.')
