"""What stands around expressions in an answer: relations, words, units, money and ratios."""

from typing import TYPE_CHECKING

from verifiers.answers.lexer import Tok
from verifiers.answers.nodes import Node, Unread, num
from verifiers.answers.words import SCALES, number_in_words

if TYPE_CHECKING:
    from verifiers.answers.reader import Reader

# Behind a number these change it, or begin a sentence.
_NO_UNITS = frozenset(
    """less more than squared cubed times not least most if when otherwise where to from over minus plus is are was
    were half halves but because factorial choose mod modulo""".split()
)
_LEADING = frozenset("is are approximately about approx a the an exactly only just thus so answer".split())


def part(reader: "Reader") -> Node:
    """A relation chain, an expression with its unit, a ratio or a text."""
    leading = _words(reader)
    money = _money(reader)
    if leading and reader.peek().kind == "REL" and reader.peek().text in ("=", "~"):
        left = Node("text", (), " ".join(tok.text for tok in leading).casefold())
    elif leading and reader.peek().kind in ("END", "COMMA", "SEP", "CLOSE"):
        return Node("text", (), " ".join(tok.text for tok in leading).casefold())
    else:
        if any(tok.text.casefold() not in _LEADING for tok in leading):
            raise Unread(f"word {leading[0].text}")
        left = _measured(reader, money)
    sides, relations = [left], []
    while reader.peek().kind == "REL":
        relations.append(reader.peek().text)
        reader.at += 1
        _words_skipped(reader)
        sides.append(_measured(reader, _money(reader)))
    return _relation(sides, relations)


def _words(reader: "Reader") -> list[Tok]:
    found = []
    while reader.peek().kind == "WORD":
        found.append(reader.peek())
        reader.at += 1
    return found


def _words_skipped(reader: "Reader") -> None:
    if any(tok.text.casefold() not in _LEADING for tok in _words(reader)):
        raise Unread("words after a relation")


def _money(reader: "Reader") -> str:
    sign = ""
    if reader.peek().text in ("-", "+") and reader.peek(1).kind == "MONEY":
        reader.toks[reader.at], reader.toks[reader.at + 1] = reader.peek(1), reader.peek()
    while reader.peek().kind == "MONEY":
        sign = reader.peek().text.removeprefix("\\")
        reader.at += 1
    return sign


def _measured(reader: "Reader", money: str) -> Node:
    """An expression, perhaps a ratio, and the unit behind it."""
    node = reader.union()
    if reader.peek().text in (":", "colon"):
        items = [node]
        while reader.take(":", r"\colon"):
            items.append(reader.union())
        node = Node("ratio", tuple(items))
    phrase = _unit_phrase(reader)
    if money or (phrase and reader.peek(-1).kind == "MONEY"):
        phrase = phrase or money
    if not phrase:
        return node
    first = phrase.split()[0].casefold()
    if first in SCALES:
        node, phrase = Node("mul", (node, num(SCALES[first]))), phrase[len(first) :].strip()
        if not phrase:
            return node
    if _NO_UNITS & set(phrase.casefold().split()):
        raise Unread(f"words {phrase}")
    if first in ("percent", "pct", "percentage", "percents"):
        return Node("percent", (node,))
    return Node("unit", (node,), phrase.lower() if first in ("am", "pm") else phrase)


def _unit_phrase(reader: "Reader") -> str:
    """The words behind an expression, with their powers and slashes, as one phrase."""
    words: list[str] = []
    while True:
        tok = reader.peek()
        if tok.kind == "WORD" or tok.kind == "MONEY":
            words.append(tok.text.removeprefix("\\"))
        elif words and tok.text == "/" and reader.peek(1).kind in ("WORD", "SYM"):
            words += ["/", reader.peek(1).text]
            reader.at += 1
        elif words and tok.text == "^":
            reader.at += 1
            braced = reader.take("{")
            words.append("^" + ("-" if reader.take("-") else "") + reader.atom_text())
            reader.at -= 0 if braced else 1
            if braced and reader.peek().text != "}":
                raise Unread("power of a unit")
        else:
            return " ".join(words)
        reader.at += 1
        if len(words) > 12:
            raise Unread("many words")


def _relation(sides: list[Node], relations: list[str]) -> Node:
    """Approximations are dropped behind an exact value; a chain of equations is its first and last side."""
    while len(relations) > 1 and relations[-1] == "~":
        sides, relations = sides[:-1], relations[:-1]
    if relations == ["~"]:
        if sides[0].op not in ("sym", "text"):
            return sides[0]
        relations = ["="]
    if not relations:
        return sides[0]
    if len(relations) > 1 and set(relations) == {"="}:
        name = next((side for side in sides[:-1] if side.op in ("sym", "text")), sides[0])
        sides, relations = [name, sides[-1]], ["="]
    if "~" in relations:
        raise Unread("approximation inside a chain")
    return Node("rel", tuple(sides), " ".join(relations))


def text(toks: list[Tok]) -> Node:
    """Words, or the number that they spell."""
    words = " ".join(tok.text for tok in toks if tok.kind != "COMMA").casefold()
    value = number_in_words(words)
    return Node("text", (), words) if value is None else num(value)
