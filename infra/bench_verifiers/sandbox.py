"""Programs: attacks on the sandbox and on HumanEval's guard, forged verdicts, reference solutions, and what a run costs."""

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.bench_verifiers import disposable
from tests.adversarial.attacks import ATTACKS
from tests.adversarial.attacks.forgery import FORGERIES, TESTS
from tests.adversarial.attacks.watch import Watch, watching
from verifiers.programs import run_tests
from verifiers.sandbox import Limits, Sandbox

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
LIMIT_S = 1.0
GRACE_S = 0.5
MEMORY_MB = 512
ROUNDS = 40
_PROGRAM = "print(sum(n * n for n in range(1000)))\n"
_WRONG = "lambda *args, **kwargs: '__wrong__'"


@dataclass(frozen=True, slots=True)
class Attacked:
    """``side_effects``: attacks that changed, reached or signalled something outside; ``escapes``: those that showed a
    secret or made a forbidden call; ``leftovers``: those whose processes outlived them; ``worst_over_s``: beyond the
    limit; ``late``: attacks more than the grace beyond it; ``faults``: by attack, in words."""

    attacks: int
    escapes: int
    side_effects: int
    leftovers: int
    late: int
    worst_over_s: float
    faults: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class SandboxFigures:
    """``ours`` and ``others`` (programs of other projects' suites) in the sandbox; ``guarded``: ``ours`` under HumanEval's
    guard; each ``None`` where it could not be run. ``*_ms``: medians for one small program, interleaved."""

    layers: tuple[str, ...]
    ours: Attacked
    others: Attacked | None
    guarded: Attacked | None
    forgeries: int
    forged: tuple[str, ...]
    forged_guarded: tuple[str, ...] | None
    references: int
    references_valid: int
    mutants: int
    mutants_valid: int
    sandbox_ms: float
    exam_ms: float
    bubblewrap_ms: float | None
    fresh_ms: float


