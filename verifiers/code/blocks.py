"""Where a step holds code, what a program printed, or prose. Pure; spans count in the step's own characters."""

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["code", "session", "output", "prose"]

MAX_PARSED_CHARS = 20_000
_UNTRUSTED = "<step>"
warnings.filterwarnings(
    "ignore", category=SyntaxWarning, module=_UNTRUSTED
)  # what a step's code is warned of is its own
_FENCE = re.compile(
    r"^[ \t]*(`{3,}|~{3,})[ \t]*([\w+-]*)[^\n]*\n(.*?)(?:^[ \t]*\1[ \t]*$|\Z)", re.MULTILINE | re.DOTALL
)
_TAGS = re.compile(r"<code>\n?(.*?)(?:<end_of_step>|<end_of_code>|</code>|\Z)", re.DOTALL)
_PYTHON = frozenset({"python", "py", "python3"})
_SESSION = frozenset({"pycon", "doctest", "ipython"})
_OUTPUT = frozenset({"output", "stdout", "result", "out"})
_PROMPT = re.compile(r"^[ \t]*>>> ", re.MULTILINE)
_PROGRAM = re.compile(
    r"^\s*(?:def |class |import |from \w+ import |for .+:|while .+:|if .+:|print\(|assert )", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Part:
    """``text`` is ``step[start:end]``. ``closed``: the fence was closed, so the text is whole."""

    kind: Kind
    text: str
    start: int
    end: int
    closed: bool = True


def parts(step: str, domain: str) -> list[Part]:
    """The step cut into code, interactive sessions, outputs and prose, in order."""
    fenced = list(_fenced(step, domain))
    if not fenced:
        return [_whole(step, domain)]
    found, at = [], 0
    for whole, part in fenced:
        if step[at : whole.start()].strip():
            found.append(Part("prose", step[at : whole.start()], at, whole.start()))
        if part is not None:
            found.append(part)
        at = whole.end()
    if step[at:].strip():
        found.append(Part("prose", step[at:], at, len(step)))
    return found


def _fenced(step: str, domain: str) -> Iterator[tuple[re.Match[str], Part | None]]:
    """Each fence, with the part inside or ``None`` where it is of no concern."""
    for match in _FENCE.finditer(step):
        language, text = match[2].lower(), match[3]
        kind = _kind(language, text, domain)
        closed = not match[0].rstrip().endswith(text.rstrip()) if text.strip() else True
        yield match, kind and Part(kind, text, match.start(3), match.end(3), closed)
    if "```" not in step:
        for match in _TAGS.finditer(step):
            yield match, Part("code", match[1], match.start(1), match.end(1))


def _kind(language: str, text: str, domain: str) -> Kind | None:
    if language in _OUTPUT:
        return "output"
    if language in _SESSION or (language in _PYTHON and _PROMPT.match(text)):
        return "session"
    if language in _PYTHON:
        return "code"
    unnamed = not language and domain == "code" and parsed(text) is not None and text.strip()
    return "code" if unnamed else None


def _whole(step: str, domain: str) -> Part:
    """A step without fences: a session, a program in a problem of code, or prose."""
    if _PROMPT.search(step) and _PROMPT.match(step):
        return Part("session", step, 0, len(step))
    if domain == "code" and _is_program(step):
        return Part("code", step, 0, len(step))
    return Part("prose", step, 0, len(step))


def _is_program(text: str) -> bool:
    """Whether text without a fence is meant to be run: it parses, and does more than a formula or a word would."""
    tree = parsed(text)
    if tree is None:
        return False
    if _PROGRAM.search(text):
        return True
    return bool(tree.body) and all(isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign) for node in tree.body)


def parsed(text: str) -> ast.Module | None:
    """The syntax tree; ``None`` where the text is no Python, or too long to be parsed."""
    if len(text) > MAX_PARSED_CHARS:
        return None
    try:
        return ast.parse(text, _UNTRUSTED)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
