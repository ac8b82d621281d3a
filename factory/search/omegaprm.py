"""OmegaPRM (arXiv 2406.06592): Monte-Carlo tree search that looks for first errors by binary search.

A state is a node; MC(s) = correct / total of the rollouts started there. Candidates are wrong rollouts from states with
0 < MC < 1: a mistake is known to lie between the state and the rollout's end. Selection takes the candidate with the
largest Q + U (section 3.3):

    Q(s, r) = alpha^(1 - MC(s)) * beta^(len(r) / L)          U(s) = c_puct * sqrt(sum_i N(s_i)) / (1 + N(s))

Three additions of the factory's: human prefixes are search roots; an ``invalid`` verdict on a step bounds the first error
from above for free, so rollouts are spent only in between; and a candidate whose error is located already does not use
up a search.
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
        pool = [rollout for rollout in pool if not located(session, rollout)]
        chosen = select(session, pool, spec)
        if chosen is None:
            return "exhausted"
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
    found: list[Rollout] = []
    while not located(session, rollout):
        low, high = bounds(session, rollout)
        middle = path[(low + high) // 2 - 1]
        new = await session.roll_out([middle.index], k)
        if not new:
            break
        found += candidates(session, new)
    return found


def located(session: Session, rollout: Rollout) -> bool:
    """Whether nothing is left to search: the bounds meet, or the midpoint was asked and cannot be decided."""
    low, high = bounds(session, rollout)
    middle = session.growth.path(rollout.leaf)[(low + high) // 2 - 1]
    return high - low <= 1 or session.growth.state(middle.index).undecided > 0


def bounds(session: Session, rollout: Rollout) -> tuple[int, int]:
    """Depths between which the first error lies, by all that is known now: after ``low`` steps MC > 0, after ``high`` it
    is 0 or a judge refuted that step."""
    low, path = session.growth.nodes[rollout.start].depth, session.growth.path(rollout.leaf)
    for node in path[low:]:
        state = session.growth.state(node.index)
        if _refuted(node) or (state.total and not state.correct):
            return low, node.depth
        low = node.depth if state.correct else low
    return low, len(path)


def _refuted(node: Draft) -> bool:
    return any(verdict.outcome == "invalid" for verdict in node.verdicts)
