"""``factory verify``: anyone's solutions judged, first errors and figures out, and one Parquet row per input line.

First every chunk of rows is judged, in any order, into a journal; then rows and journal are read again together, in
order. So what comes out does not depend on who judged when, and a killed run goes on where its journal ends.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

import verifiers
from factory.journal import Grown, Journal
from factory.scores import Judged, Tally
from factory.shards import commit_file, disk_errors
from factory.solutions import Solution, count_rows, printable, read_solutions
from pipelines.judging import CHUNK_ROWS, chunked, decode, judge_locally
from schemas import BadInput, RunConflict, canonical_json, content_id
from schemas.records import Domain
from verifiers import PanelConfig

RAY_ROWS = 20_000  # from so many rows on a cluster is worth its start, unless told otherwise
GROUP_ROWS = 1_024  # rows of a Parquet row group
JUDGE_PACKAGES = ("sympy", "math-verify", "latex2sympy2_extended", "lark")

_VERDICT = pa.struct(
    [
        ("step", pa.int32()),
        ("judge", pa.string()),
        ("verdict", pa.string()),
        ("claim", pa.string()),
        ("evidence", pa.string()),
    ]
)
OUTPUT = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        pa.field("id", pa.string(), nullable=False),
        pa.field("first_error", pa.int32()),
        pa.field("verdicts", pa.list_(_VERDICT), nullable=False),
        pa.field("reason", pa.string()),
    ]
)

Progress = Callable[[int, int], None]  # rows done, rows in all


@dataclass(frozen=True, slots=True)
class VerifySpec:
    """What to judge and how. All but ``local`` and ``panel.workers`` decides what comes out."""

    files: tuple[Path, ...]
    form: str = "auto"
    domain: Domain | None = None  # of every row; None: its own, else maths
    limit: int | None = None  # rows
    panel: PanelConfig = field(default_factory=PanelConfig)
    local: bool | None = None  # False: Ray; None: Ray for a cluster's address or ``RAY_ROWS`` rows


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found. ``shown``: the first solutions with an error, in order; ``resumed``: rows judged before."""

    tally: Tally
    shown: tuple[Judged, ...]
    reasons: Counter[str]  # of rows that were not judged or whose label is not used
    resumed: int


def verify(spec: VerifySpec, out: Path | None, show: int, progress: Progress) -> Verified:
    """Judge every row of ``spec.files``; write ``out`` unless it is None. Raises ``BadInput`` for a file that cannot be
    read, ``RunConflict`` where ``out`` is being made from something else, ``DiskFull`` and ``JudgeBroken``. A run that
    ends early leaves a folder ``OUT.part``, from which the same command goes on."""
    identity = identify(spec)
    total = min(sum(map(count_rows, spec.files)), spec.limit or 1 << 62)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(work_folder(out))
        journal = stack.enter_context(open_journal(folder, identity))
        known = journal.positions()
        resumed = min(len(known) * CHUNK_ROWS, total)
        progress(resumed, total)
        _judge_missing(spec, journal, known, total, progress)
        tally, shown, reasons = Tally(), list[Judged](), Counter[str]()
        rows = _tallied(_read_back(spec, journal), tally, shown, reasons, show)
        if out is None:
            for _ in rows:
                pass
        else:
            with disk_errors(folder):
                _write(rows, folder / "verdicts.parquet")
                commit_file(folder / "verdicts.parquet", out)
    if out is not None:
        shutil.rmtree(folder)
    return Verified(tally, tuple(shown), reasons, resumed)


def identify(spec: VerifySpec) -> dict[str, Any]:
    """All that decides the verdicts: the files' and the judges' content, and the settings. Raises ``BadInput``."""
    panel = asdict(spec.panel)
    del panel["workers"]
    return {
        "files": [digest(path) for path in spec.files],
        "format": spec.form,
        "domain": spec.domain,
        "limit": spec.limit,
        "panel": panel,
        "judges": judges_id(),
        "chunk_rows": CHUNK_ROWS,
    }


def judges_id() -> str:
    """Names the judges by their source and the libraries they ask, so that verdicts of two versions are never mixed."""
    return content_id(code_of(verifiers), {name: version(name) for name in JUDGE_PACKAGES})


def code_of(*packages: ModuleType) -> dict[str, str]:
    """The SHA-256 of every file of code of these packages, Lean and JavaScript among it, by its name."""
    return {
        f"{package.__name__}/{path.relative_to(home)}": digest(path)
        for package in packages
        for home in [Path(str(package.__file__)).parent]
        for path in sorted(home.rglob("*"))
        if path.suffix in (".py", ".lean", ".js")
    }


