"""Judging solutions in chunks: many at once, in any order, each chunk a unit of commit. Needs no model."""

import asyncio
import dataclasses
import json
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from factory.scores import Judged
from factory.solutions import Solution
from schemas import Problem, Verdict, content_id
from verifiers import Panel, PanelConfig

CHUNK_ROWS = 32
IN_FLIGHT = 3  # chunks per worker: one under way, the others waiting, so that no worker does

Chunk = tuple[int, tuple[Solution, ...]]  # number in the file, rows
Verdicts = tuple[tuple[Verdict, ...], ...]  # per step
C = TypeVar("C")
Judge = Callable[[C], Coroutine[Any, Any, tuple[int, bytes]]]  # a chunk's number and its verdicts, encoded
Done = Callable[[int, bytes], None]  # told of each chunk: its number and its verdicts, encoded

_FIELDS = tuple(field.name for field in dataclasses.fields(Verdict))


def chunked(solutions: Iterable[Solution]) -> Iterator[Chunk]:
    """The solutions in order, ``CHUNK_ROWS`` at a time."""
    left, number = iter(solutions), 0
    while rows := tuple(islice(left, CHUNK_ROWS)):
        yield number, rows
        number += 1


def judge_all(solutions: Sequence[Solution], config: PanelConfig) -> list[Judged]:
    """Every solution with its verdicts, in order. Raises ``JudgeBroken``."""
    found: dict[int, list[Verdicts]] = {}
    judge_locally(chunked(solutions), config, lambda n, data: found.update({n: decode(data)}))
    verdicts = (each for number in sorted(found) for each in found[number])
    return [Judged(solution, each) for solution, each in zip(solutions, verdicts, strict=True)]


def judge_locally(chunks: Iterable[Chunk], config: PanelConfig, done: Done) -> None:
    """Judges every chunk in worker processes of this machine and tells ``done`` of each. Raises ``JudgeBroken``."""
    asyncio.run(_drive(chunks, config, done))


async def _drive(chunks: Iterable[Chunk], config: PanelConfig, done: Done) -> None:
    async with Panel(config) as panel:
        await drive(chunks, lambda chunk: _judge_chunk(panel, chunk), IN_FLIGHT * config.workers, done)


async def drive(chunks: Iterable[C], judge: Judge[C], at_once: int, done: Done) -> None:
    """Judges every chunk, ``at_once`` of them at a time, and tells ``done`` of each as it comes."""
    judging: set[asyncio.Task[tuple[int, bytes]]] = set()
    left = iter(chunks)
    try:
        while True:
            while len(judging) < at_once and (chunk := next(left, None)) is not None:
                judging.add(asyncio.create_task(judge(chunk)))
            if not judging:
                return
            finished, judging = await asyncio.wait(judging, return_when=asyncio.FIRST_COMPLETED)
            for task in finished:
                done(*task.result())
    finally:
        for task in judging:
            task.cancel()
        await asyncio.gather(*judging, return_exceptions=True)


async def _judge_chunk(panel: Panel, chunk: Chunk) -> tuple[int, bytes]:
    number, solutions = chunk
    return number, encode(await judge_solutions(panel, solutions))


async def judge_solutions(panel: Panel, solutions: Sequence[Solution]) -> list[Verdicts]:
    """The verdicts of each solution, in order; equal solutions are judged once. Raises ``JudgeBroken``."""
    keys = [(each.domain, each.problem, each.tests, each.steps) for each in solutions]
    distinct = dict(zip(keys, solutions, strict=True))
    judged = await asyncio.gather(*(_judge(panel, solution) for solution in distinct.values()))
    found = dict(zip(distinct, judged, strict=True))
    return [found[key] for key in keys]


async def _judge(panel: Panel, solution: Solution) -> Verdicts:
    name = content_id(solution.domain, solution.problem, solution.tests)
    problem = Problem(name, solution.domain, solution.problem, None, solution.tests, None, "", None)
    contexts = [solution.steps[: i + 1] for i in range(len(solution.steps))]
    return tuple(await panel.judge_steps(problem, contexts))


def encode(verdicts: Sequence[Verdicts]) -> bytes:
    """A chunk's verdicts as JSON."""
    plain = [
        [[[getattr(each, name) for name in _FIELDS] for each in step] for step in solution] for solution in verdicts
    ]
    return json.dumps(plain, separators=(",", ":")).encode()


def decode(data: bytes) -> list[Verdicts]:
    """The inverse of ``encode``."""
    return [tuple(tuple(Verdict(*each) for each in step) for step in solution) for solution in json.loads(data)]
