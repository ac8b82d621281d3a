"""Pairs of answers whose verdict is known: the public suites, and answers rewritten (equal) or changed (unequal)."""

import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

SUITES = ("math_verify", "lighteval_extractive", "nemo_skills", "symeval")
GENERATED = "generated"


@dataclass(frozen=True, slots=True)
class Pair:
    """``expected`` is the suite's verdict, or ours where a ruling replaces it (``ruled`` then names the ruling)."""

    source: str
    gold: str
    pred: str
    expected: bool
    rule: str = ""  # how a generated pair was made
    options: tuple[str, ...] = ()  # the suite's own, as ``name=value``


def suite_pairs(folder: Path) -> list[Pair]:
    """The suites' pairs that state a verdict on two answers, in file order."""
    pairs = []
    for name in SUITES:
        for line in (folder / "equiv" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            options = tuple(f"{key}={value}" for key, value in row.get("opts", {}).items())
            pairs.append(Pair(name, row["gold"], row["pred"], bool(row["expected"]), "", options))
    return pairs


def reference_answers(folder: Path) -> list[str]:
    """The references of MATH-500 and of GSM8K's test set, without repetition, in file order."""
    found: dict[str, None] = {}
    for line in (folder / "math500" / "test.jsonl").read_text(encoding="utf-8").splitlines():
        found[json.loads(line)["answer"]] = None
    for line in (folder / "gsm8k" / "test.jsonl").read_text(encoding="utf-8").splitlines():
        found[json.loads(line)["answer"].rpartition("####")[2].strip()] = None
    return list(found)


def generated_pairs(answers: list[str], count: int, seed: int = 0) -> list[Pair]:
    """``count`` pairs, every second one unequal, each rewriting or change used about equally often on answers that it
    fits; the same for the same seed."""
    source = random.Random(seed)
    pools = {True: _queues(answers, REWRITES, source), False: _queues(answers, CHANGES, source)}
    pairs: dict[tuple[str, str], Pair] = {}
    kind = True
    while len(pairs) < count and any(pools.values()):
        kind = kind if pools[kind] else not kind
        queues = pools[kind]
        name = min(queues, key=lambda n: queues[n][0])
        used, items = queues[name]
        gold, pred = items.pop()
        queues[name] = (used + 1, items)
        if not items:
            del queues[name]
        if (gold, pred) not in pairs:
            pairs[gold, pred] = Pair(GENERATED, gold, pred, kind, name)
            kind = not kind
    return list(pairs.values())


Rewriting = Callable[[str], str | None]


def _queues(
    answers: list[str], rules: dict[str, Rewriting], source: random.Random
) -> dict[str, tuple[int, list[tuple[str, str]]]]:
    queues = {}
    for name, rule in rules.items():
        made = [(gold, pred) for gold in answers if (pred := rule(gold)) is not None and pred != gold]
        source.shuffle(made)
        if made:
            queues[name] = (0, made)
    return queues


# Rewritings that keep the value ---------------------------------------------------------------------------------

_INTEGER = re.compile(r"-?\d+")
_FRACTION = re.compile(r"(-?)\\frac\{(\d+)\}\{(\d+)\}")
_TUPLE = re.compile(r"(?:\\left)?\s*([(\[])(.+?)(?:\\right)?\s*([)\]])")


def _plain(gold: str) -> bool:
    return "\\text" not in gold and "$" not in gold and "=" not in gold


def _number(gold: str) -> int | None:
    return int(gold) if _INTEGER.fullmatch(gold) else None


def _when(pattern: str, replacement: str) -> Rewriting:
    compiled = re.compile(pattern)
    return lambda gold: compiled.sub(replacement, gold) if compiled.search(gold) else None


def _integer(write: Callable[[int], str | None]) -> Rewriting:
    def rule(gold: str) -> str | None:
        value = _number(gold)
        return None if value is None else write(value)

    return rule


def _fraction(write: Callable[[Fraction], str | None]) -> Rewriting:
    def rule(gold: str) -> str | None:
        match = _FRACTION.fullmatch(gold)
        if match is None:
            return None
        return write(Fraction(int(match[1] + match[2]), int(match[3])))

    return rule


def _decimal(value: Fraction) -> str | None:
    places = next((n for n in range(1, 7) if (value * 10**n).denominator == 1), None)
    return None if places is None else f"{float(value):.{places}f}"


def _mixed(value: Fraction) -> str | None:
    whole, rest = divmod(abs(value), 1)
    return f"{whole}\\frac{{{rest.numerator}}}{{{rest.denominator}}}" if whole and rest and value > 0 else None


def _items(gold: str) -> tuple[str, list[str], str] | None:
    match = _TUPLE.fullmatch(gold)
    items = match[2].split(",") if match else []
    return (match[1], [item.strip() for item in items], match[3]) if match and len(items) > 1 else None


def _retupled(gold: str) -> str | None:
    found = _items(gold)
    return f"\\left{found[0]} {' , '.join(found[1])} \\right{found[2]}" if found else None


def _swapped_terms(gold: str) -> str | None:
    """``2x + 3`` as ``3 + 2x``."""
    match = re.fullmatch(r"([^-+=,(){}\\]+?)\s*([-+])\s*([^-+=,(){}\\]+)", gold)
    if match is None or not _plain(gold):
        return None
    return f"{match[3]} + {match[1]}" if match[2] == "+" else f"-{match[3]} + {match[1]}"


def _union_swapped(gold: str) -> str | None:
    parts = gold.split(r"\cup")
    return r" \cup ".join(part.strip() for part in reversed(parts)) if len(parts) > 1 else None


def _list_reversed(gold: str) -> str | None:
    items = gold.split(",")
    bare = len(items) > 1 and not re.search(r"[()\[\]{}$!]|\d,\d{3}", gold)
    return ", ".join(item.strip() for item in reversed(items)) if bare else None


REWRITES: dict[str, Rewriting] = {
    "boxed": lambda gold: f"\\boxed{{{gold}}}",
    "dollars": lambda gold: f"${gold}$" if "$" not in gold else None,
    "parentheses": lambda gold: f"\\({gold}\\)",
    "sentence": lambda gold: f"The answer is ${gold}$." if "$" not in gold else None,
    "solution": lambda gold: f"We add 3 and 4 to get 7. Therefore, the final answer is $\\boxed{{{gold}}}$.",
    "named": lambda gold: f"x = {gold}" if _plain(gold) and "x" not in gold and "in" not in gold else None,
    "spaces": _when(r"(?<=\d)\s*([-+,])\s*(?=\d{1,2}(?!\d))", r" \1 "),
    "dfrac": _when(r"\\frac", r"\\dfrac"),
    "left_right": _retupled,
    "point_zero": _integer(lambda value: f"{value}.0"),
    "thousands": _integer(lambda value: f"{value:,}" if abs(value) > 999 else None),
    "latex_thousands": _integer(lambda value: f"{value:,}".replace(",", "{,}") if abs(value) > 999 else None),
    "no_thousands": lambda gold: gold.replace(",", "") if re.fullmatch(r"\d{1,3}(,\d{3})+", gold) else None,
    "apples": _integer(lambda value: f"{value} apples"),
    "money": _integer(lambda value: f"${value}" if value > 0 else None),
    "as_sum": _integer(lambda value: f"{value - 3} + 3"),
    "as_fraction": _integer(lambda value: f"\\frac{{{2 * value}}}{{2}}"),
    "scientific": _integer(lambda value: f"{value / 10:g} \\times 10^{{1}}" if abs(value) < 10**5 else None),
    "decimal": _fraction(_decimal),
    "slash": _fraction(lambda value: f"{value.numerator}/{value.denominator}"),
    "expanded": _fraction(lambda value: f"\\frac{{{3 * value.numerator}}}{{{3 * value.denominator}}}"),
    "mixed": _fraction(_mixed),
    "degrees": _when(r"\^\\circ", " degrees"),
    "no_degrees": _when(r"\^\\circ", ""),
    "percent": _when(r"\\%", " percent"),
    "no_text": _when(r"^\\text\{([A-Za-z ]+)\}$", r"\1"),
    "choice": _when(r"^\\text\{\(([A-Z])\)\}$", r"\1"),
    "lower_case": lambda gold: gold.lower() if re.fullmatch(r"\\text\{[A-Z][a-z]+\}", gold) else None,
    "dollar_words": _when(r"^\\\$([\d.,]+)$", r"\1 dollars"),
    "root_power": _when(r"\\sqrt\{(\d+)\}", r"(\1)^{1/2}"),
    "pi_written": _when(r"\\pi", "π"),
    "swapped_terms": _swapped_terms,
    "union_swapped": _union_swapped,
    "list_reversed": _list_reversed,
    "brackets": _when(r"(begin|end)\{pmatrix\}", r"\1{bmatrix}"),
}

# Changes that make another answer -------------------------------------------------------------------------------


def _one_more(place: int) -> Rewriting:
    """The number at this place, counted from the end if negative, one larger."""

    def rule(gold: str) -> str | None:
        found = [match for match in re.finditer(r"\d+", gold) if not gold[: match.start()].endswith("_")]
        if not -len(found) <= place < len(found) or re.search(r"\d[.]\d", gold):
            return None
        match = found[place]
        return f"{gold[: match.start()]}{int(match[0]) + 1}{gold[match.end() :]}" if match[0][0] != "0" else None

    return rule


def _negated(gold: str) -> str | None:
    if not re.fullmatch(r"-?(\d[\d.]*|\\frac\{\d+\}\{\d+\}|\d*\\sqrt\{\d+\}|\d*\\pi)", gold) or gold == "0":
        return None
    return gold[1:] if gold[0] == "-" else f"-{gold}"


def _shorter(gold: str) -> str | None:
    found = _items(gold)
    return f"{found[0]}{', '.join(found[1][:-1])}{found[2]}" if found and len(found[1]) > 2 else None


def _turned(gold: str) -> str | None:
    found = _items(gold)
    if found is None or found[1] == found[1][::-1] or found[0] + found[2] != "()":
        return None
    return f"({', '.join(reversed(found[1]))})"


def _as_set(gold: str) -> str | None:
    found = _items(gold)
    return f"\\{{{', '.join(found[1])}\\}}" if found and found[0] + found[2] == "()" else None


def _other_end(gold: str) -> str | None:
    """The first end of an interval closed instead of open, or open instead of closed; not at infinity."""
    found = _items(gold)
    if found is None or len(found[1]) != 2 or "infty" in found[1][0]:
        return None
    return f"{'[' if found[0] == '(' else '('}{found[1][0]}, {found[1][1]}{found[2]}"


def _sign_inside(gold: str) -> str | None:
    """The last plus as a minus, or the last minus between terms as a plus; no zero may follow."""
    found = list(re.finditer(r"(?<=[\w}])\s*([-+])\s*(?=[1-9a-z\\])", gold))
    if not found or not _plain(gold) or "pm" in gold:
        return None
    place = found[-1].start(1)
    return f"{gold[:place]}{'-' if gold[place] == '+' else '+'}{gold[place + 1 :]}"


CHANGES: dict[str, Rewriting] = {
    "first_plus_one": _one_more(0),
    "second_plus_one": _one_more(1),
    "last_plus_one": _one_more(-1),
    "negated": _negated,
    "times_ten": _integer(lambda value: f"{value}0" if value else None),
    "digits_swapped": _integer(
        lambda value: str(value)[:-2] + str(value)[:-3:-1] if abs(value) > 9 and value % 100 % 11 else None
    ),
    "a_little_more": _integer(lambda value: f"{value}.001"),
    "hundredth": _integer(lambda value: f"{value / 100}" if value else None),
    "or_another": _integer(lambda value: f"{value} or {value + 1}"),
    "and_another": _integer(lambda value: f"{value}, {value + 1}"),
    "upside_down": _fraction(lambda value: f"\\frac{{{value.denominator}}}{{{value.numerator}}}" if value**2 != 1 else None),
    "rounded": _fraction(lambda value: f"{float(value):.2f}" if (value * 100).denominator != 1 else None),
    "shorter": _shorter,
    "turned": _turned,
    "as_set": _as_set,
    "other_end": _other_end,
    "sign_inside": _sign_inside,
    "no_pi": _when(r"\\pi", ""),
    "root_dropped": _when(r"\\sqrt\{([2-9]\d*)\}", r"\1"),
    "other_word": _when(r"^\\text\{[A-Z]?[a-z]+\}$", r"\\text{neither}"),
    "other_choice": lambda gold: {"A": r"\text{(B)}"}.get(gold[7:8], r"\text{(A)}") if "text{(" in gold else None,
    "other_unit": _when(r"\\text\{ ?cents\}", r"\\text{ dollars}"),
    "other_base": lambda gold: f"{gold[:-1]}{(int(gold[-1]) + 1) % 10}" if re.fullmatch(r"\d{2,}_\d", gold) else None,
    "sentence_wrong": _integer(lambda value: f"The answer is {value + 2}."),
}  # fmt: skip
