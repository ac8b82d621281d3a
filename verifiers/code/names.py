"""Which names of a test are the candidate's and which are Python's own. Read from the tests alone.

A program may define ``abs``, ``isclose`` or a class ``math``; a test that leans on those names must get the real ones.
Only where the tests use no other name can a reserved one be what is tested (MBPP asks for a function called ``sum``).
"""

import ast
import builtins
import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass

ALIASES = {
    "np": "numpy",
    "pd": "pandas",
    "sp": "sympy",
    "dt": "datetime",
    "it": "itertools",
    "plt": "matplotlib.pyplot",
}
_HOMES = {
    "math": ("isclose", "sqrt", "pi", "inf", "nan", "isnan", "isinf", "gcd", "floor", "ceil", "factorial", "comb"),
    "collections": ("Counter", "OrderedDict", "defaultdict", "deque", "namedtuple"),
    "copy": ("deepcopy",),
    "fractions": ("Fraction",),
    "decimal": ("Decimal",),
    "datetime": ("timedelta",),
    "functools": ("reduce", "partial"),
    "itertools": ("islice", "permutations", "combinations", "product", "chain"),
}
BORROWED = {name: module for module, names in _HOMES.items() for name in names}  # bare names a test may have meant
_BUILTINS = frozenset(dir(builtins))


@dataclass(frozen=True, slots=True)
class Names:
    """``asked``: names to ask the candidate for, where the tests have not bound them; ``modules``: names that are modules;
    both disjoint."""

    asked: frozenset[str]
    modules: dict[str, str]


def resolve(trees: Sequence[ast.Module]) -> Names:
    """The free names of the tests, sorted out."""
    free, loaded, called = _free(trees)
    modules = {}
    for name, attributes in _bases(trees).items():
        if name in free - called and (name in ALIASES or _has(name, attributes)):
            modules[name] = ALIASES.get(name, name)
    rest = loaded - set(modules)
    asked = {name for name in rest if name not in _BUILTINS and name not in BORROWED}
    tested = set() if asked & free else _tested(trees, rest & free)
    return Names(frozenset(asked | tested), modules)


def _free(trees: Sequence[ast.Module]) -> tuple[set[str], set[str], set[str]]:
    """Names loaded but not bound at any level of the tests, all that are loaded, and all that are called."""
    bound: set[str] = set()
    loaded: set[str] = set()
    called: set[str] = set()
    for node in (node for tree in trees for node in ast.walk(tree)):
        match node:
            case ast.Name(name, ast.Load()):
                loaded.add(name)
            case ast.Name(name):
                bound.add(name)
            case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.ClassDef(name):
                bound.add(name)
            case ast.arg(name):
                bound.add(name)
            case ast.alias(name, alias):
                bound.add(alias or name.partition(".")[0])
            case ast.ExceptHandler(_, str(name)):
                bound.add(name)
            case ast.Call(ast.Name(name)):
                called.add(name)
    return loaded - bound, loaded, called


def _bases(trees: Sequence[ast.Module]) -> dict[str, set[str]]:
    """The attributes that are read of each plain name."""
    found: dict[str, set[str]] = {}
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found.setdefault(node.value.id, set()).add(node.attr)
    return found


def _has(module: str, attributes: set[str]) -> bool:
    """Whether ``module`` is in the standard library and has them all (``datetime`` may be the class of that name)."""
    return module in sys.stdlib_module_names and attributes <= set(dir(importlib.import_module(module)))


def _tested(trees: Sequence[ast.Module], names: set[str]) -> set[str]:
    """Where every name is a reserved one: the first that each assert calls, if it is the same in all of them."""
    first = {_first_call(node, names) for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Assert)}
    return {name for name in first if name} if len(first) == 1 else set()


def _first_call(node: ast.Assert, names: set[str]) -> str | None:
    called = [each.func.id for each in ast.walk(node) if isinstance(each, ast.Call) and isinstance(each.func, ast.Name)]
    return next((name for name in called if name in names), None)
