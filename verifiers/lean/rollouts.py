"""The judge of proofs for search: one request tells all steps of a rollout apart, and a prefix is never asked again."""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from hashlib import blake2b

from schemas import LeanVerdict, Problem, ProofStep, Verdict
from schemas.records import Outcome
from verifiers import names
from verifiers.lean.pool import LeanPool
from verifiers.lean.requests import tactics_request

MAX_GOALS_CHARS = 4_000  # of the goals or the message that a verdict carries
_CACHE_ENTRIES = 50_000
_CHANCE = frozenset({"timeout", "memory", "output", "worker_died"})  # depend on the machine, so never remembered

Steps = tuple[str, ...]
Asked = tuple[str, Steps]  # formal statement, steps


class ProofJudge:
    """Judges tactic steps and whole proofs by a ``LeanPool``, which stays the caller's to close. Serves any number of
    event loops and threads at once.

    The verdict on a step that Lean runs is ``valid`` with the goals it leaves as evidence, and for a reason ``proved``
    (no goal is left), ``no_progress`` (the goals are those before it) or ``open``. On one that Lean refuses it is
    ``invalid`` with Lean's message. It is ``unknown`` behind the first error, and where Lean did not answer.
    """

    def __init__(self, pool: LeanPool) -> None:
        self._pool = pool
        self._steps: OrderedDict[Asked, Verdict] = OrderedDict()
        self._proofs: OrderedDict[tuple[str, str], Verdict] = OrderedDict()
        self._lock = threading.Lock()

    async def judge_steps(self, problem: Problem, contexts: Sequence[Steps]) -> list[tuple[Verdict, ...]]:
        """The verdict on the last step of each context. Raises ``JudgeBroken`` where no Lean can be started."""
        formal = problem.formal or ""
        with self._lock:
            found = {each: self._steps[formal, each] for each in contexts if (formal, each) in self._steps}
        longest = _longest(each for each in contexts if each not in found)
        verdicts = await self._pool.ajudge([tactics_request(formal, each) for each in longest])
        for steps, verdict in zip(longest, verdicts, strict=True):
            said = _of_steps(verdict, len(steps))
            if verdict.reason in _CHANCE:
                known = await self._before(formal, steps)
                said = [*known, *said[len(known) :]]
            found |= {steps[: i + 1]: each for i, each in enumerate(said)}
            self._remember(formal, steps, said, verdict)
        return [(found[each],) for each in contexts]

    async def judge_proofs(self, problem: Problem, proofs: Sequence[str]) -> list[Verdict]:
        """Whether each text is a proof of the problem: nothing is left to show and the kernel agrees. A text whose
        steps have been judged is not asked again. Raises ``JudgeBroken`` where no Lean can be started."""
        formal = problem.formal or ""
        with self._lock:
            found = {text: self._proofs[formal, text] for text in proofs if (formal, text) in self._proofs}
        missing = [text for text in dict.fromkeys(proofs) if text not in found]
        verdicts = await self._pool.ajudge([tactics_request(formal, (text,)) for text in missing])
        for text, verdict in zip(missing, verdicts, strict=True):
            found[text] = _of_proof(verdict)
            self._remember(formal, (text,), (), verdict)
        return [found[text] for text in proofs]

    async def _before(self, formal: str, steps: Steps) -> list[Verdict]:
        """Where Lean failed on a rollout: the verdicts on its steps up to the one at which it fails."""
        known: list[Verdict] = []
        for count in range(1, len(steps)):
            with self._lock:
                verdict = self._steps.get((formal, steps[:count]))
            if verdict is None:
                (asked,) = await self._pool.ajudge([tactics_request(formal, steps[:count])])
                if asked.reason in _CHANCE:
                    break
                said = _of_steps(asked, count)
                self._remember(formal, steps[:count], said, asked)
                verdict = said[-1]
            known.append(verdict)
        return known

    def _remember(self, formal: str, steps: Steps, said: Sequence[Verdict], verdict: LeanVerdict) -> None:
        if verdict.reason in _CHANCE:
            return
        with self._lock:
            self._steps |= {(formal, steps[: i + 1]): each for i, each in enumerate(said)}
            self._proofs[formal, "\n".join(steps)] = _of_proof(verdict)
            for cache in (self._steps, self._proofs):
                while len(cache) > _CACHE_ENTRIES:
                    cache.popitem(last=False)


def _longest(contexts: Iterable[Steps]) -> list[Steps]:
    """The contexts that no other begins with, each once: what is said of them says all."""
    kept = dict.fromkeys(contexts)
    inner = {each[:n] for each in kept for n in range(len(each))}
    return [each for each in kept if each not in inner]


def _of_steps(verdict: LeanVerdict, count: int) -> list[Verdict]:
    """One verdict per step; all unknown where Lean does not tell the steps apart."""
    if len(verdict.steps) != count:
        return [_verdict("unknown", verdict.reason or "no_steps", verdict.detail, verdict.lean)] * count
    return [_of_step(step, verdict.lean) for step in verdict.steps]


def _of_step(step: ProofStep, lean: str) -> Verdict:
    if step.outcome != "valid":
        return _verdict(step.outcome, step.reason, step.message, lean)
    reason = "no_progress" if step.after == step.before else "open"
    return _verdict("valid", reason if step.after else "proved", "\n\n".join(step.after), lean)


def _of_proof(verdict: LeanVerdict) -> Verdict:
    if verdict.accepted is None:
        return _verdict("unknown", verdict.reason, verdict.detail, verdict.lean)
    if verdict.accepted:
        grounds = f"statement {verdict.statement_hash}; axioms: {', '.join(verdict.axioms) or 'none'}"
        return _verdict("valid", "accepted", grounds, verdict.lean)
    said = next((message.text for message in verdict.messages if message.severity == "error"), None)
    return _verdict("invalid", verdict.reason, verdict.detail or said, verdict.lean)


def _verdict(outcome: Outcome, reason: str | None, evidence: str | None, lean: str) -> Verdict:
    """``version`` names the judge's own and that of the Lean that was asked."""
    version = f"{names.VERSIONS[names.LEAN]} (Lean {lean})" if lean else names.VERSIONS[names.LEAN]
    shown = None if evidence is None else _bounded(evidence)
    return Verdict(outcome, names.LEAN, version, reason, None, None, None, shown)


def _bounded(text: str) -> str:
    """At most ``MAX_GOALS_CHARS`` characters; of what is cut a hash stays, so that equal texts are still those."""
    if len(text) <= MAX_GOALS_CHARS:
        return text
    mark = f" … {blake2b(text.encode(), digest_size=8).hexdigest()}"
    return text[: MAX_GOALS_CHARS - len(mark)] + mark
