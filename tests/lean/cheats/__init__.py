"""Cheating proofs, by what they misuse. None may ever be accepted."""

from tests.lean.cheats.axioms import AXIOMS
from tests.lean.cheats.bombs import BOMBS
from tests.lean.cheats.statements import STATEMENTS
from tests.lean.cheats.syntax import SYNTAX
from tests.lean.rows import Cheat

CHEATS: tuple[Cheat, ...] = (*AXIOMS, *STATEMENTS, *SYNTAX, *BOMBS)
