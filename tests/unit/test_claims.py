"""Claims in a step's text: which are read, where they stand, and how they are decided."""

import pytest

from verifiers.arithmetic import decide
from verifiers.claims import extract
from verifiers.tokens import MAX_TEXT_CHARS

# step, and for each claim: its text and the outcome (a word after a colon is the reason)
CASES: list[tuple[str, list[tuple[str, str]]]] = [
    ("3 * 12 = 36", [("3 * 12 = 36", "valid")]),
    ("3 * 12 = 38", [("3 * 12 = 38", "invalid")]),
    ("So 3*4+2 = 12+2 = 14.", [("3*4+2 = 12+2", "valid"), ("12+2 = 14", "valid")]),
    ("So 3*4+2 = 12+2 = 15.", [("3*4+2 = 12+2", "valid"), ("12+2 = 15", "invalid")]),
    ("He pays $5 x 3 = $15.", [("$5 x 3 = $15", "valid")]),
    ("He pays $5 x 3 = $16.", [("$5 x 3 = $16", "invalid")]),
    ("48/2 = <<48/2=24>>24 clips", [("48/2 = <<48/2=24>>24", "valid"), ("48/2=24", "valid")]),
    ("48/2 = <<48/2=25>>25 clips", [("48/2 = <<48/2=25>>25", "invalid"), ("48/2=25", "invalid")]),
    (r"\(2 \times 2 = 4\)", [(r"2 \times 2 = 4", "valid")]),
    (
        r"\(2 \text{ books} \times 2 \text{ pounds/book} = 5 \text{ pounds}\)",
        [(r"2 \text{ books} \times 2 \text{ pounds/book} = 5", "invalid")],
    ),
    (r"$\frac{1}{2} + \frac{1}{3} = \frac{5}{6}$", [(r"\frac{1}{2} + \frac{1}{3} = \frac{5}{6}", "valid")]),
    (r"\[ \frac{300}{10} = 30 \]", [(r"\frac{300}{10} = 30", "valid")]),
    (r"\frac{120^\circ}{2} = 60^\circ", [(r"\frac{120^\circ}{2} = 60", "valid")]),
    ("20% of 50 = 10", [("20% of 50 = 10", "valid")]),
    ("20% of 50 = 12", [("20% of 50 = 12", "invalid")]),
    ("20 percent of the 50 = 10", [("20 percent of the 50 = 10", "valid")]),
    ("5/20 * 100 = 25%", [("5/20 * 100 = 25%", "valid")]),
    ("5/20 * 100% = 25%", [("5/20 * 100% = 25%", "valid")]),
    ("100% - 20% = 80%", [("100% - 20% = 80%", "valid")]),
    ("50 - 20% = 40", [("50 - 20% = 40", "unknown:percent_of_what")]),
    ("1,000 + 2,500 = 3,500", [("1,000 + 2,500 = 3,500", "valid")]),
    ("12 × 12 ÷ 2 − 2 = 70", [("12 × 12 ÷ 2 − 2 = 70", "valid")]),
    ("3 apples * 4 = 12 apples", [("3 apples * 4 = 12", "valid")]),
    ("60 miles/hour x 2 hours = 120 miles", [("60 miles/hour x 2 hours = 120", "valid")]),
    ("2 hours + 30 minutes = 2.5 hours", [("2 hours + 30 minutes = 2.5", "unknown:units")]),
    ("10 / 3 = 3.33", [("10 / 3 = 3.33", "valid")]),
    ("20 / 3 = 6.66", [("20 / 3 = 6.66", "valid")]),  # cut, not rounded
    ("20 / 3 = 6.68", [("20 / 3 = 6.68", "unknown:rounded?")]),
    ("20 / 3 = 6.9", [("20 / 3 = 6.9", "invalid")]),
    ("20 / 3 = 7", [("20 / 3 = 7", "unknown:rounded?")]),
    ("20 / 3 ≈ 7", [("20 / 3 ≈ 7", "valid")]),
    ("20 / 3 = 9", [("20 / 3 = 9", "invalid")]),
    ("That is about 998 * 2 = 2000.", [("998 * 2 = 2000", "valid")]),
    (r"1/7 \approx 0.143", [(r"1/7 \approx 0.143", "valid")]),
    ("2^10 = 1024", [("2^10 = 1024", "valid")]),
    ("2**10 = 1000", [("2**10 = 1000", "invalid")]),
    ("5² + 2³ = 33", [("5² + 2³ = 33", "valid")]),
    (r"\sqrt{16} + 1 = 5", [(r"\sqrt{16} + 1 = 5", "valid")]),
    (r"\sqrt{2} \cdot \sqrt{8} = 4", [(r"\sqrt{2} \cdot \sqrt{8} = 4", "valid")]),
    (r"\sqrt{2} \cdot \sqrt{8} = 5", [(r"\sqrt{2} \cdot \sqrt{8} = 5", "invalid")]),
    (r"\sqrt[3]{27} = 3 \cdot 1", [(r"\sqrt[3]{27} = 3 \cdot 1", "valid")]),
    (r"2\sqrt{3} = \sqrt{12}", [(r"2\sqrt{3} = \sqrt{12}", "valid")]),
    ("5!/3! = 20", [("5!/3! = 20", "valid")]),
    ("So the total is 3 * 4 = 12!", [("3 * 4 = 12!", "valid")]),
    (r"4(40) - 13 = \boxed{147}", [(r"4(40) - 13 = \boxed{147}", "valid")]),
    ("-3 - -4 = 1", [("-3 - -4 = 1", "valid")]),
    ("- 3 + 4 = 7", [("3 + 4 = 7", "valid")]),  # a bullet
    ("* 3 + 4 = 7", [("3 + 4 = 7", "valid")]),
    ("**Total:** 3 + 4 = **7**", [("3 + 4 = **7", "valid")]),
    ("Step 1: 3 + 4 = 8", [("3 + 4 = 8", "invalid")]),
    ("half of 3 + 4 = 3.5", [("3 + 4 = 3.5", "unknown:context")]),
    ("If 3 + 4 = 8 were true", [("3 + 4 = 8", "unknown:supposed")]),
    (r"59049 / 729 \approx 80.83", [(r"59049 / 729 \approx 80.83", "invalid")]),
    (r"59049 / 729 \approx 80.97", [(r"59049 / 729 \approx 80.97", "valid")]),
    (r"59049 / 729 \approx 80.93", [(r"59049 / 729 \approx 80.93", "unknown:rounded?")]),
    (r"355 / 13 \approx 27.3", [(r"355 / 13 \approx 27.3", "valid")]),
    ("6/2(3) = 1", [("6/2(3) = 1", "unknown:notation")]),
    ("28 / 1/5 = 140", [("28 / 1/5 = 140", "unknown:notation")]),
    ("4 hours = 4 x 60 minutes", [("4 hours = 4 x 60", "unknown:label")]),
    ("1/4 = 20 students", [("1/4 = 20", "unknown:share")]),
    ("3 + 4 = 7 * 2 = 14", [("3 + 4 = 7 * 2", "unknown:run_on"), ("7 * 2 = 14", "valid")]),
    ("192 * 5 = $9.60", [("192 * 5 = $9.60", "unknown:scale")]),
    ("She has 3*4 = 12 apples and so 12 + 5 = 17.", [("3*4 = 12", "valid"), ("12 + 5 = 17", "valid")]),
    ("Total cost = Cost * Number = $3.5 * 4000 = $14,000", [("$3.5 * 4000 = $14,000", "valid")]),
    ("9**9**9**9 = 5", [("9**9**9**9 = 5", "unknown:too_large")]),
    ("(10^9)! = 5 * 1", [("(10^9)! = 5 * 1", "unknown:too_large")]),
    ("3 / 0 = 1", [("3 / 0 = 1", "unknown:undefined")]),
    # No claims: not understood, or nothing to check without context.
    ("x = 5", []),
    ("2x + 1 = 7", []),
    ("x - 3 = 5", []),
    ("x/3 = 4", []),
    ("y = 12x", []),
    ("f(2) = 3 * x", []),
    ("f(3 + 4) = 7", []),
    ("f'(2) = 3 * 2", []),
    (r"3 \pi = 9.42", []),
    (r"0 + 1 = \frac{4}{5}(x - 3)", []),
    ("60 minutes = 1 hour", []),
    ("3 * 4 = ?", []),
    ("3 + 4 != 8", []),
    ("3 * 5 := 14", []),
    ("101_2 + 1 = 6", []),
    ("gcd(12, 8) = 4", []),
    ("1,5 + 1 = 3", []),
    ("In 14, 400 / 80 = 180", []),
    ("100 + (100 * 2 = 300", []),
    ("1/3 of the class = 66/3", []),
    ("6th + 2 = 8th", []),
    ("", []),
]


@pytest.mark.parametrize(("step", "expected"), CASES, ids=[text[:40] or "empty" for text, _ in CASES])
def test_claims_and_decisions(step: str, expected: list[tuple[str, str]]) -> None:
    found = []
    for claim in extract(step):
        assert step[claim.start : claim.end] == claim.text
        decision = decide(claim)
        found.append((claim.text, decision.outcome + (f":{decision.reason}" if decision.outcome == "unknown" else "")))
    assert found == expected


def test_evidence_names_both_values() -> None:
    [claim] = extract("It is 3 * 12 = 38 in all.")
    assert decide(claim).evidence == "3 * 12 is 36, the step says 38"


@pytest.mark.parametrize("text", ["(" * MAX_TEXT_CHARS, "1+" * 9000 + "1=2", "=" * MAX_TEXT_CHARS, "9" * 5000 + "*1=9"])
def test_long_texts_are_read_in_bounded_time_and_claim_nothing(text: str) -> None:
    assert extract(text) == ()


def test_every_character_can_be_scanned() -> None:
    text = "".join(map(chr, range(0, 0x3000, 7))) + "\ud800 3 + 4 = 7"
    assert [claim.text for claim in extract(text)] in ([], ["3 + 4 = 7"])
