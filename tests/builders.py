"""A small, deterministic run on disk: arithmetic chains, rolled out with a seeded coin that makes two kinds of mistake."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from factory.shards import write_manifest, write_shard
from schemas import (
    SCHEMA_VERSION,
    DPORow,
    HumanStep,
    Manifest,
    Message,
    Node,
    PRMRow,
    Problem,
    Reject,
    Rollout,
    Seed,
    SFTRow,
    Shard,
    StageCount,
    StepLabel,
    Tree,
    Usage,
    Verdict,
    content_id,
    to_table,
)

MODEL = "tiny-demo"
NAMES = ("Tom", "Ada", "Lena", "Omar", "Mia", "Yuki")
ITEMS = ("pencils", "marbles", "apples", "stickers")
SIGNS = {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b}
WORDS = {"+": "finds {n} more", "-": "gives away {n}", "*": "gets {n} times as many"}


def make_run(folder: Path, trees: int = 12, *, export: bool = True) -> Path:
    """Write a finished run of ``trees`` trees into ``folder`` and return it. With ``export``, also its labels, SFT,
    DPO, PRM rows and rejects as the export "default". Equal arguments give equal files."""
    seeds = [make_seed(number) for number in range(trees)]
    grown = [make_tree(seed, number) for number, seed in enumerate(seeds)]
    rejects = [
        Reject("seeds", "seeds.jsonl:17", "empty_steps", "the solution has no step", '{"steps": []}'),
        Reject("seeds", "seeds.jsonl:40", "bad_rating", "rating 7 is not one of -1, 0, 1", '{"rating": 7}'),
        Reject("seeds", "seeds.jsonl:41", "empty_steps", "the solution has no step", '{"steps": []}'),
    ]
    problems = list({seed.problem.id: seed.problem for seed in seeds}.values())
    shards = [
        write_shard(folder, "seeds", 0, to_table(seeds, Seed)),
        write_shard(folder, "problems", 0, to_table(problems, Problem)),
        write_shard(folder, "rejects", 0, to_table(rejects, Reject)),
    ]
    shards += _write_halves(folder, grown)
    counts = (StageCount("seeds", trees + 3, trees, 3), StageCount("trees", trees, trees, 0))
    write_manifest(folder, _manifest(shards, counts, run_totals(grown)))
    if export:
        write_export(folder / "exports" / "default", grown)
    return folder


def write_export(folder: Path, trees: list[Tree]) -> None:
    """Label ``trees`` and write every export kind with its manifest into ``folder``."""
    labels = {tree.id: make_labels(tree) for tree in trees}
    flat = [label for tree in trees for label in labels[tree.id]]
    sft = [row for tree in trees for row in sft_rows(tree)]
    dpo = [row for tree in trees for row in dpo_rows(tree)]
    prm = [row for tree in trees for row in prm_rows(tree, labels[tree.id])]
    rejects = [Reject("export", f"{trees[0].id}/3", "undecided_step", "no judge and no rollout", "")] if trees else []
    tables = [("labels", flat, StepLabel), ("sft", sft, SFTRow), ("dpo", dpo, DPORow), ("prm", prm, PRMRow)]
    tables.append(("rejects", rejects, Reject))
    shards = [write_shard(folder, kind, 0, to_table(rows, record)) for kind, rows, record in tables]
    write_manifest(folder, _manifest(shards, (), {"label_policy": "evidence"}))


def run_totals(trees: list[Tree]) -> dict[str, float]:
    """The totals a run's manifest carries."""
    tokens = sum(tree.usage.output_tokens for tree in trees)
    return {
        "seconds": 38.5,
        "tokens": tokens,
        "tokens_per_s": round(tokens / 38.5, 1),
        "rollouts": sum(tree.usage.rollouts for tree in trees),
        "requests": sum(tree.usage.requests for tree in trees),
        "prompt_tokens": sum(tree.usage.prompt_tokens for tree in trees),
        "judged": sum(tree.usage.judged for tree in trees),
        "mixed_trees": sum({"valid", "invalid"} <= {rollout.outcome for rollout in tree.rollouts} for tree in trees),
    }


