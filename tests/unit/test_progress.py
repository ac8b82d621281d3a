"""The progress line says what it knows, and nothing before it knows it."""

import io
from collections.abc import Iterator

from rich.console import Console

from factory.journal import Grown
from pipelines.progress import Watch


def ticking(seconds: float) -> Iterator[float]:
    now = 100.0
    while True:
        yield now
        now += seconds


def watch(said: io.StringIO, clock: Iterator[float]) -> Watch:
    made = Watch(Console(file=said, width=200), in_flight=4, clock=lambda: next(clock))
    made.begin(total=20, done=2)
    return made


def test_no_rate_is_given_before_there_is_one() -> None:
    made = watch(io.StringIO(), ticking(1.0))
    made.advance(Grown(0, "tree", b"", tokens=10**6))
    assert made.line() == "3/20 problems  4 trees in flight  starting"


def test_rates_and_time_left_are_of_this_sitting() -> None:
    clock = [0.0]
    made = Watch(Console(file=io.StringIO()), in_flight=4, clock=lambda: clock[0])
    made.begin(total=20, done=2)
    for second in range(1, 12):
        clock[0] = float(second)
        made.advance(Grown(second, "tree", b"", tokens=100, rollouts=8, judged=30))
    assert made.line() == "13/20 problems  4 trees in flight  100 tokens/s  30 labels/s  7s left"


def test_plain_lines_are_few_where_there_is_no_terminal() -> None:
    said = io.StringIO()
    made = watch(said, ticking(1.0))
    with made:
        for position in range(18):
            made.advance(Grown(position, "tree", b""))
    assert 2 <= len(said.getvalue().splitlines()) <= 8
