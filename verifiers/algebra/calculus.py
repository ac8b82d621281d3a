"""Statements of calculus, decided by our own differentiation: an integral by differentiating what it is said to be."""

import re

from verifiers.algebra.compare import compare
from verifiers.algebra.derivative import differentiate
from verifiers.algebra.doubts import doubts
from verifiers.algebra.knowledge import Knowledge
from verifiers.algebra.rewriting import has_decimals
from verifiers.algebra.statements import Statement, term_of
from verifiers.algebra.terms import Op, Term, Var, calls, names, substitute, variables, walk
from verifiers.decision import Decision, Finding

_MATHS = r"(?:\$([^$\n]{1,120})\$|\\\((.{1,120}?)\\\))"
_SPOKEN = re.compile(
    rf"\b(?:the\s+)?derivative\s+of\s+{_MATHS}\s+(?:with\s+respect\s+to\s+{_MATHS}\s+)?(?:is|equals)\s+{_MATHS}",
    re.IGNORECASE,
)
_DENIED = frozenset("if not suppose think guess wrong".split())
_CONSTANTS = frozenset("C c K k C_1 C_2 D".split())
_SLOPE = re.compile(r"d(\w)/d(\w)")
_OPEN = Decision("unknown", "open")


def calculus(statement: Statement, link: int, known: Knowledge, left: Term, right: Term) -> Decision | None:
    """A decision on an equation with a derivative or an integral; ``None`` for any other."""
    used = names(left) | names(right)
    if "integral" in used:
        return _integral(statement, link, known.applied(left), known.applied(right))
    if "deriv" in used:
        return _derivative(statement, link, _resolved(known.applied(left)), _resolved(known.applied(right)), left)
    if "deriv" not in used and (body := _slope(known, left)) is not None:
        found = _derivative(statement, link, body, known.applied(right), left)
        return None if found.outcome == "unknown" else found
    return None


def _integral(statement: Statement, link: int, left: Term, right: Term) -> Decision:
    parts = (part for side in (left, right) for part in walk(side))
    over = {part.args[0] for part in parts if isinstance(part, Op) and part.name == "integral"}
    if len(over) != 1 or calls(left) | calls(right):
        return _OPEN
    name = next(each.name for each in over if isinstance(each, Var))
    ours, theirs = differentiate(left, name), differentiate(right, name)
    gap = compare(ours, theirs) if ours is not None and theirs is not None else None
    if gap is None:
        return _OPEN
    if gap.outcome == "same":
        return Decision("valid", "derivative")
    known = _CONSTANTS | variables(left) if _is(left, "integral") else frozenset()
    if name not in variables(right) or not variables(right) <= known or has_decimals(left, right):
        return _OPEN
    doubt = doubts(statement, link)
    return Decision("unknown" if doubt else "invalid", doubt or "derivative", f"differentiated, {gap.says()}")


def _derivative(statement: Statement, link: int, ours: Term | None, theirs: Term | None, left: Term) -> Decision:
    """``ours`` and ``theirs`` are the sides with every derivative worked out; ``left`` is the side as it stands."""
    gap = compare(ours, theirs) if ours is not None and theirs is not None else None
    if gap is None or ours is None or theirs is None:
        return _OPEN
    if gap.outcome == "same":
        return Decision("valid", "derivative")
    equated = not variables(theirs) and bool(variables(ours))  # a slope that is looked for
    whole = isinstance(left, Var) or _is(left, "deriv") or (isinstance(left, Op) and left.name.startswith("call:"))
    if equated or not whole or not variables(theirs) <= variables(ours) | _bound(left) or has_decimals(ours, theirs):
        return _OPEN
    doubt = doubts(statement, link)
    return Decision("unknown" if doubt else "invalid", doubt or "derivative", gap.says())


def _bound(left: Term) -> frozenset[str]:
    return variables(left) if not isinstance(left, Var) else frozenset(left.name[-1:])


def _resolved(term: Term) -> Term | None:
    """The term with every derivative worked out, ``None`` where one has no rule."""
    if not isinstance(term, Op):
        return term
    args = [_resolved(arg) for arg in term.args]
    kept = tuple(arg for arg in args if arg is not None)
    if len(kept) < len(args):
        return None
    if term.name == "deriv" and isinstance(kept[0], Var):
        return differentiate(kept[1], kept[0].name)
    return Op(term.name, kept)


def _slope(known: Knowledge, left: Term) -> Term | None:
    """What ``f'(x)`` or ``dy/dx`` is, where one formula defines ``f`` or ``y``."""
    if isinstance(left, Var) and (match := _SLOPE.fullmatch(left.name)):
        given = {each.right for each in known.visible() if each.left == Var(match[1])}
        body = given.pop() if len(given) == 1 else None
        return differentiate(body, match[2]) if body is not None and variables(body) == {match[2]} else None
    if not isinstance(left, Op) or not re.fullmatch(r"call:\w'{1,3}", left.name) or len(left.args) != 1:
        return None
    defined = known.functions.get(left.name.rstrip("'"), [])
    if len({(of, body) for of, body, _ in defined}) != 1 or defined[0][2] != 0 or len(defined[0][0]) != 1:
        return None
    (parameter,), body, _ = defined[0]
    found: Term | None = known.applied(body)
    for _ in range(left.name.count("'")):
        found = differentiate(found, parameter) if found is not None else None
    return substitute(found, {parameter: left.args[0]}) if found is not None else None


def _is(term: Term, name: str) -> bool:
    return isinstance(term, Op) and term.name == name


def spoken(step: str, called: frozenset[str], known: Knowledge) -> list[Finding]:
    """What the step says in words: the derivative of ``$A$`` is ``$B$``."""
    found: list[Finding] = []
    for match in _SPOKEN.finditer(step):
        body, over, given = (match[i] or match[i + 1] for i in (1, 3, 5))
        terms = [term_of(text.split("=")[-1], called) for text in (body, given)]
        decision = Decision("unknown", "unparsed")
        if terms[0] is not None and terms[1] is not None:
            decision = _spoken(known.applied(terms[0]), known.applied(terms[1]), over)
        if decision.outcome == "invalid" and _DENIED & set(
            step[max(0, match.start() - 40) : match.start()].lower().split()
        ):
            decision = Decision("unknown", "supposed", decision.evidence)
        found.append(Finding(match.group(), match.start(), match.end(), decision))
    return found


def _spoken(body: Term, given: Term, over: str | None) -> Decision:
    free = variables(body)
    name = over.strip() if over else next(iter(free)) if len(free) == 1 else None
    true = differentiate(body, name) if name is not None else None
    gap = compare(true, given) if true is not None else None
    if gap is None or (gap.outcome == "differs" and not variables(given) <= free):
        return _OPEN
    return Decision("valid", "derivative") if gap.outcome == "same" else Decision("invalid", "derivative", gap.says())
