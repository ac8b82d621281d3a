"""Our grammar of formulas: tokens to a ``Term``. LALR, no evaluation, linear in the number of tokens."""

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedInput, v_args
from lark.lexer import Lexer

from verifiers.algebra.derivative import antiderivative, between
from verifiers.algebra.lexer import Tok
from verifiers.algebra.terms import Num, Op, Term, Var, variables

MAX_TOKENS = 300
MAX_DEPTH = 40

_GRAMMAR = r"""
start: expr | LPAR list RPAR -> tuple | DERIV bare -> deriv | DERIV func -> deriv
?expr: sum | sum MOD sum -> mod
list: expr (COMMA expr)+
?sum: term | sum PLUS term -> add | sum MINUS term -> sub | sum PM term -> pm
?term: product | bigsum | product TIMES bigsum -> mul
rows: row (ROW row)*
row: expr (AMP expr)*
bigsum: BIG SUB LBRACE VAR EQ expr RBRACE POW exponent term -> big
?product: signed | product TIMES signed -> mul | product DIV signed -> div
?signed: juxt | MINUS signed -> neg | PLUS signed -> pos | PM signed -> pmone
?juxt: power | juxt gpower -> implicit
?power: postfix | postfix POW exponent -> pow
?gpower: gpostfix | gpostfix POW exponent -> pow
?exponent: postfix | MINUS exponent -> neg | postfix POW exponent -> pow
?postfix: atom | postfix FACT -> fact | postfix PERCENT -> percent | postfix DEG -> deg
?gpostfix: gatom | gpostfix FACT -> fact | gpostfix PERCENT -> percent | gpostfix DEG -> deg
?atom: NUMBER -> number | NUMERAL -> numeral | NUMBER MIX FRAC LBRACE NUMBER RBRACE LBRACE NUMBER RBRACE -> mixed | gatom
?gatom: batom | group | func | DERIV group -> deriv
      | INT expr DVAR -> integral | INT SUB base POW exponent expr DVAR -> definite
      | LPAR expr RPAR SUB base POW exponent -> between
?batom: MATL rows MATR -> matrix | VAR -> var | CONST -> const | FRAC LBRACE expr RBRACE LBRACE expr RBRACE -> frac
      | LBRACE expr CHOOSE expr RBRACE -> choose | LBRACE expr OVER expr RBRACE -> over | NCR -> ncr
      | BINOM LBRACE expr RBRACE LBRACE expr RBRACE -> binom
      | SQRT LBRACE expr RBRACE -> sqrt | SQRT LPAR expr RPAR -> sqrt | SQRT NUMBER -> sqrt_number
      | SQRT VAR -> sqrt_var | SQRT LPAR expr RPAR LBRACE expr RBRACE -> root
      | CALL LPAR expr RPAR -> call | CALL LPAR list RPAR -> call
      | ABSL expr ABSR -> enclosed | FLOORL expr FLOORR -> enclosed | CEILL expr CEILR -> enclosed
?group: LPAR expr RPAR -> inner | LBRACE expr RBRACE -> inner
func: fhead group -> apply | fhead group DEG -> apply_deg | fhead LPAR list RPAR -> apply | fhead bare -> apply_bare
fhead: FUNC | FUNC POW exponent -> fpow | FUNC SUB base -> fbase
?base: NUMBER -> number | VAR -> var | LBRACE expr RBRACE -> inner
?bare: bpower | bare bvpower -> implicit | NUMBER -> number | NUMBER DEG -> number_deg | NUMBER bvpower -> number_times
?bpower: batom | batom POW exponent -> pow | batom DEG -> deg
?bvpower: batom | batom POW exponent -> pow
%declare PLUS MINUS TIMES DIV POW PM MOD FACT PERCENT DEG NUMBER VAR CONST FUNC CALL LPAR RPAR LBRACE RBRACE
%declare FRAC BINOM SQRT ABSL ABSR FLOORL FLOORR CEILL CEILR COMMA BIG SUB EQ
%declare MATL MATR ROW AMP DERIV INT DVAR NUMERAL NCR MIX CHOOSE OVER
"""
_OPENS = frozenset({"LPAR", "LBRACE", "ABSL", "MATL", "INT"})
_CLOSES = frozenset({"RPAR", "RBRACE", "ABSR", "MATR", "DVAR"})
_ENCLOSED = {"ABSL": "abs", "FLOORL": "floor", "CEILL": "ceil"}


