"""What is settled before Lean sees a text: texts that no process should read, and headers."""

import dataclasses
import re

from schemas import LeanVerdict
from verifiers.lean.config import LeanConfig
from verifiers.lean.header import split_header
from verifiers.lean.replies import refused, unknown
from verifiers.lean.requests import LeanRequest, Question

MAX_CHARS = 200_000  # of all texts of a request
MAX_DEPTH = 1_000  # of brackets within brackets, those in strings and comments counted too
MAX_STEPS = 1_000
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_BRACKET = re.compile("[(){}\\[\\]⟨⟩«»‹›⟦⟧⌊⌋⌈⌉⟪⟫]")
_OPENING = frozenset("([{⟨«‹⟦⌊⌈⟪")


def prepare(request: LeanRequest, config: LeanConfig) -> Question | LeanVerdict:
    """The question to ask, or the verdict where there is none to ask: "too_long", "too_deep" and "not_text" are unknown;
    a header that is "forbidden", or a solution that imports more than its challenge ("import"), is not accepted."""
    if (doubt := _unreadable(request)) is not None:
        return doubt
    code, challenge, solution = map(split_header, (request.code, request.challenge, request.solution))
    for header in (code, challenge, solution):
        if header.forbidden is not None:
            return refused("forbidden", header.forbidden)
    imports = code.imports or challenge.imports or config.imports
    beyond = [name for name in solution.imports if name not in (*imports, *config.imports)]
    if beyond:
        return refused("import", f"the solution imports {beyond[0]}, the challenge does not")
    bare = dataclasses.replace(request, code=code.body, challenge=challenge.body, solution=solution.body)
    return Question(bare, tuple(dict.fromkeys(("Init", *imports))), config.heartbeats, config.allow)


def _unreadable(request: LeanRequest) -> LeanVerdict | None:
    texts = request.texts()
    if (length := sum(map(len, texts))) > MAX_CHARS:
        return unknown("too_long", f"{length} characters; {MAX_CHARS} is the limit")
    if len(request.steps) > MAX_STEPS:
        return unknown("too_long", f"{len(request.steps)} steps; {MAX_STEPS} is the limit")
    for text in texts:
        if (found := _NO_TEXT.search(text)) is not None:
            return unknown("not_text", f"character {found.start()} is U+{ord(found.group()):04X}")
        if _depth(text) > MAX_DEPTH:
            return unknown("too_deep", f"brackets stand more than {MAX_DEPTH} deep")
    return None


def _depth(text: str) -> int:
    """How deep brackets stand in brackets, of whatever kinds. A closing one too many opens nothing."""
    depth = deepest = 0
    for found in _BRACKET.finditer(text):
        depth = depth + 1 if found.group() in _OPENING else max(depth - 1, 0)
        deepest = max(deepest, depth)
    return deepest
