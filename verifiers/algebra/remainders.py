"""Divisions with a remainder, ``17 ÷ 5 = 3 R 2``: text to findings. Pure; linear in the text."""

import re

from verifiers.algebra.knowledge import SUPPOSING
from verifiers.decision import Decision, Finding

_NUMBER = r"(\d{1,15}(?:(?:,|\{,\})\d{3}){0,5})"
_GAP = r"(?:\s|\\[()\[\],;:! ]|\$|~){0,6}"  # spaces and delimiters of maths
_WORDS = r"(?:\s|\\[()\[\],;:! ]|\$|~|,|\\(?:text|mathrm|mbox)\s*\{|\bwith\b|\band\b|\ba\b|\bleaving\b|\bleaves\b){0,9}"
_DIVISION = re.compile(
    rf"(?<![\w.,^*/+×·}})-]){_NUMBER}{_GAP}(?:÷|/|\\div\b|divided\s+by){_GAP}{_NUMBER}{_GAP}"
    rf"(?:=|is|equals|gives){_GAP}{_NUMBER}{_WORDS}(?:remainder|rem\.?|R|r)(?![a-z])"
    rf"(?:\s|\\[()\[\],;:! ]|\$|~|\}}|\bof\b|\bis\b|=){{0,8}}{_NUMBER}(?![\d%/^_\w*]|\.\d)"
)
_DENIED = frozenset("not no isn't instead wrong incorrect".split())


def remainders(step: str) -> list[Finding]:
    """What the step says of quotients and remainders, decided."""
    found: list[Finding] = []
    for match in _DIVISION.finditer(step):
        found.append(Finding(match.group(), match.start(), match.end(), _decide(step, match)))
    return found


def _decide(step: str, match: re.Match[str]) -> Decision:
    whole, divisor, quotient, rest = (int(re.sub(r"\D", "", text)) for text in match.groups())
    if divisor == 0:
        return Decision("unknown", "undefined")
    says = f"{whole} = {divisor} * {whole // divisor} + {whole % divisor}"
    if (quotient, rest) == divmod(whole, divisor):
        return Decision("valid", "exact", says)
    behind = step[max(0, match.start() - 2) : match.start()].strip()
    words = set(re.findall(r"[a-z']+", step[max(0, match.start() - 60) : match.start()].lower()))
    if quotient * divisor + rest == whole or behind[-1:] in ("+", "-", "*", "/", "^") or words & (SUPPOSING | _DENIED):
        return Decision("unknown", "supposed", says)
    return Decision("invalid", "refuted", says)