def parse(toks: Sequence[Tok]) -> Term | None:
    """The term that these tokens spell, or ``None`` where they spell none, or are too many or too deep."""
    if not 0 < len(toks) <= MAX_TOKENS or _depth(toks) > MAX_DEPTH:
        return None
    try:
        return _PARSER.parse(toks)  # type: ignore[arg-type,return-value]  # our lexer takes tokens, not text
    except UnexpectedInput:
        return None


def _depth(toks: Sequence[Tok]) -> int:
    """How deep the groups nest, and the signs and powers that stand in a row."""
    deepest = depth = row = 0
    for tok in toks:
        depth += (tok.kind in _OPENS) - (tok.kind in _CLOSES)
        row = row + 1 if tok.kind in ("MINUS", "PM", "POW") else row * (tok.kind in ("NUMBER", "VAR", "LBRACE", "LPAR"))
        deepest = max(deepest, depth + row)
    return deepest


class _TokLexer(Lexer):
    def __init__(self, conf: Any) -> None:
        """Lark hands its lexer configuration over; our tokens are ready-made."""

    def lex(self, data: Any) -> Iterator[Token]:  # type: ignore[override]  # lark's older, simpler interface
        for tok in data:
            yield Token(tok.kind, tok.name or tok.text)


def _number(text: str) -> Num:
    """A written number, thousands separators and repeating decimals allowed."""
    if "{" in text and "{,}" not in text:
        return _repeating(text)
    plain = text.replace("{,}", "").replace(",\\!", "").replace(",", "")
    return Num(Fraction(plain), len(plain.partition(".")[2]))


def _repeating(text: str) -> Num:
    r"""``0.8\overline{3}`` exactly."""
    fixed, _, period = text.partition("\\")
    period = period.strip("overlinba {}")
    whole, _, decimals = fixed.partition(".")
    head = Fraction(int(whole or "0") * 10 ** len(decimals) + int(decimals or "0"), 10 ** len(decimals))
    return Num(head + Fraction(int(period), (10 ** len(period) - 1) * 10 ** len(decimals)))


