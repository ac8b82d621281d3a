"""Claims with letters: identities, equations, substitutions and solutions, in the light of the steps before."""

import re
from collections.abc import Sequence
from functools import lru_cache

from verifiers.algebra.calculus import spoken
from verifiers.algebra.decide import decide
from verifiers.algebra.knowledge import Knowledge
from verifiers.algebra.readings import function_letters
from verifiers.algebra.remainders import remainders
from verifiers.algebra.statements import statements
from verifiers.decision import Finding

_WORDS = re.compile(r"\bremainder\b|\bderivative\b", re.IGNORECASE)
MAX_LINKS = 80  # decided in a step
MAX_STEPS = 150  # that are remembered
_RELATION = re.compile(r"[=<>≈≡≤≥≠]|\\(?:approx|equiv|[lg]eq?|[lg]t|neq?)(?![a-z])|\bequals\b")


def findings(problem: str, context: Sequence[str]) -> list[Finding]:
    """The algebraic claims of ``context[-1]``, decided."""
    step = context[-1]
    if not _RELATION.search(step) and not _WORDS.search(step):
        return []
    called = function_letters("\n".join((problem, *context[-MAX_STEPS:])))
    known = _known((problem, *context[-MAX_STEPS:-1]), called).copy()
    known.step = len(context) - 1
    found = remainders(step) + spoken(step, called, known)
    for written in statements(step, called):
        known.enter(written)
        statement = known.continued(written)
        for link in range(len(statement.relations)):
            start, end = written.sides[link].start, written.sides[link + 1].end
            found.append(Finding(step[start:end], start, end, decide(statement, link, known)))
            if len(found) >= MAX_LINKS:
                return found
        known.learn(statement, known.step)
    return found


@lru_cache(maxsize=16)
def _known(texts: tuple[str, ...], called: frozenset[str]) -> Knowledge:
    """What is known behind these texts; never to be changed. Each step of a solution is read once."""
    if not texts:
        return Knowledge()
    known = _known(texts[:-1], called).copy()
    known.step = len(texts) - 2
    for statement in statements(texts[-1], called):
        known.enter(statement)
        known.learn(known.continued(statement), known.step)
    return known
