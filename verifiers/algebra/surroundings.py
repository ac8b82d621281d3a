"""The words around a statement: what they are, in which order, and whether they belong to it. Pure."""

from collections.abc import Sequence

from verifiers.algebra.lexer import ENDS_TERM, OPERATORS, RELATIONS, SOFT, Tok

HARD = frozenset({"WORD", "BREAK", "PUNCT", "VERT"})
_ARROWS = frozenset(r"\implies \Rightarrow \Longrightarrow => ⇒ ⟹ \iff \Leftrightarrow ⇔".split())


def runs_on(beside: Sequence[Tok]) -> bool:
    """Whether behind some words the formula goes on: ``30 feet / 6``."""
    kinds = [tok.kind for tok in beside]
    words = next((i for i, kind in enumerate(kinds) if kind not in ("WORD", "DELIM")), len(kinds))
    return 0 < words < len(kinds) and "WORD" in kinds[:words] and kinds[words] in OPERATORS - {"MINUS"}


def before_words(toks: Sequence[Tok], first: int) -> tuple[str, ...]:
    """The words of the same sentence before, nearest first."""
    found: list[str] = []
    i = first - 1
    while i >= max(0, first - 200) and len(found) < 25:
        tok = toks[i]
        if tok.kind == "PUNCT" and tok.text in ".?":
            break
        if tok.kind == "LINE" and not tok.math and i and toks[i - 1].kind == "LINE":
            break
        if tok.kind == "WORD":
            found.extend(reversed(tok.text.lower().replace("’", "'").split()))
        i -= 1
    return tuple(found)


def words(toks: Sequence[Tok]) -> tuple[str, ...]:
    """The words, and an arrow as ``implies``."""
    texts = (
        "implies" if tok.text in _ARROWS else tok.text for tok in toks if tok.kind == "WORD" or tok.text in _ARROWS
    )
    return tuple(word for text in texts for word in text.lower().split())


def after_words(toks: Sequence[Tok], stop: int) -> tuple[str, ...]:
    """Up to four words directly behind, a comma or a delimiter between at most."""
    found: list[str] = []
    for tok in toks[stop : stop + 8]:
        if tok.kind == "WORD":
            found.extend(tok.text.lower().split())
        elif tok.kind not in ("DELIM", "COMMA", "LINE"):
            break
    return tuple(found[:4])


def later_words(toks: Sequence[Tok], stop: int) -> tuple[str, ...]:
    """Up to thirty words behind, whatever stands between them."""
    found: list[str] = []
    for tok in toks[stop : stop + 150]:
        if tok.kind == "WORD":
            found.extend(tok.text.lower().replace("’", "'").split())
        if len(found) >= 30:
            break
    return tuple(found)


def is_value(toks: Sequence[Tok], i: int) -> bool:
    """Whether a value without a relation follows: the next item of ``x = 2, 3``."""
    while i < len(toks) and toks[i].kind in SOFT:
        i += 1
    if i >= len(toks) or toks[i].kind not in ENDS_TERM | {"MINUS", "FRAC", "SQRT", "LPAR"}:
        return i < len(toks) and toks[i].kind == "WORD" and toks[i].text.lower() in ("or", "and")
    for tok in toks[i : i + 30]:
        if tok.kind in RELATIONS:
            return False
        if tok.kind in HARD or tok.kind in ("COMMA", "DELIM"):
            return True
    return True


def asked(toks: Sequence[Tok], stop: int) -> bool:
    """Whether the sentence ends with a question mark."""
    for tok in toks[stop : stop + 40]:
        if tok.kind == "PUNCT" and tok.text in ".?":
            return tok.text == "?"
    return False
