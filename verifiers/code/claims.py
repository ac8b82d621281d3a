"""What a step says about its own program: the values of its variables. Pure; spans count in the text that is read."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from verifiers.code.blocks import parsed

_NUMBER = r"[-−]?\$?(?:\d{1,3}(?:,\d{3}){1,9}|\d{1,300})(?:\.\d{1,300})?"
_SENTENCE_CHARS = 200  # before a claim, in which a condition is looked for
_SAID = re.compile(rf"`?\b([A-Za-z_]\w*)\b`?\s*(?:==?|is|equals)\s*`?({_NUMBER})`?(?![\w%/*+^(]|\.\d|,\d|\s*[-+*/^=%])")
_CONDITION = re.compile(
    r"\b(?:if|when|where|suppose|assume|let|set|for|with|initially|start\w*|unless|until|while|case|say|take|should|"
    r"would|not|example|first|before|once|each|every)\b",
    re.IGNORECASE,
)
_STOP = re.compile(r"\. |\n|;|: ")
_PRINTS = re.compile(
    rf"\b(?:prints?|printed|outputs?|output\s+(?:is|was)|(?:output|prints|stdout)\s*:)\s*:?\s*`?({_NUMBER})`?(?![\w%/]|\.\d)",
    re.IGNORECASE,
)
_RESULT = re.compile(rf"^(=>|->|=|→)?\s*({_NUMBER})\s*$")

_LARGEST = 10**300


@dataclass(frozen=True, slots=True)
class Said:
    """``name`` has the value ``number``, which was written with ``decimals`` decimals; ``name`` ``None``: it is printed.

    ``sure``: a mismatch is an error; otherwise the number may have meant something else."""

    name: str | None
    number: Fraction
    decimals: int
    start: int
    end: int
    sure: bool = True


def in_prose(text: str) -> list[Said]:
    """``total = 15``, ``total is 15``, ``it prints 15``: not in a condition, and not as part of a formula."""
    found = []
    for match in _SAID.finditer(text):
        before = _STOP.split(text[max(0, match.start() - _SENTENCE_CHARS) : match.start()])[-1]
        if not _CONDITION.search(before) and not re.search(r"[-+*/^=<>\\${(]\s*$", before):
            found.append(_said(match[1], match[2], match.start(), match.end()))
    found += [_said(None, match[1], match.start(), match.end()) for match in _PRINTS.finditer(text)]
    return found


def in_code(source: str) -> list[Said]:
    """Comments that give a result (``x = 3 * 4  # 12``, ``# x = 12`` after it) and passed asserts ``x == 12``, of names
    that the source binds exactly once, at its top level."""
    tree = parsed(source)
    if tree is None:
        return []
    once = _bound_once(tree)
    lines = source.splitlines(keepends=True)
    starts = [sum(map(len, lines[:number])) for number in range(len(lines))]
    return [*_comments(lines, starts, once), *_asserts(tree, lines, starts, once)]


def _said(name: str | None, number: str, start: int, end: int, sure: bool = True) -> Said:
    plain = number.replace(",", "").replace("$", "").replace("−", "-")
    return Said(name, Fraction(plain), len(plain.partition(".")[2]), start, end, sure)


def _bound_once(tree: ast.Module) -> dict[int, str]:
    """Line of the binding -> name, for names with one simple assignment of something computed and no other store."""
    stores = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    changed = {
        node.target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name)
    }
    found = {}
    for node in tree.body:
        match node:
            case ast.Assign([ast.Name(name)], value) if not isinstance(value, ast.Constant):
                if stores.count(name) == 1 and name not in changed:
                    found[node.end_lineno or node.lineno] = name
    return found


def _comments(lines: list[str], starts: list[int], once: dict[int, str]) -> Iterator[Said]:
    names = set(once.values())
    for number, line in enumerate(lines, 1):
        code, mark, comment = line.partition("#")
        if not mark or "'" in line or '"' in line:
            continue
        at = starts[number - 1] + len(code)
        end = starts[number - 1] + len(line.rstrip("\n"))
        result = _RESULT.match(comment.strip())
        if result and code.strip() and number in once:
            yield _said(once[number], result[2], at, end, bool(result[1]))
        for said in in_prose(comment):
            if (
                not code.strip()
                and said.name in names
                and min(n for n, name in once.items() if name == said.name) < number
            ):
                yield Said(said.name, said.number, said.decimals, at + 1 + said.start, at + 1 + said.end)


def _asserts(tree: ast.Module, lines: list[str], starts: list[int], once: dict[int, str]) -> Iterator[Said]:
    for node in tree.body:
        match node:
            case ast.Assert(ast.Compare(ast.Name(name), [ast.Eq()], [ast.Constant(int() | float() as value)])):
                if name in once.values() and not isinstance(value, bool) and abs(value) < _LARGEST:
                    start = starts[node.lineno - 1]
                    yield _said(name, str(value), start, start + len(lines[node.lineno - 1].rstrip("\n")))
