"""A walk through a solution that holds code: what its program is asked, and what is found in its text. Pure."""

import doctest
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from verifiers.code import codec, printed
from verifiers.code.blocks import Part
from verifiers.code.claims import Said, in_code, in_prose
from verifiers.code.faults import raised, readable
from verifiers.code.peer import Message
from verifiers.decision import Decision, Finding

_CHANCE = re.compile(r"\b(?:random|time|datetime|uuid|secrets|getpid|perf_counter|id|hash|os|input)\b")
_NOTEBOOK = re.compile(r"^\s*[!%]{1,2}\w", re.MULTILINE)  # commands to a notebook, which is no Python
_MAX_DIGITS = 1000
_SAME = frozenset({"same", "rounded"})

Failing = Literal["stop", "skip", "go_on"]
Ask = Callable[["Question"], Message]


@dataclass(frozen=True, slots=True)
class Question:
    """``message`` is for the program, ``place`` names it in evidence. ``failing``: which questions are left out after an
    answer without ``ok``: all the rest (``stop``), the rest of the same ``part`` (``skip``), or none (``go_on``)."""

    message: Message
    place: str
    part: int
    failing: Failing


class Run:
    """A walk through a solution: what its code is asked, and what its latest block printed."""

    def __init__(self, ask: Ask, prose: str) -> None:
        self.place = "this step"
        self._ask = ask
        self._prose = prose
        self._part = 0
        self._printed: tuple[str, ...] | None = None  # readings of the latest block's output, as no block ran: None
        self._since = ""  # what was printed since the last output that the solution shows
        self._source = ""
        self._blocks = 0

    def findings(self, own: Sequence[Part]) -> Iterator[Finding]:
        """What is found in the step's parts, in order; nothing after a failure."""
        for part in own:
            self._part += 1
            if part.kind == "output":
                yield from self._output(part)
            elif part.kind == "prose":
                yield from self._claims(part, in_prose(part.text))
            else:
                failed = self.execute(part) if part.kind == "code" else None
                if failed is not None:
                    yield finding(part, self._excused(failed, part, own))
                    return
                yield from self._session(part) if part.kind == "session" else self._claims(part, in_code(part.text))

    def execute(self, part: Part) -> Decision | None:
        """Runs a block, or a session without looking at what it says; the failure, if it failed. Raises ``Over``."""
        if part.kind == "session":
            for example in _examples(part):
                self._run(example.source, "go_on")
            return None
        if part.kind == "output":
            self._since = ""
        return self._run(part.text, "stop") if part.kind == "code" else None

    def _run(self, source: str, failing: Failing) -> Decision | None:
        self._blocks += 1
        self._source += source
        message = {"op": "run", "source": _dedented(source), "name": f"<block {self._blocks}>"}
        answer = self._ask(Question(message, self.place, self._part, failing))
        text, echo = readable(str(answer.get("printed", ""))), readable(str(answer.get("echo", "")))
        self._since += f"{text}\n"
        self._printed = (text, f"{text}\n{echo}", echo, self._since)
        return None if "ok" in answer else raised(answer, self.place)

    def _excused(self, failed: Decision, part: Part, own: Sequence[Part]) -> Decision:
        """A failure that is no error of the step: a cut block, a name the prose gave, an error that the step shows."""
        evidence = failed.evidence or ""
        missing = re.search(r"NameError: name '(\w+)' is not defined", evidence)
        if "SyntaxError" in evidence and (not part.closed or _NOTEBOOK.search(part.text)):
            return Decision("unknown", "not_closed" if not part.closed else "notebook", evidence)
        last = evidence.splitlines()[-1] if evidence else ""
        if last.startswith("SystemExit"):
            return Decision("unknown", "exited", evidence)
        if missing and re.search(rf"\b{missing[1]}\b", self._prose):
            return Decision("unknown", "undefined_name", evidence)
        shown = [each.text for each in own if each.kind == "output"]
        if failed.outcome == "invalid" and any(last.partition(":")[0] in text for text in shown):
            return Decision("unknown", "raised_as_shown", evidence)
        return failed

    def _output(self, part: Part) -> Iterator[Finding]:
        if self._printed is None or not part.text.strip():
            return
        matches = [printed.compare(text, part.text) for text in self._printed]
        best = next((match for match in matches if match in _SAME), matches[0])
        self._since = ""
        yield finding(part, self._decided(best, self._printed[0] or self._printed[2], part.text.strip()))

    def _decided(self, match: printed.Match, got: str, said: str) -> Decision:
        evidence = f"printed {_short(got)}, the step says {_short(said)}"
        if match in _SAME:
            return Decision("valid", "printed", evidence)
        if match != "different":
            return Decision("unknown", f"output_{match}", evidence)
        if _CHANCE.search(self._source):
            return Decision("unknown", "not_deterministic", evidence)
        if not got.strip() and said.strip():
            return Decision("unknown", "nothing_printed", evidence)
        return Decision("invalid", "output_differs", evidence)

    def _session(self, part: Part) -> Iterator[Finding]:
        """Each example of an interactive session against the output under it."""
        for example in _examples(part):
            failed = self._run(example.source, "skip" if example.exc_msg is None else "go_on")
            assert self._printed is not None
            if example.exc_msg is not None:
                kind = example.exc_msg.partition(":")[0].strip()
                shown = failed is not None and kind in (failed.evidence or "")
                yield finding(part, Decision("unknown", "raised_as_shown") if shown else Decision("unknown", "ran"))
            elif failed is not None:
                yield finding(part, failed)
                return
            elif example.want.strip():
                best = printed.compare(self._printed[1], example.want)
                yield finding(part, self._decided(best, self._printed[1].strip(), example.want.strip()))

    def _claims(self, part: Part, claims: Sequence[Said]) -> Iterator[Finding]:
        """Each claim that there is anything to hold against: something ran, and bound the name."""
        for said in claims if self._printed is not None else ():
            at = part.start + said.start
            span = Part(part.kind, part.text[said.start : said.end], at, part.start + said.end)
            if said.name is None:
                yield finding(span, self._number(said))
                continue
            answer = self._ask(Question({"op": "name", "name": said.name}, self.place, self._part, "go_on"))
            if "absent" not in answer:
                value = _plain(answer)
                no_number = Decision("unknown", "no_number")
                yield finding(span, no_number if value is None else self._compared(value, said, said.name))

    def _number(self, said: Said) -> Decision:
        """A claim on the one number that was printed."""
        assert self._printed is not None
        numbers = re.findall(r"-?\d+(?:\.\d+)?", self._printed[1])
        if len(numbers) != 1 or len(numbers[0]) > _MAX_DIGITS:
            return Decision("unknown", "which_output")
        return self._compared(Fraction(numbers[0]), said, "printed")

    def _compared(self, value: Fraction, said: Said, what: str) -> Decision:
        evidence = f"{what} is {_shown(value)}, the step says {_shown(said.number)}"
        match = printed.number(value, said.number, said.decimals)
        if match in _SAME:
            return Decision("valid", "value", evidence)
        if match != "different" or not said.sure:
            return Decision("unknown", "rounded?" if match != "different" else "claim?", evidence)
        if _CHANCE.search(self._source):
            return Decision("unknown", "not_deterministic", evidence)
        return Decision("invalid", "value_differs", evidence)


