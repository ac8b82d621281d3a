"""Mathematical prose to tokens with character spans: LaTeX and plain letters. Pure and linear.

Inside ``$..$``, ``\\(..\\)``, ``\\[..\\]`` and environments every letter is a variable; outside, a word is a word.
"""

import re
from dataclasses import dataclass, replace

from verifiers.tokens import MAX_DIGITS

FUNCTIONS = frozenset(
    """sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh log ln lg exp gcd lcm max min sqrt abs floor
    ceil""".split()
)
GREEK = frozenset(
    """alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi rho sigma tau
    upsilon phi varphi chi psi omega Gamma Theta Lambda Xi Sigma Phi Psi Omega ell Delta""".split()
)
RELATIONS = frozenset({"EQ", "APPROX", "LT", "GT", "LE", "GE", "NE", "EQUIV"})
OPERATORS = frozenset({"PLUS", "MINUS", "TIMES", "DIV", "POW", "PM", "MOD"})
ENDS_TERM = frozenset("NUMBER NUMERAL NCR VAR CONST RPAR RBRACE FACT PERCENT DEG ABSR FLOORR CEILR MATR".split())
SOFT = frozenset({"DELIM", "LINE"})  # a chain may go on behind these

_PATTERNS = (
    ("ENV", r"\\(?:begin|end)\s*\{[A-Za-z]+\*?\}(?:\{[lcr| ]*\})?"),
    ("DERIV", r"\\d?frac\s*\{\s*d\s*\}\s*\{\s*d\s*[A-Za-z]\s*\}"),
    ("DYDX", r"\\d?frac\s*\{\s*d\s*[A-Za-z]\s*\}\s*\{\s*d\s*[A-Za-z]\s*\}"),
    ("BADFRAC", r"\\d?frac\s*\{\s*(?:\\partial|d)[^{}]{0,9}\}\s*\{\s*(?:\\partial|d)"),
    ("INT", r"\\int(?![A-Za-z])"),
    ("TEXT", r"\\mathop\s*\{\s*(?:\\(?:text|mathrm|rm)\s*)?\{?([^{}]*)\}?\s*\}"),
    (
        "NCR",
        r"(?:\{\s*\}\s*)?[_^]\s*(?:\d{1,6}|\{\s*\d{1,6}\s*\})\s*[CP]\s*_\s*(?:\d|\{\s*\d{1,6}\s*\})"
        r"|\b\d{1,3}[CP]_?\d{1,3}\b",
    ),
    ("TEXT", r"\\(?:text|mathrm|mbox|textrm|operatorname|textbf|textit|mathbf|mathit)\s*\{([^{}]*)\}"),
    ("DELIM", r"\\\[|\\\]|\\\(|\\\)|\$\$"),
    ("LINE", r"\\\\(?:\[[^\]]*\])?|\n"),
    ("DOLLAR", r"\\?\$"),
    ("PMOD", r"\\pmod\b|\(\s*(?:\\bmod|\\mod|\\text\{\s*mod\s*\}|mod)(?![A-Za-z])"),
    ("MOD", r"\\bmod\b|\\mod\b|\bmod\b"),
    ("DEG", r"\^\s*\{\s*\\circ\s*\}|\^\s*\\circ\b|°|\\degree\b"),
    (
        "SKIP",
        r"[ \t\r\u00a0]+|\\[,;:! ]|~|&|\\(?:left|right|[bB]igg?[lrm]?|displaystyle|textstyle|limits|nolimits)(?![A-Za-z])\.?"
        r"|\\boxed(?=\s*\{)|\\tag\s*\{[^{}]*\}|\\(?:cancel)(?=\s*\{)|`|\*\*(?=[A-Z][a-z])",
    ),
    (
        "BREAK",
        r"\\(?:implies|Rightarrow|Longrightarrow|rightarrow|longrightarrow|to|therefore|iff|Leftrightarrow"
        r"|Longleftrightarrow|leftrightarrow|because|land|lor|wedge|vee|q?quad)(?![A-Za-z])|=>|->|[→⇒⟹∴⇔⟺]|;",
    ),
    ("ARC", r"\\(?:sin|cos|tan)\s*\^\s*\{\s*-\s*1\s*\}"),
    ("ANGLE", r"(?:\\angle|∠|\\measuredangle)\s*\{?\s*[A-Z]+(?:_\{?\d\}?)?\s*\}?|(?:\\angle|∠)\s*(?:\d|[a-z])"),
    ("AREA", r"\[\s*[A-Z]{3,6}\s*\]"),
    ("BAR", r"\\(?:overline|bar)\s*\{\s*(?:[A-Z]{2}|[a-z])\s*\}"),
    ("CHOOSE", r"\\choose(?![A-Za-z])"),
    ("OVER", r"\\over(?![A-Za-z])"),
    ("FRAC", r"\\[dtc]?frac(?![A-Za-z])"),
    ("BINOM", r"\\[dt]?binom(?![A-Za-z])"),
    ("SQRT", r"\\sqrt(?![A-Za-z])|√"),
    ("BIG", r"\\(?:sum|prod)(?![A-Za-z])"),
    ("TIMES", r"\\times(?![A-Za-z])|\\cdot(?![A-Za-z])|[×·⋅∙]"),
    ("DIV", r"\\div(?![A-Za-z])|÷"),
    ("PM", r"\\pm(?![A-Za-z])|\\mp(?![A-Za-z])|±"),
    ("APPROX", r"≈|\\approx(?:eq)?(?![A-Za-z])"),
    ("EQUIV", r"≡|\\equiv(?![A-Za-z])"),
    ("NE", r"\\neq?(?![A-Za-z])|\\not\s*=|!=|≠"),
    ("LE", r"\\leq?(?:slant)?(?![A-Za-z])|<=|≤"),
    ("GE", r"\\geq?(?:slant)?(?![A-Za-z])|>=|≥"),
    ("LT", r"\\lt(?![A-Za-z])|<(?!<)"),
    ("GT", r"\\gt(?![A-Za-z])|>(?!>)"),
    ("DOTS", r"\\[lcvd]?dots[a-z]?(?![A-Za-z])|\.\.\.|…"),
    ("FLOORL", r"\\lfloor(?![A-Za-z])|⌊"),
    ("FLOORR", r"\\rfloor(?![A-Za-z])|⌋"),
    ("CEILL", r"\\lceil(?![A-Za-z])|⌈"),
    ("CEILR", r"\\rceil(?![A-Za-z])|⌉"),
    ("BARS", r"\\[lr]?vert(?![A-Za-z])|\|"),
    ("PERCENT", r"\\?%"),
    ("CONST", r"\\pi(?![A-Za-z])|π|\\infty(?![A-Za-z])|∞"),
    ("COMMAND", r"\\[A-Za-z]+"),
    ("BAD", r"\\.|:=|\d+:\d+|<<|>>"),
    ("NUMBER", r"\d*\.\d*\\(?:overline|bar)\s*\{\d+\}"),
    ("NUMBER", r"\d{1,3}(?:(?:,|\{,\}|,\\!)\d{3})+(?:\.\d+)?(?!\d|,\d)"),
    ("NUMBER", r"\d+(?:\.\d+)?|\.\d+"),
    ("CAPS", r"[A-Z]{2,}(?![^\W\d_])"),
    ("WORD", r"[^\W\d_]{2,}(?:['’-][^\W\d_]+)*|[^\W\d_](?:['’-][^\W\d_]{2,})+"),
    ("LETTER", r"[^\W\d_]"),
    ("SUPER", r"[²³]"),
    ("TIMES", r"\*(?!\*)"),
    ("EQ", r"==?"),
    ("PLUS", r"\+"),
    ("MINUS", r"[-−–]"),
    ("DIV", r"/"),
    ("POW", r"\^|\*\*"),
    ("SUB", r"_"),
    ("PRIME", r"'+|′|’"),
    ("LPAR", r"[(\[]"),
    ("RPAR", r"[)\]]"),
    ("LBRACE", r"\{"),
    ("RBRACE", r"\}"),
    ("FACT", r"!"),
    ("COMMA", r","),
    ("PUNCT", r"[:?.\"“”‘—#]"),
    ("BAD", r"."),
)
_MATRIX = re.compile(r"\\(?:begin|end)\s*\{[pbv]matrix\}")
_SCANNER = re.compile("|".join(f"(?P<K{i}>{pattern})" for i, (_, pattern) in enumerate(_PATTERNS)), re.DOTALL)
_KINDS = {f"K{i}": kind for i, (kind, _) in enumerate(_PATTERNS)}


