"""Step judges against human labels, on data beside the repository: no model, figures as ``factory verify`` has them."""

import asyncio
import dataclasses
import os
import statistics
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from factory.scores import FIGURES, Figure, Judged, Tally, holds_equality, share
from factory.solutions import Solution, read_solutions
from pipelines.judging import judge_all, judge_solutions
from verifiers import Panel, PanelConfig

PROCESSBENCH = ("gsm8k", "math", "olympiadbench", "omnimath")
DATASETS = {
    **{name: f"processbench/{name}.jsonl" for name in PROCESSBENCH},
    "prm800k": "prm800k/validation_steps.jsonl",
    "multistep": "bigbench_mistake/multistep_arithmetic.jsonl",
    "gsm8k-train": "gsm8k/train.jsonl",
}
POOLED = {"gsm8k + math": ("gsm8k", "math")}  # measured once more, together
TRAIN_ROWS = 2_000  # of GSM8K train, evenly spread over it
QUICK_ROWS = 100  # of each data set, likewise
SPEED_SETS = ("gsm8k", "math")
WARM_ROWS = 20  # of another data set, judged before the clock starts
REPETITIONS = 3


@dataclasses.dataclass(frozen=True, slots=True)
class Goal:
    """What a figure should be: at least, or at most, ``bound``."""

    bound: float
    at_least: bool = True

    def met(self, value: float) -> bool:
        """Whether ``value`` is good enough."""
        return value >= self.bound if self.at_least else value <= self.bound

    def __str__(self) -> str:
        return f"{'>=' if self.at_least else '<='} {self.bound:.1%}"


