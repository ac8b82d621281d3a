"""Relations in a text: chains of sides with their spans, and the words around them. Pure; cached on the text."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from verifiers.algebra.grammar import parse
from verifiers.algebra.lexer import RELATIONS, SOFT, Tok, scan
from verifiers.algebra.readings import read
from verifiers.algebra.surroundings import (
    HARD,
    after_words,
    asked,
    before_words,
    is_value,
    later_words,
    runs_on,
    words,
)
from verifiers.algebra.terms import Op, Term

MAX_SIDES = 60
_LEADS_ON = frozenset({"PLUS", "MINUS", "TIMES", "DIV", "PM"})


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a chain as it stands in ``text[start:end]``; ``term`` is ``None`` where it was not understood."""

    start: int
    end: int
    term: Term | None
    doubt: str | None = None
    grouped: bool = False  # one pair of parentheses holds it all


@dataclass(frozen=True, slots=True)
class Statement:
    """``sides[0] relations[0] sides[1] ...``; ``before`` are the words of the same sentence, nearest first; ``gap``
    those since the statement before, in order; ``after`` the words that follow directly."""

    sides: tuple[Side, ...]
    relations: tuple[str, ...]
    modulus: Term | None
    before: tuple[str, ...]
    gap: tuple[str, ...]
    after: tuple[str, ...]
    math: bool
    listed: bool  # another value follows, or it is one of several
    asked: bool  # the sentence is a question
    opened: bool = False  # it begins with its relation: a chain goes on from what stood before
    later: tuple[str, ...] = ()  # the words behind, across sentences, in order


@lru_cache(maxsize=2048)
def statements(text: str, called: frozenset[str]) -> tuple[Statement, ...]:
    """The statements of a text in their order."""
    toks = _unbulleted(read(scan(text), called))
    toks = _unwrapped(toks)
    found: list[Statement] = []
    last = 0
    for first, stop in _segments(toks):
        made = _statement(toks, first, stop, last)
        if made is not None:
            found.append(made)
            last = stop
    return tuple(found)


def term_of(text: str, called: frozenset[str]) -> Term | None:
    """The term that a text inside of maths delimiters spells, else ``None``."""
    toks = read(scan(f"${text}$"), called)
    return parse([tok for tok in toks if tok.kind != "DELIM"])


def _unbulleted(toks: Sequence[Tok]) -> list[Tok]:
    """Without the dashes and stars that open the lines of a list."""
    out: list[Tok] = []
    for tok in toks:
        opens_line = not out or out[-1].kind == "LINE"
        if tok.kind in ("MINUS", "TIMES") and not tok.math and opens_line:
            continue
        out.append(tok)
    return out


def _unwrapped(toks: Sequence[Tok]) -> list[Tok]:
    """Parentheses without a partner, and those that wrap a whole statement, become breaks."""
    partner: dict[int, int] = {}
    stack: list[int] = []
    for i, tok in enumerate(toks):
        if tok.kind in ("LPAR", "LBRACE") or (tok.kind == "PMOD" and tok.text.startswith("(")):
            stack.append(i)
        elif tok.kind in ("RPAR", "RBRACE") and stack:
            partner[stack.pop()] = i
        elif tok.kind in ("WORD", "PUNCT", "DELIM", "LINE"):
            stack.clear()
    closed = set(partner.values())
    out = list(toks)
    for i, tok in enumerate(toks):
        alone = tok.kind == "LPAR" and i not in partner
        if alone or (tok.kind == "RPAR" and i not in closed):
            out[i] = replace(tok, kind="BREAK")
        elif tok.kind == "LPAR" and _wraps(toks, i, partner[i]):
            out[i], out[partner[i]] = replace(tok, kind="BREAK"), replace(toks[partner[i]], kind="BREAK")
    return out


def _wraps(toks: Sequence[Tok], first: int, last: int) -> bool:
    """``(x = 3)`` behind a break or a term: a remark."""
    before = toks[first - 1].kind if first else "LINE"
    if before in ("CALL", "FUNC", "SUB", "SQRT"):
        return False
    depth = 0
    for tok in toks[first + 1 : last]:
        depth += (tok.kind in ("LPAR", "LBRACE")) - (tok.kind in ("RPAR", "RBRACE"))
        if depth == 0 and tok.kind in RELATIONS:
            return True
    return False


def _segments(toks: Sequence[Tok]) -> list[tuple[int, int]]:
    """The stretches between breaks, as index pairs. Soft breaks inside a chain do not count."""
    found: list[tuple[int, int]] = []
    first, depth, i = 0, 0, 0
    while i < len(toks):
        kind = toks[i].kind
        depth += (kind in ("LPAR", "LBRACE")) - (kind in ("RPAR", "RBRACE"))
        depth = max(depth, 0)
        if kind in HARD or (kind == "COMMA" and depth == 0):
            found.append((first, i))
            first, depth = i + 1, 0
        elif kind in SOFT:
            stop = i
            while stop < len(toks) and toks[stop].kind in SOFT:
                stop += 1
            if not _goes_on(toks, first, i, stop):
                found.append((first, i))
                first, depth = stop, 0
            i = stop
            continue
        i += 1
    found.append((first, len(toks)))
    return [(a, b) for a, b in found if any(tok.kind in RELATIONS for tok in toks[a:b])]


