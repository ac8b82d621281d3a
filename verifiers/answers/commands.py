"""What the commands, functions and environments of LaTeX read as."""

from typing import TYPE_CHECKING

from verifiers.answers.nodes import Node, Unread, num

if TYPE_CHECKING:
    from verifiers.answers.reader import Reader

_TRANSPARENT = frozenset({"angle", "triangle", "overline", "vec", "hat", "bar", "widehat", "overrightarrow", "boxed"})
_UNKNOWN = frozenset(
    """sum prod int iint oint lim partial nabla forall exists to rightarrow implies Rightarrow ldots dots
    cdots begin end middle substack stackrel underset overset binomial therefore because iff""".split()
)
_SETS = {"R": "reals", "Z": "integers", "N": "naturals", "Q": "rationals", "C": "complexes"}
_ALIASES = {
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "arsinh": "arcsinh", "arcosh": "arccosh",
    "artanh": "arctanh", "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh", "cbrt": "cbrt", "lg": "log",
}  # fmt: skip
_SEVERAL = frozenset({"gcd", "lcm", "max", "min"})


def read(reader: "Reader", name: str) -> Node:
    """What follows ``\\name``. Raises ``Unread`` on a command we do not know."""
    if name == "frac":
        return Node("div", (argument(reader), argument(reader)))
    if name == "binom":
        return Node("fn", (argument(reader), argument(reader)), "binom")
    if name == "sqrt":
        return _root(reader)
    if name in ("emptyset", "varnothing"):
        return Node("list", (), "{}")
    if name in ("mathbb", "Bbb"):
        letter = argument(reader)
        if letter.op == "sym" and letter.name in _SETS:
            return Node("set", (), _SETS[letter.name])
        raise Unread("blackboard letter")
    if name in _TRANSPARENT:
        return argument(reader) if reader.peek().text == "{" else _decorated(reader, name)
    if name in _UNKNOWN:
        raise Unread(f"command {name}")
    if name not in _GREEK:
        raise Unread(f"command {name}")
    return reader.subscripted(name)


_GREEK = frozenset(
    """alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi rho sigma tau upsilon
    varphi chi psi omega Gamma Delta Theta Lambda Xi Sigma Upsilon Phi Psi Omega ell""".split()
)


def _decorated(reader: "Reader", name: str) -> Node:
    """``\\angle ABC``: the letters are one name."""
    letters = ""
    while reader.peek().kind in ("SYM", "WORD") and reader.peek().text.isupper():
        letters += reader.peek().text
        reader.at += 1
    if not letters:
        raise Unread(f"command {name}")
    return Node("sym", (), letters)


def argument(reader: "Reader") -> Node:
    """A braced argument, or the one token that TeX takes without braces."""
    if reader.take("{"):
        inner = reader.sum()
        reader.need("}")
        return inner
    if reader.peek().kind == "NUM" and len(reader.peek().text) > 1:
        return reader.first_digit()
    return reader.atom()


def _root(reader: "Reader") -> Node:
    degree: Node | None = None
    if reader.take("["):
        degree = reader.sum()
        reader.need("]")
    typed = reader.peek().kind == "NUM" and reader.peek().spaced  # "\sqrt 15", as people type it
    inner = reader.atom() if typed else argument(reader)
    return Node("fn", (inner,), "sqrt") if degree is None else Node("fn", (inner, degree), "root")


def function(reader: "Reader", name: str) -> Node:
    """A named function with its power, base and argument, which may have no parentheses: ``\\sin^2 2x``."""
    base = exponent = None
    name = _ALIASES.get(name, name)
    if name == "log" and reader.take("_"):
        base = argument(reader)
    if reader.take("^", "**"):
        exponent = argument(reader)
    if exponent == Node("neg", (num(1),)) and not name.startswith("arc"):
        name, exponent = f"arc{name}", None
    args = _arguments(reader, name)
    if base is not None:
        args = (*args, base)
    made = Node("fn", args, name)
    return Node("pow", (made, exponent)) if exponent is not None else made


def _arguments(reader: "Reader", name: str) -> tuple[Node, ...]:
    if name in _SEVERAL or reader.peek().text in ("(", "[", "{"):
        group = reader.atom()
        if group.op == "list" and name in _SEVERAL:
            return group.args
        if group.op == "list":
            raise Unread(f"arguments of {name}")
        return (group,)
    left = reader.postfix(reader.atom())
    if reader.take("^", "**"):
        left = Node("pow", (left, reader.exponent()))
    while reader.peek().kind in ("SYM", "CONST") or reader.peek().text in ("frac", "sqrt", "theta", "alpha", "beta"):
        left = Node("mul", (left, reader.power()))
    return (left,)


def matrix(reader: "Reader", opening: str) -> Node:
    """A matrix or column vector; rows of equal length. Raises ``Unread`` on other environments."""
    if not opening.startswith(r"\begin") or not ("matrix" in opening or "array" in opening):
        raise Unread(f"environment {opening}")
    rows: list[list[Node]] = [[reader.union()]]
    while True:
        if reader.take("&"):
            rows[-1].append(reader.union())
        elif reader.take("\\\\"):
            if reader.peek().kind == "TEX_ENV":
                break
            rows.append([reader.union()])
        else:
            break
    if not reader.peek().text.startswith(r"\end"):
        raise Unread("matrix")
    reader.at += 1
    if len({len(row) for row in rows}) != 1:
        raise Unread("ragged matrix")
    return Node("matrix", tuple(cell for row in rows for cell in row), f"{len(rows)}x{len(rows[0])}")
