"""The records. Frozen, plain, and the same in memory, in Parquet and in DuckDB.

Conventions that hold everywhere: step and node numbers are 0-based; ``first_error`` is the 0-based index of the first
wrong step, -1 where there is none, and ``None`` where nobody looked; ``None`` always means "not known", never "zero".
"""

from dataclasses import dataclass
from typing import Literal

Domain = Literal["math", "code", "lean", "rubric"]
Origin = Literal["human", "model"]
Outcome = Literal["valid", "invalid", "unknown"]
Finish = Literal["stop", "length", "overflow", "empty"]
Label = Literal["correct", "incorrect", "unknown"]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is asked. ``id`` is the content hash of domain + normalised statement + reference."""

    id: str
    domain: Domain
    statement: str
    answer: str | None  # reference final answer, as the source wrote it
    tests: tuple[str, ...]  # unit tests, one assert statement each (domain "code")
    formal: str | None  # formal statement (domain "lean")
    source: str  # where it came from: a dataset or file name
    licence: str | None


@dataclass(frozen=True, slots=True)
class StepAlternative:
    """Another step a human was shown at the same place (PRM800K), with the rating it got."""

    text: str
    rating: int | None  # +1 good, 0 neutral, -1 wrong


@dataclass(frozen=True, slots=True)
class HumanStep:
    """One annotated step of a human (or human-rated) solution."""

    text: str
    rating: int | None  # +1 good, 0 neutral, -1 wrong, None not rated
    action: (
        str | None
    )  # a way of thinking: decompose, restate, propose, compute, verify, correct, conclude; a tactic's name
    alternatives: tuple[StepAlternative, ...]
    lean: str | None = None  # the Lean text that the step's words speak of; None where the step has none
    before: tuple[str, ...] | None = None  # the goals it starts from, as Lean prints them; None: not known
    after: tuple[str, ...] | None = None  # the goals it leaves


@dataclass(frozen=True, slots=True)
class Seed:
    """A problem with one human solution. Several solutions of a problem are several seeds with one ``problem.id``."""

    id: str
    problem: Problem
    steps: tuple[HumanStep, ...]
    prefixes: tuple[int, ...]  # lengths in steps at which search starts; 0 is the bare problem
    first_error: int | None  # the humans' first wrong step


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one judge says of one step or answer. A timeout or unparsable text is ``unknown``, never ``invalid``."""

    outcome: Outcome
    judge: str  # "sympy", "python", "answer", ...
    version: str  # of the judge, so that old verdicts can be told from new ones
    reason: str | None  # why unknown ("no_claim", "timeout", ...) or how it was decided
    claim: str | None  # the text that was judged, as it stands in the step
    start: int | None  # the claim's span in the step, in characters
    end: int | None
    evidence: str | None  # the counter-value, traceback or checker message


@dataclass(frozen=True, slots=True)
class Node:
    """One step in a tree. Its state is the problem plus every step from the root down to it."""

    index: int  # creation order; 0 is the root (the bare problem, empty text)
    parent: int | None
    depth: int  # steps from the root
    text: str
    origin: Origin
    rating: int | None  # the human's, where a human rated this very step
    action: str | None
    tokens: int | None  # tokens the policy spent on it; None for human text
    logprob: float | None  # sum of token log-probabilities of the rollout that made it, shared over its steps by length
    visits: int  # times selection chose this state, N(s)
    value: float | None  # correct / total, MC(s); None where no rollout was decided
    correct: int  # rollouts started exactly here whose final answer is right
    total: int  # rollouts started exactly here whose final answer could be decided
    undecided: int  # rollouts started exactly here whose final answer no judge could decide
    answer: str | None  # final answer of the solution that ends here
    outcome: Outcome | None  # of that final answer; None where no solution ends here
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class Rollout:
    """One completion: it starts at node ``start`` and its last step is node ``leaf``; the path between is its text."""

    start: int
    leaf: int
    tokens: int
    logprob: float | None
    finish: Finish
    outcome: Outcome  # of its final answer


