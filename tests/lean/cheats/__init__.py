"""Cheating proofs, by what they misuse. None may ever be accepted.

Some bombs end Lean's process or run into its time limit, and each of those costs a new start: a test session asks those of
``ALWAYS``, and all of them where ``FACTORY_ALL_BOMBS`` is set (about 20 minutes).
"""

import os

from tests.lean.cheats.bombs import BOMBS
from tests.lean.rows import Cheat, cheats

ALWAYS = frozenset(
    "heartbeat_decide big_file parentheses flood_eval memory null_bytes newlines_only surrogates "
    "half_surrogate rtl_override theorem_in_bulk".split()
)
_ASKED = tuple(bomb for bomb in BOMBS if bomb.name in ALWAYS or os.environ.get("FACTORY_ALL_BOMBS"))
CHEATS: tuple[Cheat, ...] = (*cheats("axioms"), *cheats("statements"), *cheats("syntax"), *_ASKED)
