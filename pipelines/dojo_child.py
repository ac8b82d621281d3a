"""The process that imports lean-dojo: one request as JSON on standard input, answers as JSON lines on standard output.

It imports nothing of ours, and whatever lean-dojo, lake or ray print goes to standard error. Started by ``pipelines.dojo``
with an environment of its making.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any

Row = dict[str, Any]


def main() -> int:
    """Answers the request; the last line is ``{"done": n}`` or ``{"error": kind, "detail": text}``."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    request = json.loads(sys.stdin.readline())
    count = 0
    try:
        for row in OPS[request["op"]](request):
            answers.write(json.dumps(row) + "\n")
            answers.flush()
            count += 1
        last: Row = {"done": count}
    except ImportError as error:
        last = {"error": "no_lean_dojo", "detail": str(error)}
    except CalledProcessError as error:
        last = {"error": "command_failed", "detail": f"{error.cmd} ended with {error.returncode}"}
    except (AssertionError, ValueError, OSError, RuntimeError) as error:
        last = {"error": "refused", "detail": f"{type(error).__name__}: {error}"}
    answers.write(json.dumps(last) + "\n")
    answers.close()
    return 0


def info(request: Row) -> Iterator[Row]:
    """The version of lean-dojo, which is all that can be had without a toolchain."""
    import lean_dojo

    yield {"lean_dojo": lean_dojo.__version__}


def trace(request: Row) -> Iterator[Row]:
    """One row per theorem of the repository itself, as in LeanDojo Benchmark 4, with its statement."""
    import lean_dojo

    repo = lean_dojo.LeanGitRepo.from_path(request["repo"])
    traced = lean_dojo.trace(repo, build_deps=False)
    for theorem in traced.get_traced_theorems():
        if theorem.repo == repo:
            yield _theorem(theorem)


def _theorem(theorem: Any) -> Row:
    return {
        "url": theorem.repo.url,
        "commit": theorem.repo.commit,
        "file_path": str(theorem.theorem.file_path),
        "full_name": theorem.theorem.full_name,
        "start": list(theorem.start),
        "end": list(theorem.end),
        "statement": theorem.get_theorem_statement(),
        "traced_tactics": [_tactic(each) for each in theorem.get_traced_tactics() if _is_step(each)],
    }


def _is_step(tactic: Any) -> bool:
    """As the benchmark was made: bullets are left out, their contents are steps of their own."""
    return tactic.state_before != "no goals" and "·" not in tactic.tactic


def _tactic(tactic: Any) -> Row:
    return {"tactic": tactic.tactic, "state_before": tactic.state_before, "state_after": tactic.state_after}


def drive(request: Row) -> Iterator[Row]:
    """The first state, then one row per tactic until one fails or none is left to do."""
    import lean_dojo

    repo = lean_dojo.LeanGitRepo.from_path(request["repo"])
    theorem = lean_dojo.Theorem(repo, Path(request["file"]), request["name"])
    try:
        with lean_dojo.Dojo(theorem, timeout=request["timeout_s"], build_deps=False) as (dojo, state):
            yield {"kind": "state", "text": state.pp}
            for tactic in request["tactics"]:
                row, state = _run(lean_dojo, dojo, state, tactic)
                yield row
                if row["kind"] != "state":
                    return
    except lean_dojo.DojoInitError as error:
        yield {"kind": "no_start", "text": str(error)}


def _run(lean_dojo: Any, dojo: Any, state: Any, tactic: str) -> tuple[Row, Any]:
    try:
        found = dojo.run_tac(state, tactic)
    except lean_dojo.DojoTacticTimeoutError:
        return {"kind": "timeout", "text": ""}, None
    except lean_dojo.DojoCrashError as error:
        return {"kind": "crash", "text": str(error)}, None
    if isinstance(found, lean_dojo.TacticState):
        return {"kind": "state", "text": found.pp}, found
    if isinstance(found, lean_dojo.ProofFinished):
        return {"kind": "finished", "text": ""}, None
    if isinstance(found, lean_dojo.ProofGivenUp):
        return {"kind": "sorry", "text": ""}, None
    return {"kind": "error", "text": found.error}, None


OPS: dict[str, Callable[[Row], Iterator[Row]]] = {"info": info, "trace": trace, "drive": drive}

if __name__ == "__main__":
    sys.exit(main())
