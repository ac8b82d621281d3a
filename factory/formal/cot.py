"""Proofs to chains of thought: every tactic becomes a step in plain language, its Lean text kept beside it byte for byte.

The source is cut into pieces, one per tactic, that follow each other without a gap: ``proof_text`` puts them together
again, and ``lean_of`` finds them in the rendered text, so that what a trainer reads is what Lean has checked.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from factory.formal.goals import Goal, parse_goal
from factory.formal.moves import Move, read_move
from factory.formal.phrases import quote
from factory.formal.templates import announce, effect, template_of
from factory.formal.traced import NoProof, TracedProof, without_proof
from schemas import ProofStep

Words = Literal["template", "model"]
DECLARATION = re.compile(
    r"^(?:@\[[^\]\n]*\]\s*)?(?:(?:private|protected|noncomputable|local|scoped|nonrec)\s+)*"
    r"(?:theorem|lemma|example|def|instance|abbrev)\b",
    re.MULTILINE,
)
_FENCE = re.compile(r"^(`{3,})lean\n(.*?)\n\1$", re.MULTILINE | re.DOTALL)
_BACKTICKS = re.compile(r"`{3,}")


@dataclass(frozen=True, slots=True)
class CotStep:
    """One step. ``lean`` is its piece of the source, white space and what leads to it (bullets, ``| zero =>``) included;
    ``start`` and ``end`` are the tactic's place in the source, in characters."""

    text: str
    action: str  # the kind of move: intro, induction, rewrite, ...; "tactic" where there is no template for it
    lean: str
    start: int
    end: int
    before: tuple[str, ...]  # goals as Lean prints them, the main goal first
    after: tuple[str, ...]
    words: Words
    note: str | None  # why the model's words were not taken, where it was asked


@dataclass(frozen=True, slots=True)
class CotSolution:
    """A proof told step by step. ``verified``: the Lean text put together from the rendered steps was accepted; false: it
    was refused; None: nobody could check it, ``reason`` says why."""

    name: str
    problem: str  # what is asked, in words and Lean
    formal: str  # the statement: a source with ``sorry`` where the source is known, else as the data set has it
    challenge: str | None  # what the rebuilt text is checked against; None: it is a whole file
    head: str  # of the source, before the first step
    steps: tuple[CotStep, ...]
    whole: bool  # the pieces are a source, not tactics alone
    verified: bool | None
    reason: str | None
    source: str
    place: str
    licence: str | None


def cot(proof: TracedProof) -> CotSolution:
    """The proof, told by templates; deterministic. Raises ``NoProof`` where a step of it is not valid."""
    if not proof.steps or any(step.outcome != "valid" for step in proof.steps):
        raise NoProof("not_accepted", "a step of the proof is not valid")
    cuts = _cuts(proof)
    pieces = [proof.text[a:b] for a, b in zip(cuts, [*cuts[1:], len(proof.text)], strict=True)]
    head = proof.text[: cuts[0]]
    told = zip(proof.steps, _told(proof), pieces, strict=True)
    steps = tuple(
        CotStep(text, action, piece, step.start, step.end, step.before, step.after, "template", None)
        for step, (action, text), piece in told
    )
    formal = _formal(proof, proof.text[: proof.steps[0].start])
    asked = f"Prove this in Lean 4, step by step.\n{fenced(formal.rstrip())}"
    reason = "not_checked" if proof.whole else "no_source"
    return CotSolution(
        name=proof.name,
        problem=asked,
        formal=formal,
        challenge=proof.challenge,
        head=head,
        steps=steps,
        whole=proof.whole,
        verified=None,
        reason=reason,
        source=proof.source,
        place=proof.place,
        licence=proof.licence,
    )


def proof_text(solution: CotSolution) -> str:
    """The Lean text the chain of thought was made of, byte for byte."""
    return solution.head + "".join(step.lean for step in solution.steps)


def render(solution: CotSolution) -> str:
    """The chain of thought as one text: each step's words, and below them its Lean text in a fence."""
    return "\n".join(f"{step.text}\n{fenced(step.lean)}" for step in solution.steps)


def lean_of(rendered: str) -> str:
    """What stands in the fences of a rendered text, put together: the source behind its head."""
    return "".join(found[2] for found in _FENCE.finditer(rendered))


def fenced(lean: str) -> str:
    """The text in a fence longer than any that it holds."""
    fence = "`" * max([3, *(len(found) + 1 for found in _BACKTICKS.findall(lean))])
    return f"{fence}lean\n{lean}\n{fence}"


# ---------------------------------------------------------------------------------------------- cutting


