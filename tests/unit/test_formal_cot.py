"""Proofs to chains of thought: the Lean text comes back byte for byte, every step says something, and nothing is made up."""

import ast
import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory.doubles import ScriptedPolicy
from factory.formal import phrases, templates
from factory.formal.check import Check, check_of, verify_cots
from factory.formal.cot import CotSolution, CotStep, cot, lean_of, proof_text, render
from factory.formal.goals import flat, parse_goal, split_goals
from factory.formal.moves import read_move
from factory.formal.rewrite import ASK, fault, rewrite
from factory.formal.seeds import cot_row, seed_row, sft_row
from factory.formal.templates import TEMPLATES, template_of
from factory.formal.traced import NoProof, TracedProof, from_verdict
from schemas import LeanVerdict, ProofStep, from_table, to_table

QUOTED = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)


def step(text: str, start: int, before: Sequence[str], after: Sequence[str]) -> ProofStep:
    return ProofStep(text, start, start + len(text), "", "valid", None, None, tuple(before), tuple(after))


def traced(text: str, *steps: tuple[str, Sequence[str], Sequence[str]]) -> TracedProof:
    """A proof whose steps stand in ``text`` one behind the other."""
    made, at = [], 0
    for own, before, after in steps:
        at = text.index(own, at)
        made.append(step(own, at, before, after))
        at += len(own)
    return TracedProof("t", None, None, text, True, tuple(made), "", "test", None)


def verdict(accepted: bool | None, *steps: ProofStep, reason: str | None = None) -> LeanVerdict:
    return LeanVerdict(accepted, reason, None, None, steps, (), (), (), None, "4.28.0")


def texts(proof: TracedProof) -> list[str]:
    return [each.text for each in cot(proof).steps]


# As Lean 4.28 and our checker gave it: steps stand side by side, what leads to one is part of it.
ZERO = "case zero\n⊢ 0 + 0 = 0"
SUCC = "case succ\nn : Nat\nih : 0 + n = n\n⊢ 0 + (n + 1) = n + 1"
INDUCTION = traced(
    "theorem b (n : Nat) : 0 + n = n := by\n"
    "  induction n with\n  | zero => rfl\n  | succ n ih =>\n    rw [Nat.add_succ, ih]\n",
    ("induction n with", ["n : Nat\n⊢ 0 + n = n"], [ZERO]),
    ("| zero => rfl", [ZERO], []),
    ("| succ n ih =>\n    rw [Nat.add_succ, ih]", [SUCC], []),
)
AND = traced(
    "theorem a (p q : Prop) (hp : p) (hq : q) : p ∧ q := by\n  constructor\n  · exact hp\n  · exact hq\n\n"
    "theorem c (p q : Prop) (hp : p) (hq : q) : p → q := by\n  intro h; have h3 : q := by\n    exact hq\n  exact h3\n",
    ("constructor", ["hp : p\n⊢ p ∧ q"], ["case left\nhp : p\n⊢ p", "case right\nhp : p\n⊢ q"]),
    ("· exact hp", ["case left\nhp : p\n⊢ p"], []),
    ("· exact hq", ["case right\nhp : p\n⊢ q"], []),
    ("intro h", ["hq : q\n⊢ p → q"], ["hq : q\nh : p\n⊢ q"]),
    ("; have h3 : q := by", ["hq : q\nh : p\n⊢ q"], ["hq : q\nh : p\n⊢ q"]),
    ("exact hq", ["hq : q\nh : p\n⊢ q"], []),
    ("exact h3", ["hq : q\nh h3 : q\n⊢ q"], []),
)


def test_induction_in_words() -> None:
    assert texts(INDUCTION) == [
        "By induction on `n`.",
        "Base case `zero`: show `0 + 0 = 0`. This holds by reflexivity, which closes the goal.",
        "Inductive step `succ`, with `ih : 0 + n = n`: show `0 + (n + 1) = n + 1`. Rewrite with `Nat.add_succ` and `ih`, "
        "which completes the proof.",
    ]
    made = cot(INDUCTION)
    assert [each.action for each in made.steps] == ["induction", "reflexivity", "rewrite"]
    assert [each.lean for each in made.steps] == [
        "  induction n with\n",
        "  | zero => rfl\n",
        "  | succ n ih =>\n    rw [Nat.add_succ, ih]\n",
    ]
    assert made.formal == "theorem b (n : Nat) : 0 + n = n := by sorry"


