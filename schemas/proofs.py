"""Formal proofs as records: what Lean says of a file, of a proof and of each of its tactic steps."""

from dataclasses import dataclass
from typing import Literal

from schemas.records import Outcome

Severity = Literal["error", "warning", "information"]


@dataclass(frozen=True, slots=True)
class LeanMessage:
    """What Lean printed about a place in the text it was given; lines from 1, columns (characters) from 0."""

    severity: Severity
    line: int
    column: int
    text: str


@dataclass(frozen=True, slots=True)
class ProofStep:
    """One tactic step. ``before`` and ``after`` are goals as Lean prints them (``h : p\\n⊢ q``), the main goal first."""

    text: str  # as it stands in the proof, without what follows it
    start: int  # where it stands in the text that was checked, in characters
    end: int
    kind: str  # the syntax kind Lean parsed: "Lean.Parser.Tactic.intro"; "" where it was not parsed
    outcome: Outcome  # unknown: it stands behind the first error, or time ran out
    reason: str | None  # "error", "unsolved_goals", "forbidden", "sorry"; "after_error", "timeout", ...
    message: str | None  # Lean's own words where it is invalid
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeanVerdict:
    """``accepted`` is None where nothing can be said (``reason``: "timeout", "memory", "worker_died", "too_long", ...).

    A proof is accepted when it compiles, leaves no goal and no ``sorry``, keeps to the allowed syntax, proves the
    challenge's own statement, adds no axiom, and the kernel agrees once more in an environment without the candidate.
    """

    accepted: bool | None
    reason: str | None  # why not, one word: "error", "sorry", "axiom", "forbidden", "statement", "kernel", ...
    detail: str | None  # what exactly: the forbidden syntax, the axiom's name, how the statement differs
    first_error: int | None  # index in ``steps``; None where there is no error or no step holds it
    steps: tuple[ProofStep, ...]
    goals: tuple[str, ...]  # still open at the end of a partial proof
    axioms: tuple[str, ...]  # that the proof rests on, from the environment, sorted
    messages: tuple[LeanMessage, ...]
    statement_hash: str | None  # of the elaborated statement
    lean: str  # version of Lean that said so; "" where none was asked
