"""Python values as tagged JSON and back, bounded in size and depth. Nothing but plain values is ever rebuilt.

``None``, ``bool``, ``str``, numbers and lists stand for themselves; every other value is ``{"t": tag, "v": payload}``.
A value of a subclass is written as its base value, so its own ``__eq__``, ``__len__`` and so on never travel.
"""

import datetime
import math
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

MAX_NODES = 200_000
MAX_BYTES = 2_500_000  # of one message, as JSON; the channel carries 4 MiB
MAX_DEPTH = 100
_NODE_BYTES = 10  # of a value's own brackets, tag and comma; a little more or less does not matter
_DIGITS = "0" * 100
_PLAIN_INT = 1 << 256  # larger integers travel in hexadecimal, which has no digit limit

Wire = Any  # JSON data
Resolve = Callable[[str, Any], object]


class TooBig(Exception):
    """The value has too many parts, too much text or too many levels."""


class BadWire(Exception):
    """JSON data that no encoder of ours writes."""


class Encoder:
    """Writes one message's values. ``refer(value, encoder, depth)`` writes what is no plain value."""

    def __init__(self, refer: "Refer") -> None:
        self._refer = refer
        self._nodes = MAX_NODES
        self._bytes = MAX_BYTES

    def encode(self, value: object, depth: int = 0) -> Wire:
        """The value as JSON data. Raises ``TooBig``."""
        self._nodes -= 1
        self._bytes -= _NODE_BYTES
        if self._nodes < 0 or self._bytes < 0 or depth > MAX_DEPTH:
            raise TooBig
        write = _WRITERS.get(type(value))
        return self._refer(value, self, depth + 1) if write is None else write(self, value, depth + 1)

    def text(self, value: str) -> str:
        """``value``, its length counted. Raises ``TooBig``."""
        self._bytes -= len(value) if value.isascii() and value.isprintable() else 6 * len(value)
        if self._bytes < 0:
            raise TooBig
        return value

    def many(self, values: Iterable[object], depth: int) -> list[Wire]:
        """Each value, in order. Raises ``TooBig``."""
        return [self.encode(value, depth) for value in values]

    def default(self, value: "defaultdict[Any, Any]", depth: int) -> Wire:
        """A ``defaultdict``; one with a factory of the program's own is no plain value."""
        known = [name for name, kind in _FACTORIES.items() if kind is value.default_factory]
        return tagged("default", [known[0], self.pairs(value, depth)]) if known else self._refer(value, self, depth)

    def pairs(self, value: "dict[Any, Any]", depth: int) -> list[list[Wire]]:
        """A mapping's items, in order. Raises ``TooBig``."""
        return [[self.encode(key, depth), self.encode(item, depth)] for key, item in value.items()]


Refer = Callable[[object, Encoder, int], Wire]


def tagged(tag: str, payload: Wire) -> Wire:
    """The wire form of everything that JSON does not hold itself."""
    return {"t": tag, "v": payload}


