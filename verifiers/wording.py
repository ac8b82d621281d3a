"""Claims in words: ``half of 30 is 15``, ``the sum of 3, 4 and 5 is 12``, ``the GCD of 12 and 18 is 6``, ``91 is prime``.

What the grammar of ``spoken`` does not take is no claim; what the words around may change is not decided.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from verifiers import words
from verifiers.claims import may_end
from verifiers.decision import Decision, Finding
from verifiers.grammar import parse
from verifiers.spoken import KEYWORDS, LONG_NAMES, Word, read_claim
from verifiers.tokens import ENDS_TERM, OPENING, OPERATORS, RELATIONS, STARTS_TERM, Tok, scan

_SKIPPED = frozenset("a an the his her their its these those all also number numbers".split())
_COMMON = {"is", "are", "was", "to", "not", "of", "between", "and", "than", "when", "by", "total"}  # of any text
_ANY_KEYWORD = re.compile(rf"\b(?:{'|'.join(sorted({*KEYWORDS, 'common'} - _COMMON))}|total of)\b", re.IGNORECASE)
_PREPOSITIONS = frozenset("of for in at to than from by between on with".split())  # more stands before the claim
_IN_EXPRESSION = OPERATORS | OPENING | ENDS_TERM | {"FRAC", "SQRT", "MONEY"}


def findings(problem: str, context: Sequence[str]) -> list[Finding]:
    """The claims in words of ``context[-1]``, decided. They need no context."""
    step = context[-1]
    if not _ANY_KEYWORD.search(step):
        return []
    toks = list(_joined(list(_words(scan(step, 0, len(step))))))
    found: list[Finding] = []
    reached = 0
    for first in range(len(toks)):
        if first < reached or toks[first].kind in ("OTHER", "BREAK", "IS", "AND", "OF"):
            continue
        read = read_claim(toks, first)
        if read is not None:
            made, last = read
            start, end = toks[first].start, toks[last - 1].end
            found.append(Finding(step[start:end], start, end, _guarded(made, toks, first, last)))
            reached = last
    return found


def _words(toks: Sequence[Tok]) -> Iterator[Word]:
    """The step as this grammar sees it: arithmetic runs are one ``EXPR``, articles and units go."""
    i = 0
    while i < len(toks):
        run = _run(toks, i)
        whole = run > i and _begins(toks, i) and may_end(toks, run) and not _is_cut(toks, run)
        term = parse([tok for tok in toks[i:run] if tok.kind != "MONEY"]) if whole else None
        if term is not None:
            yield Word("EXPR", "", toks[i].start, toks[run - 1].end, term)
        elif run > i:
            yield Word("OTHER", "", toks[i].start, toks[run - 1].end)
        if run > i:
            i = run
            continue
        if toks[i].kind == "WORD":
            yield from _split(toks[i])
        elif toks[i].kind in RELATIONS or toks[i].kind == "PUNCT":
            kind = {",": "COMMA"}.get(toks[i].text, "EQ" if toks[i].kind == "EQ" else "BREAK")
            yield Word(kind, toks[i].text, toks[i].start, toks[i].end)
        elif toks[i].kind != "UNIT":
            yield Word("OTHER", toks[i].text, toks[i].start, toks[i].end)
        i += 1


def _is_cut(toks: Sequence[Tok], last: int) -> bool:
    """Whether letters are glued to the number: ``5ooo``."""
    after = toks[last] if last < len(toks) else None
    glued = after is not None and after.glued and after.kind in ("WORD", "UNIT")
    return glued and after is not None and after.text.lower() not in words.SHORT_UNITS


def _begins(toks: Sequence[Tok], first: int) -> bool:
    """Whether a whole expression can start at ``first``: behind a word, a mark or a relation, not behind a term."""
    before = toks[first - 1] if first else None
    if before is None or before.kind in RELATIONS | {"UNIT"}:
        return True
    if before.kind == "WORD":
        return len(before.text) > 1 or before.text in "aA"
    return before.kind == "PUNCT" and not toks[first].glued


def _run(toks: Sequence[Tok], first: int) -> int:
    """Where the arithmetic run that starts at ``first`` ends; ``first`` itself where none does."""
    if toks[first].kind not in STARTS_TERM | {"MINUS"}:
        return first
    last = first
    while last < len(toks) and toks[last].kind in _IN_EXPRESSION:
        if last > first and toks[last].kind in ("NUMBER", "MIXED") and toks[last - 1].kind in ENDS_TERM:
            break
        last += 1
    return last


def _split(tok: Tok) -> Iterator[Word]:
    """One word, or the words of a ``\\text{}``."""
    for part in tok.text.lower().split():
        if part not in _SKIPPED:
            yield Word(KEYWORDS.get(part, "OTHER"), part, tok.start, tok.end)


def _joined(toks: Sequence[Word]) -> Iterator[Word]:
    """The tokens with long names (greatest common divisor) as one keyword."""
    i = 0
    while i < len(toks):
        name = LONG_NAMES.get(" ".join(tok.text for tok in toks[i : i + 3]))
        yield replace(toks[i], kind="FOLD", text=name, end=toks[i + 2].end) if name else toks[i]
        i += 3 if name else 1


def _guarded(decision: Decision, toks: Sequence[Word], first: int, last: int) -> Decision:
    """Unknown where the words around may belong to the claim, or where the sentence supposes, asks or denies."""
    before = toks[first - 1] if first else None
    after = toks[last] if last < len(toks) else None
    if before is not None and (before.kind in ("FOLD", "EXPR") or before.text in words.MATH | _PREPOSITIONS):
        return Decision("unknown", "context", decision.evidence)
    if after is not None and (after.text in words.SCALING | words.MATH or after.kind in ("OF", "MORE", "LESS", "EQ")):
        return Decision("unknown", "context", decision.evidence)
    if (
        after is not None
        and after.text in ("or", "and", ",")
        and last + 1 < len(toks)
        and toks[last + 1].kind == "EXPR"
    ):
        return Decision("unknown", "context", decision.evidence)
    return Decision("unknown", "supposed", decision.evidence) if _is_supposed(toks, first, last) else decision


def _is_supposed(toks: Sequence[Word], first: int, last: int) -> bool:
    """Whether a word of doubt stands in the same sentence before the claim, or close behind it."""
    for tok in reversed(toks[max(0, first - 20) : first]):
        if tok.kind == "BREAK" and tok.text in (".", ";", "?", "\n"):
            break
        if tok.text in words.DOUBT or tok.kind == "NOT":
            return True
    return any(tok.text in words.DOUBT or tok.text == "?" for tok in toks[last : last + 12])
