"""Lean 4 as a judge: proofs, their tactic steps, and statements made from informal claims."""
