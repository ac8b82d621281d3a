"""The printed form of both parts: every figure with its N and how it was measured."""

from collections.abc import Sequence

from factory.labels import wilson
from infra.bench.labels import RECOVERY, STEPS, K, Row
from infra.bench.throughput import Plan, Repetition, best, median

# ---------------------------------------------------------------------------------------------- labels

HEADS = (
    "",
    "first error right",
    "undecided",
    "right at 2 of 8",
    "steps right",
    "decided",
    "r/step",
    "r/error",
    "tokens",
)
WIDTHS = (17, 18, 10, 22, 18, 11, 7, 8, 6)
LEGEND = (
    "first error right: of the wrong solutions among the first k (the same for all methods) whose first error the labels",
    "name, those where it is the true one; undecided: of all those, the labels name none. right at 2 of 8: the same trees,",
    "where a step needs two right rollouts of its own (/N located). steps right: of the labelled steps anywhere in a tree,",
    "those that agree with the truth (the chain has its true value after the step). r/step, r/error: rollouts per labelled",
    "step, per distinct first error located in the trees; tokens: output tokens per labelled step. Intervals: Wilson 95%;",
    "solutions of one tree are not independent. With recovery a Monte-Carlo label (can the policy still get there?) and the",
    "true first error differ by design.",
    "The design's simulation: every step 8.0 rollouts per step, .837 of first errors right; binary search 2.06 and .706.",
)


def label_lines(rows: Sequence[Row]) -> list[str]:
    """A table per recovery, and how to read it."""
    chains, spent = rows[0].scores["any right"].trees, sum(row.wall_s for row in rows)
    lines = [
        f"LABELS against known truth: {chains} arithmetic chains of {STEPS} steps and an answer, from the bare problem,",
        f"k {K}; oracle policy, .9 right per step, half of its errors visible to a calculator. {spent:.0f} s.",
    ]
    for recovery, words in RECOVERY.items():
        block = [row for row in rows if row.setting.recovery == recovery]
        lines += ["", f"recovery {recovery} = {words}", align(HEADS), *(align(cells(row)) for row in block)]
        lines += [searched(block)]
    return [*lines, "", *LEGEND]


def cells(row: Row) -> tuple[str, ...]:
    """One line of the table."""
    score, strict = row.scores.values()
    return (
        row.setting.name,
        share(score.hit, score.located),
        f"{score.wrong - score.located}/{score.wrong}",
        share(strict.hit, strict.located) + (f"/{strict.located}" if strict.located else ""),
        share(score.right, score.decided),
        f"{score.decided}/{score.steps}",
        per(score.rollouts, score.decided),
        per(score.rollouts, score.errors),
        per(score.tokens, score.decided),
    )


def searched(rows: Sequence[Row]) -> str:
    """What one binary search costs: the figure that the design's simulation counts."""
    scores = {row.setting.name: row.scores["any right"] for row in rows if row.setting.method == "omegaprm"}
    costs = [
        f"{name} {per(s.rollouts - K * s.trees, s.searches * STEPS)} (N {s.searches})" for name, s in scores.items()
    ]
    return f"   rollouts per search / {STEPS} steps (shared states; many start deep): {', '.join(costs)}"


def align(texts: Sequence[str], widths: Sequence[int] = WIDTHS) -> str:
    """One line of fixed columns."""
    return " ".join(text.ljust(width) for text, width in zip(texts, widths, strict=True)).rstrip()


def share(count: int, total: int) -> str:
    """A proportion with its Wilson 95% interval, ``-`` where nothing was counted."""
    low, high = wilson(count, total)
    return "-" if low is None or high is None else f"{count / total:.3f} ({low:.2f}-{high:.2f})"


def per(count: int, total: int) -> str:
    """A ratio, ``-`` by zero."""
    return f"{count / total:.2f}" if total else "-"


# ---------------------------------------------------------------------------------------------- throughput

RUN_HEADS = (
    "trees in flight",
    "tok/s (median)",
    "over raw, each",
    "median",
    "while full",
    "full",
    "asked",
    "front CPU",
)
RUN_WIDTHS = (16, 15, 22, 8, 11, 6, 6, 9)
RUN_LEGEND = (
    "raw: one LLM.generate call with all recorded sequences at once, to their recorded lengths (ignore_eos), same engine",
    "settings, own process: an upper bound that never waits for a tree or a judge. tok/s: output tokens from the first",
    "request to the last finished tree, engine start excluded for both. while full: the same ratio until the trees last asked",
    "for as many sequences as the engine runs (max_num_seqs), and full: the share of the wall that this was; the rest is the",
    "end of a short bench, where few trees are left. asked: sequences asked for and not all returned, time-averaged (running",
    "and queued). front CPU: cores used by the searching process (prompts, trees, detokenising; not engine, not judges).",
)


def throughput_lines(plan: Plan, repetitions: Sequence[Repetition]) -> list[str]:
    """A line per number of trees in flight, the raw arm, and how to read it."""
    one = repetitions[0].factory[plan.replayed]
    raw = [repetition.raw for repetition in repetitions]
    raw_front = median(arm.front_cpu_s / arm.wall_s for arm in raw)
    lines = [
        f"THROUGHPUT factory / vllm.LLM.generate: demo recipe, bundled model, {plan.seeds} bundled seeds,",
        f"{len(raw)} interleaved repetitions: {one.tokens} output tokens, {one.sequences} sequences in {one.requests} requests",
        "and the same tokens in both arms.",
        "",
        align(RUN_HEADS, RUN_WIDTHS),
        *(align(run_cells(trees, repetitions), RUN_WIDTHS) for trees in plan.in_flight),
        align(
            ("raw", number(median(arm.rate for arm in raw), 0), "", "", "", "", "", number(raw_front, 2)), RUN_WIDTHS
        ),
    ]
    trees = best(repetitions)
    found = number(median(rep.ratio(trees) for rep in repetitions), 2)
    return [*lines, f"best: {trees} trees in flight, {found} of raw (aim .9)", "", *RUN_LEGEND]


def run_cells(trees: int, repetitions: Sequence[Repetition]) -> tuple[str, ...]:
    """One number of trees in flight."""
    arms = [repetition.factory[trees] for repetition in repetitions]
    return (
        str(trees),
        number(median(arm.rate for arm in arms), 0),
        " ".join(number(repetition.ratio(trees), 2) for repetition in repetitions),
        number(median(repetition.ratio(trees) for repetition in repetitions), 2),
        number(median(repetition.filled_ratio(trees) for repetition in repetitions), 2),
        number(median(arm.full_share for arm in arms), 2),
        number(median(arm.asked for arm in arms), 0),
        number(median(arm.front_cpu_s / arm.wall_s for arm in arms), 2),
    )


def number(value: float | None, digits: int) -> str:
    """Rounded, ``-`` where unknown."""
    return "-" if value is None else f"{value:.{digits}f}"
