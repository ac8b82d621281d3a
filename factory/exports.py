"""Labelled trees to training rows: SFT, DPO and PRM. Pure, and the same for every label policy."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from factory.labels import LabelPolicy, label_tree
from factory.prompts import Prompter
from factory.steps import join_steps, prefix_text
from schemas import DPORow, Message, Node, PRMRow, Reject, SFTRow, StepLabel, StepPairRow, Tree

_RECOVERY = re.compile(r"\b(wait|hold on|that(?: is|'s) (?:not right|wrong)|mistake|let me correct)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ExportSpec:
    """The ``[export]`` table of a recipe: how many rows a tree may give, and which."""

    sft_per_tree: int = 2  # the right solutions with the best mean step value (rStar-Math, arXiv 2501.04519)
    sft_human: bool = False  # also solutions written wholly by a human
    dpo_per_tree: int = 8  # the pairs with the largest margin
    dpo_min_margin: float = 0.0
    step_pairs: bool = False  # also the step-level form, kind "dpo_step"
    prm_per_tree: int = 32
    template: str = "plain"  # of the question in the rows; the search prompt may hold worked examples, these should not


@dataclass(slots=True)
class View:
    """A labelled tree with the look-ups every export needs, built once per tree."""

    tree: Tree
    labels: tuple[StepLabel, ...]
    question: str
    children: list[list[int]] = field(init=False)
    first_wrong: list[int | None] = field(init=False)  # per node: first incorrect step on its path, itself included
    known: list[bool] = field(init=False)  # per node: every step before it on its path is labelled correct

    def __post_init__(self) -> None:
        self.children = [[] for _ in self.tree.nodes]
        self.first_wrong = [None] * len(self.tree.nodes)
        self.known = [True] * len(self.tree.nodes)
        for node in self.tree.nodes[1:]:
            parent = node.parent or 0
            self.children[parent].append(node.index)
            wrong = self.label(node.index) == "incorrect"
            above = self.first_wrong[parent]
            self.first_wrong[node.index] = above if above is not None else node.index if wrong else None
            self.known[node.index] = self.known[parent] and (parent == 0 or self.label(parent) == "correct")

    def label(self, index: int) -> str:
        """The label of node ``index`` (not the root)."""
        return self.labels[index - 1].label

    def path(self, index: int) -> list[Node]:
        """The nodes from the first step to ``index``."""
        steps: list[Node] = []
        node = self.tree.nodes[index]
        while node.parent is not None:
            steps.append(node)
            node = self.tree.nodes[node.parent]
        return steps[::-1]

    def text(self, index: int) -> str:
        """The solution that ends at ``index``."""
        return join_steps([node.text for node in self.path(index)])

    def provenance(self) -> dict[str, Any]:
        """The columns every example row carries."""
        problem = self.tree.problem
        return {"tree": self.tree.id, "problem": problem.id, "source": problem.source, "licence": problem.licence}


Rows = dict[str, list[Any]]


def export_tree(tree: Tree, policy: LabelPolicy, spec: ExportSpec, prompter: Prompter) -> Rows:
    """Rows by kind: ``labels``, ``sft``, ``dpo``, ``prm``, ``dpo_step`` where asked for, and a ``rejects`` row for each
    of the kinds this tree gives nothing to, so that trees = trees with rows + rejects for every kind."""
    view = View(tree, label_tree(tree, policy), prompter.question(tree.problem))
    makers: dict[str, Callable[[View, ExportSpec], list[Any]]] = {"sft": sft_rows, "dpo": dpo_rows, "prm": prm_rows}
    if spec.step_pairs:
        makers["dpo_step"] = step_pair_rows
    rows: Rows = {kind: make(view, spec) for kind, make in makers.items()}
    rows["rejects"] = [_reject(view, kind) for kind in makers if not rows[kind]]
    rows["labels"] = list(view.labels)
    return rows


def sft_rows(view: View, spec: ExportSpec) -> list[SFTRow]:
    """The best right solutions: answered rightly, and every incorrect step noticed and mended by a later one."""
    given = _human_steps(view)
    ends = [node for node in view.tree.nodes[1:] if node.outcome == "valid" and _clean(view, view.path(node.index))]
    if not spec.sft_human:
        ends = [node for node in ends if node.index in given]
    scored = sorted((-(_score(view, node.index) or 0.0), node.index) for node in ends)
    return [_sft(view, index, given.get(index)) for _, index in scored[: spec.sft_per_tree]]


def dpo_rows(view: View, spec: ExportSpec) -> list[DPORow]:
    """Pairs of full solutions that part at one step: a correct sibling against an incorrect one."""
    rows = []
    for good, bad, margin, reason in _pairs(view, spec):
        chosen, rejected = _end(view, good, "valid"), _end(view, bad, "invalid")
        if chosen is None or rejected is None:
            continue
        above = [node.text for node in view.path(good)[:-1]]
        rows.append(
            DPORow(
                prompt=(Message("user", view.question),),
                chosen=(Message("assistant", view.text(chosen)),),
                rejected=(Message("assistant", view.text(rejected)),),
                shared_prefix=prefix_text(above),
                shared_steps=len(above),
                margin=margin,
                reason=reason,
                chosen_node=chosen,
                rejected_node=rejected,
                **view.provenance(),
            )
        )
    return rows[: spec.dpo_per_tree]


def step_pair_rows(view: View, spec: ExportSpec) -> list[StepPairRow]:
    """The same siblings, one step each, after problem and shared prefix (Step-DPO)."""
    return [
        StepPairRow(
            prompt=view.question + "\n" + prefix_text([node.text for node in view.path(good)[:-1]]),
            chosen=view.tree.nodes[good].text,
            rejected=view.tree.nodes[bad].text,
            margin=margin,
            reason=reason,
            chosen_node=good,
            rejected_node=bad,
            **view.provenance(),
        )
        for good, bad, margin, reason in _pairs(view, spec)[: spec.dpo_per_tree]
    ]


def prm_rows(view: View, spec: ExportSpec) -> list[PRMRow]:
    """One row per located first error (the steps up to it) and per right solution whose steps are all correct. A path
    with an undecided step before its end gives none: a boolean label may not be guessed."""
    nodes = view.tree.nodes[1:]
    errors = [n.index for n in nodes if view.known[n.index] and view.label(n.index) == "incorrect"]
    right = [
        n.index for n in nodes if view.known[n.index] and n.outcome == "valid" and view.label(n.index) == "correct"
    ]
    half = spec.prm_per_tree // 2
    room_for_errors = max(half, spec.prm_per_tree - len(right))
    kept_errors = errors[:room_for_errors]
    return [_prm(view, index) for index in sorted(kept_errors + right[: spec.prm_per_tree - len(kept_errors)])]


def _human_steps(view: View) -> dict[int, int]:
    """Per node at which a rollout ends, how many leading steps a human gave to the rollout that was given the fewest: a
    step that the model found by itself is the model's, though a human wrote the same."""
    given: dict[int, int] = {}
    for rollout in view.tree.rollouts:
        prefix = view.path(rollout.start)
        human = next((i for i, node in enumerate(prefix) if node.origin != "human"), len(prefix))
        given[rollout.leaf] = min(human, given.get(rollout.leaf, human))
    return given


