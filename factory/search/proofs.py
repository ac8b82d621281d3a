"""Proof search beside the tree (domain ``lean``): what is dead, what is the same, and where a proof is done.

All that is known of a state is Lean's verdict on the step that leads to it (judge ``lean``): ``valid`` with the goals
left as evidence and the reason ``proved``, ``open`` or ``no_progress``; ``invalid``; or ``unknown``.

- A state is searched only where Lean has run every step that leads to it and goals are left. What is refuted is dead: no
  rollout starts at the first error or behind it.
- Two nodes that leave the same goals, as Lean prints them, are one state. The later one is marked by a verdict of the
  judge ``search`` (reason ``merged``), rollouts asked from it start at the first, and it has the first one's value. A
  tactic that changes nothing is the same state as the node above it: a dead end, but not an error.
- A rollout ends where no goal is left, whatever the policy says after that. It is right where Lean accepts the whole
  proof, wrong where Lean refutes a step or the policy stops with goals left, and else tells nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from factory.growth import Draft, Growth
from factory.policy import Completion
from factory.steps import join_steps, split_steps
from schemas import Verdict
from schemas.records import Outcome

JUDGE = "lean"
MERGED = "merged"


@dataclass(slots=True)
class Proofs:
    """What one tree's search knows of its proof states."""

    growth: Growth
    _first: dict[str, int] = field(default_factory=dict)  # goals -> the first node that leaves them

    def searched(self, starts: Iterable[int]) -> list[int]:
        """The states behind ``starts`` that are worth a rollout, each once."""
        states = (self.growth.state(start).index for start in starts)
        return [state for state in dict.fromkeys(states) if self._is_open(state)]

    def goals(self, index: int) -> str:
        """What is left to prove at a node; "" at the root, where it is the statement itself."""
        verdict = said(self.growth.nodes[index].verdicts)
        return (verdict.evidence or "") if verdict and verdict.outcome == "valid" else ""

    def contexts(self, start: int, completion: Completion) -> list[tuple[str, ...]]:
        """The proofs that end at each step of a completion. One that was cut off loses its last step: half a tactic."""
        steps = split_steps(completion.text, "lean")
        steps = steps[:-1] if completion.finish == "length" else steps
        above = self.growth.texts(start)
        return [(*above, *steps[: i + 1]) for i in range(len(steps))]

    def length(self, verdicts: Sequence[Sequence[Verdict]]) -> int:
        """How many of a completion's steps count: up to the one that leaves no goal."""
        proved = (i + 1 for i, each in enumerate(verdicts) if is_proved(each))
        return next(proved, len(verdicts))

    def enter(self, fresh: Sequence[Draft]) -> None:
        """Take in nodes that have just been judged: finished proofs get their answer, equal states are merged."""
        for node in fresh:
            verdict = said(node.verdicts)
            if is_proved(node.verdicts):
                node.answer = join_steps(self.growth.texts(node.index))
            elif verdict is not None and verdict.outcome == "valid":
                self._merge(node, verdict)

    def close(self, leaf: int) -> None:
        """Where a solution ends behind a step that Lean refuted, it is a wrong proof."""
        node = self.growth.nodes[leaf]
        if any(_outcome(each) == "invalid" for each in self.growth.path(leaf)):
            node.answer, node.outcome = join_steps(self.growth.texts(leaf)), "invalid"

    def outcome(self, leaf: int, completion: Completion) -> Outcome:
        """Of a rollout; a failure of ours, a cut-off or silence tells nothing."""
        node = self.growth.nodes[leaf]
        if node.outcome is not None:
            return node.outcome
        stopped = completion.finish == "stop" and _outcome(node) == "valid"
        return "invalid" if stopped else "unknown"

    def _is_open(self, index: int) -> bool:
        node = self.growth.nodes[index]
        return not index or (_outcome(node) == "valid" and not is_proved(node.verdicts))

    def _merge(self, node: Draft, verdict: Verdict) -> None:
        above = self.growth.state(node.parent or 0).index
        unchanged = verdict.reason == "no_progress"
        first = above if unchanged else self._first.setdefault(verdict.evidence or "", node.index)
        if first != node.index:
            self.growth.same[node.index] = first
            node.verdicts += (
                Verdict("unknown", "search", "1", MERGED, None, None, None, f"same state as node {first}"),
            )


def said(verdicts: Iterable[Verdict]) -> Verdict | None:
    """Lean's verdict on the step."""
    return next((verdict for verdict in verdicts if verdict.judge == JUDGE), None)


def is_proved(verdicts: Iterable[Verdict]) -> bool:
    """Whether Lean runs the step and no goal is left."""
    verdict = said(verdicts)
    return verdict is not None and verdict.outcome == "valid" and verdict.reason == "proved"


def _outcome(node: Draft) -> Outcome | None:
    verdict = said(node.verdicts)
    return verdict.outcome if verdict else None
