"""``factory verify`` on the command line: what it is given, and how what it found is printed."""

import contextlib
import json
import os
import shlex
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from factory.scores import FIGURES, Judged
from factory.solutions import FORMATS
from schemas import BadInput, LeanVerdict, Verdict
from schemas.records import Domain
from verifiers import PanelConfig
from verifiers.lean import LeanConfig

if TYPE_CHECKING:
    from pipelines.lean_rows import LeanRow
    from pipelines.verify import VerifySpec
    from pipelines.verify_lean import LeanSpec

AROUND = 160  # characters of a step shown before and behind a claim
PLAIN_EVERY_S = 5.0

DEFAULT, LEAN = PanelConfig(), LeanConfig()
HELP = """Judge anyone's solutions, step by step, without a model: first errors with evidence, and figures.

FILE is JSONL, JSON or Parquet, gzipped or not, in any of these formats, told apart row by row: ProcessBench, PRM800K (flat \
or as published), Math-Shepherd, BIG-Bench-Mistake, or plain rows: steps, or one text in solution, response or answer; with \
label or first_error (0-based step, -1 for none) where known. A row that cannot be read is kept, with the reason.

Lean: rows of code (a whole file), or of challenge (a statement with sorry for its proof) and solution (which must prove that \
very statement); told by their shape, or --domain lean. Their rows of --out: row, id, accepted (null where nothing can be \
said), first_error (in steps), reason, detail, axioms, messages, steps, statement_hash, lean.

--out writes one row per input line (blank lines too), in order: row (0-based, counted over all files), id, first_error \
(0-based step, -1 none, null where the row could not be judged), verdicts (step, judge, verdict, claim, evidence), reason \
(why a row was not judged or its label is not used). A run that is stopped goes on when the same command is given again.

Figures, each with N and Wilson's 95% interval, against the given labels. A solution is wrong where its label is a step and \
correct where it is -1; it is flagged where some step got an invalid verdict.

"""
_PER_STEP = f"step and judge [default: {DEFAULT.timeout_s:g}], of Lean per row [{LEAN.timeout_s:g}]"
_PER_WORKER = f"worker [default: {DEFAULT.memory_mb}; Lean: {LEAN.memory_mb}]"
_DEFINED = "\n\n".join(f"{name}: {meaning}." for name, meaning in FIGURES.items())


def verify(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Solutions to judge.")],
    out_file: Annotated[
        Path | None,
        typer.Option("--out", help="Write a row per input line to this Parquet file (Lean: JSONL if it ends so)."),
    ] = None,
    form: Annotated[str, typer.Option("--format", help=f"auto, {', '.join(FORMATS)}.")] = "auto",
    domain: Annotated[
        str, typer.Option("--domain", help="math, code or lean, for every row (default: its own, else math).")
    ] = "",
    judges: Annotated[str, typer.Option("--judges", help="Which judges, comma between.")] = ",".join(DEFAULT.judges),
    timeout: Annotated[float | None, typer.Option("--timeout", help=f"Seconds per {_PER_STEP}.")] = None,
    memory: Annotated[int | None, typer.Option("--memory-mb", help=f"Memory of one {_PER_WORKER}.")] = None,
    workers: Annotated[int, typer.Option("--workers", help="Worker processes; 0 for one per core, of Lean one.")] = 0,
    lean_project: Annotated[
        Path | None, typer.Option("--lean-project", help="A Lake project whose Lean and libraries judge Lean rows.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", help="Judge so many rows; 0 for all.")] = 0,
    show: Annotated[int, typer.Option("--show", help="First errors printed at most.")] = 10,
    local: Annotated[
        bool | None,
        typer.Option(
            "--local/--ray",
            help="Processes of this machine, or Ray Data. Default: Ray for 20,000 rows or where RAY_ADDRESS is set.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as one JSON object.")] = False,
) -> None:
    from pipelines.lean_rows import holds_lean
    from pipelines.verify import VerifySpec
    from pipelines.verify_lean import LeanSpec

    _check(form, domain, limit)
    if domain == "lean" or (not domain and form == "auto" and all(map(holds_lean, files))):
        if form != "auto" or local is False:
            raise BadInput("Lean rows have one --format, and no --ray: processes of this machine judge them.")
        config = LeanConfig(
            project=lean_project,
            processes=workers or LEAN.processes,
            timeout_s=LEAN.timeout_s if timeout is None else timeout,
            memory_mb=LEAN.memory_mb if memory is None else memory,
        )
        _verify_lean(LeanSpec(tuple(files), limit or None, config), out_file, show, as_json)
        return
    if lean_project is not None:
        raise BadInput("--lean-project is for Lean rows, and these are not. If they are, give --domain lean too.")
    panel = PanelConfig(
        judges=tuple(name.strip() for name in judges.split(",") if name.strip()),
        timeout_s=DEFAULT.timeout_s if timeout is None else timeout,
        workers=workers or os.cpu_count() or 1,
        memory_mb=DEFAULT.memory_mb if memory is None else memory,
    )
    spec = VerifySpec(tuple(files), form, cast(Domain, domain) if domain else None, limit or None, panel, local)
    _verify_steps(spec, out_file, show, as_json)


