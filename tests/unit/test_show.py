"""A tree in the terminal: fits, reads without colour, and hides nothing silently."""

import dataclasses
import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from factory.outline import outline
from factory.show import render_tree
from schemas import Node, Tree
from tests.builders import make_labels, make_seed, make_tree


def draw(tree: Tree, width: int = 80, max_nodes: int = 200, labels: bool = True) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, no_color=True, force_terminal=False)
    console.print(render_tree(tree, make_labels(tree) if labels else None, max_nodes=max_nodes, width=width))
    return out.getvalue()


def grown(number: int) -> Tree:
    return make_tree(make_seed(number), number)


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_every_line_fits(width: int) -> None:
    for number in range(8):
        lines = draw(grown(number), width).splitlines()
        assert max(map(cell_len, lines)) <= width


def test_counts_marks_and_deciders_are_words_and_symbols() -> None:
    tree = grown(4)
    text = draw(tree, 120)
    root = tree.nodes[0]
    assert f"{root.correct}/{root.total}" in text
    assert "● human  ○ model" in text and "✗ sympy" in text and "✓ rollouts" in text
    assert f"→ {tree.problem.answer} ✓" in text
    refuted = next(v.evidence for node in tree.nodes for v in node.verdicts if v.outcome == "invalid")
    assert refuted is not None and f"✗ sympy: {refuted}" in text


def test_a_console_that_does_not_wrap_loses_no_problem_text() -> None:
    out = io.StringIO()
    Console(file=out, width=60, soft_wrap=True).print(render_tree(grown(4), width=60))
    assert " ".join(out.getvalue().split()).count("does Tom have now?") == 1


def test_no_label_column_without_labels() -> None:
    assert "label" not in draw(grown(1), labels=False)
    assert "label" in draw(grown(1))


@pytest.mark.parametrize("limit", [1, 3, 10, 25])
def test_what_is_cut_is_counted(limit: int) -> None:
    tree = grown(4)
    view = outline(tree, limit)
    assert view.shown <= limit

    def hidden(branch: object) -> int:
        return branch.hidden.all + sum(map(hidden, branch.forks))  # type: ignore[attr-defined]

    def ends(branch: object) -> int:
        own = sum(view.arrivals.get(node.index, 0) for node in branch.nodes)  # type: ignore[attr-defined]
        return own + sum(map(ends, branch.forks))  # type: ignore[attr-defined]

    assert hidden(view.trunk) + ends(view.trunk) == len(tree.rollouts)
    text = draw(tree, 80, limit)
    assert "more rollouts, " in text and f"{view.steps - view.shown} of {view.steps} steps" in " ".join(text.split())


def test_the_tallies_add_up_along_the_tree() -> None:
    view = outline(grown(3), 500)
    assert view.trunk.below == view.tally and view.trunk.hidden.all == 0
    assert view.shown == view.steps


def test_control_characters_never_reach_the_terminal() -> None:
    tree = grown(1)
    nasty = dataclasses.replace(tree.nodes[1], text="\x1b[2J\x1b]0;owned\x07 [red]markup[/red] \u202eevil\n\tnext")
    problem = dataclasses.replace(tree.problem, statement="a\x1b[31mb\u2066c")
    text = draw(dataclasses.replace(tree, nodes=(tree.nodes[0], nasty, *tree.nodes[2:]), problem=problem), 120)
    assert not set(text) & {"\x1b", "\x07", "\u202e", "\u2066"}
    assert "[red]markup[/red]" in text and "[U+202E]" in text


def test_a_bare_and_a_deep_tree_are_drawn() -> None:
    tree = grown(0)
    bare = dataclasses.replace(tree, nodes=tree.nodes[:1], rollouts=())
    assert "0 rollouts" in draw(bare)
    chain = [tree.nodes[0]]
    for index in range(1, 3000):
        chain.append(
            dataclasses.replace(tree.nodes[1], index=index, parent=index - 1, depth=index, text=f"step {index}")
        )
    deep = dataclasses.replace(tree, nodes=tuple[Node, ...](chain), rollouts=())
    assert "step 2999" in draw(deep, max_nodes=5000)
