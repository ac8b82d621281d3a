"""lean-dojo behind a process: a Lean repository traced into proofs, and a theorem of it driven tactic by tactic.

Needs the extra ``dojo``, git, and the repository's own Lean toolchain, which elan installs; the rest of the factory needs
none of them. See infra/decisions/0008-lean-dojo.md for what of this was never run here.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from factory.formal.dojo_rows import proof_of
from factory.formal.goals import split_goals
from factory.formal.traced import NoProof, TracedProof
from schemas import BadInput, JudgeBroken, ProofStep, Reject
from schemas.records import Outcome

CHILD = Path(__file__).with_name("dojo_child.py")
MAX_LINE = 64 << 20  # bytes of one answer
TAIL = 2_000  # characters of what it printed, in a message
ELAN = "Install elan (https://github.com/leanprover/elan), which provides lean and lake, and run `lake build` once."
PASSED = ("HOME", "PATH", "LANG", "LC_ALL", "ELAN_HOME", "PYTHONPATH", "SSL_CERT_FILE")  # all else is left out


@dataclass(frozen=True, slots=True)
class DojoConfig:
    """``timeout_s``: of a whole call; tracing builds the repository, which can take an hour. ``cache``: where lean-dojo
    keeps traced repositories; None: the user's own cache folder."""

    timeout_s: float = 3600.0
    tactic_timeout_s: int = 60
    memory_gb: int = 4  # of the Lean process that runs tactics
    processes: int = 2
    cache: Path | None = None


@dataclass(frozen=True, slots=True)
class DojoTheorem:
    """A theorem of a repository: its file, relative to the repository, and its full name."""

    repo: Path
    file: str
    name: str


@dataclass(frozen=True, slots=True)
class Driven:
    """``steps``: the tactics that were run, up to the first that is not valid. ``finished``: no goal is left."""

    goals: tuple[str, ...]  # before the first
    steps: tuple[ProofStep, ...]
    finished: bool


def dojo_version(config: DojoConfig | None = None) -> str:
    """The version of lean-dojo, which is really imported for it. Raises ``JudgeBroken``."""
    config = config or DojoConfig()
    _need(config, "git", "Install git.")
    (row,) = _ask({"op": "info"}, config)
    return str(row["lean_dojo"])


def trace(repo: Path, config: DojoConfig | None = None) -> Iterator[TracedProof | Reject]:
    """Every theorem of the repository, in its order; one without tactics is a ``Reject``. Raises ``BadInput`` where
    ``repo`` is no Lean repository under git, ``JudgeBroken`` where lean-dojo or a tool it needs is missing or fails."""
    config = config or DojoConfig()
    _ready(repo, config)
    for number, row in enumerate(_ask({"op": "trace", "repo": str(repo.resolve())}, config), start=1):
        try:
            yield proof_of(row, {}, repo.resolve().name, None)
        except NoProof as error:
            yield Reject("seeds", f"{repo.name}:{number}", error.reason, error.detail, json.dumps(row)[: 64 << 10])


def drive(theorem: DojoTheorem, tactics: Sequence[str], config: DojoConfig | None = None) -> Driven:
    """Runs ``tactics`` one after the other from the theorem's own goal. A tactic that Lean refuses is invalid; one that runs
    out of time, or takes Lean down, is unknown. Raises as ``trace``, and ``BadInput`` for a theorem that is not there."""
    config = config or DojoConfig()
    _ready(theorem.repo, config)
    request: dict[str, Any] = {
        "op": "drive",
        "repo": str(theorem.repo.resolve()),
        "file": theorem.file,
        "name": theorem.name,
    }
    request |= {"tactics": list(tactics), "timeout_s": config.tactic_timeout_s}
    first, *rows = _ask(request, config)
    if first["kind"] != "state":
        raise BadInput(f"lean-dojo cannot start at {theorem.name} in {theorem.file}: {first['text']}")
    goals = before = split_goals(first["text"])
    steps: list[ProofStep] = []
    at = 0
    for tactic, row in zip(tactics, rows, strict=False):
        steps.append(_step(tactic, at, row, before))
        before, at = steps[-1].after, at + len(tactic) + 1
    return Driven(goals, tuple(steps), bool(rows) and rows[-1]["kind"] == "finished")


_OUTCOMES: dict[str, tuple[Outcome, str | None]] = {
    "state": ("valid", None),
    "finished": ("valid", None),
    "error": ("invalid", "error"),
    "sorry": ("invalid", "sorry"),
    "timeout": ("unknown", "timeout"),
    "crash": ("unknown", "worker_died"),
}


