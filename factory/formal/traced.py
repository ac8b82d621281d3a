"""A traced proof: a Lean text, and what each of its tactics did to the goals."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from schemas import LeanVerdict, ProofStep


class NoProof(Exception):
    """A row or text that gives no traced proof: caught where rows are read, and written down as a ``Reject``."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class TracedProof:
    """``text`` is what the steps' ``start`` and ``end`` count in. Where the source of the proof is at hand it is that
    source, and ``whole`` is true; else it is the tactics alone, one below the other, and nothing can check it."""

    name: str  # full name of the theorem, or where the proof was found
    statement: str | None  # as a source wrote it, up to the proof; for ``challenge``/``solution`` the challenge
    challenge: (
        str | None
    )  # a source with ``sorry`` whose statement ``text`` has to prove; None: ``text`` is a whole file
    text: str
    whole: bool
    steps: tuple[ProofStep, ...]  # by start; a step that holds others stands before them
    place: str  # file and commit, as the data set says
    source: str  # data set or file name
    licence: str | None

    def outer(self) -> Iterator[ProofStep]:
        """The steps that stand in no other step: run one after the other they are the proof."""
        end = -1
        for step in self.steps:
            if step.start >= end:
                end = step.end
                yield step

    def connected(self) -> bool:
        """Whether the outer steps are one proof: each starts from the first goal still open, and none is left."""
        goals: tuple[str, ...] | None = None
        for step in self.outer():
            if goals is not None and goals[:1] != step.before[:1]:
                return False
            goals = step.after if goals is None or len(step.before) > 1 else (*step.after, *goals[1:])
        return goals == ()


def from_verdict(text: str, verdict: LeanVerdict, challenge: str | None, name: str, source: str) -> TracedProof:
    """The proof that ``verdict`` speaks of, ``text`` being the file or the solution that was judged. Raises ``NoProof``:
    "not_accepted", "undecided", "no_tactics" (a term is no chain of moves)."""
    if verdict.accepted is None:
        raise NoProof("undecided", f"{verdict.reason or 'unknown'}: {verdict.detail or ''}".rstrip(": "))
    if not verdict.accepted:
        raise NoProof("not_accepted", f"{verdict.reason or 'unknown'}: {verdict.detail or ''}".rstrip(": "))
    steps = in_order(verdict.steps)
    if not steps:
        raise NoProof("no_tactics", "the text holds no tactic: nothing to tell step by step")
    if not all(0 <= step.start <= step.end <= len(text) for step in steps):
        raise NoProof("bad_span", "a step stands outside of the text")
    return TracedProof(name, challenge, challenge, text, True, steps, "", source, None)


def in_order(steps: Iterable[ProofStep]) -> tuple[ProofStep, ...]:
    """By place, what holds another before it; of several at one place the one that says most, the innermost."""
    ordered = sorted(steps, key=lambda step: (step.start, -step.end))
    return tuple(
        step for step, after in pairwise([*ordered, None]) if step and (not after or step.start != after.start)
    )


_OPEN, _CLOSE = "([{⟨", ")]}⟩"


def without_proof(code: str) -> str:
    """A declaration up to the ``:=``, or the first ``|`` of its equations, that begins its proof."""
    depth = 0
    for at, char in enumerate(code):
        depth += (char in _OPEN) - (char in _CLOSE)
        if depth == 0 and (code.startswith(":=", at) or (char == "|" and code[:at].rpartition("\n")[2].isspace())):
            return code[:at].rstrip()
    return code.rstrip()
