"""Rows of the Lean corpora: cheats that must never be accepted, honest proofs that must be, proofs broken at a step."""

from dataclasses import dataclass
from typing import Literal

Mode = Literal["proof", "file", "tactics"]

FALSE = "theorem t : (2 : Nat) + 2 = 5 := by sorry"  # no honest proof exists
OPEN = "theorem t : ∀ a b c n : Nat, 0 < a → 0 < b → 2 < n → a ^ n + b ^ n ≠ c ^ n := by sorry"  # none for core Lean
TRUE = "theorem t (a b : Nat) : a + b = b + a := by sorry"


@dataclass(frozen=True, slots=True)
class Cheat:
    """Text that a judge which looks for "no error and no ``sorry``" may take for a proof of ``challenge``.

    ``challenge`` is "" in mode "file", where ``code`` is a whole file; in mode "tactics" the proof is ``steps``.
    """

    name: str
    kind: str
    why: str
    mode: Mode
    challenge: str
    code: str
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Honest:
    """A proof that must be accepted; ``steps`` instead of ``solution`` where it is given tactic by tactic."""

    name: str
    challenge: str
    solution: str
    steps: tuple[str, ...] = ()


def proof(name: str, kind: str, why: str, solution: str, challenge: str = FALSE) -> Cheat:
    """A cheat handed in as a challenge and a solution to it."""
    return Cheat(name, kind, why, "proof", challenge, solution)


def file(name: str, kind: str, why: str, code: str) -> Cheat:
    """A cheat handed in as a whole file."""
    return Cheat(name, kind, why, "file", "", code)


def tactics(name: str, kind: str, why: str, *steps: str, challenge: str = FALSE) -> Cheat:
    """A cheat handed in tactic by tactic."""
    return Cheat(name, kind, why, "tactics", challenge, "", steps)
