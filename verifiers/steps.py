"""The ``sympy`` judge's door: every claim of a step, read in the light of the problem and of the steps before it."""

from collections.abc import Callable, Sequence

from verifiers import algebra, arithmetic, quantities, wording
from verifiers.decision import Finding

READERS: tuple[Callable[[str, Sequence[str]], list[Finding]], ...] = (
    arithmetic.findings,
    quantities.findings,
    wording.findings,
    algebra.findings,
)


def judge(problem: str, context: Sequence[str]) -> Finding | None:
    """The telling claim of ``context[-1]``: its first invalid one, else its first valid, else its first undecided;
    ``None`` without any claim. ``problem`` is the statement, the rest of ``context`` the steps before."""
    found = sorted(findings(problem, context), key=lambda each: (each.start, each.end))
    for outcome in ("invalid", "valid", "unknown"):
        for finding in found:
            if finding.decision.outcome == outcome:
                return finding
    return None


def findings(problem: str, context: Sequence[str]) -> list[Finding]:
    """Every claim of the last step with its decision, reader by reader. Spans count in that step."""
    return [finding for reader in READERS for finding in reader(problem, context)]
