"""Fusing: who decides, who disagrees, and what no one can say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.labels import LabelPolicy, label_tree, wilson
from factory.search import SearchSpec
from factory.search.omegaprm import OmegaPRM
from schemas import ConfigError, StepLabel
from tests.builders_search import CountingPolicy, grown, seed

RIGHT = "a\nb\nThe answer is 1."
WRONG = "a\nx\nThe answer is 2."


def labelled(policy: LabelPolicy, human: tuple[str, ...] = (), ratings: tuple[int | None, ...] = ()) -> dict[str, StepLabel]:
    """Labels by step text of one small mixed tree, in which "x" is always fatal."""
    script = {"Q\n": [RIGHT, WRONG, RIGHT, WRONG], "Q\na\n": [RIGHT[2:]] * 4, "Q\na\nx\n": ["The answer is 2."] * 4}
    planted = seed(*human, ratings=ratings)
    tree = grown(CountingPolicy(script), planted, SearchSpec(omegaprm=OmegaPRM(k=4)))
    return {label.text: label for label in label_tree(tree, policy)}


def test_rollouts_decide_and_the_raw_counts_stay() -> None:
    labels = labelled(LabelPolicy())
    assert (labels["a"].label, labels["a"].decided_by) == ("correct", "rollouts")
    assert (labels["x"].label, labels["x"].correct, labels["x"].total) == ("incorrect", 0, 4)
    assert labels["x"].evidence == "0 of 4 rollouts from here are right"
    assert (labels["b"].label, labels["b"].total) == ("correct", 0)  # right rollouts pass through it


def test_a_human_rating_comes_first_and_the_disagreement_is_kept() -> None:
    labels = labelled(LabelPolicy(), human=("a", "b", "The answer is 1."), ratings=(-1,))
    assert (labels["a"].label, labels["a"].decided_by, labels["a"].disagreement) == ("incorrect", "human", True)
    other = labelled(LabelPolicy(precedence=("rollouts", "human")), human=("a", "b", "The answer is 1."), ratings=(-1,))
    assert (other["a"].label, other["a"].disagreement) == ("correct", True)


@pytest.mark.parametrize(("neutral", "by"), [(True, "human"), (False, "rollouts")])
def test_a_neutral_rating_counts_as_the_policy_says(neutral: bool, by: str) -> None:
    policy = LabelPolicy(neutral_is_correct=neutral)
    assert labelled(policy, human=("a", "b", "The answer is 1."), ratings=(0,))["a"].decided_by == by


def test_too_few_rollouts_decide_nothing_by_themselves() -> None:
    assert labelled(LabelPolicy(min_rollouts=5))["x"].label == "unknown"


def test_a_threshold_is_stricter_than_any() -> None:
    script = {"Q\n": [RIGHT, WRONG] * 2, "Q\na\n": [RIGHT[2:], "x\nThe answer is 2.", "x\nThe answer is 2.", "x"]}
    tree = grown(CountingPolicy(script), seed(), SearchSpec(omegaprm=OmegaPRM(k=4, searches=1)))
    by = {policy.threshold: label_tree(tree, policy)[0].label for policy in (LabelPolicy(), LabelPolicy(threshold=0.5))}
    assert by == {0.0: "correct", 0.5: "incorrect"}


def test_an_invalid_verdict_is_incorrect_whatever_the_rollouts_say() -> None:
    tree = grown(CountingPolicy({}, default=["a!\nThe answer is 1."]), seed(), SearchSpec())
    label = label_tree(tree, LabelPolicy())[0]
    assert (label.label, label.decided_by, label.disagreement) == ("incorrect", "sympy", True)


def test_unknown_is_never_incorrect() -> None:
    tree = grown(CountingPolicy({}, default=[RIGHT, WRONG]), seed(answer=None), SearchSpec())
    assert {label.label for label in label_tree(tree, LabelPolicy())} == {"unknown"}


def test_a_source_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ConfigError, match="'oracle'"):
        LabelPolicy(precedence=("human", "oracle"))


@given(st.integers(0, 60), st.integers(1, 60))
def test_wilson_holds_the_proportion_and_narrows(correct: int, more: int) -> None:
    total = correct + more
    low, high = wilson(correct, total)
    wide_low, wide_high = wilson(correct * 4, total * 4)
    assert low is not None and high is not None and wide_low is not None and wide_high is not None
    assert 0 <= low <= correct / total <= high <= 1
    assert wide_high - wide_low < high - low


def test_wilson_of_nothing_is_unknown_and_of_8_of_8_is_the_textbooks() -> None:
    assert wilson(0, 0) == (None, None)
    assert wilson(8, 8) == (pytest.approx(0.6756, abs=1e-4), 1.0)


def test_own_rollouts_all_wrong_and_a_right_one_passing_through_contradict_each_other() -> None:
    below = ["x\nThe answer is 1.", "x\nThe answer is 2.", RIGHT[2:], "x\nThe answer is 2."]
    script = {"Q\n": [RIGHT, WRONG] * 2, "Q\na\n": below, "Q\na\nx\n": ["The answer is 2."] * 4}
    tree = grown(CountingPolicy(script), seed(), SearchSpec(omegaprm=OmegaPRM(k=4)))
    label = next(label for label in label_tree(tree, LabelPolicy()) if label.text == "x")
    assert (label.correct, label.total, label.label, label.disagreement) == (0, 4, "unknown", True)
    assert label.evidence == "0 of 4 rollouts from here are right, yet 1 right rollouts pass through here"
