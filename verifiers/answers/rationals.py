"""Exact values of expressions as fractions; sizes are estimated before anything is computed."""

import math
from fractions import Fraction

from verifiers import exact
from verifiers.answers.nodes import Node, Undecided


def rational(node: Node, env: dict[str, Fraction]) -> Fraction:
    """The exact value at a point. Raises ``exact.NotRational``, ``exact.Undefined`` or ``exact.TooLarge``."""
    match node.op:
        case "num":
            assert node.number is not None
            return node.number
        case "sym" if node.name in env:
            return env[node.name]
        case "percent":
            return rational(node.args[0], env) / 100
        case "unit" if node.name == "degree":
            raise exact.NotRational
        case "add" | "mul" | "div" | "neg" | "pow" | "fact" | "fn" | "base":
            return exact.bounded(_combine(node, [rational(arg, env) for arg in node.args]))
    raise exact.NotRational if node.op in ("sym", "const") else Undecided(node.op)


def _combine(node: Node, args: list[Fraction]) -> Fraction:
    left, right = args[0], args[-1]
    match node.op:
        case "add":
            return left + right
        case "mul":
            return left * right
        case "neg":
            return -left
        case "base":
            return left
        case "div":
            if not right:
                raise exact.Undefined
            return left / right
        case "pow":
            return exact.power(left, right)
        case "fact":
            return _factorial(left)
    return _function(node.name, args)


def _factorial(number: Fraction) -> Fraction:
    if number.denominator != 1 or number < 0:
        raise exact.Undefined
    if number > exact.MAX_FACTORIAL:
        raise exact.TooLarge
    return Fraction(math.factorial(int(number)))


def _function(name: str, args: list[Fraction]) -> Fraction:
    match name:
        case "sqrt":
            return exact.power(args[0], Fraction(1, 2))
        case "abs":
            return abs(args[0])
        case "floor" | "ceil":
            return Fraction(math.floor(args[0]) if name == "floor" else math.ceil(args[0]))
        case "max" | "min":
            return max(args) if name == "max" else min(args)
        case "mod" if args[1]:
            return args[0] % args[1]
        case "gcd" | "lcm":
            return _common(name, args)
        case "binom":
            return _binomial(args[0], args[1])
    raise exact.NotRational


def _common(name: str, args: list[Fraction]) -> Fraction:
    """gcd and lcm, of fractions too: the largest number that divides all into whole parts, and its counterpart."""
    if name == "gcd" or 0 in args:
        if name == "lcm":
            return Fraction(0)
        below = math.lcm(*(arg.denominator for arg in args))
        return Fraction(math.gcd(*(int(arg * below) for arg in args)), below)
    inverse = _common("gcd", [1 / arg for arg in args])
    return 1 / inverse


def _binomial(upper: Fraction, lower: Fraction) -> Fraction:
    if upper.denominator != 1 or lower.denominator != 1:
        raise exact.Undefined
    if not 0 <= lower <= upper:
        return Fraction(0) if upper >= 0 else _undefined()
    if upper > 2000:
        raise exact.TooLarge
    return Fraction(math.comb(int(upper), int(lower)))


def _undefined() -> Fraction:
    raise exact.Undefined
