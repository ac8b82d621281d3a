"""Chains of thought from proofs that real Lean traced: each is accepted again, from its rendered text."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from factory.formal.check import Check, verify_cots
from factory.formal.cot import CotSolution, cot, lean_of, render
from factory.formal.traced import NoProof, from_verdict
from pipelines.cot import CotSpec, make_cots
from schemas import LeanVerdict
from tests.lean.mutations.mutators import read_proofs
from verifiers.lean import LeanPool, LeanRequest, file_request, proof_request

SNIPPETS = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "lean" / "core_snippets.jsonl"
AGAIN = "\n-- again\n"  # so that no verdict comes from the pool's memory
PROOFS = read_proofs()
CHALLENGE = "theorem t (a b c : Nat) (h : a = b) : b = c → a = c := by sorry"
SOLUTION = CHALLENGE.removesuffix(" sorry") + "\n  intro h2; have h3 : a = c := by\n    rw [h, h2]\n  exact h3"
INDUCTION = """theorem b (n : Nat) : 0 + n = n := by
  induction n with
  | zero => rfl
  | succ n ih =>
    rw [Nat.add_succ, ih]
"""


def request_of(check: Check) -> LeanRequest:
    if check.challenge is None:
        return file_request(check.code + AGAIN)
    return proof_request(check.challenge, check.code + AGAIN)


def told(requests: Sequence[LeanRequest], pool: LeanPool) -> list[CotSolution]:
    """The chains of thought of what Lean accepts and what has tactics."""
    made = []
    for request, verdict in zip(requests, pool.judge(requests), strict=True):
        text, challenge = (request.code, None) if request.op == "file" else (request.solution, request.challenge)
        try:
            made.append(cot(from_verdict(text, verdict, challenge, "t", "test")))
        except NoProof as error:
            assert error.reason in ("no_tactics", "not_accepted", "undecided"), error.detail
    return made


def checked(made: Sequence[CotSolution], pool: LeanPool) -> list[CotSolution]:
    def judge(checks: Sequence[Check]) -> list[LeanVerdict]:
        return pool.judge(map(request_of, checks))

    return verify_cots(made, judge)


def test_our_own_proofs_in_words(lean_pool: LeanPool) -> None:
    proof, induction = told([proof_request(CHALLENGE, SOLUTION), file_request(INDUCTION)], lean_pool)
    assert [step.action for step in proof.steps] == ["intro", "have", "rewrite", "exact"]
    assert [step.text for step in induction.steps] == [
        "By induction on `n`.",
        "Base case `zero`: show `0 + 0 = 0`. This holds by reflexivity, which closes the goal.",
        "Inductive step `succ`, with `ih : 0 + n = n`: show `0 + (n + 1) = n + 1`. Rewrite with `Nat.add_succ` and `ih`, "
        "which completes the proof.",
    ]
    assert all(each.verified for each in checked([proof, induction], lean_pool))


def test_honest_proofs_are_all_accepted_again(lean_pool: LeanPool) -> None:
    made = told([file_request(proof.code) for proof in PROOFS], lean_pool)
    assert len(made) > len(PROOFS) // 2
    assert [(each.verified, each.reason) for each in checked(made, lean_pool)] == [(True, None)] * len(made)


def test_core_snippets_are_all_accepted_again(lean_pool: LeanPool) -> None:
    if not SNIPPETS.is_file():
        pytest.skip("shared/data/lean/core_snippets.jsonl is not beside this checkout")
    rows = map(json.loads, SNIPPETS.read_text(encoding="utf-8").splitlines())
    made = told([file_request(row["code"]) for row in rows if "by" in row["code"]], lean_pool)
    assert len(made) > 40
    assert [each.reason for each in checked(made, lean_pool) if not each.verified] == []


def test_the_command_writes_them(tmp_path: Path, lean_pool: LeanPool) -> None:
    rows = [
        {"code": INDUCTION},
        {"challenge": CHALLENGE, "solution": SOLUTION},
        {"code": "theorem f : 1 = 2 := by decide"},
    ]
    (tmp_path / "rows.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    counts = make_cots(CotSpec(tmp_path / "rows.jsonl"), tmp_path / "out", lambda rows: None, pool=lean_pool)
    assert (counts["cots"], counts["verified"], counts["rejected:not_accepted"]) == (2, 2, 1)
    training = [json.loads(line) for line in (tmp_path / "out" / "cot.jsonl").read_text(encoding="utf-8").splitlines()]
    assert all(row["verified"] for row in training)


def test_a_piece_that_is_changed_is_refused(lean_pool: LeanPool) -> None:
    (made,) = told([file_request(INDUCTION)], lean_pool)
    assert made.head + lean_of(render(made)) == INDUCTION
    broken = render(made).replace("  | zero => rfl", "  | zero => exact absurd rfl")
    (verdict,) = lean_pool.judge([file_request(made.head + lean_of(broken))])
    assert verdict.accepted is False
