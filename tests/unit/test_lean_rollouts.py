"""What the judge of proofs asks of Lean, and what it makes of the answers. No Lean is started."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.config import build_recipe, load_recipe
from schemas import LeanVerdict, Problem, ProofStep, Verdict, content_id
from schemas.records import Outcome
from verifiers import Panel, PanelConfig
from verifiers.lean import LeanPool
from verifiers.lean.requests import LeanRequest
from verifiers.lean.rollouts import MAX_GOALS_CHARS, ProofJudge

PROBLEM = Problem("p", "lean", "Q", None, (), "theorem q : p := by sorry", "test", None)


class Answers(LeanPool):
    """A pool without Lean: ``ok`` goes on, ``same`` changes nothing, ``end`` proves, ``late`` times out, ``slow`` gives
    up, anything else is an error."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, ...]] = []

    async def ajudge(self, requests: Iterable[LeanRequest]) -> list[LeanVerdict]:
        listed = list(requests)
        self.asked += [request.steps for request in listed]
        return [answer(request.steps) for request in listed]


def answer(steps: tuple[str, ...]) -> LeanVerdict:
    blank = LeanVerdict(None, None, None, None, (), (), (), (), "abc", "4.28.0")
    if "late" in steps:
        return replace(blank, reason="timeout", lean="")
    lines = steps[0].split("\n") if len(steps) == 1 else steps
    found: list[ProofStep] = []
    goals: tuple[str, ...] = ("⊢ 0",)
    wrong = None
    for number, line in enumerate(lines):
        if wrong is not None:
            found.append(step(line, "unknown", "after_error", (), ()))
        elif line in ("ok", "same", "end"):
            after = {"ok": (f"⊢ {number + 1}",), "same": goals, "end": ()}[line]
            found.append(step(line, "valid", None, goals, after))
            goals = after
        else:
            wrong = number
            outcome: Outcome = "unknown" if line == "slow" else "invalid"
            found.append(step(line, outcome, "gave_up" if line == "slow" else "error", goals, ()))
    accepted = None if "slow" in lines else wrong is None and not goals
    reason = None if accepted else "gave_up" if "slow" in lines else "error" if wrong is not None else "unsolved_goals"
    kept = found if len(steps) == len(found) else found[:1]
    return replace(blank, accepted=accepted, reason=reason, steps=tuple(kept), axioms=("propext",), first_error=wrong)


def step(text: str, outcome: Outcome, reason: str | None, before: tuple[str, ...], after: tuple[str, ...]) -> ProofStep:
    return ProofStep(text, 0, len(text), "", outcome, reason, f"no {text}", before, after)


def said(judge: ProofJudge, *contexts: str) -> list[tuple[str, str | None]]:
    found = asyncio.run(judge.judge_steps(PROBLEM, [tuple(context.split()) for context in contexts]))
    assert all(len(verdicts) == 1 for verdicts in found)
    return [(verdicts[0].outcome, verdicts[0].reason) for verdicts in found]


def test_one_request_judges_a_rollout_and_a_prefix_is_never_asked_again() -> None:
    pool = Answers()
    judge = ProofJudge(pool)
    told = said(judge, "ok", "ok same", "ok same end", "bad", "bad ok")
    assert told == [
        ("valid", "open"),
        ("valid", "no_progress"),
        ("valid", "proved"),
        ("invalid", "error"),
        ("unknown", "after_error"),
    ]
    assert pool.asked == [("ok", "same", "end"), ("bad", "ok")]
    assert said(judge, "ok", "ok same end", "bad ok") == [told[0], told[2], told[4]]
    assert len(pool.asked) == 2
    assert said(judge, "ok same bad") == [("invalid", "error")]
    assert pool.asked[2:] == [("ok", "same", "bad")]
    pool.close()


def test_an_answer_that_never_came_is_unknown_and_is_asked_again() -> None:
    pool = Answers()
    judge = ProofJudge(pool)
    for _ in range(2):
        told = said(judge, "ok", "ok same", "ok same late", "ok same late ok")
        assert told == [("valid", "open"), ("valid", "no_progress"), ("unknown", "timeout"), ("unknown", "timeout")]
    longest, failing = ("ok", "same", "late", "ok"), ("ok", "same", "late")
    assert pool.asked == [longest, ("ok",), ("ok", "same"), failing, longest, failing]
    pool.asked.clear()
    assert said(judge, "slow", "slow ok") == [("unknown", "gave_up"), ("unknown", "after_error")]
    assert said(judge, "slow") == [("unknown", "gave_up")]  # heartbeats are the same on every machine
    assert pool.asked == [("slow", "ok")]
    pool.close()


