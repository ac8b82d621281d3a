"""A second reader of our Lean statements, which computes them as Lean would: a quotient by zero is zero.

Letters are tried at a few points only: what it calls true of all letters need not be, what it calls false is false.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from schemas import LeanVerdict
from verifiers.lean import LeanRequest

_TOKEN = re.compile(r"[∀∃](?: x\d)+ : Rat,|\d+|x\d| : Rat| : Int|[()+\-*/^=≠<≤∧∨→∣¬]")
_POINTS = (Fraction(7, 3), Fraction(11, 3), Fraction(9), Fraction(-2), Fraction(0))
_RELATIONS: dict[str, Callable[[Fraction, Fraction], bool]] = {
    "=": lambda a, b: a == b,
    "≠": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "≤": lambda a, b: a <= b,
    "∣": lambda a, b: (b / a).denominator == 1,
}
_Values = dict[str, Fraction]
_Prop = Callable[[_Values], bool]
_Number = Callable[[_Values], Fraction]


def truth(text: str) -> bool:
    """Whether the statement holds. Raises ``AssertionError`` on what is no statement of ours."""
    reader = _Reader(_TOKEN.findall(text))
    assert "".join(reader.toks).replace(" ", "") == text.replace(" ", ""), text
    found = reader.prop()
    assert not reader.toks, text
    return found({})


class _Reader:
    """Recursive descent; everything is in parentheses."""

    def __init__(self, toks: list[str]) -> None:
        self.toks = toks

    def take(self, *wanted: str) -> str:
        tok = self.toks.pop(0)
        assert not wanted or tok in wanted, (tok, wanted)
        return tok

    def prop(self) -> _Prop:
        self.take("(")
        if self.toks[0] == "¬":
            self.take()
            inner = self.prop()
            made: _Prop = lambda values: not inner(values)  # noqa: E731
        elif self.toks[0][0] in "∀∃":
            made = self._quantified(self.take())
        elif self._is_relation():
            made = self._relation()
        else:
            made = self._joined()
        self.take(")")
        return made

    def _is_relation(self) -> bool:
        """Whether the group that opens here is one side with its type."""
        depth = 0
        for i, tok in enumerate(self.toks):
            depth += (tok == "(") - (tok == ")")
            if depth == 0:
                return self.toks[i - 1] in (" : Rat", " : Int")
        return False

    def _relation(self) -> _Prop:
        self.take("(")
        left = self.number()
        self.take(" : Rat", " : Int")
        self.take(")")
        holds = _RELATIONS[self.take()]
        right = self.number()
        return lambda values: holds(left(values), right(values))

    def _joined(self) -> _Prop:
        parts = [self.prop()]
        sign = self.toks[0]
        while self.toks[0] != ")":
            self.take(sign)
            parts.append(self.prop())
        assert sign in "∧∨)"
        return lambda values: (any if sign == "∨" else all)(part(values) for part in parts)

    def _quantified(self, binder: str) -> _Prop:
        letters = re.findall(r"x\d", binder)
        parts = [self.prop()]
        while self.toks[0] == "→":
            self.take()
            parts.append(self.prop())

        def holds(values: _Values) -> bool:
            if not all(part(values) for part in parts[:-1]):
                return True
            return parts[-1](values)

        def tried(outer: _Values) -> Iterable[bool]:
            for point in product(_POINTS, repeat=min(len(letters), 3)):
                full = (*point, *_POINTS, *_POINTS)[: len(letters)]
                yield holds(outer | dict(zip(letters, full, strict=True)))

        return lambda values: (all if binder[0] == "∀" else any)(tried(values))

    def number(self) -> _Number:
        tok = self.take()
        if tok.isdigit():
            return lambda values: Fraction(tok)
        if tok[0] == "x":
            return lambda values: values[tok]
        assert tok == "(", tok
        if self.toks[0] == "-":
            self.take()
            inner = self.number()
            self.take(")")
            return lambda values: -inner(values)
        left, sign, right = self.number(), self.take("+", "-", "*", "/", "^"), self.number()
        self.take(")")
        return lambda values: _computed(sign, left(values), right(values))


def _computed(sign: str, a: Fraction, b: Fraction) -> Fraction:
    match sign:
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            return a * b
        case "/":
            return a / b if b else Fraction(0)
        case _:
            return a ** int(b)


@dataclass
class Computing:
    """A prover that computes: what is true it accepts. ``asked`` are the statements it was asked for, in order."""

    asked: list[str]

    async def ajudge(self, requests: Iterable[LeanRequest]) -> list[LeanVerdict]:
        return [self._verdict(request) for request in requests]

    def _verdict(self, request: LeanRequest) -> LeanVerdict:
        text = request.challenge.removeprefix("theorem claim : ").removesuffix(" := by sorry")
        assert request.op == "tactics" and len(request.steps) == 1
        self.asked.append(text)
        said = truth(text)
        return LeanVerdict(said, None if said else "error", None, None, (), (), ("propext",), (), None, "double")
