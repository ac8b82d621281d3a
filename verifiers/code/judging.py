"""What the ``python`` judge of steps reads: the questions to a program, and then what its answers say of the step.

Pure, and for the isolated worker alone: all of it reads text that nobody vouches for. The host (``relay``) asks the
program between the two passes. Both walk the solution alike, so answers come in the order of the questions.
"""

import json
from collections.abc import Sequence

from verifiers.code.blocks import Part, parts
from verifiers.code.claims import in_prose
from verifiers.code.faults import Over
from verifiers.code.peer import Message
from verifiers.code.walk import Ask, Question, Run, finding
from verifiers.decision import Decision, Finding

MAX_QUESTIONS = 1000


def concerns(context: Sequence[str], domain: str) -> bool:
    """Whether the last step is the judge's business: it runs something, or says what earlier code printed or computed."""
    own = parts(context[-1], domain)
    if any(part.kind in ("code", "session") for part in own):
        return True
    if not any(part.kind == "output" or in_prose(part.text) for part in own):
        return False
    return any(part.kind in ("code", "session") for step in context[:-1] for part in parts(step, domain))


def questions(context: Sequence[str], statement: str, domain: str) -> list[Question] | None:
    """What to ask the program, in order; ``None`` where the step is no business of the judge.
    Raises ``Over`` past ``MAX_QUESTIONS``."""
    if not concerns(context, domain):
        return None
    asked: list[Question] = []

    def ask(question: Question) -> Message:
        asked.append(question)
        return {"ok": None}

    _findings(ask, context, statement, domain)
    if len(asked) > MAX_QUESTIONS:
        raise Over(Decision("unknown", "too_long"))
    return asked


def judge(
    context: Sequence[str], statement: str, domain: str, answers: Sequence[str], over: Decision | None
) -> Finding:
    """The step's telling finding: its first invalid one, else its first valid, else its first undecided; that it merely
    ran is unknown (``ran``). ``answers`` to ``questions`` are JSON; ``over`` says why one was not answered."""
    left = iter(answers)

    def ask(_: Question) -> Message:
        for text in left:
            return dict(json.loads(text))
        raise Over(over or Decision("unknown", "broke_protocol"))

    found = _findings(ask, context, statement, domain)
    for outcome in ("invalid", "valid", "unknown"):
        for each in found:
            if each.decision.outcome == outcome:
                return each
    return finding(_whole(context[-1]), Decision("unknown", "ran"))


def _findings(ask: Ask, context: Sequence[str], statement: str, domain: str) -> list[Finding]:
    earlier = [parts(each, domain) for each in context[:-1]]
    run = Run(ask, _prose(statement, earlier))
    try:
        return _earlier(run, earlier) or list(run.findings(parts(context[-1], domain)))
    except Over as over:
        return [finding(_whole(context[-1]), over.decision)]


def _earlier(run: Run, steps: Sequence[Sequence[Part]]) -> list[Finding]:
    """Runs the code of earlier steps for its effects; a finding where that fails, which says nothing of this step."""
    for number, own in enumerate(steps, 1):
        for part in own:
            run.place = f"step {number}"
            try:
                failed = run.execute(part)
            except Over as over:
                failed = over.decision
            if failed is not None:
                reason = "earlier_step_failed" if failed.outcome == "invalid" else failed.reason
                return [finding(part, Decision("unknown", reason, failed.evidence), own=False)]
    run.place = "this step"
    return []


def _prose(statement: str, earlier: Sequence[Sequence[Part]]) -> str:
    return "\n".join([statement, *(part.text for own in earlier for part in own if part.kind == "prose")])


def _whole(step: str) -> Part:
    return Part("prose", step, 0, len(step))
