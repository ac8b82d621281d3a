"""Word pools and the `Draft` that problem families write into (all text here is ours)."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

HE = [
    "Tom",
    "Ben",
    "Sam",
    "Leo",
    "Max",
    "Omar",
    "Ivan",
    "Raj",
    "Hugo",
    "Noah",
    "Luis",
    "Kofi",
    "Adam",
    "Finn",
    "Jack",
    "Carl",
]
SHE = [
    "Mia",
    "Ana",
    "Zoe",
    "Lily",
    "Nora",
    "Emma",
    "Ruth",
    "Sara",
    "Priya",
    "Kate",
    "Ines",
    "Amy",
    "Rosa",
    "Tina",
    "Jane",
    "Olga",
]
THINGS = [
    "apples",
    "pears",
    "oranges",
    "pencils",
    "marbles",
    "stickers",
    "cookies",
    "books",
    "cards",
    "coins",
    "shells",
    "stamps",
    "balloons",
    "flowers",
    "eggs",
    "beads",
    "buttons",
    "muffins",
    "peaches",
    "lemons",
    "tickets",
    "toys",
    "candles",
    "cups",
    "plates",
    "bottles",
    "photos",
    "blocks",
    "crayons",
    "tomatoes",
]
BOXES = ["box", "bag", "crate", "basket", "packet", "jar", "tray", "carton"]
PLURAL = {"box": "boxes"}

OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a // b,
}


@dataclass(frozen=True)
class Person:
    """A name with its pronouns: `he` or `she`, `his` or `her`."""

    name: str
    they: str
    their: str


@dataclass(frozen=True)
class Step:
    """One line of reasoning; `equation` is empty and `result` None for the answer line; `learn` masks slips."""

    text: str
    equation: str = ""
    result: int | None = None
    learn: bool = True


@dataclass
class Draft:
    """A problem being written: the statement and its steps, with every random choice drawn from `rng`."""

    rng: random.Random
    problem: str = ""
    steps: list[Step] = field(default_factory=list)

    def n(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return self.rng.randint(low, high)

    def pick(self, *options: str) -> str:
        """One of the options, each equally likely."""
        return self.rng.choice(options)

    def flip(self) -> bool:
        """True half of the time."""
        return self.rng.random() < 0.5

    def person(self) -> Person:
        """A random person."""
        if self.flip():
            return Person(self.rng.choice(HE), "he", "his")
        return Person(self.rng.choice(SHE), "she", "her")

    def pair(self) -> tuple[Person, Person]:
        """Two people with different names."""
        first, second = self.person(), self.person()
        return (first, second) if first.name != second.name else self.pair()

    def things(self) -> tuple[str, str]:
        """Two different plural nouns."""
        first, second = self.rng.sample(THINGS, 2)
        return first, second

    def box(self) -> tuple[str, str]:
        """A container noun, singular and plural."""
        one = self.rng.choice(BOXES)
        return one, PLURAL.get(one, one + "s")

    def do(self, a: int, op: str, b: int, *wordings: str) -> int:
        """Append one step worded by a random option with `@` replaced by `a op b = result`; returns the result."""
        result = OPERATIONS[op](a, b)
        equation = f"{a} {op} {b} = {result}"
        self.steps.append(Step(self.pick(*wordings).replace("@", equation), equation, result))
        return result

    def end(self, answer: int) -> None:
        """Append the answer line."""
        self.steps.append(Step(f"The answer is {answer}."))
