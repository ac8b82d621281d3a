"""Chains of thought checked again from what a trainer would read: the Lean text in the fences of the rendered steps."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from factory.formal.cot import CotSolution, lean_of, render
from schemas import LeanVerdict


@dataclass(frozen=True, slots=True)
class Check:
    """A Lean text: a whole file, or the solution of ``challenge``."""

    challenge: str | None
    code: str


Judge = Callable[[Sequence[Check]], Sequence[LeanVerdict]]  # one verdict per check, in order; raises ``JudgeBroken``


def verify_cots(solutions: Iterable[CotSolution], judge: Judge) -> list[CotSolution]:
    """The same chains of thought with ``verified`` and ``reason`` as the judge says of their rendered text. One that holds no
    source is not asked about. Equal texts are asked about once. Raises what ``judge`` raises."""
    kept = list(solutions)
    asked = list(dict.fromkeys(check_of(each) for each in kept if each.whole))
    verdicts = dict(zip(asked, judge(asked), strict=True)) if asked else {}
    return [_marked(each, verdicts[check_of(each)]) if each.whole else each for each in kept]


def check_of(solution: CotSolution) -> Check:
    """What has to be accepted: the head of the source, and what stands in the fences."""
    return Check(solution.challenge, solution.head + lean_of(render(solution)))


def _marked(solution: CotSolution, verdict: LeanVerdict) -> CotSolution:
    reason = None if verdict.accepted else verdict.reason or "refused"
    return replace(solution, verified=verdict.accepted, reason=reason)
