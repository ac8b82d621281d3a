"""OmegaPRM (arXiv 2406.06592): Monte-Carlo tree search that looks for first errors by binary search.

A state is a node; MC(s) = correct / total of the rollouts started there. Candidates are wrong rollouts from states with
0 < MC < 1: a mistake is known to lie between the state and the rollout's end. Selection takes the candidate with the
largest Q + U (section 3.3):

    Q(s, r) = alpha^(1 - MC(s)) * beta^(len(r) / L)          U(s) = c_puct * sqrt(sum_i N(s_i)) / (1 + N(s))

Two additions, both the factory's: human prefixes are search roots, and an ``invalid`` verdict on a step bounds the
first error from above for free, so rollouts are spent only in between.
"""

import math
from dataclasses import dataclass

from factory.growth import Draft
from factory.search.session import Session
from schemas import Rollout


@dataclass(frozen=True, slots=True)
class OmegaPRM:
    """The paper's numbers under the paper's names; ``length`` is its L, in tokens."""

    k: int = 8
    searches: int = 100
    alpha: float = 0.5
    beta: float = 0.9
    length: int = 500
    c_puct: float = 0.125


async def omegaprm(session: Session, roots: list[int], spec: OmegaPRM) -> str:
    """Grow the session's tree from ``roots``. Returns why it stopped: ``searches``, ``exhausted`` (no candidate left),
    ``rollouts`` or ``tokens`` (a budget)."""
    pool = candidates(session, await session.roll_out(roots, spec.k))
    for _ in range(spec.searches):
        if session.spent:
            return session.spent
        chosen = select(session, pool, spec)
        if chosen is None:
            return "exhausted"
        pool.remove(chosen)
        session.growth.nodes[chosen.start].visits += 1
        pool += await locate_error(session, chosen, spec.k)
    return session.spent or "searches"


def candidates(session: Session, rollouts: list[Rollout]) -> list[Rollout]:
    """Those of ``rollouts`` that hide a first error: wrong at the end, from a state that can still succeed and fail."""

    def mixed(rollout: Rollout) -> bool:
        start = session.growth.nodes[rollout.start]
        return 0 < start.correct < start.total

    return [rollout for rollout in rollouts if rollout.outcome == "invalid" and mixed(rollout)]


def select(session: Session, pool: list[Rollout], spec: OmegaPRM) -> Rollout | None:
    """The candidate with the largest Q + U, the oldest of equals; ``None`` from an empty pool."""
    nodes = session.growth.nodes
    total_visits = sum(nodes[start].visits for start in {rollout.start for rollout in pool})

    def score(rollout: Rollout) -> float:
        return puct(nodes[rollout.start], rollout.tokens, total_visits, spec)

    return max(pool, key=score, default=None)


def puct(state: Draft, tokens: int, total_visits: int, spec: OmegaPRM) -> float:
    """Q(s, r) + U(s), equations 2 and 3 of the paper."""
    exploit: float = spec.alpha ** (1 - (state.value or 0.0)) * spec.beta ** (tokens / spec.length)
    explore = spec.c_puct * math.sqrt(total_visits) / (1 + state.visits)
    return exploit + explore


async def locate_error(session: Session, rollout: Rollout, k: int) -> list[Rollout]:
    """Binary search for the first step of ``rollout`` after which no rollout succeeds; returns the new candidates met
    on the way. Ends early, leaving the rest unknown, when a midpoint cannot be decided or the budget is spent."""
    path = session.growth.path(rollout.leaf)
    low = session.growth.nodes[rollout.start].depth  # steps known to be good: MC > 0 here
    high = _bound(path, low)  # steps known to hold the error
    found: list[Rollout] = []
    while high - low > 1:
        middle = path[(low + high) // 2 - 1]
        if not middle.total + middle.undecided:
            found += candidates(session, await session.roll_out([middle.index], k))
        if not middle.total:
            break
        low, high = (middle.depth, high) if middle.correct else (low, middle.depth)
    return found


def _bound(path: list[Draft], low: int) -> int:
    """Depth of the first step after ``low`` that a judge refuted, else the whole length: the answer is wrong."""
    for node in path[low:]:
        if any(verdict.outcome == "invalid" for verdict in node.verdicts):
            return node.depth
    return len(path)
