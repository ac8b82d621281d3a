"""The panel: every judge behind one door. What search, labels and the command line use."""

import asyncio
import functools
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from schemas import ConfigError, Problem, Verdict
from verifiers import names, programs
from verifiers.answers import DEFAULT, MAX_ANSWER_CHARS, EqualPolicy
from verifiers.code import relay
from verifiers.decision import Decision, plain
from verifiers.lean import claims_judge
from verifiers.lean.config import LeanConfig
from verifiers.lean.pool import LeanPool
from verifiers.lean.rollouts import ProofJudge
from verifiers.pool import Item, Pool, Reply
from verifiers.sandbox import Limits, Sandbox, SandboxConfig
from verifiers.tokens import MAX_TEXT_CHARS

_BATCH = 32
_BATCH_CHARS = 200_000
_CACHE_ENTRIES = 50_000
_CHANCE = frozenset({"timeout", "worker_died", "memory"})  # depend on the machine, so never remembered
_RELATIONS = ("=", "≈", "≅", "\\approx", "equals")  # no claim without one, or a digit: such a step needs no worker


Key = tuple[Any, ...]  # an item's values: texts, and the texts of steps


@dataclass(frozen=True, slots=True)
class PanelConfig:
    """``timeout_s`` is wall clock per step and judge, per answer, or per program with all its tests."""

    judges: tuple[str, ...] = ("sympy", "python")
    timeout_s: float = 5.0
    workers: int = 1
    memory_mb: int = 2048  # address space of one worker or program
    allow_code: bool = True  # False: answers that are programs are never run
    allow_weak_sandbox: bool = False  # True: run them even where the machine cannot isolate them
    lean: LeanConfig = field(default_factory=LeanConfig)  # of the one pool of Lean processes, where Lean is a judge

    def __post_init__(self) -> None:
        """Raises ``ConfigError`` on a value that no panel can work with."""
        unknown = [name for name in self.judges if name not in STEP_JUDGES]
        if unknown:
            raise ConfigError(f"No judge is called {unknown[0]!r}; there are {', '.join(sorted(STEP_JUDGES))}.")
        if self.timeout_s <= 0 or self.workers < 1 or self.memory_mb < 512:
            raise ConfigError("A panel needs timeout_s > 0, workers >= 1 and memory_mb >= 512.")


