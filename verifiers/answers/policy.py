"""What counts as the same answer: the knobs of ``equal``, each with its default and the reason for it."""

from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Literal, get_args

from schemas import ConfigError

Units = Literal["lenient", "strict", "ignore"]
Percent = Literal["value", "lenient", "strict"]
Order = Literal["written", "free"]


@dataclass(frozen=True, slots=True)
class EqualPolicy:
    """The defaults are what a careful mathematician would say of MATH and GSM8K answers without seeing the question.

    ``units``: ``lenient`` lets a unit be left out on one side (``5`` is ``5 cm``), converts (``5 cm`` is ``0.05 m``) and
    refuses different ones (``5 cm`` is not ``5 m``); ``strict`` wants a unit on both sides or on none; ``ignore``
    compares the numbers alone. A degree mark and a currency sign are units.
    ``percent``: ``value`` reads 20% as 1/5 wherever it stands, so ``5`` is not ``5%``; ``lenient`` also lets the mark
    be left out (``20`` is ``20%``), for references that never write it; ``strict`` wants the mark on both sides.
    ``order``: ``written`` keeps the order of tuples and vectors, sets and bare lists (``1, 2``) never have one;
    ``free`` compares tuples as sets too.
    ``rounding``: a decimal with at least this many significant digits equals the number it is the rounding of
    (``0.333333`` is ``1/3`` under 6, ``0.33`` under 2); 0 allows none.
    """

    units: Units = "lenient"
    percent: Percent = "value"
    order: Order = "written"
    rounding: int = 6

    def __post_init__(self) -> None:
        """Raises ``ConfigError`` on a value that is none of the documented ones."""
        for name, allowed in (("units", Units), ("percent", Percent), ("order", Order)):
            if getattr(self, name) not in get_args(allowed):
                choices = ", ".join(get_args(allowed))
                raise ConfigError(f"policy {name}={getattr(self, name)}: choose one of {choices}.")
        if not 0 <= self.rounding <= 50:
            raise ConfigError(f"policy rounding={self.rounding}: a number of digits from 0 to 50.")

    def spelled(self) -> str:
        """The policy as ``parse`` reads it: ``units=lenient,percent=value,...``."""
        return ",".join(f"{field.name}={getattr(self, field.name)}" for field in fields(self))

    @classmethod
    @lru_cache(maxsize=64)
    def parse(cls, text: str) -> "EqualPolicy":
        """The defaults changed by ``name=value,...``. Raises ``ConfigError`` on an unknown name or value."""
        names = [field.name for field in fields(cls)]
        changed: dict[str, str] = {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            name, _, value = (piece.strip() for piece in part.partition("="))
            if name not in names:
                raise ConfigError(f"policy {part!r}: there is {', '.join(names)}, written as name=value.")
            changed[name] = value
        digits = changed.pop("rounding", str(cls().rounding))
        if not digits.isascii() or not digits.isdigit():
            raise ConfigError(f"policy rounding={digits}: a number of digits from 0 to 50.")
        return cls(**changed, rounding=int(digits))  # type: ignore[arg-type]  # checked in __post_init__


DEFAULT = EqualPolicy()
