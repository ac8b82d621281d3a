"""Sanity on real solutions, where ``../shared/data`` is present: humans' right steps are not called wrong."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from verifiers.steps import judge

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def rows(path: str) -> list[dict[str, Any]]:
    file = DATA / path
    if not file.exists():
        pytest.skip(f"real data not on this machine: shared/data/{path} beside the repository")
    return [json.loads(line) for line in file.read_text().strip().split("\n")]


def outcome(step: str) -> str:
    found = judge("", (step,))
    return "none" if found is None else found.decision.outcome


def test_human_gsm8k_steps() -> None:
    """Annotated correct by construction; the invalid ones left are typing errors of the annotators."""
    sample = random.Random(1).sample(rows("gsm8k/train.jsonl"), 500)
    steps = [step for row in sample for step in row["answer"].splitlines() if not step.startswith("####")]
    outcomes = {step: outcome(step) for step in steps}
    with_equality = [outcomes[step] for step in steps if "=" in step]
    assert sum(outcomes[step] == "invalid" for step in steps) < 0.005 * len(steps)
    assert sum(each == "valid" for each in with_equality) >= 0.9 * len(with_equality)


@pytest.mark.parametrize("name", ["gsm8k", "math"])
def test_processbench(name: str) -> None:
    right, flagged, found, on_or_after = 0, 0, 0, 0
    for row in rows(f"processbench/{name}.jsonl"):
        first = next((i for i, step in enumerate(row["steps"]) if outcome(step) == "invalid"), None)
        if row["label"] == -1:
            right, flagged = right + 1, flagged + (first is not None)
        elif first is not None:
            found, on_or_after = found + 1, on_or_after + (first >= row["label"])
    assert flagged <= 0.01 * right
    assert found > 0 and on_or_after >= 0.9 * found
