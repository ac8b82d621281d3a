"""What the report shows of single trees and rows: a few, cut to size, ready for the templates."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from factory.outline import Outline, outline
from factory.report_facts import Facts
from schemas import DPORow, PRMRow, SFTRow, StepLabel, Tree

MAX_TREES = 24
MAX_NODES = 60  # steps drawn per tree
MAX_ROWS = 3  # examples of each kind


@dataclass(frozen=True, slots=True)
class TreeView:
    """A tree with what to draw of it and the labels of its nodes."""

    tree: Tree
    outline: Outline
    labels: dict[int, StepLabel]


@dataclass(frozen=True, slots=True)
class SFTView:
    """``given`` is the human part of the solution, ``rest`` the model's."""

    row: SFTRow
    prompt: str
    given: str
    rest: str


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a pair after the shared part: the step where they part, and what follows it."""

    step: str
    rest: str


@dataclass(frozen=True, slots=True)
class DPOView:
    """A pair with the shared part taken out of both sides."""

    row: DPORow
    prompt: str
    chosen: Side
    rejected: Side


@dataclass(frozen=True, slots=True)
class Examples:
    """Up to ``MAX_ROWS`` rows of each kind."""

    sft: tuple[SFTView, ...]
    dpo: tuple[DPOView, ...]
    prm: tuple[PRMRow, ...]


def tree_views(facts: Facts) -> Iterator[TreeView]:
    """Up to ``MAX_TREES`` trees in the order of ``Facts.sample_trees``; only these are read into memory."""
    order = facts.sample_trees(MAX_TREES)
    trees = {tree.id: tree for tree in facts.records("SELECT * FROM trees WHERE list_contains(?, id)", Tree, order)}
    labels: dict[str, dict[int, StepLabel]] = defaultdict(dict)
    for label in facts.records("SELECT * FROM labels WHERE list_contains(?, tree)", StepLabel, order):
        labels[label.tree][label.node] = label
    return (TreeView(trees[key], outline(trees[key], MAX_NODES), labels[key]) for key in order)


def examples(facts: Facts) -> Examples:
    """Rows of different trees where there are enough: SFT with and without human steps, PRM with and without error."""
    return Examples(
        tuple(map(_sft, _pick(facts, "sft", "least(human_steps, 2)", SFTRow))),
        tuple(map(_dpo, _pick(facts, "dpo", "least(shared_steps, 2)", DPORow))),
        tuple(_pick(facts, "prm", "least(first_error, 1)", PRMRow)),
    )


def _pick(facts: Facts, view: str, variety: str, record: type[Any]) -> list[Any]:
    """One row per value of ``variety`` first, then more, in a fixed order; never two of one tree."""
    first = f"SELECT tree, min({variety}) AS sort FROM {view} GROUP BY tree"
    order = f"SELECT tree, row_number() OVER (PARTITION BY sort ORDER BY tree) AS turn, sort FROM ({first})"
    chosen = facts.rows(f"SELECT tree, sort FROM ({order}) ORDER BY turn, sort LIMIT {MAX_ROWS}")
    keys = [f"{tree} {sort}" for tree, sort in chosen]
    found: dict[str, Any] = {}
    for row in facts.records(f"SELECT * FROM {view} WHERE list_contains(?, tree || ' ' || {variety})", record, keys):
        found.setdefault(row.tree, row)
    return [found[tree] for tree, _ in chosen]


def _sft(row: SFTRow) -> SFTView:
    prompt, answer = _split(row.messages)
    given = row.human_prefix if answer.startswith(row.human_prefix) else ""
    return SFTView(row, prompt, given.rstrip("\n"), answer[len(given) :].lstrip("\n"))


def _dpo(row: DPORow) -> DPOView:
    prompt, _ = _split((*row.prompt, *row.chosen))
    return DPOView(row, prompt, _side(row, _split(row.chosen)[1]), _side(row, _split(row.rejected)[1]))


def _side(row: DPORow, text: str) -> Side:
    step, _, rest = text.removeprefix(row.shared_prefix).lstrip("\n").partition("\n")
    return Side(step, rest.lstrip("\n"))


def _split(messages: Iterable[Any]) -> tuple[str, str]:
    """All turns but the assistant's, and the assistant's."""
    asked = [message.content for message in messages if message.role != "assistant"]
    said = [message.content for message in messages if message.role == "assistant"]
    return "\n\n".join(asked), "\n\n".join(said)
