"""Rows of the Lean corpora: cheats that must never be accepted, honest proofs that must be, proofs broken at a step."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from verifiers.lean import LeanRequest, file_request, proof_request, tactics_request

Mode = Literal["proof", "file", "tactics"]

HERE = Path(__file__).parent
FALSE = "theorem t : (2 : Nat) + 2 = 5 := by sorry"  # no honest proof exists
TRUE = "theorem t (a b : Nat) : a + b = b + a := by sorry"


@dataclass(frozen=True, slots=True)
class Cheat:
    """What a judge that looks for "no error and no ``sorry``" may take for a proof of ``challenge``.

    ``text`` is a whole file in mode "file", where ``challenge`` is "", and the solution in mode "proof"; in mode
    "tactics" the proof is ``steps``. ``naive_accepts``: what that judge said of it, a plain Lean 4.28 with core
    libraries; None where it was not asked, said nothing in 15 seconds, or died of it.
    """

    name: str
    kind: str
    why: str
    mode: Mode
    challenge: str = ""
    text: str = ""
    steps: tuple[str, ...] = ()
    naive_accepts: bool | None = None

    def request(self) -> LeanRequest:
        """How it is put to the judge."""
        if self.mode == "file":
            return file_request(self.text)
        return _request(self.challenge, self.text, self.steps if self.mode == "tactics" else None)


@dataclass(frozen=True, slots=True)
class Honest:
    """A proof that must be accepted; ``steps`` instead of ``solution`` where it is given tactic by tactic."""

    name: str
    challenge: str
    solution: str = ""
    steps: tuple[str, ...] = ()

    def request(self) -> LeanRequest:
        """How it is put to the judge."""
        return _request(self.challenge, self.solution, self.steps or None)


@dataclass(frozen=True, slots=True)
class Mutation:
    """A whole file with one broken step: the tactic at ``first_error`` (characters: start, end) is the first wrong one.

    Lean itself objects to every one of these files.
    """

    id: str
    code: str
    first_error: tuple[int, int]
    mutator: str


def cheats(name: str) -> Iterator[Cheat]:
    """The rows of ``cheats/<name>.jsonl``."""
    for row in _rows(HERE / "cheats" / f"{name}.jsonl"):
        text = row.pop("code", "") or row.pop("solution", "")
        yield Cheat(**{**row, "steps": tuple(row.get("steps", ()))}, text=text)


def honest() -> list[Honest]:
    """All honest rows, in the order of their files' names."""
    found = [row for path in sorted((HERE / "honest").glob("*.jsonl")) for row in _rows(path)]
    return [Honest(**{**row, "steps": tuple(row.get("steps", ()))}) for row in found]


def mutations() -> list[Mutation]:
    """All rows that ``mutators.py`` made and Lean objected to."""
    return [
        Mutation(row["id"], row["code"], (row["first_error_offset"][0], row["first_error_offset"][1]), row["mutator"])
        for row in _rows(HERE / "mutations" / "mutations.jsonl")
    ]


def _request(challenge: str, solution: str, steps: tuple[str, ...] | None) -> LeanRequest:
    return proof_request(challenge, solution) if steps is None else tactics_request(challenge, steps)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)
