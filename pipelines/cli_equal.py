"""``factory equal`` on the command line: two answers, or a file of pairs."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from schemas import BadInput, Verdict
from verifiers import PanelConfig
from verifiers.answers import EqualPolicy

# So that answers such as -5 are no options.
SETTINGS = {"ignore_unknown_options": True}
EXIT = {True: 0, False: 1, None: 3}
WORDS = {True: "equal", False: "not equal", None: "unknown"}


def equal(
    gold: Annotated[str | None, typer.Argument(metavar="GOLD", help="The reference answer.")] = None,
    pred: Annotated[str | None, typer.Argument(metavar="PRED", help="The answer, or a text that ends in it.")] = None,
    policy: Annotated[
        str,
        typer.Option(
            "--policy",
            metavar="NAME=VALUE,...",
            help="units=lenient|strict|ignore, percent=value|lenient|strict, order=written|free, rounding=DIGITS.",
        ),
    ] = "",
    file: Annotated[Path | None, typer.Option("--file", help="JSONL whose lines hold gold and pred.")] = None,
    out_file: Annotated[
        Path | None, typer.Option("--out", help="Where the rows go: Parquet if named so, else JSONL.")
    ] = None,
    timeout: Annotated[float, typer.Option("--timeout", help="Seconds per pair.")] = PanelConfig().timeout_s,
    workers: Annotated[int, typer.Option("--workers", help="Worker processes for --file; 0 for one per core.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")] = False,
) -> None:
    """Is PRED the same answer as GOLD? Exit code 0: equal, 1: not equal, 3: unknown; 2 for bad input.

    With --file every line of a JSONL file is judged; --out gets one row per line, in order: row, gold, pred, equal
    (true, false, null) and reason. Lines that hold no pair are kept with equal null and the reason. Exit code 0.

    By default a unit may be left out on one side and is converted (5 cm is 0.05 m, not 5 m), 20% is 0.2 and not 20,
    tuples have an order and sets and bare lists none, and a decimal of six or more digits may be a rounded value.
    """
    chosen = EqualPolicy.parse(policy)
    if file is not None:
        _file(file, out_file, chosen, PanelConfig(timeout_s=timeout, workers=workers or os.cpu_count() or 1), as_json)
        return
    if gold is None or pred is None:
        raise BadInput("Give GOLD and PRED, or --file PAIRS.jsonl with --out.")
    from pipelines.equal import judge_pair

    _print_one(judge_pair(gold, pred, chosen, PanelConfig(timeout_s=timeout)), chosen, as_json)


def _print_one(verdict: Verdict, policy: EqualPolicy, as_json: bool) -> None:
    from pipelines.equal import said

    same = said(verdict)
    if as_json:
        facts = {"equal": same, "reason": verdict.reason, "evidence": verdict.evidence, "policy": policy.spelled()}
        typer.echo(json.dumps(facts))
    else:
        because = f"{verdict.reason}: {verdict.evidence}" if verdict.evidence else verdict.reason
        typer.echo(f"{WORDS[same]} ({because})")
    raise typer.Exit(EXIT[same])


def _file(file: Path, out_file: Path | None, policy: EqualPolicy, config: PanelConfig, as_json: bool) -> None:
    from pipelines.equal import judge_file

    if out_file is None:
        raise BadInput("--file needs --out RESULT.jsonl or RESULT.parquet.")
    counts = judge_file(file, out_file, policy, config)
    facts = {"rows": counts.total(), "equal": counts[True], "not_equal": counts[False], "unknown": counts[None]}
    if as_json:
        typer.echo(json.dumps({**facts, "out": str(out_file)}))
    else:
        listed = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in facts.items())
        typer.echo(f"{listed}; written to {out_file}")
