"""One tree's search in progress: asks the policy, asks the judge, keeps the books and the budget."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from factory.growth import Growth
from factory.policy import Completion, Policy, Request, Sampling
from factory.prompts import Prompter
from factory.search.proofs import Proofs
from schemas import Problem, Rollout, Usage, Verdict, content_id
from schemas.records import Outcome


class Judge(Protocol):
    """What search asks of the verifiers."""

    async def judge_steps(self, problem: Problem, contexts: Sequence[tuple[str, ...]]) -> list[tuple[Verdict, ...]]:
        """Verdicts on the last step of each context (a solution up to and including that step), in order."""
        ...

    async def judge_answers(self, problem: Problem, answers: Sequence[str]) -> list[Verdict]:
        """One verdict per final answer, in order."""
        ...


@dataclass(frozen=True, slots=True)
class Budget:
    """What one problem may cost at most. Checked before each batch of rollouts: overshot by one batch at most."""

    rollouts: int = 512
    tokens: int = 200_000


@dataclass(slots=True)
class Session:
    """The state of one tree's search. ``spent`` names the budget that ran out, once one has."""

    growth: Growth
    policy: Policy
    judge: Judge
    prompter: Prompter
    sampling: Sampling
    budget: Budget
    seed: int
    requests: int = 0
    prompt_tokens: int = 0
    output_tokens: int = 0
    judged: int = 0
    spent: str | None = None
    proofs: Proofs | None = field(init=False)  # what proof search knows beside the tree; None in other domains
    _step_judged: int = field(default=1)  # nodes below this index have their step verdicts (the root has no step)

    def __post_init__(self) -> None:
        self.proofs = Proofs(self.growth) if self.growth.seed.problem.domain == "lean" else None

    async def roll_out(self, starts: Sequence[int], k: int) -> list[Rollout]:
        """``k`` completions from each start, grafted, judged and counted, in start order; none once a budget is spent.
        In domain ``lean`` dead starts are left out, and one that is the same as an earlier node is that node."""
        starts = self.proofs.searched(starts) if self.proofs else starts
        if not starts or self._over_budget():
            return []
        answers = await self.policy.complete([self._request(start, k) for start in starts])
        done = [(start, item) for start, items in zip(starts, answers, strict=True) for item in items]
        most = await self._lengths(done)
        leaves = [self._graft(start, item, steps) for (start, item), steps in zip(done, most, strict=True)]
        await self.judge_new()
        rolled = [self._rollout(start, leaf, item) for (start, item), leaf in zip(done, leaves, strict=True)]
        for rollout in rolled:
            self.growth.record(rollout)
        return rolled

    async def judge_new(self) -> None:
        """Give every node that is new since the last call, and every new final answer, to the judges."""
        problem, nodes = self.growth.seed.problem, self.growth.nodes
        fresh = nodes[self._step_judged :]
        self._step_judged = len(nodes)
        verdicts = await self.judge.judge_steps(problem, [self.growth.texts(node.index) for node in fresh])
        for node, found in zip(fresh, verdicts, strict=True):
            node.verdicts = found
        if self.proofs:
            self.proofs.enter(fresh)
        ends = [node for node in nodes if node.answer is not None and node.outcome is None]
        outcomes = await self.judge.judge_answers(problem, [node.answer or "" for node in ends])
        for node, verdict in zip(ends, outcomes, strict=True):
            node.outcome = verdict.outcome
            node.verdicts += (verdict,)
        self.judged += len(fresh) + len(ends)

    def usage(self) -> Usage:
        """What the tree has cost so far."""
        return Usage(self.requests, len(self.growth.rollouts), self.prompt_tokens, self.output_tokens, self.judged)

    def _request(self, start: int, k: int) -> Request:
        self.requests += 1
        seed = int(content_id(self.seed, self.growth.seed.id, self.requests), 16) >> 1
        goals = self.proofs.goals(start) if self.proofs else ""
        prompt = self.prompter.prompt(self.growth.seed.problem, self.growth.texts(start), goals)
        return Request(prompt, k, seed, self.sampling)

    async def _lengths(self, done: Sequence[tuple[int, Completion]]) -> list[int | None]:
        """Per completion, how many of its steps count; ``None``: all."""
        if self.proofs is None:
            return [None] * len(done)
        contexts = [self.proofs.contexts(start, item) for start, item in done]
        asked = [context for each in contexts for context in each]
        verdicts = iter(await self.judge.judge_steps(self.growth.seed.problem, asked))
        return [self.proofs.length([next(verdicts) for _ in each]) for each in contexts]

    def _graft(self, start: int, completion: Completion, most: int | None) -> int:
        self.prompt_tokens += completion.prompt_tokens
        self.output_tokens += completion.tokens
        return self.growth.graft(start, completion, most)

    def _rollout(self, start: int, leaf: int, completion: Completion) -> Rollout:
        if self.proofs:
            self.proofs.close(leaf)
            outcome = self.proofs.outcome(leaf, completion)
        else:
            outcome = _outcome(self.growth.nodes[leaf].outcome, completion)
        return Rollout(start, leaf, completion.tokens, completion.logprob, completion.finish, outcome)

    def _over_budget(self) -> bool:
        if len(self.growth.rollouts) >= self.budget.rollouts:
            self.spent = "rollouts"
        elif self.output_tokens >= self.budget.tokens:
            self.spent = "tokens"
        return self.spent is not None


def _outcome(answered: Outcome | None, completion: Completion) -> Outcome:
    """A rollout is right or wrong by its final answer; one that ends by itself without any is wrong: that is what the
    policy does from this state. Saying nothing, or being cut off by a token or context limit, tells nothing."""
    if completion.finish == "overflow":
        return "unknown"
    if answered is not None:
        return answered
    return "invalid" if completion.finish == "stop" else "unknown"
