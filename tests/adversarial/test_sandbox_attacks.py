"""Hostile programs in the sandbox: nothing outside is touched, shown or left behind, and the end comes in time."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adversarial.attacks import ATTACKS
from tests.adversarial.attacks.watch import Watch, watching
from verifiers.sandbox import Limits, Sandbox

CASES = Path(__file__).parents[3] / "shared" / "data" / "sandbox" / "cases.jsonl"
TIMEOUT_S = 0.5
SLACK_S = max(3.0, os.getloadavg()[0])  # of a machine that does other work too; the benchmark prints the exact figure
PROBE = """
import builtins, json, os, sys
print(sorted(os.environ), sys.path, sorted(os.listdir('.')), sorted(os.listdir(os.environ.get('TMPDIR', '/tmp'))))
print(json.dumps([1]), builtins.print is print, json.__file__, 'sitecustomize' in sys.modules, sys.flags, os.getuid())
"""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    made = Sandbox()
    made.run("", Limits(30.0))
    yield made
    made.close()


@pytest.fixture(scope="module")
def watch() -> Iterator[Watch]:
    with watching() as made:
        yield made


def attack(source: str, watch: Watch, sandbox: Sandbox) -> None:
    def run(program: str, timeout_s: float) -> str:
        ended = sandbox.run(program, Limits(timeout_s))
        return ended.stdout + ended.stderr

    seen = watch.attack(source, run, TIMEOUT_S)
    assert not seen.faults
    assert seen.over_s < SLACK_S


def test_there_are_enough_attacks() -> None:
    assert len(ATTACKS) >= 100


@pytest.mark.parametrize("name", ATTACKS)
def test_our_own(name: str, watch: Watch, sandbox: Sandbox) -> None:
    attack(ATTACKS[name], watch, sandbox)


def test_no_attack_is_felt_by_the_next_run(watch: Watch, sandbox: Sandbox) -> None:
    fresh = sandbox.run(PROBE, Limits(30.0))
    assert fresh.exit_code == 0
    for name in ("poisons_the_next_run", "poisons_the_library", "writes_everywhere", "disc_fill", "ignores_the_end"):
        attack(ATTACKS[name], watch, sandbox)
        after = sandbox.run(PROBE, Limits(30.0))
        assert (after.stdout, after.exit_code) == (fresh.stdout, 0), name


def test_those_of_other_projects(watch: Watch, sandbox: Sandbox) -> None:
    if not CASES.exists():
        pytest.skip("needs shared/data/sandbox/cases.jsonl")
    rows = [json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines()]
    for row in rows:
        attack(row["code"], watch, sandbox)
    assert len(rows) > 100


def test_the_oracle_sees_what_an_unguarded_run_does(watch: Watch) -> None:
    """Each harmless little attack, run without any sandbox, is found out."""

    def run(program: str, timeout_s: float) -> str:
        ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
        return ended.stdout

    plain = {
        "import os; print(dict(os.environ))": "showed the secret of the environ",
        "print(open('@DIR@/home/secret').read())": "showed the secret of the file",
        "open('@DIR@/@MARK@', 'w').write('x')": "changed",
        "import socket; socket.create_connection(('127.0.0.1', @TCP@))": "reached a TCP socket",
        "import os; os.kill(@PID@, 10)": "sent signal 10",
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    os.closerange(0, 9)\n    time.sleep(60)": "left process",
    }
    for source, fault in plain.items():
        faults = watch.attack(source, run, 60.0).faults
        assert any(fault in each for each in faults), (source, faults)
    (watch.folder / "planted_by_an_attack").unlink()
