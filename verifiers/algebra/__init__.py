"""Claims with letters: identities, equations, substitutions and solutions, in the light of the steps before."""

import re
from collections.abc import Sequence

from verifiers.algebra.decide import decide
from verifiers.algebra.knowledge import Knowledge
from verifiers.algebra.readings import function_letters
from verifiers.algebra.statements import statements
from verifiers.decision import Finding

MAX_LINKS = 80
_RELATION = re.compile(r"=|≈|\\approx|\\equiv|≡|\bequals\b")


def findings(problem: str, context: Sequence[str]) -> list[Finding]:
    """The algebraic claims of ``context[-1]``, decided."""
    step = context[-1]
    if not _RELATION.search(step):
        return []
    called = function_letters("\n".join((problem, *context)))
    known = Knowledge()
    for number, text in enumerate((problem, *context[:-1])):
        for statement in statements(text, called):
            known.enter(statement)
            known.learn(statement, number - 1)
    found: list[Finding] = []
    for statement in statements(step, called):
        known.enter(statement)
        for link in range(len(statement.relations)):
            start, end = statement.sides[link].start, statement.sides[link + 1].end
            found.append(Finding(step[start:end], start, end, decide(statement, link, known)))
            if len(found) >= MAX_LINKS:
                return found
        known.learn(statement, len(context) - 1)
    return found
