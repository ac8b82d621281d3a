"""Solutions the judges got wrong, one after the other, for a human to read."""

from collections.abc import Callable, Iterator

from factory.scores import Judged
from infra.bench_verifiers.claims import is_missed

SHOWN_CHARS = 1200


def miss_lines(judged: list[Judged], kind: str, limit: int) -> Iterator[str]:
    """``missed``: wrong solutions whose first invalid step is not the labelled one; ``false``: flagged correct solutions,
    and wrong ones flagged before the labelled step; ``late``: those flagged behind it."""
    wanted = [each for each in judged if KINDS[kind](each)]
    for each in wanted[:limit]:
        yield from _show(each)
    yield f"{min(limit, len(wanted))} of {len(wanted)} shown"


def _is_false(judged: Judged) -> bool:
    label, first = judged.solution.first_error, judged.first_error
    return label is not None and first is not None and first >= 0 and (label < 0 or first < label)


def _is_late(judged: Judged) -> bool:
    label, first = judged.solution.first_error, judged.first_error
    return label is not None and first is not None and 0 <= label < first


KINDS: dict[str, Callable[[Judged], bool]] = {"missed": is_missed, "false": _is_false, "late": _is_late}


def _show(judged: Judged) -> Iterator[str]:
    solution, label = judged.solution, judged.solution.first_error
    yield f"=== row {solution.row} {solution.id}: labelled {label}, first invalid {judged.first_error}"
    yield f"PROBLEM {_cut(solution.problem)}"
    if label is not None and label >= 0:
        yield f"STEP {label} {_cut(solution.steps[label])}"
        for verdict in judged.verdicts[label]:
            yield f"    {verdict.judge} {verdict.outcome} ({verdict.reason}): {verdict.claim!r} {verdict.evidence or ''}"
    for number in judged.invalid:
        if number != label:
            yield f"INVALID {number} {_cut(solution.steps[number])}"
        for verdict in judged.verdicts[number]:
            if number != label and verdict.outcome == "invalid":
                yield f"    {verdict.judge}: {verdict.claim!r} {verdict.evidence}"


def _cut(text: str) -> str:
    flat = " ⏎ ".join(line for line in text.splitlines() if line.strip())
    return flat if len(flat) <= SHOWN_CHARS else flat[:SHOWN_CHARS] + " …"
