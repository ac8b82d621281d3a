"""Proof search: what is dead, what is the same, where a proof ends, and whose labels come out."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from factory.doubles import ScriptedPolicy, said
from factory.exports import ExportSpec, export_tree
from factory.labels import LabelPolicy, label_tree
from factory.policy import Completion, Request, Sampling
from factory.prompts import Prompter, PromptSpec
from factory.search import Grower, SearchSpec, grow_tree
from factory.search.baselines import BestOfN, Shepherd
from factory.search.omegaprm import OmegaPRM
from factory.search.session import Budget
from factory.seeds import SeedSpec, read_seeds
from factory.steps import join_steps, split_steps
from factory.tactics import TacticPolicy, TacticSpec, read_names
from schemas import ConfigError, HumanStep, Node, Problem, Seed, Tree, Verdict
from schemas.records import Outcome
from tests.builders_search import CountingPolicy

MOVES = {"dec": 1, "sub2": 2, "noop": 0}


class Countdown:
    """A double of Lean: the goal is the number 3, tactics take from it, and 0 is proved."""

    def __init__(self, start: int = 3, silent: str = "") -> None:
        self.start = start
        self.silent = silent  # the tactic at which Lean gives no answer

    async def judge_steps(self, problem: Problem, contexts: Sequence[tuple[str, ...]]) -> list[tuple[Verdict, ...]]:
        return [(self._said(context),) for context in contexts]

    async def judge_answers(self, problem: Problem, answers: Sequence[str]) -> list[Verdict]:
        return [verdict("valid", "accepted") for _ in answers]

    def _said(self, steps: tuple[str, ...]) -> Verdict:
        left = self.start
        for i, step in enumerate(steps):
            last = i == len(steps) - 1
            if step == self.silent:
                return verdict("unknown", "timeout")
            if step not in MOVES or MOVES[step] > left or left == 0:
                return verdict("invalid", "error") if last else verdict("unknown", "after_error")
            before, left = left, left - MOVES[step]
        reason = "proved" if not left else "no_progress" if left == before else "open"
        return verdict("valid", reason, f"⊢ {left}" if left else "")


def verdict(outcome: Outcome, reason: str, evidence: str = "") -> Verdict:
    return Verdict(outcome, "lean", "1", reason, None, None, None, evidence)


def planted(*steps: str, prefixes: tuple[int, ...] = (0,)) -> Seed:
    problem = Problem("problem", "lean", "Q", None, (), "theorem q : 3 := by sorry", "test", None)
    return Seed("seed", problem, tuple(HumanStep(text, None, None, ()) for text in steps), prefixes, None)


def grown(policy: ScriptedPolicy, seed: Seed, spec: SearchSpec, judge: Countdown | None = None) -> Tree:
    grower = Grower(policy, judge or Countdown(), Prompter(PromptSpec("plain")), Sampling(), spec)
    return asyncio.run(grow_tree(grower, seed))


def script(**texts: Sequence[str]) -> CountingPolicy:
    """Completions by prefix, written without line ends."""
    question = Prompter(PromptSpec("plain")).question(planted().problem)
    return CountingPolicy(
        {f"{question}\n" + key.replace("_", "\n").lstrip("\n"): value for key, value in texts.items()},
        default=texts.get("default", ()),
    )


def path(tree: Tree, index: int) -> list[Node]:
    nodes = []
    node = tree.nodes[index]
    while node.parent is not None:
        nodes.append(node)
        node = tree.nodes[node.parent]
    return nodes[::-1]


def said_of(node: Node, judge: str = "lean") -> str | None:
    return next((each.reason for each in node.verdicts if each.judge == judge), None)


ONCE = SearchSpec(algorithm="best_of_n", best_of_n=BestOfN(n=1))


@pytest.mark.parametrize(
    ("text", "outcome", "steps"),
    [
        ("dec\nsub2", "valid", ["dec", "sub2"]),
        ("dec\nsub2\nwhatever\nfollows", "valid", ["dec", "sub2"]),  # a rollout ends where no goal is left
        ("dec\nwrong\ndec", "invalid", ["dec", "wrong", "dec"]),
        ("dec\ndec", "invalid", ["dec", "dec"]),  # it stopped with a goal left
        ("dec\nhang\nsub2", "unknown", ["dec", "hang", "sub2"]),  # a failure of ours is no wrong proof
        ("hang\nwrong", "unknown", ["hang", "wrong"]),
    ],
)
def test_a_rollout_is_right_or_wrong_by_lean_alone(text: str, outcome: Outcome, steps: list[str]) -> None:
    tree = grown(CountingPolicy({}, [text]), planted(), ONCE, Countdown(silent="hang"))
    assert [rollout.outcome for rollout in tree.rollouts] == [outcome]
    assert [node.text for node in path(tree, tree.rollouts[0].leaf)] == steps


class CutOff(ScriptedPolicy):
    """Ends every completion at the token limit."""

    async def complete(self, requests: Sequence[Request]) -> list[tuple[Completion, ...]]:
        return [tuple(replace(each, finish="length") for each in batch) for batch in await super().complete(requests)]


@pytest.mark.parametrize(
    ("text", "outcome", "steps"),
    [("dec\nsu", "unknown", ["dec"]), ("sub2\ndec\nde", "valid", ["sub2", "dec"]), ("no\nsu", "invalid", ["no"])],
)
def test_half_a_tactic_is_not_judged(text: str, outcome: Outcome, steps: list[str]) -> None:
    tree = grown(CutOff({}, [text]), planted(), ONCE)
    assert [rollout.outcome for rollout in tree.rollouts] == [outcome]
    assert [node.text for node in path(tree, tree.rollouts[0].leaf)] == steps


def test_a_finished_proof_is_an_answer_and_a_refuted_one_too_but_not_a_stop_on_the_way() -> None:
    policy = CountingPolicy({}, ["dec\nsub2", "wrong\ndec", "dec"])
    tree = grown(policy, planted(), SearchSpec(algorithm="best_of_n", best_of_n=BestOfN(n=3)))
    answers = {
        node.text: (node.answer, node.outcome) for node in tree.nodes[1:] if node.parent != 0 or node.text == "dec"
    }
    assert answers["sub2"] == ("dec\nsub2", "valid")
    assert tree.nodes[tree.rollouts[1].leaf].answer == "wrong\ndec"
    assert tree.nodes[tree.rollouts[1].leaf].outcome == "invalid"
    assert tree.nodes[1].text == "dec" and (tree.nodes[1].answer, tree.nodes[1].outcome) == (None, None)


def asked_prefixes(policy: CountingPolicy) -> list[str]:
    return [request.prompt.prefix.replace("\n", " ").strip() for request in policy.asked]


def test_no_rollout_starts_at_a_first_error_or_behind_it() -> None:
    human = planted("dec", "wrong", "dec", prefixes=(0, 1, 2))
    policy = CountingPolicy({}, ["sub2\ndec", "dec\nwrong\ndec", "sub2\nwrong"])
    for spec in (
        SearchSpec(omegaprm=OmegaPRM(k=3, searches=20)),
        SearchSpec(algorithm="shepherd", shepherd=Shepherd(solutions=3, k=2)),
    ):
        tree = grown(policy, human, spec)
        for start in {rollout.start for rollout in tree.rollouts}:
            assert all(each.outcome == "valid" for node in path(tree, start) for each in node.verdicts)
    assert "dec" in asked_prefixes(policy)
    assert not [prefix for prefix in asked_prefixes(policy) if "wrong" in prefix]


def test_equal_goals_are_one_state_whose_value_is_shared() -> None:
    human = planted("dec", "dec", "dec", prefixes=(0, 2))
    policy = script(default=["sub2\nwrong", "sub2\ndec"], dec_dec_=["dec", "wrong"])
    tree = grown(policy, human, SearchSpec(algorithm="shepherd", shepherd=Shepherd(solutions=2, k=2)))
    merged = [node for node in tree.nodes if said_of(node, "search") == "merged"]
    assert [node.text for node in merged] == ["sub2"]
    first = tree.nodes[2]
    assert [node.text for node in path(tree, 2)] == ["dec", "dec"]
    assert merged[0].verdicts[-1].evidence == "same state as node 2"
    assert merged[0].total == 0 < first.total
    assert merged[0].value == first.value is not None
    assert "sub2" not in asked_prefixes(policy)


def test_a_tactic_that_changes_nothing_is_a_dead_end_but_no_error() -> None:
    policy = CountingPolicy({}, ["noop\nsub2\ndec", "noop\nwrong"])
    spec = SearchSpec(algorithm="shepherd", shepherd=Shepherd(solutions=2, k=2))
    tree = grown(policy, planted(), spec)
    noop = tree.nodes[1]
    assert (noop.text, noop.verdicts[0].outcome, said_of(noop)) == ("noop", "valid", "no_progress")
    assert said_of(noop, "search") == "merged"
    assert "noop" not in asked_prefixes(policy)
    assert noop.value == tree.nodes[0].value
    assert label_tree(tree, LabelPolicy(precedence=("lean",)))[0].label == "correct"


def test_the_search_ends_though_midpoints_are_merged() -> None:
    policy = CountingPolicy({}, ["noop\nnoop\ndec\nnoop\nwrong", "sub2\ndec", "dec\ndec\ndec"])
    tree = grown(policy, planted(), SearchSpec(omegaprm=OmegaPRM(k=3, searches=10), budget=Budget(rollouts=300)))
    assert tree.stop in ("exhausted", "searches")


def test_every_label_is_leans() -> None:
    human = planted("dec", "wrong", "dec")
    policy = CountingPolicy({}, ["sub2\ndec", "dec\nwrong\ndec", "hang\ndec"])
    tree = grown(policy, human, SearchSpec(omegaprm=OmegaPRM(k=3, searches=3)), Countdown(silent="hang"))
    rated = replace(tree, nodes=tuple(replace(node, rating=1) if node.text == "wrong" else node for node in tree.nodes))
    rows = export_tree(rated, LabelPolicy(precedence=("lean",)), ExportSpec(sft_human=True), Prompter(PromptSpec()))
    assert {name for row in rows["prm"] for name in row.decided_by} == {"lean"}
    assert {row.labels[-1] for row in rows["prm"]} == {True, False}
    assert all(all(row.labels[:-1]) for row in rows["prm"])
    assert {sum(MOVES[line] for line in row.messages[1].content.split("\n")) for row in rows["sft"]} == {3}
    assert {label.label for label in rows["labels"] if label.text == "hang"} == {"unknown"}
    assert {row.rejected[0].content for row in rows["dpo"]} <= {"dec\nwrong\ndec", "sub2\nsub2\ndec"}
    assert rows["dpo"]


def test_valid_is_correct_in_lean_only() -> None:
    tree = grown(CountingPolicy({}, ["dec\nsub2"]), planted(), ONCE)
    elsewhere = replace(tree, problem=replace(tree.problem, domain="math"))
    by = LabelPolicy(precedence=("lean",))
    assert [label.label for label in label_tree(tree, by)] == ["correct", "correct"]
    assert [label.label for label in label_tree(elsewhere, by)] == ["unknown", "unknown"]


# ---------------------------------------------------------------------------------------------- text


SPLITS: Mapping[str, tuple[str, ...]] = {
    "intro h\nexact h": ("intro h", "exact h"),
    "by\n  intro h\n  exact h": ("intro h", "exact h"),
    ":= by\n  rfl": ("rfl",),
    "by simp": ("simp",),
    "by_cases h : p\nsimp": ("by_cases h : p", "simp"),
    "```lean\nintro h\n· simp\n  omega\nexact h\n```\nThis proves it.": ("intro h", "· simp\n  omega", "exact h"),
    "Here it is:\n```lean4\nsimp\n```": ("simp",),
    "simp\n```\nThis closes the goal.": ("simp",),
    "theorem t (n : Nat) :\n    n = n := by\n  rfl": ("rfl",),
    "theorem t : 1 = 1 := by rfl": ("rfl",),
    "have h : p := by\n  simp\nexact h": ("have h : p := by\n  simp", "exact h"),
    "induction n with\n| zero => rfl\n| succ k ih => simp\nrfl": (
        "induction n with\n| zero => rfl\n| succ k ih => simp",
        "rfl",
    ),
    "cases h\n<;> simp\nomega": ("cases h\n<;> simp", "omega"),
    "calc a = b := h\n_ = c := i\nrfl": ("calc a = b := h\n_ = c := i", "rfl"),
    "simp only [a,\n  b\n]\nrfl": ("simp only [a,\n  b\n]", "rfl"),
    "-- first\nsimp\n-- then\nomega\n-- done": ("-- first\nsimp", "-- then\nomega\n-- done"),
    "/- two\n  lines -/\nsimp": ("/- two\nlines -/\nsimp",),
    "case a =>\n  -- inside\n  simp\nrfl": ("case a =>\n  -- inside\n  simp", "rfl"),
    "": (),
    "\n  \n": (),
    "by": (),
    "```lean\n```": (),
}


@pytest.mark.parametrize("text", SPLITS)
def test_a_proof_is_split_at_its_top_level_tactics(text: str) -> None:
    steps = split_steps(text, "lean")
    assert steps == SPLITS[text]
    assert split_steps(join_steps(steps), "lean") == steps


def test_bundled_proofs_are_steps_as_they_are_split() -> None:
    batch = read_seeds(SeedSpec(domain="lean"))
    assert (batch.rejected, len({seed.problem.id for seed in batch.seeds})) == (0, batch.kept)
    assert batch.kept >= 24
    for seed in batch.seeds:
        texts = tuple(step.text for step in seed.steps)
        assert split_steps(join_steps(texts), "lean") == texts
        assert seed.problem.formal is not None and seed.problem.formal.count("sorry") == 1
        assert seed.problem.formal in seed.problem.statement
    flawed = {seed.problem.id for seed in batch.seeds if seed.first_error != -1}
    assert 2 * len(flawed) >= batch.kept


def test_a_proof_in_one_text_is_cut_into_its_tactics(tmp_path: Path) -> None:
    row = {"problem": "Q", "formal": "theorem q : 1 = 1 := by sorry", "solution": "have h : p := by\n  simp\nexact h"}
    path = tmp_path / "rows.jsonl"
    for own, spec in (
        (row, SeedSpec("rows", str(path), domain="lean")),
        (row | {"domain": "lean"}, SeedSpec("rows", str(path))),
    ):
        path.write_text(json.dumps(own), encoding="utf-8")
        assert [step.text for step in read_seeds(spec).seeds[0].steps] == ["have h : p := by\n  simp", "exact h"]


# ---------------------------------------------------------------------------------------------- policy


def ask(seed: int, n: int = 4) -> Request:
    problem = read_seeds(SeedSpec(domain="lean", limit=1)).seeds[0].problem
    return Request(Prompter(PromptSpec("lean")).prompt(problem, ["constructor"], "h : p ∧ q\n⊢ q"), n, seed, Sampling())


def test_the_baseline_is_deterministic_by_seed_and_writes_tactics() -> None:
    policy = TacticPolicy(TacticSpec())
    first, again, other = asyncio.run(policy.complete([ask(1, 40), ask(1, 40), ask(2, 40)]))
    assert first == again != other
    assert len({each.text for each in first}) > 10
    for each in first:
        assert join_steps(split_steps(each.text, "lean")) == each.text
        assert each.finish == "stop"


def test_the_baseline_reads_names_from_the_prompt_only() -> None:
    question = "theorem t (n m : Nat) {xs : List (List Nat)} (p : Prop) (h : n < m) : p\n"
    question += "\nalready there:\nx y : Nat\nhxy : x < y\nz✝ : p\n⊢ p"
    names = read_names(question, "obtain ⟨k, hk⟩ := h\n")
    assert names.data == ("n", "m", "xs", "x", "y")
    assert names.facts == ("h", "hxy", "hk")


def test_the_goals_stand_in_the_prompt() -> None:
    request = ask(1)
    assert request.prompt.messages[-1].content.endswith("already there:\nh : p ∧ q\n⊢ q")
    assert request.prompt.prefix == "constructor\n"
    bare = Prompter(PromptSpec("lean")).prompt(planted().problem, [])
    assert "already there" not in bare.messages[-1].content


def test_goals_of_a_state_reach_the_policy() -> None:
    class Reading(CountingPolicy):
        def _turn(self, request: Request, index: int) -> Completion:
            seen.append(request.prompt.messages[-1].content)
            return said(request, "dec")

    seen: list[str] = []
    grower = Grower(Reading({}), Countdown(), Prompter(PromptSpec("lean")), Sampling(), ONCE)
    asyncio.run(grow_tree(grower, planted("dec", "sub2", prefixes=(0, 1))))
    assert ["⊢ 2" in content for content in seen] == [False, True]


def test_a_baseline_that_writes_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match="closing"):
        TacticSpec(closing=0)
