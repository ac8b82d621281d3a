"""Our arithmetic grammar: tokens to a ``Term``. LALR, no evaluation, linear in the number of tokens."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedInput, v_args
from lark.lexer import Lexer

from verifiers.terms import Name, Num, Op, Term
from verifiers.tokens import Tok

MAX_TOKENS = 200

_GRAMMAR = r"""
start: sum
?sum: product | sum PLUS product -> add | sum MINUS product -> sub
?product: signed | product TIMES signed -> mul | product DIV signed -> div | product gpower -> implicit
?signed: power | MINUS signed -> neg
?power: postfix | postfix POW exponent -> pow
?exponent: power | MINUS exponent -> neg
?postfix: atom | postfix FACT -> fact | postfix PERCENT -> percent
?gpower: gpostfix | gpostfix POW exponent -> pow
?gpostfix: factor | gpostfix FACT -> fact | gpostfix PERCENT -> percent
?atom: NUMBER -> number | MIXED -> mixed | NAME -> name | group | NUMBER fraction -> latex_mixed
?group: factor | LBRACE sum RBRACE -> inner
?factor: LPAR sum RPAR -> inner | fraction | SQRT LBRACE sum RBRACE -> sqrt
      | SQRT LPAR sum RPAR -> sqrt | SQRT NUMBER -> sqrt_number | SQRT LPAR NUMBER RPAR LBRACE sum RBRACE -> root
?fraction: FRAC LBRACE sum RBRACE LBRACE sum RBRACE -> frac
%declare NAME PLUS MINUS TIMES DIV POW FACT PERCENT NUMBER MIXED LPAR RPAR LBRACE RBRACE FRAC SQRT
"""


def parse(toks: Sequence[Tok]) -> Term | None:
    """The term that these tokens spell, or ``None`` where they spell none or are more than ``MAX_TOKENS``."""
    if not 0 < len(toks) <= MAX_TOKENS:
        return None
    try:
        return _PARSER.parse(toks)  # type: ignore[arg-type,return-value]  # our lexer takes tokens, not text
    except UnexpectedInput:
        return None


def number(text: str) -> Num:
    """A written number, thousands separators allowed. Raises ``ValueError`` on anything else."""
    plain = text.replace("{,}", "").replace(",", "")
    return Num(Fraction(plain), len(plain.partition(".")[2]))


class _TokLexer(Lexer):
    def __init__(self, conf: Any) -> None:
        """Lark hands its lexer configuration over; our tokens are ready-made."""

    def lex(self, data: Any) -> Iterator[Token]:  # type: ignore[override]  # lark's older, simpler interface
        for tok in data:
            yield Token(tok.kind, tok.text)


@v_args(inline=True)
class _Build(Transformer[Token, Term]):
    """Parse tree to ``Term``."""

    def start(self, term: Term) -> Term:
        return term

    def number(self, text: Token) -> Term:
        return number(str(text))

    def name(self, text: Token) -> Term:
        return Name(str(text))

    def mixed(self, text: Token) -> Term:
        whole, part = str(text).split(None, 1)
        upper, _, lower = part.partition("/")
        return Op("mixed", (number(whole), Op("div", (number(upper), number(lower)))))

    def latex_mixed(self, whole: Token, part: Term) -> Term:
        return Op("mixed", (number(str(whole)), part))

    def add(self, left: Term, _: Token, right: Term) -> Term:
        return Op("add", (left, right))

    def sub(self, left: Term, _: Token, right: Term) -> Term:
        return Op("sub", (left, right))

    def mul(self, left: Term, _: Token, right: Term) -> Term:
        return Op("mul", (left, right))

    def div(self, left: Term, _: Token, right: Term) -> Term:
        return Op("div", (left, right))

    def implicit(self, left: Term, right: Term) -> Term:
        return Op("implicit", (left, right))

    def pow(self, base: Term, _: Token, exponent: Term) -> Term:
        return Op("pow", (base, exponent))

    def neg(self, _: Token, term: Term) -> Term:
        return Op("neg", (term,))

    def fact(self, term: Term, _: Token) -> Term:
        return Op("fact", (term,))

    def percent(self, term: Term, _: Token) -> Term:
        return Op("percent", (term,))

    def inner(self, _: Token, term: Term, __: Token) -> Term:
        return term

    def frac(self, *parts: Any) -> Term:
        return Op("div", (parts[2], parts[5]))

    def sqrt(self, *parts: Any) -> Term:
        return Op("sqrt", (parts[2],))

    def sqrt_number(self, _: Token, text: Token) -> Term:
        return Op("sqrt", (number(str(text)),))

    def root(self, *parts: Any) -> Term:
        return Op("root", (parts[5], number(str(parts[2]))))


_PARSER = Lark(_GRAMMAR, parser="lalr", lexer=_TokLexer, transformer=_Build())