@v_args(inline=True)
class _Build(Transformer[Token, Term]):
    """Parse tree to ``Term``."""

    def start(self, term: Term) -> Term:
        return term

    def tuple(self, _: Token, items: Any, __: Token) -> Term:
        return Op("tuple", items)

    def list(self, *parts: Any) -> Any:
        return tuple(part for part in parts if not isinstance(part, Token))

    def number(self, text: Token) -> Term:
        return _number(str(text))

    def numeral(self, text: Token) -> Term:
        digits, _, base = str(text).partition("_")
        return Op("base", (Num(Fraction(digits)), Num(Fraction(base))))

    def mixed(self, whole: Token, *parts: Any) -> Term:
        return Op("mixed", (_number(str(whole)), Op("div", (_number(str(parts[3])), _number(str(parts[6]))))))

    def choose(self, *parts: Any) -> Term:
        return Op("binom", (parts[1], parts[3]))

    def over(self, *parts: Any) -> Term:
        return Op("div", (parts[1], parts[3]))

    def ncr(self, text: Token) -> Term:
        n, k = (Num(Fraction(number)) for number in re.findall(r"\d+", text))
        chosen = Op("binom", (n, k))
        return chosen if "C" in text else Op("mul", (chosen, Op("fact", (k,))))

    def deriv(self, name: Token, body: Term) -> Term:
        return Op("deriv", (Var(str(name)), body))

    def integral(self, _: Token, body: Term, name: Token) -> Term:
        return Op("integral", (Var(str(name)), body))

    def definite(self, *parts: Any) -> Term:
        lower, upper, body, name = parts[2], parts[4], parts[5], str(parts[6])
        whole = antiderivative(body, name)
        made = Op("definite", (Var(name), lower, upper, body))
        return made if whole is None else Op("value", (between(whole, name, lower, upper),))

    def between(self, *parts: Any) -> Term:
        body, lower, upper = parts[1], parts[4], parts[6]
        free = variables(body)
        if len(free) != 1:
            return Op("between", (body,))
        return Op("value", (between(body, next(iter(free)), lower, upper),))

    def matrix(self, name: Token, rows: Any, _: Token) -> Term:
        made = Op("matrix", rows)
        return Op("det", (made,)) if "vmatrix" in name else made

    def rows(self, *parts: Any) -> Any:
        return tuple(part for part in parts if not isinstance(part, Token))

    def row(self, *parts: Any) -> Any:
        return Op("row", tuple(part for part in parts if not isinstance(part, Token)))

    def var(self, text: Token) -> Term:
        return Var(str(text))

    def const(self, text: Token) -> Term:
        return Op(str(text))

    def add(self, left: Term, _: Token, right: Term) -> Term:
        return Op("add", (left, right))

    def sub(self, left: Term, _: Token, right: Term) -> Term:
        return Op("sub", (left, right))

    def pm(self, left: Term, sign: Token, right: Term) -> Term:
        return Op("add", (left, Op("mp" if "mp" in sign else "pm", (right,))))

    def pmone(self, sign: Token, term: Term) -> Term:
        return Op("mp" if "mp" in sign else "pm", (term,))

    def mul(self, left: Term, _: Token, right: Term) -> Term:
        return Op("mul", (left, right))

    def div(self, left: Term, _: Token, right: Term) -> Term:
        return (
            Op("slash", (left, right))
            if isinstance(right, Op) and right.name == "implicit"
            else Op("div", (left, right))
        )

    def mod(self, left: Term, _: Token, right: Term) -> Term:
        return Op("mod", (left, right))

    def implicit(self, left: Term, right: Term) -> Term:
        return Op("implicit", (left, right))

    def pow(self, base: Term, _: Token, exponent: Term) -> Term:
        return Op("pow", (base, exponent))

    def neg(self, _: Token, term: Term) -> Term:
        return Op("neg", (term,))

    def pos(self, _: Token, term: Term) -> Term:
        return term

    def fact(self, term: Term, _: Token) -> Term:
        return Op("fact", (term,))

    def percent(self, term: Term, _: Token) -> Term:
        return Op("percent", (term,))

    def deg(self, term: Term, _: Token) -> Term:
        return Op("deg", (term,))

    def inner(self, _: Token, term: Term, __: Token) -> Term:
        return term

    def enclosed(self, kind: Token, term: Term, _: Token) -> Term:
        return Op(_ENCLOSED[kind.type], (term,))

    def frac(self, *parts: Any) -> Term:
        return Op("div", (parts[2], parts[5]))

    def binom(self, *parts: Any) -> Term:
        return Op("binom", (parts[2], parts[5]))

    def sqrt(self, *parts: Any) -> Term:
        return Op("sqrt", (parts[2],))

    def sqrt_number(self, _: Token, text: Token) -> Term:
        return Op("sqrt", (_number(str(text)),))

    def sqrt_var(self, _: Token, text: Token) -> Term:
        return Op("sqrt", (Var(str(text)),))

    def root(self, *parts: Any) -> Term:
        return Op("root", (parts[5], parts[2]))

    def call(self, name: Token, _: Token, args: Any, __: Token) -> Term:
        given = args if isinstance(args, tuple) else (args,)
        return Op("binom", given) if name == "C" and len(given) == 2 else Op(f"call:{name}", given)

    def fhead(self, name: Token) -> Any:
        return (str(name), None, None)

    def fpow(self, name: Token, _: Token, exponent: Term) -> Any:
        return (str(name), exponent, None)

    def fbase(self, name: Token, _: Token, base: Term) -> Any:
        return (str(name), None, base)

    def apply(self, head: Any, *parts: Any) -> Term:
        args = next(part for part in parts if not isinstance(part, Token))
        return _applied(head, args if isinstance(args, tuple) else (args,))

    def apply_deg(self, head: Any, arg: Term, _: Token) -> Term:
        return _applied(head, (Op("deg", (arg,)),))

    def apply_bare(self, head: Any, arg: Term) -> Term:
        return _applied(head, (arg,))

    def number_deg(self, text: Token, _: Token) -> Term:
        return Op("deg", (_number(str(text)),))

    def number_times(self, text: Token, right: Term) -> Term:
        return Op("implicit", (_number(str(text)), right))

    def big(self, *parts: Any) -> Term:
        name, bound, lower, upper, body = "prod" if "prod" in parts[0] else "sum", *(parts[i] for i in (3, 5, 8, 9))
        return Op(name, (Var(str(bound)), lower, upper, body))


def _applied(head: Any, args: tuple[Term, ...]) -> Term:
    name, exponent, base = head
    if name == "lg":
        name, base = "log", Num(Fraction(10))
    made = Op(name, args if base is None else (*args, base))
    return made if exponent is None else Op("pow", (made, exponent))


_PARSER = Lark(_GRAMMAR, parser="lalr", lexer=_TokLexer, transformer=_Build())
