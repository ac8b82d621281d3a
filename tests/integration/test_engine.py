"""The bundled model on real vLLM: what search relies on, and what happens when the engine's process is killed."""

import asyncio
import importlib.util
import json
import multiprocessing
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from factory.policy import Completion, Prompt, Request, Sampling
from pipelines import engine
from pipelines.config import PolicySpec, VLLMSpec
from pipelines.engine import VLLMPolicy, sampling_params, token_ends, token_ids
from pipelines.models import resolve_model
from schemas import Message, PolicyBroken

pytestmark = [
    pytest.mark.vllm,
    pytest.mark.skipif(importlib.util.find_spec("vllm") is None, reason="needs the cpu or gpu extra"),
]

CONTEXT = 512
SPEC = VLLMSpec(dtype="float32", max_model_len=CONTEXT, max_num_seqs=64)
GREEDY = Sampling(temperature=0.0, max_tokens=200)
QUESTION = "Mia buys 4 muffins for $6 each at the bakery and pays with a $50 note. How much change does she get?"
WAIT_S = 300  # for what must happen; only a broken engine takes so long


@dataclass
class Served:
    """A policy and the event loop its engine lives in."""

    policy: VLLMPolicy
    tokenizer: Any
    runner: asyncio.Runner

    def ask(self, *requests: Request) -> list[tuple[Completion, ...]]:
        return self.runner.run(self.policy.complete(requests))

    def one(self, prefix: str = "", sampling: Sampling = GREEDY) -> Completion:
        ((completion,),) = self.ask(Request(prompt(prefix), 1, 1, sampling))
        return completion


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with asyncio.Runner() as runner:
        policy = VLLMPolicy(PolicySpec(model="tiny", vllm=SPEC))
        tokenizer = runner.run(policy._ready()).get_tokenizer()
        yield Served(policy, tokenizer, runner)
        runner.run(policy.close())


def prompt(prefix: str = "", question: str = QUESTION) -> Prompt:
    return Prompt((Message("user", question),), prefix)


def test_a_request_is_decided_by_its_seed(served: Served) -> None:
    drawn = Sampling(temperature=1.5, max_tokens=64)  # hot, so that a sure model still differs from itself
    requests = [Request(prompt(), 4, seed, drawn) for seed in (7, 7, 8, 2**63 - 1)]
    first, same, other, largest = served.ask(*requests)
    assert texts(first) == texts(same) == texts(served.ask(requests[0])[0])
    assert texts(first) != texts(other)
    assert len({completion.text for group in (first, other, largest) for completion in group}) > 4


def test_tokens_and_log_probabilities_add_up(served: Served) -> None:
    (group,) = served.ask(Request(prompt(), 16, 3, Sampling(max_tokens=200)))
    for completion in group:
        assert completion.prompt_tokens == len(token_ids(served.tokenizer, prompt()))
        assert completion.tokens == len(completion.ends) == len(completion.logprobs)
        assert completion.logprob == pytest.approx(sum(completion.logprobs), abs=1e-3)
        assert all(logprob <= 0 for logprob in completion.logprobs)
        assert pieces(completion, served.tokenizer).count("") <= 1  # the end token has no text
    assert {completion.finish for completion in group} <= {"stop", "length"}


def test_a_greedy_answer_continues_from_each_of_its_prefixes(served: Served) -> None:
    whole = served.one().text
    steps = whole.splitlines(keepends=True)
    assert len(steps) > 1
    for cut in range(1, len(steps)):
        assert served.one("".join(steps[:cut])).text == "".join(steps[cut:])


def test_the_prefix_stands_behind_one_generation_prompt(served: Served) -> None:
    bare = token_ids(served.tokenizer, prompt())
    prefix = "The muffins cost 4 * 6 = 24 dollars.\n"
    assert token_ids(served.tokenizer, prompt(prefix)) == bare + served.tokenizer.encode(prefix)
    assert served.tokenizer.decode(bare) == f"<|user|>{QUESTION}<|assistant|>"
    assert served.one(prefix).prompt_tokens == len(bare) + len(served.tokenizer.encode(prefix))


def test_a_prompt_that_fills_the_context_overflows_and_one_shorter_does_not(served: Served) -> None:
    room = CONTEXT - len(token_ids(served.tokenizer, prompt()))
    short, full, long = served.ask(*(Request(prompt("1" * (room + more)), 3, 1, GREEDY) for more in (-1, 0, 1000)))
    assert [(c.prompt_tokens, c.tokens) for c in short] == [(CONTEXT - 1, 1)] * 3
    assert full == (Completion("", "overflow", CONTEXT, 0, None),) * 3
    assert long == (Completion("", "overflow", CONTEXT + 1000, 0, None),) * 3


def test_the_ways_a_completion_ends(served: Served) -> None:
    cut = served.one(sampling=Sampling(temperature=0.0, max_tokens=5))
    assert (cut.finish, cut.tokens) == ("length", 5)
    whole = served.one()
    assert (whole.finish, whole.text.startswith(cut.text)) == ("stop", True)
    stopped = served.one(sampling=Sampling(temperature=0.0, max_tokens=200, stop=("\n",)))
    assert (stopped.finish, stopped.text) == ("stop", whole.text.splitlines()[0])
    assert max(stopped.ends) <= len(stopped.text)
    over = served.one(whole.text)  # the model closes an answer that is complete
    assert (over.finish, over.text, over.tokens) == ("empty", "", 1)


