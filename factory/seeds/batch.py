"""Rows in, seeds and rejects out, in source order, every row accounted for."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from factory.seeds.clean import build_problem, build_seed, normalise
from factory.seeds.files import Found
from factory.seeds.importers import FORMATS, Format
from factory.seeds.raw import BadRow, Columns, RawRow
from factory.seeds.sources import Source, open_source
from factory.seeds.spec import SeedSpec
from schemas import Problem, Reject, Seed, content_id

RAW_BYTES = 64 << 10  # of a reject's row


@dataclass(frozen=True, slots=True)
class SeedRow:
    """What became of one row. It is kept where at least one of its solutions is a seed; then ``rejects`` holds the
    solutions of it that are not. Else it is rejected, and ``rejects`` says why, once per solution or once for the row."""

    key: str
    seeds: tuple[Seed, ...]
    rejects: tuple[Reject, ...]


@dataclass(frozen=True, slots=True)
class SeedBatch:
    """All of a source, in its order. ``read == kept + rejected``, counted in rows: a row that yields two seeds is one
    kept row. A kept row may still have lost a solution: ``rejects`` can be longer than ``rejected``."""

    seeds: tuple[Seed, ...]
    rejects: tuple[Reject, ...]
    read: int
    kept: int
    rejected: int


def read_seeds(spec: SeedSpec) -> SeedBatch:
    """All seeds and rejects, up to ``spec.limit`` seeds. ``BadInput`` where the source as a whole cannot be used."""
    seeds: list[Seed] = []
    rejects: list[Reject] = []
    read = kept = rejected = 0
    for row in iter_seeds(spec):
        seeds += row.seeds
        rejects += row.rejects
        read += 1
        kept += bool(row.seeds)
        rejected += not row.seeds and bool(row.rejects)
    if read != kept + rejected:
        raise AssertionError(f"seeds: read {read}, kept {kept}, rejected {rejected}: a row was lost")
    return SeedBatch(tuple(seeds), tuple(rejects), read, kept, rejected)


def iter_seeds(spec: SeedSpec) -> Iterator[SeedRow]:
    """The same row by row. Memory: one batch of rows, and two hashes for each seed seen so far. Stops at
    ``spec.limit`` seeds; of the last row, solutions beyond the limit are left unread."""
    form = FORMATS[spec.source]
    source = open_source(spec, form)
    reader = _Reader(spec, form, form.columns(spec), source)
    left = spec.limit
    for number, found in enumerate(source.rows, start=1):
        row = reader.row(number, found, left)
        yield row
        if left is not None:
            left -= len(row.seeds)
            if left <= 0:
                return


@dataclass
class _Reader:
    """One pass: the only state is what was seen before, as hashes."""

    spec: SeedSpec
    form: Format
    columns: Columns
    source: Source
    seeds: dict[str, int] = field(default_factory=dict)  # seed id -> row number
    texts: dict[str, str] = field(default_factory=dict)  # hash of the source's own id -> hash of its statement

    def row(self, number: int, found: Found, left: int | None) -> SeedRow:
        try:
            raw = self._parse(found)
            problem = self._problem(raw)
        except BadRow as error:
            return SeedRow(found.key, (), (_reject(found, error),))
        return self._solutions(number, found, raw, problem, left)

    def _parse(self, found: Found) -> RawRow:
        if isinstance(found.value, BadRow):
            raise found.value
        if not isinstance(found.value, dict):
            raise BadRow("not_an_object", f"the row is a {type(found.value).__name__}, not an object")
        raw = self.form.parse(found.value, self.columns)
        if not raw.solutions:
            raise BadRow("no_steps", "there is no solution")
        return raw

    def _problem(self, raw: RawRow) -> Problem:
        problem = build_problem(raw.problem, self.spec, self.source.name, self.form.licence)
        own = raw.problem.id
        if isinstance(own, str | int):
            text = content_id(normalise(problem.statement))
            if self.texts.setdefault(content_id(str(own)), text) != text:
                raise BadRow("duplicate_id", f"the id {str(own)[:200]!r} stands at an earlier row with another text")
        return problem

    def _solutions(self, number: int, found: Found, raw: RawRow, problem: Problem, left: int | None) -> SeedRow:
        seeds: list[Seed] = []
        rejects: list[Reject] = []
        for solution in raw.solutions:
            if left is not None and len(seeds) == left:
                break
            try:
                seed = build_seed(problem, solution, self.spec)
                earlier = self.seeds.setdefault(seed.id, number)
                if earlier != number or any(other.id == seed.id for other in seeds):
                    raise BadRow("duplicate", f"the same solution with the same ratings stands at row {earlier}")
                seeds.append(seed)
            except BadRow as error:
                rejects.append(_reject(found, error))
        return SeedRow(found.key, tuple(seeds), tuple(rejects))


def _reject(found: Found, error: BadRow) -> Reject:
    raw = found.raw if found.raw is not None else _as_text(found.value)
    return Reject("seeds", found.key, error.reason, error.detail, _printable(raw))


def _as_text(value: Any) -> str:
    if isinstance(value, BadRow):
        return ""
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except (ValueError, TypeError, RecursionError):
        return f"<a {type(value).__name__} that JSON cannot hold>"


def _printable(text: str) -> str:
    """At most 64 KiB of UTF-8 that Arrow and a terminal can hold."""
    data = text[:RAW_BYTES].encode("utf-8", "backslashreplace")[:RAW_BYTES]
    return data.decode("utf-8", "ignore").replace("\0", "\\u0000")
