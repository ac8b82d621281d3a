"""Lean text to top-level tactics. Pure; reads indentation and line starts only, for what a tactic means is Lean's."""

import re

_FENCE = "```"
_STATEMENT = re.compile(r"(?:theorem|lemma|example)\b")
_BY = re.compile(r"\s*(?::=\s*)?by\b[ \t]*")
_STATED_BY = re.compile(r".*:=\s*by\b[ \t]*")
# Lines that begin like this are no tactics: alternatives, combinators, the next line of a calculation, closing brackets.
_GOES_ON = re.compile(r"\||<;>|_\s|[)\]}⟩]")


def split_tactics(text: str) -> tuple[str, ...]:
    """The top-level tactics of a proof, each with the deeper indented lines that belong to it, moved to column 0. A step
    starts at each line that is indented no more than the first. Code fences, a restated theorem and a leading ``by``
    are dropped; comments go with the tactic that follows. Splitting what was joined gives the same steps."""
    steps: list[list[str]] = []
    waiting: list[str] = []  # comments, until it is known what follows
    base: int | None = None
    deep = 0  # of block comments
    for line in _without_by(_fenced(text.expandtabs(2).splitlines())):
        indent = len(line) - len(line.lstrip())
        inside = deep > 0
        comment = line.lstrip().startswith(("--", "/-"))
        if not line.lstrip().startswith("--"):
            deep = max(0, deep + line.count("/-") - line.count("-/"))
        if (inside and waiting) or (comment and not inside and (base is None or indent <= base)):
            waiting.append(line.strip())
            continue
        base = indent if base is None else base
        shown = line[min(indent, base) :].rstrip()
        if steps and (inside or indent > base or _GOES_ON.match(shown)):
            steps[-1] += [*waiting, shown]
        else:
            steps.append([*waiting, shown])
        waiting = []
    if steps:
        steps[-1] += waiting
    return tuple("\n".join(lines) for lines in steps)


def _fenced(lines: list[str]) -> list[str]:
    """The non-empty lines of the first code block, or those before the fence that closes one begun earlier."""
    lines = [line for line in lines if line.strip()]
    fences = [i for i, line in enumerate(lines) if line.lstrip().startswith(_FENCE)]
    opening = next((i for i in fences if i == 0 or lines[i].strip() != _FENCE), None)
    start = 0 if opening is None else opening + 1
    end = next((i for i in fences if i >= start), len(lines))
    return lines[start:end]


def _without_by(lines: list[str]) -> list[str]:
    """The lines behind a restated theorem and the ``by`` that begins a proof."""
    stated = bool(lines) and _STATEMENT.match(lines[0].lstrip()) is not None
    first = next((i for i, line in enumerate(lines) if stated and line.rstrip().endswith("by")), 0)
    found = (_STATED_BY if stated else _BY).match(lines[first]) if lines else None
    if found is None:
        return lines
    rest = lines[first][found.end() :]
    return [rest, *lines[first + 1 :]] if rest.strip() else lines[first + 1 :]
