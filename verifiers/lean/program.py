"""Our Lean program, put together from its parts, and compiled once for the WebAssembly Lean."""

import hashlib
import os
import subprocess
import tempfile
from pathlib import Path

from schemas import JudgeBroken
from verifiers.lean.install import home
from verifiers.lean.toolchain import Toolchain

_PARTS = Path(__file__).with_name("checker")
_RUNS_COMPILED = Path(__file__).with_name("compiled.lean")
_COMPILE_S = 600.0  # half a minute on a quiet machine


def checker_source() -> str:
    """The parts of the checker in the order of their names, as one text."""
    return "\n".join(part.read_text(encoding="utf-8") for part in sorted(_PARTS.glob("*.lean")))


def checker_file(folder: Path | None = None) -> Path:
    """The checker as one file, named by its content, in ``folder`` (by default beside the installed Lean). Raises
    ``JudgeBroken`` where it cannot be written."""
    source = checker_source().encode()
    folder = folder or home().with_name("checker")
    return _kept(folder / f"Checker_{hashlib.sha256(source).hexdigest()[:16]}.lean", source)


def compiled(lean: Toolchain, checker: Path) -> Path:
    """The file to run in the place of ``checker``: it reads the compiled checker from ``lean``'s own folder, where it is
    put at the first call, and so does not elaborate it at every start. Raises ``JudgeBroken`` where it does not compile."""
    module = lean.folder / "lib" / f"{checker.stem}.olean"
    if not module.is_file():
        _kept(module, _compile(lean, checker))
    runs = _RUNS_COMPILED.read_text(encoding="utf-8").replace("CHECKER", checker.stem)
    return _kept(checker.with_name(f"Run_{checker.stem}.lean"), runs.encode())


def _compile(lean: Toolchain, checker: Path) -> bytes:
    command = lean.raw_command(["-o", "/source/out.olean", str(checker)], checker)
    try:
        with tempfile.TemporaryFile() as output:  # not a pipe: Lean's host may set one to be non-blocking
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.PIPE,
                env=lean.environment(),
                timeout=_COMPILE_S,
                check=False,
            )
            output.seek(0)
            module = output.read()
    except (OSError, subprocess.TimeoutExpired) as error:
        raise JudgeBroken(f"The Lean checker cannot be compiled: {error}.") from error
    if done.returncode or not module.startswith(b"olean"):
        words = (module[:1000] + done.stderr[-1000:]).decode(errors="replace").strip()
        raise JudgeBroken(f"The Lean checker does not compile: {words!r}.")
    return module


def _kept(path: Path, content: bytes) -> Path:
    """``path`` with this content. Another process may start from it just now, so it is written beside and renamed."""
    try:
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, temporary = tempfile.mkstemp(dir=path.parent)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            Path(temporary).chmod(0o644)
            Path(temporary).replace(path)
    except OSError as error:
        raise JudgeBroken(
            f"The Lean checker cannot be kept in {path.parent}: {error.strerror}. Make room there, or let us write there."
        ) from error
    return path
