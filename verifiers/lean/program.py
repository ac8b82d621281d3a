"""Our Lean program, put together from its parts."""

import hashlib
import os
import tempfile
from pathlib import Path

from schemas import JudgeBroken
from verifiers.lean.install import home

_PARTS = Path(__file__).with_name("checker")


def checker_source() -> str:
    """The parts of the checker in the order of their names, as one text."""
    return "\n".join(part.read_text(encoding="utf-8") for part in sorted(_PARTS.glob("*.lean")))


def checker_file(folder: Path | None = None) -> Path:
    """The checker as one file, named by its content, in ``folder`` (by default beside the installed Lean). Raises
    ``JudgeBroken`` where it cannot be written."""
    source = checker_source().encode()
    folder = folder or home().with_name("checker")
    path = folder / f"Checker-{hashlib.sha256(source).hexdigest()[:16]}.lean"
    try:
        if not path.exists() or path.read_bytes() != source:
            folder.mkdir(parents=True, exist_ok=True)
            descriptor, temporary = tempfile.mkstemp(dir=folder)
            with os.fdopen(descriptor, "wb") as file:
                file.write(source)
            Path(temporary).replace(path)  # at once: others may start from it just now
    except OSError as error:
        raise JudgeBroken(
            f"The Lean checker cannot be kept in {folder}: {error.strerror}. Free space there."
        ) from error
    return path
