"""The role ``worker`` of the sandbox, which judges untrusted text: one JSON line in, one out per item.

In: ``[item, ...]``, an item being ``{"judge": "sympy" or "lean", "problem": ..., "steps": [...]}``,
``{"judge": "answer", "gold": ..., "pred": ..., "policy": "units=lenient,..."}`` or ``{"judge": "python", "problem": ...,
"domain": ..., "steps": [...]}``, the last twice: first alone, then with the ``answers`` to the questions that it led to.
Out, per item, in order: its verdict as an object or null; ``{"questions": [...], "seconds": ...}`` for code,
``{"claims": [...]}`` for Lean, which are read here and proved elsewhere. A worker
without SymPy that meets an item for it says ``{"event": "needs_sympy"}`` instead and ends; the parent gives the rest to a
worker that was forked with SymPy imported. The parent kills; we never time.
"""

import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from verifiers import answers, names, steps
from verifiers.code import judging
from verifiers.code.faults import Over
from verifiers.decision import Decision, plain
from verifiers.lean import claims_judge
from verifiers.sandbox.roles import Channel
from verifiers.symbolic import NeedsSymPy, forbid_import

Item = dict[str, Any]


def serve(channel: Channel, job: dict[str, Any]) -> None:
    """Answers until the parent closes the channel. ``job["warm"]``: SymPy is imported already."""
    _silence()
    if not job["warm"]:
        forbid_import()
    while (line := channel.receive()) is not None:
        for item in json.loads(line):
            try:
                reply = answer(item, warm=job["warm"])
            except NeedsSymPy:
                _say(channel, {"event": "needs_sympy"})
                return
            _say(channel, reply)


def _silence() -> None:
    """What SymPy prints in a long life is nobody's output."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    os.close(null)


def load() -> None:
    """Imports what is slow to import, and builds math-verify's parser tables, once."""
    answers.load()


def answer(item: Item, *, warm: bool = True) -> Item | None:
    """The verdict on one item, as plain data. The one place where any exception of a judge becomes ``unknown``, but
    ``NeedsSymPy``, which is raised where SymPy or math-verify would have to be imported and ``warm`` is false."""
    try:
        if item["judge"] == names.ANSWER and not warm:
            return _quick_answer(item)
        return JUDGES[item["judge"]](item)
    except NeedsSymPy:
        raise
    except MemoryError:
        return plain(item["judge"], Decision("unknown", "memory"))
    except RecursionError:
        return plain(item["judge"], Decision("unknown", "too_deep"))
    except Exception as error:  # noqa: BLE001 - the boundary: math-verify and SymPy raise anything on odd text
        return plain(item["judge"], Decision("unknown", f"error:{type(error).__name__}"))


def _step(item: Item) -> Item | None:
    found = steps.judge(item["problem"], item["steps"])
    if found is None:
        return None
    return plain(names.STEPS, found.decision, found.text, (found.start, found.end))


def _statements(item: Item) -> Item | None:
    return claims_judge.read(item["problem"], item["steps"])


def _answer(item: Item) -> Item:
    decision = answers.equal(item["gold"], item["pred"], answers.EqualPolicy.parse(item.get("policy", "")))
    return plain(names.ANSWER, decision, item["pred"])


def _quick_answer(item: Item) -> Item:
    decision = answers.quick(item["gold"], item["pred"], answers.EqualPolicy.parse(item.get("policy", "")))
    if answers.needs_backstop(decision):
        raise NeedsSymPy
    return plain(names.ANSWER, decision, item["pred"])


def _code(item: Item) -> Item | None:
    solution = (item["steps"], item["problem"], item["domain"])
    if "answers" not in item:
        return _questions(*solution)
    found = judging.judge(*solution, item["answers"], item["over"] and Decision(*item["over"]))
    return plain(names.CODE, found.decision, found.text, (found.start, found.end))


def _questions(context: list[str], statement: str, domain: str) -> Item | None:
    began = time.monotonic()
    try:
        asked = judging.questions(context, statement, domain)
    except Over as over:
        return plain(names.CODE, over.decision, context[-1], (0, len(context[-1])))
    if asked is None:
        return None
    return {"questions": [asdict(question) for question in asked], "seconds": time.monotonic() - began}


JUDGES: dict[str, Callable[[Item], Item | None]] = {
    names.STEPS: _step,
    names.LEAN: _statements,
    names.ANSWER: _answer,
    names.CODE: _code,
}


def _say(channel: Channel, message: Item | None) -> None:
    channel.send(json.dumps(message).encode())
