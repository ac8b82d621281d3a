"""Whatever a row holds, it is kept or rejected: nothing is raised, nothing is lost, and what is kept is well formed."""

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from factory.seeds import SOURCES, SeedSpec, prefix_lengths, read_seeds
from schemas import Reject, Seed, from_table, to_table

FIELDS = (
    "problem question steps solution solutions answer ratings label tests id domain formal source licence text rating "
    "completions human_completion chosen_completion finish_reason ground_truth_answer action alternatives first_error"
).split()
TEXTS = st.text(alphabet=st.characters(), max_size=20)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.sampled_from(["math", "code", "#### 4"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(FIELDS) | TEXTS, inner, max_size=5),
    max_leaves=25,
)
ROWS = st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=8)
GOOD = {
    "problem": "p",
    "question": "p",
    "steps": ["a"],
    "solution": "a",
    "answer": "#### 4",
    "label": -1,
}
LINES = st.one_of(ROWS, VALUES, st.just(GOOD)).map(lambda row: json.dumps(row).encode()) | st.binary(max_size=60)

TRACED = {
    "full_name": "t",
    "file_path": "A.lean",
    "traced_tactics": [{"tactic": "simp", "state_before": "⊢ p", "state_after": "no goals"}],
}


def check(lines: list[bytes], source: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.jsonl"
        first = TRACED if source == "benchmark4" else GOOD
        path.write_bytes(json.dumps(first).encode() + b"\n" + b"\n".join(lines))
        batch = read_seeds(SeedSpec(source=source, path=str(path)))
    rows = 1 + sum(bool(line.strip()) for line in b"\n".join(lines).split(b"\n"))
    assert batch.read == rows == batch.kept + batch.rejected
    assert len({seed.id for seed in batch.seeds}) == len(batch.seeds) >= batch.kept
    assert len(batch.rejects) >= batch.rejected
    assert from_table(to_table(batch.seeds, Seed), Seed) == list(batch.seeds)
    assert from_table(to_table(batch.rejects, Reject), Reject) == list(batch.rejects)
    assert all(reject.reason and reject.detail for reject in batch.rejects)
    for seed in batch.seeds:
        assert seed.steps and all(step.text.strip() and step.rating in (None, -1, 0, 1) for step in seed.steps)
        assert seed.first_error is None or -1 <= seed.first_error < len(seed.steps)


@settings(max_examples=150, deadline=None)
@given(st.lists(LINES, max_size=5), st.sampled_from([name for name in SOURCES if name not in ("bundled", "dataset")]))
def test_any_file_is_kept_or_rejected(lines: list[bytes], source: str) -> None:
    check(lines, source)


@given(st.integers(1, 30), st.integers(-1, 29) | st.none(), st.sampled_from(["every", "bare", "first_error"]))
def test_prefixes_are_ascending_and_hold_no_error(steps: int, wrong: int | None, policy: str) -> None:
    first_error = None if wrong is None or wrong >= steps else wrong
    lengths = prefix_lengths(policy, steps, first_error)
    assert lengths[0] == 0
    assert list(lengths) == sorted(set(lengths))
    assert lengths[-1] < steps
    if policy == "first_error" and first_error is not None and first_error >= 0:
        assert lengths[-1] == first_error


def test_the_file_name_does_not_name_a_seed(tmp_path: Path) -> None:
    ids: list[Any] = []
    for name in ("a.jsonl", "b.jsonl"):
        (tmp_path / name).write_text(json.dumps(GOOD))
        ids.append(read_seeds(SeedSpec(source="rows", path=str(tmp_path / name))).seeds[0].id)
    assert ids[0] == ids[1]
