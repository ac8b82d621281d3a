"""From a seed to a tree: the door of search."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from factory.growth import Growth
from factory.policy import Policy, Sampling
from factory.prompts import Prompter
from factory.search.baselines import BestOfN, Shepherd, best_of_n, shepherd
from factory.search.omegaprm import OmegaPRM, omegaprm
from factory.search.session import Budget, Judge, Session
from schemas import ConfigError, Seed, Tree

Algorithm = Callable[[Session, list[int], Any], Awaitable[str]]

ALGORITHMS: dict[str, Algorithm] = {"omegaprm": omegaprm, "best_of_n": best_of_n, "shepherd": shepherd}


@dataclass(frozen=True, slots=True)
class SearchSpec:
    """The ``[search]`` table of a recipe. Only the sub-table of the chosen ``algorithm`` is used."""

    algorithm: str = "omegaprm"
    budget: Budget = field(default_factory=Budget)
    omegaprm: OmegaPRM = field(default_factory=OmegaPRM)
    best_of_n: BestOfN = field(default_factory=BestOfN)
    shepherd: Shepherd = field(default_factory=Shepherd)

    def __post_init__(self) -> None:
        if self.algorithm not in ALGORITHMS:
            raise ConfigError(f"[search] algorithm {self.algorithm!r} is not one of {', '.join(ALGORITHMS)}.")


@dataclass(frozen=True, slots=True)
class Grower:
    """Everything a tree needs besides its seed. ``seed`` is the run's random seed."""

    policy: Policy
    judge: Judge
    prompter: Prompter
    sampling: Sampling
    search: SearchSpec
    seed: int = 0


async def grow_tree(grower: Grower, seed: Seed) -> Tree:
    """Search one seed's tree. A pure function of its arguments where policy and judge are; trees share nothing, so
    many may grow at once. Raises what the policy and the judge raise; nothing of a failed tree is kept."""
    growth = Growth(seed)
    session = Session(
        growth, grower.policy, grower.judge, grower.prompter, grower.sampling, grower.search.budget, grower.seed
    )
    await session.judge_new()
    if session.proofs:
        session.proofs.close(growth.human[-1])
    spec = grower.search
    stop = await ALGORITHMS[spec.algorithm](session, search_roots(growth), getattr(spec, spec.algorithm))
    return Tree(
        id=seed.id,
        problem=seed.problem,
        prefixes=seed.prefixes,
        first_error=seed.first_error,
        algorithm=spec.algorithm,
        policy=grower.policy.name,
        stop=stop,
        nodes=growth.freeze(),
        rollouts=tuple(growth.rollouts),
        usage=session.usage(),
    )


def search_roots(growth: Growth) -> list[int]:
    """The nodes of the seed's prefix lengths, shortest first, without the finished solution. Raises ``ConfigError``
    where a length does not fit the solution."""
    wrong = [n for n in growth.seed.prefixes if not 0 <= n < len(growth.human)]
    if wrong:
        raise ConfigError(f"seed {growth.seed.id} has {len(growth.human) - 1} steps, so no prefix of {wrong[0]} steps.")
    nodes = (growth.human[length] for length in sorted(set(growth.seed.prefixes)))
    return [node for node in nodes if growth.nodes[node].answer is None]
