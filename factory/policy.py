"""What search asks of a language model, and nothing of how it is served."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from schemas import ConfigError, Message
from schemas.records import Finish


@dataclass(frozen=True, slots=True)
class Sampling:
    """The ``[sampling]`` table of a recipe: how completions are drawn."""

    temperature: float = 0.8
    top_p: float = 1.0
    max_tokens: int = 512
    stop: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.temperature < 0 or not 0 < self.top_p <= 1 or self.max_tokens < 1:
            raise ConfigError("[sampling] needs temperature >= 0, 0 < top_p <= 1 and max_tokens >= 1.")


@dataclass(frozen=True, slots=True)
class Prompt:
    """A conversation, and the beginning of the assistant's answer that the completion continues ("" for none)."""

    messages: tuple[Message, ...]
    prefix: str


@dataclass(frozen=True, slots=True)
class Request:
    """``n`` completions of one prompt. Equal requests to a deterministic policy give equal completions."""

    prompt: Prompt
    n: int
    seed: int  # 63 bits, derived by hash, so that no two requests of a run share samples
    sampling: Sampling


@dataclass(frozen=True, slots=True)
class Completion:
    """One sampled continuation. ``text`` excludes the prefix and any end token.

    ``finish``: ``stop`` ended by itself, ``length`` hit ``max_tokens``, ``overflow`` the prompt does not fit the
    context (no text), ``empty`` the model answered with nothing but white space."""

    text: str
    finish: Finish
    prompt_tokens: int
    tokens: int
    logprob: float | None  # sum over tokens, nats
    ends: tuple[int, ...] = ()  # per token, where it ends in ``text``, in characters; empty if unknown
    logprobs: tuple[float, ...] = ()  # per token, beside ``ends``


class Policy(Protocol):
    """Anything that completes prompts: vLLM, an OpenAI-compatible server, or a double."""

    name: str

    async def complete(self, requests: Sequence[Request]) -> list[tuple[Completion, ...]]:
        """``n`` completions per request, in request order. Safe to call from many trees at once; the calls are
        batched behind it. Raises ``PolicyBroken`` when the engine or server is gone; never returns a partial list."""
        ...

    async def close(self) -> None:
        """Give back what the policy holds."""
        ...
