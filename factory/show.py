"""A tree in the terminal: one line per step, forks drawn, counts and labels in columns at the right."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from factory.legible import legible, one_line
from factory.outline import Branch, Outline, Tally, outline
from schemas import Node, StepLabel, Tree, Verdict

MARKS = {"valid": "✓", "invalid": "✗", "unknown": "?", "correct": "✓", "incorrect": "✗"}
STYLES = {"valid": "cyan", "invalid": "red", "unknown": "dim", "correct": "cyan", "incorrect": "red"}
ORIGINS = {"human": "●", "model": "○"}
NARROW = 70  # below this many columns the judges' column goes


@dataclass(frozen=True, slots=True)
class _Page:
    """What every line needs to know."""

    tree: Tree
    outline: Outline
    labels: dict[int, StepLabel] | None
    width: int


def render_tree(
    tree: Tree, labels: Sequence[StepLabel] | None = None, *, max_nodes: int = 60, width: int = 80
) -> Group:
    """``tree`` as a rich renderable whose lines fit ``width`` columns and read without colour: at most ``max_nodes``
    steps, and what is left out in words. With ``labels`` (of this tree), a column says what was decided and by whom."""
    by_node = None if labels is None else {label.node: label for label in labels}
    page = _Page(tree, outline(tree, max_nodes), by_node, width)
    return Group(*_head(page), Text(), _columns(page), *_lines(page, page.outline.trunk, "", ""), Text(), _legend(page))


def _head(page: _Page) -> Iterator[Text | Padding]:
    tree = page.tree
    facts = " · ".join(one_line(part, 40) for part in (tree.problem.source, tree.algorithm, tree.policy))
    yield _prose(f"Tree {one_line(tree.id, 40)}", "bold").append(f"  {facts}", style="not bold dim")
    yield _prose(f"{in_words(page.outline.tally)} · {page.outline.steps} steps · ended: {one_line(tree.stop, 40)}")
    yield Padding(_prose(legible(tree.problem.statement, 600)), (1, 2, 0, 2))
    if tree.problem.answer is not None:
        yield Padding(_prose(f"Reference answer: {one_line(tree.problem.answer, 200)}"), (0, 2))


def _lines(page: _Page, branch: Branch, first: str, rest: str) -> Iterator[Text]:
    for place, node in enumerate(branch.nodes):
        guide = rest if place else first
        yield _line(page, node, guide)
        yield from _refutation(page, node, rest + ("│ " if branch.forks and node is branch.nodes[-1] else "  "))
    tail = bool(branch.hidden.all)
    for place, fork in enumerate(branch.forks):
        last = place == len(branch.forks) - 1 and not tail
        yield from _lines(page, fork, rest + ("└─" if last else "├─"), rest + ("  " if last else "│ "))
    if tail:
        yield Text(f"{rest}└─… {in_words(branch.hidden, more=True)}", style="dim", no_wrap=True, overflow="ellipsis")


def _line(page: _Page, node: Node, guide: str) -> Text:
    right = _right(page, node)
    left = Text(guide, style="dim")
    left.append(f"{ORIGINS[node.origin]} ", style="bold" if node.origin == "human" else "")
    room = max(8, page.width - right.cell_len - left.cell_len)
    left.append_text(_step(page, node, room))
    left.truncate(page.width - right.cell_len, overflow="ellipsis", pad=True)
    return left.append_text(right)


def _step(page: _Page, node: Node, room: int) -> Text:
    """The step's text cut to leave room for the answer that ends there."""
    if node.index == 0:
        return Text("the bare problem", style="italic")
    end = _end(page, node)
    text = Text(one_line(node.text, room + 1))
    text.truncate(max(4, room - end.cell_len), overflow="ellipsis")
    return text.append_text(end)


def _end(page: _Page, node: Node) -> Text:
    if node.outcome is None:
        return Text()
    times = page.outline.arrivals.get(node.index, 1)
    answer = "no answer" if node.answer is None else one_line(node.answer, 14)
    text = f" → {answer} {MARKS[node.outcome]}" + (f" ×{times}" if times > 1 else "")
    return Text(text, style=STYLES[node.outcome])


def _right(page: _Page, node: Node) -> Text:
    tried = node.total + node.undecided
    text = Text(f" {f'{node.correct}/{node.total}' if tried else '':>6}{node.visits or '':>4}")
    if page.width >= NARROW:
        text.append_text(_cell(*_judged(node.verdicts)))
    if page.labels is not None:
        label = page.labels.get(node.index)
        text.append_text(_cell("", "unknown") if label is None else _cell(label.decided_by, label.label))
    return text


def _judged(verdicts: Sequence[Verdict]) -> tuple[str, str]:
    """The judge with the hardest word and what it said; "+1" for one more judge."""
    order = ("invalid", "valid", "unknown")
    for outcome in order:
        judges = [verdict.judge for verdict in verdicts if verdict.outcome == outcome]
        if judges:
            others = len(verdicts) - 1
            return judges[0] + (f" +{others}" if others else ""), outcome
    return "", "unknown"


def _cell(who: str, what: str) -> Text:
    text = Text(f"  {MARKS[what]} {one_line(who, 9)}" if who else "", style=STYLES[what])
    text.truncate(13, pad=True)
    return text


def _refutation(page: _Page, node: Node, guide: str) -> Iterator[Text]:
    for verdict in node.verdicts:
        if verdict.outcome == "invalid" and verdict.evidence:
            text = Text(f"{guide}✗ {verdict.judge}: {one_line(verdict.evidence, page.width)}", style="dim")
            text.truncate(page.width, overflow="ellipsis")
            yield text


def _columns(page: _Page) -> Text:
    text = Text("step".ljust(page.width - _right(page, page.tree.nodes[0]).cell_len), style="dim")
    text.append("    MC   N")
    if page.width >= NARROW:
        text.append("  judges".ljust(13))
    return text if page.labels is None else text.append("  label".ljust(13))


def _legend(page: _Page) -> Text:
    cut = page.outline.steps - page.outline.shown
    left_out = f" · {cut} of {page.outline.steps} steps left out" if cut else ""
    return _prose(f"● human  ○ model · MC correct/decided rollouts from here · N visits{left_out}", "dim")


def _prose(text: str, style: str = "") -> Text:
    """Text that wraps in every console, also one that was told not to."""
    return Text(text, style=style, no_wrap=False, overflow="fold")


def in_words(tally: Tally, *, more: bool = False) -> str:
    """Such as "38 rollouts: 21 correct, 15 wrong, 2 undecided", or with ``more`` "14 more rollouts, 2 correct"."""
    noun = "rollout" if tally.all == 1 else "rollouts"
    if more:
        return f"{tally.all} more {noun}, {tally.valid} correct"
    undecided = f", {tally.unknown} undecided" if tally.unknown else ""
    return f"{tally.all} {noun}: {tally.valid} correct, {tally.invalid} wrong{undecided}"
