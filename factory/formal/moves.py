"""What a tactic did: its first word and the rest, and how the goals changed. Pure; nothing is known of Lean but layout."""

import re
from dataclasses import dataclass

from factory.formal.goals import Goal, flat, parse_goal

_LEAD = re.compile(  # what may stand before a tactic in its step: separators, bullets, alternatives, a link of a calculation
    r"(?:;|<;>|[·.](?=\s)|\|(?:(?!=>).)*=>|else\b|then\b|,?\s*by\b|_\s(?:(?!:=).)*:=\s*by\b)\s*", re.DOTALL
)
_OPEN = re.compile(r"(?:\b(?:by|with|then|else|from|do)|=>|[(⟨,])\s*\Z")
_WORD = re.compile(r"[·.](?=\s|$)|[A-Za-z_][A-Za-z_0-9']*[?!]?|\(|\{")
_INDUCTION_HYPOTHESIS = re.compile(r"(?:.*_)?ih[\d₀-₉]*(?:_.*)?")

Hypotheses = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Move:
    """One tactic. ``text`` is its own part where other steps stand inside it (``opens``), white space folded."""

    text: str
    word: str  # the first; "" where it begins with something else
    rest: str  # what follows the word
    goal: Goal  # the one it worked on; with an empty target where none is known
    left: tuple[Goal, ...]  # goals it made: those behind it that were not there before
    opens: bool  # other steps stand inside, and tell what became of its goals

    @property
    def closes(self) -> bool:
        """Whether it settled its goal by itself."""
        return not self.left and not self.opens

    def gained(self) -> Hypotheses:
        """Hypotheses of the first goal it left that were not there, or with another type, in order."""
        return new_hypotheses(self.goal, self.left[0]) if self.left else ()


def read_move(text: str, before: tuple[str, ...], after: tuple[str, ...], opens: bool) -> Move:
    """``text`` may hold line breaks, and what leads to the tactic; ``before`` and ``after`` are goals as Lean prints them.
    ``opens`` where other steps stand inside; a text that ends in ``by``, ``with``, ``=>`` opens too: it is a head."""
    own, opens = flat(_tactic(text)), opens or _OPEN.search(text) is not None
    found = _WORD.match(own)
    word = found[0] if found else ""
    goal = parse_goal(before[0]) if before else Goal(None, (), "")
    left = tuple(parse_goal(goal) for goal in left_goals(before, after))
    return Move(own, word, own[len(word) :].strip(), goal, left, opens)


def _tactic(text: str) -> str:
    """The text without what leads to it; a bullet or alternative that stands alone is kept."""
    rest = text.strip()
    while (found := _LEAD.match(rest)) and rest[found.end() :]:
        rest = rest[found.end() :]
    return rest


def left_goals(before: tuple[str, ...], after: tuple[str, ...]) -> tuple[str, ...]:
    """The goals of ``after`` that the tactic made: without the other goals of ``before``, which wait behind them. A tactic
    that leaves its main goal untouched has made it again."""
    waiting = before[1:]
    if waiting and after[-len(waiting) :] == waiting:
        return after[: -len(waiting)]
    return tuple(goal for goal in after if goal not in waiting)


def new_hypotheses(old: Goal, new: Goal) -> Hypotheses:
    """Those of ``new`` that ``old`` lacks or has with another type, in order. One that only lost its name to a new one
    (``h✝``, which was ``h``) is not new."""
    known = old.named()
    return tuple(
        (name, kind)
        for name, kind in new.hypotheses
        if known.get(name) != kind and not (name.endswith("✝") and known.get(name[:-1]) == kind)
    )


def is_induction_hypothesis(name: str) -> bool:
    """By its name, as Lean and people give it: ih, ih1, n_ih, ih_left."""
    return _INDUCTION_HYPOTHESIS.fullmatch(name.rstrip("✝¹²³⁴⁵⁶⁷⁸⁹⁰")) is not None


def split_at(text: str, *marks: str) -> tuple[str, str]:
    """Before and behind the first of ``marks`` that stands outside of brackets, as a word; ``text`` and "" without."""
    depth = 0
    for at, char in enumerate(text):
        depth += (char in "([{⟨") - (char in ")]}⟩")
        mark = next((mark for mark in marks if depth == 0 and _stands(text, mark, at)), None)
        if mark is not None:
            return text[:at].strip(), text[at + len(mark) :].strip()
    return text.strip(), ""


def _stands(text: str, mark: str, at: int) -> bool:
    if not text.startswith(mark, at):
        return False
    if not mark[0].isalpha():
        return True
    around = (text[at - 1] if at else " ") + text[at + len(mark) : at + len(mark) + 1]
    return not any(char.isalnum() or char in "_.'" for char in around)


def listed(text: str) -> tuple[tuple[str, ...], str]:
    """The entries of the first bracket ``[a, b]`` of ``text``, and the text without it; no entries without one."""
    start = text.find("[")
    depth, entries, begin = 0, list[str](), start + 1
    for at in range(start, len(text)) if start >= 0 else ():
        char = text[at]
        depth += (char in "([{⟨") - (char in ")]}⟩")
        if (char == "," and depth == 1) or depth == 0:
            entries.append(text[begin:at].strip())
            begin = at + 1
        if depth == 0:
            return tuple(entry for entry in entries if entry), (text[:start] + " " + text[at + 1 :]).strip()
    return (), text
