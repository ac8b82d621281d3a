"""A whole answer as a tree: alternatives, relations, words and units around expressions."""

import re
from functools import lru_cache

from verifiers.answers import parts
from verifiers.answers.clean import clean, depth
from verifiers.answers.lexer import Tok, scan
from verifiers.answers.nodes import Node, Unread
from verifiers.answers.reader import Reader

MAX_DEPTH = 50
_EMPTY = re.compile(
    r"(?:there (?:is|are) )?no (?:real |such |integer |possible )*(?:solutions?|values?|roots?|numbers?)(?: exists?)?"
    r"|none|(?:the )?empty set|dne|does not exist",
    re.IGNORECASE,
)


@lru_cache(maxsize=512)
def read(text: str) -> Node:
    """The tree of a final answer. Raises ``Unread`` with what stopped us."""
    if depth(text) > MAX_DEPTH:
        raise Unread("nested too deep")
    plain = clean(text)
    if _EMPTY.fullmatch(re.sub(r"\\text\{([^{}]*)\}", r"\1", plain).strip()):
        return Node("list", (), "{}")
    if plain.casefold() in ("all real numbers", "all reals", "all real x"):
        return Node("set", (), "reals")
    toks = scan(plain)
    if not toks:
        raise Unread("empty")
    groups = _split(toks, ";")
    if len(groups) > 1:
        return Node("list", tuple(_alternatives(group) for group in groups), "bare")
    return _alternatives(toks)


def _split(toks: list[Tok], text: str) -> list[list[Tok]]:
    """The runs of tokens between these separators outside all brackets."""
    groups: list[list[Tok]] = [[]]
    level = 0
    for tok in toks:
        level += (tok.kind == "OPEN") - (tok.kind == "CLOSE")
        if tok.text == text and not level:
            groups.append([])
        else:
            groups[-1].append(tok)
    return [group for group in groups if group]


def _alternatives(toks: list[Tok]) -> Node:
    """One part, or a bare list of what commas, ``and`` and ``or`` separate; words alone are one text."""
    wordy = all(tok.kind in ("WORD", "SEP", "SYM") for tok in toks)
    if wordy and any(tok.kind == "WORD" for tok in toks):
        return parts.text(toks)
    reader = Reader(list(toks))
    items = [parts.part(reader)]
    joined = ""
    while reader.peek().kind in ("COMMA", "SEP"):
        while reader.peek().kind in ("COMMA", "SEP"):
            joined = reader.peek().text if reader.peek().kind == "SEP" else joined
            reader.at += 1
        if reader.peek().kind == "END":
            break
        items.append(parts.part(reader))
    if reader.peek().kind != "END":
        raise Unread(f"unexpected {reader.peek().text}")
    return items[0] if len(items) == 1 else Node("list", _excluded(items), "or" if joined == "or" else "bare")


def _excluded(items: list[Node]) -> tuple[Node, ...]:
    """``x \\ne 1, 2`` excludes both."""
    first = items[0]
    if first.op != "rel" or first.name != "!=" or any(item.op == "rel" for item in items[1:]):
        return tuple(items)
    return (first, *(Node("rel", (first.args[0], item), "!=") for item in items[1:]))
