"""Raw tokens to tokens of the grammar: which letter is called, what a bar opens, what stands for a name. Pure."""

import re
from collections.abc import Sequence
from dataclasses import replace

from verifiers.algebra.lexer import ENDS_TERM, FUNCTIONS, GREEK, OPERATORS, RELATIONS, Tok

_CONNECTIVES = frozenset(
    """and or if for when where so since with because is are then as to that thus hence therefore we by from but
    gives while let be have has on in the at""".split()
)
_CALLED = re.compile(r"(?<![A-Za-z\\])(\\?[A-Za-z]+)(?:_\{?\w+\}?)?'*(?:\\left)?\(\s*(?:\\?[A-Za-z]|-?\d+)\s*\)")
_ALWAYS_CALLED = frozenset("f g h F G H".split())
_NAMES = "two three four five six seven eight nine ten eleven twelve".split()
_BASES = {name: str(number) for number, name in enumerate(_NAMES, 2)} | {"sixteen": "16"}
_OPENS = frozenset({"LPAR", "LBRACE"})
_CLOSES = frozenset({"RPAR", "RBRACE"})


def function_letters(text: str) -> frozenset[str]:
    """The letters that this text uses as functions, ``P(x)``: capitals and p, q, r, u, v, w only where it says so."""
    found = {match.group(1).lstrip("\\") for match in _CALLED.finditer(text)}
    may = {name for name in found if (len(name) == 1 and (name.isupper() or name in "pqruvw")) or name in GREEK}
    return _ALWAYS_CALLED | may


def read(raw: Sequence[Tok], called: frozenset[str]) -> list[Tok]:
    """The tokens of the grammar. What has no reading becomes ``BAD`` or ``WORD``."""
    out: list[Tok] = []
    bars = 0
    i = 0
    while i < len(raw):
        tok = raw[i]
        match tok.kind:
            case "LETTER" | "CAPS" | "COMMAND" | "ANGLE" | "AREA" | "BAR":
                made, i = _name(raw, i, out, called)
                out.append(made)
                continue
            case "BARS":
                closes = bars > 0 and bool(out) and out[-1].kind in ENDS_TERM
                bars += -1 if closes else 1
                out.append(replace(tok, kind="ABSR" if closes else "ABSL"))
            case "LINE" | "DELIM" | "BREAK" | "WORD":
                bars = 0
                out.append(_word(raw, i) if tok.kind == "WORD" else tok)
            case "TEXT":
                out.extend(_text(raw, i, out))
            case "SUPER":
                digit = "2" if tok.text == "²" else "3"
                out += [replace(tok, kind="POW"), replace(tok, kind="NUMBER", text=digit)]
            case "FRAC" | "BINOM":
                if _is_mixed(raw, i, out):
                    out.append(replace(tok, kind="MIX"))
                out.append(tok)
                i = _arguments(raw, i + 1, out)
                continue
            case "NUMBER" if i + 1 < len(raw) and raw[i + 1].kind == "SUB":
                made, i = _numeral(raw, i)
                out.append(made)
                continue
            case "NUMBER" if out and out[-1].kind == "FACT" and tok.glued:
                out += [replace(tok, kind="TIMES"), tok]  # 3!5!
            case "ARC":
                out.append(replace(tok, kind="FUNC", name="arc" + tok.text[1:4]))
            case "SUB" | "PRIME" if not (tok.kind == "SUB" and _has_limits(out)):
                out.append(replace(tok, kind="BAD" if tok.math else "PUNCT"))
            case "FACT" if not (tok.glued and out and out[-1].kind in ENDS_TERM):
                out.append(replace(tok, kind="PUNCT"))
            case "BAD" if tok.text == "\\{" and out and out[-1].kind == "FUNC" and _brace(raw, i) is not None:
                out.append(replace(tok, kind="LPAR"))
            case "BAD" if tok.text == "\\}" and _opened(raw, i):
                out.append(replace(tok, kind="RPAR"))
            case "DERIV":
                out.append(replace(tok, name=tok.text.rstrip(" }")[-1]))
            case "DYDX":
                upper, lower = re.findall(r"\{\s*d\s*([A-Za-z])", tok.text)
                out.append(replace(tok, kind="VAR", name=f"d{upper}/d{lower}"))
            case "BADFRAC" | "DOTS":
                out.append(replace(tok, kind="BAD"))
            case "CONST":
                out.append(replace(tok, name="pi" if tok.text in ("\\pi", "π") else "inf"))
            case _:
                out.append(tok)
        i += 1
    return out


