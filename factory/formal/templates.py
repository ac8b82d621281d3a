"""Moves to plain language: one template per tactic, and an honest one for every other.

A template says what the tactic does and nothing about why.
"""

from collections.abc import Callable
from dataclasses import dataclass

from factory.formal import phrases
from factory.formal.goals import Goal
from factory.formal.moves import Move, is_induction_hypothesis, new_hypotheses, split_at
from factory.formal.phrases import about, combine, fixed, quote, spelled

LISTED_GOALS = 6


@dataclass(frozen=True, slots=True)
class Template:
    """``action`` is the tag; ``say`` a clause without its full stop; ``tells``: it names the new hypotheses itself."""

    action: str
    say: Callable[[Move], str]
    tells: bool = False


OTHER = Template("tactic", phrases.other)
_INTRO = Template("intro", phrases.intro, tells=True)
_CASES = Template("cases", phrases.cases)
_SIMPLIFY = Template("simplify", phrases.simplify)
_REWRITE = Template("rewrite", phrases.rewrite)
_REFINE = Template("refine", phrases.refine)
_HAVE = Template("have", phrases.have, tells=True)
_SHOW = Template("restate", phrases.show)
_FOCUS = Template("focus", phrases.focus)
_DECIDE = Template("compute", fixed("Decide it by computation"))
_EXTEND = Template("extensionality", fixed("Use extensionality"))
_SEARCH = Template("automation", lambda move: f"Let the automation {quote(move.text)} work it out")

TEMPLATES: dict[str, Template] = {
    **dict.fromkeys(("intro", "intros", "rintro", "introv"), _INTRO),
    **dict.fromkeys(("induction", "induction'", "fun_induction"), Template("induction", phrases.induction)),
    **dict.fromkeys(("cases", "cases'", "rcases", "fun_cases", "casesm"), _CASES),
    "obtain": Template("cases", phrases.obtain),
    "match": _CASES,
    "by_cases": Template("cases", phrases.by_cases),
    **dict.fromkeys(
        ("split", "split_ifs"), Template("cases", fixed("Split into the branches of the conditional or match"))
    ),
    **dict.fromkeys(("simp", "simp_all", "dsimp", "simpa", "simp_arith", "simp_all_arith", "norm_num"), _SIMPLIFY),
    **dict.fromkeys(("norm_cast", "push_cast", "field_simp", "ring_nf", "push_neg", "simp?", "dsimp?"), _SIMPLIFY),
    **dict.fromkeys(("rw", "rewrite", "erw", "rwa", "simp_rw", "nth_rw", "nth_rewrite", "rw_mod_cast"), _REWRITE),
    **dict.fromkeys(("omega", "bv_omega"), Template("arithmetic", fixed("Use linear arithmetic over the integers"))),
    **dict.fromkeys(("linarith", "nlinarith"), Template("arithmetic", fixed("Use arithmetic with inequalities"))),
    **dict.fromkeys(("ring", "ring1"), Template("arithmetic", fixed("Compare both sides as polynomials"))),
    **dict.fromkeys(("decide", "native_decide", "bv_decide"), _DECIDE),
    **dict.fromkeys(("rfl", "eq_refl", "exact_rfl"), Template("reflexivity", fixed("This holds by reflexivity"))),
    **dict.fromkeys(
        ("ac_rfl", "ac_nf"), Template("reorder", fixed("Both sides agree up to associativity and commutativity"))
    ),
    "symm": Template("reorder", about("Exchange both sides", "Exchange both sides")),
    **dict.fromkeys(("exact", "exact_mod_cast", "exacts"), Template("exact", phrases.exact)),
    **dict.fromkeys(("refine", "refine'", "convert"), _REFINE),
    **dict.fromkeys(("apply", "eapply", "apply_mod_cast"), Template("apply", phrases.apply)),
    "constructor": Template("constructor", phrases.constructor),
    "and_intros": Template("constructor", phrases.constructor),
    "left": Template("left", fixed("Prove the left alternative")),
    "right": Template("right", fixed("Prove the right alternative")),
    **dict.fromkeys(("exists", "use", "existsi"), Template("witness", about("Take as witness", "Take a witness"))),
    **dict.fromkeys(("have", "haveI", "have'", "replace"), _HAVE),
    **dict.fromkeys(("let", "letI", "set"), Template("let", phrases.let, tells=True)),
    "suffices": Template("suffices", phrases.suffices),
    **dict.fromkeys(("show", "change"), _SHOW),
    "calc": Template("calc", fixed("Go along a chain of relations")),
    **dict.fromkeys(("unfold", "delta"), Template("unfold", phrases.unfold)),
    "contradiction": Template("contradiction", fixed("The hypotheses contradict each other")),
    "exfalso": Template("contradiction", fixed("It is enough to derive a contradiction")),
    "absurd": Template("contradiction", about("Derive a contradiction from", "Derive a contradiction")),
    **dict.fromkeys(
        ("by_contra", "by_contra!", "false_or_by_contra"), Template("contradiction", phrases.intro, tells=True)
    ),
    **dict.fromkeys(("contrapose", "contrapose!"), Template("contrapose", fixed("Prove the contrapositive"))),
    **dict.fromkeys(("subst", "subst_vars", "subst_eqs"), Template("substitute", about("Substitute by", "Substitute"))),
    **dict.fromkeys(
        ("injection", "injections"),
        Template("injectivity", about("Constructors are injective: use", "Use injectivity")),
    ),
    "specialize": Template("specialize", phrases.specialize, tells=True),
    "generalize": Template("generalize", about("Generalise", "Generalise")),
    "revert": Template("revert", about("Move back into the goal", "Move hypotheses back into the goal")),
    "clear": Template("clear", about("Drop", "Drop what is not needed"), tells=True),
    **dict.fromkeys(("rename_i", "rename"), Template("rename", about("Name", "Name the hypotheses"))),
    "assumption": Template("assumption", fixed("This is one of the hypotheses")),
    "trivial": Template("trivial", fixed("This is trivial")),
    **dict.fromkeys(("ext", "funext", "ext1"), _EXTEND),
    **dict.fromkeys(("congr", "gcongr"), Template("congruence", fixed("Compare both sides part by part"))),
    **dict.fromkeys(("grind", "aesop", "tauto", "solve_by_elim", "aesop_cat", "lia", "cutsat"), _SEARCH),
    **dict.fromkeys(("infer_instance", "exact_inst"), Template("instance", fixed("Find the instance"))),
    **dict.fromkeys(("·", ".", "case", "case'", "next", "focus"), _FOCUS),
    "all_goals": Template("combine", combine("On every goal")),
    "any_goals": Template("combine", combine("On every goal where it works")),
    "repeat": Template("combine", combine("As often as it works")),
    "repeat'": Template("combine", combine("As often as it works")),
    "try": Template("combine", combine("Where it works")),
    "first": Template("combine", combine("Whichever works first")),
}


