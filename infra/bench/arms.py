"""The two arms of the throughput bench, each a process of its own so that it has the cores to itself.

    python -m infra.bench.arms factory OUT.json TREES_IN_FLIGHT SEEDS [a.b=value ...]
    python -m infra.bench.arms raw RECORDED.json OUT.json [a.b=value ...]

Both serve the recipe's model under the recipe's engine settings.
"""

import json
import os
import sys
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from factory.seeds import read_seeds
from infra.bench.replay import Recording, Sent, singles
from pipelines import engine, stages
from pipelines.config import Recipe, load_recipe
from pipelines.models import resolve_model


class Recorder:
    """An engine that notes what passes through it. ``clock`` holds the time and CPU seconds of the first request."""

    def __init__(self, real: Any, sent: list[Sent], clock: list[float]) -> None:
        self._real, self._sent, self._clock = real, sent, clock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    async def generate(self, prompt: Any, params: Any, request_id: str) -> AsyncIterator[Any]:
        """As ``AsyncLLM.generate``."""
        began = time.monotonic()
        if not self._clock:
            self._clock += [began, time.process_time()]
        output = None
        async for output in self._real.generate(prompt, params, request_id):
            yield output
        lengths = tuple(len(item.token_ids) for item in output.outputs)
        ids = tuple(prompt["prompt_token_ids"])
        self._sent.append(Sent(ids, params.seed, params.temperature, params.top_p, lengths, began, time.monotonic()))


def bench_recipe(trees_in_flight: int, changes: Sequence[str] = ()) -> Recipe:
    """The demo recipe in this process. Equal for both arms but for the trees in flight, which the engine never sees."""
    return load_recipe("demo", ["execution.local=true", f"execution.trees_in_flight={trees_in_flight}", *changes])


def record_factory(recipe: Recipe, seeds: int) -> Recording:
    """Grow the trees of ``seeds`` bundled seeds, spread evenly over the file, and note every request."""
    sent: list[Sent] = []
    clock: list[float] = []
    start = engine.start_engine
    engine.start_engine = lambda model, spec: Recorder(start(model, spec), sent, clock)
    every = read_seeds(recipe.seeds).seeds
    chosen = [every[i * len(every) // seeds] for i in range(min(seeds, len(every)))]
    finished, cpu = [], 0.0
    for _ in stages.grow_locally(recipe, list(enumerate(chosen))):
        finished.append(time.monotonic())
        cpu = time.process_time()
    return Recording(tuple(sent), clock[0], tuple(finished), cpu - clock[1], recipe.policy.vllm.max_num_seqs)


def replay_raw(recipe: Recipe, recording: Recording) -> dict[str, float]:
    """``vllm.LLM.generate`` on all of the recorded sequences in one call, each to its recorded length. Returns wall and
    front-process CPU seconds, and the tokens made."""
    for name, value in engine.QUIET.items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", str(recipe.policy.vllm.kv_cache_gib))
    from vllm import LLM, SamplingParams, TokensPrompt

    llm = LLM(**engine.engine_arguments(resolve_model(recipe.policy.model).target, recipe.policy.vllm))
    work = singles(recording.requests)
    prompts = [TokensPrompt(prompt_token_ids=list(item.prompt)) for item in work]
    params = [
        SamplingParams(
            seed=item.seed,
            temperature=item.temperature,
            top_p=item.top_p,
            max_tokens=item.length,
            ignore_eos=True,
            logprobs=0,
        )
        for item in work
    ]
    began, cpu = time.monotonic(), time.process_time()
    outputs = llm.generate(prompts, params, use_tqdm=False)
    wall, used = time.monotonic() - began, time.process_time() - cpu
    return {"wall_s": wall, "front_cpu_s": used, "tokens": sum(len(o.outputs[0].token_ids) for o in outputs)}


def main(arguments: Sequence[str]) -> None:
    """Run one arm and leave its JSON."""
    if arguments[0] == "factory":
        out, trees, seeds, *changes = arguments[1:]
        record_factory(bench_recipe(int(trees), changes), int(seeds)).save(Path(out))
    else:
        recorded, out, *changes = arguments[1:]
        found = replay_raw(bench_recipe(1, changes), Recording.load(Path(recorded)))
        Path(out).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
