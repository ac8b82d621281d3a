"""Fusing evidence into step labels. Pure: a tree and a policy in, labels out, so any policy can be tried again later."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from schemas import ConfigError, Node, StepLabel, Tree, Verdict
from schemas.records import Label

JUDGES = ("lean", "python", "sympy")  # the most trusted first; judges of other names come behind them
SOURCES = ("human", "judges", "rollouts", "answer")


@dataclass(frozen=True, slots=True)
class LabelPolicy:
    """The ``[labels]`` table of a recipe. The first source of ``precedence`` that has an opinion decides.

    ========== ================================== =================================== ===================================
    source     incorrect                          correct                             no opinion
    ========== ================================== =================================== ===================================
    human      rated -1                           rated +1, or 0 if                   not rated
                                                  ``neutral_is_correct``
    judges     one of them says ``invalid``       never; in domain ``lean``, where    ``valid`` (true arithmetic can be
                                                  Lean says ``valid``: the proof so   beside the point), ``unknown``
                                                  far is sound, whether or not it
                                                  leads anywhere (``soft`` tells)
    rollouts   of ``min_rollouts`` decided ones,  more than that are right, or,       too few decided, none right through
               ``threshold`` or fewer are right   with too few, a right one passes
    answer     the solution's answer is wrong     it is right                         not the end of a solution, undecided
    ========== ================================== =================================== ===================================

    ``judges`` stands for all that are not named themselves, in the order of ``JUDGES``; each judge can be named instead:
    ``["human", "lean", "rollouts", "judges"]`` lets rollouts overrule all but Lean. A source left out is not asked. With
    ``threshold`` 0.0 (Math-Shepherd's hard label) rollouts contradict themselves where none from here is right, yet one
    passes through: unknown.

    ``disagreement`` is set where two sources that were asked say correct and incorrect, whoever decides, where the
    rollouts contradict themselves, and where one judge says ``valid`` and another ``invalid``. ``unknown`` is nobody's
    opinion and contradicts nothing.
    """

    name: str = "default"
    precedence: tuple[str, ...] = SOURCES
    threshold: float = 0.0
    min_rollouts: int = 4
    neutral_is_correct: bool = True

    def __post_init__(self) -> None:
        known = (*SOURCES, *JUDGES)
        unknown = [source for source in self.precedence if source not in known]
        if unknown:
            raise ConfigError(f"[labels] precedence names {unknown[0]!r}; the sources are {', '.join(known)}.")


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one source says of one node, and on what ground."""

    label: Label
    by: str
    evidence: str | None


def label_tree(tree: Tree, policy: LabelPolicy) -> tuple[StepLabel, ...]:
    """One label per step, in node order (node ``i`` is at position ``i - 1``: the root has no step)."""
    reached = rollouts_through(tree)
    return tuple(label_node(tree, node, reached[node.index], policy) for node in tree.nodes[1:])


def label_node(tree: Tree, node: Node, reached: int, policy: LabelPolicy) -> StepLabel:
    """Fuse what is known of one node. ``reached`` is how many right rollouts pass through it."""
    asked = _asked(node, policy)
    sources: dict[str, Callable[[], Opinion | None]] = {
        "human": lambda: _human(node, policy),
        "rollouts": lambda: _rollouts(node, reached, policy),
        "answer": lambda: _answer(node),
        **{name: partial(_judge, verdicts, tree.problem.domain == "lean") for name, verdicts in asked.items()},
    }
    opinions = [opinion for source in policy.precedence if (opinion := sources[source]()) is not None]
    decided = opinions[0] if opinions else Opinion("unknown", "none", None)
    labels = {opinion.label for opinion in opinions}
    low, high = wilson(node.correct, node.total)
    return StepLabel(
        tree=tree.id,
        node=node.index,
        parent=node.parent or 0,
        depth=node.depth,
        text=node.text,
        label=decided.label,
        decided_by=decided.by,
        policy=policy.name,
        disagreement=len(labels) > 1 or "unknown" in labels or _contradict(asked),  # no opinion says nothing at all
        correct=node.correct,
        total=node.total,
        soft=node.value,
        low=low,
        high=high,
        rating=node.rating,
        judges=tuple(f"{verdict.judge}:{verdict.outcome}" for verdict in node.verdicts),
        evidence=decided.evidence,
    )


def rollouts_through(tree: Tree) -> list[int]:
    """Per node, the right rollouts whose path holds it, at, before or after the node they started from."""
    reached = [0] * len(tree.nodes)
    for rollout in tree.rollouts:
        node: int | None = rollout.leaf if rollout.outcome == "valid" else None
        while node is not None:
            reached[node] += 1
            node = tree.nodes[node].parent
    return reached


def wilson(correct: int, total: int, z: float = 1.96) -> tuple[float | None, float | None]:
    """Wilson's 95% score interval for a proportion (Wilson 1927); ``(None, None)`` where nothing was counted."""
    if not total:
        return None, None
    p = correct / total
    scale = 1 + z * z / total
    middle = (p + z * z / (2 * total)) / scale
    half = z / scale * math.sqrt(p * (1 - p) / total + z * z / (4 * total * total))
    return (middle - half if correct else 0.0), (middle + half if correct < total else 1.0)


def _human(node: Node, policy: LabelPolicy) -> Opinion | None:
    if node.rating is None:
        return None
    if node.rating == 0 and not policy.neutral_is_correct:
        return None
    return Opinion("incorrect" if node.rating < 0 else "correct", "human", f"rated {node.rating:+d} by a human")


def _asked(node: Node, policy: LabelPolicy) -> dict[str, list[Verdict]]:
    """The verdicts on the step, by the source of ``policy.precedence`` that they belong to, the most trusted first."""
    asked: dict[str, list[Verdict]] = {name: [] for name in policy.precedence if name in ("judges", *JUDGES)}
    rank = {name: i for i, name in enumerate(JUDGES)}
    for verdict in sorted(node.verdicts, key=lambda verdict: rank.get(verdict.judge, len(JUDGES))):
        source = verdict.judge if verdict.judge in asked else "judges"
        if source in asked and verdict.judge != "answer":  # of the final answer, not of the step
            asked[source].append(verdict)
    return asked


def _judge(verdicts: Sequence[Verdict], formal: bool) -> Opinion | None:
    wrong = next((verdict for verdict in verdicts if verdict.outcome == "invalid"), None)
    if wrong:
        return Opinion("incorrect", wrong.judge, wrong.evidence)
    sound = next((verdict for verdict in verdicts if (verdict.judge, verdict.outcome) == ("lean", "valid")), None)
    return Opinion("correct", sound.judge, f"Lean runs it: {sound.reason}") if formal and sound else None


def _contradict(asked: Mapping[str, Sequence[Verdict]]) -> bool:
    """Whether one judge calls the step valid and another invalid."""
    said = {(verdict.outcome, verdict.judge) for verdicts in asked.values() for verdict in verdicts}
    valid = {judge for outcome, judge in said if outcome == "valid"}
    invalid = {judge for outcome, judge in said if outcome == "invalid"}
    return bool(valid and invalid) and len(valid | invalid) > 1


def _rollouts(node: Node, reached: int, policy: LabelPolicy) -> Opinion | None:
    own = f"{node.correct} of {node.total} rollouts from here are right"
    through = f"{reached} right rollouts pass through here"
    counted, hard = node.total >= policy.min_rollouts, policy.threshold == 0
    if counted and node.correct > policy.threshold * node.total:
        return Opinion("correct", "rollouts", own)
    if counted and reached and hard:
        return Opinion("unknown", "rollouts", f"{own}, yet {through}")
    if counted:
        return Opinion("incorrect", "rollouts", own)
    return Opinion("correct", "rollouts", through) if reached and hard else None


def _answer(node: Node) -> Opinion | None:
    if node.outcome not in ("valid", "invalid"):
        return None
    label: Label = "correct" if node.outcome == "valid" else "incorrect"
    return Opinion(label, "answer", f"the final answer is {node.answer}")
