"""The ``python`` judge of answers: a program against its unit tests, run apart from each other in two sandboxed processes.

The candidate process runs the program and never sees a test; the examiner process runs the tests on plain values that
it rebuilds from the candidate's answers. Here their messages are relayed, timed and counted, and never interpreted.
"""

import json
from collections.abc import Sequence
from typing import Any

from verifiers.code.faults import Over, raised, readable, undecided
from verifiers.code.host import Session
from verifiers.decision import Decision
from verifiers.sandbox import Child, Limits, Sandbox

MAX_PROGRAM_CHARS = 100_000


def run_tests(program: str, tests: Sequence[str], limits: Limits, sandbox: Sandbox) -> Decision:
    """Valid where every test ran to its end and passed on values compared outside the program's process; invalid where
    one failed, or the program raised or ended its process; unknown on a deadline, a memory limit, a missing module, a
    call that the sandbox forbids, or a test that only the program's own objects could answer.
    Raises ``JudgeBroken`` where no process can start."""
    if len(program) > MAX_PROGRAM_CHARS:
        return Decision("unknown", "too_long")
    warm = "sympy" in program
    with (
        sandbox.start("candidate", limits, warm=warm) as candidate,
        sandbox.start("examiner", limits, warm=False) as examiner,
    ):
        try:
            session = Session(candidate, limits.timeout_s)
            session.send(examiner, json.dumps({"tests": list(tests)}).encode())
            loaded = session.ask({"op": "run", "source": program, "name": "<answer>"})
            if "ok" not in loaded:
                return raised(loaded, session.place)
            return _relay(session, examiner, tests)
        except Over as over:
            return over.decision


def _relay(session: Session, examiner: Child, tests: Sequence[str]) -> Decision:
    """Carries questions and answers to and fro until the examiner reports an end."""
    while True:
        line = session.receive(examiner)
        message = json.loads(line)
        match message.get("report"):
            case None:
                session.send(session.candidate, line)
                session.send(examiner, session.receive(session.candidate))
            case "running":
                session.place = _place(message["test"], tests)
            case "failed":
                return _failed(message, session.place)
            case "broken":
                return Decision("unknown", "broken_tests", message["error"])
            case _:
                return _finished(message, tests)


def _failed(message: dict[str, Any], place: str) -> Decision:
    evidence = f"{place}: {readable(message['evidence']).strip()}"
    reason = undecided(message["bases"], evidence)
    return Decision("unknown", reason, evidence) if reason else Decision("invalid", "test_failed", evidence)


def _finished(message: dict[str, Any], tests: Sequence[str]) -> Decision:
    if message["opaque"]:
        return Decision("unknown", "opaque", message["opaque"])
    if not message["asserts"]:
        return Decision("unknown", "nothing_tested", "no assert ran in any test")
    return Decision("valid", "tests_passed", f"{len(tests)} of {len(tests)} tests passed")


def _place(test: int, tests: Sequence[str]) -> str:
    return f"test {test} `{tests[test - 1][:200]}`"