def _numeral(raw: Sequence[Tok], i: int) -> tuple[Tok, int]:
    """``1010_2`` or ``1010_{two}`` as one token, and the index behind it."""
    braced = i + 2 < len(raw) and raw[i + 2].kind == "LBRACE"
    first = i + 3 if braced else i + 2
    stop = first + 1
    while braced and stop < len(raw) and raw[stop].kind != "RBRACE" and stop - first < 12:
        stop += 1
    spelled = "".join(part.text for part in raw[first:stop]).lower()
    spelled = re.sub(r"\\text\s*\{\s*|[\s}]", "", spelled)
    base = _BASES.get(spelled, spelled)
    plain = base == "10" or raw[i].text.isdigit()
    if not base.isdigit() or len(base) > 2 or not 2 <= int(base) <= 36 or not plain:
        return replace(raw[i], kind="BAD"), i + 1
    end = raw[stop - 1].end if not braced else raw[min(stop, len(raw) - 1)].end
    digits = raw[i].text.replace(",", "").replace("{}", "").replace("\\!", "")
    return replace(raw[i], kind="NUMERAL", end=end, name=f"{digits}_{base}"), stop + braced


def _is_mixed(raw: Sequence[Tok], i: int, out: Sequence[Tok]) -> bool:
    r"""Whether the fraction at ``i`` stands behind a whole number and is a proper one: ``2\frac{1}{3}``."""
    if not out or out[-1].kind != "NUMBER" or not out[-1].text.isdigit() or (len(out) > 1 and out[-2].kind == "POW"):
        return False
    found = re.match(r"(\d+) (\d+) ?$", _flat(raw[i + 1 : i + 7]))
    return found is not None and 0 < int(found[1]) < int(found[2])


def _flat(raw: Sequence[Tok]) -> str:
    r"""The two arguments of a fraction with a space between them: ``1 3`` for ``{1}{3}`` and for ``13``."""
    kinds = [tok.kind for tok in raw]
    if kinds == ["LBRACE", "NUMBER", "RBRACE"] * 2:
        return f"{raw[1].text} {raw[4].text}"
    digits = raw[0].text if kinds[:1] == ["NUMBER"] else ""
    return f"{digits[0]} {digits[1]}" if len(digits) == 2 else ""


def _brace(raw: Sequence[Tok], i: int) -> int | None:
    r"""Where the set that opens at ``i`` closes: ``\min\{3, 5\}``."""
    for j in range(i + 1, min(len(raw), i + 40)):
        if raw[j].text in ("\\{", "\\}"):
            return j if raw[j].text == "\\}" else None
    return None


def _opened(raw: Sequence[Tok], i: int) -> bool:
    """Whether the set that closes at ``i`` was opened behind a function."""
    first = next((j for j in range(i - 1, max(0, i - 40), -1) if raw[j].text == "\\{"), 0)
    return first > 0 and _base(raw[first - 1]) in FUNCTIONS


def _word(raw: Sequence[Tok], i: int) -> Tok:
    word, after = raw[i].text.lower(), raw[i + 1].kind if i + 1 < len(raw) else ""
    if word in FUNCTIONS and after in _OPENS:
        return replace(raw[i], kind="SQRT" if word == "sqrt" else "FUNC", name=word)
    if word == "pi" and (after in OPERATORS or (i and raw[i - 1].kind in OPERATORS)):
        return replace(raw[i], kind="CONST", name="pi")
    return replace(raw[i], kind="EQ") if word == "equals" else raw[i]


