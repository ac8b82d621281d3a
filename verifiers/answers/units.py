"""Units of measure: what a phrase such as ``square feet`` or ``miles per hour`` measures, and in which size."""

import re
from dataclasses import dataclass
from fractions import Fraction

# name (singular), dimension, size in the dimension's first unit
_TABLE = """
m meter metre: length 1; cm centimeter centimetre: length 1/100; mm millimeter millimetre: length 1/1000
km kilometer kilometre: length 1000; in inch: length 127/5000; ft foot feet: length 381/1250; yd yard: length 1143/1250
mi mile: length 201168/125; g gram: mass 1; kg kilogram: mass 1000; mg milligram: mass 1/1000
lb pound: pound 1; oz ounce: ounce 1; ton tonne: ton 1; s sec second: time 1; min minute: time 60; h hr hour: time 3600
day: time 86400; week: time 604800; month: month 1; year yr: month 12; decade: month 120; century: month 1200
dollar buck usd: dollar 1; cent penny: dollar 1/100; euro eur: euro 1; yuan: yuan 1; rupee: rupee 1; pound_sterling: sterling 1
l liter litre: volume 1; ml milliliter millilitre: volume 1/1000; gallon gal: gallon 1; quart qt: gallon 1/4; pint: gallon 1/8
cup: gallon 1/16; mph: speed 1397/3125; kph: speed 5/18; degree deg: degree 1; radian rad: radian 1
hz hertz: frequency 1; j joule: energy 1; n newton: force 1; w watt: power 1; v volt: volt 1; am: forenoon 1; pm: afternoon 1
"""
_PLURALS = {"feet": "foot", "inches": "inch", "pennies": "penny", "centuries": "century"}
_FILLERS = frozenset("of the a an total approximately about".split())
_POWERS = {"square": 2, "sq": 2, "cubic": 3, "cu": 3, "squared": 2, "cubed": 3}


def _sizes() -> dict[str, tuple[str, Fraction]]:
    sizes: dict[str, tuple[str, Fraction]] = {}
    for line in filter(None, re.split(r"[;\n]", _TABLE)):
        names, _, rest = line.partition(":")
        dimension, size = rest.split()
        sizes.update(dict.fromkeys(names.split(), (dimension, Fraction(size))))
    return sizes


_SIZES = _sizes()
# Words that may follow a number without \text{}: longer ones than these are always words, never products of letters.
SHORT = frozenset(name for name in _SIZES if 1 < len(name) <= 3)
LETTERS = frozenset("mglLshN")  # units of one letter, read as such only after a space


@dataclass(frozen=True, slots=True)
class Unit:
    """``powers``: the dimensions with their exponents; words we do not know are dimensions of their own."""

    powers: tuple[tuple[str, int], ...]
    size: Fraction
    known: bool


def parse_unit(phrase: str) -> Unit | None:
    """What a phrase measures, or ``None`` where it names no unit at all (only fillers)."""
    powers: dict[str, int] = {}
    size, known, sign, pending = Fraction(1), True, 1, 1
    last: tuple[str, Fraction] | None = None
    for word in re.findall(r"[^\W\d_]+|\^\s*\{?-?\d+|/|\$|€|£", phrase):
        low = word.lower()
        if low in ("per", "/"):
            sign = -1
        elif word.startswith("^") or low in ("squared", "cubed"):
            exponent = _POWERS.get(low) or int(re.sub(r"[^\d-]", "", word))
            if last is not None and abs(exponent) <= 6:
                powers[last[0]] += sign * (exponent - 1)
                size *= last[1] ** (sign * (exponent - 1))
        elif low in _POWERS:
            pending = _POWERS[low]
        elif low not in _FILLERS:
            dimension, factor = _one(word)
            known = known and factor != 0
            last = (dimension, factor or Fraction(1))
            powers[dimension] = powers.get(dimension, 0) + sign * pending
            size *= last[1] ** (sign * pending)
            pending = 1
    spelled = tuple(sorted((name, power) for name, power in powers.items() if power))
    return Unit(_derived(spelled), size, known) if spelled else None


def _one(word: str) -> tuple[str, Fraction]:
    """The dimension and size of one word; size 0 for a word we do not know."""
    word = {"$": "dollar", "€": "euro", "£": "pound_sterling"}.get(word, word)
    low = word.lower()
    name = _PLURALS.get(low, low)
    for form in (name, name.removesuffix("s"), name.removesuffix("es")):
        if form in _SIZES:
            return _SIZES[form]
    return name.removesuffix("s") if len(name) > 3 else name, Fraction(0)


def _derived(powers: tuple[tuple[str, int], ...]) -> tuple[tuple[str, int], ...]:
    """Speed is length over time; nothing else of our table is made of others."""
    if powers == (("speed", 1),):
        return (("length", 1), ("time", -1))
    return powers
