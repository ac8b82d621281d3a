"""Quantities that a solution names in words: ``Total cost = 3 * 4``, then ``Total cost = 14``, then ``100 - Total cost``.

A name is a variable whose value the solution itself states. Refuted is only a number that contradicts the expression
which the same step gave for the same name; a name may take another value later, and often does.
"""

import contextlib
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from verifiers.arithmetic import decide
from verifiers.claims import Claim
from verifiers.decision import Decision, Finding
from verifiers.exact import NotRational, TooLarge, Undefined, value
from verifiers.grammar import number, parse
from verifiers.terms import Name, Num, Op, Term, is_bare, names, spell
from verifiers.tokens import ENDS_TERM, OPERATORS, RELATIONS, Tok, scan
from verifiers.words import DOUBT, ROUNDING

_BREAKS = frozenset((*".;:,?\n", r"\[", r"\]", r"\\", "$$"))
_LEADING = frozenset(
    """so the thus therefore then hence now and let's we get have her his their its this that our a an new current
    first second third fourth fifth next finally if suppose assume since because when where""".split()
)
MAX_STATEMENTS = 200


@dataclass(frozen=True, slots=True)
class _Side:
    term: Term
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Statement:
    """``sides[0] = sides[1] = ...`` as one sentence says it; ``doubted``: supposed or denied, so nothing is refuted."""

    sides: tuple[_Side, ...]
    approx: bool
    doubted: bool


@dataclass(frozen=True, slots=True)
class _Known:
    """What a name stands for: the term as last stated, in which step, and its number where it has one."""

    term: Term
    step: int
    number: Num | None


_Book = dict[str, _Known]


def findings(problem: str, context: Sequence[str]) -> list[Finding]:
    """The claims of ``context[-1]`` that involve a named quantity, decided by what the steps so far say of it."""
    book: _Book = {}
    found: list[Finding] = []
    last = len(context) - 1
    for place, step in enumerate(context):
        for statement in statements(step):
            made = list(_read(statement, book, place, problem))
            found.extend(replace(each, text=step[each.start : each.end]) for each in made if place == last)
    return found


@lru_cache(maxsize=4096)
def statements(step: str) -> tuple[_Statement, ...]:
    """The equalities of a step in which at least one side holds a name of two letters or more."""
    toks = scan(step, 0, len(step))
    found = [made for part in _segments(toks) if (made := _statement(part)) is not None]
    return tuple(found[:MAX_STATEMENTS])


def _segments(toks: Sequence[Tok]) -> Iterator[list[Tok]]:
    part: list[Tok] = []
    for tok in toks:
        if tok.kind == "PUNCT" and tok.text in _BREAKS:
            yield part
            part = []
        else:
            part.append(tok)
    yield part


def _statement(part: list[Tok]) -> _Statement | None:
    cuts = [i for i, tok in enumerate(part) if tok.kind in RELATIONS]
    if not cuts or any(tok.kind in ("BAD", "PUNCT") for tok in part[: cuts[-1]]):
        return None
    pieces = [part[a + 1 : b] for a, b in zip([-1, *cuts], [*cuts, len(part)], strict=True)]
    sides = [_side(piece, i == len(pieces) - 1) for i, piece in enumerate(pieces)]
    if sides[-1] is None:
        sides.pop()
    whole = [side for side in sides if side is not None]
    if len(whole) != len(sides) or len(whole) < 2 or not any(names(side.term) for side in whole):
        return None
    if not all(_is_name(name) for side in whole for name in names(side.term)):
        return None  # letters: algebra's business
    words = {word.lower().replace("’", "'") for tok in part if tok.kind == "WORD" for word in tok.text.split()}
    approx = any(part[i].kind == "APPROX" for i in cuts) or bool(words & ROUNDING)
    return _Statement(tuple(whole), approx, bool(words & DOUBT))


def _is_name(text: str) -> bool:
    """Words, one of four letters at least, none a lone letter: ``total cost``, not ``f 40`` or ``pqs``."""
    words = text.split()
    return any(len(word) > 3 for word in words) and not any(len(word) == 1 and word != "a" for word in words)


def _side(toks: list[Tok], is_last: bool) -> _Side | None:
    """One side of a relation; words behind a number are its unit, other words are a name."""
    if not toks:
        return None
    if toks[0].kind == "WORD" and not any(tok.kind in OPERATORS for tok in toks):
        label = normal(tok.text for tok in toks if tok.kind not in ("LPAR", "RPAR", "MONEY"))
        return _Side(Name(label), toks[0].start, toks[-1].end) if label and not is_last else None
    spelled = _with_names(toks, is_last)
    term = parse(spelled) if spelled else None
    return None if term is None else _Side(term, spelled[0].start, spelled[-1].end)


def _with_names(toks: list[Tok], is_last: bool) -> list[Tok]:
    """Runs of words become one ``NAME``; units, currency and bullets go. Words behind the last number end a last side,
    and make any other side unreadable (empty)."""
    out: list[Tok] = []
    for tok in toks:
        if tok.kind in ("UNIT", "MONEY"):
            continue
        if tok.kind != "WORD":
            out.append(tok)
        elif out and out[-1].kind == "NAME":
            out[-1] = replace(out[-1], text=f"{out[-1].text} {tok.text}", end=tok.end)
        elif not (out and out[-1].kind in ENDS_TERM):
            out.append(replace(tok, kind="NAME"))
        elif is_last:
            break
        else:
            return []
    if len(out) > 1 and out[0].kind == "MINUS" and out[1].kind == "NAME":
        out = out[1:]  # a bullet in running text
    return [replace(tok, text=normal([tok.text])) if tok.kind == "NAME" else tok for tok in out]


