"""The seed file that ships with the package: its shape, its counts, its arithmetic and its code."""

from __future__ import annotations

import ast
import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

SEEDS = Path(__file__).parents[2] / "factory" / "data" / "seeds.jsonl"
ROWS: list[dict[str, Any]] = [json.loads(line) for line in SEEDS.read_text(encoding="utf-8").splitlines()]
NUMBER = r"-?\d+(?:\.\d+)?"
EQUATION = re.compile(rf"(?<![\w.)])(?<![-+*/^=] )({NUMBER}(?: [-+*/] {NUMBER})+) = ({NUMBER})(?![\w(]| [-+*/] )")


def value(expression: str) -> Fraction:
    """The exact value of numbers joined by + - * / with spaces around the operators; * and / bind tighter."""
    first, *rest = expression.split(" ")
    terms = [Fraction(first)]
    for op, text in zip(rest[::2], rest[1::2], strict=True):
        number = Fraction(text)
        if op in "+-":
            terms.append(number if op == "+" else -number)
        else:
            terms[-1] = terms[-1] * number if op == "*" else terms[-1] / number
    return sum(terms, Fraction(0))


def ratings(solution: dict[str, Any]) -> list[int | None]:
    """The ratings of a solution's steps, in order."""
    return [step["rating"] for step in solution["steps"]]


def test_ids_are_unique_and_fields_complete() -> None:
    assert len({row["id"] for row in ROWS}) == len(ROWS)
    fields = {"id", "domain", "problem", "answer", "tests", "solutions", "licence", "source"}
    assert all(set(row) == fields and row["solutions"] for row in ROWS)
    assert all({r for s in row["solutions"] for r in ratings(s)} <= {1, 0, -1, None} for row in ROWS)


def test_counts() -> None:
    math = [row for row in ROWS if row["domain"] == "math"]
    solutions = [s for row in ROWS for s in row["solutions"]]
    wrong = [s for s in solutions if -1 in ratings(s) and None in ratings(s)]
    recovered = [s for s in solutions if -1 in ratings(s) and None not in ratings(s)]
    routes = [s for row in ROWS for s in row["solutions"][1:] if set(ratings(s)) == {1}]
    assert len(ROWS) >= 72
    assert len(math) >= 64
    assert len(ROWS) - len(math) >= 6
    assert len(wrong) >= 12
    assert len(routes) >= 6
    assert 2 <= len(recovered) <= 6


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_good_solutions_reach_the_answer_and_wrong_ones_do_not(row: dict[str, Any]) -> None:
    assert set(ratings(row["solutions"][0])) == {1}
    for solution in row["solutions"]:
        last = solution["steps"][-1]
        if row["domain"] == "math":
            right = last["text"] == f"The answer is {row['answer']}."
            assert right == (last["rating"] == 1)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_equations_in_good_steps_are_true(row: dict[str, Any]) -> None:
    texts = [step["text"] for s in row["solutions"] for step in s["steps"] if step["rating"] == 1]
    found = [match for text in texts if not text.startswith("```") for match in EQUATION.finditer(text)]
    assert found or row["domain"] == "code"
    for match in found:
        assert value(match[1]) == Fraction(match[2]), match[0]


@pytest.mark.parametrize("row", [r for r in ROWS if r["domain"] == "code"], ids=lambda row: row["id"])
def test_code_ends_in_one_parsable_function(row: dict[str, Any]) -> None:
    assert row["tests"]
    for solution in row["solutions"]:
        block = re.fullmatch(r"```python\n(.*)\n```", solution["steps"][-1]["text"], re.DOTALL)
        assert block
        assert [type(node) for node in ast.parse(block[1]).body] == [ast.FunctionDef]
