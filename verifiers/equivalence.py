"""Is a final answer the reference answer? Our exact fast path first, math-verify for the rest. Runs in the worker.

Known to be lenient in this version: a percent mark or a unit that only one side has is ignored.
"""

import logging
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from verifiers import exact
from verifiers.decision import Decision
from verifiers.grammar import parse
from verifiers.terms import Term, has
from verifiers.tokens import Tok, scan
from verifiers.words import unit

NAME = "answer"
VERSION = "1"
MAX_ANSWER_CHARS = 2_000
MAX_DEPTH = 50  # of brackets; deeper texts overflow parsers' stacks

_WRAPPERS = (("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]"), ("**", "**"))
_SPACES = re.compile(r"(?:\s|\\[,;:! ]|~|\\q?quad\b)+")


@dataclass(frozen=True, slots=True)
class _Quantity:
    """A rational number with its unit words (singular); ``percent`` if marked so, ``value`` the number before it."""

    value: Fraction
    units: frozenset[str]
    percent: bool
    factorial: bool  # or an exclamation mark


def equal(gold: str, pred: str) -> Decision:
    """Valid, invalid, or unknown with a reason. May take for ever or raise on hostile text: the caller is killable."""
    if depth(pred) > MAX_DEPTH:
        return Decision("unknown", "too_deep")
    plain_gold, plain_pred = normalise(gold), normalise(pred)
    if not plain_pred:
        return Decision("unknown", "empty")
    if _key(plain_gold) == _key(plain_pred):
        return Decision("valid", "same_text")
    try:
        left, right = _quantity(plain_gold), _quantity(plain_pred)
    except exact.TooLarge:
        return Decision("unknown", "too_large")
    if left is not None and right is not None:
        return _compare(left, right)
    if _counts(plain_pred) != _counts(plain_gold):
        return Decision("unknown", "several_answers")
    if _bracket(plain_gold) and _bracket(plain_pred) and _bracket(plain_gold) != _bracket(plain_pred):
        return Decision("unknown", "order")
    if _is_words(plain_pred) != _is_words(plain_gold):
        return Decision("unknown", "words")
    return _by_math_verify(plain_gold, plain_pred)


def normalise(text: str) -> str:
    """The bare answer: no maths delimiters, ``\\boxed{}``, final period or doubled spaces."""
    text = _SPACES.sub(" ", text).strip()
    while True:
        before = text
        text = text.rstrip(".;, ").strip()
        for opening, closing in _WRAPPERS:
            inner = text[len(opening) : -len(closing)]
            if text.startswith(opening) and text.endswith(closing) and len(text) > 2 and opening not in inner:
                text = inner.strip()
        match = re.fullmatch(r"\\(?:boxed|fbox|text|mathrm|textbf|mathbf)\s*\{(.*)\}", text, re.DOTALL)
        if match and _balanced(match.group(1)):
            text = match.group(1).strip()
        if text == before:
            return text


def depth(text: str) -> int:
    """How deep brackets of any kind nest, unmatched ones included."""
    level = deepest = 0
    for char in text:
        level = max(0, level + (char in "([{") - (char in ")]}"))
        deepest = max(deepest, level)
    return deepest


def _balanced(text: str) -> bool:
    level = 0
    for char in text:
        level += (char == "{") - (char == "}")
        if level < 0:
            return False
    return level == 0


def _key(text: str) -> str:
    return (
        re.sub(r"\s+|\\left|\\right|\\!", "", text).replace(r"\dfrac", r"\frac").replace(r"\tfrac", r"\frac").casefold()
    )


def _quantity(text: str) -> _Quantity | None:
    """The rational number, perhaps with a unit, that the whole text spells. Raises ``exact.TooLarge``."""
    toks = scan(text, 0, len(text))
    number = [tok for tok in toks if tok.kind not in ("WORD", "UNIT", "MONEY", "PUNCT")]
    term: Term | None = parse(number)
    if term is None or not _only_units_around(toks, number):
        return None
    try:
        value = exact.value(term, "plain")
    except (exact.NotRational, exact.Undefined):
        return None
    names = [unit(word) for tok in toks if tok.kind in ("WORD", "UNIT") for word in re.findall(r"[^\W\d_]+", tok.text)]
    return _Quantity(value, frozenset(names), has(term, "percent"), has(term, "fact"))


def _only_units_around(toks: list[Tok], number: list[Tok]) -> bool:
    """Whether words stand only behind the number, as units do, and are at most three of a unit's shape."""
    after = toks[toks.index(number[-1]) + 1 :]
    before = [tok for tok in toks[: -len(after) or None] if tok.kind in ("WORD", "UNIT", "PUNCT")]
    words = [tok for tok in after if tok.kind in ("WORD", "UNIT")]
    shaped = all(_is_unit_shaped(tok) for tok in words)
    return not before and len(words) <= 3 and shaped and all(tok.kind != "PUNCT" for tok in after)


def _is_unit_shaped(tok: Tok) -> bool:
    """``5 m`` has a unit, ``5m`` and ``5 x`` may have a variable."""
    return tok.text.lower() not in ("or", "and") and (len(tok.text) > 1 or (tok.text in "mglLsh" and not tok.glued))


def _compare(gold: _Quantity, pred: _Quantity) -> Decision:
    if gold.units and pred.units and gold.units != pred.units:
        return Decision("unknown", "units")
    evidence = f"the reference is {exact.show(gold.value)}, the answer {exact.show(pred.value)}"
    if gold.value == pred.value:
        return Decision("valid", "exact")
    scaled = [item.value / 100 if item.percent else item.value for item in (gold, pred)]
    if gold.percent != pred.percent and scaled[0] == scaled[1]:
        return Decision("valid", "exact")
    if gold.factorial != pred.factorial:
        return Decision("unknown", "factorial?")
    return Decision("invalid", "refuted", evidence)


def _counts(text: str) -> int:
    """How many alternatives the text offers."""
    return len(re.findall(r"\bor\b", text))


def _is_words(text: str) -> bool:
    """Words only, which math-verify would read as a product of letters."""
    return re.fullmatch(r"[^\W\d_]{3,}(?:[\s-]+[^\W\d_]+)*", text) is not None


def _bracket(text: str) -> str:
    """``(`` of a tuple, ``{`` of a set, or nothing: only lists, so only with a comma."""
    text = text.replace(r"\left", "").strip()
    if "," not in text:
        return ""
    return "{" if text.startswith(r"\{") else "(" if text[0] in "([" else ""


def _by_math_verify(gold: str, pred: str) -> Decision:
    import math_verify

    logging.getLogger("math_verify").setLevel(logging.CRITICAL)
    left, right = _parsed(math_verify, gold), _parsed(math_verify, pred)
    if not left or not right:
        return Decision("unknown", "unparsed" if left else "reference_unparsed")
    # Timeouts off: math-verify's use SIGALRM. Ours is the parent's SIGKILL.
    same = math_verify.verify(left, right, timeout_seconds=None, raise_on_error=True)
    if same:
        return Decision("valid", "math_verify")
    return Decision("invalid", "math_verify", f"math-verify reads {str(left[0])[:200]} and {str(right[0])[:200]}")


def _parsed(math_verify: Any, text: str) -> list[Any]:
    """What math-verify understood, without its string fall-backs."""
    wrapped = text if "$" in text else f"${text}$"
    found = math_verify.parse(wrapped, parsing_timeout=None, fallback_mode="no_fallback")
    if not found:
        found = math_verify.parse(text, parsing_timeout=None, fallback_mode="no_fallback")
    return [item for item in found if not isinstance(item, str)]
