"""Splitting text into steps and finding the final answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.steps import final_answer, join_steps, prefix_text, split_steps


def test_a_step_is_a_line_and_a_code_block_is_one_step() -> None:
    text = "Think.\n\n  Then code:\n```python\ndef f(x):\n\n    return x\n```\nDone."
    assert split_steps(text) == ("Think.", "Then code:", "```python\ndef f(x):\n\n    return x\n```", "Done.")


def test_an_unclosed_code_block_is_kept() -> None:
    assert split_steps("```python\nx = 1\n") == ("```python\nx = 1",)


@given(st.lists(st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1), max_size=6))
def test_joining_and_splitting_again_changes_nothing(lines: list[str]) -> None:
    steps = split_steps("\n".join(lines))
    assert split_steps(join_steps(steps)) == steps
    assert split_steps(prefix_text(steps)) == steps


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("So 3 + 4 = 7.\nThe answer is 7.", "7"),
        ("The answer is: $1,200.50", "$1,200.50"),
        ("**Final answer: 12**", "12"),
        ("so the answer is x = 3.", "x = 3"),
        ("#### 42", "42"),
        ("The answer is 3. Wait.\nThe answer is 4.", "4"),
        (r"Hence \boxed{\frac{1}{2}}.", r"\frac{1}{2}"),
        (r"\boxed{1} or rather \boxed{\{2, 3\}}", r"\{2, 3\}"),
        (r"the answer is 5, \boxed{6}", "6"),
        (r"\boxed{never closed", None),
        ("I do not know.", None),
        ("", None),
    ],
)
def test_final_answers(text: str, answer: str | None) -> None:
    assert final_answer(text, "math") == answer


def test_the_answer_of_a_code_problem_is_its_last_block() -> None:
    text = "```python\ndef f(): return 1\n```\nBetter:\n```python\ndef f(): return 2\n```"
    assert final_answer(text, "code") == "def f(): return 2\n"
    assert final_answer("The answer is 3.", "code") is None