def digest(path: Path) -> str:
    """The SHA-256 of a file's content, in hex. Raises ``BadInput``."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}. Give a JSONL, JSON or Parquet file.") from error


# ---------------------------------------------------------------------------------------------- judging


def _solutions(spec: VerifySpec) -> Iterable[Solution]:
    return islice(read_solutions(spec.files, spec.form, spec.domain), spec.limit)


def _judge_missing(spec: VerifySpec, journal: "Journal", known: set[int], total: int, progress: Progress) -> None:
    done = len(known)

    def keep(number: int, payload: bytes) -> None:
        nonlocal done
        done += journal.add(Grown(number, "verdicts", payload))
        progress(min(done * CHUNK_ROWS, total), total)

    missing = (chunk for chunk in chunked(_solutions(spec)) if chunk[0] not in known)
    if _on_ray(spec, total - done * CHUNK_ROWS):
        from pipelines.verify_ray import judge_on_ray

        judge_on_ray(missing, spec.panel, keep)
    else:
        judge_locally(missing, spec.panel, keep)


def _on_ray(spec: VerifySpec, left: int) -> bool:
    if left <= 0:
        return False
    return bool(os.environ.get("RAY_ADDRESS")) or left >= RAY_ROWS if spec.local is None else not spec.local


def _read_back(spec: VerifySpec, journal: "Journal") -> Iterator[Judged]:
    for number, solutions in chunked(_solutions(spec)):
        kept = next(journal.between(number, number + 1), None)
        if kept is None:
            raise BadInput(f"{spec.files[0]} changed while it was judged. Run the same command again.")
        for solution, verdicts in zip(solutions, decode(kept.payload), strict=True):
            yield Judged(solution, verdicts)


def _tallied(
    judged: Iterable[Judged], tally: Tally, shown: list[Judged], reasons: Counter[str], show: int
) -> Iterator[Judged]:
    """The same rows, counted on their way."""
    for each in judged:
        tally.add(each)
        if each.invalid and len(shown) < show:
            shown.append(each)
        if each.solution.reason:
            reasons[each.solution.reason] += 1
        yield each


# ---------------------------------------------------------------------------------------------- files


def _write(rows: Iterable[Judged], path: Path) -> None:
    """One row per input row, in order. Equal rows give equal bytes."""
    left = iter(rows)
    with pq.ParquetWriter(path, OUTPUT, compression="zstd") as writer:
        while group := [output_row(judged) for judged in islice(left, GROUP_ROWS)]:
            writer.write_table(pa.Table.from_pylist(group, schema=OUTPUT))


def output_row(judged: Judged) -> dict[str, Any]:
    """The row of ``OUTPUT``."""
    verdicts = [
        {"step": i, "judge": each.judge, "verdict": each.outcome}
        | {name: text and printable(text) for name, text in (("claim", each.claim), ("evidence", each.evidence))}
        for i, step in enumerate(judged.verdicts)
        for each in step
    ]
    solution = judged.solution
    row = {"row": solution.row, "id": solution.id, "first_error": judged.first_error}
    return {**row, "verdicts": verdicts, "reason": solution.reason}


@contextlib.contextmanager
def work_folder(out: Path | None) -> Iterator[Path]:
    """``OUT.part``, which stays where the work ends early, locked; or one that never stays."""
    if out is None:
        with tempfile.TemporaryDirectory(prefix="verify-") as passing:
            yield Path(passing)
        return
    if out.is_dir():
        raise BadInput(f"--out {out} is a folder: give the name of the Parquet file to write.")
    with part_folder(out) as folder:
        yield folder


@contextlib.contextmanager
def part_folder(out: Path) -> Iterator[Path]:
    """``OUT.part``, which stays, locked. Raises ``RunConflict`` where another process holds it, ``DiskFull``."""
    folder = out.with_name(f"{out.name}.part")
    with disk_errors(out.parent):
        folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RunConflict(
                f"{out} is being made by another process. Wait for it, or choose another --out."
            ) from error
        yield folder


@contextlib.contextmanager
def open_journal(folder: Path, identity: dict[str, Any]) -> Iterator[Journal]:
    """The folder's journal, new or this very work's. Raises ``RunConflict`` for another's."""
    note = folder / "identity.json"
    wanted = json.loads(canonical_json(identity))
    if note.exists():
        found = _read_note(note)
        if found != wanted:
            changed = [key for key in wanted if not isinstance(found, dict) or found.get(key) != wanted[key]]
            raise RunConflict(
                f"{folder} holds the unfinished work of another command: {', '.join(changed)} changed. Finish that "
                "one with its own files and settings, or delete the folder, or choose another --out."
            )
    else:
        with disk_errors(folder):
            temporary = folder / "identity.writing"
            temporary.write_text(json.dumps(wanted), encoding="utf-8")
            commit_file(temporary, note)
    try:
        journal = Journal(folder / "journal.sqlite")
    except sqlite3.DatabaseError as error:
        raise RunConflict(f"{folder}/journal.sqlite is damaged ({error}): delete {folder} and start again.") from error
    with contextlib.closing(journal):
        yield journal


def _read_note(note: Path) -> Any:
    try:
        return json.loads(note.read_text(encoding="utf-8"))
    except ValueError:
        return None