def _verify_steps(spec: "VerifySpec", out_file: Path | None, show: int, as_json: bool) -> None:
    from pipelines.verify import verify as judge

    out, err = _consoles()
    began = time.monotonic()
    with stoppable(err, out_file), _Bar(err) as bar:
        found = judge(spec, out_file, show, bar.update)
    facts = {**found.tally.to_dict(), "reasons": dict(found.reasons), "resumed": found.resumed}
    facts |= _ending(began, out_file)
    _print_errors(err if as_json else out, found.shown)
    if as_json:
        typer.echo(json.dumps(facts))
    else:
        _print_facts(out, facts)


def _verify_lean(spec: "LeanSpec", out_file: Path | None, show: int, as_json: bool) -> None:
    from pipelines.verify_lean import verify_lean

    out, err = _consoles()
    began = time.monotonic()
    with stoppable(err, out_file), _Bar(err) as bar:
        found = verify_lean(spec, out_file, show, bar.update)
    facts = found.to_dict() | _ending(began, out_file)
    _print_refused(err if as_json else out, found.shown)
    if as_json:
        typer.echo(json.dumps(facts))
    else:
        _print_lean_facts(out, facts)


def _consoles() -> tuple[Console, Console]:
    return Console(soft_wrap=True, highlight=False), Console(stderr=True, soft_wrap=True, highlight=False)


@contextlib.contextmanager
def stoppable(err: Console, out_file: Path | None) -> Iterator[None]:
    """Ctrl-C ends the command with 130 and the way to go on."""
    try:
        yield
    except KeyboardInterrupt:
        err.print(f"\nStopped. {_go_on(out_file)}", markup=False)
        raise typer.Exit(130) from None


def _ending(began: float, out_file: Path | None) -> dict[str, Any]:
    return {"seconds": round(time.monotonic() - began, 3), "out": str(out_file) if out_file else None}


verify.__doc__ = HELP + _DEFINED


def _check(form: str, domain: str, limit: int) -> None:
    if form != "auto" and form not in FORMATS:
        raise BadInput(f"--format {form!r} is not known. Use auto, {', '.join(FORMATS)}.")
    if domain not in ("", "math", "code", "lean"):
        raise BadInput(f"--domain {domain!r} is not known. Use math, code or lean.")
    if limit < 0:
        raise BadInput("--limit must not be negative; 0 judges every row.")


def _go_on(out_file: Path | None) -> str:
    if out_file is None:
        return "Nothing is kept without --out."
    return f"What was judged is kept in {out_file}.part. To go on:\n  {shlex.join(['factory', *sys.argv[1:]])}"


