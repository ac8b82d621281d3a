"""Lean 4 as a judge: proofs, their tactic steps, and statements made from informal claims.

``pool`` is the door: requests in, verdicts out. ``guard`` settles what needs no Lean, ``process`` runs our checker
(``checker/``, a Lean program) in a process shut in, ``toolchain`` finds the Lean that does it.
"""

from verifiers.lean.config import LeanConfig
from verifiers.lean.pool import LeanPool
from verifiers.lean.requests import LeanRequest, file_request, proof_request, tactics_request

__all__ = ["LeanConfig", "LeanPool", "LeanRequest", "file_request", "proof_request", "tactics_request"]
