"""What a run says when it is done, a dry run instead of it, and what a query found."""

import json
from collections import Counter
from typing import Any

import typer
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from factory.legible import one_line
from factory.query import QueryResult
from pipelines.run import Finished, Plan
from schemas import Manifest

CELL_CHARACTERS = 400  # of a cell that is printed
ANY_WIDTH = 100_000


def print_finished(done: Finished, console: Console, as_json: bool) -> None:
    """Figures and the path of every kind of shard, for people or as one JSON object."""
    facts = finished_facts(done)
    if as_json:
        typer.echo(json.dumps(facts, indent=1))
        return
    console.print(f"\n[bold]{facts['trees']:,} trees[/] in {done.out}, run {facts['fingerprint']}")
    console.print(
        f"  {facts['rollouts']:,} rollouts, {facts['tokens']:,} tokens at {facts['tokens_per_s']:,.0f}/s, "
        f"{facts['mixed_share']:.0%} of trees mixed, {facts['rejected']:,} rows rejected"
    )
    for kind, rows in facts["rows"].items():
        console.print(f"  {kind:<9} {rows:>7,} rows  {facts['paths'][kind]}", markup=False)
    console.print(f"  report    {done.report}", markup=False)
    console.print(
        f"\nNext: factory show {done.out} · factory query {done.out} 'select label, count(*) from labels group by 1'"
    )


def finished_facts(done: Finished) -> dict[str, Any]:
    """The same as plain data. ``paths`` gives each kind's folder pattern; the manifests name the files."""
    totals = done.run.totals
    trees = next((count for count in done.run.counts if count.stage == "trees"), None)
    kept = trees.kept if trees else 0
    rows: Counter[str] = Counter()
    paths: dict[str, str] = {}
    for folder, manifest in ((done.out, done.run), (done.out / "exports" / "default", done.export)):
        for shard in _wanted(manifest):
            rows[shard.kind] += shard.rows
            paths.setdefault(shard.kind, str(folder / shard.path))
    return {
        "out": str(done.out),
        "fingerprint": done.run.fingerprint,
        "export": done.export.fingerprint,
        "trees": kept,
        "rejected": sum(count.rejected for count in done.run.counts),
        "rollouts": totals.get("rollouts", 0),
        "tokens": totals.get("tokens", 0),
        "tokens_per_s": totals.get("tokens_per_s", 0.0),
        "seconds": totals.get("seconds", 0.0),
        "mixed_share": totals.get("mixed_trees", 0) / max(kept, 1),
        "labels": done.export.totals.get("labels", {}),
        "rows": dict(rows),
        "paths": paths,
        "report": str(done.report),
    }


def _wanted(manifest: Manifest) -> list[Any]:
    return [shard for shard in manifest.shards if shard.kind not in ("seeds", "problems", "rejects")]


def print_plan(plan: Plan, console: Console, as_json: bool) -> None:
    """What would be done; nothing was."""
    state = "free" if plan.owner is None else "resumes" if plan.owner == plan.fingerprint else f"taken by {plan.owner}"
    facts = {
        "out": str(plan.out),
        "fingerprint": plan.fingerprint,
        "folder": state,
        "seeds": len(plan.seeds.seeds),
        "rejected": plan.seeds.rejected,
        "search_roots": plan.roots,
        "config": plan.config,
    }
    if as_json:
        typer.echo(json.dumps(facts, indent=1))
        return
    for name, value in facts.items():
        console.print(f"{name:<13} {json.dumps(value, indent=1) if isinstance(value, dict) else value}", markup=False)


def print_rows(result: QueryResult, console: Console) -> None:
    """A table; where its columns do not fit the console, one block per row, a line for each column that is not null."""
    shown = [["" if cell is None else one_line(str(cell), CELL_CHARACTERS) for cell in row] for row in result.rows]
    table = Table(*result.columns, box=None, header_style="bold", pad_edge=False)
    for row in shown:
        table.add_row(*map(Text, row))
    needed = Measurement.get(console, console.options.update(max_width=ANY_WIDTH), table).minimum
    if needed <= console.width or not shown:
        console.print(table)
        return
    width = max(map(len, result.columns))
    for number, row in enumerate(shown):
        console.print(f"row {number}", style="bold")
        for name, cell in zip(result.columns, row, strict=True):
            if cell:
                console.print(f"  {name:<{width}}  {cell}", markup=False)