def test_two_theorems_with_bullets_and_an_inner_proof() -> None:
    assert texts(AND) == [
        "Prove each part on its own. This leaves 2 goals: `p` (case `left`), `q` (case `right`).",
        "This is exactly `hp`, which closes the goal.",
        "Case `right`: show `q`. This is exactly `hq`, which completes the proof.",
        "Next comes `theorem c (p q : Prop) (hp : p) (hq : q) : p → q := by`. Assume `h : p`. It remains to show `q`.",
        "First show `q`, and call it `h3`.",
        "This is exactly `hq`, which closes the goal.",
        "Next, with `h : q` and `h3 : q`: show `q`. This is exactly `h3`, which completes the proof.",
    ]


@pytest.mark.parametrize(
    ("tactic", "before", "after", "says"),
    [
        (
            "intro n h",
            "⊢ ∀ (n : Nat), p n → q",
            "n : Nat\nh : p n\n⊢ q",
            "Let `n : Nat` be arbitrary and assume `h : p n`",
        ),
        ("simp only [a, b] at h ⊢", "h : p\n⊢ q", "h : r\n⊢ q", "Simplify at `h ⊢` with `a` and `b`. Now `h : r`."),
        (
            "rcases h with h | h",
            "h : p ∨ q\n⊢ r",
            "h : p\n⊢ r\n\nh : q\n⊢ r",
            "Consider the cases of `h`. This leaves 2 goals",
        ),
        (
            "obtain ⟨x, hx⟩ := h",
            "h : ∃ x, p x\n⊢ r",
            "x : Nat\nhx : p x\n⊢ r",
            "From `h` obtain `⟨x, hx⟩`. Now `x : Nat` and",
        ),
        (
            "rw [← foo (by simp [x]), bar] at h",
            "h : p\n⊢ q",
            "h : r\n⊢ q",
            "Rewrite with `← foo (by simp [x])` and `bar` at",
        ),
        ("omega", "⊢ 1 < 2", "no goals", "Use linear arithmetic over the integers, which completes the proof."),
        ("decide", "⊢ 1 < 2", "no goals", "Decide it by computation, which completes the proof."),
        ("refine ⟨_, ?_⟩", "⊢ p ∧ q", "⊢ q", "Use `⟨_, ?_⟩`, and prove what it asks for. It remains to show `q`."),
        ("apply foo", "⊢ p", "⊢ q", "Apply `foo`. It remains to show `q`."),
        ("left", "⊢ p ∨ q", "⊢ p", "Prove the left alternative. It remains to show `p`."),
        ("exists 3", "⊢ ∃ x, p x", "⊢ p 3", "Take as witness `3`. It remains to show `p 3`."),
        ("have h : p := foo x", "⊢ q", "h : p\n⊢ q", "We have `p` by `foo x`, and call it `h`."),
        (
            "unfold f g at h",
            "h : f = g\n⊢ q",
            "h : 1 = 2\n⊢ q",
            "Unfold the definition of `f` and `g` at `h`. Now",
        ),
        ("show 1 = 1", "⊢ f = 1", "⊢ 1 = 1", "Restate the goal as `1 = 1`. It remains to show `1 = 1`."),
        ("exfalso", "⊢ p", "⊢ False", "It is enough to derive a contradiction. It remains to show `False`."),
        (
            "by_cases h : p",
            "⊢ q",
            "h : p\n⊢ q\n\nh : ¬p\n⊢ q",
            "Consider whether `p` holds or not. This leaves 2 goals",
        ),
        ("subst h", "h : a = b\n⊢ a = b", "⊢ a = a", "Substitute by `h`. It remains to show `a = a`."),
        ("grind [foo]", "⊢ p", "no goals", "Let the automation `grind [foo]` work it out, which completes the proof."),
        (
            "ac_rfl",
            "⊢ p",
            "no goals",
            "Both sides agree up to associativity and commutativity, which completes the proof.",
        ),
        ("simp <;> omega", "⊢ p", "no goals", "Apply the tactic `simp <;> omega`, which completes the proof."),
        ("frobnicate x", "⊢ p", "h : r\n⊢ q", "Apply the tactic `frobnicate x`. Now `h : r`. It remains to show `q`."),
        ("skip", "⊢ p", "⊢ p", "Apply the tactic `skip`. The goal stays as it is."),
        ("· exact h", "h : p\n⊢ p", "no goals", "This is exactly `h`, which completes the proof."),
        ("_ ≤ c := by exact h", "⊢ b ≤ c", "no goals", "This is exactly `h`, which completes the proof."),
        ("exact `a", "⊢ Name", "no goals", "This is exactly `` `a ``, which completes the proof."),
    ],
)
def test_moves_in_words(tactic: str, before: str, after: str, says: str) -> None:
    source = f"theorem t : p := by\n  {tactic}\n"
    (told,) = texts(traced(source, (tactic, split_goals(before), split_goals(after))))
    assert told.startswith(says)


