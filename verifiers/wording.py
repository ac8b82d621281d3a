"""Claims in words: ``half of 30 is 15``, ``the sum of 3, 4 and 5 is 12``, ``the GCD of 12 and 18 is 6``, ``91 is prime``.

A grammar over words and expressions is tried from every place where a claim can begin, as far as it goes; what it does
not take is no claim.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import VisitError
from lark.lexer import Lexer

from verifiers import words
from verifiers.arithmetic import decide
from verifiers.claims import Claim, may_end
from verifiers.decision import Decision, Finding
from verifiers.exact import NotRational, TooLarge, Undefined, show, value
from verifiers.grammar import parse
from verifiers.integers import TESTS
from verifiers.terms import Num, Op, Term, spell
from verifiers.tokens import ENDS_TERM, OPENING, OPERATORS, RELATIONS, STARTS_TERM, Tok, scan

_GRAMMAR = r"""
?claim: quantity _is EXPR -> equal | EXPR IS quantity -> equal | EXPR _is test -> holds | EXPR _is NOT test -> fails
_is: IS | IS EQUAL TO | EQ
?quantity: HALF OF EXPR -> half | TWICE EXPR -> twice | TRIPLE EXPR -> triple | SQUARE OF EXPR -> square
    | CUBE OF EXPR -> cube | SQUARE ROOT OF EXPR -> root | CUBE ROOT OF EXPR -> cube_root
    | FOLD OF (item+) AND EXPR -> fold | DIFFERENCE BETWEEN EXPR AND EXPR -> difference
    | EXPR MORE THAN EXPR -> more | EXPR LESS THAN EXPR -> less
    | REMAINDER WHEN EXPR IS DIVIDED BY EXPR -> remainder | REMAINDER OF EXPR DIVIDED BY EXPR -> remainder
?item: EXPR | EXPR COMMA
test: DIVISIBLE BY EXPR -> multiple | MULTIPLE OF EXPR -> multiple | FACTOR OF EXPR -> factor
    | PRIME -> prime | COMPOSITE -> composite | EVEN -> even | ODD -> odd
    | PERFECT SQUARE -> perfect_square | PERFECT CUBE -> perfect_cube
    | MORE THAN EXPR -> above | LESS THAN EXPR -> below
