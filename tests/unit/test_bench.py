"""The pure parts of ``make bench``: what is counted as right, and that the replay asks for what was recorded."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from factory.doubles import Chain, Oracle, OraclePolicy, chain_seed
from factory.exports import View
from factory.labels import LabelPolicy, label_tree
from infra.bench.labels import METHODS, K, Row, Score, Setting, bare, error_gap, score_tree, search_spec, step_truth
from infra.bench.replay import Recording, Sent, singles
from infra.bench.tables import label_lines, share, throughput_lines
from infra.bench.throughput import Plan, RawArm, Repetition, best, checked, summary
from schemas import Tree
from tests.builders_search import grown

CHAIN = Chain(10, (5, -3))
TEXTS = ("10 + 5 = 15", "15 - 3 = 12", "The answer is 12.")


def tree(method: str, oracle: Oracle, number: int = 0) -> Tree:
    return grown(OraclePolicy(oracle), bare(chain_seed(number, 8)), search_spec(method))


def sent(*lengths: int, began: float = 0.0, ended: float = 1.0, seed: int = 7) -> Sent:
    return Sent((1, 2, 3), seed, 0.8, 1.0, lengths, began, ended)


def recording(*requests: Sent, finished: Sequence[float] = (4.0,), most: int = 1) -> Recording:
    return Recording(requests, 0.0, tuple(finished), 0.5, most)


@pytest.mark.parametrize(
    ("steps", "truth"),
    [
        (TEXTS, [True, True, True]),
        (("10 + 5 = 16", "16 - 3 = 13", "The answer is 13."), [False, False, False]),
        (("10 + 5 = 16", "Wait, that is wrong: the value here is 12.", "The answer is 12."), [False, True, True]),
    ],
)
def test_a_step_is_right_where_the_chain_has_its_true_value(steps: Sequence[str], truth: list[bool]) -> None:
    assert step_truth(CHAIN, steps) == truth


def test_a_bare_seed_holds_nothing_of_the_human() -> None:
    seed = bare(chain_seed(0, 8))
    assert (seed.steps, seed.prefixes, seed.first_error) == ((), (0,), None)


@pytest.mark.parametrize("method", METHODS)
def test_a_faultless_policy_has_no_wrong_solution_and_no_wrong_label(method: str) -> None:
    score = score_tree(tree(method, Oracle(success=1.0)), LabelPolicy())
    assert score.wrong == score.errors == 0
    assert score.right == score.decided == score.steps == 9


def test_without_recovery_no_error_is_located_too_late() -> None:
    for number in range(5):
        made = tree("shepherd", Oracle(success=0.9, recovery=0.0), number)
        score = score_tree(made, LabelPolicy())
        assert score.located == score.wrong == score.hit + score.early


def test_an_error_named_late_or_not_at_all_is_told_apart() -> None:
    made = tree("best_of_n", Oracle(success=0.5, recovery=0.0))
    chain = Chain.parse(made.problem.statement)
    assert chain is not None
    view = View(made, label_tree(made, LabelPolicy()), "")
    leaf = next(node.index for node in made.nodes if node.outcome == "invalid")
    assert error_gap(chain, view, leaf) is None
    path = [node.index for node in view.path(leaf)]
    true = chain.first_error([node.text for node in view.path(leaf)])
    view.first_wrong[leaf], view.known[path[-1]] = path[-1], True
    assert error_gap(chain, view, leaf) == len(path) - 1 - true


def test_every_method_starts_from_the_same_solutions() -> None:
    oracle = Oracle(success=0.9, recovery=0.02)
    first = [{made.nodes[r.leaf].answer for r in made.rollouts[:K]} for made in (tree(m, oracle) for m in METHODS)]
    assert first[0] == first[1] == first[2]


def test_scores_add_up() -> None:
    assert Score(trees=1, wrong=2, hit=1) + Score(trees=1, wrong=3, tokens=4) == Score(
        trees=2, wrong=5, hit=1, tokens=4
    )


def test_shares_carry_their_interval() -> None:
    assert share(8, 10) == "0.800 (0.49-0.94)"
    assert share(0, 0) == "-"


def test_the_replay_asks_for_exactly_the_recorded_tokens() -> None:
    run = recording(sent(5, 9, began=2.0, seed=100), sent(3, began=1.0, seed=50))
    work = singles(run.requests)
    assert [(item.seed, item.length) for item in work] == [(50, 3), (100, 5), (101, 9)]
    assert sum(item.length for item in work) == run.tokens == 17
    assert run.sequences == len(work)


def test_a_recording_survives_its_file(tmp_path: Path) -> None:
    run = recording(sent(5, 9), sent(3), finished=(1.0, 4.0))
    run.save(tmp_path / "run.json")
    assert Recording.load(tmp_path / "run.json") == run


def test_rates_of_the_whole_run_and_of_its_full_part() -> None:
    run = recording(sent(5, 5, ended=1.0), sent(5, 5, ended=2.0), sent(4, began=1.0, ended=4.0), most=3)
    assert run.rate == pytest.approx(6.0)
    assert run.full_until() == 2.0
    assert run.full_share == pytest.approx(0.5)
    assert run.filled() == pytest.approx((10 + 10 + 4 / 3) / 2)
    assert run.asked() == pytest.approx((2 + 4 + 3) / 4)


def test_an_engine_that_was_never_full_has_no_full_rate() -> None:
    assert recording(sent(10), most=2).filled() is None


def test_a_raw_arm_that_made_other_tokens_is_no_comparison() -> None:
    assert checked(RawArm(10, 10, 2.0, 0.1)).rate == 5.0
    with pytest.raises(RuntimeError, match="no comparison"):
        checked(RawArm(10, 9, 2.0, 0.1))


def test_the_best_setting_and_the_printed_page() -> None:
    slow, fast = recording(sent(10), finished=(4.0,)), recording(sent(10), finished=(2.0,))
    repetition = Repetition({16: summary(slow), 32: summary(fast)}, RawArm(10, 10, 1.0, 0.1))
    assert best([repetition]) == 32
    assert repetition.ratio(32) == pytest.approx(0.5)
    page = "\n".join(throughput_lines(Plan(seeds=1, in_flight=(16, 32), repetitions=1), [repetition]))
    assert "best: 32 trees in flight, 0.50 of raw" in page


def test_the_label_page_fits_a_screen() -> None:
    score = Score(trees=1, wrong=4, located=2, hit=1, steps=9, decided=6, right=5, errors=1, searches=1, rollouts=24)
    rows = [
        Row(Setting(method, judged, recovery), {"any right": score, "2 of 8 right": score}, 0.1)
        for recovery in (0.0065, 0.02)
        for method in METHODS
        for judged in (False, True)
    ]
    lines = label_lines(rows)
    assert len(lines) < 35
    assert max(map(len, lines)) <= 128
    assert "0.500 (0.09-0.91)" in "\n".join(lines)
