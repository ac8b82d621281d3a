"""Factory tokens per second against raw ``vllm.LLM.generate`` on the same requests.

A repetition runs the factory (local executor, bundled model and seeds, demo recipe) once for each number of trees in
flight, noting every request, and then one ``LLM.generate`` call that gets all sequences of one of those runs at once and
makes as many tokens of each. Engine start is outside both clocks. The raw arm is an upper bound: it has no tree to wait
for, nothing to judge, and never a half-empty batch before its end.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.bench.replay import Recording

ARM_LIMIT_S = 900


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure. ``replayed`` of ``in_flight`` is the run whose requests the raw arm gets."""

    seeds: int = 40
    in_flight: tuple[int, ...] = (16, 32, 64)
    replayed: int = 32
    repetitions: int = 3


@dataclass(frozen=True, slots=True)
class FactoryArm:
    """One factory run in figures; see ``Recording`` for what each is."""

    tokens: int
    sequences: int
    requests: int
    wall_s: float
    rate: float
    filled: float | None
    full_share: float
    asked: float
    front_cpu_s: float


@dataclass(frozen=True, slots=True)
class RawArm:
    """One ``LLM.generate`` call. ``recorded`` is the tokens it had to make, ``tokens`` those it made."""

    recorded: int
    tokens: int
    wall_s: float
    front_cpu_s: float

    @property
    def rate(self) -> float:
        """Output tokens per second."""
        return self.tokens / self.wall_s


@dataclass(frozen=True, slots=True)
class Repetition:
    """A factory run per number of trees in flight, and the raw arm between them."""

    factory: dict[int, FactoryArm]
    raw: RawArm

    def ratio(self, in_flight: int) -> float:
        """Factory over raw, whole run."""
        return self.factory[in_flight].rate / self.raw.rate

    def filled_ratio(self, in_flight: int) -> float | None:
        """Factory over raw, while the engine was full."""
        filled = self.factory[in_flight].filled
        return filled / self.raw.rate if filled else None


def bench_throughput(plan: Plan, changes: Sequence[str] = ()) -> list[Repetition]:
    """Every repetition in turn, so that a slow spell of the machine hits all arms. ``changes`` are recipe overrides.
    Raises ``RuntimeError`` with the end of an arm's output where one fails, or where the raw arm made another number of
    tokens than was recorded."""
    return [repeat(plan, number, changes) for number in range(plan.repetitions)]


def repeat(plan: Plan, number: int, changes: Sequence[str]) -> Repetition:
    """One repetition, the settings in turning order."""
    turn = number % len(plan.in_flight)
    with tempfile.TemporaryDirectory() as folder:
        recorded, out = Path(folder, "recorded.json"), Path(folder, "out.json")
        arms: dict[int, FactoryArm] = {}
        raw = None
        for trees in plan.in_flight[turn:] + plan.in_flight[:turn]:
            say(f"repetition {number + 1}/{plan.repetitions}: factory, {trees} trees in flight, {plan.seeds} seeds")
            run_arm("factory", recorded, str(trees), str(plan.seeds), *changes)
            arms[trees] = summary(recording := Recording.load(recorded))
            say(f"   {recording.tokens} tokens in {recording.wall_s:.1f} s, {recording.rate:.0f} tok/s")
            if trees == plan.replayed:
                say(f"repetition {number + 1}/{plan.repetitions}: LLM.generate, {recording.sequences} sequences")
                run_arm("raw", recorded, out, *changes)
                raw = checked(RawArm(recording.tokens, **json.loads(out.read_text(encoding="utf-8"))))
                say(f"   {raw.tokens} tokens in {raw.wall_s:.1f} s, {raw.rate:.0f} tok/s")
    assert raw is not None, "the replayed setting is one of those measured"
    return Repetition(arms, raw)


def summary(recording: Recording) -> FactoryArm:
    """A run without its requests."""
    return FactoryArm(
        tokens=recording.tokens,
        sequences=recording.sequences,
        requests=len(recording.requests),
        wall_s=recording.wall_s,
        rate=recording.rate,
        filled=recording.filled(),
        full_share=recording.full_share,
        asked=recording.asked(),
        front_cpu_s=recording.front_cpu_s,
    )


def checked(raw: RawArm) -> RawArm:
    """The arm, if it did the work it was given."""
    if raw.tokens != raw.recorded:
        raise RuntimeError(f"LLM.generate made {raw.tokens} tokens where {raw.recorded} were recorded: no comparison.")
    return raw


def run_arm(*arguments: str | Path) -> None:
    """One arm in a fresh Python with the same environment."""
    command = [sys.executable, "-m", "infra.bench.arms", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=ARM_LIMIT_S)
    if done.returncode:
        raise RuntimeError(f"The {arguments[0]} arm failed:\n{done.stderr[-2000:]}")


def say(text: str) -> None:
    """Progress, beside the result."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


def best(repetitions: Sequence[Repetition]) -> int:
    """The number of trees in flight with the highest median ratio."""
    return max(repetitions[0].factory, key=lambda trees: median(rep.ratio(trees) for rep in repetitions) or 0.0)


def median(values: Iterable[float | None]) -> float | None:
    """Of those that are known."""
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None
