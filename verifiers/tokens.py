"""Free text to tokens with character spans. Pure. What is no arithmetic becomes ``WORD``, ``PUNCT`` or ``BAD``."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from verifiers.words import MATH, NOT_UNITS, SHORT_UNITS

MAX_TEXT_CHARS = 20_000
MAX_DIGITS = 300

OPERATORS = frozenset({"PLUS", "MINUS", "TIMES", "DIV", "POW"})
RELATIONS = frozenset({"EQ", "APPROX"})
OPENING = frozenset({"LPAR", "LBRACE"})
CLOSING = frozenset({"RPAR", "RBRACE"})
ENDS_TERM = frozenset({"NUMBER", "MIXED", "RPAR", "RBRACE", "PERCENT", "FACT"})
STARTS_TERM = frozenset({"NUMBER", "MIXED", "LPAR", "LBRACE", "FRAC", "SQRT", "MONEY"})


@dataclass(frozen=True, slots=True)
class Tok:
    """One token. ``glued``: no space stood between it and the token before."""

    kind: str
    text: str
    start: int
    end: int
    glued: bool = False
    soft: bool = False  # read with some doubt ("3 times 4")


_PATTERNS = (
    ("TEXT", r"\\(?:text|mathrm|mbox|textrm|operatorname)\s*\{([^{}]*)\}"),
    ("BREAK", r"\\\\|\n|\\\[|\\\]|\$\$"),
    (
        "SKIP",
        r"[ \t\r\u00a0]+|\\[,;:! ]|~(?!=)|&|\\q?quad\b|\\(?:left|right|big|Big|displaystyle)(?![A-Za-z])|\\[()]"
        r"|\\(?:boxed|mathbf|textbf)(?=\s*\{)|\^\{\s*\\circ\s*\}|\^\s*\\circ\b|°|`",
    ),
    ("PERCENT", r"\\?%|percent\b"),
    ("MONEY", r"\\?\$|[£€]"),
    ("FRAC", r"\\[dtc]?frac(?=\s*\{)"),
    ("SQRT", r"\\sqrt|√|sqrt(?=\()"),
    ("TIMES", r"\\times|\\cdot|[×·⋅∙✕]"),
    ("DIV", r"\\div|[÷∕]"),
    ("APPROX", r"≈|\\approx|~=|≅"),
    (
        "PUNCT",
        r"\\neq?\b|\\leq?\b|\\geq?\b|\\(?:implies|Rightarrow|rightarrow|to|therefore|equiv|iff)\b"
        r"|!=|<=|>=|=>|->|[≠≤≥→⇒≡∴]|<<|>>|\.\.\.",
    ),
    ("BAD", r"\\[A-Za-z]+|:=|0\d+(?![\d.])|\d+:\d+|\d*\.\d+\.\d+|\d+[–]\d+"),
    ("MIXED", r"\d+ +\d+/\d+(?![\d.])"),
    ("NUMBER", r"\d{1,3}(?:(?:,|\{,\})\d{3})+(?:\.\d+)?(?!\d|,\d)"),
    ("BAD", r"\d+,\d[\d,]*"),
    ("NUMBER", r"\d+(?:\.\d+)?|\.\d+"),
    ("SUPER", r"[²³]"),
    ("WORD", r"[^\W\d_]+(?:['’-][^\W\d_]+)*(?![\w])"),
    ("BAD", r"\w+"),
    ("STARS", r"\*\*+"),
    ("TIMES", r"\*"),
    ("EQ", r"==?"),
    ("PLUS", r"\+"),
    ("MINUS", r"[-−–]"),
    ("DIV", r"/"),
    ("POW", r"\^"),
    ("LPAR", r"[(\[]"),
    ("RPAR", r"[)\]]"),
    ("LBRACE", r"\{"),
    ("RBRACE", r"\}"),
    ("BANG", r"!"),
    ("PUNCT", r"[,;:?.\"'“”‘’…—<>#]"),
    ("BAD", r"."),
)
_SCANNER = re.compile("|".join(f"(?P<K{i}>{pattern})" for i, (_, pattern) in enumerate(_PATTERNS)), re.DOTALL)
_GROUPS = {f"K{i}": kind for i, (kind, _) in enumerate(_PATTERNS)}
_WORD_OPERATORS = {"times": "TIMES", "plus": "PLUS", "minus": "MINUS", "multiplied": "TIMES", "divided": "DIV"}
_DETERMINERS = frozenset({"the", "his", "her", "their", "these", "those", "its", "all"})


@lru_cache(maxsize=512)
def scan(text: str, start: int, end: int) -> tuple[Tok, ...]:
    """The tokens of ``text[start:end]``, spaces left out, spans counted in ``text``. Raises nothing. Several readers
    scan the same step, so the latest ones are kept."""
    raw: list[Tok] = []
    position = start
    while position < end:
        match = _SCANNER.match(text, position, end)
        assert match is not None and match.lastgroup is not None  # the last pattern takes anything
        raw.append(Tok(_GROUPS[match.lastgroup], match.group(), position, match.end()))
        position = match.end()
    return tuple(_units(_readings(_join(raw))))


def _join(raw: list[Tok]) -> list[Tok]:
    """Drops spaces, remembers where there were none, and settles line breaks, stars and bullets."""
    out: list[Tok] = []
    for i, tok in enumerate(raw):
        if tok.kind == "SKIP":
            continue
        before, after = raw[i - 1] if i else None, raw[i + 1] if i + 1 < len(raw) else None
        spaced_before = before is None or before.kind in ("SKIP", "BREAK")
        spaced_after = after is None or after.kind in ("SKIP", "BREAK")
        tok = replace(tok, glued=bool(out) and not spaced_before)
        if tok.kind == "MINUS" and before is not None and before.text == r"\(":
            out.append(Tok("PUNCT", "", tok.start, tok.start))  # a sign: nothing before the maths is subtracted from
        at_line_start = not out or out[-1].kind == "BREAK"
        if tok.kind == "STARS":
            if len(tok.text) > 2 or at_line_start or spaced_before != spaced_after:
                continue  # bold
            if not (out and out[-1].kind in ENDS_TERM and _next_kind(raw, i) in STARTS_TERM | {"MINUS"}):
                continue
            tok = replace(tok, kind="POW")
        if tok.kind in ("MINUS", "TIMES") and tok.text in "-–*" and at_line_start and spaced_after:
            continue  # a bullet
        if tok.kind == "BREAK" and _next_kind(raw, i) in RELATIONS:
            continue  # a chain goes on in the next line
        out.append(tok)
    return [replace(tok, kind="PUNCT") if tok.kind == "BREAK" else tok for tok in out]


def _next_kind(raw: list[Tok], i: int) -> str | None:
    return next((tok.kind for tok in raw[i + 1 : i + 6] if tok.kind != "SKIP"), None)


def _readings(toks: list[Tok]) -> list[Tok]:
    """Gives context-dependent tokens their kind: ``x`` as times, ``of``, ``!``, ``²``, operators in words."""
    has_x = any(_is_variable_x(toks, i) for i in range(len(toks)))
    out: list[Tok] = []
    i = 0
    while i < len(toks):
        tok = toks[i]
        before = out[-1] if out else None
        after = toks[i + 1] if i + 1 < len(toks) else None
        ends = before is not None and (before.kind in ENDS_TERM or before.kind == "WORD")
        if tok.kind == "WORD" and after is not None and ends:
            kind, used = _word_operator(out, toks, i, has_x)
            if kind:
                out.append(replace(tok, kind=kind, soft=tok.text.lower() in _WORD_OPERATORS))
                i += used
                continue
        out.extend(_plain_reading(tok, before, after))
        i += 1
    return out


def _plain_reading(tok: Tok, before: Tok | None, after: Tok | None) -> list[Tok]:
    if tok.kind == "BANG":
        is_fact = tok.glued and before is not None and before.kind in ("NUMBER", "RPAR")
        return [replace(tok, kind="FACT" if is_fact else "PUNCT")]
    if tok.kind == "SUPER":
        digit = "2" if tok.text == "²" else "3"
        return [replace(tok, kind="POW", text="^"), Tok("NUMBER", digit, tok.start, tok.end, True)]
    if tok.kind == "TEXT":
        inner = tok.text[tok.text.index("{") + 1 : -1].strip()
        if not inner:
            return []
        return [replace(tok, kind="BAD" if re.search(r"[\d=+*^]", inner) else "WORD", text=inner, glued=False)]
    if tok.kind == "PUNCT" and tok.text == ":" and before is not None and before.kind == "NUMBER":
        ratio = not tok.glued or (after is not None and after.glued)
        return [replace(tok, kind="BAD" if ratio else "PUNCT")]
    if tok.kind in ("NUMBER", "MIXED") and len(tok.text) > MAX_DIGITS:
        return [replace(tok, kind="BAD")]
    if tok.kind == "WORD" and tok.text.lower() == "equals":
        return [replace(tok, kind="EQ")]
    return [tok]


def _is_variable_x(toks: list[Tok], i: int) -> bool:
    """An ``x`` that cannot be a times sign, so that no ``x`` in this text is trusted to be one."""
    if toks[i].text not in ("x", "X"):
        return False
    before, after = toks[i - 1] if i else None, toks[i + 1] if i + 1 < len(toks) else None
    if before is None or after is None:
        return True
    return after.kind not in STARTS_TERM or before.kind not in ENDS_TERM | {"WORD"} or toks[i].glued != after.glued


def _word_operator(out: list[Tok], toks: list[Tok], i: int, has_x: bool) -> tuple[str | None, int]:
    """The operator that a word stands for, and how many tokens it takes; ``(None, 0)`` for an ordinary word."""
    word = toks[i].text.lower()
    rest = [tok.text.lower() for tok in toks[i + 1 : i + 2]]
    used = 2 if word in ("multiplied", "divided") and rest == ["by"] else 1
    if word == "of":
        used = 2 if rest and rest[0] in _DETERMINERS else 1
    following = toks[i + used].kind if i + used < len(toks) else ""
    if following not in STARTS_TERM:
        return None, 0
    if word == "x":
        return (None, 0) if has_x or (toks[i].glued and following == "LPAR") else ("TIMES", 1)
    if out[-1].kind == "WORD":
        return None, 0
    if word == "of":
        return ("TIMES", used) if _is_part(out) else (None, 0)
    if word in ("multiplied", "divided") and used == 1:
        return None, 0
    return _WORD_OPERATORS.get(word), used


def _is_part(out: list[Tok]) -> bool:
    """Whether the tokens end in a percentage or a fraction, so that ``of`` means times."""
    kinds = [tok.kind for tok in out[-3:]]
    if kinds[-1] in ("PERCENT", "MIXED"):
        return True
    return kinds == ["NUMBER", "DIV", "NUMBER"] or (kinds[-1] == "RBRACE" and any(t.kind == "FRAC" for t in out[-9:]))


def _units(toks: list[Tok]) -> list[Tok]:
    """Marks as ``UNIT`` the words between a number and what goes on with it (``3 apples * 4``, ``5 miles/hour x 2``)."""
    out: list[Tok] = []
    i = 0
    while i < len(toks):
        stop = _unit_end(toks, i) if out and out[-1].kind in ENDS_TERM else i
        if stop > i:
            out.extend(replace(tok, kind="UNIT") for tok in toks[i:stop])
            i = stop
        else:
            out.append(toks[i])
            i += 1
    return out


def _unit_end(toks: list[Tok], i: int) -> int:
    """Where the unit words that start at ``i`` end, or ``i`` where they are no units."""
    j = i
    if toks[i].text.lower().startswith("of"):
        return i  # "1/3 of the class" is a share, not a number with a unit
    while j < len(toks) and j - i < 9:
        if toks[j].kind == "WORD" and _may_be_unit(toks[j]):
            j += 1
        elif toks[j].kind == "DIV" and j + 1 < len(toks) and toks[j + 1].kind == "WORD" and _may_be_unit(toks[j + 1]):
            j += 2
        elif toks[j].kind == "LPAR" and (close := _closing_remark(toks, j)):
            j = close
        else:
            break
    goes_on = j < len(toks) and toks[j].kind in OPERATORS | RELATIONS | CLOSING
    operand = j + 1 < len(toks) and toks[j + 1].kind in STARTS_TERM | {"MINUS"}
    return j if goes_on and (operand or toks[j].kind not in OPERATORS) else i


def _closing_remark(toks: list[Tok], i: int) -> int | None:
    """The index after ``(words only)``."""
    j = i + 1
    while j < len(toks) and j - i < 8 and toks[j].kind == "WORD":
        j += 1
    return j + 1 if j > i + 1 and j < len(toks) and toks[j].kind == "RPAR" else None


def _may_be_unit(tok: Tok) -> bool:
    if tok.text.startswith("(") and tok.text.endswith(")"):
        return True
    words = [word.lower() for word in tok.text.split()]
    if any(word in NOT_UNITS or (word in MATH and word != "per") for word in words):
        return False
    if tok.glued and tok.text.lower() not in SHORT_UNITS and len(tok.text) < 3:
        return False
    return len(tok.text) > 2 or tok.text.lower() in SHORT_UNITS or tok.text.lower() in ("a", "an", "of", "to")
