"""Is a final answer the reference answer? Our own exact reading first, math-verify for what it does not know.

``equal`` decides one pair; ``quick`` is its first half, which needs no SymPy. Both are pure. Texts are bounded and
numbers are estimated before they are computed, but hostile ones can still take long in math-verify: call ``equal``
through a ``Panel``, whose workers can be killed.
"""

import re
from fractions import Fraction
from functools import lru_cache

from verifiers import exact
from verifiers.answers.clean import clean, depth, plain_words
from verifiers.answers.compare import decide
from verifiers.answers.extract import final_answer, stated
from verifiers.answers.nodes import Node, Undecided, Unread
from verifiers.answers.policy import DEFAULT, EqualPolicy
from verifiers.answers.reading import MAX_DEPTH, read
from verifiers.decision import Decision

MAX_ANSWER_CHARS = 20_000  # of the whole text; of the final answer in it, MAX_FINAL_CHARS
MAX_FINAL_CHARS = 2_500

# What our reading may have stopped at where math-verify knows more. Elsewhere it skips what it does not know.
_TRUSTED = re.compile(
    r"unread: (?:command|a / b c|environment|unexpected (?:\\begin|\|)|expected \}|argument|equations|inequalities|not_linear"
    r"|few_points|matrix|congruence|approximation)"
)
_PLAIN = re.compile(r"-?[0-9]{1,11}(?:\.[0-9]{1,3})?")  # too short for noise in the last digits
_CHOICE = re.compile(r"(?:\\(?:text|textbf|textrm|mathrm)\s*\{)?\s*\(([A-H])\)\s*\}?[\s:.]*(?=\S)")

__all__ = ["DEFAULT", "MAX_ANSWER_CHARS", "EqualPolicy", "equal", "final_answer", "load", "needs_backstop", "quick"]


def equal(gold: str, pred: str, policy: EqualPolicy = DEFAULT) -> Decision:
    """Valid, invalid, or unknown with a reason. Long texts count by the final answer that stands in them."""
    decision = quick(gold, pred, policy)
    if not needs_backstop(decision):
        return decision
    from verifiers.answers import backstop

    found = backstop.judge(final_answer(gold), final_answer(pred))
    return decision if found.outcome == "unknown" and found.reason != "too_large" else found


def needs_backstop(decision: Decision) -> bool:
    """Whether our own reading left the pair to math-verify."""
    return decision.outcome == "unknown" and _TRUSTED.match(decision.reason) is not None


@lru_cache(maxsize=1024)
def quick(gold: str, pred: str, policy: EqualPolicy = DEFAULT) -> Decision:
    """What our own reading says, without SymPy; ``unread`` where math-verify may know more."""
    if max(len(gold), len(pred)) > MAX_ANSWER_CHARS:
        return Decision("unknown", "too_long")
    if _PLAIN.fullmatch(gold) and _PLAIN.fullmatch(pred):
        same = Fraction(gold) == Fraction(pred)
        return Decision("valid", "equal") if same else Decision("invalid", "refuted", _evidence([gold, pred]))
    found = [stated(text) for text in (gold, pred)]
    decision = _compared([text for text, _ in found], policy)
    if decision.outcome == "invalid" and not all(sure for _, sure in found):
        return Decision("unknown", "no_stated_answer", decision.evidence)  # the last number of a text may be any number
    return decision


def _compared(texts: list[str], policy: EqualPolicy) -> Decision:
    """The decision on two final answers."""
    refused = _refused(texts)
    if refused:
        return Decision("unknown", refused)
    first, second = (clean(text) for text in texts)
    if not first or not second:
        return Decision("unknown", "empty")
    if _squeezed(first) == _squeezed(second):
        return Decision("valid", "same_text")
    return _by_reading([_beside(first, second), _beside(second, first)], policy)


def _refused(texts: list[str]) -> str | None:
    if any(len(text) > MAX_FINAL_CHARS for text in texts):
        return "too_long"
    return "too_deep" if any(depth(text) > MAX_DEPTH for text in texts) else None


def _beside(text: str, other: str) -> str:
    """``1000,99`` beside a decimal is one too: many languages write a comma there. ``(C) 42`` beside a letter is C."""
    comma = re.fullmatch(r"(\D*\d+),(\d{1,2}|\d{4,})([^\d,]*)", text)
    if comma and re.fullmatch(r"\D*\d+\.\d+[^\d,]*", other):
        return f"{comma[1]}.{comma[2]}{comma[3]}"
    choice = _CHOICE.match(text)
    return choice[1] if choice and re.fullmatch(r"\\(?:text|textbf)\{\(?[A-H]\)?\}|\(?[A-H]\)?", other) else text


def _squeezed(text: str) -> str:
    return re.sub(r"(?<!\d)\s+|\s+(?!\d)", "", text)


def _by_reading(texts: list[str], policy: EqualPolicy) -> Decision:
    try:
        gold, pred = (read(text) for text in texts)
    except Unread as error:
        return _unread(texts, str(error))
    except exact.TooLarge:
        return Decision("unknown", "too_large")
    except RecursionError:
        return Decision("unknown", "too_deep")
    try:
        same = decide(gold, pred, policy)
    except Undecided as error:
        return _undecided(gold, pred, str(error))
    except exact.TooLarge:
        return Decision("unknown", "too_large")
    except RecursionError:
        return Decision("unknown", "too_deep")
    return Decision("valid", "equal") if same else Decision("invalid", "refuted", _evidence(texts))


def _unread(texts: list[str], why: str) -> Decision:
    """Texts that are no mathematics to us: the same words are the same answer."""
    words = [plain_words(text) for text in texts]
    if words[0] and words[0] == words[1] and not re.search(r"[\d+\-*/^=<>]", "".join(texts)):
        return Decision("valid", "same_words")
    return Decision("unknown", f"unread: {why}"[:80])


def _undecided(gold: Node, pred: Node, reason: str) -> Decision:
    from verifiers.answers.backstop import suspicious

    his = reason in ("equations", "inequalities", "not_linear", "few_points", "matrix", "congruence")
    return Decision("unknown", f"unread: {reason}" if his and not suspicious(gold, pred) else reason)


def _evidence(texts: list[str]) -> str:
    return f"the reference is {clean(texts[0])[:200]}, the answer {clean(texts[1])[:200]}"


def load() -> None:
    """Imports math-verify and SymPy and builds their parser tables, once; about two seconds."""
    from verifiers.answers import backstop

    backstop.judge("x + 1", "x + 2")
    quick("x + 1", "1 + x")
