"""The first wrong tactic is found, the goals around every tactic are told, and what stands before it is verified."""

from collections import Counter

import pytest

from schemas import LeanVerdict, ProofStep
from tests.lean.mutations.mutators import Proof, read_proofs
from tests.lean.mutations.mutators import mutations as made_from
from tests.lean.rows import Mutation, mutations
from verifiers.lean import LeanPool, file_request

PROOFS = read_proofs()
MUTATIONS = mutations()
EXACT = 0.95  # of the broken proofs, by the issue


@pytest.fixture(scope="module")
def broken(lean_pool: LeanPool) -> list[LeanVerdict]:
    return lean_pool.judge(file_request(row.code) for row in MUTATIONS)


@pytest.fixture(scope="module")
def whole(lean_pool: LeanPool) -> dict[str, LeanVerdict]:
    verdicts = lean_pool.judge(file_request(proof.code) for proof in PROOFS)
    return {proof.name: verdict for proof, verdict in zip(PROOFS, verdicts, strict=True)}


def first_wrong(verdict: LeanVerdict) -> ProofStep | None:
    return None if verdict.first_error is None else verdict.steps[verdict.first_error]


def is_exact(row: Mutation, verdict: LeanVerdict) -> bool:
    """Whether the first error is the mutated step: it begins there, a ``·`` or ``| zero =>`` in front included, and
    goes no further."""
    step = first_wrong(verdict)
    start, end = row.first_error
    return step is not None and step.start <= start < step.end <= end and step.text == row.code[step.start : step.end]


def test_the_rows_are_what_the_mutators_make() -> None:
    made = {mutation.id: (mutation.code, mutation.first_error, mutation.mutator) for mutation in made_from(PROOFS)}
    assert all(made[row.id] == (row.code, row.first_error, row.mutator) for row in MUTATIONS)
    assert len(MUTATIONS) >= 150


def test_the_first_wrong_tactic_is_found(broken: list[LeanVerdict]) -> None:
    missed = [(row, verdict) for row, verdict in zip(MUTATIONS, broken, strict=True) if not is_exact(row, verdict)]
    for row, verdict in missed:
        step = first_wrong(verdict)
        said = "nothing" if step is None else f"{step.text!r} at {step.start}"
        print(
            f"{row.id}: {row.code[slice(*row.first_error)]!r} at {row.first_error[0]}, found {said} ({verdict.reason})"
        )
    print(
        f"{1 - len(missed) / len(MUTATIONS):.1%} of {len(MUTATIONS)}; missed:",
        Counter(row.mutator for row, _ in missed),
    )
    assert len(missed) <= (1 - EXACT) * len(MUTATIONS)


@pytest.mark.parametrize("number", range(len(MUTATIONS)), ids=[row.id for row in MUTATIONS])
def test_a_broken_proof_keeps_its_verified_prefix(number: int, broken: list[LeanVerdict]) -> None:
    row, verdict = MUTATIONS[number], broken[number]
    assert verdict.accepted is False, verdict
    step = first_wrong(verdict)
    assert step is not None
    assert step.outcome == "invalid"
    assert step.message
    assert verdict.first_error is not None
    assert {before.outcome for before in verdict.steps[: verdict.first_error]} <= {"valid"}
    if row.mutator != "typo":
        assert step.before, "the goals at the wrong tactic"


@pytest.mark.parametrize("proof", PROOFS, ids=lambda proof: proof.name)
def test_a_whole_proof_is_valid_in_every_step(proof: Proof, whole: dict[str, LeanVerdict]) -> None:
    verdict = whole[proof.name]
    assert verdict.accepted is True, verdict
    assert {step.outcome for step in verdict.steps} == {"valid"}
    for marked in proof.steps:
        if not proof.code.startswith("·", marked.start):
            found = [step for step in verdict.steps if step.start <= marked.start < step.end]
            assert len(found) == 1, proof.code[marked.start : marked.end]
            assert found[0].before
    assert all(step.text == proof.code[step.start : step.end] for step in verdict.steps)
    assert sorted(verdict.steps, key=lambda step: step.start) == list(verdict.steps)


@pytest.mark.parametrize("proof", [proof for proof in PROOFS if proof.flat], ids=lambda proof: proof.name)
def test_the_goals_of_a_flat_proof_chain(proof: Proof, whole: dict[str, LeanVerdict]) -> None:
    steps = whole[proof.name].steps
    assert len(steps) == len(proof.steps)
    assert [step.after for step in steps[:-1]] == [step.before for step in steps[1:]]
    assert all("⊢" in goal for step in steps for goal in step.before)
    assert steps[-1].after == ()
