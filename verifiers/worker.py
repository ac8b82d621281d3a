"""The child process that judges untrusted text: ``python -m verifiers.worker``, one JSON line in, one out per item.

In: ``{"timeout_s": 5.0, "items": [...]}``, an item being ``{"judge": "sympy", "problem": ..., "steps": [...]}`` or
``{"judge": "answer", "gold": ..., "pred": ...}``.
Out, first: ``{"event": "ready"}``; then per item, in order, its verdict as an object or null; ``{"event": "loading"}``
and ``{"event": "loaded"}`` around a slow import, so that the parent's clock can stop. The parent kills; we never time.
"""

import json
import math
import os
import resource
import sys
from collections.abc import Callable
from typing import Any

from verifiers import equivalence, steps
from verifiers.decision import Decision

MAX_FIELD_CHARS = 500
_GRACE_S = 2

Item = dict[str, Any]


def main() -> None:
    """Reads requests until the parent closes our stdin. Nothing that a judge prints can reach the protocol."""
    replies = os.fdopen(os.dup(1), "w", encoding="ascii", buffering=1)
    os.dup2(2, 1)
    limit_self(memory_mb=int(sys.argv[1]))
    _say(replies, {"event": "ready"})
    loaded = False
    for line in sys.stdin:
        request = json.loads(line)
        for item in request["items"]:
            if not loaded and needs_sympy(item):
                _say(replies, {"event": "loading"})
                load()
                loaded = True
                _say(replies, {"event": "loaded"})
            _limit_cpu(request["timeout_s"])
            _say(replies, answer(item))


def limit_self(memory_mb: int) -> None:
    """No new processes, no files to speak of, no core dumps, bounded memory. Inherited by anything we might start."""
    limits = ((resource.RLIMIT_AS, memory_mb << 20), (resource.RLIMIT_FSIZE, 1 << 20))
    for kind, wanted in (*limits, (resource.RLIMIT_CORE, 0), (resource.RLIMIT_NPROC, 0)):
        hard = resource.getrlimit(kind)[1]
        value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(kind, (value, value))


def _limit_cpu(timeout_s: float) -> None:
    """Lets the kernel end us a little after the parent should have, in case the parent is gone."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    soft = math.ceil(usage.ru_utime + usage.ru_stime + timeout_s) + _GRACE_S
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def needs_sympy(item: Item) -> bool:
    """Whether judging may leave the fast path: answers that are not plainly the same, steps with roots or powers."""
    if item["judge"] == equivalence.NAME:
        return bool(item["gold"].strip() != item["pred"].strip())
    return any(mark in item["steps"][-1] for mark in ("sqrt", "√", "^", "**", "²", "³"))


def load() -> None:
    """Imports what is slow to import, and builds math-verify's parser tables, once."""
    equivalence.equal("x + 1", "x + 2")


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
    return verdict(equivalence.NAME, equivalence.equal(item["gold"], item["pred"]), item["pred"])


JUDGES: dict[str, Callable[[Item], Item | None]] = {steps.NAME: _step, equivalence.NAME: _answer}


def _say(replies: Any, message: Item | None) -> None:
    replies.write(json.dumps(message) + "\n")


if __name__ == "__main__":
    main()
