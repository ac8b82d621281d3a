"""``factory cot``: a run that is stopped or killed goes on, and gives the bytes of one that was not."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.cot import CHUNK, CotSpec, make_cots
from schemas import BadInput, RunConflict
from tests.recipes import factory, wait_for_a_commit

EXCERPT = Path(__file__).parents[1] / "benchmark4" / "excerpt.json"
NAMES = ("cot.jsonl", "cot.parquet", "rejects.jsonl", "sft.parquet")


def many(path: Path, times: int) -> Path:
    """The excerpt's five rows again and again: four proofs, and one without tactics."""
    path.write_text(json.dumps(json.loads(EXCERPT.read_text(encoding="utf-8")) * times), encoding="utf-8")
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def stop_at(rows: int) -> None:
    if rows >= 2 * CHUNK:
        raise KeyboardInterrupt


def test_a_stopped_run_goes_on_and_gives_the_same_bytes(tmp_path: Path) -> None:
    spec = CotSpec(many(tmp_path / "a.json", 20))
    clean = make_cots(spec, tmp_path / "clean", lambda rows: None)
    with pytest.raises(KeyboardInterrupt):
        make_cots(spec, tmp_path / "out", stop_at)
    assert not (tmp_path / "out").exists()
    counts = make_cots(spec, tmp_path / "out", lambda rows: None)
    assert (counts["rows"], counts["cots"], counts["rejected"]) == (100, 80, 20)
    assert (clean["resumed"], counts["resumed"]) == (0, 2 * CHUNK)
    assert contents(tmp_path / "out") == contents(tmp_path / "clean")
    assert {*contents(tmp_path / "out")} == {*NAMES}
    assert not (tmp_path / "out.part").exists()


def test_a_killed_run_goes_on_and_gives_the_same_bytes(tmp_path: Path) -> None:
    path, out = many(tmp_path / "a.json", 1_500), tmp_path / "out"
    command = [sys.executable, "-m", "pipelines.cli", "cot", str(path), "--out", str(out)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    wait_for_a_commit(process, tmp_path / "out.part")
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not out.exists()
    done = factory("cot", path, "--out", out, "--json")
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert 0 < facts["resumed"] < facts["rows"] == 7_500
    assert factory("cot", path, "--out", tmp_path / "clean").returncode == 0
    assert contents(out) == contents(tmp_path / "clean")


def test_ctrl_c_says_how_to_go_on(tmp_path: Path) -> None:
    path, out = many(tmp_path / "a.json", 1_500), tmp_path / "out"
    command = [sys.executable, "-m", "pipelines.cli", "cot", str(path), "--out", str(out)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for_a_commit(process, tmp_path / "out.part")
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=120)
    assert process.returncode == 130, told
    assert f"factory cot {path} --out {out}" in told and "Traceback" not in told
    assert not out.exists()


def test_what_is_unfinished_is_not_mixed_with_anything_else(tmp_path: Path) -> None:
    path = many(tmp_path / "a.json", 20)
    with pytest.raises(KeyboardInterrupt):
        make_cots(CotSpec(path), tmp_path / "out", stop_at)
    with pytest.raises(RunConflict, match="limit changed"):
        make_cots(CotSpec(path, limit=50), tmp_path / "out", lambda rows: None)
    with pytest.raises(RunConflict, match="reword changed"):
        make_cots(CotSpec(path, reword="another"), tmp_path / "out", lambda rows: None)
    many(path, 21)
    with pytest.raises(RunConflict, match="files changed"):
        make_cots(CotSpec(path), tmp_path / "out", lambda rows: None)


def test_where_it_cannot_be_written_the_message_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match="give the name of a folder"):
        make_cots(CotSpec(EXCERPT), tmp_path / "file", lambda rows: None)