def _sft(view: View, index: int, given: int | None) -> SFTRow:
    path = view.path(index)
    human = len(path) if given is None else given
    return SFTRow(
        messages=(Message("user", view.question), Message("assistant", view.text(index))),
        human_prefix=prefix_text([node.text for node in path[:human]]),
        human_steps=human,
        steps=len(path),
        recovers=view.first_wrong[index] is not None or any(_RECOVERY.search(node.text) for node in path),
        score=_score(view, index),
        answer=path[-1].answer,
        node=index,
        **view.provenance(),
    )


def _prm(view: View, index: int) -> PRMRow:
    path = view.path(index)
    labels = [view.labels[node.index - 1] for node in path]
    wrong = labels[-1].label == "incorrect"
    return PRMRow(
        prompt=view.question,
        completions=tuple(node.text for node in path),
        labels=tuple(label.label == "correct" for label in labels),
        soft_labels=tuple(label.soft for label in labels),
        correct=tuple(label.correct for label in labels),
        total=tuple(label.total for label in labels),
        human_ratings=tuple(label.rating for label in labels),
        decided_by=tuple(label.decided_by for label in labels),
        first_error=len(path) - 1 if wrong else -1,
        evidence=labels[-1].evidence if wrong else None,
        node=index,
        **view.provenance(),
    )


