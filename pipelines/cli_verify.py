"""``factory verify`` on the command line: what it is given, and how what it found is printed."""

import json
import os
import shlex
import sys
import time
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from factory.scores import FIGURES, Judged
from factory.solutions import FORMATS
from schemas import BadInput, Verdict
from schemas.records import Domain
from verifiers import PanelConfig

AROUND = 160  # characters of a step shown before and behind a claim
PLAIN_EVERY_S = 5.0

DEFAULT = PanelConfig()
HELP = """Judge anyone's solutions, step by step, without a model: first errors with evidence, and figures.

FILE is JSONL, JSON or Parquet, gzipped or not, in any of these formats, told apart row by row: ProcessBench, PRM800K (flat \
or as published), Math-Shepherd, BIG-Bench-Mistake, or plain rows: steps, or one text in solution, response or answer; with \
label or first_error (0-based step, -1 for none) where known. A row that cannot be read is kept, with the reason.

--out writes one row per input line (blank lines too), in order: row (0-based, counted over all files), id, first_error \
(0-based step, -1 none, null where the row could not be judged), verdicts (step, judge, verdict, claim, evidence), reason \
(why a row was not judged or its label is not used). A run that is stopped goes on when the same command is given again.

Figures, each with N and Wilson's 95% interval, against the given labels. A solution is wrong where its label is a step and \
correct where it is -1; it is flagged where some step got an invalid verdict.

"""
_DEFINED = "\n\n".join(f"{name}: {meaning}." for name, meaning in FIGURES.items())


def verify(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Solutions to judge.")],
    out_file: Annotated[
        Path | None, typer.Option("--out", help="Write a row per input line to this Parquet file.")
    ] = None,
    form: Annotated[str, typer.Option("--format", help=f"auto, {', '.join(FORMATS)}.")] = "auto",
    domain: Annotated[
        str, typer.Option("--domain", help="math or code, for every row (default: its own, else math).")
    ] = "",
    judges: Annotated[str, typer.Option("--judges", help="Which judges, comma between.")] = ",".join(DEFAULT.judges),
    timeout: Annotated[float, typer.Option("--timeout", help="Seconds per step and judge.")] = DEFAULT.timeout_s,
    memory: Annotated[int, typer.Option("--memory-mb", help="Memory of one worker.")] = DEFAULT.memory_mb,
    workers: Annotated[int, typer.Option("--workers", help="Worker processes; 0 for one per core.")] = 0,
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
    from pipelines.verify import VerifySpec
    from pipelines.verify import verify as judge

    out, err = Console(soft_wrap=True, highlight=False), Console(stderr=True, soft_wrap=True, highlight=False)
    panel = PanelConfig(
        judges=tuple(name.strip() for name in judges.split(",") if name.strip()),
        timeout_s=timeout,
        workers=workers or os.cpu_count() or 1,
        memory_mb=memory,
    )
    _check(form, domain, limit)
    spec = VerifySpec(tuple(files), form, cast(Domain, domain) if domain else None, limit or None, panel, local)
    began = time.monotonic()
    try:
        with _Bar(err) as bar:
            found = judge(spec, out_file, show, bar.update)
    except KeyboardInterrupt:
        err.print(f"\nStopped. {_go_on(out_file)}", markup=False)
        raise typer.Exit(130) from None
    facts = {**found.tally.to_dict(), "reasons": dict(found.reasons), "resumed": found.resumed}
    facts |= {"seconds": round(time.monotonic() - began, 3), "out": str(out_file) if out_file else None}
    _print_errors(err if as_json else out, found.shown)
    if as_json:
        typer.echo(json.dumps(facts))
    else:
        _print_facts(out, facts)


verify.__doc__ = HELP + _DEFINED


def _check(form: str, domain: str, limit: int) -> None:
    if form != "auto" and form not in FORMATS:
        raise BadInput(f"--format {form!r} is not known. Use auto, {', '.join(FORMATS)}.")
    if domain == "lean":
        raise BadInput("--domain lean: no judge reads Lean steps yet. Use math or code.")
    if domain not in ("", "math", "code"):
        raise BadInput(f"--domain {domain!r} is not known. Use math or code.")
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
