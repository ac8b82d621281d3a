"""lean-dojo in its process. Here ``lean_dojo`` is a stand-in with the few classes the child uses: it shows that requests
and answers cross as they should, not that lean-dojo works. What needs lean-dojo or lake is in infra/decisions/0008."""

import os
from pathlib import Path

import pytest

from factory.formal.cot import cot
from factory.formal.traced import TracedProof
from pipelines import dojo
from pipelines.dojo import DojoConfig, DojoTheorem, dojo_version, drive, environment, trace
from schemas import BadInput, JudgeBroken, Reject

STAND_IN = """
import os, sys, time
__version__ = "0.stand-in"
print("noise on standard output")
if "slow" in os.environ.get("CACHE_DIR", ""):
    time.sleep(60)

class DojoInitError(Exception): pass
class DojoTacticTimeoutError(Exception): pass
class DojoCrashError(Exception): pass

class LeanGitRepo:
    def __init__(self, url): self.url, self.commit = url, "0" * 40
    @classmethod
    def from_path(cls, path):
        assert "DISABLE_REMOTE_CACHE" in os.environ
        assert not os.environ["GITHUB_ACCESS_TOKEN"]
        return cls(str(path))
    def __eq__(self, other): return self.url == other.url

class Theorem:
    def __init__(self, repo, file_path, full_name):
        self.repo, self.file_path, self.full_name = repo, file_path, full_name

class TracedTactic:
    def __init__(self, tactic, before, after): self.tactic, self.state_before, self.state_after = tactic, before, after

class TracedTheorem:
    start, end = (1, 1), (3, 9)
    def __init__(self, theorem, tactics): self.theorem, self.repo, self.tactics = theorem, theorem.repo, tactics
    def get_theorem_statement(self): return "theorem t (p : Prop) (h : p) : p ∧ p :="
    def get_traced_tactics(self): return self.tactics

class Traced:
    def __init__(self, repo): self.repo = repo
    def get_traced_theorems(self):
        both = "case left\\np : Prop\\nh : p\\n⊢ p\\n\\ncase right\\np : Prop\\nh : p\\n⊢ p"
        left, right = both.split("\\n\\n")
        tactics = [TracedTactic("constructor", "p : Prop\\nh : p\\n⊢ p ∧ p", both), TracedTactic("· exact h", left, "no goals"),
                   TracedTactic("exact h", left, "no goals"), TracedTactic("assumption", right, "no goals")]
        yield TracedTheorem(Theorem(self.repo, "Demo.lean", "t"), tactics)
        yield TracedTheorem(Theorem(self.repo, "Demo.lean", "by_term"), [])
        yield TracedTheorem(Theorem(LeanGitRepo("elsewhere"), "Core.lean", "core"), tactics)

def trace(repo, build_deps): return Traced(repo)

class TacticState:
    def __init__(self, pp): self.pp = pp
class ProofFinished: pass
class ProofGivenUp: pass
class LeanError:
    def __init__(self, error): self.error = error

class Dojo:
    def __init__(self, theorem, timeout, build_deps):
        if theorem.full_name != "t": raise DojoInitError("no such theorem")
        assert timeout == 7
    def __enter__(self): return self, TacticState("p : Prop\\n⊢ p → p")
    def __exit__(self, *error): pass
    def run_tac(self, state, tactic):
        if tactic == "intro h": return TacticState("p : Prop\\nh : p\\n⊢ p")
        if tactic == "exact h": return ProofFinished()
        if tactic == "sorry": return ProofGivenUp()
        if tactic == "loop": raise DojoTacticTimeoutError()
        if tactic == "crash": raise DojoCrashError("OOM")
        if tactic == "die": os._exit(3)
        return LeanError("unknown tactic")
"""


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that looks like a Lean repository, the stand-in on the path, and tools named lake and lean."""
    folder = tmp_path / "demo"
    (folder / ".git").mkdir(parents=True)
    (folder / "lean-toolchain").write_text("leanprover/lean4:v4.9.0", encoding="utf-8")
    (tmp_path / "path" / "lean_dojo").mkdir(parents=True)
    (tmp_path / "path" / "lean_dojo" / "__init__.py").write_text(STAND_IN, encoding="utf-8")
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("git", "lake", "lean"):
        (tools / name).write_text("#!/bin/sh\n", encoding="utf-8")
        (tools / name).chmod(0o755)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "path"))
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("GITHUB_ACCESS_TOKEN", "secret")
    return folder


CONFIG = DojoConfig(timeout_s=30, tactic_timeout_s=7)


def test_a_repository_becomes_traced_proofs(repo: Path) -> None:
    proof, term = trace(repo, CONFIG)
    assert isinstance(proof, TracedProof)
    assert isinstance(term, Reject)
    assert [step.text for step in proof.steps] == ["constructor", "exact h", "assumption"]
    assert (proof.statement, proof.source) == ("theorem t (p : Prop) (h : p) : p ∧ p :=", "demo")
    assert proof.connected()
    assert len(cot(proof).steps) == 3
    assert term.reason == "no_tactics"


def test_a_theorem_is_driven(repo: Path) -> None:
    done = drive(DojoTheorem(repo, "Demo.lean", "t"), ["intro h", "exact h"], CONFIG)
    assert (done.goals, done.finished) == (("p : Prop\n⊢ p → p",), True)
    assert [(step.text, step.outcome, step.after) for step in done.steps] == [
        ("intro h", "valid", ("p : Prop\nh : p\n⊢ p",)),
        ("exact h", "valid", ()),
    ]


@pytest.mark.parametrize(
    ("tactic", "outcome", "reason", "message"),
    [
        ("nonsense", "invalid", "error", "unknown tactic"),
        ("sorry", "invalid", "sorry", ""),
        ("loop", "unknown", "timeout", None),
        ("crash", "unknown", "worker_died", None),
    ],
)
def test_what_fails_ends_the_drive(repo: Path, tactic: str, outcome: str, reason: str, message: str | None) -> None:
    done = drive(DojoTheorem(repo, "Demo.lean", "t"), ["intro h", tactic, "exact h"], CONFIG)
    assert not done.finished
    assert len(done.steps) == 2
    step = done.steps[-1]
    assert (step.outcome, step.reason, step.message) == (outcome, reason, message)


def test_errors_say_what_to_do(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadInput, match="no such theorem"):
        drive(DojoTheorem(repo, "Demo.lean", "other"), ["simp"], CONFIG)
    with pytest.raises(JudgeBroken, match="ended early"):
        drive(DojoTheorem(repo, "Demo.lean", "t"), ["die"], CONFIG)
    with pytest.raises(BadInput, match="no git repository"):
        list(trace(tmp_path, CONFIG))
    (tmp_path / "bin" / "lake").unlink()
    real = dojo.shutil.which
    monkeypatch.setattr(dojo.shutil, "which", lambda name, path: None if name == "lake" else real(name, path=path))
    with pytest.raises(JudgeBroken, match=r"needs lake.*elan"):
        list(trace(repo, CONFIG))
    (tmp_path / "path" / "lean_dojo" / "__init__.py").write_text("import no_such_module", encoding="utf-8")
    with pytest.raises(JudgeBroken, match=r"not installed.*dojo"):
        dojo_version(CONFIG)


def test_a_child_that_hangs_is_killed(repo: Path, tmp_path: Path) -> None:
    with pytest.raises(JudgeBroken, match="took too long"):
        dojo_version(DojoConfig(timeout_s=1.5, cache=tmp_path / "slow"))


def test_the_child_sees_nothing_but_what_it_is_given(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "secret")
    seen = environment(CONFIG)
    assert "secret" not in seen.values()
    assert seen["DISABLE_REMOTE_CACHE"] == "1"
    assert dojo_version(CONFIG) == "0.stand-in"
