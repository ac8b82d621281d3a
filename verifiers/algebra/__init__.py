"""Claims with letters: identities, equations, substitutions and solutions, in the light of the steps before."""

from collections.abc import Sequence

from verifiers.decision import Finding


def findings(problem: str, context: Sequence[str]) -> list[Finding]:
    """The algebraic claims of ``context[-1]``, decided."""
    return []