%declare EXPR IS EQUAL TO EQ NOT HALF OF TWICE TRIPLE SQUARE CUBE ROOT FOLD DIFFERENCE BETWEEN AND MORE LESS THAN
%declare REMAINDER WHEN DIVIDED BY COMMA DIVISIBLE MULTIPLE FACTOR PRIME COMPOSITE EVEN ODD PERFECT
"""
_KEYWORDS = {
    **dict.fromkeys(("is", "are", "was", "gives", "makes"), "IS"),
    **dict.fromkeys(("half",), "HALF"),
    **dict.fromkeys(("twice", "double"), "TWICE"),
    **dict.fromkeys(("triple", "thrice"), "TRIPLE"),
    **dict.fromkeys(("sum", "total", "product", "average", "mean", "gcd", "gcf", "lcm"), "FOLD"),
    **dict.fromkeys(("more", "greater", "larger", "bigger"), "MORE"),
    **dict.fromkeys(("less", "fewer", "smaller"), "LESS"),
    **dict.fromkeys(("factor", "divisor"), "FACTOR"),
}
_KEYWORDS |= {
    word: word.upper()
    for word in """equal to not of square cube root difference between and than remainder when divided by divisible
    multiple prime composite even odd perfect""".split()
}
_LONG_NAMES = {
    "greatest common divisor": "gcd",
    "greatest common factor": "gcd",
    "least common multiple": "lcm",
    "lowest common multiple": "lcm",
}
_SKIPPED = frozenset("a an the his her their its these those all also number numbers".split())
_NO_UNITS = words.NOT_UNITS | words.DOUBT | {"where", "for", "with"}
_PREPOSITIONS = frozenset("of for in at to than from by between on with".split())  # more stands before the claim
_IN_EXPRESSION = OPERATORS | OPENING | ENDS_TERM | {"FRAC", "SQRT", "MONEY"}
_REACH = 40  # tokens looked at from one start


@dataclass(frozen=True, slots=True)
class _Word:
    """A token of this grammar: a keyword, an expression with its term, or any other word (kind ``OTHER``)."""

    kind: str
    text: str
    start: int
    end: int
    term: Term | None = None


def findings(problem: str, context: Sequence[str]) -> list[Finding]:
    """The claims in words of ``context[-1]``, decided. They need no context."""
    step = context[-1]
    toks = list(_joined(list(_words(scan(step, 0, len(step))))))
    found: list[Finding] = []
    reached = 0
    for first in range(len(toks)):
        if first < reached or toks[first].kind in ("OTHER", "BREAK", "IS", "AND", "OF"):
            continue
        read = _read(toks, first)
        if read is not None:
            made, last = read
            start, end = toks[first].start, toks[last - 1].end
            found.append(Finding(step[start:end], start, end, _guarded(made, toks, first, last)))
            reached = last
    return found


def _words(toks: Sequence[Tok]) -> Iterator[_Word]:
    """The step as this grammar sees it: arithmetic runs are one ``EXPR``, articles and units go."""
    i = 0
    while i < len(toks):
        run = _run(toks, i)
        whole = run > i and _begins(toks, i) and may_end(toks, run)
        term = parse([tok for tok in toks[i:run] if tok.kind != "MONEY"]) if whole else None
        if term is not None:
            yield _Word("EXPR", "", toks[i].start, toks[run - 1].end, term)
        elif run > i:
            yield _Word("OTHER", "", toks[i].start, toks[run - 1].end)
        if run > i:
            i = run
            continue
        if toks[i].kind == "WORD":
            yield from _split(toks[i])
        elif toks[i].kind in RELATIONS or toks[i].kind == "PUNCT":
            kind = {",": "COMMA"}.get(toks[i].text, "EQ" if toks[i].kind == "EQ" else "BREAK")
            yield _Word(kind, toks[i].text, toks[i].start, toks[i].end)
        elif toks[i].kind != "UNIT":
            yield _Word("OTHER", toks[i].text, toks[i].start, toks[i].end)
        i += 1


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


def _split(tok: Tok) -> Iterator[_Word]:
    """One word, or the words of a ``\\text{}``."""
    for part in tok.text.lower().split():
        if part not in _SKIPPED:
            yield _Word(_KEYWORDS.get(part, "OTHER"), part, tok.start, tok.end)


def _read(toks: Sequence[_Word], first: int) -> tuple[Decision, int] | None:
    """The longest claim that starts at ``first``, decided, and where it ends."""
    parser = _PARSER.parse_interactive([])  # type: ignore[arg-type]
    fed: list[_Word] = []
    longest = 0
    for word in toks[first : first + _REACH]:
        accepted: set[str] = parser.accepts()  # type: ignore[no-untyped-call]
        if word.kind not in accepted and fed and fed[-1].kind == "EXPR" and _is_unit(word):
            continue
        if word.kind not in accepted:
            break
        parser.feed_token(_token(word))
        fed.append(word)
        if "$END" in parser.accepts():  # type: ignore[no-untyped-call]
            longest = len(fed)
    if not longest:
        return None
    last = next(i for i in range(first, len(toks)) if toks[i].end >= fed[longest - 1].end) + 1
    return _decided(fed[:longest]), last


def _is_unit(word: _Word) -> bool:
    """Whether the word may stand between a number and what goes on with it: ``3 apples and 4 apples``."""
    return word.kind == "OTHER" and len(word.text) > 2 and word.text.isalpha() and word.text not in _NO_UNITS


def _decided(claim: list[_Word]) -> Decision:
    try:
        decision: Decision = _Build().transform(_PARSER.parse(claim))  # type: ignore[arg-type]
    except VisitError as error:
        if isinstance(error.orig_exc, NotRational | TooLarge | Undefined):
            return Decision("unknown", "undefined")
        raise
    return decision


def _joined(toks: Sequence[_Word]) -> Iterator[_Word]:
    """The tokens with long names (greatest common divisor) as one keyword."""
    i = 0
    while i < len(toks):
        name = _LONG_NAMES.get(" ".join(tok.text for tok in toks[i : i + 3]))
        yield replace(toks[i], kind="FOLD", text=name, end=toks[i + 2].end) if name else toks[i]
        i += 3 if name else 1


def _guarded(decision: Decision, toks: Sequence[_Word], first: int, last: int) -> Decision:
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


def _is_supposed(toks: Sequence[_Word], first: int, last: int) -> bool:
    """Whether a word of doubt stands in the same sentence before the claim, or close behind it."""
    for tok in reversed(toks[max(0, first - 20) : first]):
        if tok.kind == "BREAK" and tok.text in (".", ";", "?", "\n"):
            break
        if tok.text in words.DOUBT or tok.kind == "NOT":
            return True
    return any(tok.text in words.DOUBT or tok.text == "?" for tok in toks[last : last + 12])


def _token(word: _Word) -> Token:
    return Token(word.kind, word)


class _WordLexer(Lexer):
    def __init__(self, conf: Any) -> None:
        """Lark hands its lexer configuration over; our tokens are ready-made."""

    def lex(self, data: Any) -> Iterator[Token]:  # type: ignore[override]  # lark's older, simpler interface
        yield from map(_token, data)


@v_args(inline=True)
class _Build(Transformer[Token, Any]):
    """Parse tree to ``_Equal`` or ``_Holds``."""

    def __default__(self, name: Any, children: list[Any], _: Any) -> Any:
        """A quantity as an operation on its expressions, or a test with its argument."""
        terms = _terms(children)
        if name in TESTS:
            return name, terms[0] if terms else None
        return _QUANTITIES[name](terms)

    def item(self, expression: Token, _: Token) -> Token:
        return expression

    def fold(self, name: Token, *rest: Any) -> Term:
        return _fold(name.value.text, tuple(_terms(rest)))

    def equal(self, *parts: Any) -> Decision:
        left, right = _terms(parts)
        return decide(Claim("", 0, 0, left, right, (spell(left), spell(right)), False, None))

    def holds(self, *parts: Any) -> Decision:
        return _tested(parts[0].value.term, parts[-1], True)

    def fails(self, *parts: Any) -> Decision:
        return _tested(parts[0].value.term, parts[-1], False)


def _fold(name: str, terms: tuple[Term, ...]) -> Term:
    if name in ("gcd", "gcf", "lcm"):
        return Op("lcm" if name == "lcm" else "gcd", terms)
    total = terms[0]
    for term in terms[1:]:
        total = Op("mul" if name == "product" else "add", (total, term))
    return Op("div", (total, _number(len(terms)))) if name in ("average", "mean") else total


def _tested(term: Term, test: tuple[str, Term | None], expected: bool) -> Decision:
    name, argument = test
    number, other = value(term), Fraction(0) if argument is None else value(argument)
    truth = TESTS[name](number, other)
    shown = _PROPERTIES.get(name, name.replace("_", " ")) + ("" if argument is None else f" {show(other)}")
    evidence = f"{show(number)} is {'' if truth else 'not '}{shown}"
    return Decision("valid" if truth is expected else "invalid", "exact" if truth is expected else "refuted", evidence)


_PROPERTIES = {"multiple": "a multiple of", "factor": "a divisor of", "above": "greater than", "below": "less than"}


def _number(whole: int) -> Num:
    return Num(Fraction(whole), 0)


_QUANTITIES: dict[str, Callable[[list[Term]], Term]] = {
    "half": lambda terms: Op("div", (terms[0], _number(2))),
    "twice": lambda terms: Op("mul", (_number(2), terms[0])),
    "triple": lambda terms: Op("mul", (_number(3), terms[0])),
    "square": lambda terms: Op("pow", (terms[0], _number(2))),
    "cube": lambda terms: Op("pow", (terms[0], _number(3))),
    "root": lambda terms: Op("sqrt", (terms[0],)),
    "cube_root": lambda terms: Op("root", (terms[0], _number(3))),
    "difference": lambda terms: Op("sub", tuple(sorted(terms, key=value, reverse=True))),
    "more": lambda terms: Op("add", (terms[0], terms[1])),
    "remainder": lambda terms: Op("mod", (terms[0], terms[1])),
    "less": lambda terms: Op("sub", (terms[1], terms[0])),
}


def _terms(parts: Sequence[Any]) -> list[Term]:
    """The terms among a rule's parts: of its ``EXPR`` tokens and of the rules below."""
    carried = [part.value.term if isinstance(part, Token) else part for part in parts]
    return [term for term in carried if isinstance(term, Num | Op)]


_PARSER = Lark(_GRAMMAR, start="claim", parser="lalr", lexer=_WordLexer)
