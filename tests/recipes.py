"""Recipes that need no model, and the command line run as a user runs it, watched and killed."""

import contextlib
import json
import os
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from factory.doubles import Chain, Oracle, chain_seed

RECIPE = """
name = "chains"
[seeds]
source = "rows"
path = "{path}"
[policy]
kind = "oracle"
[policy.oracle]
success = 0.85
[search.omegaprm]
k = 4
searches = {searches}
[output]
rows_per_shard = {rows}
[judges]
judges = []
"""


def write_recipe(folder: Path, problems: int, searches: int = 3, rows: int = 64) -> Path:
    """Write ``recipe.toml`` and its seeds, arithmetic chains solved by the oracle policy; returns the recipe."""
    path = folder / "seeds.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for number in range(problems):
            seed = chain_seed(number, 5)
            row = {"problem": seed.problem.statement, "answer": seed.problem.answer, "steps": [s.text for s in seed.steps]}
            file.write(json.dumps(row) + "\n")
    recipe = folder / "recipe.toml"
    recipe.write_text(RECIPE.format(path=path, searches=searches, rows=rows), encoding="utf-8")
    return recipe


def write_scripted_recipe(folder: Path, problems: int, rows: int = 64) -> Path:
    """As ``write_recipe``, with a script of six attempts per problem, some right and some wrong, instead of the oracle."""
    recipe = write_recipe(folder, problems, searches=6, rows=rows)
    script = {}
    for number in range(problems):
        statement = chain_seed(number, 5).problem.statement
        chain = Chain.parse(statement)
        assert chain is not None
        attempts = (chain.attempt((), Oracle(success=0.85), random.Random(f"{number}/{i}")) for i in range(6))
        script[statement] = ["\n".join(steps) for steps in attempts]
    path = folder / "script.json"
    path.write_text(json.dumps(script), encoding="utf-8")
    text = recipe.read_text(encoding="utf-8").replace('kind = "oracle"', 'kind = "scripted"')
    recipe.write_text(text + f'\n[policy.scripted]\nscript = "{path}"\n', encoding="utf-8")
    return recipe


def factory(*arguments: object, env: Mapping[str, str] = {}) -> subprocess.CompletedProcess[str]:
    """Run ``factory ARGUMENTS`` and wait."""
    return subprocess.run(
        [sys.executable, "-m", "pipelines.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, **env},
        timeout=300,
        check=False,
    )


def committed(folder: Path) -> int:
    """How many outcomes the journal of the work in ``folder`` would keep if it were killed now."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{folder / 'journal.sqlite'}?mode=ro", uri=True)) as journal:
            return int(journal.execute("SELECT count(*) FROM grown").fetchone()[0])
    except sqlite3.OperationalError:  # not there yet, or being written
        return 0


def wait_for_a_commit(process: "subprocess.Popen[Any]", folder: Path) -> None:
    """Return once the journal in ``folder`` keeps something. Fails where ``process`` has ended by then."""
    while not committed(folder):
        assert process.poll() is None
        time.sleep(0.005)
    assert process.poll() is None
