"""The second, independent judge of claims in mathematical steps: what the readers read, proved or refuted by Lean.

The untrusted text is read in a worker process (``read``). What comes back are statements of our own printer, checked
to be such once more before Lean sees them (``settle``). Proved: valid; its refutation proved: invalid; else unknown.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any, Literal, Protocol

from schemas import LeanVerdict
from verifiers import names
from verifiers.decision import Decision, plain
from verifiers.lean.requests import LeanRequest, tactics_request
from verifiers.lean.statement_readings import stated
from verifiers.lean.statements import is_ours, tactic

Item = dict[str, Any]
Outcome = Literal["valid", "invalid"]


class Prover(Protocol):
    """What a ``LeanPool`` offers."""

    async def ajudge(self, requests: Iterable[LeanRequest]) -> list[LeanVerdict]:
        """One verdict per request, in order. Raises ``JudgeBroken``."""


def read(problem: str, steps: Sequence[str]) -> Item | None:
    """In a worker: the claims of the last step as plain data, ``None`` without any."""
    found = stated(problem, steps)
    return {"claims": [asdict(each) for each in found]} if found else None


async def settle(replies: Sequence[Item], lean: Prover) -> list[Item]:
    """The verdict of each step on which ``read`` replied, as plain data: its first invalid claim, else its first valid,
    else its first undecided one. Raises ``JudgeBroken``."""
    steps = [[_Claim(each) for each in reply["claims"]] for reply in replies]
    await _prove([claim for claims in steps for claim in claims], lean)
    return [_telling(claims) for claims in steps]


class _Claim:
    """A claim that is being settled: what is left to try, and what was said of what was tried."""

    def __init__(self, claim: Item) -> None:
        tries: list[tuple[Outcome, str]] = [("valid", text) for text in claim["holds"]]
        if claim["fails"]:
            tries.append(("invalid", claim["fails"]))
        self.tries = [each for each in tries if is_ours(each[1])]
        self.text, self.span = claim["text"], (claim["start"], claim["end"])
        self.decision = Decision("unknown", claim["reason"])

    def hear(self, verdict: LeanVerdict) -> None:
        """What Lean says of the first of the tries, which is then over."""
        outcome, text = self.tries.pop(0)
        if verdict.accepted:
            self.tries.clear()
            axioms = ", ".join(verdict.axioms) or "none"
            self.decision = Decision(
                outcome, "proved", f"theorem claim : {text} := by {tactic(text)}; axioms: {axioms}"
            )
        elif verdict.accepted is None:
            self.decision = Decision("unknown", verdict.reason or "lean")


async def _prove(claims: Sequence[_Claim], lean: Prover) -> None:
    """Round by round: all next tries at once, each statement once. Few claims are left after the first round."""
    while open_ := [claim for claim in claims if claim.tries]:
        texts = list(dict.fromkeys(claim.tries[0][1] for claim in open_))
        verdicts = dict(zip(texts, await lean.ajudge(map(_request, texts)), strict=True))
        for claim in open_:
            claim.hear(verdicts[claim.tries[0][1]])


def _request(text: str) -> LeanRequest:
    return tactics_request(f"theorem claim : {text} := by sorry", [tactic(text)])


def _telling(claims: Sequence[_Claim]) -> Item:
    found = next(
        claim for outcome in ("invalid", "valid", "unknown") for claim in claims if claim.decision.outcome == outcome
    )
    return plain(names.LEAN, found.decision, found.text, found.span)