def _step(tactic: str, at: int, row: dict[str, Any], before: tuple[str, ...]) -> ProofStep:
    outcome, reason = _OUTCOMES[row["kind"]]
    after = split_goals(row["text"]) if row["kind"] == "state" else () if outcome == "valid" else before
    message = row["text"] if outcome == "invalid" else None
    return ProofStep(tactic, at, at + len(tactic), "", outcome, reason, message, before, after)


# ---------------------------------------------------------------------------------------------- the process


def _ready(repo: Path, config: DojoConfig) -> None:
    for name, what in (
        (".git", "no git repository"),
        ("lean-toolchain", "no Lean repository (it has no lean-toolchain)"),
    ):
        if not (repo / name).exists():
            raise BadInput(f"{repo} is {what}. Give the root folder of a Lean project under git.")
    _need(config, "git", "Install git.")
    dojo_version(config)
    for tool in ("lake", "lean"):
        _need(config, tool, ELAN)


def _need(config: DojoConfig, tool: str, advice: str) -> None:
    if shutil.which(tool, path=environment(config).get("PATH", "")) is None:
        raise JudgeBroken(f"lean-dojo needs {tool}, which is not on PATH. {advice}")


def environment(config: DojoConfig) -> dict[str, str]:
    """All that lean-dojo sees of ours. It reads bare names, and a ``.env`` file for those that are not set: so the token
    that would make it call GitHub is set, and empty."""
    passed = {name: os.environ[name] for name in PASSED if name in os.environ}
    cache = {"CACHE_DIR": str(config.cache.resolve())} if config.cache else {}
    return {
        **passed,
        **cache,
        "DISABLE_REMOTE_CACHE": "1",
        "GITHUB_ACCESS_TOKEN": "",
        "NUM_PROCS": str(max(2, config.processes)),
        "TACTIC_CPU_LIMIT": "1",
        "TACTIC_MEMORY_LIMIT": f"{config.memory_gb}g",
        "RAY_USAGE_STATS_ENABLED": "0",
        "GIT_TERMINAL_PROMPT": "0",
    }


def _ask(request: dict[str, Any], config: DojoConfig) -> Iterator[dict[str, Any]]:
    """The child's answers. Raises ``JudgeBroken`` where it cannot do its work, ends early or takes too long."""
    with tempfile.TemporaryDirectory(prefix="dojo-") as folder, tempfile.TemporaryFile() as noise:
        child = subprocess.Popen(
            [sys.executable, "-P", str(CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=noise,
            cwd=folder,
            env=environment(config),
            start_new_session=True,
        )
        late = threading.Event()

        def end() -> None:
            late.set()
            _kill(child)

        timer = threading.Timer(config.timeout_s, end)
        timer.start()
        try:
            yield from _answers(child, request, late, noise)
        finally:
            timer.cancel()
            _kill(child)
            child.wait()
            assert child.stdout is not None
            child.stdout.close()


def _answers(
    child: subprocess.Popen[bytes], request: dict[str, Any], late: threading.Event, noise: IO[bytes]
) -> Iterator[dict[str, Any]]:
    assert child.stdin is not None and child.stdout is not None
    child.stdin.write(json.dumps(request).encode() + b"\n")
    child.stdin.close()
    while line := child.stdout.readline(MAX_LINE):
        if not line.endswith(b"\n"):
            break
        row = json.loads(line)
        if "error" in row:
            raise JudgeBroken(_failure(row["error"], row["detail"]))
        if "done" in row:
            return
        yield row
    noise.seek(0, os.SEEK_END)
    noise.seek(max(0, noise.tell() - TAIL))
    why = "took too long" if late.is_set() else "ended early"
    raise JudgeBroken(f"lean-dojo {why}. It last said: {noise.read().decode('utf-8', 'replace').strip()}")


def _failure(kind: str, detail: str) -> str:
    if kind == "no_lean_dojo":
        return f"lean-dojo is not installed ({detail}): pip install 'cot-factory[dojo]'."
    advice = f" {ELAN}" if "lake" in detail or "lean" in detail else ""
    return f"lean-dojo failed: {detail}.{advice}"


def _kill(child: subprocess.Popen[bytes]) -> None:
    """The child and all that it started: lake, lean, and the workers of its ray."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
