"""What English around an equation tells us. Only ever used to be *less* sure: no word here turns a claim invalid."""

from collections.abc import Iterable

# Right beside an expression these may belong to it ("half of 3 + 4 = 3.5"), so a mismatch is not an error.
MATH = frozenset(
    """and plus minus times by half twice double triple doubled tripled third quarter fourth fifth less fewer than over
    percent quotient ratio square squared cube cubed root average mean divided multiplied dozen dozens hundred hundreds
    thousand thousands million billion
    remainder mod modulo sin cos tan log ln exp gcd lcm max min floor ceil pi base power factorial pair pairs couple
    score am pm per out choose""".split()
)
# Anywhere in the few words before an expression these still reach into it.
REACHING = frozenset(
    "half twice double triple third quarter percent average mean square cube root quotient ratio".split()
)
# The number right after these is a name.
LABELS = frozenset(
    """day days week weeks month step steps case problem question part number year grade level room chapter page pages
    angle triangle equation line row column set group box team""".split()
)
# Right after a stated number these change it.
SCALING = frozenset(
    """half dozen dozens hundred hundreds
    thousand thousands million billion remainder squared cubed mod modulo pi percent
    score am pm pair pairs couple quarters thirds halves choose to""".split()
)
# Between a number and an operator these cannot be units.
NOT_UNITS = frozenset(
    """and or so then is are was were be has have had if when since because which that therefore thus hence we he she
    they it i you now but from gives get gets got makes means equals with""".split()
)
# The step itself doubts, supposes or denies what it writes.
DOUBT = frozenset(
    """if not wrong incorrect incorrectly instead suppose assume assuming false mistake mistakenly cannot can't doesn't
    isn't don't wouldn't no error contradiction contradicts unless whether guess try
    round around nearly almost""".split()
)
# Of these, the ones that say nothing of what follows the condition: "if he buys 3, they cost 3 * 4 = 12".
CONDITION = frozenset("if suppose assume assuming unless".split())
ROUNDING = frozenset(
    """about approximately approximate approx roughly rounded rounding rounds nearest estimate estimated""".split()
)
SHORT_UNITS = frozenset("km cm mm kg mg ml lb lbs ft oz mph kph hr hrs min mins sec secs mi gb mb tb yd in".split())

_FAMILIES = (
    "second sec minute min hour hr day week month year decade century fortnight",
    "mm cm km meter metre inch foot feet ft yard yd mile mi kilometer kilometre centimeter centimetre millimeter",
    "gram g kg kilogram mg pound lb ounce oz ton tonne",
    "$ dollar cent penny pennies nickel dime quarter buck",
    "liter litre l ml milliliter gallon quart pint cup tablespoon teaspoon",
    "one dozen pair couple score gross",
)
_FAMILY = {unit: number for number, family in enumerate(_FAMILIES) for unit in family.split()}
_IRREGULAR = {
    "second": "2nd",
    "feet": "foot",
    "ft": "foot",
    "inches": "inch",
    "pennies": "penny",
    "centuries": "century",
}
_ALIAS = {"hr": "hour", "min": "minute", "sec": "second", "lb": "pound", "oz": "ounce", "$": "dollar", "buck": "dollar"}


def unit(word: str) -> str:
    """The singular, unabbreviated, lower-case form of a unit word, as far as we know it; a lone ``second`` is an ordinal."""
    word = _IRREGULAR.get(word.lower(), word.lower())
    if word not in _FAMILY and word.endswith("s"):
        word = word[:-1]
    return _ALIAS.get(word, word)


def mixes_units(words: Iterable[str]) -> bool:
    """Whether two different units of one family occur (hours and minutes): a conversion may be implied."""
    seen: dict[int, str] = {}
    for word in words:
        name = unit(word)
        family = _FAMILY.get(name)
        if family is not None and seen.setdefault(family, name) != name:
            return True
    return False
