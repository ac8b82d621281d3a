"""The published formats, by hand-written rows and by the real files where they are at hand."""

import collections
import json
import time
from pathlib import Path
from typing import Any

import pytest

from factory.seeds import SeedBatch, SeedSpec, read_seeds
from schemas import StepAlternative

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"


def read(folder: Path, source: str, *rows: Any) -> SeedBatch:
    path = folder / "rows.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return read_seeds(SeedSpec(source=source, path=str(path)))


def real(source: str, name: str) -> SeedBatch:
    if not (DATA / name).is_file():
        pytest.skip(f"shared/data/{name} is not beside this checkout")
    return read_seeds(SeedSpec(source=source, path=str(DATA / name)))


def test_gsm8k(tmp_path: Path) -> None:
    answer = "Half is 48/2 = <<48/2=24>>24 clips.\n\nIn all $<<24+1000=1024>>1,024.\n#### 1,024"
    (seed,) = read(tmp_path, "gsm8k", {"question": "How many?", "answer": answer}).seeds
    assert [step.text for step in seed.steps] == [
        "Half is 48/2 = 24 clips.",
        "In all $1,024.",
        "The answer is 1,024.",
    ]
    assert (seed.problem.answer, seed.problem.source, seed.problem.licence) == ("1,024", "gsm8k", "MIT")
    assert seed.prefixes == (0, 1, 2)


def test_gsm8k_without_an_answer_is_kept_and_a_wrong_one_is_not(tmp_path: Path) -> None:
    rows = [
        {"question": "q", "answer": "Only a step."},
        {"question": "q", "answer": None},
        {"question": "q", "answer": "#### 4"},
    ]
    batch = read(tmp_path, "gsm8k", *rows)
    assert [seed.problem.answer for seed in batch.seeds] == [None]
    assert [reject.reason for reject in batch.rejects] == ["wrong_type", "no_steps"]


RAW_PRM800K = {
    "labeler": "someone",
    "question": {"problem": "What is $1+1+1$?", "ground_truth_answer": "3", "pre_generated_steps": None},
    "label": {
        "finish_reason": "found_error",
        "steps": [
            {
                "completions": [
                    {"text": "Add the first two.", "rating": 0, "flagged": False},
                    {"text": "$1+1=2$.", "rating": 1, "flagged": None},
                ],
                "human_completion": None,
                "chosen_completion": 1,
            },
            {
                "completions": [{"text": "$2+1=4$.", "rating": -1}],
                "human_completion": {"text": "$2+1=3$.", "rating": None, "source": "human", "corrected_rating": None},
                "chosen_completion": None,
            },
            {
                "completions": [{"text": "So it is 5.", "rating": -1}, {"text": "So it is 3.", "rating": None}],
                "human_completion": None,
                "chosen_completion": None,
            },
        ],
    },
}


def test_raw_prm800k(tmp_path: Path) -> None:
    (seed,) = read(tmp_path, "prm800k", RAW_PRM800K).seeds
    assert [(step.text, step.rating) for step in seed.steps] == [
        ("$1+1=2$.", 1),
        ("$2+1=3$.", 1),
        ("So it is 5.", -1),
    ]
    assert [step.alternatives for step in seed.steps] == [
        (StepAlternative("Add the first two.", 0),),
        (StepAlternative("$2+1=4$.", -1),),
        (StepAlternative("So it is 3.", None),),
    ]
    assert (seed.first_error, seed.problem.answer) == (2, "3")


@pytest.mark.parametrize(
    ("label", "reason"),
    [
        ({"steps": None}, "wrong_type"),
        ({"steps": []}, "no_steps"),
        ({"steps": [], "finish_reason": "bad_problem"}, "bad_problem"),
        ({"steps": [{"completions": [{"text": "a", "rating": 1}], "chosen_completion": 4}]}, "bad_choice"),
        ({"steps": [{"completions": [], "chosen_completion": None}]}, "bad_choice"),
        ({"steps": [{"completions": ["a"], "chosen_completion": 0}]}, "wrong_type"),
        ({"steps": [{"completions": [{"text": "a", "rating": 3}], "chosen_completion": 0}]}, "rating_out_of_range"),
        ({"steps": ["a"]}, "wrong_type"),
    ],
)
def test_raw_prm800k_that_is_wrong(tmp_path: Path, label: Any, reason: str) -> None:
    batch = read(tmp_path, "prm800k", {**RAW_PRM800K, "label": label})
    assert [reject.reason for reject in batch.rejects] == [reason]


@pytest.mark.parametrize(("label", "ratings"), [(1, [1, -1, None]), (0, [-1, None, None]), (-1, [1, 1, 1])])
def test_processbench(tmp_path: Path, label: int, ratings: list[int | None]) -> None:
    row = {"id": "x-1", "problem": "p", "steps": ["a", "b", "c"], "label": label}
    (seed,) = read(tmp_path, "processbench", row).seeds
    assert [step.rating for step in seed.steps] == ratings
    assert seed.first_error == label


@pytest.mark.parametrize(
    ("label", "reason"), [(3, "label_out_of_range"), (-2, "label_out_of_range"), (None, "wrong_type")]
)
def test_processbench_label_out_of_range(tmp_path: Path, label: int | None, reason: str) -> None:
    row = {"problem": "p", "steps": ["a", "b", "c"], "label": label}
    assert [reject.reason for reject in read(tmp_path, "processbench", row).rejects] == [reason]


def test_real_gsm8k_train() -> None:
    started = time.monotonic()
    batch = real("gsm8k", "gsm8k/train.jsonl")
    assert time.monotonic() - started < 20
    assert (batch.read, batch.kept, batch.rejected) == (7473, 7473, 0)
    assert all(seed.problem.answer and seed.steps[-1].text.startswith("The answer is ") for seed in batch.seeds)
    assert not any("<<" in step.text or "####" in step.text for seed in batch.seeds for step in seed.steps)


def test_real_prm800k() -> None:
    batch = real("prm800k", "prm800k/validation_steps.jsonl")
    assert (batch.read, batch.kept, batch.rejected) == (1135, 700, 435)
    assert collections.Counter(reject.reason for reject in batch.rejects) == {"duplicate": 435}
    assert len({seed.problem.id for seed in batch.seeds}) == 108
    for seed in batch.seeds:
        wrong = [index for index, step in enumerate(seed.steps) if step.rating == -1]
        assert seed.first_error == (wrong[0] if wrong else -1)


@pytest.mark.parametrize(("name", "rows"), [("gsm8k", 204), ("math", 500), ("olympiadbench", 496), ("omnimath", 478)])
def test_real_processbench(name: str, rows: int) -> None:
    batch = real("processbench", f"processbench/{name}.jsonl")
    assert (batch.read, batch.kept, batch.rejected) == (rows, rows, 0)
