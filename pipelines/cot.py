"""``factory cot``: proofs in, chains of thought out, each checked again by Lean from its own text."""

import asyncio
import contextlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import count, islice
from pathlib import Path
from typing import IO, Any

import pyarrow.parquet as pq

import factory.formal
import verifiers.lean
from factory.formal.benchmark4 import read_benchmark4
from factory.formal.check import Check, verify_cots
from factory.formal.cot import CotSolution, cot
from factory.formal.rewrite import rewrite
from factory.formal.seeds import cot_row, sft_row
from factory.formal.traced import NoProof, TracedProof, from_verdict
from factory.journal import Grown, Journal
from factory.policy import Policy
from factory.seeds.files import read_file
from factory.shards import commit_file, disk_errors
from factory.solutions import read_values
from pipelines.lean_rows import LeanRow, read_row
from pipelines.verify import code_of, digest, open_journal, part_folder
from schemas import BadInput, LeanVerdict, Reject, SFTRow, arrow_schema, content_id, from_bytes, to_bytes, to_table
from verifiers.lean import LeanConfig, LeanPool, file_request, proof_request

CHUNK = 32  # rows judged and kept at once
RAW_CHARS = 64 << 10

Progress = Callable[[int], None]  # rows read so far


@dataclass(frozen=True, slots=True)
class CotSpec:
    """What to read and how. ``corpus``: statements of LeanDojo Benchmark 4; None looks beside the file."""

    file: Path
    corpus: Path | None = None
    limit: int | None = None  # rows
    config: LeanConfig = field(default_factory=LeanConfig)
    reword: str | None = None  # names the policy that rewords and its settings, where there is one


@dataclass(frozen=True, slots=True)
class CotChunk:
    """What became of ``CHUNK`` rows, in order."""

    cots: tuple[CotSolution, ...]
    rejects: tuple[Reject, ...]


def make_cots(
    spec: CotSpec, folder: Path, progress: Progress, policy: Policy | None = None, pool: LeanPool | None = None
) -> Counter[str]:
    """Write ``cot.jsonl``, ``cot.parquet``, ``sft.parquet`` (what Lean accepted again) and ``rejects.jsonl`` into ``folder``,
    and count: rows = cots + rejected, and resumed among them; verified, refused, unchecked of the cots; steps, and reworded
    among them; and rejects by reason ("not_accepted", "no_tactics", ...). ``policy`` rewords the steps and is closed. A text
    that comes back byte for byte has the verdict it had: the pool remembers it, and asks Lean for any other. ``pool``: one
    at hand, which stays open; None: one of the settings' own. What ends early leaves a folder ``FOLDER.part``, from which
    the same call goes on. Raises ``BadInput``, ``RunConflict``, ``JudgeBroken``, ``PolicyBroken`` and ``DiskFull``."""
    with contextlib.ExitStack() as stack:
        runner = stack.enter_context(asyncio.Runner())
        if policy is not None:
            stack.callback(lambda: runner.run(policy.close()))
        if not spec.file.is_file():
            raise BadInput(f"{spec.file} is not a file. Give Lean rows or LeanDojo Benchmark 4.")
        if folder.exists() and not folder.is_dir():
            raise BadInput(f"--out {folder} is a file: give the name of a folder.")
        part = stack.enter_context(part_folder(folder))
        journal = stack.enter_context(open_journal(part, identify(spec)))
        known = journal.positions()
        with contextlib.nullcontext(pool) if pool else LeanPool(spec.config) as lean:
            _tell_missing(spec, journal, known, _Checker(lean, policy, runner), progress)
        counts: Counter[str] = Counter()
        with disk_errors(part), _Writer(part) as writer:
            for number, chunk in enumerate(_chunks(journal)):
                writer.write(chunk)
                _count(counts, chunk)
                counts["resumed"] += (len(chunk.cots) + len(chunk.rejects)) * (number in known)
        with disk_errors(folder.parent):
            folder.mkdir(exist_ok=True)
            for name in _Writer.NAMES:
                commit_file(part / name, folder / name)
    shutil.rmtree(part)
    return counts


def identify(spec: CotSpec) -> dict[str, Any]:
    """All that decides what is written: the rows, what tells and judges them, and the policy. Raises ``BadInput``."""
    return {
        "files": [digest(path) for path in (spec.file, spec.corpus) if path is not None],
        "limit": spec.limit,
        "lean": {**asdict(spec.config), "processes": 0, "project": str(spec.config.project)},
        "reword": spec.reword,
        "judge": content_id(code_of(factory.formal, verifiers.lean)),
        "chunk_rows": CHUNK,
    }


def _tell_missing(spec: CotSpec, journal: Journal, known: set[int], checker: "_Checker", progress: Progress) -> None:
    rows = islice(_rows(spec), spec.limit)
    done = 0
    for number in count():
        if not (chunk := list(islice(rows, CHUNK))):
            return
        if number not in known:
            told = [_told(each) for each in _proofs(spec, checker.pool, chunk)]
            cots = checker.check([each for each in told if isinstance(each, CotSolution)])
            rejects = tuple(each for each in told if isinstance(each, Reject))
            journal.add(Grown(number, "cots", to_bytes(CotChunk(tuple(cots), rejects))))
        done += len(chunk)
        progress(done)