_LOCATED = {"flagged_correct": Goal(0.01, False), "invalid_within_1": Goal(0.9), "invalid_exact": Goal(0.75)}
GOALS: dict[str, dict[str, Goal]] = {
    "gsm8k + math": _LOCATED,
    "gsm8k": {"recall": Goal(0.25), "coverage": Goal(0.85)},
    "math": {"recall": Goal(0.12), "coverage": Goal(0.6)},
    "olympiadbench": _LOCATED,
    "omnimath": _LOCATED,
    "prm800k": {"right_called_invalid": Goal(0.005, False)},
    "multistep": {"exact_match": Goal(0.9)},
    "gsm8k-train": {"steps_called_invalid": Goal(0.005, False)},
}
STEP_FIGURES = {
    "right_called_invalid": "steps rated +1 with an invalid verdict / steps rated +1",
    "wrong_called_invalid": "steps rated -1 with an invalid verdict / steps rated -1",
    "solutions_flagged": "human solutions with an invalid verdict / human solutions",
    "steps_called_invalid": "steps of them with an invalid verdict / steps of them",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Speed:
    """Medians over the repetitions, one warm worker, wall clock; ``claims``: steps that hold an equality."""

    dataset: str
    steps: int
    steps_per_s: float
    claims_per_s: float


@dataclasses.dataclass(frozen=True, slots=True)
class ClaimFigures:
    """Figures by data set and name; why first errors were missed, by data set; what was not there."""

    figures: dict[str, dict[str, Figure]]
    misses: dict[str, Counter[str]]
    speeds: tuple[Speed, ...]
    absent: tuple[str, ...]


def dataset(data: Path, name: str) -> Path | None:
    """The file of a data set, or ``None`` where it is not there."""
    path = data / DATASETS[name]
    return path if path.is_file() else None


def bench_claims(data: Path, quick: bool) -> ClaimFigures:
    """Judge every data set that is there."""
    figures: dict[str, dict[str, Figure]] = {}
    misses: dict[str, Counter[str]] = {}
    rows = {name: sample(path, name, quick) for name in DATASETS if (path := dataset(data, name)) is not None}
    judged = {name: judge_all(solutions, PanelConfig(workers=os.cpu_count() or 1)) for name, solutions in rows.items()}
    for name, parts in POOLED.items():
        if judged.keys() >= set(parts):
            figures[name] = measure(name, [each for part in parts for each in judged[part]])
    for name, each in judged.items():
        figures[name] = measure(name, each)
        misses[name] = Counter(map(why_missed, filter(is_missed, each)))
    absent = tuple(DATASETS[name] for name in DATASETS if name not in rows)
    return ClaimFigures(figures, misses, tuple(bench_speed(rows)), absent)


def sample(path: Path, name: str, quick: bool) -> list[Solution]:
    """The rows that are judged: all of them, of GSM8K train and where ``quick`` some, evenly spread."""
    solutions = list(read_solutions([path]))
    wanted = QUICK_ROWS if quick else TRAIN_ROWS if name == "gsm8k-train" else len(solutions)
    return solutions[:: max(1, len(solutions) // wanted)][:wanted]


def measure(name: str, judged: Sequence[Judged]) -> dict[str, Figure]:
    """The figures that a data set's labels allow, by name."""
    tally = Tally()
    for each in judged:
        tally.add(each)
    found = tally.figures()
    if name == "prm800k":
        return {**_rated(judged), "coverage": found["coverage"]}
    if name == "multistep":
        return {each: found[each] for each in ("exact_match", "flagged_correct", "recall", "precision", "coverage")}
    if name == "gsm8k-train":
        steps = [bool(calls_invalid(each, i)) for each in judged for i in range(len(each.solution.steps))]
        flagged = [bool(each.invalid) for each in judged]
        return {
            "solutions_flagged": share(sum(flagged), len(flagged)),
            "steps_called_invalid": share(sum(steps), len(steps)),
            "coverage": found["coverage"],
        }
    return found


def _rated(judged: Iterable[Judged]) -> dict[str, Figure]:
    counts: Counter[tuple[int | None, bool]] = Counter()
    for each in judged:
        counts.update((rating, calls_invalid(each, i)) for i, rating in enumerate(each.solution.ratings))
    return {
        name: share(counts[rating, True], counts[rating, True] + counts[rating, False])
        for name, rating in (("right_called_invalid", 1), ("wrong_called_invalid", -1))
    }


def calls_invalid(judged: Judged, step: int) -> bool:
    """Whether a judge calls the step invalid."""
    return any(verdict.outcome == "invalid" for verdict in judged.verdicts[step])


def is_missed(judged: Judged) -> bool:
    """Whether a wrong solution's first invalid step is not the labelled one."""
    label = judged.solution.first_error
    return label is not None and label >= 0 and judged.first_error != label


def why_missed(judged: Judged) -> str:
    """What stood in the way, by what the judges said of the labelled step."""
    label = judged.solution.first_error
    assert label is not None
    if -1 < (judged.first_error or 0) < label and judged.invalid:
        return "an earlier step is called invalid"
    verdicts = judged.verdicts[label]
    unknown = sorted({verdict.reason or "" for verdict in verdicts if verdict.outcome == "unknown"})
    if any(verdict.outcome == "valid" for verdict in verdicts):
        return "its claims are valid"
    if unknown:
        return f"unknown: {', '.join(unknown)}"
    return (
        "no claim is read in its equality" if holds_equality(judged.solution.steps[label]) else "it holds no equality"
    )


# ---------------------------------------------------------------------------------------------- speed


def bench_speed(rows: dict[str, list[Solution]]) -> Iterator[Speed]:
    """Each repetition judges every set with a new panel, so that nothing is remembered, warmed on rows of another."""
    sets = [name for name in SPEED_SETS if name in rows]
    seconds: dict[str, list[float]] = {name: [] for name in sets}
    for _ in range(REPETITIONS):
        for name in sets:
            other = next((rows[each] for each in ("omnimath", *rows) if each in rows and each != name), rows[name])
            seconds[name].append(asyncio.run(_timed(rows[name], list(islice(other, WARM_ROWS)))))
    for name in sets:
        texts = [step for solution in rows[name] for step in solution.steps]
        median = statistics.median(seconds[name])
        yield Speed(name, len(texts), len(texts) / median, sum(map(holds_equality, texts)) / median)


async def _timed(solutions: Sequence[Solution], warming: Sequence[Solution]) -> float:
    async with Panel(PanelConfig(workers=1)) as panel:
        await judge_solutions(panel, warming)
        began = time.perf_counter()
        await judge_solutions(panel, solutions)
        return time.perf_counter() - began


# ---------------------------------------------------------------------------------------------- print

_WIDTHS = (22, 8, 12, 17, 14)


def claims_lines(found: ClaimFigures) -> list[str]:
    """Tables, misses, speed, and how to read them."""
    lines = ["CLAIMS against human labels, no model. Intervals: Wilson 95%."]
    for name, figures in found.figures.items():
        lines += ["", f"{name} ({DATASETS.get(name, 'together')})", _align(("", "", "of", "95%", "goal"))]
        lines += [_line(name, figure, figures[figure]) for figure in figures]
        if missed := found.misses.get(name):
            lines.append(f"  {missed.total()} wrong solutions not located; of the labelled step:")
            lines += [f"  {count:>6}  {reason}" for reason, count in missed.most_common()]
    lines += [f"absent, skipped: {name}" for name in found.absent]
    for speed in found.speeds:
        lines.append(
            f"speed, {speed.dataset}: {speed.steps_per_s:,.0f} steps/s per core, {speed.claims_per_s:,.0f} of them with an "
            f"equality (one warm worker, {speed.steps} steps, median of {REPETITIONS} interleaved repetitions, wall clock)"
        )
    return [*lines, "", *(f"{name}: {meaning}" for name, meaning in {**FIGURES, **STEP_FIGURES}.items())]


def _line(name: str, figure: str, found: Figure) -> str:
    if found.value is None or found.low is None or found.high is None:
        return _align((figure, "-", f"0/{found.n}", "", ""))
    goal = GOALS[name].get(figure)
    said = "" if goal is None else f"{goal} {'met' if goal.met(found.value) else 'MISSED'}"
    counted = str(found.n) if found.hits is None else f"{found.hits}/{found.n}"
    return _align((figure, f"{found.value:.1%}", counted, f"{found.low:.1%} to {found.high:.1%}", said))


def _align(cells: Sequence[str]) -> str:
    rest = (cell.rjust(width) for cell, width in zip(cells[1:], _WIDTHS[1:], strict=True))
    return "  " + cells[0].ljust(_WIDTHS[0]) + "  ".join(rest)
