"""Answer equivalence, ours beside math-verify: false positives and negatives on known pairs, and pairs per second."""

import asyncio
import dataclasses
import multiprocessing
import re
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from factory.labels import wilson
from infra.bench_verifiers.equivalence_pairs import GENERATED, Pair, generated_pairs, reference_answers, suite_pairs
from infra.bench_verifiers.equivalence_parse import parse_pairs
from infra.bench_verifiers.equivalence_rulings import ruling_of
from verifiers import Panel, PanelConfig

DATA = Path(__file__).parents[3] / "shared" / "data"
PAIRS, QUICK_PAIRS = 1500, 300
ROUNDS = 3
PAIR_LIMIT_S = 30.0  # of math-verify, whose own limit is 5 s per parse and per comparison
Verdicts = list[bool | None]


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of one tool on one source; ``unknown`` ones on equal pairs are among the false negatives too."""

    tool: str
    source: str
    equal: int
    unequal: int
    false_positives: int
    false_negatives: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Ruled:
    """A row whose suite we do not follow."""

    source: str
    ruling: str
    suite_says: bool
    ours: bool | None
    math_verify: bool | None
    gold: str
    pred: str
    why: str


@dataclass(frozen=True, slots=True)
class EquivalenceFigures:
    """``*_per_s``: pairs per second, the median of interleaved rounds; ours through the panel with one worker."""

    scores: list[Score]
    ruled: list[Ruled]
    ours_per_s: float
    math_verify_per_s: float
    ratio: float
    rounds: int
    timed_pairs: int


def bench_equivalence(quick: bool) -> EquivalenceFigures:
    """All figures. Needs the data folder; ``quick`` takes fewer generated pairs and one round."""
    made = generated_pairs(reference_answers(DATA), QUICK_PAIRS if quick else PAIRS)
    pairs = [*suite_pairs(DATA), *parse_pairs(DATA), *made]
    ours, theirs = asyncio.run(our_verdicts(pairs)), Guarded().verdicts(pairs)
    speeds = [_speeds(made) for _ in range(1 if quick else ROUNDS)]
    mine, other = (statistics.median(column) for column in zip(*speeds, strict=True))
    return EquivalenceFigures(
        scores=_scores(pairs, ours, theirs),
        ruled=_ruled(pairs, ours, theirs),
        ours_per_s=mine,
        math_verify_per_s=other,
        ratio=mine / other,
        rounds=len(speeds),
        timed_pairs=len(made),
    )


async def our_verdicts(pairs: Sequence[Pair]) -> Verdicts:
    """What our panel says, hard kill on."""
    async with Panel(PanelConfig(timeout_s=5.0, workers=1)) as panel:
        verdicts = await panel.judge_pairs([(pair.gold, pair.pred) for pair in pairs])
    said = {"valid": True, "invalid": False}
    return [said.get(verdict.outcome) for verdict in verdicts]


def _speeds(pairs: Sequence[Pair]) -> tuple[float, float]:
    """Pairs per second, ours and math-verify's, one right after the other; starts and imports not counted."""
    return asyncio.run(_our_speed(pairs)), Guarded().speed(pairs)


async def _our_speed(pairs: Sequence[Pair]) -> float:
    asked = [(pair.gold, pair.pred) for pair in pairs]
    async with Panel(PanelConfig(timeout_s=5.0, workers=1)) as panel:
        await panel.judge_pairs([(r"\int_0^1 x dx", r"\frac{1}{2}"), ("1", "1.0")])  # everything is imported
        began = time.perf_counter()
        await panel.judge_pairs(asked)
        return len(asked) / (time.perf_counter() - began)


class Guarded:
    """math-verify's own loop (parse both, verify) in a child process that is killed where a pair takes too long."""

    def verdicts(self, pairs: Sequence[Pair]) -> Verdicts:
        """One verdict per pair; ``None`` where math-verify raised or was killed."""
        return [verdict for verdict, _ in self._run(pairs)]

    def speed(self, pairs: Sequence[Pair]) -> float:
        """Pairs per second over the loop's own seconds."""
        return len(pairs) / sum(seconds for _, seconds in self._run(pairs))

    def _run(self, pairs: Sequence[Pair]) -> list[tuple[bool | None, float]]:
        found: list[tuple[bool | None, float]] = []
        while len(found) < len(pairs):
            ours, theirs = multiprocessing.Pipe()
            child = multiprocessing.get_context("spawn").Process(
                target=math_verify_loop, args=(theirs, [(pair.gold, pair.pred) for pair in pairs[len(found) :]])
            )
            child.start()
            theirs.close()
            found.extend(self._read(ours, len(pairs) - len(found)))
            child.kill()
            child.join()
        return found

    def _read(self, pipe: Connection, count: int) -> list[tuple[bool | None, float]]:
        """Replies until all are there or one is late, which then counts as unknown."""
        found: list[tuple[bool | None, float]] = []
        try:
            while len(found) < count and pipe.poll(PAIR_LIMIT_S):
                found.append(pipe.recv())
        except EOFError:
            pass
        return found if len(found) == count else [*found, (None, PAIR_LIMIT_S)]


