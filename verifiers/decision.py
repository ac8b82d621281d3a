"""What a judge finds, before it becomes a ``schemas.Verdict``."""

from dataclasses import dataclass
from typing import Any, Literal

MAX_FIELD_CHARS = 500


@dataclass(frozen=True, slots=True)
class Decision:
    """``reason`` says why unknown, or by what a claim was decided; ``evidence`` names the computed and stated value."""

    outcome: Literal["valid", "invalid", "unknown"]
    reason: str
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A decision on the claim that stands in ``step[start:end]``."""

    text: str
    start: int
    end: int
    decision: Decision


def plain(
    judge: str, decision: Decision, claim: str | None = None, span: tuple[int, int] | None = None
) -> dict[str, Any]:
    """A ``schemas.Verdict`` as plain data, every text bounded; the judge's version is the panel's to add."""
    return {
        "outcome": decision.outcome,
        "judge": judge,
        "reason": decision.reason,
        "claim": claim and claim[:MAX_FIELD_CHARS],
        "start": span and span[0],
        "end": span and span[1],
        "evidence": decision.evidence and decision.evidence[:MAX_FIELD_CHARS],
    }
