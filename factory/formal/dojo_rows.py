"""A traced theorem as LeanDojo writes it (a JSON object) to a proof whose tactics stand in the order they are run.

A row has ``full_name, file_path, commit, traced_tactics``; a tactic has ``tactic, state_before, state_after``. Tactics of an
inner block stand behind those of the sequence around it; ``tactics_in_order`` puts them where they are run.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from factory.formal.goals import flat, split_goals
from factory.formal.traced import NoProof, TracedProof, in_order
from schemas import ProofStep

_BLOCK = re.compile(r"\bby\b|=>|\n|[·(]")

Statements = Mapping[tuple[str, str], str]  # by file and full name


def proof_of(row: Mapping[str, Any], statements: Statements, source: str, licence: str | None) -> TracedProof:
    """The proof a row traces. A ``statement`` in the row itself wins over ``statements``. Raises ``NoProof``."""
    name, place = _text(row, "full_name"), _text(row, "file_path")
    traced = row.get("traced_tactics")
    if not isinstance(traced, list):
        raise NoProof("wrong_type", f"traced_tactics is {type(traced).__name__}, not a list")
    if not traced:
        raise NoProof("no_tactics", f"{name} is proved by a term: there is no tactic to tell")
    tactics = [_tactic(item, index) for index, item in enumerate(traced)]
    text, steps = placed(tactics_in_order(tactics))
    statement = row.get("statement")
    own = statement if isinstance(statement, str) and statement.strip() else statements.get((place, name))
    commit = row.get("commit")
    at = f"{place}@{commit}" if isinstance(commit, str) else place
    return TracedProof(name, own, None, text, False, steps, at, source, licence)


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value.strip():
        raise NoProof("wrong_type", f"{key} is {type(value).__name__}, not a name")
    return value


@dataclass
class Tactic:
    """A traced tactic, and the sequences that are run between it and its successor."""

    text: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    inside: list[list["Tactic"]] = field(default_factory=list)  # blocks that are part of its text
    behind: list[list["Tactic"]] = field(default_factory=list)  # focused on a goal that it leaves


def _tactic(item: Any, index: int) -> Tactic:
    parts = item if isinstance(item, dict) else {}
    texts = [parts.get(key) for key in ("tactic", "state_before", "state_after")]
    text, before, after = (each if isinstance(each, str) else None for each in texts)
    if text is None or before is None or after is None:
        raise NoProof("wrong_type", f"traced tactic {index} lacks its text or a state")
    if not text.strip():
        raise NoProof("empty_step", f"traced tactic {index} is empty")
    if not split_goals(before):
        raise NoProof("no_goal", f"traced tactic {index} starts from no goal")
    return Tactic(text.strip(), split_goals(before), split_goals(after))


def tactics_in_order(tactics: Iterable[Tactic]) -> list[Tactic]:
    """The outermost sequence, each tactic holding the sequences that belong to it.

    The tracer walks sequence by sequence, outer ones first. A tactic goes on with the sequence of the one before it
    where it starts from a goal that one left; else it begins a sequence, which is inside the tactic whose text holds it,
    or behind the one that left the goal it starts from (a focused block). Where there is neither, the proof is a term
    with several blocks of tactics, and this is the next: it stands behind the last tactic so far."""
    sequences: list[list[Tactic]] = []
    for tactic in tactics:
        if sequences and tactic.before[0] in sequences[-1][-1].after:
            sequences[-1].append(tactic)
        elif not sequences:
            sequences.append([tactic])
        else:
            known = [each for sequence in sequences for each in sequence]
            sequences.append([tactic])
            if holder := _holder(tactic, known):
                holder.inside.append(sequences[-1])
            else:
                (_leaver(tactic, known) or sequences[0][-1]).behind.append(sequences[-1])
    return sequences[0]


def _holder(tactic: Tactic, known: list[Tactic]) -> Tactic | None:
    """The innermost block whose text holds the tactic's."""
    text = flat(tactic.text)
    holding = [each for each in known if text in flat(each.text) != text and _BLOCK.search(each.text)]
    return min(holding, key=lambda each: len(each.text), default=None)


def _leaver(tactic: Tactic, known: list[Tactic]) -> Tactic | None:
    return next((each for each in reversed(known) if tactic.before[0] in each.after), None)


def placed(sequence: list[Tactic]) -> tuple[str, tuple[ProofStep, ...]]:
    """A script of the outermost tactics and focused blocks in the order they are run, one below the other, and every
    tactic with its place in it. One of an inner block that is not found in the block's text is left out: the text holds
    it anyway."""
    script: list[str] = []
    steps: list[ProofStep] = []

    def run(tactics: list[Tactic]) -> None:
        later: list[list[Tactic]] = []
        for tactic, following in zip(tactics, [*tactics[1:], None], strict=True):
            start = sum(map(len, script)) + len(script)
            script.append(tactic.text)
            steps.append(_step(tactic, start))
            steps.extend(_inner(tactic, start))
            place = _place(tactic, following)
            blocks = sorted(tactic.behind, key=lambda block: _place(tactic, block[0]))
            for block in blocks:
                if _place(tactic, block[0]) <= place:
                    run(block)
            later = [block for block in blocks if _place(tactic, block[0]) > place] + later
        for block in later:
            run(block)

    run(sequence)
    return "\n".join(script), in_order(steps)


def _place(tactic: Tactic, following: Tactic | None) -> int:
    """Which of the goals that ``tactic`` leaves ``following`` starts from; behind them all where it is none."""
    after = tactic.after
    return after.index(following.before[0]) if following and following.before[0] in after else len(after)


def _inner(outer: Tactic, start: int) -> Iterator[ProofStep]:
    at = 0
    for block in outer.inside:
        for tactic in _and_behind(block):
            pattern = re.compile(r"\s+".join(map(re.escape, tactic.text.split())))
            found = pattern.search(outer.text, at or 1) or pattern.search(outer.text, 1)
            if found:
                at = found.start() + 1
                here = Tactic(found[0], tactic.before, tactic.after, tactic.inside, tactic.behind)
                yield _step(here, start + found.start())
                yield from _inner(here, start + found.start())


def _and_behind(block: list[Tactic]) -> Iterator[Tactic]:
    for tactic in block:
        yield tactic
        for other in tactic.behind:
            yield from _and_behind(other)


def _step(tactic: Tactic, start: int) -> ProofStep:
    end = start + len(tactic.text)
    return ProofStep(tactic.text, start, end, "", "valid", None, None, tactic.before, tactic.after)
