"""How judges did against given labels: counts, then shares with N and Wilson's 95% interval. Pure.

Of a labelled solution, *wrong* means that its given first error is a step, *correct* that it is -1. *Flagged* means that
some step of it got an ``invalid`` verdict; its *first invalid* step is the earliest such step. ``FIGURES`` defines each.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from factory.labels import wilson
from factory.solutions import Solution
from schemas import Verdict

FIGURES = {
    "flagged_correct": "correct solutions that are flagged / correct solutions",
    "invalid_within_1": "flagged wrong solutions whose first invalid step is the given first error or the step right behind "
    "it / flagged wrong solutions",
    "invalid_exact": "flagged wrong solutions whose first invalid step is the given first error / flagged wrong solutions",
    "invalid_not_early": "flagged wrong solutions whose first invalid step is the given first error or any step behind it / "
    "flagged wrong solutions",
    "verdicts_within_1": "the same as invalid_within_1, over every single step with an invalid verdict in wrong solutions",
    "verdicts_exact": "the same as invalid_exact, over every single step with an invalid verdict in wrong solutions",
    "recall": "wrong solutions whose first invalid step is the given first error / wrong solutions",
    "precision": "wrong solutions whose first invalid step is the given first error / flagged solutions, wrong or correct",
    "exact_match": "solutions whose first invalid step (-1 where none) is the given label / labelled solutions",
    "f1": "ProcessBench's (arXiv 2412.06559): harmonic mean of recall and of the share of correct solutions that are not "
    "flagged; its interval is the harmonic mean of the bounds of those two",
    "coverage": "steps that hold an equality and got a verdict other than unknown / steps that hold an equality (a = that "
    "is no part of <=, >=, !=, == or :=), labelled solutions or not",
}
_EQUALITY = re.compile(r"(?<![<>!:=])=(?!=)")


@dataclass(frozen=True, slots=True)
class Judged:
    """A solution and, per step, the verdicts of the judges with an opinion."""

    solution: Solution
    verdicts: tuple[tuple[Verdict, ...], ...]

    @property
    def invalid(self) -> tuple[int, ...]:
        """The steps with an ``invalid`` verdict, in order."""
        return tuple(i for i, step in enumerate(self.verdicts) if any(each.outcome == "invalid" for each in step))

    @property
    def first_error(self) -> int | None:
        """The first invalid step, -1 where there is none, ``None`` where the row could not be judged."""
        return (self.invalid or (-1,))[0] if self.solution.steps else None


@dataclass(frozen=True, slots=True)
class Figure:
    """``value`` is ``hits / n`` (of ``f1``: as its definition says; ``hits`` is None), None where ``n`` is 0."""

    value: float | None
    hits: int | None
    n: int
    low: float | None
    high: float | None


@dataclass(slots=True)
class Tally:
    """Counts solutions one by one; what it holds does not grow with their number."""

    counts: Counter[str] = field(default_factory=Counter)

    def add(self, judged: Judged) -> None:
        """Count one row."""
        count, solution = self.counts, judged.solution
        count["rows"] += 1
        if not solution.steps:
            count["rejected"] += 1
            return
        count["steps"] += len(solution.steps)
        for text, verdicts in zip(solution.steps, judged.verdicts, strict=True):
            if holds_equality(text):
                count["equalities"] += 1
                count["covered"] += any(verdict.outcome != "unknown" for verdict in verdicts)
        if solution.first_error is None:
            count["unlabelled"] += 1
        elif solution.first_error < 0:
            count["correct"] += 1
            count["correct_flagged"] += bool(judged.invalid)
        else:
            self._add_wrong(judged, solution.first_error)

    def _add_wrong(self, judged: Judged, label: int) -> None:
        count, invalid = self.counts, judged.invalid
        count["wrong"] += 1
        count["invalid"] += len(invalid)
        count["invalid_near"] += sum(label <= step <= label + 1 for step in invalid)
        count["invalid_on"] += label in invalid
        if invalid:
            count["wrong_flagged"] += 1
            count["near"] += label <= invalid[0] <= label + 1
            count["found"] += invalid[0] == label
            count["not_early"] += invalid[0] >= label

    def figures(self) -> dict[str, Figure]:
        """By name, in the order of ``FIGURES``."""
        c = self.counts
        quiet = c["correct"] - c["correct_flagged"]
        shares = {
            "flagged_correct": (c["correct_flagged"], c["correct"]),
            "invalid_within_1": (c["near"], c["wrong_flagged"]),
            "invalid_exact": (c["found"], c["wrong_flagged"]),
            "invalid_not_early": (c["not_early"], c["wrong_flagged"]),
            "verdicts_within_1": (c["invalid_near"], c["invalid"]),
            "verdicts_exact": (c["invalid_on"], c["invalid"]),
            "recall": (c["found"], c["wrong"]),
            "precision": (c["found"], c["wrong_flagged"] + c["correct_flagged"]),
            "exact_match": (c["found"] + quiet, c["wrong"] + c["correct"]),
            "coverage": (c["covered"], c["equalities"]),
        }
        found = {name: share(*counts) for name, counts in shares.items()}
        found["f1"] = _f1(found["recall"], share(quiet, c["correct"]))
        return {name: found[name] for name in FIGURES}

    def to_dict(self) -> dict[str, Any]:
        """Plain data: how many rows there were, each figure's value under its name, and beside them ``hits``, ``n`` and
        ``interval`` with the same names."""
        names = ("rows", "rejected", "steps", "correct", "wrong", "unlabelled")
        figures = self.figures()
        return {
            **{name: self.counts[name] for name in names},
            **{name: figure.value for name, figure in figures.items()},
            "hits": {name: figure.hits for name, figure in figures.items()},
            "n": {name: figure.n for name, figure in figures.items()},
            "interval": {name: [figure.low, figure.high] for name, figure in figures.items()},
        }


def holds_equality(step: str) -> bool:
    """Whether the text holds a ``=`` of its own."""
    return _EQUALITY.search(step) is not None


def share(hits: int, n: int) -> Figure:
    """``hits / n`` with Wilson's interval."""
    return Figure(hits / n if n else None, hits, n, *wilson(hits, n))


def _f1(wrong: Figure, correct: Figure) -> Figure:
    pairs = ((wrong.value, correct.value), (wrong.low, correct.low), (wrong.high, correct.high))
    value, low, high = (_harmonic(a, b) for a, b in pairs)
    return Figure(value, None, wrong.n + correct.n, low, high)


def _harmonic(a: float | None, b: float | None) -> float | None:
    if a is None or b is None:
        return None
    return 2 * a * b / (a + b) if a + b else 0.0