def _goes_on(toks: Sequence[Tok], first: int, i: int, stop: int) -> bool:
    """Whether the chain ``toks[first:i]`` goes on behind the soft breaks ``toks[i:stop]``."""
    if stop >= len(toks):
        return False
    before = toks[i - 1].kind if i > first else ""
    after = toks[stop].kind
    if not before:
        return False
    if after in RELATIONS or before in RELATIONS:
        return True
    between = (after in _LEADS_ON and not toks[stop].math) or (before in _LEADS_ON and not toks[i - 1].math)
    if between and all(tok.kind == "DELIM" for tok in toks[i:stop]):
        return True  # $AB$ + $BC$
    inside = toks[i].math and toks[stop].math and all(tok.kind == "LINE" for tok in toks[i:stop])
    return inside and (after in _LEADS_ON or before in _LEADS_ON)


def _statement(toks: Sequence[Tok], first: int, stop: int, last: int) -> Statement | None:
    inside = [tok for tok in toks[first:stop] if tok.kind not in SOFT]
    cuts = _cuts(inside)
    if not cuts or len(cuts) >= MAX_SIDES:
        return None
    pieces = [inside[a:b] for a, b in zip([0, *(cut + 1 for cut in cuts)], [*cuts, len(inside)], strict=True)]
    pieces[-1], modulus = _modulus(pieces[-1])
    relations = tuple(inside[cut].kind for cut in cuts)
    sides = [_side(piece, inside[0].start) for piece in pieces]
    for i, side in enumerate(sides[:-1]):
        sides[i] = replace(side, doubt=None if side.doubt == "label" else side.doubt)
    if runs_on(toks[stop : stop + 5]):
        sides[-1] = replace(sides[-1], doubt="units")
    if runs_on(toks[max(0, first - 5) : first][::-1]):
        sides[0] = replace(sides[0], doubt="units")
    tail = sides[-1].term
    if "EQUIV" in relations and modulus is None and isinstance(tail, Op) and tail.name == "mod":
        sides[-1], modulus = replace(sides[-1], term=tail.args[0]), tail.args[1]
    after, gap, behind = toks[stop] if stop < len(toks) else None, words(toks[last:first]), after_words(toks, stop)
    comma = after is not None and after.kind == "COMMA" and is_value(toks, stop + 1)
    return Statement(
        tuple(sides),
        relations,
        modulus,
        before_words(toks, first),
        gap,
        behind,
        inside[0].math,
        comma or behind[:1] == ("or",) or gap[-1:] == ("or",),
        asked(toks, stop),
        not pieces[0],
        later_words(toks, stop),
    )


def _cuts(inside: Sequence[Tok]) -> list[int]:
    """Where the relations stand outside of any group."""
    depth, cuts = 0, []
    for i, tok in enumerate(inside):
        depth += (tok.kind in ("LPAR", "LBRACE")) - (tok.kind in ("RPAR", "RBRACE"))
        if tok.kind in RELATIONS and depth == 0:
            cuts.append(i)
    return cuts


def _modulus(piece: list[Tok]) -> tuple[list[Tok], Term | None]:
    at = next((i for i, tok in enumerate(piece) if tok.kind == "PMOD"), None)
    if at is None:
        return piece, None
    inner = [tok for tok in piece[at + 1 :] if tok.kind not in ("LBRACE", "RBRACE", "RPAR", "UNIT")]
    return piece[:at], parse(inner)


def _side(piece: Sequence[Tok], fallback: int) -> Side:
    toks = _without_units(piece)
    start, end = (piece[0].start, piece[-1].end) if piece else (fallback, fallback)
    doubt = None
    if len(toks) > 3 and [tok.kind for tok in toks[-3:]] == ["LPAR", "NUMBER", "RPAR"] and not toks[-3].glued:
        doubt = "label"  # x + y = 3 (2)
    elif len(toks) < len(piece):
        doubt = "units"
    return Side(start, end, parse(toks), doubt, _is_grouped(toks))


def _is_grouped(toks: Sequence[Tok]) -> bool:
    depth = 0
    for i, tok in enumerate(toks):
        depth += (tok.kind in ("LPAR", "LBRACE")) - (tok.kind in ("RPAR", "RBRACE"))
        if depth == 0:
            return tok.kind == "RPAR" and i == len(toks) - 1
    return False


def _without_units(piece: Sequence[Tok]) -> list[Tok]:
    """Units and their powers left out."""
    out: list[Tok] = []
    skip = 0
    for i, tok in enumerate(piece):
        if tok.kind == "UNIT":
            power = [part.kind for part in piece[i + 1 : i + 5]]
            skip = 2 if power[:2] == ["POW", "NUMBER"] else 4 if power == ["POW", "LBRACE", "NUMBER", "RBRACE"] else 0
        elif skip:
            skip -= 1
        else:
            out.append(tok)
    return out