Pair = tuple[int, int, float, str]  # correct sibling, incorrect sibling, margin, reason


def _pairs(view: View, spec: ExportSpec) -> list[Pair]:
    """Sibling pairs below a wholly correct prefix, the largest margin first, the oldest first among equals."""
    found: list[Pair] = []
    for siblings in view.children:
        good = [i for i in siblings if view.known[i] and view.label(i) == "correct"]
        bad = [i for i in siblings if view.known[i] and view.label(i) == "incorrect"]
        found += [
            (g, b, *_margin(view, g, b)) for g, b in zip(_by_soft(view, good)[::-1], _by_soft(view, bad), strict=False)
        ]
    kept = [pair for pair in found if pair[2] >= spec.dpo_min_margin]
    return sorted(kept, key=lambda pair: (-pair[2], pair[0], pair[1]))


def _by_soft(view: View, nodes: Sequence[int]) -> list[int]:
    """Nodes by rising soft value, then by age."""
    return sorted(nodes, key=lambda i: (view.labels[i - 1].soft or 0.0, i))


def _margin(view: View, good: int, bad: int) -> tuple[float, str]:
    better, worse = view.labels[good - 1], view.labels[bad - 1]
    reason = f"step {better.depth}: chosen is correct by {better.decided_by} ({better.evidence}); "
    reason += f"rejected is incorrect by {worse.decided_by} ({worse.evidence})"
    if worse.decided_by != "rollouts" or better.soft is None or worse.soft is None:
        return 1.0, reason
    return better.soft - worse.soft, reason


def _end(view: View, start: int, outcome: str) -> int | None:
    """The nearest finished solution through ``start`` with this outcome, the oldest of equals; a right one must be free
    of incorrect steps."""
    level = [start]
    while level:
        for index in level:
            if view.tree.nodes[index].outcome == outcome:
                return index
        level = [c for i in level for c in view.children[i] if outcome == "invalid" or view.label(c) != "incorrect"]
    return None


def _clean(view: View, path: Sequence[Node]) -> bool:
    """Whether every incorrect step is followed by one that notices it."""
    wrong = [i for i, node in enumerate(path) if view.label(node.index) == "incorrect"]
    return not wrong or any(_RECOVERY.search(node.text) for node in path[wrong[-1] + 1 :])


def _score(view: View, index: int) -> float | None:
    values = [soft for node in view.path(index) if (soft := view.labels[node.index - 1].soft) is not None]
    return sum(values) / len(values) if values else None


_WHY = {"sft": "no_right_solution", "dpo": "no_sibling_pair", "dpo_step": "no_sibling_pair", "prm": "no_decided_path"}


def _reject(view: View, kind: str) -> Reject:
    right = sum(rollout.outcome == "valid" for rollout in view.tree.rollouts)
    detail = f"{len(view.tree.nodes) - 1} steps, {right} of {len(view.tree.rollouts)} rollouts right"
    return Reject("export", f"{view.tree.id}/{kind}", _WHY[kind], detail, "")


def merge_rows(parts: Iterable[Rows]) -> Rows:
    """Rows of many trees, in tree order."""
    merged: Rows = {}
    for part in parts:
        for kind, rows in part.items():
            merged.setdefault(kind, []).extend(rows)
    return merged
