"""Any OpenAI-compatible server behind the ``Policy`` protocol: the ``vllm serve`` cluster a team already runs."""

import asyncio
import os
from collections.abc import Sequence
from typing import Any

from factory.policy import Completion, Request
from pipelines.config import PolicySpec
from pipelines.engine import token_ends
from schemas import PolicyBroken
from schemas.records import Finish

# How servers say that a prompt does not fit; vLLM says the second of one that fits with no room for an answer.
_OVERFLOW = ("context length", "max_tokens must be at least 1, got 0")


class OpenAIPolicy:
    """Chat completions that continue the human prefix as the final assistant message (vLLM's and SGLang's
    ``continue_final_message``). Prompt tokens are the server's count. Raises ``PolicyBroken`` when the server is gone,
    refuses, or answers nonsense."""

    def __init__(self, spec: PolicySpec) -> None:
        from openai import AsyncOpenAI

        key = os.environ.get(spec.openai.api_key_env, "none")
        self.name = spec.model
        self._url = spec.openai.base_url
        self._client = AsyncOpenAI(base_url=self._url, api_key=key, timeout=spec.openai.timeout_s, max_retries=4)
        self._slots = asyncio.Semaphore(spec.openai.concurrency)

    async def complete(self, requests: Sequence[Request]) -> list[tuple[Completion, ...]]:
        """As ``Policy.complete``."""
        return list(await asyncio.gather(*(self._one(request) for request in requests)))

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _one(self, request: Request) -> tuple[Completion, ...]:
        from openai import APIStatusError, OpenAIError

        async with self._slots:
            try:
                answer = await self._client.chat.completions.create(**self._arguments(request))
            except APIStatusError as error:
                if error.status_code == 400 and any(words in str(error).lower() for words in _OVERFLOW):
                    return (Completion("", "overflow", 0, 0, None),) * request.n
                raise self._broken(f"answered {error.status_code}: {error.message}") from error
            except OpenAIError as error:
                raise self._broken(f"does not answer ({error})") from error
        made = completions(answer, _drawn(request)) or _nonsense(self._broken("returned no choices"))
        return made * (request.n // len(made))

    def _arguments(self, request: Request) -> dict[str, Any]:
        messages: list[dict[str, str]] = [{"role": m.role, "content": m.content} for m in request.prompt.messages]
        extra: dict[str, Any] = {}
        if request.prompt.prefix:
            messages.append({"role": "assistant", "content": request.prompt.prefix})
            extra = {"continue_final_message": True, "add_generation_prompt": False}
        return {
            "model": self.name,
            "messages": messages,
            "n": _drawn(request),
            "seed": request.seed % 2**63,
            "temperature": request.sampling.temperature,
            "top_p": request.sampling.top_p,
            "max_tokens": request.sampling.max_tokens,
            "stop": list(request.sampling.stop) or None,
            "logprobs": True,
            "extra_body": extra,
        }

    def _broken(self, what: str) -> PolicyBroken:
        return PolicyBroken(
            f"The server at {self._url} {what.rstrip('.')}. Check policy.openai.base_url, policy.model and that the "
            "server is up, then run the same command: finished trees are kept."
        )


def _drawn(request: Request) -> int:
    """How many to ask for: greedy answers are all the same, and servers refuse to give more than one."""
    return request.n if request.sampling.temperature > 0 else 1


def completions(answer: Any, n: int) -> tuple[Completion, ...]:
    """The ``n`` choices of a chat completion; empty where the server returned another number. Generated tokens are
    shared evenly where the server gives no log-probabilities."""
    if len(answer.choices) != n:
        return ()
    prompt = answer.usage.prompt_tokens if answer.usage else 0
    share = answer.usage.completion_tokens // n if answer.usage else 0
    return tuple(_completion(choice, prompt, share) for choice in answer.choices)


def _completion(choice: Any, prompt_tokens: int, share: int) -> Completion:
    text = choice.message.content or ""
    tokens = list(choice.logprobs.content or ()) if choice.logprobs else []
    count = len(tokens) or share
    total = sum(token.logprob for token in tokens) if tokens else None
    if not text.strip():
        return Completion("", "empty", prompt_tokens, count, total)
    ends = token_ends([token.token for token in tokens], text)
    finish: Finish = "length" if choice.finish_reason == "length" else "stop"
    return Completion(text, finish, prompt_tokens, count, total, ends, tuple(t.logprob for t in tokens))


def _nonsense(error: PolicyBroken) -> tuple[Completion, ...]:
    raise error
