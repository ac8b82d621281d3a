"""``factory run lean``, made small: real Lean judges, its process is killed on the way, and every row is proved again."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from factory.derive import export_folder
from factory.seeds import SeedSpec, read_seeds
from factory.shards import read_records
from factory.steps import split_steps
from schemas import DPORow, LeanVerdict, Node, PRMRow, SFTRow, StepLabel, Tree
from tests.recipes import committed
from verifiers.lean import LeanPool
from verifiers.lean.requests import tactics_request

SEEDS = 16
CHANGES = (
    f"seeds.limit={SEEDS}",
    "search.omegaprm.k=4",
    "search.omegaprm.searches=2",
    "search.budget.rollouts=24",
    "judges.lean.start_timeout_s=600.0",
)
KILL_AFTER = 4  # trees


@dataclass(frozen=True)
class Run:
    """A finished run: where it is, what it said, and how many Lean processes were killed in it."""

    out: Path
    code: int
    said: str
    killed: int

    def trees(self) -> list[Tree]:
        return list(read_records(self.out, "trees", Tree))


@pytest.fixture(scope="module")
def run(lean_pool: LeanPool, tmp_path_factory: pytest.TempPathFactory) -> Run:
    out = tmp_path_factory.mktemp("lean") / "run"
    options = [word for change in CHANGES for word in ("--set", change)]
    command = [sys.executable, "-m", "pipelines.cli", "run", "lean", "--out", str(out), *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    killed = kill_lean(process, out)
    _, said = process.communicate(timeout=450)
    return Run(out, process.returncode, said, killed)


def kill_lean(process: "subprocess.Popen[str]", out: Path) -> int:
    """SIGKILL the Lean of a run once some of its trees are done. Returns how many processes that were."""
    deadline = time.monotonic() + 450
    while process.poll() is None and time.monotonic() < deadline:
        if committed(out) >= KILL_AFTER and (found := lean_processes(process.pid)):
            for pid in found:
                os.kill(pid, signal.SIGKILL)
            return len(found)
        time.sleep(0.02)
    return 0


def lean_processes(ancestor: int) -> list[int]:
    """The processes below ``ancestor`` that run the checker."""
    parents: dict[int, int] = {}
    checkers = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int(folder.joinpath("stat").read_text().rpartition(")")[2].split()[1])
            if b"Checker" in folder.joinpath("cmdline").read_bytes():
                checkers.append(int(folder.name))
        except OSError:  # it has ended
            continue
    return [pid for pid in checkers if ancestor in ancestry(pid, parents)]


def ancestry(pid: int, parents: dict[int, int]) -> list[int]:
    found = []
    while (pid := parents.get(pid, 0)) > 0:
        found.append(pid)
    return found


def path(tree: Tree, index: int) -> list[Node]:
    nodes = []
    node = tree.nodes[index]
    while node.parent is not None:
        nodes.append(node)
        node = tree.nodes[node.parent]
    return nodes[::-1]


def exported(run: Run, kind: str, record: type) -> list:  # type: ignore[type-arg]
    return list(read_records(export_folder(run.out), kind, record))


def asked(lean_pool: LeanPool, run: Run, proofs: list[tuple[str, tuple[str, ...]]]) -> list[LeanVerdict]:
    """What Lean says of (tree, steps) when asked anew."""
    formal = {tree.id: tree.problem.formal or "" for tree in run.trees()}
    return lean_pool.judge([tactics_request(formal[tree], steps) for tree, steps in proofs])


def test_the_run_ends_well_though_its_lean_was_killed(run: Run) -> None:
    assert (run.code, run.killed) == (0, 1), run.said
    assert len(run.trees()) == SEEDS
    assert (run.out / "report.html").exists()


def test_every_label_is_leans(run: Run) -> None:
    rows = exported(run, "prm", PRMRow)
    assert {name for row in rows for name in row.decided_by} == {"lean"}
    assert {row.first_error == -1 for row in rows} == {True, False}
    labels = exported(run, "labels", StepLabel)
    assert {label.decided_by for label in labels if label.label != "unknown"} == {"lean"}


def test_every_prm_row_is_what_lean_says_again(run: Run, lean_pool: LeanPool) -> None:
    rows = exported(run, "prm", PRMRow)
    verdicts = asked(lean_pool, run, [(row.tree, row.completions) for row in rows])
    for row, verdict in zip(rows, verdicts, strict=True):
        assert (verdict.first_error if verdict.first_error is not None else -1) == row.first_error, row
        assert row.labels == tuple(step.outcome == "valid" for step in verdict.steps), row


def test_every_sft_row_is_a_proof(run: Run, lean_pool: LeanPool) -> None:
    rows = exported(run, "sft", SFTRow)
    proofs = [(row.tree, split_steps(row.messages[1].content, "lean")) for row in rows]
    assert [verdict.accepted for verdict in asked(lean_pool, run, proofs)] == [True] * len(rows)
    found = {row.tree for row in rows if row.human_steps < row.steps}
    assert len(found) >= 3, "the policy found no proof of its own"


def test_rejected_proofs_are_none(run: Run, lean_pool: LeanPool) -> None:
    rows = exported(run, "dpo", DPORow)
    assert rows
    chosen = asked(lean_pool, run, [(row.tree, split_steps(row.chosen[0].content, "lean")) for row in rows])
    rejected = asked(lean_pool, run, [(row.tree, split_steps(row.rejected[0].content, "lean")) for row in rows])
    assert {verdict.accepted for verdict in chosen} == {True}
    assert {verdict.accepted for verdict in rejected} == {False}


def test_nothing_is_searched_below_an_error_and_equal_states_are_merged(run: Run) -> None:
    merged = 0
    for tree in run.trees():
        for start in {rollout.start for rollout in tree.rollouts}:
            above = [verdict for node in path(tree, start) for verdict in node.verdicts]
            assert {verdict.outcome for verdict in above if verdict.judge == "lean"} <= {"valid"}
            assert not [verdict for verdict in tree.nodes[start].verdicts if verdict.reason == "merged"]
        merged += sum(verdict.reason == "merged" for node in tree.nodes for verdict in node.verdicts)
        assert all(node.visits == 0 for node in tree.nodes if any(each.outcome == "invalid" for each in node.verdicts))
    assert merged > 0


def test_a_failure_of_ours_is_no_wrong_step(run: Run) -> None:
    for tree in run.trees():
        for rollout in tree.rollouts:
            said = [
                verdict for node in path(tree, rollout.leaf) for verdict in node.verdicts if verdict.judge == "lean"
            ]
            if rollout.outcome == "invalid" and all(verdict.outcome != "invalid" for verdict in said):
                assert {verdict.outcome for verdict in said} <= {"valid"}  # it stopped with goals left


def test_lean_accepts_every_bundled_human_proof_and_refuses_every_flawed_one(lean_pool: LeanPool) -> None:
    seeds = read_seeds(SeedSpec(domain="lean")).seeds
    requests = [tactics_request(seed.problem.formal or "", [step.text for step in seed.steps]) for seed in seeds]
    for seed, verdict in zip(seeds, lean_pool.judge(requests), strict=True):
        assert verdict.accepted is (seed.first_error == -1), (seed.problem.statement, verdict)
        assert verdict.first_error == (None if seed.first_error == -1 else seed.first_error), seed.problem.statement
