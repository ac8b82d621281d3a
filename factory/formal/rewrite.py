"""The words of a chain of thought said anew by the policy model. It never writes Lean: the pieces stay what they are."""

import re
from collections.abc import Sequence
from dataclasses import replace

from factory.formal.check import Judge, verify_cots
from factory.formal.cot import CotSolution, CotStep
from factory.formal.goals import flat
from factory.policy import Completion, Policy, Prompt, Request, Sampling
from schemas import Message, content_id

SAMPLING = Sampling(temperature=0.7, top_p=0.95, max_tokens=256)
LONGER = 3  # times the template's words, and some characters, is the most
MORE_CHARS = 200
ASK = (
    "Say the following step of a proof in your own words, in one paragraph of plain language. Keep every formula between "
    "backticks exactly as it is and add none. Answer with the paragraph only.\n\n"
)
_QUOTED = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_MARKUP = re.compile(r"<\|?/?[A-Za-z_]")


async def rewrite(solutions: Sequence[CotSolution], policy: Policy, judge: Judge, seed: int = 0) -> list[CotSolution]:
    """Each chain of thought with the model's words where they pass the checks of ``fault``, and checked again by Lean. A step
    whose words do not pass keeps its template's, with the reason in ``note``; so does every step of a solution that Lean
    does not accept again. Raises ``PolicyBroken`` and ``JudgeBroken``."""
    requests = [_request(step, seed) for each in solutions for step in each.steps]
    answers = iter(await policy.complete(requests))
    said = [replace(each, steps=tuple(_reworded(step, next(answers)[0]) for step in each.steps)) for each in solutions]
    checked = verify_cots(said, judge)
    return [new if new.verified else _kept(old, new) for old, new in zip(solutions, checked, strict=True)]


def fault(words: str, step: CotStep) -> str | None:
    """Why a model's words cannot stand in for the step's: "empty", "too_long", "fence" (it would be read as Lean),
    "markup", "invented" (it quotes what stands neither in the step's words, goals nor Lean text). None where they can."""
    if not words.strip():
        return "empty"
    if len(words) > LONGER * len(step.text) + MORE_CHARS:
        return "too_long"
    if "```" in words or "~~~" in words:
        return "fence"
    if _MARKUP.search(words):
        return "markup"
    known = flat(" ".join((step.text, step.lean, *step.before, *step.after)))
    quoted = (flat(found[2]) for found in _QUOTED.finditer(words))
    return "invented" if any(each not in known for each in quoted) or words.count("`") % 2 else None


def _request(step: CotStep, seed: int) -> Request:
    prompt = Prompt((Message("user", ASK + step.text),), "")
    return Request(prompt, 1, int(content_id("reword", seed, step.text, size=7), 16), SAMPLING)


def _reworded(step: CotStep, answer: Completion) -> CotStep:
    words = flat(answer.text)
    reason = "cut" if answer.finish in ("length", "overflow") else fault(answer.text.strip(), step)
    return replace(step, note=reason) if reason else replace(step, text=words, words="model")


def _kept(old: CotSolution, new: CotSolution) -> CotSolution:
    """The templates' words again, and what Lean said."""
    steps = tuple(replace(step, note=new.reason or "not_checked") for step in old.steps)
    return replace(old, steps=steps, verified=new.verified, reason=new.reason)
