"""vLLM behind the ``Policy`` protocol. The only place that imports vllm, and only when an engine starts."""

import asyncio
import os
from collections.abc import Sequence
from typing import Any

from factory.policy import Completion, Prompt, Request, Sampling
from pipelines.config import PolicySpec, VLLMSpec
from pipelines.models import resolve_model
from schemas import PolicyBroken

QUIET = {
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_LOGGING_LEVEL": "ERROR",
    "VLLM_CONFIGURE_LOGGING": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "VLLM_WORKER_MULTIPROC_METHOD": "spawn",
    "OMP_WAIT_POLICY": "passive",  # on a CPU, spinning threads would starve the judges that share its cores
}


MOST_DEATHS = 3


class VLLMPolicy:
    """One AsyncLLM engine, prefix caching on. Prompts go in as token ids, so that what is cached is what was sampled.

    An engine whose process dies is replaced and asked again, ``MOST_DEATHS`` times in a run. Raises ``ModelMissing``
    where the model is not here, ``PolicyBroken`` where the engine cannot start or keeps dying."""

    def __init__(self, spec: PolicySpec) -> None:
        self._model = resolve_model(spec.model)
        self.name = self._model.name
        self._spec = spec.vllm
        self._engine: Any = None
        self._starting = asyncio.Lock()
        self._broken: PolicyBroken | None = None
        self._sent = self._deaths = 0

    async def complete(self, requests: Sequence[Request]) -> list[tuple[Completion, ...]]:
        """As ``Policy.complete``. A prompt longer than the context gives ``n`` completions that are ``overflow``."""
        await self._ready()
        return list(await asyncio.gather(*(self._one(request) for request in requests)))

    async def close(self) -> None:
        """Stop the engine's process; the policy is not used again."""
        self._broken = PolicyBroken(f"The engine for {self.name} is closed.")
        self._stop()

    def _stop(self) -> None:
        if self._engine is not None:
            self._engine.shutdown()
            self._engine = None

    async def _ready(self) -> Any:
        """The engine, started if there is none."""
        async with self._starting:
            if self._broken:  # or the requests that are still about would start yet another engine
                raise self._broken
            if self._engine is None:
                self._engine = start_engine(self._model.target, self._spec)
            return self._engine

    def _bury(self, engine: Any, error: Exception) -> None:
        """Let go of a dead engine, once, however many requests it took with it."""
        if engine is not self._engine:
            return
        self._deaths += 1
        self._stop()
        if self._deaths > MOST_DEATHS:
            self._broken = PolicyBroken(
                f"The vLLM engine for {self.name} died {self._deaths} times ({error}). The usual cause is memory: lower "
                "policy.vllm.max_num_seqs or kv_cache_gib, then run the same command: finished trees are kept."
            )

    async def _one(self, request: Request) -> tuple[Completion, ...]:
        tokens = token_ids((await self._ready()).get_tokenizer(), request.prompt)
        room = self._spec.max_model_len - len(tokens)
        if room < 1:
            return (Completion("", "overflow", len(tokens), 0, None),) * request.n
        output = await self._generate(tokens, request, room)
        made = tuple(completion(len(tokens), item) for item in output.outputs)
        return made * (request.n // len(made))

    async def _generate(self, tokens: list[int], request: Request, room: int) -> Any:
        from vllm import TokensPrompt
        from vllm.v1.engine.exceptions import EngineDeadError, EngineGenerateError

        params = sampling_params(request.sampling, request.n, request.seed, room)
        while True:
            engine = await self._ready()
            self._sent += 1
            try:
                answers = engine.generate(TokensPrompt(prompt_token_ids=tokens), params, str(self._sent))
                return [output async for output in answers][-1]
            except EngineDeadError as error:
                self._bury(engine, error)
            except EngineGenerateError as error:  # of this request alone: the engine lives
                raise PolicyBroken(
                    f"vLLM cannot answer a request for {self.name}: {error}. Check [sampling]."
                ) from error


def start_engine(model: str, spec: VLLMSpec) -> Any:
    """An ``AsyncLLM`` for ``model`` in this event loop."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", str(spec.kv_cache_gib))
    try:
        from vllm import AsyncEngineArgs
        from vllm.v1.engine.async_llm import AsyncLLM
    except ImportError as error:
        raise PolicyBroken(
            f'vLLM is not installed ({error}): pip install "cot-factory[cpu]" or "cot-factory[gpu]".'
        ) from error
    try:
        return AsyncLLM.from_engine_args(AsyncEngineArgs(**engine_arguments(model, spec)))
    except (RuntimeError, ValueError, OSError) as error:
        raise PolicyBroken(f"vLLM cannot serve {model}: {error} Check policy.model and [policy.vllm].") from error


def engine_arguments(model: str, spec: VLLMSpec) -> dict[str, Any]:
    """Keyword arguments of ``AsyncEngineArgs``. On a CPU the block size must be a multiple of 32 or nothing is cached,
    and chunked prefill must be off because the sampler's per-request seeds break under it."""
    arguments: dict[str, Any] = {
        "model": model,
        "dtype": spec.dtype,
        "max_model_len": spec.max_model_len,
        "max_num_seqs": spec.max_num_seqs,
        "enforce_eager": spec.enforce_eager,
        "tensor_parallel_size": spec.tensor_parallel_size,
        "trust_remote_code": spec.trust_remote_code,
        "enable_prefix_caching": True,
        "disable_log_stats": True,
    }
    if has_gpu():
        return arguments | {"gpu_memory_utilization": spec.gpu_memory_utilization}
    batched = max(spec.max_model_len, 8192)
    return arguments | {"block_size": 32, "enable_chunked_prefill": False, "max_num_batched_tokens": batched}


def has_gpu() -> bool:
    """Whether vLLM will run on a GPU here."""
    from vllm.platforms import current_platform

    return bool(current_platform.is_cuda_alike())


def sampling_params(sampling: Sampling, n: int, seed: int, room: int) -> Any:
    """vLLM's parameters for one request; ``room`` is what is left of the context. Greedy answers are all the same, and
    vLLM gives only one."""
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind

    return SamplingParams(
        n=n if sampling.temperature > 0 else 1,
        seed=seed,
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        max_tokens=min(sampling.max_tokens, room),
        stop=list(sampling.stop) or None,
        logprobs=0,
        output_kind=RequestOutputKind.FINAL_ONLY,
    )


def token_ids(tokenizer: Any, prompt: Prompt) -> list[int]:
    """The prompt through the model's own chat template, then the prefix. A model without a template gets the messages
    as plain paragraphs."""
    messages = [{"role": message.role, "content": message.content} for message in prompt.messages]
    if tokenizer.chat_template is None:
        text = "\n\n".join(message["content"] for message in messages) + "\n"
        return list(tokenizer.encode(text + prompt.prefix))
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    return list(tokenizer.encode(text + prompt.prefix, add_special_tokens=False))


def completion(prompt_tokens: int, item: Any) -> Completion:
    """One of a request's outputs as our record."""
    if not item.text.strip():
        return Completion("", "empty", prompt_tokens, len(item.token_ids), item.cumulative_logprob)
    entries = [entry[token] for token, entry in zip(item.token_ids, item.logprobs or (), strict=False)]
    return Completion(
        text=item.text,
        finish="length" if item.finish_reason == "length" else "stop",
        prompt_tokens=prompt_tokens,
        tokens=len(item.token_ids),
        logprob=item.cumulative_logprob,
        ends=token_ends([entry.decoded_token or "" for entry in entries], item.text),
        logprobs=tuple(entry.logprob for entry in entries),
    )


def token_ends(pieces: Sequence[str], text: str) -> tuple[int, ...]:
    """Where each token ends in ``text``, in characters. Decoded alone, a token may lack the space before it
    (SentencePiece), be one that the text leaves out (a special token), or reach into a stop string that was cut off."""
    ends, at, slack = [], 0, 1
    for piece in pieces:
        found = text.find(piece, at, at + len(piece) + slack)
        if found >= 0:
            at, slack = found + len(piece), 1
        elif piece.startswith(text[at:]):
            at = len(text)
        else:
            slack += len(piece)
        ends.append(at)
    return tuple(ends)
