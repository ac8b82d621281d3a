"""Answer equivalence: reflexive, symmetric, blind to spelling, awake to numbers, independent of order and batching."""

import asyncio
import re
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from verifiers import Panel, PanelConfig
from verifiers.answers import EqualPolicy, quick

SETTINGS = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])

integers = st.integers(-10_000, 10_000)
positive = st.integers(2, 500)
fractions = st.builds(lambda a, b: f"\\frac{{{a}}}{{{b}}}", positive, positive)
decimals = st.builds(lambda a, b: f"{a}.{b:02d}", st.integers(0, 999), st.integers(1, 99))
numbers = st.one_of(integers.map(str), fractions, decimals)
roots = st.builds(lambda a, b: f"{a}\\sqrt{{{b}}}", positive, positive)
polynomials = st.builds(lambda a, b, c: f"{a}x^2 + {b}x - {c}", positive, positive, positive)
scalars = st.one_of(
    numbers, roots, polynomials, positive.map(lambda n: f"{n}\\pi"), positive.map(lambda n: f"{n}^\\circ")
)
tuples = st.lists(numbers, min_size=2, max_size=4).map(lambda items: f"({', '.join(items)})")
sets = st.lists(numbers, min_size=2, max_size=4, unique_by=lambda t: str(t)).map(
    lambda items: f"\\{{{', '.join(items)}\\}}"
)
intervals = st.builds(
    lambda a, d, left, right: f"{left}{a}, {a + d}{right}",
    integers,
    positive,
    st.sampled_from("(["),
    st.sampled_from(")]"),
)
answers = st.one_of(
    scalars, tuples, sets, intervals, st.sampled_from(["\\text{east}", "\\text{(C)}", "x \\le 3", "12 or 13"])
)

REWRITINGS = {
    "boxed": lambda text: f"\\boxed{{{text}}}",
    "dollars": lambda text: f"${text}$",
    "spaces": lambda text: f"  {text.replace(',', ' ,')} ",
    "sentence": lambda text: f"The answer is ${text}$.",
    "dfrac": lambda text: text.replace("\\frac", "\\dfrac"),
    "brackets": lambda text: re.sub(r"(?<!\\)\)", r"\\right)", re.sub(r"(?<!\\)\(", r"\\left(", text)),
    "full_stop": lambda text: f"{text}.",
    "braces": lambda text: f"{{{text}}}" if "," not in text and "text" not in text else text,
    "named": lambda text: f"y = {text}" if not re.search("le|or|text", text) else text,
    "pi": lambda text: text.replace("\\pi", "π"),
}


@SETTINGS
@given(answers)
def test_every_answer_is_itself(text: str) -> None:
    assert quick(text, text).outcome == "valid"


@SETTINGS
@given(answers, answers, st.sampled_from(["", "units=strict", "percent=lenient", "order=free", "rounding=2"]))
def test_symmetric(left: str, right: str, policy: str) -> None:
    chosen = EqualPolicy.parse(policy)
    assert quick(left, right, chosen).outcome == quick(right, left, chosen).outcome


@SETTINGS
@given(answers, st.sampled_from(sorted(REWRITINGS)), st.sampled_from(sorted(REWRITINGS)))
def test_blind_to_harmless_rewriting(text: str, first: str, second: str) -> None:
    rewritten = REWRITINGS[first](text)
    if first not in ("sentence", "full_stop", "boxed", "dollars") and second != "braces":
        rewritten = REWRITINGS[second](rewritten)
    assert quick(text, rewritten).outcome == "valid", rewritten


@SETTINGS
@given(numbers, numbers)
def test_numbers_are_compared_exactly(left: str, right: str) -> None:
    same = value(left) == value(right)
    assert quick(left, right).outcome == ("valid" if same else "invalid")


def value(text: str) -> Fraction:
    """The value of a number of ours, read without the code under test."""
    match = re.fullmatch(r"\\frac\{(\d+)\}\{(\d+)\}", text)
    return Fraction(int(match[1]), int(match[2])) if match else Fraction(text)


@SETTINGS
@given(answers.filter(lambda text: re.search(r"\d", text) is not None), st.randoms(use_true_random=False))
def test_a_mutated_number_is_never_the_answer(text: str, source: object) -> None:
    found = list(re.finditer(r"\d+", text))
    match = source.choice(found)  # type: ignore[attr-defined]
    mutated = f"{text[: match.start()]}{int(match[0]) + 1:0{len(match[0])}d}{text[match.end() :]}"
    assert quick(text, mutated).outcome != "valid" or same_anyway(text, mutated), mutated


def same_anyway(text: str, mutated: str) -> bool:
    """A set of two members may stay the same set when one becomes another; nothing else of ours may."""
    members = [set(re.sub(r"[\\{} ]", "", item).split(",")) for item in (text, mutated)]
    return text.startswith("\\{") and members[0] == members[1]


@SETTINGS
@given(st.text(max_size=60), st.text(max_size=60))
def test_no_text_breaks_it(left: str, right: str) -> None:
    assert quick(left, right).outcome in ("valid", "invalid", "unknown")


@settings(max_examples=5, deadline=None)
@given(st.lists(st.tuples(answers, answers), min_size=2, max_size=40), st.randoms(use_true_random=False))
def test_independent_of_order_and_batching(pairs: list[tuple[str, str]], source: object) -> None:
    shuffled = list(pairs)
    source.shuffle(shuffled)  # type: ignore[attr-defined]

    async def work() -> list[dict[tuple[str, str], str]]:
        found = []
        for asked, size in ((pairs, len(pairs)), (shuffled, 3)):
            async with Panel(PanelConfig(timeout_s=30)) as panel:
                batches = [asked[i : i + size] for i in range(0, len(asked), size)]
                verdicts = [verdict for batch in batches for verdict in await panel.judge_pairs(batch)]
            found.append(dict(zip(asked, (verdict.outcome for verdict in verdicts), strict=True)))
        return found

    together, apart = asyncio.run(work())
    assert together == apart


@pytest.mark.parametrize("text", ["x", "1,2", "(1,2)", "x = 5", "x > 3", "\\text{no}", "5 cm", "7!", "\\infty"])
def test_common_shapes_are_themselves_in_a_sentence(text: str) -> None:
    assert quick(text, f"Therefore, the final answer is: $\\boxed{{{text}}}$. I hope it is correct.").outcome == "valid"
