"""The demo, smaller: bundled seeds, the bundled model under real vLLM on Ray Data, and everything that comes out."""

import json
from pathlib import Path

import pytest

from factory.shards import read_records, verify_shards
from schemas import DPORow, PRMRow, SFTRow, StepLabel, Tree
from tests.recipes import factory

pytestmark = [pytest.mark.ray, pytest.mark.vllm]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What `factory run demo --json` prints, for twelve of its problems."""
    out = tmp_path_factory.mktemp("demo") / "run"
    done = factory("run", "demo", "--out", out, "--json", "--set", "seeds.limit=12")
    assert done.returncode == 0, done.stderr
    facts: dict[str, object] = json.loads(done.stdout)
    return facts


def test_every_kind_of_shard_is_there_and_is_what_the_manifest_says(demo: dict[str, object]) -> None:
    out = Path(str(demo["out"]))
    rows = demo["rows"]
    assert isinstance(rows, dict)
    assert all(rows[kind] > 0 for kind in ("trees", "labels", "sft", "dpo", "prm"))
    verify_shards(out)
    verify_shards(out / "exports" / "default")
    assert "</html>" in Path(str(demo["report"])).read_text(encoding="utf-8")


def test_the_model_really_spoke_and_the_judges_really_judged(demo: dict[str, object]) -> None:
    trees = list(read_records(Path(str(demo["out"])), "trees", Tree))
    model = [node for tree in trees for node in tree.nodes if node.origin == "model"]
    assert all(node.tokens and node.logprob is not None and node.logprob <= 0 for node in model)
    judged = {(verdict.judge, verdict.outcome) for node in model for verdict in node.verdicts}
    assert {("sympy", "valid"), ("sympy", "invalid"), ("answer", "valid"), ("answer", "invalid")} <= judged
    assert any({"valid", "invalid"} <= {rollout.outcome for rollout in tree.rollouts} for tree in trees)


def test_labels_and_rows_agree_with_the_trees(demo: dict[str, object]) -> None:
    out = Path(str(demo["out"]))
    export = out / "exports" / "default"
    labels = {(label.tree, label.node): label for label in read_records(export, "labels", StepLabel)}
    for tree in read_records(out, "trees", Tree):
        for node in tree.nodes[1:]:
            label = labels[tree.id, node.index]
            assert (label.text, label.correct, label.total) == (node.text, node.correct, node.total)
    for row in read_records(export, "prm", PRMRow):
        assert len(row.labels) == len(row.completions) == len(row.soft_labels) == len(row.decided_by)
        assert all(row.labels[:-1])
        assert row.labels[-1] == (row.first_error == -1)
    for pair in read_records(export, "dpo", DPORow):
        assert pair.chosen[0].content.startswith(pair.shared_prefix)
        assert pair.rejected[0].content.startswith(pair.shared_prefix)
        assert pair.chosen != pair.rejected
    for solution in read_records(export, "sft", SFTRow):
        assert solution.messages[-1].content.startswith(solution.human_prefix.rstrip("\n"))


def test_the_next_commands_the_user_is_told_of_work(demo: dict[str, object]) -> None:
    shown = factory("show", demo["out"])
    assert "MC" in shown.stdout
    asked = factory("query", demo["out"], "select decided_by, count(*) as n from labels group by 1", "--json")
    assert sum(row["n"] for row in json.loads(asked.stdout)) == demo["rows"]["labels"]  # type: ignore[index]