@dataclass(frozen=True, slots=True)
class Usage:
    """What a tree cost. ``prompt_tokens`` counts a shared prefix each time it was sent, cached or not."""

    requests: int
    rollouts: int
    prompt_tokens: int
    output_tokens: int
    judged: int  # steps and answers given to judges


@dataclass(frozen=True, slots=True)
class Tree:
    """One search, one row, one unit of commit and of resume. ``id`` is the seed's id."""

    id: str
    problem: Problem
    prefixes: tuple[int, ...]
    first_error: int | None  # the humans', from the seed
    algorithm: str
    policy: str  # the model's name
    stop: str  # why the search ended: "searches", "rollouts", "tokens" or "exhausted"
    nodes: tuple[Node, ...]
    rollouts: tuple[Rollout, ...]
    usage: Usage


@dataclass(frozen=True, slots=True)
class StepLabel:
    """The fused decision on one node and all that went into it, so that another policy can be re-derived."""

    tree: str
    node: int
    parent: int
    depth: int
    text: str
    label: Label
    decided_by: str  # "human", a judge's name, "rollouts", "answer" or "none"
    policy: str  # the label policy that fused it
    disagreement: bool  # two sources with an opinion contradict each other
    correct: int
    total: int
    soft: float | None  # correct / total
    low: float | None  # Wilson 95% interval of soft
    high: float | None
    rating: int | None
    judges: tuple[str, ...]  # "judge:outcome" of each verdict
    evidence: str | None  # of what decided it


@dataclass(frozen=True, slots=True)
class Message:
    """One chat turn, as every trainer's ``messages`` column wants it."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class SFTRow:
    """A right solution in TRL's ``messages``; its first ``human_steps`` steps (``human_prefix``) are a human's."""

    messages: tuple[Message, ...]
    human_prefix: str
    human_steps: int
    steps: int
    recovers: bool  # a step notices an earlier error and mends it
    score: float | None  # mean soft value over the steps that have one
    answer: str | None
    tree: str
    node: int
    problem: str
    source: str
    licence: str | None


@dataclass(frozen=True, slots=True)
class DPORow:
    """Two full solutions that share ``shared_prefix`` and part at one step. TRL's columns: prompt, chosen, rejected."""

    prompt: tuple[Message, ...]
    chosen: tuple[Message, ...]
    rejected: tuple[Message, ...]
    shared_prefix: str
    shared_steps: int
    margin: float  # difference of the two steps' soft values, in [0, 1]; 1.0 where a verdict or a human decided
    reason: str  # why chosen beats rejected, in words
    tree: str
    chosen_node: int
    rejected_node: int
    problem: str
    source: str
    licence: str | None


@dataclass(frozen=True, slots=True)
class StepPairRow:
    """The step-level form of a ``DPORow`` (Step-DPO, arXiv 2406.18629): plain strings, one step each."""

    prompt: str  # problem and shared prefix
    chosen: str
    rejected: str
    margin: float
    reason: str
    tree: str
    chosen_node: int
    rejected_node: int
    problem: str
    source: str
    licence: str | None


@dataclass(frozen=True, slots=True)
class PRMRow:
    """A solution up to its first wrong step, or whole. TRL's columns: prompt, completions, labels (booleans only)."""

    prompt: str
    completions: tuple[str, ...]
    labels: tuple[bool, ...]
    soft_labels: tuple[float | None, ...]
    correct: tuple[int, ...]
    total: tuple[int, ...]
    human_ratings: tuple[int | None, ...]
    decided_by: tuple[str, ...]
    first_error: int
    evidence: str | None  # of the first error
    tree: str
    node: int
    problem: str
    source: str
    licence: str | None


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that was not used, and why. ``raw`` is the row itself, cut at 64 KiB."""

    stage: str  # "seeds", "trees" or "export"
    key: str  # where it stood: file:line, a seed id, tree/node
    reason: str  # one slug, fit for GROUP BY
    detail: str
    raw: str
