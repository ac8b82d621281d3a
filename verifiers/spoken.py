"""The grammar of claims in words, over keywords and expressions, and what each of its claims comes to.

It is tried from every place where a claim can begin, as far as it goes.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedToken, v_args
from lark.exceptions import VisitError
from lark.lexer import Lexer

from verifiers import words
from verifiers.arithmetic import decide
from verifiers.claims import Claim
from verifiers.decision import Decision
from verifiers.exact import NotRational, TooLarge, Undefined, show, value
from verifiers.integers import TESTS
from verifiers.terms import Num, Op, Term, spell

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
KEYWORDS = {
    **dict.fromkeys(("is", "are", "was", "gives", "makes"), "IS"),
    **dict.fromkeys(("half",), "HALF"),
    **dict.fromkeys(("twice", "double"), "TWICE"),
    **dict.fromkeys(("triple", "thrice"), "TRIPLE"),
    **dict.fromkeys(("sum", "total", "product", "average", "mean", "gcd", "gcf", "lcm"), "FOLD"),
    **dict.fromkeys(("more", "greater", "larger", "bigger"), "MORE"),
    **dict.fromkeys(("less", "fewer", "smaller"), "LESS"),
    **dict.fromkeys(("factor", "divisor"), "FACTOR"),
}
KEYWORDS |= {
    word: word.upper()
    for word in """equal to not of square cube root difference between and than remainder when divided by divisible
    multiple prime composite even odd perfect""".split()
}
LONG_NAMES = {
    "greatest common divisor": "gcd",
    "greatest common factor": "gcd",
    "least common multiple": "lcm",
    "lowest common multiple": "lcm",
}
_NO_UNITS = words.NOT_UNITS | words.DOUBT | {"where", "for", "with"}
_OF_NUMBERS = frozenset("DIVISIBLE MULTIPLE FACTOR PRIME COMPOSITE EVEN ODD PERFECT".split())
_REACH = 40  # tokens looked at from one start


@dataclass(frozen=True, slots=True)
class Word:
    """A token of this grammar: a keyword, an expression with its term, or any other word (kind ``OTHER``)."""

    kind: str
    text: str
    start: int
    end: int
    term: Term | None = None


def read_claim(toks: Sequence[Word], first: int) -> tuple[Decision, int] | None:
    """The longest claim that starts at ``first``, decided, and where it ends."""
    parser = _PARSER.parse_interactive([])  # type: ignore[arg-type]
    fed: list[Word] = []
    ends: list[int] = []
    counted = False  # "10 chapters are divisible by 3" says nothing of 10
    for word in toks[first : first + _REACH]:
        if word.kind not in parser.choices():  # type: ignore[no-untyped-call]
            if fed and fed[-1].kind == "EXPR" and _is_unit(word):
                counted = counted or len(fed) == 1
                continue
            break
        try:
            parser.feed_token(_token(word))
        except UnexpectedToken:
            break
        fed.append(word)
        if "$END" in parser.choices():  # type: ignore[no-untyped-call]
            ends.append(len(fed))
    for end in reversed(ends):
        decision = _decided(fed[:end])
        if decision is not None:
            if counted and any(word.kind in _OF_NUMBERS for word in fed[:end]):
                decision = Decision("unknown", "context", decision.evidence)
            return decision, next(i for i in range(first, len(toks)) if toks[i].end >= fed[end - 1].end) + 1
    return None


def _is_unit(word: Word) -> bool:
    """Whether the word may stand between a number and what goes on with it: ``3 apples and 4 apples``."""
    return word.kind == "OTHER" and len(word.text) > 2 and word.text.isalpha() and word.text not in _NO_UNITS


def _decided(claim: list[Word]) -> Decision | None:
    """``None`` where the words only begin a claim."""
    try:
        decision: Decision = _Build().transform(_PARSER.parse(claim))  # type: ignore[arg-type]
    except UnexpectedToken:
        return None
    except VisitError as error:
        if isinstance(error.orig_exc, NotRational | TooLarge | Undefined):
            return Decision("unknown", "undefined")
        raise error.orig_exc from error
    if decision.outcome == "invalid" and any(_is_loose(word.term) for word in claim[1:]):
        return Decision("unknown", "notation", decision.evidence)
    return decision


def _is_loose(term: Term | None) -> bool:
    """Whether words beside the expression may reach into a part of it: ``half of 10 + 4``."""
    return isinstance(term, Op) and term.name in ("add", "sub", "mul", "implicit")


def _token(word: Word) -> Token:
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
