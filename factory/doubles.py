"""Shipped doubles of the policy, beside the real ones: no model, no GPU, deterministic.

``ScriptedPolicy`` answers from a script. ``OraclePolicy`` solves arithmetic chains whose truth is known, erring and
recovering with set probabilities, so that a label can be compared with what is really so.
"""

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from factory.policy import Completion, Request
from factory.steps import join_steps, split_steps
from schemas import ConfigError, HumanStep, Problem, Seed, content_id


class ScriptedPolicy:
    """Completes a prompt with texts from ``script``: looked up by question + prefix, then by question, then
    ``default``; among several, the request's seed chooses. A token is a word; log-probabilities are 0."""

    name = "scripted"

    def __init__(self, script: Mapping[str, Sequence[str]], default: Sequence[str] = ()) -> None:
        self._script = script
        self._default = tuple(default)

    async def complete(self, requests: Sequence[Request]) -> list[tuple[Completion, ...]]:
        """As ``Policy.complete``; a prompt without script is ``empty``."""
        return [tuple(self._one(request, i) for i in range(request.n)) for request in requests]

    async def close(self) -> None:
        """Nothing is held."""

    def _one(self, request: Request, index: int) -> Completion:
        question, prefix = request.prompt.messages[-1].content, request.prompt.prefix
        texts = self._script.get(question + "\n" + prefix) or self._script.get(question) or self._default
        text = random.Random(f"{request.seed}/{index}").choice(list(texts)) if texts else ""
        return said(request, text)

    @staticmethod
    def from_file(path: Path) -> "ScriptedPolicy":
        """A policy from JSON ``{question: [completions]}``, where "" is the default. Raises ``ConfigError``."""
        try:
            script = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigError(f"policy.scripted.script = {str(path)!r} cannot be read as JSON: {error}.") from error
        lists = isinstance(script, dict) and all(isinstance(texts, list) for texts in script.values())
        if not lists or not all(isinstance(text, str) for texts in script.values() for text in texts):
            raise ConfigError(f"{path} must hold one object that gives a list of completions per question.")
        return ScriptedPolicy(script, script.get("", ()))


@dataclass(frozen=True, slots=True)
class Oracle:
    """Probabilities per step: to continue rightly (``success``), to come back to the true value after an error
    (``recovery``); ``slips`` is the share of errors that a calculator can see, the others use a wrong operation."""

    success: float = 0.9
    recovery: float = 0.02
    slips: float = 0.5


class OraclePolicy:
    """Solves the problems of ``chain_seed`` step by step. Deterministic in the request's seed."""

    name = "oracle"

    def __init__(self, oracle: Oracle) -> None:
        self._oracle = oracle

    async def complete(self, requests: Sequence[Request]) -> list[tuple[Completion, ...]]:
        """As ``Policy.complete``; a question that is no arithmetic chain is ``empty``."""
        return [tuple(self._one(request, i) for i in range(request.n)) for request in requests]

    async def close(self) -> None:
        """Nothing is held."""

    def _one(self, request: Request, index: int) -> Completion:
        chain = Chain.parse(request.prompt.messages[-1].content)
        rng = random.Random(f"{request.seed}/{index}")
        prefix = split_steps(request.prompt.prefix)
        return said(request, join_steps(list(chain.attempt(prefix, self._oracle, rng))) if chain else "")


@dataclass(frozen=True, slots=True)
class Chain:
    """``start`` and then a signed number to add per step."""

    start: int
    adds: tuple[int, ...]

    @staticmethod
    def parse(text: str) -> "Chain | None":
        """The chain a problem statement describes, or ``None``."""
        start = re.match(r"Start with (\d+)\.", text)
        moves = re.findall(r"Then (add|subtract) (\d+)\.", text)
        if not start or not moves:
            return None
        return Chain(int(start[1]), tuple(int(n) if word == "add" else -int(n) for word, n in moves))

    def statement(self) -> str:
        """The problem in words."""
        moves = (f"Then {'add' if n >= 0 else 'subtract'} {abs(n)}." for n in self.adds)
        return " ".join([f"Start with {self.start}.", *moves, "What is the result?"])

    def truth(self) -> list[int]:
        """The true value after each step."""
        values = [self.start]
        for add in self.adds:
            values.append(values[-1] + add)
        return values[1:]

    def attempt(self, prefix: Sequence[str], oracle: Oracle, rng: random.Random) -> Iterator[str]:
        """The steps that continue ``prefix`` to a final answer."""
        value = _value(prefix[-1]) if prefix else self.start
        truth = [self.start, *self.truth()]
        for i in range(len(prefix), len(self.adds)):
            right = value == truth[i]
            step = self._step(value, i, rng.random() < oracle.success if right else True, oracle, rng)
            if not right and rng.random() < oracle.recovery:
                step = f"Wait, that is wrong: the value here is {truth[i + 1]}."
            value = _value(step)
            yield step
        if len(prefix) <= len(self.adds):
            yield f"The answer is {value}."

    def first_error(self, steps: Sequence[str]) -> int:
        """The truth a label is compared with: the first step that leaves the true path, -1 for none."""
        for i, (step, value) in enumerate(zip(steps, [*self.truth(), self.truth()[-1]], strict=False)):
            if _value(step) != value:
                return i
        return -1

    def _step(self, value: int, i: int, right: bool, oracle: Oracle, rng: random.Random) -> str:
        add = self.adds[i]
        if not right and rng.random() >= oracle.slips:
            add = -add  # a wrong operation: true arithmetic, wrong step
            right = True
        result = value + add + (0 if right else rng.choice((-10, -1, 1, 10)))
        return f"{value} {'+' if add >= 0 else '-'} {abs(add)} = {result}"


def chain_seed(number: int, length: int, prefixes: tuple[int, ...] = (0,)) -> Seed:
    """The ``number``-th arithmetic chain of ``length`` steps, with its right solution as the human one."""
    rng = random.Random(f"chain/{number}/{length}")
    adds = tuple(rng.choice((-1, 1)) * rng.randint(2, 49) for _ in range(length))
    chain = Chain(rng.randint(300, 900), adds)
    answer = str(chain.truth()[-1])
    exact = Oracle(success=1.0)
    steps = tuple(HumanStep(text, 1, None, ()) for text in chain.attempt((), exact, rng))
    problem = Problem(
        content_id(chain.statement()), "math", chain.statement(), answer, (), None, "chains", "Apache-2.0"
    )
    return Seed(content_id(problem.id, [step.text for step in steps]), problem, steps, prefixes, -1)


def said(request: Request, text: str) -> Completion:
    """A completion whose tokens are its words."""
    ends = tuple(match.end() for match in re.finditer(r"\S+", text))
    prompt = sum(len(message.content.split()) for message in request.prompt.messages) + len(
        request.prompt.prefix.split()
    )
    if not ends:
        return Completion("", "empty", prompt, 0, 0.0)
    return Completion(text, "stop", prompt, len(ends), 0.0, ends, (0.0,) * len(ends))


def _value(step: str) -> int:
    return int(re.findall(r"-?\d+", step)[-1])
