"""Breaks a proof at a known tactic: the marked proofs, their steps, and the ways to break one step of them.

In ``proofs.txt`` every tactic stands between ``⟦`` and ``⟧``, those inside a structured tactic within its own marks.
A mutator changes the text of one step only, and so that Lean has to object to that very step: to a name that does
not exist, to a tactic that fails there, to text that is no tactic, to a goal that the step should have closed.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

PROOFS = Path(__file__).with_name("proofs.txt")


@dataclass(slots=True)
class Step:
    """Where a tactic stands in the text, in characters; ``children`` are the tactics inside it."""

    start: int
    end: int = 0
    last: bool = False  # of its block
    children: list["Step"] = field(default_factory=list)

    def head_end(self) -> int:
        """Where the step's own text ends: before its first child."""
        return self.children[0].start if self.children else self.end


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof without its marks, and its steps in the order of their first character."""

    name: str
    flat: bool
    code: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Mutation:
    """A broken proof; the step at ``first_error`` (characters, its own text) is the first that is wrong."""

    id: str
    code: str
    first_error: tuple[int, int]
    mutator: str


def read_proofs() -> list[Proof]:
    """All marked proofs, in file order."""
    blocks = re.split(r"(?m)^== ", PROOFS.read_text(encoding="utf-8"))[1:]
    return [_proof(*block.split("\n", 1)) for block in blocks]


def _proof(title: str, marked: str) -> Proof:
    name, _, tag = title.partition(" ")
    text: list[str] = []
    steps: list[Step] = []
    stack: list[Step] = []
    for char in marked:
        if char == "⟦":
            step = Step(len(text))
            if stack:
                stack[-1].children.append(step)
            steps.append(step)
            stack.append(step)
        elif char == "⟧":
            stack.pop().end = len(text)
        else:
            text.append(char)
    code = "".join(text)
    for step in steps:
        step.last = bool(re.match(r"\s*(\||$)|\n *_ |\n\n", code[step.end :])) or _dedents(code, step)
    return Proof(name, tag == "flat", code, tuple(steps))


def _dedents(code: str, step: Step) -> bool:
    """Whether the next line of text stands further left than the step, so that its block ends with it."""
    following = re.match(r"\n( *)\S", code[step.end :])
    column = step.start - (code.rfind("\n", 0, step.start) + 1)
    return following is not None and len(following[1]) < column


def wrong_lemma(text: str) -> str | None:
    """The first library lemma in the step does not exist."""
    changed = re.sub(r"\b(Nat|List|Or|Tree)\.[a-z]\w*", r"\1.no_such_lemma", text, count=1)
    return changed if changed != text else None


def wrong_hypothesis(text: str) -> str | None:
    """The last name that ``exact``, ``apply``, ``rw ... at``, ``cases``, ``obtain``, ``subst`` use is nowhere bound."""
    used = r"((?:exact|apply|subst|cases|rcases|induction) |obtain .*:= |rw .* at |have .*:= [fgh]\w* (?:\w+ )?)"
    match = re.match(used + r"([\w₀-₉]+)(?![\w.])", text)
    return text[: match.start(2)] + "nope" + text[match.end(2) :] if match else None


def rw_flipped(text: str) -> str | None:
    """A rewrite by one equation goes the other way."""
    if match := re.fullmatch(r"rw \[← (.*)\](.*)", text):
        return f"rw [{match[1]}]{match[2]}"
    if match := re.fullmatch(r"rw \[([^,\]]*)\](.*)", text):
        return f"rw [← {match[1]}]{match[2]}"
    return None


def wrong_numeral(text: str) -> str | None:
    """The last number of a step that states or proves something is another one."""
    match = re.match(r"((?:exact|have|show) .*)(?<![\w.])(\d+)\b", text)
    return f"{match[1]}{int(match[2]) + 1}{text[match.end() :]}" if match else None


def wrong_projection(text: str) -> str | None:
    """The two halves of a conjunction change places."""
    if not text.startswith("exact") or not re.search(r"\.[12]\b", text):
        return None
    return re.sub(r"\.([12])\b", lambda half: "." + "21"[int(half[1]) - 1], text)


def deleted_argument(text: str) -> str | None:
    """``exact f a b`` without its last argument."""
    match = re.fullmatch(r"(exact [\w.]+(?: \S+)*) (\(.*\)|[\w₀-₉]+)", text)
    return match[1] if match and " " in match[1] else None


def typo(text: str) -> str | None:
    """A tactic whose name does not exist: the text does not parse."""
    match = re.match(r"[a-z_]+", text)
    return text[: match.end()] + "q" + text[match.end() :] if match else None


def wrong_case_name(text: str) -> str | None:
    """A case that the type does not have."""
    match = re.match(r"case (\w+)|(?:cases|induction) .* with\s*\| (\w+)", text)
    return text[: match.end()] + "x" + text[match.end() :] if match else None


def other_tactic(tactic: str) -> Callable[[str], str | None]:
    """A mutator that puts ``tactic`` in place of the step."""

    def mutate(text: str) -> str | None:
        return tactic if text != tactic and not text.startswith("·") else None

    mutate.__name__ = "replaced_by_" + tactic.split()[0]
    return mutate


def skipped(text: str) -> str | None:
    """A closing tactic that does nothing: its goal stays open."""
    return None if text == "skip" else "skip"


LEAF = (wrong_lemma, wrong_hypothesis, rw_flipped, wrong_numeral, wrong_projection, deleted_argument)
OTHER = tuple(other_tactic(tactic) for tactic in ("rfl", "omega", "contradiction", "exact trivial"))
HEAD = (wrong_hypothesis, wrong_case_name)


def _mutators(step: Step, number: int) -> Iterator[Callable[[str], str | None]]:
    """What can break this step: the same ones in every run, the general ones in turn, to keep their number down."""
    yield from HEAD if step.children else LEAF
    if number % 2 == 0:
        yield typo
    if not step.children:
        yield OTHER[number % len(OTHER)]
        if step.last:
            yield skipped


def mutations(proofs: list[Proof]) -> Iterator[Mutation]:
    """Every mutation of every step, whether Lean objects to it or not."""
    for proof in proofs:
        for number, step in enumerate(proof.steps):
            own = proof.code[step.start : step.head_end()]
            for mutator in _mutators(step, number):
                changed = mutator(own)
                if changed is not None:
                    code = proof.code[: step.start] + changed + proof.code[step.head_end() :]
                    place = (step.start, step.start + len(changed.rstrip()))
                    yield Mutation(f"{proof.name}.{number}.{mutator.__name__}", code, place, mutator.__name__)