def proved(judge: ProofJudge, *proofs: str) -> list[Verdict]:
    return asyncio.run(judge.judge_proofs(PROBLEM, proofs))


@pytest.mark.parametrize(
    ("proof", "outcome", "reason"),
    [
        ("ok\nend", "valid", "accepted"),
        ("ok", "invalid", "unsolved_goals"),
        ("ok\nbad", "invalid", "error"),
        ("late", "unknown", "timeout"),
        ("slow", "unknown", "gave_up"),
    ],
)
def test_a_proof_is_right_wrong_or_unknown_as_lean_says(proof: str, outcome: str, reason: str) -> None:
    pool = Answers()
    (verdict,) = proved(ProofJudge(pool), proof)
    assert (verdict.judge, verdict.outcome, verdict.reason) == ("lean", outcome, reason)
    if outcome == "valid":
        assert (verdict.evidence, verdict.version) == ("statement abc; axioms: propext", "1 (Lean 4.28.0)")
    pool.close()


def test_a_proof_whose_steps_were_judged_is_not_asked_again() -> None:
    pool = Answers()
    judge = ProofJudge(pool)
    said(judge, "ok end")
    assert proved(judge, "ok\nend", "ok\nend")[1].outcome == "valid"
    assert pool.asked == [("ok", "end")]
    pool.close()


def test_long_goals_are_cut_but_still_told_apart() -> None:
    class Long(Answers):
        async def ajudge(self, requests: Iterable[LeanRequest]) -> list[LeanVerdict]:
            return [long_goal(request.steps[0]) for request in requests]

    def long_goal(text: str) -> LeanVerdict:
        goal = "x" * MAX_GOALS_CHARS + text
        found = (step(text, "valid", None, ("⊢ 0",), (goal,)),)
        return LeanVerdict(False, "unsolved_goals", None, None, found, (goal,), (), (), None, "4.28.0")

    pool = Long()
    found = asyncio.run(ProofJudge(pool).judge_steps(PROBLEM, [("a",), ("b",)]))
    texts = [verdicts[0].evidence or "" for verdicts in found]
    assert texts[0] != texts[1]
    assert {len(text) for text in texts} == {MAX_GOALS_CHARS}
    pool.close()


def test_a_panel_asks_lean_only_where_it_is_a_judge() -> None:
    async def judged(judges: tuple[str, ...]) -> tuple[list[tuple[Verdict, ...]], list[Verdict]]:
        async with Panel(PanelConfig(judges=judges), lean=pool) as panel:
            steps = await panel.judge_steps(PROBLEM, [("ok",), ("ok", "end")])
            return steps, await panel.judge_answers(PROBLEM, ["ok\nend"])

    pool = Answers()
    steps, (answered,) = asyncio.run(judged(("sympy", "python")))
    assert steps == [(), ()]
    assert (answered.outcome, answered.reason, pool.asked, pool.starts) == ("unknown", "no_judge", [], 0)
    pool = Answers()
    steps, (answered,) = asyncio.run(judged(("lean",)))
    assert [verdicts[0].reason for verdicts in steps] == ["open", "proved"]
    assert answered.outcome == "valid"


def test_of_the_bundled_recipes_only_lean_asks_lean() -> None:
    asks = {name: "lean" in load_recipe(name).judges.judges for name in ("demo", "gsm8k", "prm800k", "gpu-7b", "lean")}
    assert asks == {"demo": False, "gsm8k": False, "prm800k": False, "gpu-7b": False, "lean": True}


def test_a_lake_project_in_a_recipe_is_part_of_the_runs_name() -> None:
    here, there = (load_recipe("lean", [f"judges.lean.project={place}"]) for place in ("here", "there"))
    assert here.judges.lean.project == Path("here")
    assert build_recipe(here.to_dict()) == here
    assert content_id(here.identity()) != content_id(there.identity())
