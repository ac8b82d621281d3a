"""Traced proofs as rows of a seed source: the steps are tactics, with their tags and the goals around them."""

from typing import Any

from factory.formal.cot import CotSolution, render
from factory.formal.moves import read_move
from factory.formal.templates import template_of
from factory.formal.traced import NoProof, TracedProof
from schemas import Message, SFTRow, content_id


def seed_row(proof: TracedProof) -> dict[str, Any]:
    """The proof as a row: the steps are its outer tactics, each a prefix that search can go on from. ``formal`` is the
    statement, or, where none is known, the first goal as Lean prints it. Raises ``NoProof`` ("several_blocks") where the
    outer tactics are not one proof: a term with several blocks of tactics in it."""
    if not proof.connected():
        raise NoProof("several_blocks", f"the tactics of {proof.name} are blocks inside of a term, not one proof")
    steps = list(proof.outer())
    formal = proof.challenge or proof.statement or steps[0].before[0]
    place = f" ({proof.place})" if proof.place else ""
    return {
        "problem": f"Prove {proof.name}{place} in Lean 4:\n{formal}",
        "formal": formal,
        "domain": "lean",
        "steps": [
            {
                "text": step.text,
                "action": template_of(read_move(step.text, step.before, step.after, False)).action,
                "before": list(step.before),
                "after": list(step.after),
            }
            for step in steps
        ],
        "source": proof.source,
        "licence": proof.licence,
    }


def cot_row(solution: CotSolution) -> dict[str, Any]:
    """A chain of thought as a row of a seed source: the words are the steps, the Lean text stands beside them."""
    return {
        "problem": solution.problem,
        "formal": solution.formal,
        "domain": "lean",
        "steps": [
            {
                "text": step.text,
                "action": step.action,
                "lean": step.lean or None,
                "before": list(step.before),
                "after": list(step.after),
            }
            for step in solution.steps
        ],
        "source": solution.source,
        "licence": solution.licence,
    }


def sft_row(solution: CotSolution) -> SFTRow:
    """A verified chain of thought as a training row: words and Lean text in one answer."""
    name = content_id("cot", solution.problem, [step.lean for step in solution.steps])
    messages = (Message("user", solution.problem), Message("assistant", render(solution)))
    return SFTRow(
        messages=messages,
        human_prefix="",
        human_steps=0,
        steps=len(solution.steps),
        recovers=False,
        score=None,
        answer=None,
        tree=name,
        node=0,
        problem=content_id("problem", "lean", solution.problem),
        source=solution.source,
        licence=solution.licence,
    )
