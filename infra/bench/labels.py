"""How good the step labels are, and what they cost, where the truth is known: arithmetic chains and the oracle policy.

Every method starts from the bare problem (no human step, no rating) and draws the same first ``k`` solutions, so that
all of them are asked about the same wrong solutions. Truth is ``Chain``'s own: a step is right where it leaves the chain
at its true value, and the first error is the first step that does not. A Monte-Carlo label asks something else, whether
the policy still gets there from here, so with ``recovery`` above 0 the two differ by design.
"""

import asyncio
import dataclasses
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from factory.doubles import Chain, Oracle, OraclePolicy, chain_seed
from factory.exports import View
from factory.labels import LabelPolicy, label_tree
from factory.policy import Sampling
from factory.prompts import Prompter, PromptSpec
from factory.search import Grower, SearchSpec, grow_tree
from factory.search.baselines import BestOfN, Shepherd
from factory.search.omegaprm import OmegaPRM
from factory.search.session import Budget
from schemas import Seed, Tree
from verifiers import Panel, PanelConfig

STEPS, K = 8, 8
METHODS = ("omegaprm", "shepherd", "best_of_n")
RECOVERY = {  # per step of the oracle: what it is called, and the figure it must be read with
    0.0065: "2% of rollouts from a first error still get there, as in the design's simulation",
    0.02: "2% per step: about 6% of rollouts from a first error still get there",
}
POLICIES = {"any right": LabelPolicy(), "2 of 8 right": LabelPolicy(threshold=0.125)}


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table: a search method, whether the arithmetic judge sits beside it, the oracle's recovery."""

    method: str
    judged: bool
    recovery: float

    @property
    def name(self) -> str:
        """As printed."""
        return self.method + (" + judge" if self.judged else "")


@dataclass(frozen=True, slots=True)
class Score:
    """Counts over trees, added with ``+``. A wrong solution is one of the first ``k``, distinct within its tree."""

    trees: int = 0
    wrong: int = 0  # solutions with a wrong final answer
    located: int = 0  # of those, the labels say which step is the first error
    hit: int = 0  # of those, it is the true one
    early: int = 0  # of those, the labels name an earlier step (the rest name a later one)
    errors: int = 0  # distinct first errors located anywhere in the trees: each is a PRM row
    steps: int = 0  # steps in the trees
    decided: int = 0  # of those, labelled correct or incorrect
    right: int = 0  # of those, as the truth has it
    searches: int = 0  # binary searches (OmegaPRM only)
    rollouts: int = 0
    tokens: int = 0

    def __add__(self, other: "Score") -> "Score":
        return Score(*(a + b for a, b in zip(dataclasses.astuple(self), dataclasses.astuple(other), strict=True)))


@dataclass(frozen=True, slots=True)
class Row:
    """A setting, its score under each of ``POLICIES`` (the same trees labelled again) and the seconds it took."""

    setting: Setting
    scores: dict[str, Score]
    wall_s: float


def bare(seed: Seed) -> Seed:
    """The seed without its human solution: the problem alone."""
    return dataclasses.replace(seed, steps=(), prefixes=(0,), first_error=None)


def step_truth(chain: Chain, steps: Sequence[str]) -> list[bool]:
    """Per step, whether it leaves the chain at the value it should have there."""
    truth = chain.truth()
    said = [int(re.findall(r"-?\d+", step)[-1]) for step in steps]
    return [value == true for value, true in zip(said, [*truth, truth[-1]], strict=False)]


def score_tree(tree: Tree, policy: LabelPolicy) -> Score:
    """Compare one tree's labels with the truth of its chain."""
    chain = Chain.parse(tree.problem.statement)
    assert chain is not None, "the label bench reads chains only"
    view = View(tree, label_tree(tree, policy), tree.problem.statement)
    nodes = tree.nodes[1:]
    decided = [node for node in nodes if view.label(node.index) != "unknown"]
    right = [node for node in decided if (view.label(node.index) == "correct") == node_truth(chain, view, node.index)]
    first = {rollout.leaf for rollout in tree.rollouts if rollout.start == 0}
    wrong = [leaf for leaf in sorted(first) if tree.nodes[leaf].outcome == "invalid"]
    gaps = [gap for leaf in wrong if (gap := error_gap(chain, view, leaf)) is not None]
    return Score(
        trees=1,
        wrong=len(wrong),
        located=len(gaps),
        hit=gaps.count(0),
        early=sum(gap < 0 for gap in gaps),
        errors=sum(view.first_wrong[node.index] == node.index and view.known[node.index] for node in nodes),
        steps=len(nodes),
        decided=len(decided),
        right=len(right),
        searches=sum(node.visits for node in tree.nodes),
        rollouts=tree.usage.rollouts,
        tokens=tree.usage.output_tokens,
    )


def node_truth(chain: Chain, view: View, index: int) -> bool:
    """Whether the step at ``index`` is right."""
    return step_truth(chain, [node.text for node in view.path(index)])[-1]


def error_gap(chain: Chain, view: View, leaf: int) -> int | None:
    """Steps between the first error by the labels and the true one (negative: named too early); ``None`` where the
    labels do not say: a step before it is undecided, which is also when no PRM row is exported."""
    named = view.first_wrong[leaf]
    if named is None or not view.known[named]:
        return None
    return view.tree.nodes[named].depth - 1 - chain.first_error([node.text for node in view.path(leaf)])


def search_spec(method: str) -> SearchSpec:
    """The method at the bench's settings, with no budget in the way."""
    return SearchSpec(
        algorithm=method,
        budget=Budget(rollouts=1_000_000, tokens=1_000_000_000),
        omegaprm=OmegaPRM(k=K),
        best_of_n=BestOfN(n=K),
        shepherd=Shepherd(solutions=K, k=K),
    )


async def grow_chains(setting: Setting, numbers: Iterable[int]) -> list[Tree]:
    """The trees of the numbered chains under a setting. The final answers are always judged by the real panel."""
    async with Panel(PanelConfig(judges=("sympy",) if setting.judged else ())) as panel:
        grower = Grower(
            policy=OraclePolicy(Oracle(success=0.9, recovery=setting.recovery, slips=0.5)),
            judge=panel,
            prompter=Prompter(PromptSpec()),
            sampling=Sampling(),
            search=search_spec(setting.method),
        )
        room = asyncio.Semaphore(16)

        async def one(number: int) -> Tree:
            async with room:
                return await grow_tree(grower, bare(chain_seed(number, STEPS)))

        return list(await asyncio.gather(*(one(number) for number in numbers)))


def bench_labels(problems: int) -> list[Row]:
    """Every method with and without the arithmetic judge, on chains 0 to ``problems - 1``."""
    return [
        run_setting(Setting(method, judged, recovery), problems)
        for recovery in RECOVERY
        for method in METHODS
        for judged in (False, True)
    ]


def run_setting(setting: Setting, problems: int) -> Row:
    """Grow once, label under every policy, score."""
    began = time.monotonic()
    trees = asyncio.run(grow_chains(setting, range(problems)))
    scores = {name: sum((score_tree(tree, policy) for tree in trees), Score()) for name, policy in POLICIES.items()}
    return Row(setting, scores, time.monotonic() - began)