class Panel:
    """Judges steps and answers. One panel serves any number of event loops and threads at once; ``close`` it."""

    def __init__(self, config: PanelConfig | None = None, lean: LeanPool | None = None) -> None:
        """``lean``: a pool that is the panel's from now on, by default one of its own; a pool starts Lean when it is first
        asked, which it never is unless ``lean`` is among the judges."""
        self._config = config or PanelConfig()
        self._lean = lean or LeanPool(self._config.lean)
        self._proofs = ProofJudge(self._lean)
        self._sandbox = Sandbox(SandboxConfig(allow_weak=self._config.allow_weak_sandbox))
        self._pool = Pool(self._config.workers, self._config.memory_mb, self._sandbox)
        self._known: OrderedDict[Key, Reply] = OrderedDict()
        self._lock = threading.Lock()

    async def judge_steps(self, problem: Problem, contexts: Sequence[tuple[str, ...]]) -> list[tuple[Verdict, ...]]:
        """Per context (a solution's steps up to the one judged, which is the last) the verdicts of the judges with an
        opinion, in the order of ``config.judges``; empty where the step claims nothing that a judge reads.
        Raises ``JudgeBroken`` where no worker can be started."""
        if problem.domain == "lean":
            proves = names.LEAN in self._config.judges
            return await self._proofs.judge_steps(problem, contexts) if proves else [()] * len(contexts)
        asked: list[tuple[int, Item]] = []
        for number, context in enumerate(contexts):
            made = (STEP_JUDGES[name](problem, context) for name in self._config.judges)
            asked.extend((number, item) for item in made if item is not None)
        replies = await self._ask([item for _, item in asked])
        verdicts: list[list[Verdict]] = [[] for _ in contexts]
        for (number, _), reply in zip(asked, replies, strict=True):
            if reply is not None:
                verdicts[number].append(_verdict(reply))
        return [tuple(each) for each in verdicts]

    async def judge_answers(self, problem: Problem, answers: Sequence[str]) -> list[Verdict]:
        """One verdict per answer: equivalence to ``problem.answer``, ``problem.tests`` run on it (domain ``code``), or
        whether it proves ``problem.formal`` (domain ``lean``); unknown where the problem holds no reference, or where the
        judge it takes is not among the panel's. Raises ``JudgeBroken`` where no worker can be started."""
        if problem.domain == "code":
            return list(await asyncio.gather(*(self._run_program(problem, text) for text in answers)))
        if problem.domain == "lean" and names.LEAN in self._config.judges:
            return await self._proofs.judge_proofs(problem, answers)
        if problem.domain == "lean" or problem.answer is None:
            reason = "no_reference" if problem.answer is None and problem.domain != "lean" else "no_judge"
            return [_verdict(plain(names.ANSWER, Decision("unknown", reason), text)) for text in answers]
        return await self.judge_pairs([(problem.answer, text) for text in answers])

    async def judge_pairs(self, pairs: Sequence[tuple[str, str]], policy: EqualPolicy = DEFAULT) -> list[Verdict]:
        """One verdict per (reference, answer): are they equivalent under ``policy``?
        Raises ``JudgeBroken`` where no worker can be started."""
        spelled = policy.spelled()
        items: list[Item] = [
            {"judge": names.ANSWER, "gold": gold, "pred": pred, "policy": spelled} for gold, pred in pairs
        ]
        return [_verdict(reply) for reply in await self._ask(items) if reply is not None]

    async def close(self) -> None:
        """Ends every worker, off the event loop. May be called again; judging afterwards raises ``RuntimeError``."""
        await asyncio.to_thread(self._lean.close)
        await asyncio.to_thread(self._pool.close)
        await asyncio.to_thread(self._sandbox.close)

    async def __aenter__(self) -> "Panel":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _ask(self, items: Sequence[Item]) -> list[Reply]:
        """The replies in order: remembered ones, over-long texts refused unread, the rest from the pool in batches."""
        keys = [_key(item) for item in items]
        answered: dict[Key, Reply] = {}
        missing: dict[Key, Item] = {}
        with self._lock:
            for key, item in zip(keys, items, strict=True):
                if key in self._known:
                    self._known.move_to_end(key)
                    answered[key] = self._known[key]
                elif max(map(len, _judged(item))) > _LIMIT[item["judge"]]:
                    answered[key] = _refused(item)
                else:
                    missing[key] = item
        answered |= await self._judge(missing)
        return [answered[key] for key in keys]

    async def _judge(self, missing: dict[Key, Item]) -> dict[Key, Reply]:
        """Texts go to the workers in batches, code steps one by one to children of their own."""
        code = [key for key, item in missing.items() if item["judge"] == names.CODE]
        keys = [key for key in missing if key not in set(code)]
        chunks = _chunks([(key, _size(key)) for key in keys])
        futures = [self._pool.judge([missing[key] for key in chunk], self._config.timeout_s) for chunk in chunks]
        runs = [self._pool.call(functools.partial(self._run_step, missing[key])) for key in code]
        replies = await asyncio.gather(*(asyncio.wrap_future(future) for future in futures))
        ran = await asyncio.gather(*(asyncio.wrap_future(future) for future in runs))
        read = dict(
            zip((key for chunk in chunks for key in chunk), (each for batch in replies for each in batch), strict=True)
        )
        found = await self._proved(read) | dict(zip(code, ran, strict=True))
        self._remember(found)
        return found

    async def _proved(self, read: dict[Key, Reply]) -> dict[Key, Reply]:
        """With the verdicts of Lean in place of the statements that a worker read for it."""
        stated = {key: reply for key, reply in read.items() if reply is not None and "claims" in reply}
        settled = await claims_judge.settle(list(stated.values()), self._lean) if stated else []
        return read | dict(zip(stated, settled, strict=True))

    def _run_step(self, item: Item) -> Reply:
        limits = Limits(self._config.timeout_s, self._config.memory_mb)
        return relay.judge(item, self._pool.ask, limits, self._sandbox, allow_code=self._config.allow_code)

    def _remember(self, found: dict[Key, Reply]) -> None:
        with self._lock:
            for key, reply in found.items():
                if reply is None or reply["reason"] not in _CHANCE:
                    self._known[key] = reply
            while len(self._known) > _CACHE_ENTRIES:
                self._known.popitem(last=False)

    async def _run_program(self, problem: Problem, program: str) -> Verdict:
        if not problem.tests:
            return _verdict(plain(names.CODE, Decision("unknown", "no_reference"), program))
        if not self._config.allow_code or names.CODE not in self._config.judges:
            return _verdict(plain(names.CODE, Decision("unknown", "code_not_allowed"), program))
        limits = Limits(self._config.timeout_s, self._config.memory_mb)
        future = self._pool.call(lambda: programs.run_tests(program, problem.tests, limits, self._sandbox))
        return _verdict(plain(names.CODE, await asyncio.wrap_future(future), program))