@dataclass(frozen=True, slots=True)
class Tok:
    """One token; ``math``: it stands inside delimiters; ``glued``: no space before it; ``name``: a canonical form."""

    kind: str
    text: str
    start: int
    end: int
    math: bool = False
    glued: bool = False
    name: str = ""


def scan(text: str) -> list[Tok]:
    """The raw tokens with their mode, spaces left out. Raises nothing."""
    out: list[Tok] = []
    math, dollar, position, glued, matrix = False, False, 0, False, False
    while position < len(text):
        kind, end = _next(text, position, math)
        tok = Tok(kind, text[position:end], position, end, math, glued)
        position, glued = end, True
        if _MATRIX.fullmatch(tok.text):
            matrix = tok.text.startswith("\\begin")
            if not matrix and out and out[-1].kind == "ROW":
                out.pop()
            out.append(replace(tok, kind="MATL" if matrix else "MATR"))
            continue
        if matrix and kind in ("LINE", "SKIP"):
            if tok.text == "&" or tok.text.startswith("\\\\"):
                out.append(replace(tok, kind="AMP" if tok.text == "&" else "ROW"))
            continue
        if kind == "SKIP":
            glued = tok.text.startswith(("\\left", "\\right", "\\big", "\\Big"))
            continue
        if kind == "DOLLAR":
            opens = not math and tok.text == "$" and _closes(text, end)
            if not opens and not (math and dollar and tok.text == "$"):
                continue  # money
            tok = replace(tok, kind="DELIM")
            math = dollar = opens
        elif kind in ("DELIM", "ENV"):
            opens = tok.text.startswith(("\\[", "\\(", "\\begin")) or (tok.text == "$$" and not math)
            math = opens or tok.text.startswith("\\end")  # an environment ends inside its display
            plain = kind == "DELIM" or re.search(r"align|gather|equation|split|aligned", tok.text)
            tok = replace(tok, kind="DELIM" if plain else "BAD")
        elif kind == "NUMBER" and len(tok.text) > MAX_DIGITS:
            tok = replace(tok, kind="BAD")
        out.append(tok)
    return out


