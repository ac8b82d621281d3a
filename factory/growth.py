"""A tree while it grows: a trie of steps plus the rollouts that made it. Pure bookkeeping, no model, no judge."""

from dataclasses import dataclass, field

from factory.policy import Completion
from factory.steps import final_answer, join_steps, split_steps
from schemas import Node, Rollout, Seed, Verdict
from schemas.records import Origin, Outcome


@dataclass(slots=True)
class Draft:
    """A node that may still change. Fields as in ``schemas.Node``."""

    index: int
    parent: int | None
    depth: int
    text: str
    origin: Origin
    rating: int | None = None
    action: str | None = None
    tokens: int | None = None
    logprob: float | None = None
    visits: int = 0
    correct: int = 0
    total: int = 0
    undecided: int = 0
    answer: str | None = None
    outcome: Outcome | None = None
    verdicts: tuple[Verdict, ...] = ()

    @property
    def value(self) -> float | None:
        """MC(s) = correct / total (OmegaPRM, arXiv 2406.06592, eq. 1)."""
        return self.correct / self.total if self.total else None

    def freeze(self, value: float | None) -> Node:
        """The record."""
        return Node(value=value, **{name: getattr(self, name) for name in Draft.__slots__})


@dataclass(slots=True)
class Growth:
    """Nodes in creation order, node 0 the bare problem. The human solution is planted first. ``same`` says of a node
    whose state is that of an earlier one, which; it is not searched, and has the earlier one's value."""

    seed: Seed
    nodes: list[Draft] = field(default_factory=list)
    rollouts: list[Rollout] = field(default_factory=list)
    human: list[int] = field(default_factory=list)  # node of each human step; human[0] is the root
    same: dict[int, int] = field(default_factory=dict)
    _children: dict[tuple[int, str], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.nodes.append(Draft(0, None, 0, "", "human"))
        self.human.append(0)
        for step in self.seed.steps:
            parent = self.human[-1]
            for other in step.alternatives:
                self.add(parent, other.text, "human").rating = other.rating
            node = self.add(parent, step.text, "human")
            node.rating, node.action = step.rating, step.action
            self.human.append(node.index)
        if self.seed.steps:
            self._finish(self.human[-1])

    def add(self, parent: int, text: str, origin: Origin) -> Draft:
        """The child of ``parent`` with this text, made if new."""
        known = self._children.get((parent, text))
        if known is not None:
            return self.nodes[known]
        node = Draft(len(self.nodes), parent, self.nodes[parent].depth + 1, text, origin)
        self.nodes.append(node)
        self._children[parent, text] = node.index
        return node

    def state(self, index: int) -> Draft:
        """The node that is searched in the place of ``index``: itself, unless an earlier one is the same."""
        return self.nodes[self.same.get(index, index)]

    def path(self, index: int) -> list[Draft]:
        """The nodes from the first step down to ``index``, root excluded."""
        steps: list[Draft] = []
        node = self.nodes[index]
        while node.parent is not None:
            steps.append(node)
            node = self.nodes[node.parent]
        return steps[::-1]

    def texts(self, index: int) -> tuple[str, ...]:
        """The step texts of ``path(index)``."""
        return tuple(node.text for node in self.path(index))

    def graft(self, start: int, completion: Completion, most: int | None = None) -> int:
        """Add a completion's steps, or the first ``most`` of them, below ``start`` and return its leaf (``start`` itself
        if it said nothing)."""
        leaf = start
        at = 0
        for text in split_steps(completion.text, self.seed.problem.domain)[:most]:
            found = completion.text.find(text.split("\n", 1)[0], at)
            at, begin = max(found, at) + len(text), at
            fresh = len(self.nodes)
            node = self.add(leaf, text, "model")
            if node.index == fresh:
                node.tokens, node.logprob = _share(completion, begin, at)
            leaf = node.index
        self._finish(leaf)
        return leaf

    def _finish(self, leaf: int) -> None:
        answer = final_answer(join_steps(self.texts(leaf)), self.seed.problem.domain)
        if answer is not None:
            self.nodes[leaf].answer = answer

    def record(self, rollout: Rollout) -> None:
        """Count a judged rollout at the node it started from."""
        self.rollouts.append(rollout)
        start = self.nodes[rollout.start]
        start.correct += rollout.outcome == "valid"
        start.total += rollout.outcome != "unknown"
        start.undecided += rollout.outcome == "unknown"

    def freeze(self) -> tuple[Node, ...]:
        """The finished nodes."""
        return tuple(node.freeze(self.state(node.index).value) for node in self.nodes)


def _share(completion: Completion, begin: int, end: int) -> tuple[int | None, float | None]:
    """Tokens and log-probability of the tokens that end in ``(begin, end]``; ``None`` without offsets."""
    inside = [i for i, at in enumerate(completion.ends) if begin < at <= end]
    if not completion.ends:
        return None, None
    return len(inside), sum(completion.logprobs[i] for i in inside) if completion.logprobs else None
