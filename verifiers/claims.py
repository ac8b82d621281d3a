"""Arithmetic claims in a step's free text. Pure; what is not understood yields no claim, nothing is guessed."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from verifiers import words
from verifiers.grammar import MAX_TOKENS, parse
from verifiers.terms import Op, Term, has, is_bare, walk
from verifiers.tokens import CLOSING, ENDS_TERM, OPENING, OPERATORS, RELATIONS, Tok, scan

_ANNOTATION = re.compile(r"<<([^<>\n]{1,200})>>")  # GSM8K's calculator: <<48/2=24>>
_IN_RUN = OPERATORS | OPENING | ENDS_TERM | {"FRAC", "SQRT", "MONEY", "UNIT"}
_SILENT = frozenset({"MONEY", "UNIT"})


@dataclass(frozen=True, slots=True)
class Claim:
    """``left = right`` as it stands in ``step[start:end]``. ``doubt`` says why a mismatch would prove nothing."""

    text: str
    start: int
    end: int
    left: Term
    right: Term
    sides: tuple[str, str]  # the two sides as written
    approx: bool  # the text shows rounding
    doubt: str | None


@dataclass(frozen=True, slots=True)
class _Side:
    """The tokens ``[first, last)`` of a run beside a relation, and what they spell."""

    first: int
    last: int
    term: Term


def extract(step: str) -> tuple[Claim, ...]:
    """The claims of a step in order of their start. Linear in its length; the caller bounds that."""
    found: list[Claim] = []
    for note in _ANNOTATION.finditer(step):
        found.extend(_claims(step, scan(step, *note.span(1))))
    blank = _ANNOTATION.sub(lambda note: " " * len(note.group()), step)
    found.extend(_claims(step, scan(blank, 0, len(blank))))
    return tuple(sorted(found, key=lambda claim: (claim.start, claim.end)))


def _claims(step: str, toks: Sequence[Tok]) -> Iterator[Claim]:
    for i, tok in enumerate(toks):
        if tok.kind not in RELATIONS:
            continue
        left, right = _left(toks, i), _right(toks, i)
        if left is None or right is None or (is_bare(left.term) and is_bare(right.term)):
            continue
        start, end = toks[left.first].start, _end(toks, right)
        approx = tok.kind == "APPROX" or _rounds(toks, left, right)
        sides = (step[start : toks[left.last - 1].end], step[toks[right.first].start : end])
        yield Claim(step[start:end], start, end, left.term, right.term, sides, approx, _doubt(toks, left, right))


def _left(toks: Sequence[Tok], relation: int) -> _Side | None:
    """The longest run of arithmetic that ends at the relation."""
    first, depth = relation, 0
    while first > 0 and toks[first - 1].kind in _IN_RUN and relation - first <= MAX_TOKENS:
        tok = toks[first - 1]
        depth += (tok.kind in CLOSING) - (tok.kind in OPENING)
        if depth < 0 or (first < relation and depth == 0 and _juxtaposed(toks, first)):
            break
        first -= 1
    first = _skip(toks, first, relation)
    if first == relation or not _may_begin(toks, first):
        return None
    return _side(toks, first, relation)


def _right(toks: Sequence[Tok], relation: int) -> _Side | None:
    """The longest run of arithmetic that starts at the relation."""
    last, depth = relation + 1, 0
    while last < len(toks) and toks[last].kind in _IN_RUN and last - relation <= MAX_TOKENS:
        tok = toks[last]
        depth += (tok.kind in OPENING) - (tok.kind in CLOSING)
        if depth < 0 or (depth == 0 and _juxtaposed(toks, last)):
            break
        if tok.kind == "LPAR" and not tok.glued and toks[last - 1].kind in ENDS_TERM and _holds_unit(toks, last):
            break  # $0.20 (20 cents)
        if tok.kind == "LPAR" and toks[last - 1].kind in ENDS_TERM | _SILENT and _is_remark(toks, last):
            if tok.glued or not all(each.kind == "WORD" and len(each.text) > 1 for each in toks[last + 1 : last + 2]):
                return None  # 4/5(x - 3)
            break
        last += 1
    if last == relation + 1 or not may_end(toks, last):
        return None
    return _side(toks, relation + 1, last)


def _side(toks: Sequence[Tok], first: int, last: int) -> _Side | None:
    term = parse([tok for tok in toks[first:last] if tok.kind not in _SILENT])
    return None if term is None else _Side(first, last, term)


def _skip(toks: Sequence[Tok], first: int, stop: int) -> int:
    """Past what belongs to the text before: units, and a dollar that opens maths rather than a price."""
    while first < stop - 1 and (
        toks[first].kind == "UNIT" or (toks[first].kind == "MONEY" and toks[first + 1].kind != "NUMBER")
    ):
        first += 1
    return first


def _juxtaposed(toks: Sequence[Tok], i: int) -> bool:
    """Whether a number starts at ``i`` right behind the end of another term: two runs, not one."""
    if toks[i].kind not in ("NUMBER", "MIXED"):
        return False
    while i > 0 and toks[i - 1].kind in _SILENT:
        i -= 1
    return i > 0 and toks[i - 1].kind in ENDS_TERM


def _is_remark(toks: Sequence[Tok], i: int) -> bool:
    """Whether the parenthesis at ``i`` holds more than arithmetic: ``12 (since there are 3)``."""
    depth = 0
    for tok in toks[i : i + 60]:
        depth += (tok.kind in OPENING) - (tok.kind in CLOSING)
        if depth == 0:
            return False
        if tok.kind not in _IN_RUN:
            return True
    return True


def _holds_unit(toks: Sequence[Tok], i: int) -> bool:
    """Whether the parenthesis at ``i`` holds one number with its unit, and no more."""
    inside = [tok.kind for tok in toks[i + 1 : i + 5]]
    return inside[:3] == ["NUMBER", "UNIT", "RPAR"] or inside[:3] == ["MONEY", "NUMBER", "RPAR"]


def _may_begin(toks: Sequence[Tok], first: int) -> bool:
    """Whether an expression can start at ``first``, given what stands before it."""
    tok, before = toks[first], toks[first - 1] if first else None
    if tok.kind == "MINUS":
        return (
            before is None or before.kind in RELATIONS | {"LPAR"} or (before.kind == "PUNCT" and toks[first + 1].glued)
        )
    if tok.kind in OPERATORS:
        return False
    if before is None:
        return True
    if before.kind == "WORD":
        is_call = tok.kind in OPENING and tok.glued
        return not is_call and (len(before.text) > 1 or before.text in "aAI")
    if before.kind == "PUNCT" and before.text in ",'’" and tok.glued:
        return False  # 1,5 or f'(2)
    if before.kind == "PUNCT" and before.text == "," and first > 1 and toks[first - 2].kind == "NUMBER":
        return False  # 14, 400 / 80
    if before.kind in OPENING and first > 1 and toks[first - 2].kind in OPERATORS | ENDS_TERM | {"FRAC", "SQRT"}:
        return False  # 100 + (100 * 2 = 200
    return before.kind != "BAD"


def may_end(toks: Sequence[Tok], last: int) -> bool:
    """Whether an expression can end before ``last``, given what stands there."""
    if last >= len(toks):
        return True
    after = toks[last]
    if after.kind == "WORD":
        short = len(after.text) == 1 and after.text not in "aAI"
        glued = after.glued and len(after.text) < 3
        return after.text.lower() in words.SHORT_UNITS or not (short or glued)
    return after.kind not in OPERATORS | {"BAD", "NUMBER", "MIXED", "FRAC", "SQRT"}


def _end(toks: Sequence[Tok], right: _Side) -> int:
    last = right.last
    while last > right.first + 1 and toks[last - 1].kind == "MONEY":
        last -= 1
    return toks[last - 1].end


def _words_before(toks: Sequence[Tok], first: int, limit: int) -> list[str]:
    """The unbroken words before an expression, nearest first."""
    found: list[str] = []
    while first > 0 and toks[first - 1].kind == "WORD" and len(found) < limit:
        found.extend(reversed(toks[first - 1].text.lower().split()))
        first -= 1
    return found


def _words_after(toks: Sequence[Tok], last: int, limit: int) -> list[str]:
    found: list[str] = []
    while last < len(toks) and toks[last].kind in ("WORD", "LPAR") and len(found) < limit:
        found.extend(toks[last].text.lower().split())
        last += 1
    return [word for word in found if word not in "(["]


def _rounds(toks: Sequence[Tok], left: _Side, right: _Side) -> bool:
    """Whether words of rounding, or dots after the result, stand near the claim."""
    near = toks[max(0, left.first - 15) : right.last + 15]
    dots = right.last < len(toks) and toks[right.last].text in ("...", "…")
    return dots or any(
        word in words.ROUNDING for tok in near if tok.kind == "WORD" for word in tok.text.lower().split()
    )


def _doubt(toks: Sequence[Tok], left: _Side, right: _Side) -> str | None:
    """Why the text around might mean something else than the bare expressions, or ``None``."""
    before, after = _words_before(toks, left.first, 4), _words_after(toks, right.last, 3)
    joined = before[:1] == ["and"] and _follows_claim(toks, left.first - 1)
    if (before and before[0] in words.MATH and not joined) or any(word in words.REACHING for word in before):
        return "context"
    if any(word in words.SCALING for word in after[:2]) or _goes_on(toks, right.last):
        return "context"
    if left.first and toks[left.first - 1].kind in ENDS_TERM:
        return "context"
    if before and before[0] in words.LABELS:
        return "label"
    if is_bare(left.term) and (before or any(tok.kind == "UNIT" for tok in toks[left.first : left.last])):
        return "label"
    inside = toks[left.first : right.last]
    of_part = any(tok.text.startswith("of") and tok.kind == "TIMES" for tok in toks[right.first : right.last])
    if of_part or any(tok.soft for tok in inside) or _ambiguous(left.term) or _ambiguous(right.term):
        return "notation"
    if words.mixes_units(_unit_words(inside) + after[:2]):
        return "units"
    return "supposed" if _is_doubted(toks, left.first) else None


def _follows_claim(toks: Sequence[Tok], i: int) -> bool:
    """Whether the word at ``i`` stands behind the result of another claim: ``3 * 4 = 12 and 2 + 2 = 4``."""
    while i > 0 and (toks[i - 1].kind == "WORD" or toks[i - 1].kind in _IN_RUN - OPERATORS):
        i -= 1
    return i > 0 and toks[i - 1].kind in RELATIONS


def _goes_on(toks: Sequence[Tok], last: int) -> bool:
    """``= 6 and 1/2``, ``= 2 and a half``."""
    kinds = [tok.kind for tok in toks[last : last + 2]]
    if not kinds or toks[last].text.lower() != "and" or len(kinds) < 2:
        return False
    return kinds[1] in ("NUMBER", "FRAC", "MIXED") or toks[last + 1].text.lower() in ("a", "half", "one")


def _unit_words(inside: Sequence[Tok]) -> list[str]:
    found: list[str] = []
    for tok in inside:
        if tok.kind == "UNIT":
            found.extend(re.findall(r"[^\W\d_]+", tok.text))
        elif tok.kind == "MONEY":
            found.append("$")
    return found


def _ambiguous(term: Term) -> bool:
    """``6/2(3)``, ``6 / 1/2`` and ``2 1/2`` are read in two ways."""
    return has(term, "mixed") or any(
        isinstance(part, Op) and part.name in ("implicit", "div") and _is_quotient(part.args[0]) for part in walk(term)
    )


def _is_quotient(term: Term) -> bool:
    return isinstance(term, Op) and term.name == "div"


def _is_doubted(toks: Sequence[Tok], first: int) -> bool:
    """Whether the words of the same sentence suppose or deny the claim. A condition ends at its comma or ``then``."""
    concluded = False
    for tok in reversed(toks[max(0, first - 15) : first]):
        if tok.kind == "PUNCT" and tok.text in (".", ";", "\n", "?"):
            return False
        concluded = concluded or tok.text.lower() in (",", "then")
        spoken = tok.text.lower().replace("’", "'").split() if tok.kind == "WORD" else []
        if any(word in words.DOUBT and not (concluded and word in words.CONDITION) for word in spoken):
            return True
    return False