def _cuts(proof: TracedProof) -> list[int]:
    """Where each step's piece begins: at its declaration, else at its line, where the step before begins further up."""
    cuts: list[int] = []
    before = -1
    for step in proof.steps:
        line = proof.text.rfind("\n", 0, step.start) + 1
        new = _declaration(proof, before, step) if cuts else None
        cuts.append(new if new is not None else line if line > before else step.start)
        before = step.start
    return cuts


def _declaration(proof: TracedProof, after: int, step: ProofStep) -> int | None:
    """Where the declaration that begins between two steps begins; None where there is none."""
    if not proof.whole:
        return None
    return next((found.start() for found in DECLARATION.finditer(proof.text, max(after, 0) + 1, step.start)), None)


def _formal(proof: TracedProof, head: str) -> str:
    if proof.challenge is not None:
        return proof.challenge
    if proof.whole:
        found = list(DECLARATION.finditer(head))
        return head[: found[-1].start()] + without_proof(head[found[-1].start() :]) + " := by sorry" if found else head
    return proof.statement or proof.steps[0].before[0]


# ---------------------------------------------------------------------------------------------- telling


@dataclass
class _Teller:
    """One pass over the steps. ``born``: the goal that made a goal, and the tag of the move."""

    proof: TracedProof
    born: dict[str, tuple[Goal, str]]
    around: list["_Block"]  # steps that the next may stand in, innermost last
    expected: str | None  # the main goal behind the last step; "" where any is: the last step said what comes

    def tell(self, step: ProofStep, following: ProofStep | None, lead: str) -> tuple[str, str]:
        """Tag and text of one step; ``lead``: what introduces its declaration."""
        indent = _indent(self.proof.text, step.start)
        left: _Block | None = None
        while self.around and self.around[-1].ended(step, indent):
            left = self.around.pop()
        holds = following is not None and following.start < step.end
        own = self.proof.text[step.start : following.start] if holds and following else step.text
        move = read_move(own, step.before, step.after, holds)
        template = template_of(move)
        text = lead or self._turn(step, move, left or (self.around[-1] if self.around else None))
        text += template.say(move)
        last = following is None or _declaration(self.proof, step.start, following) is not None
        if move.closes and step.before:
            text += ", which completes the proof" if last and not step.after else ", which closes the goal"
        text += "." + effect(move, template.tells)
        self._remember(step, move, template.action)
        if move.opens:
            self.around.append(_Block(step.end if holds else None, indent, move, template.action))
        return template.action, text

    def _turn(self, step: ProofStep, move: Move, block: "_Block | None") -> str:
        """The sentence that turns to the step's goal, where it is another than the one at hand. ``block``: the one that ends
        here, else the one around."""
        goal = step.before[0] if step.before else None
        if goal is None or self.expected in (goal, "") or template_of(move).action == "focus":
            return ""
        made = self.born.get(goal)
        if made is None and block:
            made = (block.move.goal, block.action)
        return announce(move.goal, *made) if made else announce(move.goal, None, "")

    def _remember(self, step: ProofStep, move: Move, action: str) -> None:
        for text, goal in zip(step.after, map(parse_goal, step.after), strict=True):
            if goal in move.left:
                self.born.setdefault(text, (move.goal, action))
        if move.opens:
            self.expected = None if action in _SPLITTING else ""
        else:
            self.expected = step.after[0] if step.after else None


_SPLITTING = ("induction", "cases", "calc")  # their inner goals are told one by one


@dataclass(frozen=True, slots=True)
class _Block:
    """A step with others inside. ``end``: where it ends; None for a head, whose inner steps stand behind it, further in."""

    end: int | None
    indent: int | None  # of its line, where it begins one
    move: Move
    action: str

    def ended(self, step: ProofStep, indent: int | None) -> bool:
        """Whether ``step``, at its indentation (None: inside of a line), stands no longer inside."""
        if self.end is not None:
            return self.end <= step.start
        if indent is None or self.indent is None:
            return False
        return indent < self.indent or (indent == self.indent and not step.text.startswith("|"))


def _indent(text: str, at: int) -> int | None:
    """How far in the line begins that begins at ``at``; None where something else stands before."""
    before = text[text.rfind("\n", 0, at) + 1 : at]
    return len(before) if not before.strip() else None


def _told(proof: TracedProof) -> Iterator[tuple[str, str]]:
    teller = _Teller(proof, {}, [], proof.steps[0].before[0] if proof.steps[0].before else None)
    for at, step in enumerate(proof.steps):
        following = proof.steps[at + 1] if at + 1 < len(proof.steps) else None
        begun = _declaration(proof, proof.steps[at - 1].start, step) if at else None
        lead = "" if begun is None else f"Next comes {quote(proof.text[begun : step.start])}. "
        yield teller.tell(step, following, lead)
