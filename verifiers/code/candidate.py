"""The untrusted side: holds the program, answers calls with plain values or handles. Runs inside the sandbox.

The program may do what it likes to this file's objects: whoever reads the answers compares them elsewhere, against
values that never come here.
"""

import ast
import builtins
import contextlib
import io
import linecache
import operator
import sys
import traceback
import types
from collections.abc import Callable, ItemsView, Iterator, KeysView, ValuesView
from fractions import Fraction
from typing import Any

from verifiers.code import codec
from verifiers.code.peer import Lines, Message, Peer

MAX_PRINTED = 1 << 16  # characters kept of what one block prints
MODULE = "answer"
_MAX_TAIL = 1500


def candidate(lines: Lines, _: Message) -> None:
    """The sandbox role: serves one program until the channel is closed. The job says nothing: everything is asked for."""
    Candidate(lines).peer.listen()


class _Kept(io.BytesIO):
    """Keeps the first ``MAX_PRINTED`` bytes and drops the rest."""

    def write(self, data: Any) -> int:
        super().write(bytes(data)[: max(0, MAX_PRINTED - self.tell())])
        return len(data)


class Candidate:
    """The program's module and the objects that the other side holds handles of."""

    def __init__(self, lines: Lines) -> None:
        self.peer = Peer(lines, self.serve)
        self._module = types.ModuleType(MODULE)
        sys.modules[MODULE] = self._module
        self._objects: dict[int, object] = {}
        self._sources: set[str] = set()

    def serve(self, message: Message) -> Message:
        """The answer to one question: ``ok`` with a value, ``raised`` with an exception, or ``absent``."""
        try:
            return _OPS[message["op"]](self, message)
        except BaseException as error:  # noqa: BLE001 - the boundary: whatever the program raises is its result
            return {"raised": self._raised(error)}

    def run(self, message: Message) -> Message:
        """Executes a source in the program's module. What it prints comes back, and the value of a last expression."""
        name, source, kept = message["name"], message["source"], _Kept()
        self._sources.add(name)
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        echo: list[str] = []
        sys.stdout = io.TextIOWrapper(kept, "utf-8", "replace", write_through=True)
        answer: Message = {"ok": None}
        try:
            for code in _compiled(source, name):
                sys.displayhook = lambda value: None if value is None else echo.append(repr(value)[:MAX_PRINTED])
                exec(code, self._module.__dict__)
        except BaseException as error:  # noqa: BLE001 - as in serve
            answer = {"raised": self._raised(error)}
        return answer | {"printed": kept.getvalue().decode("utf-8", "replace"), "echo": "".join(echo)}

    def name(self, message: Message) -> Message:
        """The value of a top-level name."""
        space = self._module.__dict__
        return self._value(space[message["name"]]) if message["name"] in space else {"absent": True}

    def call(self, message: Message) -> Message:
        """Calls an object by its handle; arguments that the call changed are sent back."""
        args = [self._decode(wire) for wire in message["args"]]
        kwargs = {key: self._decode(wire) for key, wire in message["kwargs"].items()}
        try:
            result = self._objects[message["ref"]](*args, **kwargs)  # type: ignore[operator]
            same = next((n for n, arg in enumerate(args) if arg is result and type(arg) in codec.MUTABLE), None)
            answer = self._value(result) if same is None else {"ok": codec.tagged("same", same)}
        except BaseException as error:  # noqa: BLE001 - as in serve
            answer = {"raised": self._raised(error)}
        answer["args"] = self._changed(args, message["args"])
        return answer

    def attribute(self, message: Message) -> Message:
        """Reads an attribute."""
        return self._value(getattr(self._objects[message["ref"]], message["name"]))

    def apply(self, message: Message) -> Message:
        """Applies one of ``OPERATIONS`` to an object and further values."""
        rest = [self._decode(wire) for wire in message["args"]]
        return self._value(OPERATIONS[message["name"]](self._objects[message["ref"]], *rest))

    def _value(self, value: object) -> Message:
        try:
            return {"ok": codec.Encoder(self._refer).encode(value)}
        except (codec.TooBig, RecursionError):
            return {"ok": self._handle(value, "large")}

    def _refer(self, value: object, encoder: codec.Encoder, depth: int) -> codec.Wire:
        """Writes what is no plain value: an argument as such, a builtin by name, a subclass by its base, a handle."""
        kind = type(value)
        if isinstance(value, type) and codec.PLAIN_TYPES.get(value.__name__) is value:
            return codec.tagged("builtin", value.__name__)
        if kind.__module__.startswith("sympy.") and getattr(value, "is_Rational", False):
            return encoder.encode(Fraction(int(value.p), int(value.q)), depth)  # type: ignore[attr-defined]
        if kind.__module__ == "numpy" and hasattr(value, "item") and not hasattr(value, "__len__"):
            return encoder.encode(value.item(), depth)
        if kind.__module__ == "numpy" and kind.__name__ == "ndarray" and value.dtype.kind in "biufc":  # type: ignore[attr-defined]
            return codec.tagged("ndarray", [value.dtype.str, encoder.encode(value.tolist(), depth)])  # type: ignore[attr-defined]
        if isinstance(value, type) and issubclass(value, BaseException):
            return self._handle(value, "exception", mro=_builtin_bases(value))
        base = codec.plain_base(kind)
        if base is not None:
            if base in codec.MUTABLE:
                return self._handle(value, "mutable")
            return self._handle(value, "flat", plain=encoder.encode(codec.flatten(value), depth))
        return self._handle(value, _kind(value))

    def _handle(self, value: object, kind: str, **more: Any) -> codec.Wire:
        self._objects[id(value)] = value
        return codec.tagged("ref", {"ref": id(value), "kind": kind, "name": _name(value)} | more)

    def _decode(self, wire: codec.Wire) -> Any:
        return codec.decode(wire, self._resolve)

    def _resolve(self, tag: str, payload: Any) -> object:
        match tag:
            case "ref":
                return self._objects[payload]
            case "builtin":
                return getattr(builtins, payload)
            case "iter":
                return iter([self._decode(each) for each in payload])
            case "callback":
                return self._callback(payload)
        raise codec.BadWire(tag)

    def _callback(self, number: int) -> Callable[..., Any]:
        def called_back(*args: Any) -> Any:
            wires = codec.Encoder(self._refer).many(args, 0)
            answer = self.peer.ask({"op": "callback", "number": number, "args": wires})
            if "ok" not in answer:
                raise RuntimeError(answer["raised"])
            return self._decode(answer["ok"])

        return called_back

    def _changed(self, args: list[Any], before: list[codec.Wire]) -> Message:
        """The arguments that the call changed in place, by position."""
        changed = {}
        for number, (arg, wire) in enumerate(zip(args, before, strict=True)):
            if type(arg) in codec.MUTABLE:
                with contextlib.suppress(codec.TooBig):
                    after = codec.Encoder(self._refer).encode(arg)
                    if after != wire:
                        changed[str(number)] = after
        return changed

    def _raised(self, error: BaseException) -> Message:
        trace = error.__traceback__
        while trace is not None and trace.tb_frame.f_code.co_filename not in self._sources:
            trace = trace.tb_next
        try:
            args = codec.Encoder(_refused).encode(list(error.args))
            tail = "".join(traceback.format_exception(type(error), error, trace))[-_MAX_TAIL:]
        except Exception:  # noqa: BLE001 - the exception is the program's own and may fail to print itself
            args, tail = [], type(error).__name__
        known = self._handle(type(error), "exception", mro=_builtin_bases(type(error)))["v"]
        return {"class": known, "args": args, "tail": tail}


