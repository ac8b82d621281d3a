"""``make bench``: label quality against known truth, and factory tokens per second against raw vLLM.

python -m infra.bench [--quick] [--json] [--only labels|throughput] [--set a.b=value ...]
"""

import argparse
import dataclasses
import json
from typing import Any

from infra.bench.labels import Row, bench_labels
from infra.bench.tables import label_lines, throughput_lines
from infra.bench.throughput import Plan, Repetition, bench_throughput, best

PROBLEMS = 100
QUICK_PROBLEMS = 20
QUICK = Plan(seeds=12, in_flight=(32,), repetitions=1)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m infra.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer chains, seeds and repetitions: a look, no figure")
    parser.add_argument("--json", action="store_true", help="the figures as one JSON object")
    parser.add_argument("--only", choices=("labels", "throughput"), help="one of the two parts")
    parser.add_argument("--set", action="append", default=[], metavar="A.B=VALUE", help="recipe override, both arms")
    return parser.parse_args()


def main() -> None:
    """Measure, then print."""
    chosen = arguments()
    plan = QUICK if chosen.quick else Plan()
    rows: list[Row] = []
    repetitions: list[Repetition] = []
    if chosen.only != "throughput":
        rows = bench_labels(QUICK_PROBLEMS if chosen.quick else PROBLEMS)
        if not chosen.json:
            print("\n".join(label_lines(rows)), flush=True)
    if chosen.only != "labels":
        repetitions = bench_throughput(plan, chosen.set)
        if not chosen.json:
            print("\n".join(["", *throughput_lines(plan, repetitions)]))
    if chosen.json:
        print(json.dumps(figures(rows, repetitions), indent=2))


def figures(rows: list[Row], repetitions: list[Repetition]) -> dict[str, Any]:
    """Everything that was counted, as plain data."""
    found: dict[str, Any] = {"labels": [dataclasses.asdict(row) for row in rows]}
    found["throughput"] = [dataclasses.asdict(repetition) for repetition in repetitions]
    found["best_trees_in_flight"] = best(repetitions) if repetitions else None
    return found


if __name__ == "__main__":
    main()
