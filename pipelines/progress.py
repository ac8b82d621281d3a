"""What a run tells while it works: a live line on a terminal, a plain line every few seconds elsewhere."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

from factory.journal import Grown

PLAIN_EVERY_S = 5.0
FEW = 5  # outcomes before which a rate means nothing


@dataclass
class Watch:
    """Counts outcomes and says how it goes. Use as a context manager around the loop that calls ``advance``."""

    console: Console
    in_flight: int  # trees an engine keeps growing, over all engines
    total: int = 0
    done: int = 0
    fresh: int = 0
    tokens: int = 0
    rollouts: int = 0
    judged: int = 0
    rejected: int = 0
    clock: Callable[[], float] = time.monotonic
    started: float = field(default=0.0)  # at the first outcome, so that an engine's start does not count as slowness
    _said: float = field(default=0.0)
    _live: Live | None = None

    def begin(self, total: int, done: int) -> None:
        """The run has ``total`` seeds, of which ``done`` were finished before."""
        self.total, self.done = total, done
        self._said = self.clock()

    def __enter__(self) -> "Watch":
        if self.console.is_terminal:
            self._live = Live(console=self.console, get_renderable=self._row, refresh_per_second=4, transient=True)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def advance(self, grown: Grown) -> None:
        """One more outcome."""
        self.done += 1
        if not self.started:
            self.started = self.clock()
            return
        self.fresh += 1
        self.tokens += grown.tokens
        self.rollouts += grown.rollouts
        self.judged += grown.judged
        self.rejected += grown.kind == "reject"
        if self._live is None and self.clock() - self._said >= PLAIN_EVERY_S:
            self._said = self.clock()
            self.console.print(self.line(), highlight=False)

    @property
    def seconds(self) -> float:
        """Since the first outcome."""
        return max(self.clock() - self.started, 1e-9)

    def line(self) -> str:
        """Problems done, trees in flight, tokens/s, labels/s and time left, in one line."""
        rate = self.fresh / self.seconds
        left = f"{_span((self.total - self.done) / rate)} left" if self.fresh >= FEW else "starting"
        flying = min(self.in_flight, self.total - self.done)
        speeds = f"{self.tokens / self.seconds:,.0f} tokens/s  {self.judged / self.seconds:,.0f} labels/s  "
        return (
            f"{self.done:,}/{self.total:,} problems  {flying} trees in flight  "
            f"{speeds if self.fresh >= FEW else ''}{left}"
        )

    def _row(self) -> Table:
        row = Table.grid(padding=(0, 1))
        row.add_row(ProgressBar(total=max(self.total, 1), completed=self.done, width=24), self.line())
        return row


def _span(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h {minutes:02d}m" if hours else f"{minutes}m {rest:02d}s" if minutes else f"{rest}s"
