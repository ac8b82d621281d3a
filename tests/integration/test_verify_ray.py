"""``factory verify`` on Ray Data: the bytes of a local run, also after its driver was killed."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.recipes import factory, wait_for_a_commit
from tests.unit.test_verify import SHEPHERD, many, write

pytestmark = pytest.mark.ray


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes, dict[str, object]]:
    """A file with rows of several kinds, what a local run makes of it and its figures."""
    folder = tmp_path_factory.mktemp("verify")
    path = many(folder / "a.jsonl", 600)
    write(folder / "b.jsonl", [SHEPHERD, "", "{broken", {"problem": "P", "steps": ["\ud800 1 + 1 = 3"], "label": 0}])
    with path.open("ab") as file:
        file.write((folder / "b.jsonl").read_bytes())
    done = factory("verify", path, "--local", "--out", folder / "v.parquet", "--json")
    assert done.returncode == 0, done.stderr
    return path, (folder / "v.parquet").read_bytes(), json.loads(done.stdout)


def test_ray_gives_the_bytes_and_figures_of_a_local_run(
    local: tuple[Path, bytes, dict[str, object]], tmp_path: Path
) -> None:
    path, expected, facts = local
    done = factory("verify", path, "--ray", "--workers", "2", "--out", tmp_path / "v.parquet", "--json")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "v.parquet").read_bytes() == expected
    found = json.loads(done.stdout)
    assert found["rows"] == 604 and found["rejected"] == 2
    assert {**found, "seconds": 0, "out": ""} == {**facts, "seconds": 0, "out": ""}


def test_a_driver_killed_on_ray_is_resumed_locally(
    local: tuple[Path, bytes, dict[str, object]], tmp_path: Path
) -> None:
    path, expected, _ = local
    out = tmp_path / "v.parquet"
    command = [sys.executable, "-m", "pipelines.cli", "verify", str(path), "--ray", "--out", str(out)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)
    wait_for_a_commit(process, tmp_path / "v.parquet.part")
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    done = factory("verify", path, "--local", "--out", out)
    assert done.returncode == 0, done.stderr
    assert out.read_bytes() == expected
