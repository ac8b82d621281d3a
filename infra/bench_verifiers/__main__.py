"""``make bench-verifiers``: the judges measured against humans, against other tools and against attacks.

python -m infra.bench_verifiers [--quick] [--json] [--only claims|equivalence|sandbox|bombs] [--data DIR]
python -m infra.bench_verifiers --misses gsm8k|math|... [--false] [--limit N]
"""

import argparse
import os
from pathlib import Path

from factory.solutions import read_solutions
from infra.bench_verifiers.claims import DATASETS, dataset
from infra.bench_verifiers.misses import miss_lines
from pipelines.judging import judge_all
from verifiers import PanelConfig

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m infra.bench_verifiers", description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the data sets [default: ../shared/data]")
    parser.add_argument("--misses", choices=tuple(DATASETS), help="print what the judges got wrong in a data set")
    parser.add_argument("--false", action="store_true", help="with --misses: right steps that were called wrong")
    parser.add_argument("--limit", type=int, default=1_000_000, help="with --misses: so many solutions at most")
    return parser.parse_args()


def main() -> None:
    """Measure, then print."""
    chosen = arguments()
    path = dataset(chosen.data, chosen.misses)
    if path is None:
        raise SystemExit(f"{chosen.data} holds no {DATASETS[chosen.misses]}")
    judged = judge_all(list(read_solutions([path])), PanelConfig(workers=os.cpu_count() or 1))
    for line in miss_lines(judged, chosen.false, chosen.limit):
        print(line)


if __name__ == "__main__":
    main()
