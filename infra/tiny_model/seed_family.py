"""Makes training examples out of a seed file: its own hand-written wordings with other numbers and other names.

Every correct solution of a seed problem becomes a template by itself. Its numbers are tied to sources by value: `v6`
is the problem's number 6, `d20` the divisor that stands for 20%, `r0` the result of the first equation; small numbers
without a source stay as they are. Equal numbers of one problem stay equal. Solutions that do not fit are left out.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from problems import RECOVERY_SHARE, Example, with_slip
from wording import HE, OPERATIONS, SHE, Step

EQUATION = re.compile(r"(?<!\d)(\d+) ([-+*/]) (\d+) = (\d+)(?!\d|\.\d)")
NUMBER = re.compile(r"\d+")
NAME = re.compile(r"\b(" + "|".join(HE + SHE) + r")\b")
PERCENTS = (10, 20, 25, 50)
SMALL = 5
LARGEST = 999
TRIES = 2_000
# Numbers that words in the same problem fix: "the fourth day" comes after 3 days, a week has 7.
FIXED: dict[str, frozenset[int]] = {"reading-goal": frozenset({3}), "water-the-plants": frozenset({7})}


class Unfit(ValueError):
    """A solution that cannot be made into a template; the message says why."""


@dataclass(frozen=True)
class Template:
    """A problem and its steps with a field such as `{v6}` for every number that changes.

    `operations` holds (left, sign, right) of each equation in order, each side a field name or a literal number.
    """

    name: str
    problem: str
    steps: tuple[str, ...]
    operations: tuple[tuple[str, str, str], ...]
    originals: dict[str, int]

    def filled(self, numbers: dict[str, int]) -> Example | None:
        """The example with these problem numbers, or None unless each result is a whole number in 1..LARGEST."""
        values = numbers | {f"d{k[1:]}": 100 // n for k, n in numbers.items() if f"d{k[1:]}" in self.originals}
        steps: list[Step] = []
        for i, (left, sign, right) in enumerate(self.operations):
            a, b = _value(left, values), _value(right, values)
            result = OPERATIONS[sign](a, b)
            if not 1 <= result <= LARGEST or (sign == "/" and result * b != a):
                return None
            values[f"r{i}"] = result
            steps.append(Step(self.steps[i].format_map(values), f"{a} {sign} {b} = {result}", result))
        return Example(self.problem.format_map(values), (*steps, Step(f"The answer is {result}.")), self.name)


def seed_templates(path: Path) -> list[Template]:
    """One template for each fitting, all-good solution of each number-answer problem of a seed file."""
    found: list[Template] = []
    for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
        for solution in row["solutions"] if row["domain"] == "math" else []:
            if all(step["rating"] == 1 for step in solution["steps"]):
                try:
                    found.append(template(row["id"], row["problem"], [step["text"] for step in solution["steps"]]))
                except Unfit:
                    continue
    return found


def seed_example(rng: random.Random, templates: Sequence[Template], recovery: float = RECOVERY_SHARE) -> Example:
    """A random template with new numbers (never just the original ones) and, half of the time, other names."""
    chosen = rng.choice(templates)
    example = next(e for _ in range(TRIES) if (e := _fresh(rng, chosen)) is not None)
    if rng.random() < 0.5:
        example = _renamed(rng, example)
    if rng.random() < recovery:
        return Example(example.problem, tuple(with_slip(rng, list(example.steps))), example.family)
    return example


def template(name: str, problem: str, lines: Sequence[str]) -> Template:
    """The template of one solution; raises Unfit unless it gives the very solution back for the original numbers."""
    fixed = FIXED.get(name, frozenset())
    originals = _originals(problem, fixed)
    known, unused = dict(originals), set(originals)
    steps, operations = [], []
    for i, line in enumerate(lines[:-1]):
        text, operation = _step(line, i, known, unused, fixed)
        steps.append(text)
        operations.append(operation)
    if any(k[0] == "v" and k in unused and f"d{k[1:]}" not in known for k in originals) or not originals:
        raise Unfit("a number of the problem is not used")
    made = Template(name, _problem_fields(problem, originals), tuple(steps), tuple(operations), originals)
    again = made.filled({k: n for k, n in originals.items() if k[0] == "v"})
    if again is None or (again.problem, [s.text for s in again.steps]) != (problem, list(lines)):
        raise Unfit("the original solution does not come back")
    if all(_fresh(random.Random(i), made) is None for i in range(TRIES)):
        raise Unfit("no other numbers fit")
    return made


def _originals(problem: str, fixed: frozenset[int]) -> dict[str, int]:
    """The sources in a problem text: its numbers (1 counts as a word) and the divisors of its percentages."""
    if "^" in problem:
        raise Unfit("powers")
    numbers = {f"v{n}": int(n) for n in NUMBER.findall(problem) if int(n) != 1 and int(n) not in fixed}
    percents = [int(n) for n in re.findall(r"(\d+)%", problem)]
    if any(p not in PERCENTS for p in percents):
        raise Unfit("an uncommon percentage")
    return numbers | {f"d{p}": 100 // p for p in percents}


def _step(
    line: str, i: int, known: dict[str, int], unused: set[str], fixed: frozenset[int]
) -> tuple[str, tuple[str, str, str]]:
    """Step `i` with fields and its operation; adds its result to `known` and takes its operands off `unused`."""
    found = list(EQUATION.finditer(line))
    if len(found) != 1:
        raise Unfit("not exactly one equation in a step")
    a, sign, b, result = found[0].groups()
    left, right = (_source(int(n), known, unused, fixed) for n in (a, b))
    here = {k: known[k] for k in (left, right) if k[0] in "vr"} | {f"r{i}": int(result)}
    known |= {f"r{i}": int(result)}
    unused.add(f"r{i}")

    def field(m: re.Match[str]) -> str:
        """A number outside the equation: a percentage, a part of the equation, or an earlier source."""
        n = int(m[0])
        if line[m.end() : m.end() + 1] == "%":
            return f"{{v{n}}}"
        inside = next((k for k, value in here.items() if value == n), None)
        return _field(inside or _source(n, {k: v for k, v in known.items() if k[0] != "d"}, set(), fixed))

    before, after = NUMBER.sub(field, line[: found[0].start()]), NUMBER.sub(field, line[found[0].end() :])
    return f"{before}{_field(left)} {sign} {_field(right)} = {{r{i}}}{after}", (left, sign, right)


def _source(value: int, known: dict[str, int], unused: set[str], fixed: frozenset[int]) -> str:
    """The latest source of a value, one not used so far if there is one; a small number may stand for itself."""
    fitting = [k for k in reversed(known) if known[k] == value]
    if not fitting:
        if value > SMALL and value not in fixed:
            raise Unfit(f"{value} has no source")
        return str(value)
    chosen = next((k for k in fitting if k in unused), fitting[0])
    unused.discard(chosen)
    return chosen


def _field(source: str) -> str:
    """A source as it stands in a template text."""
    return source if source.isdigit() else f"{{{source}}}"


def _problem_fields(problem: str, originals: dict[str, int]) -> str:
    """The problem text with its changing numbers as fields."""
    return NUMBER.sub(lambda m: f"{{v{m[0]}}}" if f"v{m[0]}" in originals else m[0], problem)


def _value(source: str, values: dict[str, int]) -> int:
    """The number that a field name or a literal stands for."""
    return int(source) if source.isdigit() else values[source]


def _fresh(rng: random.Random, chosen: Template) -> Example | None:
    """One try at new numbers, each 60% to 150% of the original; None if they do not fit or are the original ones."""
    old = {k: n for k, n in chosen.originals.items() if k[0] == "v"}
    new = {
        k: rng.choice(PERCENTS) if f"d{k[1:]}" in chosen.originals else rng.randint(max(2, n * 3 // 5), n * 3 // 2 + 1)
        for k, n in old.items()
    }
    return chosen.filled(new) if new != old else None


def _renamed(rng: random.Random, example: Example) -> Example:
    """The example with each first name replaced by a random one of the same pronoun."""
    names = dict.fromkeys(NAME.findall(example.problem))
    pools = {id(p): rng.sample(p, len(p)) for p in (HE, SHE)}
    new = {name: pools[id(HE if name in HE else SHE)].pop() for name in names}

    def other(text: str) -> str:
        """The text with the new names."""
        return NAME.sub(lambda m: new.get(m[0], m[0]), text)

    steps = tuple(Step(other(s.text), s.equation, s.result, s.learn) for s in example.steps)
    return Example(other(example.problem), steps, example.family)