def _name(raw: Sequence[Tok], i: int, out: Sequence[Tok], called: frozenset[str]) -> tuple[Tok, int]:
    """The variable, call or function at ``i`` and the index behind it."""
    tok, base = raw[i], _base(raw[i])
    if tok.text == "d" and tok.math and _is_differential(raw, i, out):
        return replace(tok, kind="DVAR", name=_base(raw[i + 1]) or "", end=raw[i + 1].end), i + 2
    if base in FUNCTIONS and tok.kind == "COMMAND":
        return replace(tok, kind="FUNC", name=base), i + 1
    if base is None or not (tok.math or _stands_in_formula(raw, i)):
        return replace(tok, kind="BAD" if tok.math or tok.kind == "COMMAND" else "WORD"), i + 1
    if tok.kind == "CAPS" and out and out[-1].text in ("\\triangle", "\\odot", "\\square"):
        return replace(tok, kind="BAD"), i + 1
    name, stop = _decorated(raw, i + 1, base)
    if name is None:
        return replace(tok, kind="BAD"), stop
    made = replace(tok, kind="VAR", name=name, end=raw[stop - 1].end, text=name)
    after = raw[stop] if stop < len(raw) else None
    if after is not None and after.text == "[" and after.glued and tok.kind in ("LETTER", "CAPS"):
        return replace(made, kind="CALL"), stop  # an expectation
    if after is not None and base in called | {"C"}:
        if after.kind == "LPAR" and after.glued:
            return replace(made, kind="CALL"), stop
        if after.kind == "POW" and base in called:
            return replace(made, kind="BAD"), stop  # an inverse or an iterate
    argument = bool(out) and out[-1].kind == "FUNC" and out[-1].name in ("ln", "log")
    if name == "e" and (argument or (after is not None and after.kind == "POW")):
        return replace(made, kind="CONST"), stop
    return made, stop


def _has_limits(out: Sequence[Tok]) -> bool:
    """Whether a subscript here is the lower limit of a sum, an integral or a bracket, or the base of a logarithm."""
    return bool(out) and (out[-1].kind in ("FUNC", "BIG", "INT") or (out[-1].kind == "RPAR" and out[-1].text == "]"))


def _is_differential(raw: Sequence[Tok], i: int, out: Sequence[Tok]) -> bool:
    """Whether the ``d`` at ``i`` ends an integral: ``dx``."""
    if i + 1 >= len(raw) or raw[i + 1].kind not in ("LETTER", "COMMAND") or _base(raw[i + 1]) in FUNCTIONS | {None}:
        return False
    opened = [tok.kind for tok in out if tok.kind in ("INT", "DVAR") or tok.kind in RELATIONS]
    return opened[-1:] == ["INT"]


def _base(tok: Tok) -> str | None:
    """The name of a letter before its subscript, ``None`` where the command names none."""
    match tok.kind:
        case "LETTER":
            return tok.text
        case "COMMAND":
            word = tok.text[1:]
            return word if word in FUNCTIONS | GREEK else None
        case "ANGLE":
            return "∠" + re.sub(r"\\(?:angle|measuredangle)|[\s{}∠]", "", tok.text)
        case "AREA":
            return re.sub(r"\s", "", tok.text)
        case "BAR":
            inner = tok.text[tok.text.index("{") + 1 : -1].strip()
            return "".join(sorted(inner)) if len(inner) == 2 else "bar " + inner
        case _:  # CAPS: a segment has no direction
            return "".join(sorted(tok.text)) if len(tok.text) == 2 else tok.text


