"""The answer judge: ``verifiers.answers`` under the judge's name, as the panel and its workers call it."""

from verifiers import answers
from verifiers.answers import DEFAULT, MAX_ANSWER_CHARS, EqualPolicy, equal, needs_backstop, quick

NAME = "answer"
VERSION = "2"

__all__ = ["DEFAULT", "MAX_ANSWER_CHARS", "NAME", "VERSION", "EqualPolicy", "equal", "load", "needs_backstop", "quick"]


def load() -> None:
    """Imports math-verify and SymPy and builds their parser tables, once; about two seconds."""
    from verifiers.answers import backstop

    backstop.judge("x + 1", "x + 2")
    answers.quick("x + 1", "1 + x")
