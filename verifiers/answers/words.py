"""Numbers and answers in English words."""

_UNITS = {
    word: value
    for value, word in enumerate(
        """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
        seventeen eighteen nineteen""".split()
    )
}
_TENS = {
    word: 10 * value
    for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2)
}
# Words that multiply the number before them.
SCALES = {"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12, "dozen": 12}
_SAME = {"true": "yes", "false": "no", "correct": "yes", "incorrect": "no"}


def number_in_words(text: str) -> int | None:
    """The whole number that the text spells (``two hundred and five``), or ``None``."""
    words = [word for word in text.replace("-", " ").split() if word != "and"]
    total = current = 0
    last = 10**12
    for word in words:
        if word in _UNITS or word in _TENS:
            value = _UNITS.get(word, _TENS.get(word, 0))
            if last < 20 or (last < 100 and value >= 10):
                return None
            current, last = current + value, value if value else 1
        elif word == "hundred" and 0 < current < 20:
            current, last = current * 100, 100
        elif word in SCALES and current:
            total, current, last = total + current * SCALES[word], 0, 10**12
        else:
            return None
    return total + current if words else None


def same_meaning(word: str) -> str:
    """One word for all that mean yes, and for all that mean no; other words as they are."""
    return _SAME.get(word, word)
