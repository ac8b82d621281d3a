"""Small parts for search tests: a judge without processes, seeds in one line, a script that counts what it is asked."""

import asyncio
from collections.abc import Mapping, Sequence

from factory.doubles import ScriptedPolicy
from factory.policy import Completion, Request, Sampling
from factory.prompts import Prompter, PromptSpec
from factory.search import Grower, SearchSpec, grow_tree
from schemas import HumanStep, Problem, Seed, Tree, Verdict


class PlainJudge:
    """Answers by equality; a step that holds ``!`` is invalid. A double of ``verifiers.Panel``."""

    async def judge_steps(self, problem: Problem, contexts: Sequence[tuple[str, ...]]) -> list[tuple[Verdict, ...]]:
        return [(verdict("invalid", "sympy"),) if "!" in context[-1] else () for context in contexts]

    async def judge_answers(self, problem: Problem, answers: Sequence[str]) -> list[Verdict]:
        known = problem.answer is not None
        return [verdict(("valid" if a == problem.answer else "invalid") if known else "unknown", "answer") for a in answers]


class CountingPolicy(ScriptedPolicy):
    """A script that is followed in turn instead of by chance, and remembers its requests."""

    def __init__(self, script: Mapping[str, Sequence[str]], default: Sequence[str] = ()) -> None:
        super().__init__(script, default)
        self.asked: list[Request] = []

    async def complete(self, requests: Sequence[Request]) -> list[tuple[Completion, ...]]:
        self.asked += requests
        await asyncio.sleep(0)
        return [tuple(self._turn(request, i) for i in range(request.n)) for request in requests]

    def _turn(self, request: Request, index: int) -> Completion:
        from factory.doubles import said

        key = request.prompt.messages[-1].content + "\n" + request.prompt.prefix
        texts = self._script.get(key, self._default)
        return said(request, texts[index % len(texts)] if texts else "")


def verdict(outcome: str, judge: str) -> Verdict:
    return Verdict(outcome, judge, "1", None, None, None, None, None)  # type: ignore[arg-type]


def seed(*steps: str, prefixes: tuple[int, ...] = (0,), answer: str | None = "1", ratings: Sequence[int | None] = ()) -> Seed:
    """A seed of problem "Q" with these human steps."""
    rated = [*ratings, *[None] * (len(steps) - len(ratings))]
    human = tuple(HumanStep(text, rating, None, ()) for text, rating in zip(steps, rated, strict=True))
    return Seed("seed", Problem("problem", "math", "Q", answer, (), None, "test", None), human, prefixes, None)


def grown(policy: ScriptedPolicy, planted: Seed, spec: SearchSpec) -> Tree:
    """The finished tree."""
    grower = Grower(policy, PlainJudge(), Prompter(PromptSpec()), Sampling(), spec)
    return asyncio.run(grow_tree(grower, planted))