def _stands_in_formula(raw: Sequence[Tok], i: int) -> bool:
    """Whether a letter outside of maths delimiters is a variable, not an article, a unit or a label."""
    near = OPERATORS | RELATIONS | {"LPAR", "SUB"}
    before, after = raw[i - 1] if i else None, raw[i + 1] if i + 1 < len(raw) else None
    beside = (before is not None and before.kind in near | {"NUMBER"} and before.kind != "SUB") or (
        after is not None and after.kind in near
    )
    if after is not None and after.kind == "PRIME" and after.glued and i + 2 < len(raw) and raw[i + 2].glued:
        return raw[i + 2].kind == "LPAR"
    return beside


def _decorated(raw: Sequence[Tok], i: int, base: str) -> tuple[str | None, int]:
    """The name with subscript and primes, and the index behind them; ``None`` for what has no flat form."""
    name = base
    if i + 1 < len(raw) and raw[i].kind == "SUB":
        if raw[i + 1].kind == "LBRACE":
            stop = i + 2
            while stop < len(raw) and raw[stop].kind not in ("RBRACE", "LBRACE", "DELIM", "LINE") and stop - i < 30:
                stop += 1
            if stop >= len(raw) or raw[stop].kind != "RBRACE":
                return None, i + 1
            name += "_" + "".join(part.text for part in raw[i + 2 : stop]).strip()
            i = stop + 1
        elif raw[i + 1].kind in ("NUMBER", "LETTER", "COMMAND", "WORD", "CAPS", "TEXT"):
            name, i = f"{name}_{raw[i + 1].text}", i + 2
        else:
            return None, i + 1
    while i < len(raw) and raw[i].kind == "PRIME" and raw[i].glued:
        name, i = name + "'" * len(raw[i].text), i + 1
    return name, i


def _text(raw: Sequence[Tok], i: int, out: Sequence[Tok]) -> list[Tok]:
    r"""What ``\text{..}`` is: a function, a word between formulas, a unit (left out), or a quantity's name."""
    tok = raw[i]
    command, _, inner = tok.text.partition("{")
    inner = " ".join(inner.strip(" {}").rpartition("{")[2].split())
    if inner in FUNCTIONS:
        return [replace(tok, kind="FUNC", name=inner)]
    if "bf" in command and len(inner) <= 2:
        return [replace(tok, kind="BAD")]
    if not inner or inner in (".", ","):
        return [replace(tok, kind="BREAK")] if inner else []
    if len(inner) == 1 and inner.isalpha() and command == "\\mathrm":
        return [replace(tok, kind="VAR", name=inner)]
    words = {word.strip(".,:;()").lower() for word in inner.split()}
    after = raw[i + 1].kind if i + 1 < len(raw) else "LINE"
    if out and out[-1].kind in ENDS_TERM:
        if inner == "of" and out[-1].kind == "PERCENT":
            return [replace(tok, kind="TIMES")]
        if words & _CONNECTIVES or re.search(r"[\d=+*^]", inner):
            return [replace(tok, kind="WORD", text=inner)]
        return [replace(tok, kind="UNIT", text=inner)]
    named = after in OPERATORS | RELATIONS - {"POW"} and not re.search(r"[\d=+*^\\$]", inner)
    return [replace(tok, kind="VAR", name="text " + inner.lower()) if named else replace(tok, kind="WORD", text=inner)]


def _arguments(raw: Sequence[Tok], i: int, out: list[Tok]) -> int:
    r"""Braces around the bare arguments of ``\frac12``; the index of the first token not taken."""
    for _ in range(2):
        if i >= len(raw) or raw[i].kind not in ("NUMBER", "LETTER"):
            return i
        digits = raw[i].text
        parts = [digits[0], digits[1:]] if len(digits) == 2 and digits.isdigit() else [digits]
        for part in parts:
            kind = "NUMBER" if part.isdigit() else "VAR"
            out += [
                replace(raw[i], kind="LBRACE"),
                replace(raw[i], kind=kind, text=part, name=part),
                replace(raw[i], kind="RBRACE"),
            ]
        i += 1
        if len(parts) == 2:
            return i
    return i