def _int(encoder: Encoder, value: Any, _: int) -> Wire:
    if -_PLAIN_INT < value < _PLAIN_INT:
        encoder.text(_DIGITS[: value.bit_length() // 3])
        return value
    return tagged("int", encoder.text(hex(value)))


def _float(encoder: Encoder, value: Any, _: int) -> Wire:
    encoder.text(_DIGITS[:20])
    return value if math.isfinite(value) else tagged("float", repr(value))


_FACTORIES: dict[str, Any] = {"int": int, "list": list, "set": set, "dict": dict, "str": str, "float": float, "": None}

PLAIN_TYPES: dict[str, type] = {
    kind.__name__: kind
    for kind in (bool, int, float, complex, str, bytes, bytearray, list, tuple, set, frozenset, dict, range)
}

_WRITERS: dict[type, Callable[[Encoder, Any, int], Wire]] = {
    type(None): lambda encoder, value, depth: None,
    bool: lambda encoder, value, depth: value,
    int: _int,
    float: _float,
    str: lambda encoder, value, depth: encoder.text(value),
    complex: lambda encoder, value, depth: tagged("complex", [repr(value.real), repr(value.imag)]),
    bytes: lambda encoder, value, depth: tagged("bytes", encoder.text(value.hex())),
    bytearray: lambda encoder, value, depth: tagged("bytearray", encoder.text(value.hex())),
    list: lambda encoder, value, depth: encoder.many(value, depth),
    tuple: lambda encoder, value, depth: tagged("tuple", encoder.many(value, depth)),
    set: lambda encoder, value, depth: tagged("set", encoder.many(value, depth)),
    frozenset: lambda encoder, value, depth: tagged("frozenset", encoder.many(value, depth)),
    dict: lambda encoder, value, depth: tagged("dict", encoder.pairs(value, depth)),
    OrderedDict: lambda encoder, value, depth: tagged("ordered", encoder.pairs(value, depth)),
    Counter: lambda encoder, value, depth: tagged("counter", encoder.pairs(value, depth)),
    defaultdict: lambda encoder, value, depth: encoder.default(value, depth),
    deque: lambda encoder, value, depth: tagged("deque", [value.maxlen, encoder.many(value, depth)]),
    range: lambda encoder, value, depth: tagged("range", encoder.many((value.start, value.stop, value.step), depth)),
    slice: lambda encoder, value, depth: tagged("slice", encoder.many((value.start, value.stop, value.step), depth)),
    Fraction: lambda encoder, value, depth: tagged(
        "fraction", encoder.many((value.numerator, value.denominator), depth)
    ),
    Decimal: lambda encoder, value, depth: tagged("decimal", encoder.text(str(value))),
    datetime.date: lambda encoder, value, depth: tagged("date", value.isoformat()),
    datetime.datetime: lambda encoder, value, depth: tagged("datetime", value.isoformat()),
    datetime.time: lambda encoder, value, depth: tagged("time", value.isoformat()),
    datetime.timedelta: lambda encoder, value, depth: tagged("delta", [value.days, value.seconds, value.microseconds]),
    type(...): lambda encoder, value, depth: tagged("ellipsis", None),
}


def plain_base(kind: type) -> type | None:
    """The builtin type below a class whose value stands for its instances; ``None`` where there is none."""
    return next((base for base in kind.__mro__ if base in _FLATTEN), None)


def flatten(value: Any) -> Any:
    """The value of an instance of a subclass as its builtin type holds it, whatever the subclass overrides."""
    base = plain_base(type(value))
    if base is None:
        raise BadWire("no plain value")
    return _FLATTEN[base](value)


MUTABLE: tuple[type, ...] = (list, dict, set, bytearray, deque, OrderedDict, defaultdict, Counter)
_FLATTEN: dict[type, Callable[[Any], Any]] = {
    int: int.__int__,
    float: float.__float__,
    complex: lambda value: complex(value.real, value.imag),
    str: lambda value: str.__getitem__(value, slice(None)),
    bytes: lambda value: bytes.__getitem__(value, slice(None)),
    bytearray: lambda value: bytearray.__getitem__(value, slice(None)),
    list: lambda value: list(list.__iter__(value)),
    tuple: lambda value: tuple(tuple.__iter__(value)),
    set: lambda value: set(set.__iter__(value)),
    frozenset: lambda value: frozenset(frozenset.__iter__(value)),
    deque: lambda value: deque(deque.__iter__(value), value.maxlen),
    Counter: lambda value: Counter(dict(dict.items(value))),
    OrderedDict: lambda value: OrderedDict(OrderedDict.items(value)),
    dict: lambda value: dict(dict.items(value)),
}


def decode(wire: Wire, resolve: Resolve) -> Any:
    """The value. ``resolve(tag, payload)`` makes what is no plain value. Raises ``BadWire``."""
    try:
        return _decode(wire, resolve, [MAX_NODES], 0)
    except (
        KeyError,
        TypeError,
        ValueError,
        OverflowError,
        InvalidOperation,
        ZeroDivisionError,
        RecursionError,
    ) as error:
        raise BadWire(type(error).__name__) from error


def _decode(wire: Wire, resolve: Resolve, left: list[int], depth: int) -> Any:
    left[0] -= 1
    if left[0] < 0 or depth > MAX_DEPTH:
        raise BadWire("too big")
    if wire is None or isinstance(wire, bool | int | float | str):
        return wire
    if isinstance(wire, list):
        return [_decode(each, resolve, left, depth + 1) for each in wire]
    tag, payload = wire["t"], wire["v"]
    if tag in _SIMPLE:
        return _SIMPLE[tag](payload)
    build = _BUILDERS.get(tag)
    if build is None:
        return resolve(tag, payload)
    return build(lambda part: _decode(part, resolve, left, depth + 1), payload)


_Part = Callable[[Wire], Any]


def _pairs(part: _Part, payload: Wire) -> list[tuple[Any, Any]]:
    return [(part(key), part(value)) for key, value in payload]


def _default(part: _Part, payload: Wire) -> Any:
    return defaultdict(_FACTORIES[payload[0]], _pairs(part, payload[1]))


_SIMPLE: dict[str, Callable[[Any], Any]] = {
    "int": lambda payload: int(payload, 16),
    "float": float,
    "complex": lambda payload: complex(float(payload[0]), float(payload[1])),
    "bytes": bytes.fromhex,
    "bytearray": bytearray.fromhex,
    "decimal": Decimal,
    "date": datetime.date.fromisoformat,
    "datetime": datetime.datetime.fromisoformat,
    "time": datetime.time.fromisoformat,
    "delta": lambda payload: datetime.timedelta(payload[0], payload[1], payload[2]),
    "ellipsis": lambda payload: ...,
}
_BUILDERS: dict[str, Callable[[_Part, Any], Any]] = {
    "tuple": lambda part, payload: tuple(part(each) for each in payload),
    "set": lambda part, payload: {part(each) for each in payload},
    "frozenset": lambda part, payload: frozenset(part(each) for each in payload),
    "dict": lambda part, payload: dict(_pairs(part, payload)),
    "ordered": lambda part, payload: OrderedDict(_pairs(part, payload)),
    "counter": lambda part, payload: Counter(dict(_pairs(part, payload))),
    "default": _default,
    "deque": lambda part, payload: deque([part(each) for each in payload[1]], payload[0]),
    "range": lambda part, payload: range(*[part(each) for each in payload]),
    "slice": lambda part, payload: slice(*[part(each) for each in payload]),
    "fraction": lambda part, payload: Fraction(*[part(each) for each in payload]),
}
