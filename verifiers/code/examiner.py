"""The trusted side: runs the tests, with the candidate's names as proxies, and reports. Runs inside the sandbox too.

What it says to the host carries ``report``; what it asks the candidate carries ``op`` and is relayed.
"""

import ast
import builtins
import importlib
import linecache
import operator
import traceback
from collections.abc import Callable, Sequence
from typing import Any

from verifiers.code import codec
from verifiers.code.names import BORROWED, Names, resolve
from verifiers.code.peer import Lines, Message, Peer
from verifiers.code.proxies import Opaque, Proxy, Remote, kind_of

_MAX_SHOWN = 200
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "Eq": operator.eq,
    "NotEq": operator.ne,
    "Lt": operator.lt,
    "LtE": operator.le,
    "Gt": operator.gt,
    "GtE": operator.ge,
    "Is": operator.is_,
    "IsNot": operator.is_not,
    "In": lambda left, right: left in right,
    "NotIn": lambda left, right: left not in right,
}


def examiner(lines: Lines, _: Message) -> None:
    """The sandbox role. The first message holds ``tests``: sources, each run to its end before the next, until one fails.

    Reports, in order: ``running`` (number of the test, from 1), then ``failed`` or, once, ``finished``."""
    remote = Remote()
    remote.peer = peer = Peer(lines, remote.serve)
    exam = Exam(remote)
    try:
        tests = peer.receive()["tests"]
        trees = [ast.parse(source, f"<test {number}>") for number, source in enumerate(tests, 1)]
    except (SyntaxError, ValueError, RecursionError) as error:
        peer.send({"report": "broken", "error": str(error)[:_MAX_SHOWN]})
        return
    space = Space(remote, resolve(trees))
    space |= {
        "__name__": "tests",
        _CHECK: exam.check,
        _TRUTH: exam.truth,
        _KIND: exam.kind,
        _ISINSTANCE: exam.isinstance,
    }
    for number, (tree, source) in enumerate(zip(trees, tests, strict=True), 1):
        peer.send({"report": "running", "test": number})
        failure = exam.run(tree, source, f"<test {number}>", space)
        if failure is not None:
            peer.send({"report": "failed", "test": number} | failure)
            return
    peer.send({"report": "finished", "asserts": exam.asserts, "opaque": remote.opaque})


class Space(dict[str, Any]):
    """The tests' global names; the candidate is asked for values at each use, so that its changes are seen."""

    def __init__(self, remote: Remote, names: Names) -> None:
        super().__init__()
        self._remote, self._names = remote, names
        self._callables: dict[str, Proxy] = {}  # functions and classes of the candidate, for one test

    def begin_test(self) -> None:
        """What a name stands for may have changed."""
        self._callables.clear()

    def __missing__(self, name: str) -> Any:
        if name in self._names.modules:
            return importlib.import_module(self._names.modules[name])
        if name in self._names.asked:
            if name in self._callables:
                return self._callables[name]
            answer = self._remote.ask("name", name=name)
            if "ok" in answer:
                return self._kept(name, self._remote.value(answer))
        elif hasattr(builtins, name):
            return getattr(builtins, name)
        elif name in BORROWED:
            return getattr(importlib.import_module(BORROWED[name]), name)
        raise KeyError(name)

    def _kept(self, name: str, value: Any) -> Any:
        if isinstance(value, Proxy) and kind_of(value) in ("function", "class"):
            self._callables[name] = value
        return value


