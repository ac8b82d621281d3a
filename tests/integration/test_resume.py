"""SIGKILL at random moments, again and again: every tree exactly once, and the shards of a clean run."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from factory.shards import read_manifest, read_records, verify_shards
from schemas import Tree
from tests.recipes import write_scripted_recipe

PROBLEMS = 500
KILLS = 20


def start(recipe: Path, out: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "pipelines.cli", "run", str(recipe), "--out", str(out), "--local"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


def shards(out: Path) -> list[tuple[str, str]]:
    folders = (out, out / "exports" / "default")
    return [(shard.path, shard.sha256) for folder in folders for shard in read_manifest(folder).shards]


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path, float]]:
    """A recipe, its undisturbed run and how long that took."""
    folder = tmp_path_factory.mktemp("clean")
    recipe = write_scripted_recipe(folder, PROBLEMS, rows=32)
    began = time.monotonic()
    assert start(recipe, folder / "run").wait(timeout=300) == 0
    yield recipe, folder / "run", time.monotonic() - began


def test_twenty_kills_lose_nothing_and_repeat_nothing(clean: tuple[Path, Path, float], tmp_path: Path) -> None:
    recipe, reference, seconds = clean
    out = tmp_path / "run"
    rng = random.Random(2026)
    kills = 0
    while kills < KILLS:
        process = start(recipe, out)
        try:
            process.wait(timeout=rng.uniform(0.05, seconds))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        kills += 1
    assert start(recipe, out).wait(timeout=300) == 0
    ids = [tree.id for tree in read_records(out, "trees", Tree)]
    assert len(ids) == len(set(ids)) == PROBLEMS
    assert shards(out) == shards(reference)
    verify_shards(out)


def test_ctrl_c_stops_cleanly_and_says_how_to_go_on(clean: tuple[Path, Path, float], tmp_path: Path) -> None:
    recipe, reference, _ = clean
    out = tmp_path / "run"
    command = [sys.executable, "-m", "pipelines.cli", "run", str(recipe), "--out", str(out), "--local"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    while not (out / "journal.sqlite").exists():
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "To go on" in said
    assert f"--out {out}" in said
    assert start(recipe, out).wait(timeout=300) == 0
    assert shards(out) == shards(reference)
