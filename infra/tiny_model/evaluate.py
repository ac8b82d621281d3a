"""Measures the tiny model with vLLM: pass@1 on held-out problems by how much of a correct solution is given.

`python infra/tiny_model/evaluate.py --model pipelines/bundled/tiny` prints a table for generated problems (a seed that
training does not use), one for the bundled seed problems with --seeds FILE, and some completions with mistakes.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from problems import generate
from seed_family import seed_templates
from text_format import prompt
from wording import OPERATIONS

HELD_OUT_SEED = 7_000_001
SEED_GROUPS = ("seeds, wording not in training", "seeds, wording in training")
ANSWER = re.compile(r"The answer is (.+)\.$")
EQUATION = re.compile(r"(\d+) ([-+*/]) (\d+) = (\d+)")


@dataclass(frozen=True)
class Case:
    """A problem with the first `given` of its `total` steps (the answer line is one of them) to be continued."""

    problem: str
    prefix: tuple[str, ...]
    total: int
    answer: str
    group: str

    @property
    def left(self) -> int:
        """How many steps of the reference solution are still to be written."""
        return self.total - len(self.prefix)


@dataclass(frozen=True)
class Result:
    """A case with one sampled completion."""

    case: Case
    text: str

    @property
    def passed(self) -> bool:
        """Whether the completion's last line states the right answer."""
        found = ANSWER.search(self.text.strip())
        return found is not None and found[1] == self.case.answer

    @property
    def false_equations(self) -> list[str]:
        """The equations in the completion that do not hold."""
        return [m[0] for m in EQUATION.finditer(self.text) if not holds(*m.groups())]


def holds(a: str, op: str, b: str, c: str) -> bool:
    """Whether `a op b = c` is true in whole numbers."""
    if op == "/" and (int(b) == 0 or int(a) % int(b)):
        return False
    return OPERATIONS[op](int(a), int(b)) == int(c)


def held_out(count: int) -> list[Case]:
    """`count` generated problems of unseen seed without slips, each with every proper prefix of its steps."""
    rng = random.Random(HELD_OUT_SEED)
    examples = [generate(rng, recovery=0.0) for _ in range(count)]
    lines = [(e, [s.text for s in e.steps]) for e in examples]
    return [
        Case(e.problem, tuple(steps[:k]), len(steps), e.answer, e.family)
        for e, steps in lines
        for k in range(len(steps))
    ]


def seed_cases(path: Path) -> list[Case]:
    """The number-answer problems of a seed file with every proper prefix of their first (correct) solution.

    The group says whether training with --seed-share has the problem's wording (with other numbers) or not.
    """
    renumbered = {t.name for t in seed_templates(path)}
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        Case(row["problem"], tuple(steps[:k]), len(steps), row["answer"], SEED_GROUPS[row["id"] in renumbered])
        for row in rows
        if row["domain"] == "math"
        for steps in [[s["text"] for s in row["solutions"][0]["steps"]]]
        for k in range(len(steps))
    ]


def sample(model: Path, cases: Sequence[Case], repeats: int, temperature: float) -> list[Result]:
    """`repeats` completions of every case, sampled by vLLM on the CPU with a fixed seed."""
    os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", "1")
    os.environ.setdefault("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
    os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")
    from vllm import LLM, SamplingParams  # after the environment is set, which vLLM reads on import

    llm = LLM(
        model=str(model),
        enforce_eager=True,
        dtype="float32",
        enable_chunked_prefill=False,
        max_model_len=1024,
        max_num_seqs=64,
        seed=0,
    )
    params = SamplingParams(n=repeats, temperature=temperature, max_tokens=300, seed=0)
    outputs = llm.generate([prompt(c.problem, c.prefix) for c in cases], params)
    return [Result(c, one.text) for c, out in zip(cases, outputs, strict=True) for one in out.outputs]


def table(title: str, rows: Iterable[tuple[str, Result]]) -> str:
    """A Markdown table of pass@1 and the number of completions for each label, in order of the label."""
    groups: dict[str, list[Result]] = defaultdict(list)
    for label, result in rows:
        groups[label].append(result)
    lines = [f"| {title} | pass@1 | n |", "| --- | --- | --- |"]
    lines += [f"| {k} | {sum(r.passed for r in v) / len(v):.1%} | {len(v)} |" for k, v in sorted(groups.items())]
    return "\n".join(lines)


def report(results: Sequence[Result]) -> str:
    """Tables by given steps, by steps left and by family (bare problem), and the share of true equations."""
    bare = [r for r in results if not r.case.prefix]
    stated = sum(len(EQUATION.findall(r.text)) for r in results)
    wrong = sum(len(r.false_equations) for r in results)
    parts = [
        table("steps given", ((str(len(r.case.prefix)), r) for r in results)),
        table("steps left", ((str(r.case.left), r) for r in results)),
        table("family, bare problem", ((r.case.group, r) for r in bare)),
        f"Equations stated: {stated}, false: {wrong} ({wrong / max(stated, 1):.1%}).",
        f"Failed bare problems: {sum(not r.passed for r in bare)}, of which "
        f"{sum(not r.passed and bool(r.false_equations) for r in bare)} state a false equation.",
    ]
    return "\n\n".join(parts)


def mistakes(results: Sequence[Result], count: int) -> str:
    """Some failed completions of bare problems, with their false equations."""
    failed = [r for r in results if not r.passed and not r.case.prefix]
    shown = random.Random(0).sample(failed, min(count, len(failed)))
    return "\n\n".join(
        f"{r.case.problem}  [answer {r.case.answer}]\n{r.text}\n  false: {r.false_equations}" for r in shown
    )


def main() -> None:
    """Read the command line, sample, and print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--problems", type=int, default=300, help="number of held-out problems")
    parser.add_argument("--samples", type=int, default=1, help="completions for each problem and prefix")
    parser.add_argument("--temperature", type=float, default=0.8)
    parser.add_argument("--seeds", type=Path, help="measure on this seed file too")
    parser.add_argument("--show", type=int, default=10, help="failed completions to print")
    args = parser.parse_args()
    cases = held_out(args.problems) + (seed_cases(args.seeds) if args.seeds else [])
    results = sample(args.model, cases, args.samples, args.temperature)
    seeds = [r for r in results if r.case.group in SEED_GROUPS]
    generated = [r for r in results if r.case.group not in SEED_GROUPS]
    print(report(generated))
    if seeds:
        print("\nBundled seed problems\n\n" + report(seeds))
    print("\nMistakes\n\n" + mistakes(generated, args.show))
    print("\nMistakes on the seeds\n\n" + mistakes(seeds, args.show))


if __name__ == "__main__":
    main()
