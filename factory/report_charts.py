"""Charts as inline SVG, drawn at the size they are read at: 360 units wide, so that text stays text on a phone.

Colours are CSS classes of the page (light, dark, print); every mark that has a colour has a word or symbol too.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from factory.report_facts import LABELS, Histogram, Rate

WIDTH = 360
SYMBOLS = {"correct": "✓", "incorrect": "✗", "unknown": "?"}


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure: what it says (``title``), how to read it (``note``), the drawing, and the same numbers as a table."""

    key: str
    title: str
    note: str
    svg: Markup
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]


@dataclass(frozen=True, slots=True)
class Words:
    """The text around a chart. ``key`` names it in the page; ``axis`` is the title of its horizontal axis."""

    key: str
    title: str
    note: str
    axis: str


def bars(words: Words, histogram: Histogram) -> Chart:
    """A histogram with its counts written above the bars."""
    columns = (words.axis, "count")
    rows = tuple(zip(histogram.names, histogram.counts, strict=True))
    return Chart(words.key, words.title, words.note, _svg(words, 190, _bars(words, histogram)), columns, rows)


def stacked(words: Words, mix: Sequence[tuple[str, tuple[int, int, int]]]) -> Chart:
    """One horizontal bar per decider, split by label, on a common scale."""
    height = 34 + 30 * max(1, len(mix))
    columns = (words.axis, *LABELS)
    rows = tuple((who, *counts) for who, counts in mix)
    return Chart(words.key, words.title, words.note, _svg(words, height, _stacked(mix)), columns, rows)


def rates(words: Words, series: dict[str, list[Rate]], height: int = 230) -> Chart:
    """Success rates with 95% intervals along a whole-number axis, one line and one marker shape per series."""
    columns = (words.axis, "series", "rate", "95% interval", "rollouts", "problems")
    rows = tuple(
        (point.at, name, f"{point.rate:.0%}", f"{point.low:.0%} to {point.high:.0%}", point.of, point.problems)
        for name, points in series.items()
        for point in points
    )
    return Chart(words.key, words.title, words.note, _svg(words, height, _rates(words, series, height)), columns, rows)


def _svg(words: Words, height: int, marks: Iterable[Markup]) -> Markup:
    start = Markup(
        '<svg viewBox="0 0 {w} {h}" role="img" aria-labelledby="{k}-t {k}-d"><title id="{k}-t">{t}</title>'
        '<desc id="{k}-d">{d} The numbers are in the table below the chart.</desc>'
    ).format(w=WIDTH, h=height, k=words.key, t=words.title, d=words.note)
    return start + Markup("").join(marks) + Markup("</svg>")


def _text(x: float, y: float, text: object, style: str = "", anchor: str = "middle") -> Markup:
    mark = '<text x="{x:.1f}" y="{y:.1f}" class="{s}" text-anchor="{a}">{t}</text>'
    return Markup(mark).format(x=x, y=y, s=style, a=anchor, t=text)


def _rect(x: float, y: float, width: float, height: float, style: str) -> Markup:
    mark = '<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" class="{s}"/>'
    return Markup(mark).format(x=x, y=y, w=width, h=height, s=style)


def _line(x1: float, y1: float, x2: float, y2: float, style: str) -> Markup:
    mark = '<line x1="{a:.1f}" y1="{b:.1f}" x2="{c:.1f}" y2="{d:.1f}" class="{s}"/>'
    return Markup(mark).format(a=x1, b=y1, c=x2, d=y2, s=style)


def _bars(words: Words, histogram: Histogram) -> Iterator[Markup]:
    top, floor, slot = 18.0, 148.0, (WIDTH - 8) / max(1, len(histogram.names))
    tallest = max(histogram.counts, default=0) or 1
    for place, (name, count) in enumerate(zip(histogram.names, histogram.counts, strict=True)):
        middle, height = 4 + slot * (place + 0.5), (floor - top) * count / tallest
        yield _rect(middle - slot * 0.41, floor - height, slot * 0.82, height, "mark")
        if count:
            yield _text(middle, floor - height - 4, short(count), "num")
        if len(histogram.names) <= 12 or place % 2 == 0 or place == len(histogram.names) - 1:
            yield _text(middle, floor + 14, name, "tick")
    yield _line(4, floor, WIDTH - 4, floor, "axis")
    yield _text(WIDTH / 2, floor + 34, words.axis, "axis-title")


