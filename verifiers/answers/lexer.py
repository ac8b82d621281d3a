"""Clean answer text to tokens. What is a word and what is a product of letters is settled here."""

import re
from dataclasses import dataclass

from verifiers.answers.nodes import Unread
from verifiers.answers.units import LETTERS, SHORT

MAX_TOKENS = 600
MAX_DIGITS = 2_000

FUNCTIONS = frozenset(
    """sin cos tan cot sec csc arcsin arccos arctan arccot asin acos atan sinh cosh tanh coth arcsinh arccosh arctanh
    arsinh arcosh artanh asinh acosh atanh ln log lg exp sqrt cbrt abs gcd lcm max min floor ceil sgn det""".split()
)
CONSTANTS = {"pi": "pi", "infty": "infty", "infinity": "infty", "inf": "infty", "oo": "infty", "phi": "phi"}
SEPARATORS = frozenset({"and", "or"})
_SHORT_WORDS = frozenset(
    """odd even yes no all the is are of to in for per not nor day one two six ten am pm men boy boys cat dog car cup
    box bus egg pen pie pig bag map man toy red mod pct sq cu if at by on""".split()
)
_RELATIONS = {
    r"\le": "<=", r"\leq": "<=", r"\leqslant": "<=", "<=": "<=", r"\ge": ">=", r"\geq": ">=", r"\geqslant": ">=",
    ">=": ">=", "<": "<", r"\lt": "<", ">": ">", r"\gt": ">", "=": "=", "==": "=", "!=": "!=", r"\ne": "!=",
    r"\neq": "!=", r"\approx": "~", r"\simeq": "~", r"\in": "in", r"\equiv": "==", ":=": "=",
}  # fmt: skip
_PATTERNS = (
    ("SPACE", r"\s+|\{\s*\}"),
    ("TEXT", r"\\(?:text|textbf|textit|textrm|textnormal|texttt|mbox|hbox|mathrm|mathbf|mathit|mathsf|rm|operatorname\*?)"
             r"\s*\{([^{}]*)\}"),
    ("TEX_ENV", r"\\(?:begin|end)\{[A-Za-z*]+\}(?:\{[lcr|]*\})?"),
    ("REL", r"\\(?:leqslant|geqslant|leq?|geq?|lt|gt|neq?|approx|simeq|in|equiv)(?![A-Za-z])|<=|>=|!=|==|:=|<|>|="),
    ("SET", r"\\(?:cup|cap|setminus|backslash)(?![A-Za-z])"),
    ("PM", r"\\pm|\\mp|\+-|\+/-"),
    ("OP", r"\\times|\\cdot|\\div|\*\*|[-+*/^!|_'&]|\\\\|\\mid(?![A-Za-z])|\\%|%|\\colon|:"),
    ("OPEN", r"\\\{|\\langle|\\lfloor|\\lceil|[(\[{]"),
    ("CLOSE", r"\\\}|\\rangle|\\rfloor|\\rceil|[)\]}]"),
    ("MONEY", r"\\\$|€|£"),
    ("COMMAND", r"\\[A-Za-z]+"),
    ("MIXED", r"\d+\s+\d+\s*/\s*\d+(?![\d.])"),
    ("NUM", r"(?:\d+(?:\.\d*)?|\.\d+)[eE][-+]?\d+(?![A-Za-z\d.])"),
    ("GROUPED", r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d.]|,\d)"),
    ("NUM", r"\d+\.\d+|\d+\.(?!\d)|\d+|\.\d+"),
    ("WORD", r"[^\W\d_]+(?:-[^\W\d_]{2,})*"),
    ("COMMA", r"[,;]"),
)  # fmt: skip
_SCANNER = re.compile("|".join(f"(?P<K{i}>{pattern})" for i, (_, pattern) in enumerate(_PATTERNS)))
_KINDS = {f"K{i}": kind for i, (kind, _) in enumerate(_PATTERNS)}


@dataclass(frozen=True, slots=True)
class Tok:
    """``kind``: NUM MIXED SYM FUNC CONST WORD SEP COMMA REL SET PM OP OPEN CLOSE MONEY COMMAND TEX_ENV."""

    kind: str
    text: str
    spaced: bool = False  # a space stood before it


def scan(text: str) -> list[Tok]:
    """The tokens. Raises ``Unread`` on a character we do not know, on too many tokens and on too many digits."""
    out: list[Tok] = []
    brackets: list[str] = []
    position, spaced = 0, False
    while position < len(text):
        match = _SCANNER.match(text, position)
        if match is None or match.lastgroup is None:
            raise Unread(f"character {text[position]!r}")
        kind, piece = _KINDS[match.lastgroup], match.group()
        position = match.end()
        if kind == "SPACE":
            spaced = True
            continue
        if kind in ("OPEN", "CLOSE"):
            _track(brackets, kind, piece)
        out.extend(_tokens(kind, piece, spaced, bool(brackets) and brackets[-1] != "{"))
        spaced = False
        if len(out) > MAX_TOKENS:
            raise Unread("too many tokens")
    return _letter_units(out)


