"""Cheating proofs, by what they misuse. None may ever be accepted."""

from tests.lean.cheats.bombs import BOMBS
from tests.lean.rows import Cheat, cheats

CHEATS: tuple[Cheat, ...] = (*cheats("axioms"), *cheats("statements"), *cheats("syntax"), *BOMBS)