def _compiled(source: str, name: str) -> list[types.CodeType]:
    """The statements, then a last expression apart, as an interactive session would show it."""
    tree = ast.parse(source, name)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    made = [compile(tree, name, "exec")]
    return made if last is None else [*made, compile(ast.Interactive([last]), name, "single")]


def _refused(value: object, _: codec.Encoder, __: int) -> codec.Wire:
    return codec.tagged("text", repr(value)[:200])


def _kind(value: object) -> str:
    if isinstance(value, types.ModuleType):
        return "module"
    if isinstance(value, type):
        return "class"
    if callable(value):
        return "function"
    return "iterable" if isinstance(value, (Iterator, KeysView, ValuesView, ItemsView)) else "object"


def _name(value: object) -> str:
    return str(getattr(value, "__name__", type(value).__name__))[:200]


def _builtin_bases(kind: type) -> list[str]:
    """The builtin exceptions that ``kind`` derives from, nearest first."""
    return [base.__name__ for base in kind.__mro__ if getattr(builtins, base.__name__, None) is base]


OPERATIONS: dict[str, Callable[..., Any]] = {
    name: getattr(operator, name)
    for name in (
        "add",
        "sub",
        "mul",
        "truediv",
        "floordiv",
        "mod",
        "pow",
        "matmul",
        "and_",
        "or_",
        "xor",
        "neg",
        "invert",
    )
}
OPERATIONS |= {"iter": iter, "next": next, "len": len, "str": str, "repr": repr, "getitem": operator.getitem}
OPERATIONS |= {"flat": codec.flatten}
OPERATIONS |= {"setitem": operator.setitem, "delitem": operator.delitem, "setattr": setattr}
OPERATIONS |= {f"r{name}": lambda a, b, do=OPERATIONS[name]: do(b, a) for name in ("add", "sub", "mul", "truediv")}

_OPS: dict[str, Callable[[Candidate, Message], Message]] = {
    "run": Candidate.run,
    "name": Candidate.name,
    "call": Candidate.call,
    "attribute": Candidate.attribute,
    "apply": Candidate.apply,
}
