"""Seeded generator of word problems with step-by-step solutions: the tiny model's training and test data.

Every solution step is one line; all but the last carry one checkable equation `a op b = c`, and the last reads
`The answer is N.`. All text comes from the templates in this folder, written for this project.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import families_counts as counts
import families_money as money
from wording import Draft, Step

FAMILIES: dict[str, Callable[[Draft], None]] = {
    f.__name__: f
    for f in (
        money.change,
        money.earning,
        money.percent,
        money.travel,
        money.several_days,
        counts.sharing,
        counts.ages,
        counts.fraction_of,
        counts.containers,
        counts.rows,
        counts.compare,
    )
}
RECOVERY_SHARE = 0.05


@dataclass(frozen=True)
class Example:
    """One word problem, its steps in order and the name of the family that wrote it."""

    problem: str
    steps: tuple[Step, ...]
    family: str

    @property
    def answer(self) -> str:
        """The final answer, as written on the last line."""
        return self.steps[-1].text.removeprefix("The answer is ").removesuffix(".")


def generate(rng: random.Random, recovery: float = RECOVERY_SHARE) -> Example:
    """One correct example; with probability `recovery` a masked slip and its correction are put into it."""
    family = rng.choice(tuple(FAMILIES))
    draft = Draft(rng)
    FAMILIES[family](draft)
    steps = with_slip(rng, draft.steps) if rng.random() < recovery else draft.steps
    return Example(draft.problem, tuple(steps), family)


def with_slip(rng: random.Random, steps: list[Step]) -> list[Step]:
    """The steps with one equation first stated wrongly (learn=False), then noticed and put right."""
    at = rng.randrange(len(steps) - 1)
    good = steps[at]
    wrong = _wrong_number(rng, good.result or 0)
    left = good.equation.rpartition(" = ")[0]
    slip = Step(good.text.replace(good.equation, f"{left} = {wrong}"), learn=False)
    tail = good.text.partition(good.equation)[2]
    fix = rng.choice(
        (
            f"Wait, that is not right: {good.equation}{tail}",
            f"Wait, I should check that: {good.equation}, not {wrong}.",
            f"Wait, that is wrong. It is {good.equation}{tail}",
        )
    )
    return [*steps[:at], slip, Step(fix, good.equation, good.result), *steps[at + 1 :]]


def _wrong_number(rng: random.Random, right: int) -> int:
    """A plausible wrong result: off by a little, by ten, or with one digit changed; never `right`, never negative."""
    wrong = right + rng.choice((-10, -2, -1, 1, 2, 10, 20, rng.randint(3, 9)))
    return wrong if wrong >= 0 else right + 1
