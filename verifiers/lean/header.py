"""The header of a Lean file: read before Lean sees the text, and replaced by spaces so that positions hold."""

import re
from dataclasses import dataclass

_PLAIN = ("import", "public import")
_ODD = (
    "import all",
    "public import all",
    "meta import",
    "public meta import",
    "meta import all",
    "public meta import all",
)
_WORD = re.compile(r"(module|prelude|public|meta|import|all)(?![\w.'!?«])")
_PART = r"(?:[^\W\d][\w'!?]*|«(?!\.{1,2}»)[^«»/\\\x00-\x1f]+»)"
_NAME = re.compile(rf"{_PART}(?:\.{_PART})*(?![\w.'!?«])")
_BLANK = re.compile(r"\s+|--[^\n]*")
_MARK = re.compile(r"/-|-/")
_SHOWN = re.compile(r"[^\n\r]")


@dataclass(frozen=True, slots=True)
class Header:
    """``body`` is as long as the text, with spaces where its header stood."""

    imports: tuple[str, ...]  # in order, each once; empty where the text names none
    forbidden: str | None  # the first word of the header that no judged text may use: "prelude", "import all", ...
    body: str


def split_header(text: str) -> Header:
    """Takes the header off a text. What is no header, or not a whole one, is left for Lean to complain about."""
    imports: dict[str, None] = {}
    forbidden: str | None = None
    spans: list[tuple[int, int]] = []
    at = 0
    while True:
        start = _skip(text, at)
        words, at = _words(text, start)
        phrase = " ".join(words)
        if phrase in ("module", "prelude"):
            forbidden = forbidden or phrase
        elif phrase in (*_PLAIN, *_ODD) and (name := _NAME.match(text, at)) is not None:
            forbidden = forbidden or (phrase if phrase in _ODD else None)
            imports[name.group()] = None
            at = name.end()
        else:
            break
        spans.append((start, at))
    return Header(tuple(imports), forbidden, _blanked(text, spans))


def _words(text: str, at: int) -> tuple[list[str], int]:
    """The words of one statement up to the name, and where the name would begin."""
    words: list[str] = []
    while (found := _WORD.match(text, at)) is not None:
        words.append(found.group())
        if words == ["module"] or words == ["prelude"]:
            return words, found.end()
        at = _skip(text, found.end())
    return words, at


def _skip(text: str, at: int) -> int:
    """Behind blanks and comments; a comment for readers (``/--``, ``/-!``) is no part of a header."""
    while True:
        if (blank := _BLANK.match(text, at)) is not None:
            at = blank.end()
        elif text.startswith("/-", at) and text[at + 2 : at + 3] not in ("-", "!"):
            at = _behind_comment(text, at)
        else:
            return at


def _behind_comment(text: str, at: int) -> int:
    depth = 0
    for mark in _MARK.finditer(text, at):
        depth += 1 if mark.group() == "/-" else -1
        if not depth:
            return mark.end()
    return len(text)


def _blanked(text: str, spans: list[tuple[int, int]]) -> str:
    parts: list[str] = []
    at = 0
    for start, end in spans:
        parts += [text[at:start], _SHOWN.sub(" ", text[start:end])]
        at = end
    return "".join(parts) + text[at:]
