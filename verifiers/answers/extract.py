"""The final answer in a longer text: what is boxed, what a phrase announces, or the last value."""

import re

from verifiers.answers.clean import closing_brace, unwrap

_BOX = re.compile(r"\\(?:boxed|fbox)\s*(?=\{)")
_LINK = re.compile(
    r"(?:\s|[,;$]|\\[\[\]()]|\\q?quad|\\text|\\mbox|[{}]|\band\b|\bor\b|\\,|for part|\([a-d]\)|[a-z]_?\d?\s*=)*",
    re.IGNORECASE,
)
_BEHIND = re.compile(r"\s*(?:\\\)|\\\]|\$)?\s*(\\?%|percent(?:age)?\b|pct\b|per ?cent\b)", re.IGNORECASE)
# What announces the answer, in some languages. The last announcement counts.
_ANNOUNCED = re.compile(
    r"(?:final answer(?: is)?|the answer(?: is)?|answer(?: is)?|####|答案(?:是|为)?|答[:：]|答えは?|정답은?|답은?"
    r"|la réponse(?: finale)?(?: est)?|réponse|la respuesta(?: final)?(?: es)?|respuesta|die antwort(?: ist| lautet)?"
    r"|antwort|la risposta(?: è)?|risposta|a resposta(?: é)?|resposta|ответ|उत्तर|الجواب|الإجابة|cevap)"
    r"(?:\s+is)?\s*[:：=]?\s*",
    re.IGNORECASE,
)
_MATHS = re.compile(r"\$\$(.+?)\$\$|(?<!\\)\$([^$\n]+?)(?<!\\)\$|\\\(([^\n]+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)
_NUMBER = re.compile(
    r"\\frac\s*\{[^{}]*\}\s*\{[^{}]*\}|(?<![\w.,])-?\$?\s?\d+(?:[.,]\d+)*(?:\s*/\s*\d+|:\d\d)?(?![\d])(?:\s?(?:\\?%|°))?"
    r"|(?<=[^\x00-\x7f])-?\d+(?:[.,]\d+)*(?:/\d+)?%?"
)
_GROUP = re.compile(r"[(\[]\s*-?[\w./]+(?:\s*,\s*-?[\w./]+)+\s*[)\]]|\([A-H]\)(?![\w(])")
# Words of a sentence, so that even a short text with one is no bare answer.
_TELLS = re.compile(
    r"\b(?:is|are|was|were|equals?|gives?|gets?|costs?|there|we|they|he|she|it|so|thus|hence|therefore|reste|est|ist|sind)\b",
    re.IGNORECASE,
)
_END = re.compile(r"(?:<\|[^|<>]*\|>\s*|</s>\s*)+$")
_WORD = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{2,}")
_UNFOUND = re.compile(r"[^\x00-\u024f\u0370-\u03ff\u2000-\u23ff]")
_SENTENCE = re.compile(r"(?<=[^\W\d])[.。](?:\s|$)|(?<=[\d$)\]}*'\"])[.。](?:\s|$)|\n|。|<\|")
_EDGES = re.compile(r"""^(?:[\s*"']|\\")+|(?:[\s*"'.]|\\")+$""")
_PRICE = re.compile(r"^\d[^$]*[-+*/=x(]\s*$")  # what stands between two dollar signs that are money
_FEW_WORDS = 4


def final_answer(text: str) -> str:
    """The part of the text that states the answer; a short text is its own answer."""
    return stated(text)[0]


def stated(text: str) -> tuple[str, bool]:
    """The final answer, and whether the text says that it is one (or is nothing else), rather than just ending in it."""
    text = _END.sub("", text)
    boxed = _boxed(text)
    if boxed is not None:
        return _concluded(text) or boxed, True
    if not is_prose(text):
        return text, True
    announced = _announced(text)
    if announced is not None:
        return announced, True
    return _last_value(text) or text, False


def is_prose(text: str) -> bool:
    """Whether the text is more than an answer: several words outside formulas, several lines, another script."""
    bare = re.sub(
        r"\\(?:text|mbox|textbf|mathrm|operatorname|textnormal)\s*\{[^{}]*\}|\\(?:begin|end)\{\w+\*?\}", " ", text
    )
    words = _WORD.findall(_MATHS.sub(" ", bare))
    tells = _TELLS.search(_MATHS.sub(" ", bare)) and re.search(r"\d|[$\\]|\([A-H]\)", bare)
    labelled = re.match(r"\s*[^\W\d_]{2,}\s*[:：]", bare)
    signs = (tells, labelled, _ANNOUNCED.search(bare), _UNFOUND.search(bare))
    return len(words) >= _FEW_WORDS or any(signs) or _around_maths(bare)


def _around_maths(text: str) -> bool:
    """Words before a formula in dollars: ``Therefore $x < 5$``."""
    match = _MATHS.search(text)
    return match is not None and len(_WORD.findall(text[: match.start()])) >= 1


def _boxed(text: str) -> str | None:
    """The last box, with the boxes that stand beside it as one list, and a percent mark behind it."""
    spans: list[tuple[int, int, int]] = []
    for match in _BOX.finditer(text):
        end = closing_brace(text, match.end())
        if end > 0:
            spans.append((match.start(), match.end() + 1, end))
    if not spans:
        return None
    chosen = [spans[-1]]
    for span in reversed(spans[:-1]):
        between = text[span[2] + 1 : chosen[0][0]]
        if len(between) > 80 or not _LINK.fullmatch(between) or between.count("\n") > 2:
            break
        chosen.insert(0, span)
    inner = [_lead(text, start) + text[opening:end].strip() for start, opening, end in chosen]
    behind = _BEHIND.match(text, chosen[-1][2] + 1)
    return ", ".join(inner) + (r"\%" if behind else "") if len(chosen) > 1 or behind else inner[0]


def _concluded(text: str) -> str | None:
    """What ``the final answer is`` announces behind the last box."""
    behind = text[max(match.end() for match in _BOX.finditer(text)) :]
    match = re.search(r"final answer is\s*(?=[$\\\d-])", behind, re.IGNORECASE)
    return _announced(behind[match.start() :]) if match else None


def _lead(text: str, start: int) -> str:
    """``y_1 =`` before a box names what is boxed."""
    match = re.search(r"(?:^|[\s$(,])([A-Za-z](?:_\{?\w+\}?)?\s*=\s*)$", text[max(0, start - 20) : start])
    return match[1] if match else ""


def _announced(text: str) -> str | None:
    """What the last announcement announces, up to the end of its sentence."""
    matches = list(_ANNOUNCED.finditer(text))
    for match in reversed(matches):
        rest = text[match.end() :]
        formula = _MATHS.match(rest)
        stop = _SENTENCE.search(rest, formula.end() - 1 if formula else 0)
        statement = _EDGES.sub("", rest[: stop.start()] if stop else rest) or rest.strip()[:200]
        value = _stated(statement)
        if value:
            return value
    return None


def _stated(statement: str) -> str | None:
    """The value of a short statement; of a longer one its last formula or number."""
    if not statement:
        return None
    words = [word for word in _WORD.findall(_MATHS.sub(" ", statement)) if word not in ("and", "or")]
    if not words and not _UNFOUND.search(statement):
        found = [next(filter(None, match.groups())) for match in _MATHS.finditer(statement)]
        return " and ".join(found) if len(found) > 1 else unwrap(statement)
    if len(_WORD.findall(statement)) < _FEW_WORDS and not _MATHS.search(statement) and not _UNFOUND.search(statement):
        return unwrap(statement)
    return _last_value(statement)


def _last_value(text: str) -> str | None:
    """The last formula or number of a text, whichever ends later."""
    best, end = None, -1
    for match in _MATHS.finditer(text):
        inner = next(filter(None, match.groups()))
        if _PRICE.search(inner):
            continue
        if len(_WORD.findall(re.sub(r"\\[A-Za-z]+\s*(?:\{[^{}]*\})?", " ", inner))) < 2 and match.end() > end:
            best, end = inner, match.end()
    for match in _GROUP.finditer(text):
        if match.start() >= end:
            best, end = match.group(), match.end()
    for match in _NUMBER.finditer(text):
        if match.start() >= end:
            best, end = (None if _inside(text, match) else match.group()), match.end()
    return best.strip() if best else None


def _inside(text: str, match: re.Match[str]) -> bool:
    """Whether a number is but a part of an expression without delimiters, of which we cannot tell where it begins."""
    before, after = text[: match.start()].rstrip(), text[match.end() :].lstrip()
    return before.endswith(tuple("+-/^×·√_")) or after.startswith(tuple("+/^×·√π!"))
