"""Why the text around a claim might mean something else than its bare formulas: words that suppose, test or dismiss."""

from verifiers import words
from verifiers.algebra.knowledge import SUPPOSING
from verifiers.algebra.statements import Statement
from verifiers.algebra.terms import names

_DOUBT = (
    words.DOUBT | SUPPOSING | {"should", "would", "need", "want", "cannot", "contradictory", "modulo", "mod", "base"}
)
_OTHER_BASES = frozenset("logarithm logarithms log triangle cone pyramid prism".split())
_DENIED = frozenset({"impossible", "contradiction", "false", "not", "wrong", "incorrect"})
_DISMISSING = frozenset(
    """impossible contradiction contradictions contradicts contradicting contradictory absurd extraneous incorrect false
    invalid cannot can't isn't doesn't inconsistent fails mistake error""".split()
)
_NOT = frozenset(
    """true possible valid correct work hold satisfy satisfied satisfies solution equal root right consistent
    match""".split()
)


def doubts(statement: Statement, link: int) -> str | None:
    """Why a difference between the sides need not be an error, or ``None``."""
    sides = statement.sides[link : link + 2]
    if any(side.doubt == "label" for side in sides):
        return "label"
    if any(side.doubt for side in sides):
        return "units"
    before, after = set(statement.before), statement.after
    spelled = any("base" in names(side.term) for side in sides if side.term)
    doubting = _DOUBT - {"base"} if spelled or before & _OTHER_BASES else _DOUBT
    if statement.asked or doubting & before or _DENIED & set(after) or is_dismissed(statement):
        return "supposed"
    last = link + 1 == len(statement.relations)
    if last and after and after[0] in words.SCALING | words.MATH - {"and", "over"}:
        return "context"
    if (
        link == 0
        and not statement.math
        and before & words.REACHING | (words.MATH - {"and"}) & set(statement.before[:1])
    ):
        return "context"
    return None


def is_dismissed(statement: Statement) -> bool:
    """Whether the words behind say that what was written cannot be: it was a trial."""
    later = statement.later[:14]
    if _DISMISSING & set(later):
        return True
    return any(word == "not" and _NOT & set(later[i + 1 : i + 5]) for i, word in enumerate(later))
