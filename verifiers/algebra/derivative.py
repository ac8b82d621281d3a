"""Derivatives of terms by the textbook's rules, and integrals of polynomials. Nothing is simplified."""

from fractions import Fraction

from verifiers.algebra import normal
from verifiers.algebra.poly import degree
from verifiers.algebra.terms import Num, Op, Term, Var, calls, size, substitute, variables
from verifiers.exact import NotRational, TooLarge, Undefined

MAX_SIZE = 400
_ZERO, _ONE, _TWO = (Num(Fraction(n)) for n in range(3))


def differentiate(term: Term, name: str) -> Term | None:
    """The derivative with respect to the variable; ``None`` where there is no rule, or the result grows too large."""
    if name not in variables(term) and not calls(term):
        return _ZERO
    if isinstance(term, Var):
        return _ONE
    if not isinstance(term, Op) or size(term) > MAX_SIZE:
        return None
    if term.name == "integral":
        return term.args[1] if term.args[0] == Var(name) else None
    inner = [differentiate(arg, name) for arg in term.args]
    if any(each is None for each in inner):
        return None
    made = _rule(term, [each for each in inner if each is not None])
    return made if made is not None and size(made) <= MAX_SIZE else None


def _rule(op: Op, inner: list[Term]) -> Term | None:
    u, v = op.args[0], op.args[-1]
    du, dv = inner[0], inner[-1]
    match op.name:
        case "add" | "sub" | "neg":
            return Op(op.name, tuple(inner))
        case "mul" | "implicit":
            return _sum(_product(du, v), _product(u, dv))
        case "div" | "slash":
            return Op("div", (Op("sub", (_product(du, v), _product(u, dv))), Op("pow", (v, _TWO))))
        case "pow":
            return _power(u, v, du, dv)
        case "sqrt":
            return Op("div", (du, _product(_TWO, op)))
        case "ln":
            if isinstance(u, Op) and u.name == "abs":  # the sign cancels
                return Op("div", (_product(Op("div", (du, u)), _ONE), _ONE))
            return Op("div", (du, u))
        case "exp":
            return _product(op, du)
        case "abs":
            return Op("div", (_product(u, du), op))
    outer = _outer(op.name, u)
    return None if outer is None else _product(outer, du)


def _outer(name: str, u: Term) -> Term | None:
    """The derivative of a function of one argument, at ``u``."""
    match name:
        case "sin":
            return Op("cos", (u,))
        case "cos":
            return Op("neg", (Op("sin", (u,)),))
        case "tan":
            return Op("div", (_ONE, Op("pow", (Op("cos", (u,)), _TWO))))
        case "cot":
            return Op("neg", (Op("div", (_ONE, Op("pow", (Op("sin", (u,)), _TWO)))),))
        case "sec":
            return _product(Op("sec", (u,)), Op("tan", (u,)))
        case "csc":
            return Op("neg", (_product(Op("csc", (u,)), Op("cot", (u,))),))
        case "arctan":
            return Op("div", (_ONE, _sum(_ONE, Op("pow", (u, _TWO)))))
        case "arcsin" | "arccos":
            found = Op("div", (_ONE, Op("sqrt", (Op("sub", (_ONE, Op("pow", (u, _TWO)))),))))
            return found if name == "arcsin" else Op("neg", (found,))
    return None


def _power(base: Term, exponent: Term, dbase: Term, dexponent: Term) -> Term:
    if dexponent == _ZERO:
        return _product(_product(exponent, Op("pow", (base, Op("sub", (exponent, _ONE))))), dbase)
    grown = _product(dexponent, Op("ln", (base,)))
    if dbase != _ZERO:
        grown = _sum(grown, Op("div", (_product(exponent, dbase), base)))
    return _product(Op("pow", (base, exponent)), grown)


def _product(a: Term, b: Term) -> Term:
    if _ZERO in (a, b):
        return _ZERO
    return b if a == _ONE else a if b == _ONE else Op("mul", (a, b))


def _sum(a: Term, b: Term) -> Term:
    return b if a == _ZERO else a if b == _ZERO else Op("add", (a, b))


def between(body: Term, name: str, lower: Term, upper: Term) -> Term:
    """``body`` at ``upper`` less ``body`` at ``lower``."""
    return Op("sub", (substitute(body, {name: upper}), substitute(body, {name: lower})))


def antiderivative(body: Term, name: str) -> Term | None:
    """That of a polynomial in the variable with rational coefficients, else ``None``."""
    try:
        value = normal.quotient(body)
    except (TooLarge, Undefined, NotRational):
        return None
    if any(value.lower) or any(part != name for monomial in value.upper for part, _ in monomial):
        return None
    found: Term = _ZERO
    for monomial, factor in value.upper.items():
        exponent = Fraction(degree(monomial) + 1)
        scaled = Num(factor / value.lower[()] / exponent)
        found = _sum(found, _product(scaled, Op("pow", (Var(name), Num(exponent)))))
    return found