def make_seed(number: int) -> Seed:
    """Seed ``number``: an arithmetic chain of 3 to 6 steps; every fifth one has a wrong, rated human step."""
    coin = random.Random(f"seed {number}")
    name, item, start = coin.choice(NAMES), coin.choice(ITEMS), coin.randint(3, 12)
    chain = [(coin.choice("+-*"), coin.randint(2, 9)) for _ in range(coin.randint(2, 5))]
    values = [start]
    for sign, amount in chain:
        values.append(SIGNS[sign](values[-1], amount))
    story = ", then ".join(WORDS[sign].format(n=amount) for sign, amount in chain)
    statement = f"{name} has {start} {item}, {story}. How many {item} does {name} have now?"
    key = content_id("math", statement, str(values[-1]))
    problem = Problem(key, "math", statement, str(values[-1]), (), None, "bundled", "Apache-2.0")
    texts = [_step(item, value, *link) for value, link in zip(values, chain, strict=False)]
    texts.append(f"So the answer is {values[-1]}.")
    wrong = 1 if number % 5 == 4 else None
    if wrong is not None:
        texts[wrong] = _step(item, values[1], *chain[1], slip=3)
    ratings = [None if number % 5 != 4 else (-1 if index == wrong else 1) for index in range(len(texts))]
    steps = tuple(HumanStep(text, rating, "compute", ()) for text, rating in zip(texts, ratings, strict=True))
    return Seed(content_id(key, texts), problem, steps, tuple(range(len(texts))), wrong)


@dataclass
class _Growth:
    nodes: list[Node]
    places: dict[tuple[int, str], int] = field(default_factory=dict)
    rollouts: list[Rollout] = field(default_factory=list)

    def add(self, parent: int, text: str, seed_node: Node) -> int:
        key = (parent, text)
        if key not in self.places:
            self.places[key] = len(self.nodes)
            depth = self.nodes[parent].depth + 1
            self.nodes.append(replace(seed_node, index=len(self.nodes), parent=parent, depth=depth, text=text))
        return self.places[key]


def make_tree(seed: Seed, number: int) -> Tree:
    """A tree over ``seed``: 6 rollouts from every human prefix, then 4 from two inner nodes. Mixed for most numbers."""
    coin = random.Random(f"tree {number}")
    root = Node(0, None, 0, "", "human", None, None, None, None, 0, None, 0, 0, 0, None, None, ())
    growth = _Growth([root])
    skill = {5: 0.0, 11: 1.0}.get(number % 12, 0.84)
    at = 0
    starts = [0]
    for step in seed.steps[:-1]:
        made = replace(root, visits=0, rating=step.rating, action=step.action, verdicts=_judge(step.text))
        at = growth.add(at, step.text, made)
        starts.append(at)
    for start in starts:
        for _ in range(6):
            _roll(growth, seed, start, skill, coin)
    inner = [node.index for node in growth.nodes if node.origin == "model" and node.outcome is None]
    for start in coin.sample(inner, min(2, len(inner))):
        for _ in range(4):
            _roll(growth, seed, start, skill, coin)
    done, tokens = growth.rollouts, sum(rollout.tokens for rollout in growth.rollouts)
    usage = Usage(len(starts) + 2, len(done), 40 * len(done), tokens, 2 * len(done))
    return Tree(seed.id, seed.problem, seed.prefixes, seed.first_error, "omegaprm", MODEL, "rollouts",
                tuple(map(_valued, growth.nodes)), tuple(done), usage)  # fmt: skip