def _next(text: str, position: int, math: bool) -> tuple[str, int]:
    """The kind and the end of the token at ``position``. In maths a run of small letters is a product."""
    match = _SCANNER.match(text, position)
    assert match is not None and match.lastgroup is not None  # the last pattern takes anything
    kind = _KINDS[match.lastgroup]
    if match.group() == "!=" and re.match(r"[\w)}\]]", text[position - 1 : position]):
        return "FACT", position + 1  # 5!=120
    if math and kind == "WORD" and match.group().lower() not in FUNCTIONS:
        return "LETTER", position + 1
    if kind == "NUMBER" and "," in match.group() and _is_listed(text, position, match.end()):
        return kind, text.index(",", position)
    return kind, match.end()


def _is_listed(text: str, start: int, end: int) -> bool:
    """Whether the commas of ``(378,315)`` separate numbers rather than thousands."""
    plain = "{,}" not in text[start:end] and ",\\!" not in text[start:end]
    return plain and (text[start - 1 : start] in ("(", "[", ",") or text[end : end + 1] in (")", "]"))


def _closes(text: str, position: int) -> bool:
    """Whether a dollar that ends at ``position`` opens maths rather than a price: pandoc's rule, spaces in pairs."""
    close = text.find("$", position)
    inner = text[position:close]
    if close <= position or "\n\n" in inner or inner[0].isspace() != inner[-1].isspace():
        return False
    return not text[close + 1 : close + 2].isdigit()
