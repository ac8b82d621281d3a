"""Clauses that say what a tactic does, one function per kind of move.

What a clause quotes stands between backticks and is taken from the tactic and the goals around it; every other word is
written here.
"""

from collections.abc import Callable, Iterable

from factory.formal.goals import flat
from factory.formal.moves import Hypotheses, Move, listed, split_at

QUOTE_CHARS = 400  # of a quotation; what is longer is cut, with a mark behind it
_SETS = frozenset("Nat Int Bool Prop Type Sort Fin List Array String Char Unit Option Rat ℕ ℤ ℚ ℝ ℂ α β γ".split())


def quote(text: str) -> str:
    """The text between backticks, as Markdown has it, on one line."""
    shown = flat(text)
    cut = shown[:QUOTE_CHARS].rstrip()
    mark = "``" if "`" in cut else "`"
    pad = " " if mark == "``" else ""
    return f"{mark}{pad}{cut}{pad}{mark}" + (" (cut here)" if len(cut) < len(shown) else "")


def quoted(texts: Iterable[str]) -> str:
    """Several, with commas and a last "and"."""
    parts = [quote(text) for text in texts]
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def spelled(hypotheses: Hypotheses) -> str:
    """Each as ``name : type``."""
    return quoted(f"{name} : {kind}" for name, kind in hypotheses)


def fixed(words: str) -> Callable[[Move], str]:
    return lambda move: words


def about(words: str, alone: str) -> Callable[[Move], str]:
    """``words`` and the tactic's argument, or ``alone`` where it has none."""
    return lambda move: f"{words} {quote(move.rest)}" if move.rest else alone


def intro(move: Move) -> str:
    gained = move.gained()
    if not gained:
        return f"Introduce {quote(move.rest)}" if move.rest else "Introduce what the goal quantifies over or assumes"
    bound = _bound(move.goal.target)
    free = [pair for at, pair in enumerate(gained) if at < bound or _is_set(pair[1])]
    assumed = [pair for pair in gained if pair not in free]
    parts = [f"let {spelled(tuple(free))} be arbitrary"] if free else []
    parts += [f"assume {spelled(tuple(assumed))}"] if assumed else []
    said = " and ".join(parts)
    return said[0].upper() + said[1:]


def _bound(target: str) -> int:
    """How many names a leading ``∀`` binds."""
    if not target.startswith("∀"):
        return 0
    names, _ = split_at(target[1:], ",")
    groups = names.replace(")", "").split("(") if "(" in names else [names]
    return sum(len(group.partition(" : ")[0].split()) for group in groups)


def _is_set(kind: str) -> bool:
    return kind.replace("(", " ").split()[:1] != [] and kind.replace("(", " ").split()[0] in _SETS and "=" not in kind


def induction(move: Move) -> str:
    subject, rest = split_at(move.rest, "generalizing", "using", "with")
    subject = subject or move.rest
    said = f"By induction on {quote(subject)}" if subject else "By induction"
    general = split_at(split_at(move.rest, "generalizing")[1], "with")[0]
    return f"{said}, generalizing {quote(general)}" if general and rest else said


def cases(move: Move) -> str:
    subject, _ = split_at(move.rest, "with", "using")
    return f"Consider the cases of {quote(subject)}" if subject else "Consider the cases"


def obtain(move: Move) -> str:
    pattern, value = split_at(move.rest, ":=")
    if value and not move.opens:
        return f"From {quote(value)} obtain {quote(pattern)}"
    return f"Obtain {quote(pattern)}" if pattern else "Take the hypothesis apart"


def by_cases(move: Move) -> str:
    name, claim = split_at(move.rest, ":")
    subject = claim or name
    return f"Consider whether {quote(subject)} holds or not" if subject else "Consider two cases"


def simplify(move: Move) -> str:
    entries, rest = listed(move.rest)
    _, value = split_at(rest, "using")
    place = split_at(split_at(rest, "at")[1], "using")[0]
    said = "Simplify everything at hand" if move.word.startswith("simp_all") else "Simplify"
    said += f" at {quote(place)}" if place else ""
    said += f" with {quoted(entries)}" if entries else ""
    return f"{said}, and use {quote(value)}" if value else said


def rewrite(move: Move) -> str:
    entries, rest = listed(move.rest)
    place = split_at(rest, "at")[1]
    said = (
        f"Rewrite with {quoted(entries)}" if entries else f"Rewrite with {quote(move.rest)}" if move.rest else "Rewrite"
    )
    said += f" at {quote(place)}" if place else ""
    return f"{said}, and finish by a hypothesis" if move.word == "rwa" else said


def exact(move: Move) -> str:
    if move.opens:
        return f"Give {quote(move.rest)}, and fill in what it asks for" if move.rest else "Give a term"
    return f"This is exactly {quote(move.rest)}" if move.rest else "This is at hand"


def refine(move: Move) -> str:
    return f"Use {quote(move.rest)}" + (", and prove what it asks for" if move.opens or move.left else "")


def apply(move: Move) -> str:
    subject, place = split_at(move.rest, "at")
    return (
        f"Apply {quote(subject or move.rest)}" + (f" at {quote(place)}" if place else "") if move.rest else "Apply it"
    )


def constructor(move: Move) -> str:
    return "Prove each part on its own" if len(move.left) > 1 else "Build the goal by its constructor"


def have(move: Move) -> str:
    head, value = split_at(move.rest, ":=", "from")
    name, claim = split_at(head, ":")
    called = f", and call it {quote(name)}" if name else ""
    if move.opens:
        return (
            f"First show {quote(claim)}{called}" if claim else f"First show what is called {quote(head or move.text)}"
        )
    if claim:
        because = f" by {quote(value)}" if value else ""
        return f"We have {quote(claim)}{because}{called}"
    gained = move.gained()
    return f"From {quote(value or move.rest)} we have {spelled(gained)}" if gained else f"Note {quote(move.rest)}"


def let(move: Move) -> str:
    return f"Set {quote(move.rest)}" if move.rest else "Set a name"


def suffices(move: Move) -> str:
    head, _ = split_at(move.rest, "from", "by")
    return f"It suffices to show {quote(head or move.rest)}"


def show(move: Move) -> str:
    head, _ = split_at(move.rest, "from", "by")
    where, place = split_at(head, "at")
    if place:
        return f"Restate {quote(place)} as {quote(where)}"
    return f"Restate the goal as {quote(head)}" if head else "Restate the goal"


def unfold(move: Move) -> str:
    names, place = split_at(move.rest, "at")
    return f"Unfold the definition of {quoted(names.split() or [move.text])}" + (f" at {quote(place)}" if place else "")


def specialize(move: Move) -> str:
    gained = move.gained()
    return f"Specialise {quote(move.rest)}" + (f" to get {spelled(gained)}" if gained else "")


def focus(move: Move) -> str:
    case = move.rest.split("=>")[0].strip() if move.word in ("case", "case'") else ""
    subject = f" {quote(case)}" if case else ""
    return (
        f"Take the case{subject}" + (f": show {quote(move.goal.target)}" if move.goal.target else "")
        if subject
        else (
            f"Take this goal by itself: show {quote(move.goal.target)}"
            if move.goal.target
            else "Take the goal by itself"
        )
    )


def combine(words: str) -> Callable[[Move], str]:
    return lambda move: f"{words} {quote(move.rest)}" if move.rest and not move.opens else words


def other(move: Move) -> str:
    return f"Apply the tactic {quote(move.text)}" if move.text else "Apply a tactic"