def test_forty_calls_at_once_each_get_their_own_answers(served: Served) -> None:
    asked = [Request(prompt("1" * i), 1 + i % 3, i, Sampling(max_tokens=8)) for i in range(40)]

    async def separately() -> list[list[tuple[Completion, ...]]]:
        return await asyncio.gather(*(served.policy.complete([request]) for request in asked))

    together = served.ask(*asked)
    for groups in (together, [group for (group,) in served.runner.run(separately())]):
        assert [len(group) for group in groups] == [request.n for request in asked]
        lengths = [{completion.prompt_tokens for completion in group} for group in groups]
        assert lengths == [{len(token_ids(served.tokenizer, request.prompt))} for request in asked]


def test_a_prompt_seen_before_comes_from_the_cache(served: Served) -> None:
    question = "How much change is that? " * 8
    tokens = token_ids(served.tokenizer, prompt("", question))
    request = Request(prompt("", question), 1, 1, Sampling(max_tokens=1))
    cached = [served.runner.run(served.policy._generate(tokens, request, 8)).num_cached_tokens for _ in range(2)]
    assert cached == [0, (len(tokens) - 1) // 32 * 32]


@pytest.mark.parametrize(
    ("parts", "text", "ends"),
    [
        (("The", " answer"), "The answer", (3, 10)),
        (("The", "answer", "is", "4", "2"), "The answer is 42", (3, 10, 13, 15, 16)),  # SentencePiece drops the space
        (("a", "<|end|>", "b", "<|end|>"), "ab", (1, 1, 2, 2)),  # special tokens are not in the text
        (("so", ".\n"), "so.", (2, 3)),  # cut at a stop string
        (("", "é"), "é", (0, 1)),  # two bytes of one character
    ],
)
def test_tokens_find_their_places_in_the_text(parts: tuple[str, ...], text: str, ends: tuple[int, ...]) -> None:
    assert token_ends(parts, text) == ends


# ------------------------------------------------------------------------------------------- killed engines


def test_a_killed_engine_is_replaced_and_one_that_keeps_dying_ends_the_run(
    endless: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "MOST_DEATHS", 1)  # each start takes a while
    others = engine_processes()
    with asyncio.Runner() as runner:
        runner.run(killed_twice(VLLMPolicy(PolicySpec(model=endless, vllm=SPEC)), lambda: engine_processes() - others))
    assert engine_processes() == others


async def killed_twice(policy: VLLMPolicy, processes: Callable[[], set[int]]) -> None:
    asked = [Request(prompt("1" * i), 2, i, Sampling(max_tokens=300)) for i in range(8)]
    calm = await policy.complete(asked)
    assert {completion.tokens for group in calm for completion in group} == {300}
    tokenizer = (await policy._ready()).get_tokenizer()
    assert any("" in pieces(completion, tokenizer)[:-1] for group in calm for completion in group)
    (first,) = processes()
    answer = asyncio.create_task(policy.complete(asked))
    await kill_while_writing(policy, 16)
    assert [texts(group) for group in await answer] == [texts(group) for group in calm]
    (second,) = processes()
    assert second != first
    answers = [asyncio.create_task(policy.complete([request])) for request in asked]
    await kill_while_writing(policy, 16)
    ends = await asyncio.gather(*answers, return_exceptions=True)
    assert [type(end) for end in ends] == [PolicyBroken] * len(asked)
    assert "died 2 times" in str(ends[0])
    assert "max_num_seqs" in str(ends[0])
    with pytest.raises(PolicyBroken):
        await policy.complete(asked)
    assert processes() == set()


async def kill_while_writing(policy: VLLMPolicy, sequences: int) -> None:
    """SIGKILL the engine's process once it has all ``sequences`` and has begun to answer a request sent after them."""
    from vllm import TokensPrompt
    from vllm.v1.engine.exceptions import EngineDeadError

    live = await policy._ready()
    async with asyncio.timeout(WAIT_S):
        while live.output_processor.get_num_unfinished_requests() < sequences:
            await asyncio.sleep(0)
    params = sampling_params(Sampling(max_tokens=100), 1, 1, 100)
    params.output_kind = type(params.output_kind).DELTA
    core = psutil.Process(live.engine_core.resources.engine_manager.processes[0].pid)
    family = [core, *core.children(recursive=True)]
    with pytest.raises(EngineDeadError):
        async for _ in live.generate(TokensPrompt(prompt_token_ids=[5, 6, 7]), params, "last in the queue"):
            core.kill()
    _, left = await asyncio.to_thread(psutil.wait_procs, family, WAIT_S)
    assert left == []


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The bundled model without an end token: it writes until ``max_tokens``."""
    source = resolve_model("tiny").path
    assert source is not None
    folder = tmp_path_factory.mktemp("endless") / "tiny"
    shutil.copytree(source, folder)
    for name in ("config.json", "generation_config.json", "tokenizer_config.json"):
        settings = json.loads((folder / name).read_text(encoding="utf-8"))
        kept = {key: value for key, value in settings.items() if key not in ("eos_token_id", "eos_token")}
        Path(folder / name).write_text(json.dumps(kept), encoding="utf-8")
    return str(folder)


def engine_processes() -> set[int]:
    return {child.pid for child in multiprocessing.active_children() if child.pid and "EngineCore" in child.name}


def texts(group: tuple[Completion, ...]) -> list[str]:
    return [completion.text for completion in group]


def pieces(completion: Completion, tokenizer: Any) -> list[str]:
    """What each token added to the text: one token's worth, or nothing where it was a special token."""
    starts = (0, *completion.ends)
    found = [completion.text[start:end] for start, end in zip(starts, completion.ends, strict=False)]
    assert "".join(found) == completion.text
    assert {len(tokenizer.encode(piece)) for piece in found if piece} == {1}
    return found
