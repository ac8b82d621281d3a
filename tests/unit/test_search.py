"""What the search algorithms ask, count and stop for."""

import math

import pytest

from factory.growth import Draft
from factory.search import SearchSpec
from factory.search.baselines import BestOfN, Shepherd
from factory.search.omegaprm import OmegaPRM, puct
from factory.search.session import Budget
from schemas import ConfigError
from tests.builders_search import CountingPolicy, grown, seed

RIGHT = "a\nb\nc\nThe answer is 1."
WRONG = "a\nb\nx\ny\nThe answer is 2."  # goes wrong at its third step


def prefixes(policy: CountingPolicy) -> list[str]:
    return [request.prompt.prefix.replace("\n", "") for request in policy.asked]


def test_puct_is_the_papers() -> None:
    spec = OmegaPRM(alpha=0.5, beta=0.9, length=500, c_puct=0.125)
    state = Draft(1, 0, 1, "s", "model", visits=3, correct=1, total=4)
    expected = 0.5 ** (1 - 0.25) * 0.9 ** (250 / 500) + 0.125 * math.sqrt(9) / (1 + 3)
    assert puct(state, 250, 9, spec) == pytest.approx(expected)


def test_binary_search_asks_only_at_midpoints_and_finds_the_first_error() -> None:
    policy = CountingPolicy({"Q\n": [RIGHT, WRONG], "Q\na\nb\n": ["c\nThe answer is 1."], "Q\na\nb\nx\n": ["The answer is 2."]})
    tree = grown(policy, seed(), SearchSpec(omegaprm=OmegaPRM(k=2, searches=1)))
    assert prefixes(policy) == ["", "ab", "abx"]
    counts = {node.text: (node.correct, node.total) for node in tree.nodes}
    assert counts["b"] == (2, 2)
    assert counts["x"] == (0, 2)
    assert counts["a"] == counts["y"] == (0, 0)
    assert tree.stop == "searches"


def test_an_invalid_verdict_bounds_the_search_without_rollouts() -> None:
    wrong = "a\nx!\ny\nz\nw\nThe answer is 2."
    policy = CountingPolicy({"Q\n": [RIGHT, wrong], "Q\na\n": ["b\nc\nThe answer is 1."]})
    tree = grown(policy, seed(), SearchSpec(omegaprm=OmegaPRM(k=2, searches=1)))
    assert prefixes(policy) == ["", "a"]
    assert [n.text for n in tree.nodes if any((v.judge, v.outcome) == ("sympy", "invalid") for v in n.verdicts)] == ["x!"]


def test_human_prefixes_are_roots_and_inner_nodes_with_their_ratings() -> None:
    human = seed("a", "b", "c", "The answer is 1.", prefixes=(0, 2), ratings=(1, -1))
    policy = CountingPolicy({}, default=["q\nThe answer is 1.", "r\nThe answer is 2."])
    tree = grown(policy, human, SearchSpec(omegaprm=OmegaPRM(k=2, searches=0)))
    assert prefixes(policy) == ["", "ab"]
    assert [(n.text, n.origin, n.rating) for n in tree.nodes[1:5]] == [
        ("a", "human", 1), ("b", "human", -1), ("c", "human", None), ("The answer is 1.", "human", None)]  # fmt: skip
    assert tree.nodes[2].total == 2
    assert tree.nodes[4].outcome == "valid"


def test_a_tree_without_mixed_states_is_exhausted() -> None:
    tree = grown(CountingPolicy({}, default=[WRONG]), seed(), SearchSpec())
    assert (tree.stop, len(tree.rollouts)) == ("exhausted", 8)


@pytest.mark.parametrize(("budget", "stop"), [(Budget(rollouts=4), "rollouts"), (Budget(tokens=10), "tokens")])
def test_a_budget_ends_the_search_and_says_so(budget: Budget, stop: str) -> None:
    policy = CountingPolicy({}, default=[RIGHT, WRONG])
    tree = grown(policy, seed(), SearchSpec(budget=budget, omegaprm=OmegaPRM(k=2)))
    assert tree.stop == stop
    assert tree.usage.rollouts == len(tree.rollouts) <= 4


def test_without_a_reference_answer_nothing_is_wrong() -> None:
    tree = grown(CountingPolicy({}, default=[RIGHT, WRONG]), seed(answer=None), SearchSpec())
    assert {rollout.outcome for rollout in tree.rollouts} == {"unknown"}
    assert (tree.nodes[0].total, tree.nodes[0].undecided) == (0, 8)


def test_best_of_n_rolls_out_roots_only() -> None:
    policy = CountingPolicy({}, default=[RIGHT, WRONG])
    tree = grown(policy, seed("a", "b", prefixes=(0, 1)), SearchSpec(algorithm="best_of_n", best_of_n=BestOfN(n=4)))
    assert prefixes(policy) == ["", "a"]
    assert tree.usage.requests == 2
    assert len(tree.rollouts) == 8


def test_shepherd_rolls_out_every_inner_step_once() -> None:
    policy = CountingPolicy({"Q\n": [RIGHT, WRONG]}, default=["The answer is 1."])
    tree = grown(policy, seed(), SearchSpec(algorithm="shepherd", shepherd=Shepherd(solutions=2, k=3)))
    inner = [node for node in tree.nodes[1:] if node.answer is None]
    assert sorted(prefixes(policy)[1:]) == sorted(["a", "ab", "abc", "abx", "abxy"])
    assert all(node.total == 3 for node in inner)


def test_equal_steps_are_one_node_and_every_rollout_is_a_path() -> None:
    tree = grown(CountingPolicy({}, default=[RIGHT, WRONG]), seed(), SearchSpec(omegaprm=OmegaPRM(searches=0)))
    assert len(tree.nodes) == 1 + 4 + 3
    for rollout in tree.rollouts:
        assert rollout.tokens == sum(len(node.text.split()) for node in _path(tree, rollout.leaf))


def test_request_seeds_are_all_different() -> None:
    policy = CountingPolicy({}, default=[RIGHT, WRONG])
    grown(policy, seed("a", "b", prefixes=(0, 1, 2)), SearchSpec())
    seeds = [request.seed for request in policy.asked]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= value < 2**63 for value in seeds)


def test_a_prefix_longer_than_the_solution_is_refused() -> None:
    with pytest.raises(ConfigError, match="no prefix of 5 steps"):
        grown(CountingPolicy({}), seed("a", "b", prefixes=(5,)), SearchSpec())


def test_an_unknown_algorithm_is_refused() -> None:
    with pytest.raises(ConfigError, match="omegaprm, best_of_n, shepherd"):
        SearchSpec(algorithm="mcts")


def _path(tree: object, leaf: int) -> list:  # type: ignore[type-arg]
    nodes, node = tree.nodes, tree.nodes[leaf]  # type: ignore[attr-defined]
    path = []
    while node.parent is not None:
        path.append(node)
        node = nodes[node.parent]
    return path