def _roll(growth: _Growth, seed: Seed, start: int, skill: float, coin: random.Random) -> None:
    at, depth, length = start, growth.nodes[start].depth, len(seed.steps)
    item = seed.problem.statement.split()[3].rstrip(",")
    chain = [_link(step.text) for step in seed.steps[:-1]]
    value = _value(growth.nodes[start].text) if depth else int(seed.problem.statement.split()[2])
    blank = Node(0, None, 0, "", "model", None, None, 14, -2.5, 0, None, 0, 0, 0, None, None, ())
    while depth < length - 1:
        sign, amount = chain[depth]
        slip = 0 if coin.random() < skill else coin.choice((1, 2))
        if slip == 1:
            sign = "+" if sign != "+" else "-"  # a wrong idea: the sum itself is right
        text = _step(item, value, sign, amount, slip=10 if slip == 2 else 0)
        at = growth.add(at, text, replace(blank, verdicts=_judge(text)))
        value, depth = _value(text), depth + 1
    undecided = coin.random() < 0.04
    answer = f"So the answer is {value}." if not undecided else "So the answer is clear."
    right = str(value) == seed.problem.answer
    outcome = "unknown" if undecided else "valid" if right else "invalid"
    verdict = Verdict(outcome, "answer", "1", "no_answer" if undecided else "equal", answer, 0, len(answer),
                      None if right else f"expected {seed.problem.answer}")  # fmt: skip
    given = None if undecided else str(value)
    leaf = growth.add(at, answer, replace(blank, answer=given, outcome=outcome, verdicts=(verdict,)))
    growth.rollouts.append(Rollout(start, leaf, 14 * (growth.nodes[leaf].depth), -6.0, "stop", outcome))
    node, decided = growth.nodes[start], int(not undecided)
    growth.nodes[start] = replace(
        node, visits=node.visits + 1, correct=node.correct + int(right and not undecided), total=node.total + decided,
        undecided=node.undecided + 1 - decided)  # fmt: skip


def make_labels(tree: Tree) -> list[StepLabel]:
    """One label per step: human rating, else an invalid claim, else rollouts, else a valid one, else unknown."""
    return [_label(tree, node) for node in tree.nodes[1:]]


def _label(tree: Tree, node: Node) -> StepLabel:
    bad = next((verdict for verdict in node.verdicts if verdict.outcome == "invalid"), None)
    label, by = "unknown", "none"
    if node.rating is not None:
        label, by = ("incorrect" if node.rating < 0 else "correct"), "human"
    elif bad is not None:
        label, by = "incorrect", bad.judge
    elif node.total:
        label, by = ("correct" if node.correct else "incorrect"), "rollouts"
    elif any(verdict.outcome == "valid" for verdict in node.verdicts):
        label, by = "correct", node.verdicts[0].judge
    clash = (label == "correct") == (bad is not None) and label != "unknown"
    low = max(0.0, node.value - 0.3) if node.value is not None else None
    high = min(1.0, node.value + 0.3) if node.value is not None else None
    judges = tuple(f"{verdict.judge}:{verdict.outcome}" for verdict in node.verdicts)
    return StepLabel(tree.id, node.index, node.parent or 0, node.depth, node.text, label, by, "evidence", clash,
                     node.correct, node.total, node.value, low, high, node.rating, judges,
                     bad.evidence if bad else None)  # fmt: skip


def sft_rows(tree: Tree) -> Iterator[SFTRow]:
    """The first right solution of the tree, if any."""
    for rollout in tree.rollouts:
        if rollout.outcome == "valid":
            path = path_to(tree, rollout.leaf)
            human = [node.text for node in path if node.origin == "human"]
            text = "\n".join(node.text for node in path)
            yield SFTRow(
                (Message("user", tree.problem.statement), Message("assistant", text)), "\n".join(human), len(human),
                len(path), False, 0.8, tree.problem.answer, tree.id, rollout.leaf, tree.problem.id, "bundled",
                "Apache-2.0")  # fmt: skip
            return