def finding(part: Part, decision: Decision, own: bool = True) -> Finding:
    """The decision on a part; one of another step (not ``own``) has no place in the step that is judged."""
    return Finding(part.text, part.start if own else 0, part.end if own else 0, decision)


def _plain(answer: dict[str, Any]) -> Fraction | None:
    """The number in the candidate's answer; ``None`` where it is none, or none that can be compared."""
    try:
        value = codec.decode(answer["ok"], _refuse)
        return Fraction(value) if type(value) in (int, float, Fraction) else None
    except (codec.BadWire, KeyError, ValueError, OverflowError):
        return None


def _refuse(tag: str, _: Any) -> object:
    raise codec.BadWire(tag)


def _examples(part: Part) -> list[doctest.Example]:
    try:
        return doctest.DocTestParser().get_examples(part.text)
    except ValueError:
        return []


def _dedented(source: str) -> str:
    """The source moved to the left margin by its first line's indent."""
    lines = source.splitlines(keepends=True)
    first = next((line for line in lines if line.strip()), "")
    indent = first[: len(first) - len(first.lstrip())]
    return "".join(line.removeprefix(indent) for line in lines)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 120 else text[:117] + "..."


def _shown(value: Fraction) -> str:
    if value.denominator == 1 and abs(value) < 10**30:
        return str(value.numerator)
    try:
        return f"{float(value):.12g}"
    except OverflowError:
        return "a number too large to show"
