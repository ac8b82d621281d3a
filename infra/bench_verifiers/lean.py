"""Lean as a second judge of informal claims, against the first one, on ProcessBench beside the repository."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from factory.solutions import read_solutions
from infra.bench_verifiers.claims import dataset
from schemas import Problem
from verifiers import Panel, PanelConfig

SETS = ("gsm8k", "math")
STEPS = 150  # of each set, evenly spread
_SAYS = ("valid", "invalid", "unknown", "none")


@dataclass(frozen=True, slots=True)
class LeanFigures:
    """``counts``: steps by data set, what ``sympy`` says and what ``lean`` says; ``conflicts``: what both said of steps
    that one calls valid and the other invalid; seconds of wall clock, the start of Lean apart."""

    counts: dict[str, int]
    conflicts: tuple[str, ...]
    seconds: float
    start_s: float


def bench_lean(data: Path, quick: bool) -> LeanFigures:
    """Judge the steps with both. Raises ``JudgeBroken`` where there is no Lean."""
    return asyncio.run(
        _bench({name: path for name in SETS if (path := dataset(data, name))}, STEPS // 5 if quick else STEPS)
    )


async def _bench(paths: dict[str, Path], wanted: int) -> LeanFigures:
    counts: Counter[str] = Counter()
    conflicts: list[str] = []
    seconds = 0.0
    async with Panel(PanelConfig(judges=("sympy", "lean"))) as panel:
        began = time.perf_counter()
        await panel.judge_steps(_problem("?"), [("1 + 1 = 2",)])
        start_s = time.perf_counter() - began
        for name, path in paths.items():
            steps = [
                (each.problem, each.steps[: i + 1]) for each in read_solutions([path]) for i in range(len(each.steps))
            ]
            sample = steps[:: max(1, len(steps) // wanted)][:wanted]
            began = time.perf_counter()
            found = await asyncio.gather(*(panel.judge_steps(_problem(text), [context]) for text, context in sample))
            seconds += time.perf_counter() - began
            for [verdicts] in found:
                said = {verdict.judge: verdict.outcome for verdict in verdicts}
                pair = (said.get("sympy", "none"), said.get("lean", "none"))
                counts[f"{name}: {pair[0]}, {pair[1]}"] += 1
                if set(pair) == {"valid", "invalid"}:
                    conflicts.append(" | ".join(f"{each.judge} {each.outcome}: {each.claim}" for each in verdicts))
    return LeanFigures(dict(counts), tuple(conflicts), seconds, start_s)


def _problem(statement: str) -> Problem:
    return Problem("p", "math", statement, None, (), None, "bench", None)


def lean_lines(found: LeanFigures) -> list[str]:
    """How often both decide, agree, and contradict each other."""
    lines = ["LEAN beside SYMPY on informal steps: what sympy says, what lean says, steps"]
    lines += [f"  {pair:<28}{count:>6}" for pair, count in sorted(found.counts.items())]
    for name in SETS:
        table = {(a, b): found.counts.get(f"{name}: {a}, {b}", 0) for a in _SAYS for b in _SAYS}
        decided = sum(table[a, b] for a in ("valid", "invalid") for b in _SAYS)
        both = sum(table[a, b] for a in ("valid", "invalid") for b in ("valid", "invalid"))
        share = f"{both / decided:.1%} of {decided}" if decided else "-"
        lines.append(f"  {name}: of the steps that sympy decides, lean decides {share}")
    lines += [f"  conflict: {each}" for each in found.conflicts]
    steps = sum(found.counts.values())
    rate = f"{found.seconds / steps:.3f} s each" if steps else "no data"
    return [*lines, f"  {steps} steps, {rate}, all asked at once, after {found.start_s:.0f} s to start Lean"]