def template_of(move: Move) -> Template:
    """The move's own template, or the honest one."""
    if not move.opens and split_at(move.text, "<;>")[1]:
        return Template("combine", phrases.other)
    return TEMPLATES.get(move.word, OTHER)


def effect(move: Move, tells: bool) -> str:
    """What is left to do, as sentences with a blank before each; "" where there is nothing to add."""
    if move.opens or not move.left:
        return ""
    if len(move.left) > 1:
        return f" This leaves {len(move.left)} goals: {_goals(move.left)}."
    (goal,) = move.left
    gained = () if tells else move.gained()
    said = f" Now {spelled(gained)}." if gained else ""
    if goal.target != move.goal.target:
        said += f" It remains to show {quote(goal.target)}."
    return said or ("" if tells else " The goal stays as it is.")


def _goals(goals: tuple[Goal, ...]) -> str:
    shown = [quote(goal.target) + (f" (case {quote(goal.case)})" if goal.case else "") for goal in goals[:LISTED_GOALS]]
    more = len(goals) - len(shown)
    return ", ".join(shown) + (f", and {more} more" if more else "")


def announce(goal: Goal, parent: Goal | None, action: str) -> str:
    """The sentence that turns to ``goal``, with a blank behind it. ``parent``: the goal that the step of tag ``action`` made
    it from; None where that is not known."""
    gained = new_hypotheses(parent, goal) if parent else ()
    name = f" {quote(goal.case)}" if goal.case else ""
    if action == "induction" and parent is not None:
        inductive = any(is_induction_hypothesis(each) for each, _ in gained)
        kind = f"Inductive step{name}" if inductive else f"Base case{name}"
    else:
        kind = f"Case{name}" if name else "Next"
    given = f", with {spelled(gained)}" if gained else ""
    return f"{kind}{given}: show {quote(goal.target)}. "
