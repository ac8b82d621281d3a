"""``TacticPolicy``: a baseline that writes Lean tactics by chance, for machines without a prover model.

It is no model: it draws from a short catalogue with fixed weights, fills in the names it can read, and learns nothing. It
sees what a model sees, the text of the prompt, and proves what a short script of automation proves. Use it to try a
recipe, in tests, and as the figure that a real prover has to beat.
"""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from factory.doubles import said
from factory.policy import Completion, Request
from factory.steps import join_steps
from schemas import ConfigError

_BINDER = re.compile(r"[({]([^\W\d][^(){}:]*?)\s*:\s*([^(){}]*(?:\([^()]*\)[^(){}]*)*)[)}]")
_HYPOTHESIS = re.compile(r"^([^\W\d][\w' ✝]*?)\s*:\s*(.+)$", re.MULTILINE)
_SPLIT = re.compile(r"^case (?:(\w+) )?=>|^(?:intro|obtain|cases|rcases)\b.*", re.MULTILINE)
_SORTS = ("Nat", "Int", "Bool", "List", "Option", "Prop", "Type", "Sort")

# Weights per kind of tactic. What splits or changes the goal comes before what ends it.
OPENING: Mapping[str, float] = {
    "intro": 3.0,
    "intros": 1.0,
    "constructor": 2.0,
    "induction": 3.0,
    "cases": 2.0,
    "split_or": 1.0,
    "refine": 1.0,
    "apply": 2.0,
    "rewrite": 1.5,
    "exfalso": 0.5,
    "funext": 0.5,
}
CLOSING: Mapping[str, float] = {
    "simp": 3.0,
    "simp_all": 3.0,
    "omega": 3.0,
    "grind": 2.0,
    "rfl": 1.5,
    "decide": 1.0,
    "exact": 2.0,
    "assumption": 1.0,
    "everywhere": 2.0,
}
NEEDS_DATA = ("induction",)
NEEDS_FACTS = ("apply", "exact")


@dataclass(frozen=True, slots=True)
class TacticSpec:
    """``[policy.tactics]``: how long a script gets."""

    go_on: float = 0.45  # chance of one more opening tactic, each time
    most: int = 3  # opening tactics
    closing: int = 2  # closing tactics at the most, one below the other

    def __post_init__(self) -> None:
        if not 0 <= self.go_on <= 1 or self.most < 0 or self.closing < 1:
            raise ConfigError("[policy.tactics] needs 0 <= go_on <= 1, most >= 0 and closing >= 1.")


@dataclass(frozen=True, slots=True)
class Names:
    """What a prompt names: ``data`` are numbers, lists and the like, ``facts`` are hypotheses."""

    data: tuple[str, ...]
    facts: tuple[str, ...]


class TacticPolicy:
    """Completes a proof with random tactics. Deterministic in the request's seed; a token is a word."""

    name = "tactics"

    def __init__(self, spec: TacticSpec) -> None:
        self._spec = spec

    async def complete(self, requests: Sequence[Request]) -> list[tuple[Completion, ...]]:
        """As ``Policy.complete``."""
        return [tuple(self._one(request, i) for i in range(request.n)) for request in requests]

    async def close(self) -> None:
        """Nothing is held."""

    def _one(self, request: Request, index: int) -> Completion:
        rng = random.Random(f"{request.seed}/{index}")
        known = read_names(request.prompt.messages[-1].content, request.prompt.prefix)
        return said(request, join_steps(self._script(rng, known)))

    def _script(self, rng: random.Random, known: Names) -> list[str]:
        steps: list[str] = []
        while len(steps) < self._spec.most and rng.random() < self._spec.go_on:
            steps.append(tactic(_draw(rng, OPENING, known), known, rng))
        last = rng.randint(1, self._spec.closing)
        return steps + [tactic(_draw(rng, CLOSING, known), known, rng) for _ in range(last)]


def read_names(question: str, prefix: str) -> Names:
    """The names in the binders of a statement, in the goals below it, and in the tactics that are there."""
    goals = question.rpartition("already there:")[2] if "already there:" in question else ""
    typed = [(names, sort) for names, sort in _BINDER.findall(question) if "\n" not in names]
    typed += [(names, sort) for names, sort in _HYPOTHESIS.findall(goals)]
    data: dict[str, None] = {}
    facts: dict[str, None] = {}
    for names, sort in typed:
        first = sort.split()[0].strip("(") if sort.split() else ""
        for name in names.split():
            if "✝" not in name and first not in ("Prop", "Type", "Sort"):
                (data if first in _SORTS else facts)[name] = None
    for line in _SPLIT.finditer(prefix):
        facts |= dict.fromkeys(re.findall(r"\bh\w*", line.group()))
    return Names(tuple(data), tuple(facts))


def tactic(kind: str, known: Names, rng: random.Random) -> str:
    """One tactic of a kind of the catalogue, with names that are known, or likely ones where none are."""
    thing = rng.choice(known.data or known.facts or ("x",))
    fact = rng.choice(known.facts or known.data or ("h",))
    other = rng.choice((*known.facts, "h"))
    choices: dict[str, tuple[str, ...]] = {
        "intro": ("intro h", "intro x", "intro a b", "intro h hp", "intro ⟨h1, h2⟩"),
        "intros": ("intros",),
        "constructor": ("constructor",),
        "induction": (f"induction {thing}", f"induction {thing} <;> simp_all", f"induction {thing} <;> grind"),
        "cases": (f"cases {fact}", f"cases {thing}", f"cases {thing} <;> simp_all", f"cases {fact} <;> simp_all"),
        "split_or": ("left", "right"),
        "refine": ("exists 0", "exists 1", f"exists {thing}", f"exists {thing} + 1", f"refine ⟨{thing}, ?_⟩"),
        "apply": (f"apply {fact}", f"have h1 := {fact}", "apply Classical.byContradiction"),
        "rewrite": (f"rw [{fact}]", f"simp only [{fact}]", "rw [Nat.add_comm]", "rw [Nat.mul_comm]", f"subst {fact}"),
        "exfalso": ("exfalso",),
        "funext": ("funext x",),
        "simp": ("simp", f"simp [{fact}]"),
        "simp_all": ("simp_all",),
        "omega": ("omega",),
        "grind": ("grind",),
        "rfl": ("rfl",),
        "decide": ("decide", "decide +revert"),
        "exact": (f"exact {fact}", f"exact {fact} {other}", f"exact {fact}.2", f"exact ⟨{fact}, {other}⟩"),
        "assumption": ("assumption",),
        "everywhere": ("all_goals simp_all", "all_goals omega", "all_goals grind"),
    }
    return rng.choice(choices[kind])


def _draw(rng: random.Random, weights: Mapping[str, float], known: Names) -> str:
    out = (*(() if known.data else NEEDS_DATA), *(() if known.facts else NEEDS_FACTS))
    left = {kind: weight for kind, weight in weights.items() if kind not in out}
    return rng.choices(list(left), list(left.values()))[0]