def test_goals_are_read_as_lean_prints_them() -> None:
    goal = parse_goal("case inl.h\np q : Prop\nh : p →\n    q\nx : Nat := 3\n⊢ p ∧\n    q")
    assert (goal.case, goal.target) == ("inl.h", "p ∧ q")
    assert goal.hypotheses == (("p", "Prop"), ("q", "Prop"), ("h", "p → q"), ("x", "Nat := 3"))
    assert split_goals("2 goals\ncase a\n⊢ p\n\ncase b\n⊢ q") == ("case a\n⊢ p", "case b\n⊢ q")
    assert split_goals("no goals") == ()


# ---------------------------------------------------------------------------------------------- properties

NAMES = st.sampled_from(["h", "n", "ih", "x✝", "foo.bar", "a'", "`q"])
TERMS = st.sampled_from(
    ["p", "p ∧ q", "∀ (n : Nat), p n", "a = b", "f (x := 1) `y", "List Nat", "p →\n    q", "1 ∣ ⟨a, b⟩"]
)
HYPOTHESES = st.lists(st.tuples(NAMES, TERMS), max_size=3)
GOALS = st.builds(
    lambda case, hypotheses, target: (
        (f"case {case}\n" if case else "") + "".join(f"{name} : {kind}\n" for name, kind in hypotheses) + f"⊢ {target}"
    ),
    st.sampled_from(["", "zero", "succ.h"]),
    HYPOTHESES,
    TERMS,
)
ARGUMENTS = st.lists(
    st.sampled_from(
        ["h", "at h", "with x y", ":= by", "[a, b]", "using e", "=>", "x : p := e", "⟨a, b⟩", "generalizing n", "```"]
    ),
    max_size=3,
)
LEADS = st.sampled_from(["", "", "· ", "; ", "| zero => ", "_ = b := by "])
TACTICS = st.builds(
    lambda lead, word, rest: lead + " ".join([word, *rest]),
    LEADS,
    st.sampled_from([*TEMPLATES, "unheard_of", "(", "42"]),
    ARGUMENTS,
)
BETWEEN = st.sampled_from(["\n  ", "\n\n", "; ", "\n\ntheorem more : p := by\n  ", " -- ∀\n    ", "\n```\n"])


@st.composite
def proofs(draw: st.DrawFn) -> TracedProof:
    """Any text with any tactics in it, some of them inside of others."""
    text = draw(st.sampled_from(["", "theorem t : p := by\n  ", "\n\n", "import X\n\nexample : p := by "]))
    steps: list[ProofStep] = []
    for _ in range(draw(st.integers(1, 6))):
        own = draw(TACTICS)
        steps.append(step(own, len(text), draw(st.lists(GOALS, max_size=2)), draw(st.lists(GOALS, max_size=3))))
        text += own + draw(BETWEEN)
        if draw(st.booleans()):
            inner = draw(TACTICS)
            outer = steps[-1]
            steps.append(step(inner, len(text), draw(st.lists(GOALS, max_size=2)), draw(st.lists(GOALS, max_size=2))))
            text += inner + draw(BETWEEN)
            if draw(st.booleans()):
                steps[-2] = replace(outer, end=len(text), text=text[outer.start :])
    text += draw(st.sampled_from(["", "\n", "\nend"]))
    return TracedProof("t", None, None, text, True, tuple(steps), "", "test", None)


def vocabulary() -> set[str]:
    """Every word that a template can say by itself."""
    found = {"Next comes which completes closes the goal proof"}
    for module in (phrases, templates):
        tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
        remarks = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in remarks]
        found |= {node.value for node in constants if isinstance(node.value, str)}
    return set(re.findall(r"[A-Za-z]+", " ".join(found))) | {"Let", "Assume"}


VOCABULARY = vocabulary()


@settings(max_examples=300, deadline=None)
@given(proofs())
def test_the_lean_text_comes_back_byte_for_byte(proof: TracedProof) -> None:
    made = cot(proof)
    assert proof_text(made) == proof.text
    assert made.head + lean_of(render(made)) == proof.text
    assert check_of(made) == Check(None, proof.text)
    assert cot(proof) == made
    assert [proof.text[each.start : each.end] for each in made.steps] == [each.text for each in proof.steps]


@settings(max_examples=300, deadline=None)
@given(proofs())
def test_every_step_speaks_and_makes_nothing_up(proof: TracedProof) -> None:
    for told, own in zip(cot(proof).steps, proof.steps, strict=True):
        assert re.match(r"[A-Z].*\.$", told.text)
        known = flat(" ".join([proof.text, *told.before, *told.after]))
        for found in QUOTED.finditer(told.text):
            for part in flat(found[2]).split(" : "):
                assert part in known, (told.text, own)
        assert set(re.findall(r"[A-Za-z]+", QUOTED.sub("", told.text))) <= VOCABULARY


