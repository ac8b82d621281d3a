"""What several test files share."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from factory.doubles import chain_seed
from schemas import JudgeBroken
from tests.recipes import factory, write_recipe
from verifiers.lean import LeanConfig, LeanPool
from verifiers.lean.toolchain import find


@pytest.fixture(scope="session")
def oracle_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of 41 arithmetic chains by the oracle policy: several shards, a real judge, one rejected seed row,
    and one problem whose reference answer is wrong, so that its tree gives no right solution."""
    folder = tmp_path_factory.mktemp("oracle")
    recipe = write_recipe(folder, 40, searches=4, rows=16)
    with (folder / "seeds.jsonl").open("a", encoding="utf-8") as seeds:
        wrong = {"problem": chain_seed(40, 5).problem.statement, "answer": "-1", "steps": ["The answer is -1."]}
        for row in ({"problem": "", "answer": "1", "steps": ["1"]}, wrong):
            seeds.write(json.dumps(row) + "\n")
    changes = ('judges.judges=["sympy"]', "export.step_pairs=true")
    options = [option for change in changes for option in ("--set", change)]
    done = factory("run", recipe, "--out", folder / "run", "--local", *options)
    assert done.returncode == 0, done.stderr
    return folder / "run"


@pytest.fixture(scope="session")
def lean_pool() -> Iterator[LeanPool]:
    """The one Lean process of the test session. Skips where no Lean is installed, unless this is CI."""
    try:
        find()
    except JudgeBroken as error:
        if "CI" in os.environ:
            raise
        pytest.skip(f"no Lean on this machine: {error}")
    with LeanPool(LeanConfig()) as pool:
        yield pool