def dpo_rows(tree: Tree) -> Iterator[DPORow]:
    """One right against one wrong solution from the same start, where a start has both."""
    for start in sorted({rollout.start for rollout in tree.rollouts}):
        ends = {rollout.outcome: rollout.leaf for rollout in tree.rollouts if rollout.start == start}
        if "valid" in ends and "invalid" in ends:
            good, bad = path_to(tree, ends["valid"]), path_to(tree, ends["invalid"])
            shared = [a.text for a, b in zip(good, bad, strict=False) if a.index == b.index]
            sides = [(Message("assistant", "\n".join(node.text for node in side)),) for side in (good, bad)]
            yield DPORow((Message("user", tree.problem.statement),), *sides, "\n".join(shared), len(shared), 0.5,
                         "more rollouts from it are right", tree.id, good[len(shared)].index, bad[len(shared)].index,
                         tree.problem.id, "bundled", None)  # fmt: skip
            return


def prm_rows(tree: Tree, labels: list[StepLabel]) -> Iterator[PRMRow]:
    """The first few solutions, each up to its first wrong step."""
    by_node = {label.node: label for label in labels}
    for leaf in sorted({rollout.leaf for rollout in tree.rollouts})[:4]:
        steps = [by_node[node.index] for node in path_to(tree, leaf)]
        wrong = next((at for at, step in enumerate(steps) if step.label == "incorrect"), -1)
        kept = steps if wrong < 0 else steps[: wrong + 1]
        yield PRMRow(
            tree.problem.statement, tuple(s.text for s in kept), tuple(s.label == "correct" for s in kept),
            tuple(s.soft for s in kept), tuple(s.correct for s in kept), tuple(s.total for s in kept),
            tuple(s.rating for s in kept), tuple(s.decided_by for s in kept), wrong, kept[-1].evidence, tree.id, leaf,
            tree.problem.id, "bundled", None)  # fmt: skip


def path_to(tree: Tree, leaf: int) -> list[Node]:
    """The steps from the first one down to ``leaf``."""
    path: list[Node] = []
    at: int | None = leaf
    while at:
        path.append(tree.nodes[at])
        at = tree.nodes[at].parent
    return path[::-1]


def _step(item: str, value: int, sign: str, amount: int, slip: int = 0) -> str:
    return f"Now there are {value} {sign} {amount} = {SIGNS[sign](value, amount) + slip} {item}."


def _link(text: str) -> tuple[str, int]:
    words = text.split()
    return words[4], int(words[5])


def _value(text: str) -> int:
    return int(text.split(" = ")[1].split()[0])


def _judge(text: str) -> tuple[Verdict, ...]:
    words, claim = text.split(), " ".join(text.split()[3:8])
    truth = SIGNS[words[4]](int(words[3]), int(words[5]))
    start = text.index(claim)
    if truth == int(words[7]):
        return (Verdict("valid", "sympy", "1", None, claim, start, start + len(claim), None),)
    evidence = f"{words[3]} {words[4]} {words[5]} is {truth}, not {words[7]}"
    return (Verdict("invalid", "sympy", "1", None, claim, start, start + len(claim), evidence),)


def _valued(node: Node) -> Node:
    return replace(node, value=node.correct / node.total if node.total else None)


def _write_halves(folder: Path, trees: list[Tree]) -> list[Shard]:
    half = len(trees) // 2
    parts = [part for part in (trees[:half], trees[half:]) if part]
    return [write_shard(folder, "trees", number, to_table(part, Tree)) for number, part in enumerate(parts)]


def _manifest(shards: list[Shard], counts: tuple[StageCount, ...], totals: dict[str, object]) -> Manifest:
    config = {"name": "demo", "policy": {"model": MODEL}, "search": {"algorithm": "omegaprm"}}
    versions = {"cot_factory": "0.1.0", "python": "3.11"}
    model = {"name": MODEL, "hash": "feed"}
    return Manifest(
        fingerprint="0123456789abcdef", config=config, model=model, versions=versions, schema_version=SCHEMA_VERSION,
        counts=counts, shards=tuple(shards), totals=totals, complete=True)  # fmt: skip
