"""``make bench-verifiers``: the judges measured against humans, against other tools and against attacks.

python -m infra.bench_verifiers [--quick] [--json] [--only claims|equivalence|sandbox|bombs|lean] [--data DIR]
python -m infra.bench_verifiers --misses gsm8k|math|... [--false | --late] [--limit N]

The data sets lie beside the repository (../shared/data, see SOURCES.md there) or in --data; a part without its data says
so. Nothing is downloaded, no model is asked.
"""

import argparse
import importlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from factory.solutions import read_solutions
from infra.bench_verifiers.bombs import bench_bombs, bombs_lines
from infra.bench_verifiers.claims import DATASETS, bench_claims, claims_lines, dataset
from infra.bench_verifiers.lean import bench_lean, lean_lines
from infra.bench_verifiers.misses import miss_lines
from pipelines.judging import judge_all
from verifiers import PanelConfig

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
PARTS = ("claims", "equivalence", "sandbox", "bombs")
ASKED = ("lean",)  # only where asked for: it needs a Lean

Part = tuple[Any, Callable[[Any], list[str]]]  # figures, and what prints them


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.bench_verifiers",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="fewer rows and repetitions: a look, no figure")
    parser.add_argument("--json", action="store_true", help="the figures as one JSON object")
    parser.add_argument("--only", choices=PARTS + ASKED, help="one of the parts")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the data sets (default: ../shared/data)")
    parser.add_argument("--misses", choices=tuple(DATASETS), help="print what the judges got wrong in a data set")
    parser.add_argument("--false", action="store_true", help="with --misses: right steps that were called wrong")
    parser.add_argument("--late", action="store_true", help="with --misses: first invalid behind the labelled step")
    parser.add_argument("--limit", type=int, default=1_000_000, help="with --misses: so many solutions at most")
    return parser.parse_args()


def main() -> None:
    """Measure, then print each part as it is done."""
    chosen = arguments()
    if chosen.misses:
        print_misses(chosen)
        return
    found: dict[str, Any] = {}
    for name in PARTS if chosen.only is None else (chosen.only,):
        found[name], lines = run_part(name, chosen.quick, chosen.data)
        if not chosen.json:
            print("\n".join([*lines(found[name]), ""]), flush=True)
    if chosen.json:
        print(json.dumps({name: plain(figures) for name, figures in found.items()}, indent=2))


def run_part(name: str, quick: bool, data: Path) -> Part:
    """One part's figures and how they are printed."""
    if name == "claims":
        return bench_claims(data, quick), claims_lines
    if name == "lean":
        return bench_lean(data, quick), lean_lines
    if name == "bombs":
        return bench_bombs(3 if quick else 1), bombs_lines
    module = importlib.import_module(f"infra.bench_verifiers.{name}")
    return getattr(module, f"bench_{name}")(quick), getattr(module, f"{name}_lines")


def plain(value: Any) -> Any:
    """Figures of any shape as JSON can hold them."""
    if is_dataclass(value):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list | tuple) else value


def print_misses(chosen: argparse.Namespace) -> None:
    """What the judges got wrong in one data set."""
    path = dataset(chosen.data, chosen.misses)
    if path is None:
        raise SystemExit(f"{chosen.data} holds no {DATASETS[chosen.misses]}")
    judged = judge_all(list(read_solutions([path])), PanelConfig(workers=os.cpu_count() or 1))
    kind = "false" if chosen.false else "late" if chosen.late else "missed"
    for line in miss_lines(judged, kind, chosen.limit):
        print(line)


if __name__ == "__main__":
    main()