def _track(brackets: list[str], kind: str, piece: str) -> None:
    if kind == "OPEN":
        brackets.append(piece)
    elif brackets:
        brackets.pop()


def _tokens(kind: str, piece: str, spaced: bool, listing: bool) -> list[Tok]:
    match kind:
        case "TEXT":
            return _text(piece[piece.index("{") + 1 : -1])
        case "WORD":
            return _word(piece, spaced)
        case "GROUPED":
            return _listed(piece) if listing else [Tok("NUM", piece.replace(",", ""), spaced)]
        case "NUM" | "MIXED" if len(piece) > MAX_DIGITS:
            raise Unread("too many digits")
        case "REL":
            return [Tok("REL", _RELATIONS[piece], spaced)]
        case "COMMAND":
            return [_command(piece, spaced)]
        case _:
            return [Tok(kind, piece, spaced)]


def _listed(piece: str) -> list[Tok]:
    """Inside brackets a comma separates: ``(100,200)`` is a point."""
    out: list[Tok] = []
    for part in piece.split(","):
        out.extend((Tok("COMMA", ","), Tok("NUM", part)))
    return out[1:]


def _text(inner: str) -> list[Tok]:
    """The tokens inside ``\\text{}``: letters together are a word there, whatever their number."""
    out: list[Tok] = []
    for tok in scan(inner.replace("$", "")):
        out.append(tok)
    letters = re.fullmatch(r"\s*([^\W\d_]{2,})\s*", inner)
    if letters and letters[1] not in FUNCTIONS and letters[1] not in SEPARATORS:
        return [Tok("WORD", letters[1], True)]
    if any(tok.kind == "WORD" for tok in out):
        return [Tok("WORD", tok.text, True) if tok.kind == "SYM" else tok for tok in out]
    return [Tok("SYM", tok.text, False) if tok.kind == "SYM" else tok for tok in out]


def _command(piece: str, spaced: bool) -> Tok:
    name = piece[1:]
    if name == "exponentialE":
        return Tok("SYM", "e", spaced)
    if name in CONSTANTS:
        return Tok("CONST", CONSTANTS[name], spaced)
    if name in FUNCTIONS and name != "sqrt":
        return Tok("FUNC", name, spaced)
    return Tok("COMMAND", name, spaced)


def _word(piece: str, spaced: bool) -> list[Tok]:
    low = piece.lower()
    if low in SEPARATORS:
        return [Tok("SEP", low, spaced)]
    if low in FUNCTIONS and len(piece) > 1:
        return [Tok("COMMAND" if low == "sqrt" else "FUNC", low, spaced)]
    if low in CONSTANTS and (piece == low or low == "infinity"):
        return [Tok("CONST", CONSTANTS[low], spaced)]
    if len(piece) == 1 and piece.isalpha():
        return [Tok("SYM", piece, spaced)]
    if low == "mod":
        return [Tok("OP", "mod", spaced)]
    if len(piece) <= 3 and piece.isupper() and piece.isascii() and low not in SHORT and low not in ("am", "pm"):
        return [Tok("SYM", piece, spaced)]  # a segment, an angle or a matrix product: its letters do not commute
    if len(piece) <= 3 and low not in SHORT and low not in _SHORT_WORDS and piece.isascii():
        return [Tok("SYM", letter, spaced and not i) for i, letter in enumerate(piece)]
    return [Tok("WORD", piece, spaced)]


def _letter_units(toks: list[Tok]) -> list[Tok]:
    """``5 m`` at the end of an answer is a length; ``5m`` and ``5 m + 1`` are products."""
    out = list(toks)
    for i, tok in enumerate(toks):
        last = i + 1 == len(toks) or toks[i + 1].kind in ("COMMA", "SEP")
        power = toks[i + 1 : i + 2] == [Tok("OP", "^")] and all(t.text in "^{}123" for t in toks[i + 1 :])
        per = i + 1 < len(toks) and toks[i + 1].text == "/" and all(t.text in "/sh" for t in toks[i + 1 :])
        behind = tok.spaced and i and toks[i - 1].kind in ("NUM", "MIXED")
        if tok.kind == "SYM" and tok.text in LETTERS and behind and (last or power or per):
            out[i] = Tok("WORD", tok.text, True)
    return out
