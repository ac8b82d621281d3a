"""The role ``worker`` of the sandbox, which judges untrusted text: one JSON line in, one out per item.

In: ``[item, ...]``, an item being ``{"judge": "sympy", "problem": ..., "steps": [...]}`` or
``{"judge": "answer", "gold": ..., "pred": ..., "policy": "units=lenient,..."}``. Out, per item, in order: its verdict as
an object or null. A worker without SymPy that meets an item for it says ``{"event": "needs_sympy"}`` instead and ends;
the parent gives the rest to a worker that was forked with SymPy imported. The parent kills; we never time.
"""

import json
import os
from collections.abc import Callable
from typing import Any

from verifiers import equivalence, steps
from verifiers.decision import Decision
from verifiers.sandbox.roles import Channel

MAX_FIELD_CHARS = 500

Item = dict[str, Any]


def serve(channel: Channel, job: dict[str, Any]) -> None:
    """Answers until the parent closes the channel. ``job["warm"]``: SymPy is imported already."""
    _silence()
    while (line := channel.receive()) is not None:
        for item in json.loads(line):
            if not job["warm"] and needs_sympy(item):
                _say(channel, {"event": "needs_sympy"})
                return
            _say(channel, answer(item))


def _silence() -> None:
    """What SymPy prints in a long life is nobody's output."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    os.close(null)


def needs_sympy(item: Item) -> bool:
    """Whether judging needs SymPy or math-verify: answers that our own reading leaves open, steps with roots or powers."""
    if item["judge"] == equivalence.NAME:
        reply = answer(item | {"quick": True})
        return reply is not None and equivalence.needs_backstop(Decision(reply["outcome"], reply["reason"]))
    return any(mark in item["steps"][-1] for mark in ("sqrt", "√", "^", "**", "²", "³"))


def load() -> None:
    """Imports what is slow to import, and builds math-verify's parser tables, once."""
    equivalence.load()


def answer(item: Item) -> Item | None:
    """The verdict on one item, as plain data. The one place where any exception of a judge becomes ``unknown``."""
    try:
        return JUDGES[item["judge"]](item)
    except MemoryError:
        return verdict(item["judge"], Decision("unknown", "memory"))
    except RecursionError:
        return verdict(item["judge"], Decision("unknown", "too_deep"))
    except Exception as error:  # noqa: BLE001 - the boundary: math-verify and SymPy raise anything on odd text
        return verdict(item["judge"], Decision("unknown", f"error:{type(error).__name__}"))


def verdict(judge: str, decision: Decision, claim: str | None = None, span: tuple[int, int] | None = None) -> Item:
    """A ``schemas.Verdict`` as plain data, every text bounded; the judge's version is the parent's to add."""
    return {
        "outcome": decision.outcome,
        "judge": judge,
        "reason": decision.reason,
        "claim": claim and claim[:MAX_FIELD_CHARS],
        "start": span and span[0],
        "end": span and span[1],
        "evidence": decision.evidence and decision.evidence[:MAX_FIELD_CHARS],
    }


def _step(item: Item) -> Item | None:
    found = steps.judge(item["problem"], item["steps"])
    if found is None:
        return None
    return verdict(steps.NAME, found.decision, found.text, (found.start, found.end))


def _answer(item: Item) -> Item:
    policy = equivalence.EqualPolicy.parse(item.get("policy", ""))
    judge = equivalence.quick if item.get("quick") else equivalence.equal
    return verdict(equivalence.NAME, judge(item["gold"], item["pred"], policy), item["pred"])


JUDGES: dict[str, Callable[[Item], Item | None]] = {steps.NAME: _step, equivalence.NAME: _answer}


def _say(channel: Channel, message: Item | None) -> None:
    channel.send(json.dumps(message).encode())
