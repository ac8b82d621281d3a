"""Growing trees: many at once in each engine, on Ray or in this process. The only place that runs work on Ray.

Both ways run the same coroutine per tree and yield outcomes as they finish, in any order, with no barrier: a tree that
is done makes room for the next at once. A seed goes in as one row and comes out as one row.
"""

import asyncio
import contextlib
import logging
import os
import queue
import threading
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa

import schemas
from factory.doubles import OraclePolicy, ScriptedPolicy
from factory.journal import Grown
from factory.policy import Policy
from factory.prompts import Prompter
from factory.search import Grower, grow_tree
from factory.tactics import TacticPolicy
from pipelines.config import PolicySpec, Recipe, build_recipe
from schemas import FactoryError, Reject, Seed, Tree, from_bytes, to_bytes
from verifiers import Panel

Work = tuple[int, Seed]  # position in the run, seed
Done = queue.SimpleQueue[Grown | None]  # None: no more
MAX_TASKS = 20_000  # beyond this many seeds, several share one Ray task


def grow(recipe: Recipe, work: list[Work]) -> Generator[Grown, None, None]:
    """An outcome for every seed in ``work``, as they finish. Raises the ``FactoryError`` that ended the run. Close it to
    stop the engines before the end."""
    if work:
        yield from grow_locally(recipe, work) if recipe.execution.local else grow_on_ray(recipe, work)


class Engine:
    """A policy, a panel of judges and the trees that share them; lives in one event loop."""

    def __init__(self, recipe: Recipe) -> None:
        self._panel = Panel(recipe.judges)
        self._grower = Grower(
            policy=make_policy(recipe.policy),
            judge=self._panel,
            prompter=Prompter(recipe.prompt),
            sampling=recipe.sampling,
            search=recipe.search,
            seed=recipe.seed,
        )
        self.trees_in_flight = recipe.execution.trees_in_flight
        self._room = asyncio.Semaphore(self.trees_in_flight)

    async def grow(self, position: int, seed: Seed) -> Grown:
        """The outcome of one seed."""
        async with self._room:
            tree = await grow_tree(self._grower, seed)
        reject = useless(tree)
        usage = tree.usage
        payload = to_bytes(reject or tree)
        kind = "reject" if reject else "tree"
        return Grown(position, kind, payload, usage.output_tokens, usage.rollouts, usage.judged)

    async def close(self) -> None:
        """Stop the policy and the judges' workers."""
        await self._grower.policy.close()
        await self._panel.close()


def make_policy(spec: PolicySpec) -> Policy:
    """The policy a recipe names. Raises ``ModelMissing``, ``PolicyBroken`` or ``ConfigError``."""
    if spec.kind == "oracle":
        return OraclePolicy(spec.oracle)
    if spec.kind == "tactics":
        return TacticPolicy(spec.tactics)
    if spec.kind == "scripted":
        return ScriptedPolicy.from_file(Path(spec.scripted.script))
    if spec.kind == "openai":
        from pipelines.openai_policy import OpenAIPolicy

        return OpenAIPolicy(spec)
    from pipelines.engine import VLLMPolicy

    return VLLMPolicy(spec)


_USELESS = {
    "empty": ("empty_completions", "The model answered nothing: check [prompt] and the model's chat template."),
    "length": ("token_limit", "Every completion hit the token limit: raise sampling.max_tokens or set sampling.stop."),
    "overflow": ("context_overflow", "The prompt does not fit the context: raise policy.vllm.max_model_len."),
}


def useless(tree: Tree) -> Reject | None:
    """The reason to reject a tree whose policy never gave a usable completion, else ``None``."""
    finishes = {rollout.finish for rollout in tree.rollouts}
    if len(finishes) != 1 or any(rollout.outcome != "unknown" for rollout in tree.rollouts):
        return None
    reason, advice = _USELESS.get(finishes.pop(), ("", ""))
    return Reject("trees", tree.id, reason, f"{len(tree.rollouts)} rollouts. {advice}", "") if reason else None


# ---------------------------------------------------------------------------------------------- in this process


def grow_locally(recipe: Recipe, work: list[Work]) -> Iterator[Grown]:
    """The plain asyncio executor: one engine in a thread of this process."""
    done: Done = queue.SimpleQueue()
    stop = threading.Event()
    with ThreadPoolExecutor(1, thread_name_prefix="engine") as thread:
        driven = thread.submit(lambda: asyncio.run(_drive(recipe, work, done, stop)))
        driven.add_done_callback(lambda _: done.put(None))
        try:
            while (grown := done.get()) is not None:
                yield grown
        finally:
            stop.set()
    driven.result()


