"""Submitting to a real Ray head with its Jobs server and token authentication, on this machine."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from factory.shards import read_manifest
from pipelines.submit import JobHandle, SubmitOptions, follow_job, submit_recipe
from schemas import BadInput, SubmitError

pytestmark = pytest.mark.ray

TOKEN = "0123456789abcdef" * 4
START_S = 90
RECIPE = """
name = "submitted"
[seeds]
source = "bundled"
limit = 3
[policy]
kind = "scripted"
[policy.scripted]
script = "{script}"
[search]
algorithm = "best_of_n"
"""


def free_ports(number: int) -> list[int]:
    sockets = [socket.socket() for _ in range(number)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a Jobs server on a Ray head of our own, stopped at the end."""
    port, dashboard, agent, agent_grpc, client = free_ports(5)
    home = tempfile.mkdtemp(prefix="cfray", dir="/tmp")  # short: Ray puts Unix sockets in it
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": TOKEN}
    environment["RAY_USAGE_STATS_ENABLED"] = "0"
    command = [
        "ray",
        "start",
        "--head",
        "--block",
        "--num-cpus=2",
        "--include-dashboard=true",
        "--node-ip-address=127.0.0.1",
    ]
    command += [f"--port={port}", f"--dashboard-port={dashboard}", f"--dashboard-agent-listen-port={agent}"]
    command += [f"--dashboard-agent-grpc-port={agent_grpc}", f"--ray-client-server-port={client}"]
    command += [f"--temp-dir={home}", "--object-store-memory=100000000"]
    with Path(home, "head.log").open("wb") as log:
        head = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        yield wait_for(f"http://127.0.0.1:{dashboard}", head, Path(home, "head.log"))
    finally:
        stop(head, home)


def wait_for(address: str, head: "subprocess.Popen[bytes]", log: Path) -> str:
    request = urllib.request.Request(f"{address}/api/jobs/", headers={"Authorization": f"Bearer {TOKEN}"})
    end = time.monotonic() + START_S
    while time.monotonic() < end and head.poll() is None:
        try:
            with urllib.request.urlopen(request, timeout=5):
                return address
        except OSError:
            time.sleep(0.5)
    raise AssertionError(f"no Jobs server:\n{log.read_text()}")


def stop(head: "subprocess.Popen[bytes]", home: str) -> None:
    head.send_signal(signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        head.wait(20)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(head.pid, signal.SIGKILL)  # Ray's agents outlive a head that ends on SIGTERM
    head.wait(20)
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_AUTH_TOKEN", TOKEN)
    monkeypatch.delenv("RAY_AUTH_TOKEN_PATH", raising=False)


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"": ["2 + 2 = 4\nThe answer is 4.", "2 + 3 = 6\nThe answer is 6."]}))
    path = tmp_path / "mine.toml"
    path.write_text(RECIPE.format(script=script))
    return path


def test_a_job_is_followed_to_its_end_and_not_started_twice(cluster: str, recipe: Path, tmp_path: Path) -> None:
    command = "python -c \"import factory, pathlib; print(pathlib.Path('recipe.toml').exists(), factory.__file__)\""
    options = SubmitOptions(out=str(tmp_path / "out"), entrypoint=command)
    handle = submit_recipe(recipe, cluster, options)
    log = "".join(follow_job(handle))
    assert "True " in log and "/runtime_resources/" in log  # the recipe and our packages were unpacked on the cluster
    with pytest.raises(SubmitError, match=f"already succeeded as {handle.submission_id}"):
        submit_recipe(recipe, cluster, options)
    again = submit_recipe(recipe, cluster, SubmitOptions(out=options.out, entrypoint=command, again=True))
    assert again.submission_id == handle.submission_id.removesuffix("-1") + "-2"
    assert list(follow_job(again)) and list(follow_job(again))  # a finished job's log can be followed again


def test_a_failed_job_gives_its_log_and_code_and_may_be_tried_again(cluster: str, recipe: Path, tmp_path: Path) -> None:
    command = "sh -c 'echo it went wrong; exit 3'"
    options = SubmitOptions(out=str(tmp_path / "bad"), entrypoint=command, installed=True)
    first = submit_recipe(recipe, cluster, options)
    with pytest.raises(SubmitError, match=r"(?s)FAILED with exit code 3.*it went wrong"):
        list(follow_job(first))
    assert submit_recipe(recipe, cluster, options).submission_id == first.submission_id.removesuffix("-1") + "-2"


def test_a_running_job_is_not_started_twice(cluster: str, recipe: Path, tmp_path: Path) -> None:
    options = SubmitOptions(out=str(tmp_path / "slow"), entrypoint="sleep 4", installed=True)
    handle = submit_recipe(recipe, cluster, options)
    with pytest.raises(SubmitError, match="is already submitted as"):
        submit_recipe(recipe, cluster, options)
    assert "sleep 4" in "".join(follow_job(handle))


@pytest.mark.parametrize("wrong", ["", "f" * 64])
def test_a_missing_or_wrong_token_is_explained(
    cluster: str, recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    monkeypatch.setenv("RAY_AUTH_TOKEN", wrong)
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(tmp_path / "none"))
    with pytest.raises(SubmitError, match="RAY_AUTH_TOKEN"):
        submit_recipe(recipe, cluster, SubmitOptions(out="/x"))


def test_no_server_and_bad_arguments(cluster: str, recipe: Path, tmp_path: Path) -> None:
    with pytest.raises(SubmitError, match="No Jobs server answers"):
        submit_recipe(recipe, "http://127.0.0.1:9", SubmitOptions(out="/x"))
    with pytest.raises(SubmitError, match="does not exist"):
        list(follow_job(JobHandle(cluster, "nobody")))
    with pytest.raises(BadInput, match="http://HEAD:8265"):
        submit_recipe(recipe, "head:8265", SubmitOptions(out="/x"))
    with pytest.raises(BadInput, match="cannot be submitted"):
        submit_recipe(tmp_path / "absent.toml", cluster, SubmitOptions(out="/x"))


def test_a_submitted_recipe_leaves_its_shards(cluster: str, recipe: Path, tmp_path: Path) -> None:
    """The real thing: ``factory submit --follow`` against the cluster, then the shards where the recipe put them."""
    out = tmp_path / "run"
    command = [
        sys.executable,
        "-m",
        "pipelines.cli",
        "submit",
        str(recipe),
        "--address",
        cluster,
        "--out",
        str(out),
        "--follow",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert TOKEN not in done.stdout + done.stderr
    manifest = read_manifest(out)
    assert manifest.complete and sum(shard.rows for shard in manifest.of_kind("trees")) == 3
    assert all((out / shard.path).is_file() for shard in manifest.shards)
