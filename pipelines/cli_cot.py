"""``factory cot`` on the command line: proofs to chains of thought."""

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from pipelines.cli_verify import stoppable
from schemas import content_id

if TYPE_CHECKING:
    from factory.policy import Policy

PLAIN_EVERY_S = 5.0


def cot(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Proofs: JSONL, JSON or Parquet.")],
    folder: Annotated[Path, typer.Option("--out", help="Folder to write to.")],
    corpus: Annotated[
        Path | None, typer.Option("--corpus", help="corpus.jsonl of LeanDojo Benchmark 4 [default: beside FILE].")
    ] = None,
    reword: Annotated[
        str, typer.Option("--reword", metavar="RECIPE", help="Let this recipe's policy say each step anew.")
    ] = "",
    project: Annotated[Path | None, typer.Option("--project", help="A Lake project whose Lean is used.")] = None,
    timeout: Annotated[float, typer.Option("--timeout", help="Seconds per proof.")] = 30.0,
    limit: Annotated[int, typer.Option("--limit", help="Read so many rows; 0 for all.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")] = False,
) -> None:
    """Tell proofs step by step: each tactic a step in plain language, with its tag, goals and Lean text beside it.

    FILE holds {"code"}, {"challenge", "solution"} (traced by Lean here) or LeanDojo Benchmark 4 (traced already: needs no
    Lean, and cannot be checked, because it holds no source). --out gets cot.jsonl (also a seed file: seeds.source = "rows"),
    cot.parquet, sft.parquet with what Lean accepted once more, and rejects.jsonl with a reason for every other row. A run that
    is stopped goes on when the same command is given again.
    """
    from pipelines.cot import CotSpec, make_cots
    from schemas import BadInput
    from verifiers.lean import LeanConfig

    if limit < 0:
        raise BadInput("--limit must not be negative; 0 reads every row.")
    err = Console(stderr=True, soft_wrap=True, highlight=False)
    policy, named = _policy(reword)
    spec = CotSpec(file, corpus, limit or None, LeanConfig(project=project, timeout_s=timeout), named)
    began = time.monotonic()
    with stoppable(err, folder):
        counts = make_cots(spec, folder, _Said(err).rows, policy)
    facts: dict[str, Any] = {name: counts[name] for name in ("rows", "cots", "verified", "refused", "unchecked")}
    facts |= {name: counts[name] for name in ("steps", "reworded", "rejected", "resumed")}
    reasons = {key.partition(":")[2]: n for key, n in counts.most_common() if key.startswith("rejected:")}
    if as_json:
        typer.echo(json.dumps({**facts, "reasons": reasons, "out": str(folder)}))
        return
    typer.echo("  ".join(f"{count:,} {name}" for name, count in facts.items()))
    for reason, count in reasons.items():
        typer.echo(f"  {count:,} rows: {reason}")
    typer.echo(f"{time.monotonic() - began:.1f} s, in {folder}")


def _policy(recipe: str) -> "tuple[Policy, str] | tuple[None, None]":
    """A recipe's policy, and what names it with its settings."""
    if not recipe:
        return None, None
    from pipelines.config import load_recipe
    from pipelines.stages import make_policy

    config = load_recipe(recipe, []).policy
    return make_policy(config), content_id(asdict(config))


class _Said:
    """A line on standard error every few seconds."""

    def __init__(self, console: Console) -> None:
        self._console, self._at = console, time.monotonic()

    def rows(self, done: int) -> None:
        """``done`` rows are read so far."""
        if time.monotonic() - self._at >= PLAIN_EVERY_S:
            self._at = time.monotonic()
            self._console.print(f"{done:,} rows", markup=False)
