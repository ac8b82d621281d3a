"""Text to steps and back, and the final answer of a solution. Pure."""

import re
from collections.abc import Sequence

from factory.tactic_text import split_tactics

FENCE = "```"
_BOXED = "\\boxed{"
_MARKED = re.compile(r"^\s*####\s*(.+?)\s*$", re.MULTILINE)
_SENTENCE = re.compile(
    r"(?:^|[.:!,;\n]|\bso\b|\btherefore\b)[\s*#]*(?:the\s+)?(?:final\s+)?answer\s*(?:is|:|=)\s*:?\s*(.+?)\s*$",
    re.IGNORECASE | re.MULTILINE,
)
_CODE = re.compile(r"```(?:python|py)?[ \t]*\n(.*?)```", re.DOTALL)


def split_steps(text: str, domain: str = "math") -> tuple[str, ...]:
    """One step per non-empty line; a fenced code block is one step; in domain ``lean`` one step per top-level tactic.
    Splitting what was joined gives the same steps."""
    if domain == "lean":
        return split_tactics(text)
    steps: list[str] = []
    fenced: list[str] | None = None
    for line in text.splitlines():
        if fenced is not None:
            fenced.append(line)
            if line.strip() == FENCE:
                steps.append("\n".join(fenced))
                fenced = None
        elif line.lstrip().startswith(FENCE):
            fenced = [line.strip()]
        elif line.strip():
            steps.append(line.strip())
    if fenced:
        steps.append("\n".join(fenced).rstrip())
    return tuple(steps)


def join_steps(steps: Sequence[str]) -> str:
    """The text of a solution."""
    return "\n".join(steps)


def prefix_text(steps: Sequence[str]) -> str:
    """The text a completion continues: every step closed by a newline, so that the next token starts a new step."""
    return "".join(f"{step}\n" for step in steps)


def final_answer(text: str, domain: str) -> str | None:
    """The answer a solution ends with: the last ``\\boxed{}``, ``#### x`` or "The answer is x."; for code, the last
    fenced block. ``None`` where the text states none, and for a proof: whether it ends is not in its text."""
    if domain == "lean":
        return None
    if domain == "code":
        blocks = _CODE.findall(text)
        return blocks[-1] if blocks else None
    return _boxed(text) or _last(_MARKED, text) or _last(_SENTENCE, text)


def _last(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.findall(text)
    if not found:
        return None
    return found[-1].strip().removesuffix(".").strip("*").strip() or None


def _boxed(text: str) -> str | None:
    start = text.rfind(_BOXED)
    if start < 0:
        return None
    depth = 1
    for offset, char in enumerate(text[start + len(_BOXED) :]):
        depth += (char == "{") - (char == "}")
        if depth == 0:
            return text[start + len(_BOXED) :][:offset].strip() or None
    return None