class _Bar:
    """A bar on a terminal, a plain line every few seconds elsewhere, on standard error."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar: Any = None
        self._said = self._began = time.monotonic()
        self._before: int | None = None

    def __enter__(self) -> "_Bar":
        if self._console.is_terminal:
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

            columns = (BarColumn(24), MofNCompleteColumn(), "solutions", TimeRemainingColumn())
            self._bar = Progress(*columns, console=self._console, transient=True)
            self._task = self._bar.add_task("", total=None)
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def update(self, done: int, total: int) -> None:
        """``done`` of ``total`` rows are judged."""
        if self._before is None:
            self._before, self._began = done, time.monotonic()
        if self._bar is not None:
            self._bar.update(self._task, completed=done, total=total)
        elif time.monotonic() - self._said >= PLAIN_EVERY_S:
            self._said = time.monotonic()
            rate = (done - self._before) / max(self._said - self._began, 1e-9)
            self._console.print(f"{done:,}/{total:,} solutions  {rate:,.0f}/s", markup=False)


def _print_errors(console: Console, shown: tuple[Judged, ...]) -> None:
    from factory.legible import one_line

    for judged in shown:
        solution, number = judged.solution, judged.invalid[0]
        given = "" if solution.first_error is None else f" (given: {solution.first_error})"
        console.print(
            f"row {solution.row}  {one_line(solution.id, 80)}  step {number}{given}", style="bold", markup=False
        )
        for verdict in judged.verdicts[number]:
            if verdict.outcome == "invalid":
                console.print(_marked(solution.steps[number], verdict))
                console.print(f"  {verdict.judge}: {one_line(verdict.evidence or '', 400)}", style="red", markup=False)
    if shown:
        console.print()


def _marked(step: str, verdict: Verdict) -> Text:
    """The step around the claim, the claim between ``⟪`` and ``⟫``."""
    from factory.legible import one_line

    start, end = verdict.start or 0, len(step) if verdict.end is None else verdict.end
    before, behind = step[max(0, start - AROUND) : start], step[end : end + AROUND]
    line = Text("  " + ("…" if start > AROUND else ""))
    line.append(one_line(before, AROUND + 1) + " ")
    line.append(f"⟪{one_line(step[start:end], 400)}⟫", style="yellow")
    line.append(" " + one_line(behind, AROUND + 1))
    return line.append("…" if end + AROUND < len(step) else "")


def _print_facts(console: Console, facts: dict[str, Any]) -> None:
    counts = ("rows", "rejected", "steps", "correct", "wrong", "unlabelled")
    console.print("  ".join(f"{facts[name]:,} {name}" for name in counts), markup=False)
    for reason, count in facts["reasons"].items():
        console.print(f"  {count:,} rows: {reason}", markup=False)
    table = Table("figure", "", "of", "95%", box=None, header_style="bold", pad_edge=False)
    for name in FIGURES:
        if facts[name] is not None:
            low, high = facts["interval"][name]
            hits = facts["hits"][name]
            counted = f"{facts['n'][name]:,}" if hits is None else f"{hits:,}/{facts['n'][name]:,}"
            table.add_row(name, f"{facts[name]:.1%}", counted, f"{low:.1%} to {high:.1%}")
    console.print(table)
    rate = (facts["rows"] - facts["resumed"]) / max(facts["seconds"], 1e-9)
    console.print(
        f"{facts['seconds']:.1f} s, {rate:,.0f} solutions/s" + (f", in {facts['out']}" if facts["out"] else "")
    )


def _print_refused(console: Console, shown: "Sequence[tuple[LeanRow, LeanVerdict]]") -> None:
    from factory.legible import one_line

    for row, verdict in shown:
        what = "unknown" if verdict.accepted is None else "not accepted"
        step = "" if verdict.first_error is None else f"  step {verdict.first_error}"
        console.print(f"row {row.row}  {one_line(row.id, 80)}{step}  {what}", style="bold", markup=False)
        why = f"{verdict.reason}: {verdict.detail}" if verdict.detail else verdict.reason or ""
        console.print(f"  {one_line(why, 400)}", style="red", markup=False)
        for message in [each for each in verdict.messages if each.severity == "error"][:1]:
            console.print(f"  {message.line}:{message.column}: {one_line(message.text, 400)}", markup=False)
    if shown:
        console.print()


def _print_lean_facts(console: Console, facts: dict[str, Any]) -> None:
    counts = ("rows", "rejected", "accepted", "not_accepted", "undecided", "steps")
    console.print("  ".join(f"{facts[name]:,} {name.replace('_', ' ')}" for name in counts), markup=False)
    for reason, count in facts["reasons"].items():
        console.print(f"  {count:,} rows: {reason}", markup=False)
    if (agreement := facts["agreement"]) is not None:
        low, high = agreement["interval"]
        counted = f"{agreement['hits']:,}/{agreement['n']:,}"
        console.print(
            f"agreement with the rows' own word  {agreement['value']:.1%}  {counted}  {low:.1%} to {high:.1%}"
        )
    rate = (facts["rows"] - facts["resumed"]) / max(facts["seconds"], 1e-9)
    console.print(f"{facts['seconds']:.1f} s, {rate:,.1f} rows/s" + (f", in {facts['out']}" if facts["out"] else ""))
