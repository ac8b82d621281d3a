"""Claims with letters: identities, equations, substitutions and solutions, in the light of the steps before."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from verifiers.algebra.calculus import spoken
from verifiers.algebra.decide import decide
from verifiers.algebra.knowledge import Knowledge
from verifiers.algebra.readings import function_letters
from verifiers.algebra.remainders import remainders
from verifiers.algebra.statements import Statement, statements
from verifiers.algebra.terms import Term
from verifiers.decision import Finding

_WORDS = re.compile(r"\bremainder\b|\bderivative\b", re.IGNORECASE)
MAX_LINKS = 80  # decided in a step
MAX_STEPS = 150  # that are remembered
_RELATION = re.compile(r"[=<>≈≡≤≥≠]|\\(?:approx|equiv|[lg]eq?|[lg]t|neq?)(?![a-z])|\bequals\b")


@dataclass(frozen=True, slots=True)
class Link:
    """``statement.sides[at]`` and the next side stand in ``step[start:end]``; ``known`` is what is known at that place,
    and grows when the next statement is taken."""

    statement: Statement
    at: int
    known: Knowledge
    start: int
    end: int

    @property
    def sides(self) -> tuple[Term | None, Term | None]:
        return self.statement.sides[self.at].term, self.statement.sides[self.at + 1].term


def findings(problem: str, context: Sequence[str]) -> list[Finding]:
    """The algebraic claims of ``context[-1]``, decided."""
    step = context[-1]
    if not _may_claim(step):
        return []
    called, known = _background(problem, context)
    found = remainders(step) + spoken(step, called, known)
    for link in islice(_links(step, called, known), max(0, MAX_LINKS - len(found))):
        decision = decide(link.statement, link.at, link.known)
        found.append(Finding(step[link.start : link.end], link.start, link.end, decision))
    return found


def links(problem: str, context: Sequence[str]) -> Iterator[Link]:
    """The links of ``context[-1]`` as they are read, undecided. To be used one by one."""
    if _may_claim(context[-1]):
        yield from islice(_links(context[-1], *_background(problem, context)), MAX_LINKS)


def _may_claim(step: str) -> bool:
    return bool(_RELATION.search(step) or _WORDS.search(step))


def _background(problem: str, context: Sequence[str]) -> tuple[frozenset[str], Knowledge]:
    """The letters that are called, and what is known before the last step; the caller's own."""
    called = function_letters("\n".join((problem, *context[-MAX_STEPS:])))
    known = _known((problem, *context[-MAX_STEPS:-1]), called).copy()
    known.step = len(context) - 1
    return called, known


def _links(step: str, called: frozenset[str], known: Knowledge) -> Iterator[Link]:
    for written in statements(step, called):
        known.enter(written)
        statement = known.continued(written)
        for at in range(len(statement.relations)):
            yield Link(statement, at, known, written.sides[at].start, written.sides[at + 1].end)
        known.learn(statement, known.step)


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