def normal(words: Iterator[str] | Sequence[str]) -> str:
    """A name as its other mentions may write it: lower case, without articles and connectives in front."""
    parts = re.sub(r"[^\w\s'%/$.-]", " ", " ".join(words).lower().replace("’", "'")).split()
    while parts and parts[0] in _LEADING:
        parts.pop(0)
    return " ".join(parts)


def _read(statement: _Statement, book: _Book, step: int, problem: str) -> Iterator[Finding]:
    """The findings of one statement; what it says of names is written into ``book``."""
    sides = statement.sides
    for left, right in itertools.pairwise(sides):
        decision = _decide(left, right, statement, book, step, problem)
        if decision is not None:
            yield Finding("", left.start, right.end, decision)
    for left, right in itertools.pairwise(sides):
        _learn(left.term, right.term, book, step)
    if isinstance(sides[0].term, Name):
        _note(sides[0].term.text, _best(sides[1:]), book, step)


def _best(sides: Sequence[_Side]) -> Term:
    """The last side that is all numbers, else the last side."""
    return next((side.term for side in reversed(sides) if not names(side.term)), sides[-1].term)


def _note(name: str, term: Term, book: _Book, step: int) -> None:
    whole = _filled(term, book)
    known = None
    if whole is not None:
        with contextlib.suppress(NotRational, TooLarge, Undefined):
            known = whole if isinstance(whole, Num) else Num(value(whole), 0)
    book[name] = _Known(term, step, known)


def _learn(pattern: Term, filled: Term, book: _Book, step: int) -> None:
    """``Price * Number = 3 * 4`` says what ``Price`` and ``Number`` are, where they were not known."""
    if isinstance(pattern, Name):
        if is_bare(filled) and pattern.text not in book:
            _note(pattern.text, filled, book, step)
    elif isinstance(pattern, Op) and isinstance(filled, Op) and _shape(pattern) == _shape(filled):
        for one, other in zip(pattern.args, filled.args, strict=True):
            _learn(one, other, book, step)


def _shape(op: Op) -> tuple[str, int]:
    return op.name, len(op.args)


def _decide(left: _Side, right: _Side, statement: _Statement, book: _Book, step: int, problem: str) -> Decision | None:
    """``None`` where the pair holds no name (the plain arithmetic reader has it) or only gives a name its value."""
    if not names(left.term) and not names(right.term):
        return None
    if isinstance(left.term, Name):
        return _restated(left.term.text, right, statement, book, step, problem)
    one, other = _filled(left.term, book), _filled(right.term, book)
    if one is None or other is None:
        return Decision("unknown", "unknown_quantity")
    return _never_refuted(_compare(one, other, statement))


def _restated(name: str, right: _Side, statement: _Statement, book: _Book, step: int, problem: str) -> Decision | None:
    old = book.get(name)
    new = _filled(right.term, book)
    if new is None:
        return Decision("unknown", "unknown_quantity")
    before = None if old is None else _filled(old.term, book)
    if old is None or before is None:
        return _given(name, new, problem)
    decision = _compare(before, new, statement)
    simplifies = old.step == step and not is_bare(before) and not names(old.term) and is_bare(new)
    return decision if simplifies and not statement.doubted else _never_refuted(decision)


def _given(name: str, term: Term, problem: str) -> Decision | None:
    """Valid where the problem's sentence with this number shares a word of substance with the name."""
    if not isinstance(term, Num):
        return None
    wanted = {word[:5] for word in re.findall(r"[a-z]{4,}", name)}
    for sentence in re.split(r"[.?!;](?:\s|$)", problem):
        numbers = {number(tok.text).value for tok in scan(sentence, 0, len(sentence)) if tok.kind == "NUMBER"}
        stems = {word[:5] for word in re.findall(r"[a-z]{4,}", sentence.lower())}
        if wanted & stems and term.value in numbers:
            return Decision("valid", "given", sentence.strip()[:200])
    return None


def _filled(term: Term, book: _Book) -> Term | None:
    """The term with every name replaced by its known number, or ``None`` where one is not known."""
    if isinstance(term, Num):
        return term
    if isinstance(term, Name):
        return book[term.text].number if term.text in book else None
    args = [_filled(arg, book) for arg in term.args]
    whole = tuple(arg for arg in args if arg is not None)
    return Op(term.name, whole) if len(whole) == len(args) else None


def _compare(one: Term, other: Term, statement: _Statement) -> Decision:
    sides = statement.sides
    claim = Claim("", sides[0].start, sides[-1].end, one, other, (spell(one), spell(other)), statement.approx, None)
    decision = decide(claim)
    if decision.outcome == "valid" and decision.reason == "exact":
        return replace(decision, reason="follows")
    return decision


def _never_refuted(decision: Decision) -> Decision:
    """Other numbers than the ones known may be meant: the sentence may speak of another thing of the same name."""
    return Decision("unknown", "other_value", decision.evidence) if decision.outcome == "invalid" else decision
