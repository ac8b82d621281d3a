"""Goals as Lean prints them, read into their parts. Nothing is understood beyond the layout."""

import re
from dataclasses import dataclass

TURNSTILE = "⊢"
_CASE = re.compile(r"case (\S+)")
_HYPOTHESIS = re.compile(r"(\S[^:\n]*?) : (.*)", re.DOTALL)
_BLANK = re.compile(r"\n[ \t]*\n")


@dataclass(frozen=True, slots=True)
class Goal:
    """``hypotheses`` are (name, type) in the order printed, a value of a ``let`` being part of the type."""

    case: str | None
    hypotheses: tuple[tuple[str, str], ...]
    target: str

    def named(self) -> dict[str, str]:
        """Each hypothesis by its name; of two with one name the later, which hides the other."""
        return dict(self.hypotheses)


def parse_goal(text: str) -> Goal:
    """The goal that ``text`` prints. A text without a turnstile is a target and nothing else."""
    above, mark, target = text.partition(TURNSTILE)
    if not mark:
        return Goal(None, (), flat(text))
    lines = above.splitlines()
    case = _CASE.fullmatch(lines[0].strip()) if lines else None
    hypotheses = []
    for block in _blocks(lines[1:] if case else lines):
        if found := _HYPOTHESIS.fullmatch(block):
            names, kind = found.groups()
            hypotheses += [(name, flat(kind)) for name in names.split()]
    return Goal(case[1] if case else None, tuple(hypotheses), flat(target))


def _blocks(lines: list[str]) -> list[str]:
    """Lines that are indented go on with the one before."""
    blocks: list[str] = []
    for line in lines:
        if line[:1].isspace() and blocks:
            blocks[-1] += f"\n{line}"
        elif line.strip():
            blocks.append(line)
    return blocks


def flat(text: str) -> str:
    """White space folded to single blanks: what is compared and shown."""
    return " ".join(text.split())


def split_goals(state: str) -> tuple[str, ...]:
    """The goals of a printed state, which has a blank line between two; none of ``no goals``."""
    body = re.sub(r"\A\d+ goals?\n", "", state.strip())
    return () if body in ("", "no goals") else tuple(part.strip("\n") for part in _BLANK.split(body) if part.strip())
