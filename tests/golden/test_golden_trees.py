"""Whole searches, written down. A change of one tie, one count or one order shows here as a readable difference.

After a change that is meant: ``python -m tests.golden.test_golden_trees`` writes the files anew; read the diff.
"""

from pathlib import Path

import pytest

from factory.doubles import Oracle, OraclePolicy, chain_seed
from factory.search import SearchSpec
from factory.search.baselines import BestOfN, Shepherd
from factory.search.omegaprm import OmegaPRM
from schemas import Seed, Tree
from tests.builders_search import CountingPolicy, grown, seed

HERE = Path(__file__).parent
TIES = {
    "Q\n": ["a\nb\nThe answer is 1.", "a\nx\nThe answer is 2.", "z\nb\nThe answer is 3.", "z\nx\nThe answer is 1."],
    "Q\na\n": ["b\nThe answer is 1.", "x\nThe answer is 2.", "x\nThe answer is 2.", "b\nThe answer is 1."],
    "Q\nz\n": ["b\nThe answer is 3.", "b\nThe answer is 3.", "x\nThe answer is 1.", "b\nThe answer is 4."],
    "Q\na\nx\n": ["The answer is 2."] * 4,
    "Q\nz\nb\n": ["The answer is 3.", "The answer is 1.", "w\nThe answer is 5.", "w\nThe answer is 5."],
}


def cases() -> dict[str, tuple[object, Seed, SearchSpec]]:
    """Name -> policy, seed, search."""
    oracle = OraclePolicy(Oracle(success=0.8, recovery=0.1))
    chain = chain_seed(7, 5, prefixes=(0, 2))
    return {
        "omegaprm_ties": (CountingPolicy(TIES), seed(), SearchSpec(omegaprm=OmegaPRM(k=4, searches=12))),
        "omegaprm_oracle": (oracle, chain, SearchSpec(omegaprm=OmegaPRM(k=4, searches=10))),
        "shepherd_oracle": (oracle, chain, SearchSpec(algorithm="shepherd", shepherd=Shepherd(solutions=2, k=3))),
        "best_of_n_oracle": (oracle, chain, SearchSpec(algorithm="best_of_n", best_of_n=BestOfN(n=6))),
    }


def written(tree: Tree) -> str:
    """A tree as text: one line per node and per rollout."""
    nodes = (
        f"node {n.index} <- {n.parent} {n.origin} N={n.visits} {n.correct}/{n.total}+{n.undecided} "
        f"{n.outcome or '-'} | {n.text}"
        for n in tree.nodes
    )
    rollouts = (f"rollout {r.start} -> {r.leaf} {r.tokens} {r.finish} {r.outcome}" for r in tree.rollouts)
    return "\n".join([f"{tree.algorithm} stopped by {tree.stop}", str(tree.usage), *nodes, *rollouts]) + "\n"


@pytest.mark.parametrize("name", cases())
def test_the_tree_is_the_one_written_down(name: str) -> None:
    policy, planted, spec = cases()[name]
    assert written(grown(policy, planted, spec)) == (HERE / f"{name}.txt").read_text(encoding="utf-8")  # type: ignore[arg-type]


if __name__ == "__main__":
    for case, (policy, planted, spec) in cases().items():
        (HERE / f"{case}.txt").write_text(written(grown(policy, planted, spec)), encoding="utf-8")  # type: ignore[arg-type]