def _chunks(journal: Journal) -> Iterator[CotChunk]:
    for kept in journal.between(0, 1 << 62):
        yield from_bytes(kept.payload, CotChunk)


def _told(found: TracedProof | Reject) -> CotSolution | Reject:
    if isinstance(found, Reject):
        return found
    try:
        return cot(found)
    except NoProof as error:
        return Reject("cot", found.name, error.reason, error.detail, found.text[:RAW_CHARS])


@dataclass(frozen=True, slots=True)
class _Checker:
    """Lean, and the policy that says steps anew; one event loop for all of a policy's calls."""

    pool: LeanPool
    policy: Policy | None
    runner: asyncio.Runner

    def check(self, made: list[CotSolution]) -> list[CotSolution]:
        """The same chains of thought, reworded where there is a policy, and checked again."""
        if self.policy is None:
            return verify_cots(made, self._judge)
        return self.runner.run(rewrite(made, self.policy, self._judge))

    def _judge(self, checks: Sequence[Check]) -> list[LeanVerdict]:
        return self.pool.judge(
            file_request(each.code) if each.challenge is None else proof_request(each.challenge, each.code)
            for each in checks
        )


def _count(counts: Counter[str], chunk: CotChunk) -> None:
    cots, rejects = chunk.cots, chunk.rejects
    counts["rows"] += len(cots) + len(rejects)
    counts["cots"] += len(cots)
    counts["rejected"] += len(rejects)
    counts.update({True: "verified", False: "refused", None: "unchecked"}[each.verified] for each in cots)
    counts["steps"] += sum(len(each.steps) for each in cots)
    counts["reworded"] += sum(step.words == "model" for each in cots for step in each.steps)
    counts.update(f"rejected:{each.reason}" for each in rejects)


# ---------------------------------------------------------------------------------------------- reading


def _rows(spec: CotSpec) -> Iterator[Any]:
    """The file's rows: of the benchmark as they are traced there, of any other as they stand, numbered."""
    return read_benchmark4(spec.file, spec.corpus) if is_benchmark4(spec.file) else enumerate(read_values(spec.file))


def _proofs(spec: CotSpec, pool: LeanPool, chunk: list[Any]) -> Iterator[TracedProof | Reject]:
    """Traced proofs of some ``_rows``, by Lean where they are not traced yet."""
    if not isinstance(chunk[0], tuple):
        yield from chunk
        return
    rows = [(read_row(number, value), value) for number, value in chunk]
    verdicts = iter(pool.judge(row.request for row, _ in rows if row.request is not None))
    for row, value in rows:
        verdict = next(verdicts) if row.request is not None else None
        yield _traced(spec.file.name, row, verdict, value)


def is_benchmark4(path: Path) -> bool:
    """Whether the first row of a JSON file is a traced theorem."""
    if path.suffix not in (".json", ".jsonl", ".ndjson"):
        return False
    first = next(read_file(path, set()), None)
    return first is not None and isinstance(first.value, dict) and "traced_tactics" in first.value


def _traced(name: str, row: LeanRow, verdict: LeanVerdict | None, value: Any) -> TracedProof | Reject:
    try:
        if row.request is None or verdict is None:
            raise NoProof(row.reason or "unread", "the row holds neither code nor challenge and solution")
        asked = row.request
        text, challenge = (asked.code, None) if asked.op == "file" else (asked.solution, asked.challenge)
        return from_verdict(text, verdict, challenge, row.id, name)
    except NoProof as error:
        raw = json.dumps(value, default=str)[:RAW_CHARS]
        return Reject("cot", f"{name}:{row.row + 1}", error.reason, error.detail, raw)


# ---------------------------------------------------------------------------------------------- writing


class _Writer:
    """The four files of an output folder, chunk by chunk."""

    NAMES = ("cot.jsonl", "cot.parquet", "sft.parquet", "rejects.jsonl")

    def __init__(self, folder: Path) -> None:
        self._cots = (folder / "cot.jsonl").open("w", encoding="utf-8")
        self._rejects = (folder / "rejects.jsonl").open("w", encoding="utf-8")
        self._table = pq.ParquetWriter(folder / "cot.parquet", arrow_schema(CotSolution), compression="zstd")
        self._sft = pq.ParquetWriter(folder / "sft.parquet", arrow_schema(SFTRow), compression="zstd")

    def write(self, chunk: CotChunk) -> None:
        """Rows of one chunk; of those that Lean accepted also a training row."""
        _lines(self._cots, (output_row(each) for each in chunk.cots))
        _lines(self._rejects, map(asdict, chunk.rejects))
        self._table.write_table(to_table(chunk.cots, CotSolution))
        self._sft.write_table(to_table([sft_row(each) for each in chunk.cots if each.verified], SFTRow))

    def __enter__(self) -> "_Writer":
        return self

    def __exit__(self, *error: object) -> None:
        for opened in (self._cots, self._rejects, self._table, self._sft):
            opened.close()


def output_row(solution: CotSolution) -> dict[str, Any]:
    """A line of ``cot.jsonl``: a row for ``seeds.source = "rows"``, and what Lean said of it."""
    row = {"name": solution.name, **cot_row(solution), "place": solution.place}
    return row | {"whole": solution.whole, "verified": solution.verified, "reason": solution.reason}


def _lines(file: IO[str], rows: Iterable[dict[str, Any]]) -> None:
    file.writelines(json.dumps(row) + "\n" for row in rows)
