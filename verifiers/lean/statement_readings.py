"""What the readers of the ``sympy`` judge read in a step, as statements for Lean. Their reading is used, no decision.

Each claim becomes a statement that holds where the claim does, under one of its fair readings, and one that holds where
it is wrong under all of them, by more than any rounding. Where the words around allow no refutation there is no second.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from verifiers import algebra, claims
from verifiers.lean.statement_algebra import of_link
from verifiers.lean.statement_numbers import Read, of_claim
from verifiers.lean.statement_terms import Unstatable
from verifiers.lean.statements import MAX_CHARS, spell

MAX_CLAIMS = 24  # of a step

Source = TypeVar("Source")


@dataclass(frozen=True, slots=True)
class Stated:
    """The claim in ``step[start:end]``. Lean is to prove one of ``holds`` or, after them, ``fails``; ``reason`` says why
    there is none of either, or what is to be said where none is proved."""

    text: str
    start: int
    end: int
    holds: tuple[str, ...]
    fails: str | None
    reason: str


def stated(problem: str, context: Sequence[str]) -> list[Stated]:
    """The claims of ``context[-1]`` by their place, at most ``MAX_CLAIMS``. ``problem`` is the statement, the rest of
    ``context`` the steps before."""
    step = context[-1]
    found = [_stated(step, claim.start, claim.end, _read(of_claim, claim)) for claim in claims.extract(step)]
    for link in algebra.links(problem, context):
        found.append(_stated(step, link.start, link.end, _read(of_link, link)))
    return sorted(found, key=lambda each: (each.start, each.end))[:MAX_CLAIMS]


def _read(read: Callable[[Source], Read], source: Source) -> Read:
    try:
        return read(source)
    except Unstatable as error:
        return Read((), None, error.reason)


def _stated(step: str, start: int, end: int, read: Read) -> Stated:
    """The statements spelled, without those that are too long."""
    holds = tuple(text for prop in read.holds if len(text := spell(prop)) <= MAX_CHARS)
    fails = spell(read.fails) if read.fails else ""
    reason = "too_large" if read.holds and not holds else read.reason
    return Stated(step[start:end], start, end, holds, fails if 0 < len(fails) <= MAX_CHARS else None, reason)
