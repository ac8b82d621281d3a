"""Fusing: who decides, who disagrees, and what no one can say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.labels import SOURCES, LabelPolicy, label_node, label_tree, wilson
from factory.search import SearchSpec
from factory.search.omegaprm import OmegaPRM
from schemas import ConfigError, Node, StepLabel
from tests.builders_search import CountingPolicy, grown, seed, verdict

RIGHT = "a\nb\nThe answer is 1."
WRONG = "a\nx\nThe answer is 2."


def labelled(
    policy: LabelPolicy, human: tuple[str, ...] = (), ratings: tuple[int | None, ...] = ()
) -> dict[str, StepLabel]:
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


def judged(
    *said: str, rating: int | None = None, correct: int = 0, total: int = 0, by: tuple[str, ...] = SOURCES
) -> StepLabel:
    """The label of one step of which each judge said something ("sympy:valid"), a human too, and rollouts."""
    verdicts = tuple(verdict(outcome, judge) for judge, outcome in (each.split(":") for each in said))
    value = correct / total if total else None
    node = Node(1, 0, 1, "x", "model", rating, None, None, None, 0, value, correct, total, 0, None, None, verdicts)
    tree = grown(CountingPolicy({}, default=[RIGHT]), seed(), SearchSpec())
    return label_node(tree, node, correct, LabelPolicy(precedence=by))


@pytest.mark.parametrize(
    ("said", "others", "label", "by", "disagreement"),
    [
        (("sympy:valid", "python:invalid"), {}, "incorrect", "python", True),
        (("sympy:invalid", "python:valid"), {}, "incorrect", "sympy", True),
        (("sympy:invalid", "python:invalid"), {}, "incorrect", "python", False),
        (("sympy:invalid", "python:invalid", "lean:invalid"), {}, "incorrect", "lean", False),
        (("house:invalid", "sympy:invalid"), {}, "incorrect", "sympy", False),
        (("sympy:valid", "python:valid"), {}, "unknown", "none", False),
        (("sympy:invalid", "python:unknown"), {}, "incorrect", "sympy", False),
        (("sympy:valid", "python:unknown"), {}, "unknown", "none", False),
        (("sympy:invalid",), {"rating": 1}, "correct", "human", True),
        (("sympy:invalid",), {"rating": -1}, "incorrect", "human", False),
        (("sympy:valid",), {"rating": -1}, "incorrect", "human", False),
        (("sympy:unknown",), {"rating": 1}, "correct", "human", False),
        (("sympy:valid", "python:invalid"), {"rating": 1}, "correct", "human", True),
        (("sympy:invalid",), {"correct": 3, "total": 4}, "incorrect", "sympy", True),
        (("sympy:invalid",), {"total": 4}, "incorrect", "sympy", False),
        (("sympy:unknown",), {"correct": 3, "total": 4}, "correct", "rollouts", False),
        ((), {"rating": -1, "correct": 3, "total": 4}, "incorrect", "human", True),
        (("answer:invalid",), {"correct": 3, "total": 4}, "correct", "rollouts", False),
    ],
)
def test_who_decides_and_who_contradicts(
    said: tuple[str, ...], others: dict[str, int], label: str, by: str, disagreement: bool
) -> None:
    found = judged(*said, **others)  # type: ignore[arg-type]
    assert (found.label, found.decided_by, found.disagreement) == (label, by, disagreement)
    assert found.judges == said


def test_a_judge_can_be_placed_by_name() -> None:
    order = ("human", "lean", "rollouts", "judges")
    over = judged("sympy:invalid", correct=3, total=4, by=order)
    assert (over.label, over.decided_by, over.disagreement) == ("correct", "rollouts", True)
    proof = judged("lean:invalid", "sympy:valid", correct=3, total=4, by=order)
    assert (proof.label, proof.decided_by, proof.disagreement) == ("incorrect", "lean", True)


def test_a_source_that_is_not_asked_contradicts_nothing() -> None:
    quiet = judged("sympy:invalid", "python:valid", correct=3, total=4, by=("rollouts",))
    assert (quiet.label, quiet.disagreement) == ("correct", False)
    one = judged("sympy:invalid", "python:valid", by=("python",))
    assert (one.label, one.disagreement) == ("unknown", False)
