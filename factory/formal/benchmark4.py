"""LeanDojo Benchmark 4 (Yang et al., arXiv 2306.15626; MIT): theorems with their traced tactics, read without Lean.

One JSON array of rows as in ``dojo_rows``; the ``lean-dojo`` sdist on PyPI carries it. It holds no source: statements stand
in ``corpus.jsonl`` beside it, and a tactic's place is not told.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from factory.formal.dojo_rows import Statements, proof_of
from factory.formal.traced import NoProof, TracedProof, without_proof
from factory.seeds.files import Found, read_file
from factory.seeds.raw import BadRow
from schemas import BadInput, Reject

NAME = "leandojo_benchmark_4"
LICENCE = "MIT"
RAW_CHARS = 64 << 10


def read_benchmark4(path: Path, corpus: Path | None = None) -> Iterator[TracedProof | Reject]:
    """Every row in order, a few in memory at a time; a row that holds no tactic proof is a ``Reject`` that says why.
    ``corpus``: where the statements are; None looks beside ``path`` and one folder up. Raises ``BadInput`` where the file
    cannot be read."""
    statements = read_corpus(corpus or _corpus_near(path))
    for found in read_file(path, {"traced_tactics"}):
        try:
            yield read_row(found, statements)
        except NoProof as error:
            yield reject(found, error)


def read_row(found: Found, statements: Statements) -> TracedProof:
    """The proof one element holds. Raises ``NoProof``."""
    if isinstance(found.value, BadRow):
        raise NoProof(found.value.reason, found.value.detail)
    if not isinstance(found.value, dict):
        raise NoProof("not_an_object", f"the row is a {type(found.value).__name__}, not an object")
    return proof_of(found.value, statements, NAME, LICENCE)


def reject(found: Found, error: NoProof) -> Reject:
    """The row that was not used, with the reason."""
    raw = found.raw if found.raw is not None else json.dumps(found.value, default=str)
    return Reject("seeds", found.key, error.reason, error.detail, raw[:RAW_CHARS])


# ---------------------------------------------------------------------------------------------- statements


def read_corpus(path: Path | None) -> dict[tuple[str, str], str]:
    """The statement of each theorem of ``corpus.jsonl`` by file and full name, without its proof; none without a file.
    Raises ``BadInput``."""
    statements: dict[tuple[str, str], str] = {}
    for found in read_file(path, set()) if path else ():
        if not isinstance(found.value, dict) or not isinstance(found.value.get("premises"), list):
            raise BadInput(f"{found.key} holds no premises: it is not the corpus.jsonl of LeanDojo Benchmark 4.")
        for premise in found.value["premises"]:
            place, name, code = str(found.value.get("path")), str(premise.get("full_name")), premise.get("code")
            if isinstance(code, str) and _THEOREM.search(code):
                statements[place, name] = without_proof(code)
    return statements


def _corpus_near(path: Path) -> Path | None:
    near = (folder / "corpus.jsonl" for folder in (path.parent, path.parent.parent))
    return next((each for each in near if each.is_file()), None)


_THEOREM = re.compile(r"\b(theorem|lemma)\b")
