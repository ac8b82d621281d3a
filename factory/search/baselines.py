"""The two baselines users know, on the same trees and with the same books."""

from dataclasses import dataclass

from factory.search.session import Session


@dataclass(frozen=True, slots=True)
class BestOfN:
    """``n`` whole solutions from every root; no step is rolled out."""

    n: int = 16


@dataclass(frozen=True, slots=True)
class Shepherd:
    """Math-Shepherd (arXiv 2312.08935): ``solutions`` from every root, then ``k`` completions from each of their steps."""

    solutions: int = 4
    k: int = 8


async def best_of_n(session: Session, roots: list[int], spec: BestOfN) -> str:
    """Returns ``searches``, or the budget that ran out."""
    await session.roll_out(roots, spec.n)
    return session.spent or "searches"


async def shepherd(session: Session, roots: list[int], spec: Shepherd) -> str:
    """Completes from every distinct step that is not already a solution's end. Returns ``searches`` or the budget."""
    solutions = await session.roll_out(roots, spec.solutions)
    inner = {node.index for item in solutions for node in session.growth.path(item.leaf)[:-1]} - set(roots)
    for start in sorted(inner | set(session.growth.human[1:-1]) - set(roots)):
        await session.roll_out([start], spec.k)
    return session.spent or "searches"
