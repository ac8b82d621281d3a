"""The same run on Ray Data: the same shards as in one process, also after its driver was killed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from factory.shards import read_manifest
from tests.recipes import factory, write_recipe

PROBLEMS = 60
pytestmark = pytest.mark.ray


def shards(out: Path) -> list[tuple[str, str]]:
    return [(shard.path, shard.sha256) for shard in read_manifest(out).shards]


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[str, str]]]:
    """A recipe with the real judges, and the shards of its run in one process."""
    folder = tmp_path_factory.mktemp("ray")
    recipe = write_recipe(folder, PROBLEMS, rows=16)
    text = recipe.read_text(encoding="utf-8").replace("judges = []", 'judges = ["sympy"]')
    recipe.write_text(text + "\n[execution]\ntrees_in_flight = 8\nengines = 2\nnum_cpus = 0.5\n", encoding="utf-8")
    assert factory("run", recipe, "--out", folder / "local", "--local").returncode == 0
    return recipe, shards(folder / "local")


def test_ray_makes_the_shards_that_one_process_makes(local: tuple[Path, list[tuple[str, str]]], tmp_path: Path) -> None:
    recipe, expected = local
    done = factory("run", recipe, "--out", tmp_path / "run", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["trees"] == PROBLEMS
    assert shards(tmp_path / "run") == expected


def test_a_killed_driver_is_resumed_on_ray(local: tuple[Path, list[tuple[str, str]]], tmp_path: Path) -> None:
    recipe, expected = local
    out = tmp_path / "run"
    command = [sys.executable, "-m", "pipelines.cli", "run", str(recipe), "--out", str(out)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)
    while not (out / "journal.sqlite").exists() or (out / "journal.sqlite").stat().st_size < 50_000:
        assert process.poll() in (None, 0)
        if process.poll() == 0:
            break
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    done = factory("run", recipe, "--out", out)
    assert done.returncode == 0, done.stderr
    assert shards(out) == expected


def test_an_error_of_ours_inside_an_actor_ends_the_run_in_one_paragraph(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, 2)
    changes = ["--set", "policy.kind=openai", "--set", "policy.openai.base_url=http://127.0.0.1:9/v1"]
    done = factory("run", recipe, "--out", tmp_path / "run", *changes)
    assert done.returncode == 4, done.stderr
    assert done.stderr.startswith("factory: The server at http://127.0.0.1:9/v1")
    assert "Traceback" not in done.stderr