async def _drive(recipe: Recipe, work: Iterable[Work], done: Done, stop: threading.Event) -> None:
    engine = Engine(recipe)
    try:
        await _keep_growing(engine, work, done, stop)
    finally:
        await engine.close()


async def _keep_growing(engine: Engine, work: Iterable[Work], done: Done, stop: threading.Event) -> None:
    """Keep a few more trees started than the engine has room for, until the work or the caller's patience ends."""
    growing: set[asyncio.Task[Grown]] = set()
    left = iter(work)
    try:
        while not stop.is_set():
            while len(growing) < 2 * engine.trees_in_flight and (item := next(left, None)) is not None:
                growing.add(asyncio.create_task(engine.grow(*item)))
            if not growing:
                return
            finished, _ = await asyncio.wait(growing, timeout=0.2, return_when=asyncio.FIRST_COMPLETED)
            for task in finished:
                done.put(task.result())
            growing -= finished
    finally:
        for task in growing:
            task.cancel()
        await asyncio.gather(*growing, return_exceptions=True)


# ---------------------------------------------------------------------------------------------- on Ray


class RayEngine:
    """An ``Engine`` as a Ray Data actor. Rows are ``position`` and an Arrow-encoded seed; never pickled records."""

    def __init__(self, recipe: dict[str, Any]) -> None:
        self._recipe = build_recipe(recipe)
        self._engine: Engine | None = None

    async def __call__(self, batch: pa.Table) -> pa.Table:
        """One outcome per row. An error of ours is an outcome too, which the driver raises: it arrives as it was said,
        without Ray's wrapping."""
        positions = batch["position"].to_pylist()
        try:
            if self._engine is None:
                self._engine = Engine(self._recipe)
            seeds = [from_bytes(data, Seed) for data in batch["seed"].to_pylist()]
            grown = await asyncio.gather(*map(self._engine.grow, positions, seeds))
        except FactoryError as error:
            grown = [Grown(positions[0], type(error).__name__, str(error).encode())]
        return pa.Table.from_pylist([{name: getattr(item, name) for name in Grown.__slots__} for item in grown])


def grow_on_ray(recipe: Recipe, work: list[Work]) -> Iterator[Grown]:
    """A Ray Data job on the cluster that ``RAY_ADDRESS`` names, or on one started here."""
    import ray

    start_ray()
    try:
        for batch in _job(recipe, work).iter_batches(batch_size=None, prefetch_batches=0, batch_format="pyarrow"):
            for row in batch.to_pylist():
                if row["kind"] not in ("tree", "reject"):
                    raise getattr(schemas, row["kind"])(row["payload"].decode())
                yield Grown(**row)
    finally:
        if not os.environ.get("RAY_ADDRESS"):
            ray.shutdown()


def start_ray() -> None:
    """Connect to the cluster, or start a small one, quietly."""
    import ray

    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    if not ray.is_initialized():
        with _native_silence():
            ray.init(include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.execution_options.preserve_order = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)


@contextlib.contextmanager
def _native_silence() -> Iterator[None]:
    """Keep Ray's C++ core from writing to the terminal, where it warns of its own internals; its log files keep all. A
    user who sets RAY_BACKEND_LOG_LEVEL hears it."""
    if "RAY_BACKEND_LOG_LEVEL" in os.environ:
        yield
        return
    os.environ["RAY_BACKEND_LOG_LEVEL"] = "fatal"
    kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)  # it announces the setting itself
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)


def _job(recipe: Recipe, work: list[Work]) -> Any:
    """Few rows per task and many tasks per actor, so that each outcome leaves its actor as soon as it is there."""
    import ray

    spec = recipe.execution
    seeds = pa.table({"position": [i for i, _ in work], "seed": [to_bytes(seed) for _, seed in work]})
    size = max(1, len(work) // MAX_TASKS)
    blocks = [seeds.slice(at, size) for at in range(0, len(work), size)]
    return ray.data.from_arrow(blocks).map_batches(
        RayEngine,
        fn_constructor_args=(recipe.to_dict(),),
        batch_size=None,
        batch_format="pyarrow",
        compute=ray.data.ActorPoolStrategy(
            size=spec.engines,
            max_tasks_in_flight_per_actor=spec.trees_in_flight,
            max_concurrent_calls_per_actor=spec.trees_in_flight,
        ),
        num_cpus=spec.num_cpus,
        num_gpus=spec.num_gpus,
    )
