"""The figures of the report, each by one SQL statement over the views of ``factory.query``."""

import math
from dataclasses import dataclass
from typing import Any, TypeVar

from schemas import from_table

DECIDERS = ("human", "sympy", "python", "lean", "rollouts", "answer", "none")
LABELS = ("correct", "incorrect", "unknown")
MC_BINS = ("0", "1–19", "20–39", "40–59", "60–79", "80–99", "100")
MAX_BARS = 16
Z95 = 1.959964

Row = tuple[Any, ...]
Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Rate:
    """A success rate at one place of an axis: ``low`` to ``high`` is its 95% interval, ``of`` counts rollouts."""

    at: int
    rate: float
    low: float
    high: float
    of: int
    problems: int


@dataclass(frozen=True, slots=True)
class Histogram:
    """``counts[i]`` belongs to ``names[i]``; ``total`` is their sum."""

    names: tuple[str, ...]
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        """How many things were counted."""
        return sum(self.counts)


class Facts:
    """Answers the report's questions from one open connection; every method reads the shards once, streaming."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def rows(self, sql: str, *values: Any) -> list[Row]:
        """The rows of ``sql``."""
        found: list[Row] = self._connection.execute(sql, list(values)).fetchall()
        return found

    def sizes(self) -> dict[str, int]:
        """Rows per view that the funnel names, ``steps`` (nodes beside the roots) and labels ``decided``."""
        names = ("seeds", "problems", "trees", "labels", "sft", "dpo", "prm", "rejects")
        counts = ", ".join(f"(SELECT count(*) FROM {name})" for name in names)
        steps = """(SELECT count(*) FROM nodes WHERE "index" > 0)"""
        decided = "(SELECT count(*) FROM labels WHERE label <> 'unknown')"
        found = self.rows(f"SELECT {counts}, {steps}, {decided}")[0]
        return dict(zip((*names, "steps", "decided"), found, strict=True))

    def rollouts(self) -> dict[str, int]:
        """Rollouts by outcome, ``all`` of them, and ``mixed``: trees with a right and a wrong one."""
        found = self.rows("""
            WITH per_tree AS (SELECT
                len(list_filter(rollouts, lambda r: r.outcome = 'valid')) AS valid,
                len(list_filter(rollouts, lambda r: r.outcome = 'invalid')) AS invalid,
                len(rollouts) AS whole FROM trees)
            SELECT coalesce(sum(valid), 0), coalesce(sum(invalid), 0), coalesce(sum(whole), 0),
                count(*) FILTER (valid > 0 AND invalid > 0) FROM per_tree""")[0]
        valid, invalid, whole, mixed = map(int, found)
        return {"valid": valid, "invalid": invalid, "unknown": whole - valid - invalid, "all": whole, "mixed": mixed}

    def policy(self) -> str | None:
        """The name of the policy that grew most trees; ``None`` without trees."""
        found = self.rows("SELECT policy FROM trees GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1")
        return str(found[0][0]) if found else None

    def rejects(self) -> list[Row]:
        """(stage, reason, rows, one detail), most frequent first."""
        return self.rows("SELECT stage, reason, count(*), min(detail) FROM rejects GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2")

    def label_mix(self) -> list[tuple[str, tuple[int, int, int]]]:
        """(who decided, counts in the order of ``LABELS``), in the order of ``DECIDERS`` and then by name."""
        counts: dict[str, dict[str, int]] = {}
        for who, label, number in self.rows("SELECT decided_by, label, count(*) FROM labels GROUP BY 1, 2"):
            counts.setdefault(who, {})[label] = number
        known = [who for who in DECIDERS if who in counts]
        order = known + sorted(set(counts) - set(known))
        return [(who, (*(counts[who].get(label, 0) for label in LABELS),)) for who in order]  # type: ignore[misc]

    def disagreements(self) -> int:
        """Labels whose sources contradict each other."""
        return int(self.rows("SELECT count(*) FROM labels WHERE disagreement")[0][0])

    def first_errors(self) -> tuple[Histogram, int]:
        """PRM rows by the place of the first wrong step, from 1; and how many have none."""
        counts = self._counts("SELECT first_error + 1, count(*) FROM prm GROUP BY 1")
        clean = counts.pop(0, 0)
        return _by_number(counts, first=1), clean

    def step_lengths(self) -> Histogram:
        """Steps by their length in characters."""
        return self._binned("""SELECT length(text) AS size FROM nodes WHERE "index" > 0""")

    def solution_lengths(self) -> Histogram:
        """Rollouts by the number of steps of the whole solution, the given ones included."""
        counts = self._counts("""SELECT depths[r.leaf + 1], count(*) FROM
            (SELECT [n.depth for n in nodes] AS depths, unnest(rollouts) AS r FROM trees) GROUP BY 1""")
        return _by_number(counts, first=1)

    def values(self) -> Histogram:
        """Nodes with decided rollouts by MC(s); exactly 0 and exactly 1 have bins of their own, then fifths."""
        counts = self._counts("""
            SELECT CASE WHEN correct = 0 THEN 0 WHEN correct = total THEN 6
                ELSE least(5, 1 + floor(5 * correct / total)::INT) END, count(*)
            FROM nodes WHERE total > 0 GROUP BY 1""")
        return Histogram(MC_BINS, tuple(counts.get(place, 0) for place in range(len(MC_BINS))))

    def by_depth(self) -> dict[str, list[Rate]]:
        """Per origin: share of correct rollouts by the depth of the step they started at, pooled over nodes."""
        found = self.rows(_CLUSTERED.format(key="node.origin", where="true"))
        return _rates(found)

    def by_prefix(self) -> dict[str, list[Rate]]:
        """Success of rollouts by the number of human steps given; "sound" and "with an error" apart, the latter
        where the humans' first wrong step is among the given ones."""
        key = "if(first_error >= 0 AND node.depth > first_error, 'with an error', 'sound')"
        series = _rates(self.rows(_CLUSTERED.format(key=key, where="node.origin = 'human' OR node.\"index\" = 0")))
        return {name: series[name] for name in ("sound", "with an error") if name in series}

    def sample_trees(self, number: int) -> list[str]:
        """Ids of up to ``number`` trees: mixed ones first, nearest to half right first."""
        return [row[0] for row in self.rows("""
            WITH per_tree AS (SELECT id, len(list_filter(rollouts, lambda r: r.outcome = 'valid')) AS good,
                len(list_filter(rollouts, lambda r: r.outcome <> 'unknown')) AS decided FROM trees)
            SELECT id FROM per_tree
            ORDER BY (good > 0 AND good < decided) DESC, abs(good / greatest(decided, 1) - 0.5), id LIMIT ?""",
            number)]  # fmt: skip

    def records(self, sql: str, record: type[Record], *values: Any) -> list[Record]:
        """The rows of ``sql`` as records."""
        return from_table(self._connection.sql(sql, params=list(values)).to_arrow_table(), record)

    def _counts(self, sql: str) -> dict[int, int]:
        """Two columns as a dict."""
        return {int(place): int(count) for place, count in self.rows(sql)}

    def _binned(self, sizes: str) -> Histogram:
        ends = "quantile_cont(size, 0.02), quantile_cont(size, 0.98)"
        count, low, high = self.rows(f"SELECT count(*), {ends} FROM ({sizes})")[0]
        if not count:
            return Histogram((), ())
        width = _nice((high - low) / 10)
        first, last = int(low // width), int(high // width)
        place = f"greatest({first}, least({last}, size // {width}))"
        counts = self._counts(f"SELECT {place}, count(*) FROM ({sizes}) GROUP BY 1")
        names = [str(start * width) for start in range(first, last + 1)]
        names[-1] += "+"
        names[0] = f"<{(first + 1) * width}" if first else names[0]
        return Histogram(tuple(names), tuple(counts.get(start, 0) for start in range(first, last + 1)))


# Rollouts of one problem resemble each other, so the interval needs the spread between problems: sums of squares.
_CLUSTERED = """
WITH starts AS (SELECT problem.id AS problem, first_error, unnest(nodes) AS node FROM trees),
per_problem AS (
    SELECT {key} AS series, node.depth AS place, problem, sum(node.correct) AS c, sum(node.total) AS n
    FROM starts WHERE node.total > 0 AND ({where}) GROUP BY ALL)
SELECT series, place, sum(c), sum(n), count(*), sum(c * c), sum(c * n), sum(n * n)
FROM per_problem GROUP BY ALL ORDER BY ALL"""


def clustered_interval(row: tuple[float, float, int, float, float, float]) -> tuple[float, float]:
    """Wilson's 95% interval with the number of rollouts divided by the design effect of their clusters (problems).
    ``row`` holds sums over clusters: correct, decided, clusters, correct^2, correct * decided, decided^2."""
    correct, decided, clusters, cc, cn, nn = row
    rate = correct / decided
    if clusters == 1 or correct in (0, decided):  # no spread to be seen: every problem counts as one rollout
        return _wilson(rate, clusters)
    variance = clusters / (clusters - 1) * (cc - 2 * rate * cn + rate * rate * nn) / decided**2
    effective = rate * (1 - rate) / max(variance, rate * (1 - rate) / decided)
    return _wilson(rate, max(clusters, effective))


def _wilson(rate: float, trials: float) -> tuple[float, float]:
    """Wilson's 95% score interval of a rate seen in ``trials`` independent trials (may be fractional)."""
    shrink = 1 + Z95**2 / trials
    centre = (rate + Z95**2 / (2 * trials)) / shrink
    half = Z95 * math.sqrt(rate * (1 - rate) / trials + Z95**2 / (4 * trials**2)) / shrink
    return max(0.0, centre - half), min(1.0, centre + half)


def _rates(rows: list[Row]) -> dict[str, list[Rate]]:
    series: dict[str, list[Rate]] = {}
    for name, place, *sums in rows:
        numbers = [float(value) for value in sums]
        low, high = clustered_interval((numbers[0], numbers[1], int(sums[2]), *numbers[3:]))  # type: ignore[arg-type]
        rate = Rate(place, numbers[0] / numbers[1], low, high, int(sums[1]), int(sums[2]))
        series.setdefault(name, []).append(rate)
    return series


def _by_number(counts: dict[int, int], first: int) -> Histogram:
    """One bar per number from ``first``; what lies beyond ``MAX_BARS`` bars is in the last one."""
    if not counts:
        return Histogram((), ())
    last = min(max(counts), first + MAX_BARS - 1)
    tail = sum(count for number, count in counts.items() if number >= last)
    numbers = range(min(first, *counts), last)
    more = "+" if max(counts) > last else ""
    return Histogram((*map(str, numbers), f"{last}{more}"), (*(counts.get(number, 0) for number in numbers), tail))


def _nice(width: float) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50, ... that is at least ``width``."""
    power = 10 ** max(0, math.floor(math.log10(max(width, 1))))
    return next(int(step * power) for step in (1, 2, 5, 10) if step * power >= width)
