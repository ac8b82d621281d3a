"""Untrusted text made fit to look at: no control character reaches a terminal or a page, and nothing runs on for ever."""

import unicodedata

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}  # controls, bidi and zero-width marks, surrogates, odd line ends
_KEPT = "\n\t"


def legible(text: str, limit: int) -> str:
    """``text`` with each invisible character as its code in brackets, cut at ``limit`` characters with the number of
    characters left out. Newlines and tabs stay; HTML is not escaped here."""
    cut = text if len(text) <= limit else text[:limit]
    shown = "".join(_visible(character) for character in cut.replace("\r\n", "\n"))
    return shown if len(text) <= limit else f"{shown}… [{len(text) - limit:,} more characters]"


def one_line(text: str, limit: int) -> str:
    """``legible`` text on one line of at most ``limit`` characters, an ellipsis last where it was cut: runs of white
    space are one space."""
    head = text[: 4 * limit]
    line = " ".join("".join(map(_visible, head)).split())
    return line if len(line) <= limit and len(head) == len(text) else line[: limit - 1] + "…"


def _visible(character: str) -> str:
    if character in _KEPT or unicodedata.category(character) not in _HIDDEN:
        return character
    return f"[U+{ord(character):04X}]"
