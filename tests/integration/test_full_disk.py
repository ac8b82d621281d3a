"""A disk that fills up in the middle of a run: one paragraph, its exit code, and nothing that was finished is lost."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from factory.shards import read_manifest, read_records, verify_shards
from schemas import Tree
from tests.recipes import factory, write_recipe

PROBLEMS = 60


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 400 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("mounting a small file system needs root")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(folder)], check=False).returncode:
        pytest.skip("this machine does not let root mount a tmpfs")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_run_on_a_full_disk_stops_says_so_and_goes_on_when_there_is_room(disk: Path, tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, PROBLEMS, searches=20, rows=16)
    stopped = factory("run", recipe, "--out", disk / "run", "--local")
    assert stopped.returncode == 7, stopped.stderr
    assert "What was finished is kept" in stopped.stderr
    assert "Traceback" not in stopped.stderr
    subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
    assert factory("run", recipe, "--out", disk / "run", "--local").returncode == 0
    assert factory("run", recipe, "--out", tmp_path / "clean", "--local").returncode == 0
    verify_shards(disk / "run")
    assert len(list(read_records(disk / "run", "trees", Tree))) == PROBLEMS
    assert read_manifest(disk / "run").shards == read_manifest(tmp_path / "clean").shards