def _stacked(mix: Sequence[tuple[str, tuple[int, int, int]]]) -> Iterator[Markup]:
    left, room = 66.0, WIDTH - 66.0 - 44.0
    most = max((sum(counts) for _, counts in mix), default=0) or 1
    for place, label in enumerate(LABELS):
        yield _text(left + place * 88, 12, f"{SYMBOLS[label]} {label}", f"key {label}", "start")
    for place, (who, counts) in enumerate(mix):
        x, y = left, 26.0 + 30 * place
        yield _text(left - 8, y + 15, who[:10], "name", "end")
        for label, count in zip(LABELS, counts, strict=True):
            width = room * count / most
            yield _rect(x, y, max(0.0, width - 1), 21, f"fill {label}")
            if width > 9 + 7 * len(short(count)):
                yield _text(x + width / 2, y + 14.5, short(count), f"inside {label}")
            x += width
        yield _text(x + 5, y + 15, short(sum(counts)), "num", "start")


@dataclass(frozen=True, slots=True)
class _Scale:
    first: int
    last: int
    floor: float
    top: float = 28.0

    def x(self, at: float) -> float:
        """Units from the left edge."""
        return 40 + (WIDTH - 40 - 24) * (at - self.first) / max(1, self.last - self.first)

    def y(self, rate: float) -> float:
        """Units from the upper edge."""
        return self.floor - (self.floor - self.top) * rate


def _rates(words: Words, series: dict[str, list[Rate]], height: int) -> Iterator[Markup]:
    places = [point.at for points in series.values() for point in points]
    scale = _Scale(min(places, default=0), max(places, default=1), height - 44.0)
    for rate in (0.0, 0.5, 1.0):
        yield _line(34, scale.y(rate), WIDTH - 10, scale.y(rate), "grid" if rate else "axis")
        yield _text(30, scale.y(rate) + 4, f"{rate:.0%}", "tick", "end")
    for at in _ticks(scale):
        yield _text(scale.x(at), scale.floor + 15, at, "tick")
    yield _text((40 + WIDTH - 24) / 2, height - 9, words.axis, "axis-title")
    for number, (name, points) in enumerate(series.items()):
        yield from _series(scale, name, points, number)


def _series(scale: _Scale, name: str, points: Sequence[Rate], number: int) -> Iterator[Markup]:
    style, nudge = f"series s{number}", 5.0 * number  # the nudge keeps one whisker from hiding another
    spots = [(scale.x(point.at) + nudge, scale.y(point.rate)) for point in points]
    yield _marker(46 + 150 * number, 8, style, name)
    yield _text(54 + 150 * number, 12, name, f"key s{number}", "start")
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
    yield Markup('<polyline points="{p}" class="{s}"/>').format(p=path, s=style)
    for point, (x, y) in zip(points, spots, strict=True):
        yield _line(x, scale.y(point.low), x, scale.y(point.high), f"whisker {style}")
        hint = f"{name}, {point.at}: {point.rate:.0%} of {point.of:,} rollouts"
        yield _marker(x, y, style, hint)


def _marker(x: float, y: float, style: str, hint: str) -> Markup:
    """A disc for the first series, a square for the second."""
    shape = '<rect x="{a:.1f}" y="{b:.1f}" width="8" height="8" rx="{r}" class="{s}"><title>{t}</title></rect>'
    return Markup(shape).format(a=x - 4, b=y - 4, r=4 if style.endswith("s0") else 0, s=style, t=hint)


def _ticks(scale: _Scale) -> list[int]:
    step = max(1, -(-(scale.last - scale.first) // 12))
    return list(range(scale.first, scale.last + 1, step))


def short(number: int) -> str:
    """A count in at most five characters: 987, 1,234, 12.3k, 4.5M."""
    if number < 10_000:
        return f"{number:,}"
    value, unit = (number / 1e3, "k") if number < 1e6 else (number / 1e6, "M")
    return f"{value:.1f}{unit}" if value < 100 else f"{value:.0f}{unit}"
