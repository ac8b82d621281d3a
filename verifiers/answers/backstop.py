"""math-verify, for what our own reader does not know. Imports SymPy; only ever called in the killable worker."""

import logging
import re
from typing import Any

from verifiers.answers.clean import clean
from verifiers.answers.nodes import Node, has
from verifiers.decision import Decision

# Commands whose meaning math-verify knows and we do not; without one of them it may only guess.
_HIS = re.compile(
    r"\\(?:int|sum|prod|lim|frac\s*\{d|partial|lfloor|det|binom|log|sin|cos|tan|begin|cup|cap|setminus|in\b)"
)
_LARGE = re.compile(
    r"\d{7,}\s*!|\d{5,}\s*\}?\s*!|\^\s*\{?\s*\(?\d{4,}|\^[^^]*\^|\*\*|!\s*!|\d{40,}|isprime|__|lambda|import"
)


# What SymPy and math-verify raise on odd expressions; anything else is caught at the worker's boundary.
_ODD = (ValueError, TypeError, ArithmeticError, AttributeError, NotImplementedError, LookupError, RecursionError)


def judge(gold: str, pred: str) -> Decision:
    """What math-verify says of two answers; unknown where it cannot read one or may only have guessed."""
    import math_verify

    logging.getLogger("math_verify").setLevel(logging.CRITICAL)
    plain = [clean(text) for text in (gold, pred)]
    if any(_LARGE.search(text) for text in plain):
        return Decision("unknown", "too_large")
    try:
        left, right = (_parsed(math_verify, text) for text in plain)
        if not left or not right:
            return Decision("unknown", "unread" if left else "reference_unread")
        # Timeouts off: math-verify's use SIGALRM. Ours is the parent's SIGKILL.
        same = math_verify.verify(left, right, timeout_seconds=None, raise_on_error=True)
    except _ODD as error:
        return Decision("unknown", f"error:{type(error).__name__}")
    if same:
        return Decision("valid", "math_verify")
    if all(_HIS.search(text) for text in plain):
        return Decision("invalid", "math_verify", f"math-verify reads {str(left[0])[:200]} and {str(right[0])[:200]}")
    return Decision("unknown", "unread")


def _parsed(math_verify: Any, text: str) -> list[Any]:
    """What math-verify understood, without its string fall-backs."""
    found = math_verify.parse(f"${text}$", parsing_timeout=None, fallback_mode="no_fallback")
    return [item for item in found if not isinstance(item, str)]


def suspicious(gold: Node | None, pred: Node | None) -> bool:
    """Whether math-verify is known to be wrong on such a pair: one side words, lists, units or percents."""
    known = [node for node in (gold, pred) if node is not None]
    return any(has(node, "text", "list", "unit", "percent", "ratio") for node in known)