def bench_sandbox(quick: bool) -> SandboxFigures:
    """Everything, one program at a time; ``quick``: every fifth attack and a tenth of the rounds."""
    step = 5 if quick else 1
    attacks = dict(list(ATTACKS.items())[::step])
    sandbox = Sandbox()
    try:
        with watching() as watch:
            ours = _attacked(attacks, watch, sandbox)
            others = _attacked(dict(list(_cases().items())[::step]), watch, sandbox)
        forged = tuple(name for name, program in FORGERIES.items() if _is_valid(program, TESTS, sandbox))
        references = _references()[::step]
        valid = sum(_is_valid(program, tests, sandbox) for program, tests, _ in references)
        mutants = sum(_is_valid(f"{p}\n{name} = {_WRONG}\n", tests, sandbox) for p, tests, name in references)
        timed = _times(sandbox, ROUNDS // 10 if quick else ROUNDS)
        layers = tuple(layer.name for layer in sandbox.layers if layer.active)
    finally:
        sandbox.close()
    possible = shutil.which("unshare") is not None
    return SandboxFigures(
        layers=layers,
        ours=ours,
        others=others if others.attacks else None,
        guarded=_guarded(attacks) if possible else None,
        forgeries=len(FORGERIES),
        forged=forged,
        forged_guarded=_forged_guarded() if possible else None,
        references=len(references),
        references_valid=valid,
        mutants=len(references),
        mutants_valid=mutants,
        **timed,
    )


def sandbox_lines(figures: SandboxFigures) -> list[str]:
    """The tables to print."""
    lines = [
        f"Programs: attacks with {LIMIT_S:g} s and {MEMORY_MB} MiB each; layers: {', '.join(figures.layers)}",
        f"{'':34}{'attacks':>9}{'escapes':>9}{'effects':>9}{'left':>6}{'late':>6}{'worst end':>14}",
    ]
    rows = [("sandbox, our attacks", figures.ours), ("sandbox, other projects' cases", figures.others)]
    rows.append(("HumanEval-style exec, our attacks", figures.guarded))
    for name, each in rows:
        if each is None:
            lines.append(f"{name:34}  not run here (no data, or no `unshare`)")
            continue
        counts = f"{each.attacks:9}{each.escapes:9}{each.side_effects:9}{each.leftovers:6}{each.late:6}"
        lines.append(f"{name:34}{counts}{f'limit {each.worst_over_s:+.2f} s':>14}")
    for each in (figures.ours, figures.others):
        lines += [f"  {name}: {'; '.join(faults)}" for name, faults in (each.faults if each else {}).items()]
    guarded = "not run" if figures.forged_guarded is None else f"{len(figures.forged_guarded)}"
    lines += [
        f"Forged verdicts: {len(figures.forged)} of {figures.forgeries} wrong programs called valid"
        f" (HumanEval-style exec: {guarded})" + "".join(f"\n  {name}" for name in figures.forged),
        f"MBPP: {figures.references_valid} of {figures.references} reference solutions valid,"
        f" {figures.mutants_valid} of {figures.mutants} broken ones valid",
        f"One program, median: sandbox {figures.sandbox_ms:.1f} ms, with unit tests {figures.exam_ms:.1f} ms;"
        f" bwrap + python {_ms(figures.bubblewrap_ms)}; python -I {figures.fresh_ms:.1f} ms",
    ]
    return lines


def _attacked(attacks: dict[str, str], watch: Watch, sandbox: Sandbox) -> Attacked:
    def run(program: str, timeout_s: float) -> str:
        ended = sandbox.run(program, Limits(timeout_s, MEMORY_MB))
        return ended.stdout + ended.stderr

    sandbox.run("", Limits(60.0))  # the server stands ready
    seen = {name: watch.attack(source, run, LIMIT_S) for name, source in attacks.items()}
    return _summed({name: (each.faults, each.over_s) for name, each in seen.items()})


def _guarded(attacks: dict[str, str]) -> Attacked:
    """The same attacks, each in a world to throw away."""
    seen = {}
    for name, source in attacks.items():
        job = {"source": source, "timeout_s": LIMIT_S, "memory_bytes": MEMORY_MB << 20}
        found = disposable.run(job, patience_s=30.0)
        seen[name] = (tuple(found["faults"]), float(found["over_s"]))
    return _summed(seen)


def _summed(seen: dict[str, tuple[tuple[str, ...], float]]) -> Attacked:
    def having(*words: str) -> int:
        return sum(any(fault.startswith(words) for fault in faults) for faults, _ in seen.values())

    overs = [over for _, over in seen.values()]
    return Attacked(
        attacks=len(seen),
        escapes=having("showed", "ESCAPED", "ended or stopped"),
        side_effects=having("changed", "reached", "sent"),
        leftovers=having("left"),
        late=sum(over > GRACE_S for over in overs),
        worst_over_s=max(overs, default=0.0),
        faults={name: faults for name, (faults, _) in seen.items() if faults},
    )


def _is_valid(program: str, tests: Sequence[str], sandbox: Sandbox) -> bool:
    return run_tests(program, tests, Limits(5.0, MEMORY_MB), sandbox).outcome == "valid"


def _forged_guarded() -> tuple[str, ...]:
    """Program and tests in one process, as HumanEval runs them: which wrong programs pass?"""
    passed = []
    for name, program in FORGERIES.items():
        job = {"source": "\n".join([program, *TESTS]), "timeout_s": LIMIT_S, "memory_bytes": MEMORY_MB << 20}
        if disposable.run(job, patience_s=30.0)["passed"]:
            passed.append(name)
    return tuple(passed)


def _cases() -> dict[str, str]:
    path = DATA / "sandbox" / "cases.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
    return {f"{number} {row['source']} {row['name']}": row["code"] for number, row in enumerate(rows)}


def _references() -> list[tuple[str, list[str], str]]:
    """MBPP's programs, their tests and the name that is tested; empty without the data."""
    path = DATA / "mbpp" / "sanitized.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
    return [
        (row["code"], ["\n".join([*row["test_imports"], test]) for test in row["test_list"]], _tested(row))
        for row in rows
    ]


def _tested(row: dict[str, Any]) -> str:
    defined = [
        line.split("(")[0].removeprefix("def ").strip() for line in row["code"].splitlines() if line[:4] == "def "
    ]
    return next(name for name in defined if f"{name}(" in row["test_list"][0].replace(f"{name} (", f"{name}("))


def _times(sandbox: Sandbox, rounds: int) -> dict[str, float | None]:
    """Median milliseconds of each way to run one small program, one after the other in every round."""
    ways: dict[str, Callable[[], object]] = {
        "sandbox_ms": lambda: sandbox.run(_PROGRAM, Limits(30.0)),
        "exam_ms": lambda: run_tests("def f(x): return x", ["assert f(1) == 1"], Limits(30.0), sandbox),
        "fresh_ms": lambda: _run([sys.executable, "-I", "-c", _PROGRAM]),
    }
    if shutil.which("bwrap"):
        ways["bubblewrap_ms"] = lambda: _run([*_bubblewrap(), sys.executable, "-I", "-c", _PROGRAM])
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(rounds + 1):
        for name, way in ways.items():
            began = time.perf_counter()
            way()
            if turn:  # the first round warms up
                spent[name].append(1000 * (time.perf_counter() - began))
    return {"bubblewrap_ms": None} | {name: statistics.median(each) for name, each in spent.items()}


def _bubblewrap() -> list[str]:
    return ["bwrap", "--unshare-all", "--die-with-parent", "--ro-bind", "/", "/", "--tmpfs", "/tmp", "--proc", "/proc"]


def _run(command: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(command, cwd=folder if command[0] != "bwrap" else "/", capture_output=True, check=True)


def _ms(value: float | None) -> str:
    return "not installed" if value is None else f"{value:.1f} ms"
