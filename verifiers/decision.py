"""What a judge finds, before it becomes a ``schemas.Verdict``."""

from dataclasses import dataclass
from typing import Literal


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
