"""Seeds: problems with human solutions, read from any of the usual formats and checked row by row.

``read_seeds(SeedSpec(...))`` for all of a source at once, ``iter_seeds`` to stream it.
"""

from factory.seeds.batch import SeedBatch, SeedRow, iter_seeds, read_seeds
from factory.seeds.prefixes import prefix_lengths
from factory.seeds.spec import FIELDS, PREFIX_POLICIES, SOURCES, SeedSpec

__all__ = [
    "FIELDS",
    "PREFIX_POLICIES",
    "SOURCES",
    "SeedBatch",
    "SeedRow",
    "SeedSpec",
    "iter_seeds",
    "prefix_lengths",
    "read_seeds",
]
