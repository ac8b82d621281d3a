"""From a labelled tree to rows a trainer can use."""

from factory.exports import ExportSpec, export_tree
from factory.labels import LabelPolicy
from factory.prompts import Prompter, PromptSpec
from factory.search import SearchSpec
from factory.search.omegaprm import OmegaPRM
from tests.builders_search import CountingPolicy, grown, seed

RIGHT = "a\nb\nThe answer is 1."
WRONG = "a\nx\nThe answer is 2."
MIXED = {"Q\n": [RIGHT, WRONG, RIGHT, WRONG], "Q\na\n": [RIGHT[2:]] * 4, "Q\na\nx\n": ["The answer is 2."] * 4}


def rows(script: dict[str, list[str]], spec: ExportSpec = ExportSpec(), policy: LabelPolicy = LabelPolicy(), **human: object):  # type: ignore[no-untyped-def] # noqa: B008
    planted = seed(*human.pop("steps", ()), **human)  # type: ignore[misc, arg-type]
    tree = grown(CountingPolicy(script), planted, SearchSpec(omegaprm=OmegaPRM(k=4)))
    return export_tree(tree, policy, spec, Prompter(PromptSpec()))


def test_prm_rows_end_at_the_first_error_or_are_wholly_right() -> None:
    prm = {row.completions: row for row in rows(MIXED)["prm"]}
    assert set(prm) == {("a", "b", "The answer is 1."), ("a", "x")}
    wrong = prm["a", "x"]
    assert (wrong.labels, wrong.first_error, wrong.soft_labels) == ((True, False), 1, (1.0, 0.0))
    assert (wrong.correct, wrong.total, wrong.prompt) == ((4, 0), (4, 4), "Q")
    assert all(type(label) is bool for row in prm.values() for label in row.labels)
    assert prm["a", "b", "The answer is 1."].first_error == -1


def test_dpo_pairs_share_their_prefix_and_part_at_one_step() -> None:
    (pair,) = rows(MIXED)["dpo"]
    assert pair.shared_prefix == "a\n"
    assert pair.chosen[0].content == RIGHT
    assert pair.rejected[0].content == WRONG
    assert pair.prompt[0].content == "Q"
    assert "0 of 4 rollouts" in pair.reason


def test_the_step_level_form_holds_one_step_each() -> None:
    (pair,) = rows(MIXED, ExportSpec(step_pairs=True))["dpo_step"]
    assert (pair.prompt, pair.chosen, pair.rejected) == ("Q\na\n", "b", "x")


def test_sft_marks_the_human_prefix() -> None:
    script = {"Q\na\n": ["c\nThe answer is 1.", "x\nThe answer is 2."], "Q\na\nx\n": ["The answer is 2."] * 4}
    (row,) = rows(script, steps=("a", "b", "The answer is 1."), prefixes=(1,))["sft"]
    assert row.messages[1].content == "a\nc\nThe answer is 1."
    assert (row.human_prefix, row.human_steps, row.steps) == ("a\n", 1, 3)


def test_a_solution_with_an_unmended_error_is_no_sft_row_and_a_mended_one_recovers() -> None:
    assert rows({"Q\n": ["a!\nThe answer is 1."]})["sft"] == []
    (row,) = rows({"Q\n": ["a!\nWait, that is not right: a.\nThe answer is 1."]})["sft"]
    assert row.recovers


def test_a_tree_that_gives_nothing_says_why_for_each_kind() -> None:
    found = rows({"Q\n": [WRONG]})
    assert {(reject.key, reject.reason) for reject in found["rejects"]} >= {
        ("seed/sft", "no_right_solution"),
        ("seed/dpo", "no_sibling_pair"),
    }
    for kind in ("sft", "dpo", "prm"):
        assert bool(found[kind]) != any(reject.key.endswith(kind) for reject in found["rejects"])


def test_no_row_is_made_over_an_undecided_step() -> None:
    found = rows({"Q\n": [RIGHT, WRONG, WRONG, WRONG]}, policy=LabelPolicy(precedence=("answer",)))
    assert found["prm"] == []
    assert found["dpo"] == []


def test_caps_are_kept() -> None:
    many = {"Q\n": [f"s{i}\nThe answer is {i % 2}." for i in range(4)]}
    tree_rows = rows(many, ExportSpec(sft_per_tree=1, prm_per_tree=2))
    assert len(tree_rows["sft"]) == 1
    assert len(tree_rows["prm"]) <= 2
