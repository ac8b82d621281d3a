"""The many spellings of one mathematical text made one. Pure text to text; nothing is evaluated."""

import re
import unicodedata
from functools import lru_cache
from typing import Any

_UNICODE = {
    **dict.fromkeys("−–—﹣", "-"), "×": r"\times ", "·": r"\cdot ", "⋅": r"\cdot ", "∙": r"\cdot ", "÷": r"\div ",
    "√": r"\sqrt ", "π": r"\pi ", "∞": r"\infty ", "≤": r"\le ", "≥": r"\ge ", "≠": r"\ne ", "≈": r"\approx ",
    "∪": r"\cup ", "∩": r"\cap ", "∈": r"\in ", "∅": r"\emptyset ", "±": r"\pm ", "∓": r"\mp ", "°": r"^\circ ",
    "º": r"^\circ ", "²": "^{2}", "³": "^{3}", "½": r"\frac{1}{2}", "¼": r"\frac{1}{4}", "¾": r"\frac{3}{4}",
    "⅓": r"\frac{1}{3}", "⅔": r"\frac{2}{3}", "ℝ": r"\mathbb{R}", "θ": r"\theta ", "α": r"\alpha ", "β": r"\beta ",
    "∠": r"\angle ", "∖": r"\setminus ", "⁄": "/", "∶": ":", "’": "'", "“": '"', "”": '"', "…": r"\ldots ",
}  # fmt: skip
_TABLE = str.maketrans(_UNICODE)
_WRAPPERS = (("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]"), ("**", "**"), ("`", "`"), ('"', '"'))
_BOX = re.compile(r"\\(?:boxed|fbox)\s*\{")
_DELIMITERS = {
    r"\lbrace": r"\{", r"\rbrace": r"\}", r"\lvert": "|", r"\rvert": "|", r"\lVert": "|", r"\rVert": "|",
    r"\lbrack": "[", r"\rbrack": "]",
}  # fmt: skip


def _delimiter(match: re.Match[str]) -> str:
    return _DELIMITERS[match[0]]


def _compiled(*rules: tuple[str, Any]) -> tuple[tuple[re.Pattern[str], Any], ...]:
    return tuple((re.compile(pattern), replacement) for pattern, replacement in rules)


_COMMANDS = _compiled(
    (r"(?<!\\)\\n(?![A-Za-z])", " "),
    (r"\\(?:left|right|[bB]igg?[lrm]?|displaystyle|textstyle|limits|nolimits)(?![A-Za-z])\.?", ""),
    (r",\\!\s*(?=\d{3})", ","),
    (r"(?<=\d)(?:\\,|\\ |\\;)(?=\d{3}(?!\d))", ","),
    (r"\\!", ""),
    (r"\\q?quad|(?<!\\)\\[,;:> ]|\\phantom\{[^{}]*\}", " "),
    (r"\\[dtc]frac", r"\\frac"),
    (r"\\(?:d|t)binom", r"\\binom"),
    (r"\\(?:mathbf|mathrm|mathit|boldsymbol|bm)\s+([A-Za-z])(?![A-Za-z])", r" \1"),
    (r"\\(?:boldsymbol|bm|pmb)(?=\s*\{)", r"\\mathbf"),
    (r"\\(?:lbrace|lvert|rvert|lVert|rVert|rbrace|lbrack|rbrack)(?![A-Za-z])", _delimiter),
    (r"\^\s*\{\s*\\(?:circ|degree)\s*\}|\^\s*\\circ\b|\\degree\b", r"\\degrees "),
    (r"\\begin\{(?:align|equation|gather)\*?\}|\\end\{(?:align|equation|gather)\*?\}|\\label\{[^{}]*\}", " "),
)
_SUBSTITUTIONS = _compiled(
    (r"(?<=\d)\{,\}(?=\d)", ","),
    (r"(?<=\d)[~ ](?=\d{3}(?!\d))", ","),
    (r"(?<=\d)(?:\^\{?\s*\\(?:text|mathrm|textrm)\s*\{(?:st|nd|rd|th)\}\s*\}?|(?:st|nd|rd|th)(?![A-Za-z]))", ""),
    (r"\b([AaPp])\.\s?[Mm]\b\.?", r"\1m"),
    (r"[\s~]+", " "),
    (r"^ ?=(?!=)", ""),
)


@lru_cache(maxsize=1024)
def clean(text: str) -> str:
    """The answer without maths delimiters, boxes, spacing commands and final punctuation, in plain ASCII LaTeX."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(_TABLE))
    if "\\" in text:
        text = _single_backslashes(text)
        for pattern, replacement in _COMMANDS:
            text = pattern.sub(replacement, text)
    for pattern, replacement in _SUBSTITUTIONS:
        text = pattern.sub(replacement, text)
    text = unwrap(text)
    if "$" in text:
        text = _without_delimiters(text)
    return unwrap(text)


def unwrap(text: str) -> str:
    """Without the delimiters, boxes and punctuation around the whole text."""
    while True:
        before = text
        text = text.strip().rstrip(".;,。，、 \n")
        if text.endswith("\\\\"):
            text = text[:-2]
        for opening, closing in _WRAPPERS if text and not text[0].isalnum() else ():
            inner = text[len(opening) : -len(closing)]
            if text.startswith(opening) and text.endswith(closing) and len(text) > 2 and opening not in inner:
                text = inner.strip()
        match = _BOX.match(text) if text.startswith("\\") else None
        if match and closing_brace(text, match.end() - 1) == len(text) - 1:
            text = text[match.end() : -1].strip()
        if text.startswith("{") and not re.search("[,;]", text) and closing_brace(text, 0) == len(text) - 1:
            text = text[1:-1].strip()
        if text == before:
            return text


def closing_brace(text: str, opening: int) -> int:
    """The index of the brace that closes the one at ``opening``, or -1."""
    level = 0
    for i in range(opening, len(text)):
        if text[i] in "{}" and (i == 0 or text[i - 1] != "\\"):
            level += 1 if text[i] == "{" else -1
            if level == 0:
                return i
    return -1


def _without_delimiters(text: str) -> str:
    """Dollar signs that are currency (before a digit, and unpaired or escaped) stay, as ``\\$``; the others go."""
    marks = len(re.findall(r"(?<!\\)\$", text))
    if marks == 1:
        return re.sub(r"(?<!\\)\$", r"\\$", text)
    return re.sub(r"(?<!\\)\$", " ", text)


def _single_backslashes(text: str) -> str:
    """Undoes double escaping (``\\\\\\\\frac``) where every command of the text shows it."""
    runs = [len(run) for run in re.findall(r"(\\+)(?=[A-Za-z(\[])", text)]
    return text.replace("\\\\", "\\") if runs and all(run == 2 for run in runs) else text


def depth(text: str) -> int:
    """How deep brackets of any kind nest, unmatched ones included."""
    level = deepest = 0
    for char in text:
        level = max(0, level + (char in "([{") - (char in ")]}"))
        deepest = max(deepest, level)
    return deepest


def plain_words(text: str) -> str:
    """The text as words alone, for comparing names and sentences: lower case, no markup, no articles."""
    text = re.sub(r"\\(?:text|mathrm|textbf|textit|mbox|textrm|textnormal|mathbf|mathit)\s*\{([^{}]*)\}", r" \1 ", text)
    words: list[str] = re.findall(r"\w+", text.casefold())
    return " ".join(word for word in words if word not in ("the", "a", "an"))
