"""Parser tests as pairs: the LaTeX of a test beside the SymPy source it should mean, written as plain mathematics.

The source is taken apart with ``ast`` and never evaluated; what has no plain spelling (limits, integrals, explicit
tuples of evaluation flags) is left out.
"""

import ast
import json
from pathlib import Path

from infra.bench_verifiers.equivalence_pairs import Pair

SOURCE = "latex2sympy2_extended_parse"


class NoSpelling(Exception):
    """The source uses something that plain mathematics does not write on one line."""


def parse_pairs(folder: Path) -> list[Pair]:
    """One pair, expected equal, per test that has a plain spelling, in file order."""
    pairs = []
    for line in (folder / "equiv" / f"{SOURCE}.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["kind"] != "parses_to" or row["sympy_src"] in (None, "None"):
            continue
        try:
            gold = spelled(ast.parse(row["sympy_src"], mode="eval").body)
        except NoSpelling:
            continue
        pairs.append(Pair(SOURCE, gold, row["latex"], True))
    return pairs


_OPERATORS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "^"}
_NAMES = {"oo": r"\infty", "I": "i", "E": "e", "pi": r"\pi", "theta": r"\theta", "gamma": r"\gamma", "alpha": r"\alpha"}
_SETS = {"EmptySet": r"\emptyset", "Half": "1/2", "Naturals": r"\mathbb{N}", "Complexes": r"\mathbb{C}"}
_JOINED = {"Mul": "*", "_Mul": "*", "MatMul": "*", "Add": "+", "_Add": "+", "_Pow": "^", "Pow": "^", "Eq": "="}
_TRANSPARENT = frozenset({"Float", "Number", "Symbol", "UnevaluatedExpr", "nsimplify"})
_TEMPLATES = {
    "Ne": "{0} != {1}", "StrictLessThan": "{0} < {1}", "StrictGreaterThan": "{0} > {1}", "_factorial": "({0})!",
    "_log": r"\log_{{{1}}}({0})", "_Abs": "|{0}|", "floor": r"\lfloor {0} \rfloor", "ceiling": r"\lceil {0} \rceil",
    "sqrt": r"\sqrt{{{0}}}", "root": r"\sqrt[{1}]{{{0}}}", "binomial": r"\binom{{{0}}}{{{1}}}",
    "Mod": r"(({0}) \mod ({1}))", "sin": r"\sin({0})", "cos": r"\cos({0})", "csc": r"\csc({0})", "sec": r"\sec({0})",
    "atan": r"\arctan({0})", "tanh": r"\tanh({0})", "asinh": r"\arcsinh({0})", "acosh": r"\arccosh({0})",
    "atanh": r"\arctanh({0})", "exp": r"\exp({0})",
}  # fmt: skip
_LISTED = {"gcd": r"\gcd(", "igcd": r"\gcd(", "lcm": r"\lcm(", "ilcm": r"\lcm(", "Max": r"\max(", "Min": r"\min("}


def spelled(node: ast.expr) -> str:
    """The expression as plain mathematics. Raises ``NoSpelling``."""
    match node:
        case ast.Constant():
            return str(node.value)
        case ast.Name():
            return _NAMES.get(node.id, node.id)
        case ast.Attribute() if node.attr in _SETS:
            return _SETS[node.attr]
        case ast.UnaryOp():
            return f"-({spelled(node.operand)})"
        case ast.BinOp():
            return f"({spelled(node.left)}){_OPERATORS[type(node.op)]}({spelled(node.right)})"
        case ast.Call(func=ast.Name()):
            return _call(node.func.id, node)
    raise NoSpelling


def _call(name: str, node: ast.Call) -> str:
    args = [spelled(arg) for arg in node.args]
    if name in _JOINED:
        return _JOINED[name].join(f"({arg})" for arg in args)
    if name == "Rational":
        return f"({'/'.join(args)})"
    if name in _TRANSPARENT:
        return args[0]
    if name in _TEMPLATES:
        return _TEMPLATES[name].format(*args)
    if name in _LISTED:
        return f"{_LISTED[name]}{', '.join(args)})"
    if name == "FiniteSet":
        return rf"\{{{', '.join(args)}\}}"
    if name in ("Union", "Intersection"):
        return (r" \cup " if name == "Union" else r" \cap ").join(args)
    if name == "Interval":
        opened = {keyword.arg for keyword in node.keywords}
        return f"{'(' if 'left_open' in opened else '['}{args[0]}, {args[1]}{')' if 'right_open' in opened else ']'}"
    raise NoSpelling
