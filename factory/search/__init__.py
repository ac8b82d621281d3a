"""Tree search: one coroutine grows one tree, by the algorithm of the recipe's ``[search]`` table."""

from factory.search.grow import ALGORITHMS, Grower, SearchSpec, grow_tree
from factory.search.session import Judge, Session

__all__ = ["ALGORITHMS", "Grower", "Judge", "SearchSpec", "Session", "grow_tree"]
