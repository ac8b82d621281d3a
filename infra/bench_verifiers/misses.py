"""Solutions the judges got wrong, one after the other, for a human to read."""

from collections.abc import Iterator

from factory.scores import Judged

SHOWN_CHARS = 1200


def miss_lines(judged: list[Judged], false_alarms: bool, limit: int) -> Iterator[str]:
    """Wrong solutions whose first invalid step is not the labelled one; or, of ``false_alarms``, flagged correct
    solutions and wrong ones flagged before the labelled step."""
    wanted = [each for each in judged if (_is_false_alarm(each) if false_alarms else _is_missed(each))]
    for each in wanted[:limit]:
        yield from _show(each)
    yield f"{min(limit, len(wanted))} of {len(wanted)} shown"


def _is_missed(judged: Judged) -> bool:
    label = judged.solution.first_error
    return label is not None and label >= 0 and judged.first_error != label


def _is_false_alarm(judged: Judged) -> bool:
    label, first = judged.solution.first_error, judged.first_error
    return label is not None and first is not None and first >= 0 and (label < 0 or first < label)


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