def math_verify_loop(pipe: Connection, pairs: list[tuple[str, str]]) -> None:
    """The child: every pair in order, with math-verify's defaults and its own time limits."""
    import logging

    from math_verify import parse, verify

    logging.disable(logging.CRITICAL)
    verify(parse("$x+1$"), parse("$x+2$"))
    for gold, pred in pairs:
        began = time.perf_counter()
        left, right = parse(_found(gold)), parse(_found(pred))
        same = bool(verify(left, right)) if left and right else None
        pipe.send((same, time.perf_counter() - began))


def _found(text: str) -> str:
    """The text as math-verify finds mathematics in it by default: bare LaTeX gets its dollars, numbers, sentences and
    delimited LaTeX stay."""
    delimited = any(mark in text for mark in ("$", r"\(", r"\[", r"\boxed")) or len(text.split()) > 6
    return text if delimited or re.fullmatch(r"[-.,%/\d ]+(?:e-?\d+)?[A-Za-z ]*", text) else f"${text}$"


def _scores(pairs: Sequence[Pair], ours: Verdicts, theirs: Verdicts) -> list[Score]:
    """Per source and over all; rows under a ruling are left out, both tools alike."""
    kept = [i for i, pair in enumerate(pairs) if ruling_of(pair) is None]
    sources = [*dict.fromkeys(pair.source for pair in pairs), "all"]
    return [
        _score(tool, source, [(pairs[i], said[i]) for i in kept if source in ("all", pairs[i].source)])
        for source in sources
        for tool, said in (("ours", ours), ("math-verify", theirs))
    ]


def _score(tool: str, source: str, judged: list[tuple[Pair, bool | None]]) -> Score:
    return Score(
        tool=tool,
        source=source,
        equal=sum(pair.expected for pair, _ in judged),
        unequal=sum(not pair.expected for pair, _ in judged),
        false_positives=sum(said is True for pair, said in judged if not pair.expected),
        false_negatives=sum(said is not True for pair, said in judged if pair.expected),
        unknown=sum(said is None for _, said in judged),
    )


def _ruled(pairs: Sequence[Pair], ours: Verdicts, theirs: Verdicts) -> list[Ruled]:
    found = []
    for pair, mine, other in zip(pairs, ours, theirs, strict=True):
        ruling = ruling_of(pair)
        if ruling is not None:
            texts = (_short(pair.gold), _short(pair.pred))
            found.append(Ruled(pair.source, ruling.name, pair.expected, mine, other, *texts, ruling.why))
    return found


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 40 else f"{text[:18]}…{text[-20:]}"


def equivalence_lines(figures: EquivalenceFigures) -> list[str]:
    """The table for people."""
    lines = ["Answer equivalence, ours beside math-verify (rows under a ruling are left out and listed below)", ""]
    lines.append(
        f"{'source':<28}{'tool':<13}{'equal':>6}{'FN':>5}  {'95%':<15}{'unequal':>8}{'FP':>4}  {'95%':<15}{'unknown':>8}"
    )
    for score in figures.scores:
        misses, alarms = _interval(score.false_negatives, score.equal), _interval(score.false_positives, score.unequal)
        lines.append(
            f"{score.source:<28}{score.tool:<13}{score.equal:>6}{score.false_negatives:>5}  {misses:<15}"
            f"{score.unequal:>8}{score.false_positives:>4}  {alarms:<15}{score.unknown:>8}"
        )
    lines += ["", "Rows where we do not follow the suite:"]
    for ruled in figures.ruled:
        says = f"suite {_said(ruled.suite_says)}, ours {_said(ruled.ours)}, math-verify {_said(ruled.math_verify)}"
        lines.append(f"  {ruled.source}: {ruled.gold} | {ruled.pred}: {says} [{ruled.ruling}]")
    whys = {ruled.ruling: ruled.why for ruled in figures.ruled}
    lines += [f"  {name}: {why}" for name, why in whys.items()]
    speed = f"{figures.ours_per_s:,.0f} pairs/s through the panel, hard kill on; math-verify {figures.math_verify_per_s:,.1f}"
    times = f"{figures.timed_pairs} {GENERATED} pairs, median of {figures.rounds} interleaved rounds"
    return [*lines, "", f"Throughput: {speed}; ratio {figures.ratio:.1f} ({times})"]


def _interval(count: int, total: int) -> str:
    low, high = wilson(count, total)
    return "" if low is None or high is None else f"{low:.2%}-{high:.2%}"


def _said(verdict: bool | None) -> str:
    return {True: "equal", False: "not equal", None: "unknown"}[verdict]


def as_data(figures: EquivalenceFigures) -> dict[str, object]:
    """The figures as plain data."""
    return dataclasses.asdict(figures)
