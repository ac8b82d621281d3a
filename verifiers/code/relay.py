"""The host's part in judging a step with code: it carries texts between the worker that reads and the program that runs.

Of a step's text nothing is looked at here but its length and single marks; of an answer, whether it is ``ok``.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import astuple
from typing import Any

from verifiers import names
from verifiers.code.faults import Over
from verifiers.code.host import Session
from verifiers.decision import Decision, plain
from verifiers.sandbox import Limits, Sandbox

MAX_CODE_CHARS = 100_000  # of a solution up to the step judged
_MAX_ANSWERS = 1_000_000  # characters of all answers as JSON; with the solution they fit the worker's channel
_MAX_VALUE = 50_000  # characters of a value as JSON; a longer one is no number that a step could state
_LEAST_S = 0.25  # for the comparison, where the program took all the time
_MARKS = ("```", "~~~", ">>>", "<code>")  # without one, no step of a mathematical solution holds code

Item = dict[str, Any]
Ask = Callable[[Item, float], Item | None]


def may_concern(context: Sequence[str], domain: str) -> bool:
    """Whether the worker must be asked at all. Takes time linear in the text."""
    return domain == "code" or any(mark in step for step in context for mark in _MARKS)


def judge(item: Item, ask: Ask, limits: Limits, sandbox: Sandbox, *, allow_code: bool = True) -> Item | None:
    """The verdict on the last of the item's ``steps`` as plain data, ``None`` where the step is no business of the judge.

    ``ask(item, timeout_s)`` has a worker read it. ``limits.timeout_s`` is for the reading, the program and the comparison
    together. Raises ``JudgeBroken`` where no process can start."""
    steps: Sequence[str] = item["steps"]
    if sum(map(len, steps)) > MAX_CODE_CHARS:
        return plain(names.CODE, Decision("unknown", "too_long"), steps[-1], (0, len(steps[-1])))
    reading = ask(item, limits.timeout_s)
    if reading is None or "outcome" in reading:
        return reading
    if not allow_code:
        return plain(names.CODE, Decision("unknown", "code_not_allowed"))
    with sandbox.start("candidate", limits, warm=any("sympy" in each for each in steps)) as candidate:
        session = Session(candidate, limits.timeout_s, spent_s=reading["seconds"])
        heard = _answers(session, reading["questions"])
    return ask(item | heard, max(session.left_s(), _LEAST_S))


def _answers(session: Session, questions: Sequence[Item]) -> Item:
    """The program's ``answers`` as JSON texts, in order, and ``over``: why there are no more."""
    answers: list[str] = []
    left, skipped = _MAX_ANSWERS, None
    for question in questions:
        if question["part"] == skipped:
            continue
        session.place = question["place"]
        try:
            answer, text = _asked(session, question["message"])
            left -= len(text)
            if left < 0:
                raise Over(Decision("unknown", "output_flood", session.place))
        except Over as over:
            return {"answers": answers, "over": astuple(over.decision)}
        answers.append(text)
        if "ok" not in answer and question["failing"] == "stop":
            break
        if "ok" not in answer and question["failing"] == "skip":
            skipped = question["part"]
    return {"answers": answers, "over": None}


def _asked(session: Session, message: Item) -> tuple[Item, str]:
    """An answer and its text. Raises ``Over``."""
    answer = session.ask(message)
    try:
        text = json.dumps(answer)
    except RecursionError:
        raise Over(Decision("unknown", "broke_protocol", session.place)) from None
    if message["op"] == "name" and len(text) > _MAX_VALUE:
        return {"ok": None}, json.dumps({"ok": None})
    return answer, text
