"""Whether what a step says a program printed is what it printed. Pure."""

import re
from fractions import Fraction
from typing import Literal

Match = Literal["same", "rounded", "near", "order", "cut", "error", "different"]

_NUMERIC = re.compile(r"^[-+]?(?:\d{1,1000}\.?\d{0,1000}|\.\d{1,1000})(?:[eE][-+]?\d{1,3})?$")
_TOKEN = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?|\w+|[^\w\s]")
_ERROR = re.compile(r"Traceback|^\w*(?:Error|Exception|Warning)\b|timed? ?out", re.MULTILINE | re.IGNORECASE)
_NOISE = Fraction(1, 10**9)  # of floating point, relative
_WORST_FIRST: tuple[Match, ...] = ("near", "rounded", "same")
_MAX_TOKENS = 20_000


def compare(printed: str, said: str) -> Match:
    """``same`` but for white space and floating-point noise; ``rounded``: numbers are rightly rounded; ``near``: they
    differ by less than their last digit; ``order``: the same tokens, differently ordered (a set); ``cut``: the text has
    an ellipsis; ``error``: it tells of one; else ``different``."""
    got, want = printed.split(), said.split()
    if got == want:
        return "same"
    if _ERROR.search(said):
        return "error"
    if "..." in said or "…" in said or " at 0x" in said:
        return "cut"
    left, right = _TOKEN.findall(printed)[:_MAX_TOKENS], _TOKEN.findall(said)[:_MAX_TOKENS]
    if len(left) == len(right):
        worst = {_token(a, b) for a, b in zip(left, right, strict=True)}
        if "different" not in worst:
            return next(each for each in _WORST_FIRST if each in worst or each == "same")
    return "order" if sorted(left) == sorted(right) and "{" in said else "different"


def _token(got: str, want: str) -> Match:
    if got == want:
        return "same"
    if not (_NUMERIC.match(got) and _NUMERIC.match(want)):
        return "different"
    return number(Fraction(got), Fraction(want), len(want.partition(".")[2]))


def number(value: Fraction, said: Fraction, decimals: int) -> Match:
    """A computed value against one that was written with ``decimals`` decimals."""
    off, unit = abs(value - said), Fraction(1, 10**decimals)
    if off <= _NOISE * max(abs(value), _NOISE):
        return "same"
    if off >= unit or value.denominator == 1:
        return "different"
    return "rounded" if decimals and off <= unit / 2 else "near"