def _claims(judge: str, problem: Problem, context: tuple[str, ...]) -> Item | None:
    """Arithmetic is read in the prose of mathematical solutions; the text of programs is no prose."""
    marked = any(mark in context[-1] for mark in _RELATIONS) or any(char.isdigit() for char in context[-1])
    if not marked or problem.domain not in ("math", "rubric"):
        return None
    statement = problem.statement[:MAX_TEXT_CHARS]
    return {"judge": judge, "problem": statement, "steps": (*_recent(context[:-1]), context[-1])}


def _recent(steps: tuple[str, ...]) -> tuple[str, ...]:
    """The latest steps that are short enough, as far back as ``MAX_TEXT_CHARS`` reach: what a step may lean on."""
    kept: list[str] = []
    left = MAX_TEXT_CHARS
    for step in reversed(steps):
        left -= len(step)
        if left < 0:
            break
        kept.append(step)
    return tuple(reversed(kept))


def _code(problem: Problem, context: tuple[str, ...]) -> Item | None:
    """A step that may hold code, or say what earlier code printed or computed; the worker says whether it does."""
    if problem.domain == "lean" or not relay.may_concern(context, problem.domain):
        return None
    statement = problem.statement[:MAX_TEXT_CHARS]
    return {"judge": names.CODE, "problem": statement, "domain": problem.domain, "steps": context}


STEP_JUDGES: dict[str, Callable[[Problem, tuple[str, ...]], Item | None]] = {
    names.STEPS: functools.partial(_claims, names.STEPS),
    names.LEAN: functools.partial(_claims, names.LEAN),
    names.CODE: _code,
}
_LIMIT = {
    names.STEPS: MAX_TEXT_CHARS,
    names.LEAN: MAX_TEXT_CHARS,
    names.CODE: relay.MAX_CODE_CHARS,
    names.ANSWER: MAX_ANSWER_CHARS,
}


def _judged(item: Item) -> tuple[str, ...]:
    """The texts of an item that are judged, without those that are only read for context."""
    return (item["gold"], item["pred"]) if item["judge"] == names.ANSWER else (item["steps"][-1],)


def _chunks(sized: Sequence[tuple[Key, int]]) -> list[list[Key]]:
    """At most ``_BATCH`` items and about ``_BATCH_CHARS`` characters each."""
    chunks: list[list[Key]] = []
    room = 0
    for key, size in sized:
        if not chunks or len(chunks[-1]) == _BATCH or size > room:
            chunks.append([])
            room = _BATCH_CHARS
        chunks[-1].append(key)
        room -= size
    return chunks


def _size(key: Key) -> int:
    return sum(len(part) if isinstance(part, str) else sum(map(len, part)) for part in key)


def _key(item: Item) -> Key:
    return tuple(item.values())


def _refused(item: Item) -> Item:
    return {"outcome": "unknown", "judge": item["judge"], "reason": "too_long"}


def _verdict(reply: Item) -> Verdict:
    fields = {name: reply.get(name) for name in ("reason", "claim", "start", "end", "evidence")}
    return Verdict(reply["outcome"], reply["judge"], names.VERSIONS[reply["judge"]], **fields)
