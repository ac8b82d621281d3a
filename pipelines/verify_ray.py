"""Judging solutions on Ray Data: the same chunks, on every CPU of a cluster."""

import dataclasses
import json
import os
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import pyarrow as pa

import schemas
from factory.solutions import Solution
from pipelines.judging import IN_FLIGHT, Chunk, Done, encode, judge_solutions
from pipelines.stages import start_ray
from schemas import FactoryError
from verifiers import Panel, PanelConfig

JOB_CHUNKS = 2_000  # chunks in memory at once: more are further jobs
JUDGE_CPUS = 0.9  # per actor and its worker process; below 1, so that as many actors as CPUs leave Ray some room


class RayJudge:
    """A panel with one worker as a Ray Data actor. Rows are a chunk's number and its rows as JSON; never pickled."""

    def __init__(self, config: PanelConfig) -> None:
        self._config = dataclasses.replace(config, workers=1)
        self._panel: Panel | None = None

    async def __call__(self, batch: pa.Table) -> pa.Table:
        """A chunk's verdicts. An error of ours is a row too, which the driver raises as it was said."""
        self._panel = self._panel or Panel(self._config)
        return pa.Table.from_pylist([await self._judge(row["number"], row["payload"]) for row in batch.to_pylist()])

    async def _judge(self, number: int, payload: bytes) -> dict[str, Any]:
        assert self._panel is not None
        solutions = [_solution(row) for row in json.loads(payload)]
        try:
            return {"number": number, "error": "", "payload": encode(await judge_solutions(self._panel, solutions))}
        except FactoryError as error:
            return {"number": number, "error": type(error).__name__, "payload": str(error).encode()}


def judge_on_ray(chunks: Iterable[Chunk], config: PanelConfig, done: Done) -> None:
    """Judges every chunk on the cluster that ``RAY_ADDRESS`` names, or on one started here, and tells ``done`` of each.
    Raises ``JudgeBroken``."""
    import ray

    start_ray()
    left = iter(chunks)
    try:
        while some := list(islice(left, JOB_CHUNKS)):
            for row in _judged(some, config):
                if row["error"]:
                    raise getattr(schemas, row["error"])(row["payload"].decode())
                done(row["number"], row["payload"])
    finally:
        if not os.environ.get("RAY_ADDRESS"):
            ray.shutdown()


def _judged(chunks: list[Chunk], config: PanelConfig) -> Iterator[dict[str, Any]]:
    import ray

    rows = [{"number": number, "payload": _encoded(solutions)} for number, solutions in chunks]
    blocks = [pa.Table.from_pylist([row]) for row in rows]
    job = ray.data.from_arrow(blocks).map_batches(
        RayJudge,
        fn_constructor_args=(config,),
        batch_size=None,
        batch_format="pyarrow",
        compute=ray.data.ActorPoolStrategy(
            size=min(config.workers, len(chunks)),
            max_tasks_in_flight_per_actor=IN_FLIGHT,
            max_concurrent_calls_per_actor=IN_FLIGHT,
        ),
        num_cpus=JUDGE_CPUS,
    )
    for batch in job.iter_batches(batch_size=None, prefetch_batches=0, batch_format="pyarrow"):
        yield from batch.to_pylist()


def _encoded(solutions: Iterable[Solution]) -> bytes:
    return json.dumps([[each.domain, each.problem, each.steps, each.tests] for each in solutions]).encode()


def _solution(row: list[Any]) -> Solution:
    domain, problem, steps, tests = row
    return Solution(0, "", domain, problem, tuple(steps), tests=tuple(tests))
