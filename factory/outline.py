"""Which part of a tree to show, and how it hangs together. Shared by the terminal and the page."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from schemas import Node, Rollout, Tree


@dataclass(frozen=True, slots=True)
class Tally:
    """Rollouts counted by their outcome."""

    valid: int
    invalid: int
    unknown: int

    @property
    def all(self) -> int:
        """How many in all."""
        return self.valid + self.invalid + self.unknown


@dataclass(frozen=True, slots=True)
class Branch:
    """A run of steps without a fork, then its forks. ``below`` counts every rollout that passes ``nodes[0]``;
    ``hidden`` those that end below ``nodes[-1]`` in steps that are left out."""

    nodes: tuple[Node, ...]
    forks: tuple["Branch", ...]
    below: Tally
    hidden: Tally


@dataclass(frozen=True, slots=True)
class Outline:
    """``trunk`` starts at the root; ``shown`` of ``steps`` steps are in it; ``arrivals`` counts rollouts per leaf."""

    trunk: Branch
    shown: int
    steps: int
    tally: Tally
    arrivals: dict[int, int]


def outline(tree: Tree, max_nodes: int) -> Outline:
    """The most telling part of ``tree``: at most ``max_nodes`` steps beside the root, each with all its ancestors.
    Human steps come first, then search states, then a right and a wrong end, refuted steps, and the rest."""
    shown = _choose(tree, max_nodes)
    children: dict[int, list[int]] = defaultdict(list)
    for index in sorted(shown - {0}):
        children[tree.nodes[index].parent or 0].append(index)
    passing, hidden = _tallies(tree, shown)
    arrivals = Counter(rollout.leaf for rollout in tree.rollouts)
    trunk = _branch(tree, children, passing, hidden)
    return Outline(trunk, len(shown) - 1, len(tree.nodes) - 1, tally(tree.rollouts), dict(arrivals))


def tally(rollouts: Iterable[Rollout]) -> Tally:
    """The rollouts by outcome."""
    return _tally(Counter(rollout.outcome for rollout in rollouts))


def _choose(tree: Tree, max_nodes: int) -> set[int]:
    shown, ends = {0}, _first_ends(tree)
    for node in sorted(tree.nodes[1:], key=lambda node: (_tier(node, ends), node.index)):
        path = _path(tree, node.index, shown)
        if len(shown) + len(path) <= max_nodes + 1:
            shown.update(path)
    return shown


def _tier(node: Node, ends: set[int]) -> int:
    if node.origin == "human":
        return 0
    if node.total + node.undecided:
        return 1
    if node.index in ends:
        return 2
    return 3 if any(verdict.outcome == "invalid" for verdict in node.verdicts) else 4


def _first_ends(tree: Tree) -> set[int]:
    ends: dict[str, int] = {}
    for rollout in tree.rollouts:
        ends.setdefault(rollout.outcome, rollout.leaf)
    return set(ends.values())


def _path(tree: Tree, index: int, known: set[int]) -> list[int]:
    """``index`` and its ancestors that are not ``known`` yet."""
    path: list[int] = []
    while index not in known:
        path.append(index)
        index = tree.nodes[index].parent or 0
    return path


def _tallies(tree: Tree, shown: set[int]) -> tuple[dict[int, Counter[str]], dict[int, Counter[str]]]:
    """Per shown node: outcomes of the rollouts that pass it, and of those that end out of sight right below it."""
    passing: dict[int, Counter[str]] = defaultdict(Counter)
    hidden: dict[int, Counter[str]] = defaultdict(Counter)
    for rollout in tree.rollouts:
        at: int | None = rollout.leaf
        while at is not None and at not in shown:
            at = tree.nodes[at].parent
        if at is not None and at != rollout.leaf:
            hidden[at][rollout.outcome] += 1
        while at is not None:
            passing[at][rollout.outcome] += 1
            at = tree.nodes[at].parent
    return passing, hidden


def _branch(
    tree: Tree,
    children: dict[int, list[int]],
    passing: dict[int, Counter[str]],
    hidden: dict[int, Counter[str]],
    start: int = 0,
) -> Branch:
    run = [start]
    while len(children[run[-1]]) == 1 and not hidden[run[-1]].total():
        run.append(children[run[-1]][0])
    forks = tuple(_branch(tree, children, passing, hidden, child) for child in children[run[-1]])
    nodes = tuple(tree.nodes[index] for index in run)
    return Branch(nodes, forks, _tally(passing[start]), _tally(hidden[run[-1]]))


def _tally(counts: Counter[str]) -> Tally:
    return Tally(counts["valid"], counts["invalid"], counts["unknown"])
