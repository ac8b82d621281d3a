"""What the examiner holds instead of the candidate's objects. No comparison and no truth value ever rests on them."""

import builtins
import importlib
import itertools
import re
from collections.abc import Callable
from typing import Any

from verifiers.code import codec
from verifiers.code.peer import Message, Peer


class Opaque(BaseException):
    """A test asked what only the candidate's own object could answer, or passed it what does not travel."""


class Remote:
    """The candidate, seen from the examiner."""

    def __init__(self) -> None:
        self.peer: Peer | None = None
        self.opaque: str | None = None  # the first use that no plain value could answer
        self.objects = 0  # handles of objects handed out since a test began
        self.refused_in_test = False
        self.tails: dict[int, str] = {}  # the candidate's traceback, by ``id`` of the exception raised here
        self._raised: list[BaseException] = []  # kept, so that no ``id`` is used twice
        self._callbacks: list[Callable[..., Any]] = []
        self._classes: dict[Any, type[BaseException]] = {}

    def begin_test(self) -> None:
        """Forgets what concerned the test before."""
        self.objects, self.refused_in_test = 0, False

    def refuse(self, what: str) -> Opaque:
        """The exception to raise where a test leans on an object that is not ours; it is remembered."""
        self.opaque = self.opaque or what
        self.refused_in_test = True
        return Opaque(what)

    def ask(self, op: str, **fields: Any) -> Message:
        """The candidate's answer, or its exception raised here. Raises ``BadWire`` on nonsense."""
        assert self.peer is not None
        answer = self.peer.ask({"op": op} | fields)
        if "raised" in answer:
            raise self._exception(answer["raised"])
        return answer

    def value(self, answer: Message) -> Any:
        """The plain value or proxy that an answer holds."""
        return codec.decode(answer["ok"], self._resolve)

    def call(self, ref: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Calls by handle; arguments of ours that the call changed are changed in place before anything else."""
        encoder = codec.Encoder(self._refer)
        try:
            wires = encoder.many(args, 0)
            named = {key: encoder.encode(value) for key, value in kwargs.items()}
        except codec.TooBig:
            raise self.refuse("an argument is too large") from None
        assert self.peer is not None
        answer = self.peer.ask({"op": "call", "ref": ref, "args": wires, "kwargs": named})
        for number, wire in dict(answer.get("args", {})).items():
            self._update(args[int(number)], codec.decode(wire, self._resolve))
        if "raised" in answer:
            raise self._exception(answer["raised"])
        if isinstance(answer["ok"], dict) and answer["ok"]["t"] == "same":
            return args[int(answer["ok"]["v"])]
        return self.value(answer)

    def encode(self, value: object) -> codec.Wire:
        """A value of ours for the candidate. Raises ``Opaque`` where it does not travel."""
        try:
            return codec.Encoder(self._refer).encode(value)
        except codec.TooBig:
            raise self.refuse("an argument is too large") from None

    def serve(self, message: Message) -> Message:
        """Answers the candidate's call of a function that a test passed to it."""
        if message.get("op") != "callback":
            raise codec.BadWire("op")
        try:
            args = [codec.decode(wire, self._resolve) for wire in message["args"]]
            return {"ok": self.encode(self._callbacks[int(message["number"])](*args))}
        except Exception as error:  # noqa: BLE001 - a test's function may raise; the candidate is told so
            return {"raised": repr(error)[:200]}

    def _update(self, mine: Any, theirs: Any) -> None:
        if type(mine) not in codec.MUTABLE or type(theirs) is not type(mine):
            raise codec.BadWire("args")
        mine.clear()
        (mine.update if isinstance(mine, dict | set) else mine.extend)(theirs)

    def _refer(self, value: object, encoder: codec.Encoder, depth: int) -> codec.Wire:
        if isinstance(value, Proxy):
            return codec.tagged("ref", object.__getattribute__(value, "_ref"))
        name = getattr(value, "__name__", "")
        if getattr(builtins, name, None) is value:
            return codec.tagged("builtin", name)
        base = codec.plain_base(type(value))
        if base is not None and "_remote_ref" in type(value).__dict__:
            return codec.tagged("ref", type(value).__dict__["_remote_ref"])
        if isinstance(value, map | filter | zip | enumerate | reversed) or type(value) in _ITERATORS:
            return codec.tagged("iter", encoder.many(itertools.islice(value, codec.MAX_NODES), depth))  # type: ignore[call-overload]
        if callable(value) and not isinstance(value, type):
            self._callbacks.append(value)
            return codec.tagged("callback", len(self._callbacks) - 1)
        raise self.refuse(f"an argument of type {type(value).__name__}")

    def _resolve(self, tag: str, payload: Any) -> object:
        if tag == "builtin":
            return codec.PLAIN_TYPES[payload]
        if tag == "ndarray" and re.fullmatch(r"[<>|=]?[biufc]\d{1,2}", payload[0]):
            return importlib.import_module("numpy").array(codec.decode(payload[1], self._resolve), payload[0])
        if tag != "ref":
            raise codec.BadWire(str(tag))
        ref, kind = int(payload["ref"]), payload["kind"]
        match kind:
            case "exception":
                return self._class(payload)
            case "flat":
                return self._flat(ref, codec.decode(payload["plain"], self._resolve))
            case "function" | "class" | "module" | "mutable" | "iterable" | "object" | "large":
                self.objects += kind != "function"
                return Proxy(self, ref, kind)
        raise codec.BadWire(str(kind))

    def _flat(self, ref: int, plain: Any) -> Any:
        """The plain value, in a subclass that asks the candidate for further attributes (fields of a named tuple)."""
        base: Any = type(plain)

        def attribute(_: Any, name: str) -> Any:
            return self.value(self.ask("attribute", ref=ref, name=name))

        flat: Any = type(str(base.__name__), (base,), {"__getattr__": attribute, "_remote_ref": ref})
        return flat(plain)

    def _class(self, payload: Any) -> type[BaseException]:
        """The exception class itself where it is builtin, else a class of ours below its nearest builtin base."""
        name, bases = str(payload["name"]), [str(each) for each in payload["mro"]]
        base = getattr(builtins, bases[0])
        if not (isinstance(base, type) and issubclass(base, BaseException)):
            raise codec.BadWire("exception")
        if name == base.__name__:
            return base
        return self._classes.setdefault(payload["ref"], type(name, (base,), {}))

    def _exception(self, raised: Any) -> BaseException:
        kind = self._class(raised["class"])
        args = [codec.decode(wire, lambda _, text: str(text)) for wire in raised["args"]]
        try:
            error: BaseException = kind(*args)
        except TypeError:  # UnicodeDecodeError and its like want arguments that did not travel
            error = kind.__new__(kind)
        self._raised.append(error)
        self.tails[id(error)] = str(raised["tail"])[-1500:]
        return error


_ITERATORS: tuple[type, ...] = tuple(type(iter(kind())) for kind in (list, tuple, set, str, dict))


def kind_of(proxy: "Proxy") -> str:
    """``function``, ``class``, ``module``, ``mutable`` (below a builtin container), ``iterable``, ``object``, ``large``."""
    return str(object.__getattribute__(proxy, "_kind"))


def _asks(name: str) -> Callable[..., Any]:
    def method(self: "Proxy", *args: Any) -> Any:
        remote = object.__getattribute__(self, "_remote")
        wires = [remote.encode(arg) for arg in args]
        ref = object.__getattribute__(self, "_ref")
        return remote.value(remote.ask("apply", ref=ref, name=name, args=wires))

    return method


def _refuses(name: str) -> Callable[..., Any]:
    def method(self: "Proxy", *_: Any) -> Any:
        raise object.__getattribute__(self, "_remote").refuse(f"{name} of an object of the answer")

    return method


class Proxy:
    """A handle of one of the candidate's objects: calls, attributes and arithmetic are asked for, results are plain."""

    def __init__(self, remote: Remote, ref: int, kind: str) -> None:
        for name, value in (("_remote", remote), ("_ref", ref), ("_kind", kind)):
            object.__setattr__(self, name, value)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return object.__getattribute__(self, "_remote").call(object.__getattribute__(self, "_ref"), args, kwargs)

    def __getattr__(self, name: str) -> Any:
        remote = object.__getattribute__(self, "_remote")
        return remote.value(remote.ask("attribute", ref=object.__getattribute__(self, "_ref"), name=name))

    def __setattr__(self, name: str, value: Any) -> None:
        _asks("setattr")(self, name, value)

    def __eq__(self, other: object) -> Any:
        """Only the builtin value below an object's own class can be compared."""
        if kind_of(self) != "mutable":
            raise object.__getattribute__(self, "_remote").refuse("equality of an object of the answer")
        mine = _asks("flat")(self)
        if isinstance(mine, Proxy):
            raise object.__getattribute__(self, "_remote").refuse("equality of an object of the answer")
        return mine == (_asks("flat")(other) if isinstance(other, Proxy) else other)

    def __ne__(self, other: object) -> Any:
        return not self == other


for _name in ("bool", "hash", "lt", "le", "gt", "ge", "contains", "instancecheck", "subclasscheck", "index"):
    setattr(Proxy, f"__{_name}__", _refuses(f"__{_name}__"))
for _name in ("int", "float", "complex", "round", "abs", "format", "fspath", "bytes", "enter", "exit", "await"):
    setattr(Proxy, f"__{_name}__", _refuses(f"__{_name}__"))
for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "xor", "neg", "invert"):
    setattr(Proxy, f"__{_name}__", _asks(_name))
for _name in (
    "radd",
    "rsub",
    "rmul",
    "rtruediv",
    "iter",
    "next",
    "len",
    "str",
    "repr",
    "getitem",
    "setitem",
    "delitem",
):
    setattr(Proxy, f"__{_name}__", _asks(_name))