@pytest.mark.parametrize("word", sorted(TEMPLATES))
def test_no_template_is_empty(word: str) -> None:
    for text in (word, f"{word} x", f"{word} x y at h with z"):
        move = read_move(text, ("h : p\n⊢ q",), ("h : r\n⊢ s",), False)
        assert template_of(move).say(move).strip()
        assert template_of(move).action


# ---------------------------------------------------------------------------------------------- from verdicts, to rows


def test_only_accepted_proofs_with_tactics_are_told() -> None:
    good = step("simp", 0, ["⊢ p"], [])
    cases = [
        (verdict(True), "no_tactics"),
        (verdict(False, good, reason="error"), "not_accepted"),
        (verdict(None, good, reason="timeout"), "undecided"),
        (verdict(True, replace(good, end=99)), "bad_span"),
    ]
    for given_verdict, reason in cases:
        with pytest.raises(NoProof) as refused:
            from_verdict("simp", given_verdict, None, "t", "f")
        assert refused.value.reason == reason
    proof = from_verdict("simp", verdict(True, good), "theorem t : p := by sorry", "t", "f")
    with pytest.raises(NoProof, match="not valid"):
        cot(replace(proof, steps=(replace(good, outcome="unknown"),)))


def test_rows_for_seeds_and_training() -> None:
    made = cot(INDUCTION)
    row = cot_row(made)
    assert [each["action"] for each in row["steps"]] == ["induction", "reflexivity", "rewrite"]
    assert "".join(each["lean"] for each in row["steps"]) == proof_text(made).removeprefix(made.head)
    training = sft_row(made)
    assert training.messages[1].content == render(made)
    assert training.steps == 3
    with pytest.raises(NoProof):
        seed_row(replace(INDUCTION, steps=INDUCTION.steps[1:]))
    assert from_table(to_table([made], CotSolution), CotSolution) == [made]


# ---------------------------------------------------------------------------------------------- checked again


class Lean:
    """A judge that accepts what it knows."""

    def __init__(self, *known: str, says: bool | None = True) -> None:
        self.known, self.says, self.asked = known, says, list[Check]()

    def __call__(self, checks: Sequence[Check]) -> list[LeanVerdict]:
        self.asked += checks
        return [verdict(self.says if each.code in self.known else False, reason="error") for each in checks]


def test_what_is_rendered_is_what_is_checked() -> None:
    made = cot(INDUCTION)
    lean = Lean(INDUCTION.text)
    broken = replace(made, steps=(*made.steps[:1], replace(made.steps[1], lean="  | zero => sorry\n"), made.steps[2]))
    nowhere = replace(made, whole=False, reason="no_source")
    found = verify_cots([made, broken, nowhere, made], lean)
    assert [(each.verified, each.reason) for each in found] == [
        (True, None),
        (False, "error"),
        (None, "no_source"),
        (True, None),
    ]
    assert len(lean.asked) == 2  # equal texts once, and never what has no source
    assert verify_cots([made], Lean(INDUCTION.text, says=None))[0].verified is None


def reworded(answers: dict[str, str], lean: Lean) -> CotSolution:
    made = cot(INDUCTION)
    script = {ASK + each.text: [answers[each.action]] for each in made.steps if each.action in answers}
    (found,) = asyncio.run(rewrite([made], ScriptedPolicy(script), lean))
    assert [each.lean for each in found.steps] == [each.lean for each in made.steps]
    return found


def test_the_models_words_are_taken_and_lean_checks_again() -> None:
    lean = Lean(INDUCTION.text)
    found = reworded(
        {"induction": "We argue by induction on `n`.", "reflexivity": "Both sides of `0 + 0 = 0` agree."}, lean
    )
    assert [(each.words, each.note) for each in found.steps] == [
        ("model", None),
        ("model", None),
        ("template", "empty"),
    ]
    assert found.steps[0].text == "We argue by induction on `n`."
    assert found.verified
    assert lean.asked == [Check(None, INDUCTION.text)]


def test_where_lean_does_not_accept_again_the_templates_stay() -> None:
    found = reworded({"induction": "We argue by induction on `n`."}, Lean())
    assert {each.words for each in found.steps} == {"template"}
    assert {each.note for each in found.steps} == {"error"}
    assert found.verified is False


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("We argue by induction.", None),
        (" \n", "empty"),
        ("word " * 500, "too_long"),
        ("Do this:\n```lean\nsorry\n```", "fence"),
        ("~~~", "fence"),
        ("By `n`.<|im_end|>", "markup"),
        ("By induction on `m`.", "invented"),
        ("By induction on `n.", "invented"),
    ],
)
def test_faults_of_a_models_words(words: str, reason: str | None) -> None:
    own: CotStep = cot(INDUCTION).steps[0]
    assert fault(words, own) == reason