class Exam:
    """Runs tests whose asserts were rewritten to tell what they saw."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote
        self.asserts = 0
        self._seen = ""  # the sides of the comparison that failed

    def run(self, tree: ast.Module, source: str, name: str, space: Space) -> dict[str, Any] | None:
        """``None`` where the test ran to its end or rests on what only the candidate could say; else the failure."""
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        self._remote.begin_test()
        space.begin_test()
        self._seen = ""
        try:
            exec(compile(ast.fix_missing_locations(_Watched().visit(tree)), name, "exec"), space)
        except Opaque:
            return None
        except BaseException as error:  # noqa: BLE001 - whatever a test raises is its result
            return self._failure(error)
        return None

    def check(self, left: Any, name: str, right: Any) -> Any:
        """One comparison, of values that are ours."""
        self._refuse_identity(left, name, right)
        result = _COMPARE[name](left, right)
        if result is False:
            self._seen = f"got {_show(left)}, the test wants {_SIGNS[name]} {_show(right)}"
        return result

    def truth(self, value: Any) -> bool:
        """The truth of an assert; it is counted."""
        holds = bool(value)
        self.asserts += 1
        if not holds and not self._seen:
            self._seen = f"got {_show(value)}"
        return holds

    def kind(self, value: Any) -> type:
        """``type(value)``."""
        if isinstance(value, Proxy):
            raise self._remote.refuse("the type of an object of the answer")
        if "_remote_ref" in type(value).__dict__:
            raise self._remote.refuse("the type of an object of the answer")
        return type(value)

    def isinstance(self, value: Any, kinds: Any) -> bool:
        """``isinstance(value, kinds)``; an object of the candidate is no instance of a builtin value type."""
        if not isinstance(value, Proxy):
            return isinstance(value, kinds)
        asked = kinds if isinstance(kinds, tuple) else (kinds,)
        if kind_of(value) in ("mutable", "large") or not all(kind in codec.PLAIN_TYPES.values() for kind in asked):
            raise self._remote.refuse("the type of an object of the answer")
        return False

    def _refuse_identity(self, left: Any, name: str, right: Any) -> None:
        if name in ("Is", "IsNot") and left is not None and right is not None and Proxy in (type(left), type(right)):
            raise self._remote.refuse("identity of an object of the answer")

    def _failure(self, error: BaseException) -> dict[str, Any] | None:
        tail = self._remote.tails.get(id(error))
        if self._remote.refused_in_test:
            return None
        if tail is None and not isinstance(error, AssertionError) and self._remote.objects:
            self._remote.refuse(f"{type(error).__name__} on an object of the answer")
            return None
        text = self._seen if isinstance(error, AssertionError) and not tail else ""
        text = text or tail or "".join(traceback.format_exception_only(error))
        return {"bases": [kind.__name__ for kind in type(error).__mro__], "evidence": text[-1500:]}


_CHECK, _TRUTH, _KIND, _ISINSTANCE = "__check__", "__truth__", "__kind__", "__isinstance__"
_SIGNS = {"Eq": "==", "NotEq": "!=", "Lt": "<", "LtE": "<=", "Gt": ">", "GtE": ">=", "In": "in", "NotIn": "not in"}
_SIGNS |= {"Is": "is", "IsNot": "is not"}
_GUARDED = {("type", 1): _KIND, ("isinstance", 2): _ISINSTANCE}


class _Watched(ast.NodeTransformer):
    """Rewrites comparisons and asserts into calls that count and remember; what they mean stays the same."""

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        self.generic_visit(node)
        return ast.copy_location(ast.Assert(_call(_TRUTH, [node.test]), node.msg), node)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        if len(node.ops) != 1:
            return node
        sign = ast.Constant(type(node.ops[0]).__name__)
        return ast.copy_location(_call(_CHECK, [node.left, sign, node.comparators[0]]), node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and not node.keywords:
            guard = _GUARDED.get((node.func.id, len(node.args)))
            if guard is not None:
                node.func = ast.Name(guard, ast.Load())
        return node


def _call(name: str, args: Sequence[ast.expr]) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(args), [])


def _show(value: Any) -> str:
    if isinstance(value, Proxy):
        return f"an object of the answer ({kind_of(value)})"
    try:
        text = repr(value)
    except (Opaque, ValueError, RecursionError):
        text = f"a {type(value).__name__}"
    return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 3] + "..."
