"""Verdicts that are remembered, the latest used ones, up to a bound."""

from collections import OrderedDict

from schemas import LeanVerdict
from verifiers.lean.requests import Question

MAX_CHARS = 200_000_000  # of the texts of questions and verdicts, about as many bytes of memory


class Known:
    """A bounded memory. Not thread-safe."""

    def __init__(self, max_chars: int = MAX_CHARS) -> None:
        self._max_chars = max_chars
        self._verdicts: OrderedDict[Question, LeanVerdict] = OrderedDict()
        self._chars = 0

    def recall(self, question: Question) -> LeanVerdict | None:
        """The verdict on an equal question, which counts as used now."""
        verdict = self._verdicts.get(question)
        if verdict is not None:
            self._verdicts.move_to_end(question)
        return verdict

    def keep(self, question: Question, verdict: LeanVerdict) -> None:
        """Remembers a verdict on a question that is not known, and forgets the longest unused ones beyond the bound."""
        self._verdicts[question] = verdict
        self._chars += _size(question, verdict)
        while self._chars > self._max_chars:
            self._chars -= _size(*self._verdicts.popitem(last=False))


def _size(question: Question, verdict: LeanVerdict) -> int:
    steps = sum(len(step.text) + len(step.message or "") + _all(step.before + step.after) for step in verdict.steps)
    messages = sum(len(message.text) for message in verdict.messages)
    return 1_000 + question.size() + steps + messages + _all(verdict.goals + verdict.axioms) + len(verdict.detail or "")


def _all(texts: tuple[str, ...]) -> int:
    return sum(map(len, texts))
