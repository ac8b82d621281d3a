"""The ``python`` judge of steps: code of earlier steps is run, then the step's own, and what it says is compared."""

import doctest
import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from verifiers.code import codec, printed
from verifiers.code.blocks import Part, parts
from verifiers.code.claims import Said, in_code, in_prose
from verifiers.code.host import Over, Session, raised, readable
from verifiers.decision import Decision, Finding
from verifiers.sandbox import Limits, Sandbox

MAX_CODE_CHARS = 100_000
_CHANCE = re.compile(r"\b(?:random|time|datetime|uuid|secrets|getpid|perf_counter|id|hash|os|input)\b")
_MARKS = ("```", "~~~", ">>>", "<code>")  # without one, no step of a mathematical solution holds code
_NOTEBOOK = re.compile(r"^\s*[!%]{1,2}\w", re.MULTILINE)  # commands to a notebook, which is no Python
_MAX_DIGITS = 1000
_SAME = frozenset({"same", "rounded"})


def concerns(context: Sequence[str], domain: str) -> bool:
    """Whether the last step is the judge's business: it runs something, or says what earlier code printed or computed."""
    if domain != "code" and not any(mark in step for step in context for mark in _MARKS):
        return False
    own = parts(context[-1], domain)
    if any(part.kind in ("code", "session") for part in own):
        return True
    if not any(part.kind == "output" or in_prose(part.text) for part in own):
        return False
    return any(part.kind in ("code", "session") for step in context[:-1] for part in parts(step, domain))


def judge(context: Sequence[str], statement: str, domain: str, limits: Limits, sandbox: Sandbox) -> Finding:
    """The step's telling finding: its first invalid one, else its first valid, else its first undecided; that it merely
    ran is unknown (``ran``). Call it where ``concerns``. Raises ``JudgeBroken`` where no process can start."""
    step, earlier = context[-1], [parts(each, domain) for each in context[:-1]]
    whole = Part("prose", step, 0, len(step))
    if sum(map(len, context)) > MAX_CODE_CHARS:
        return _finding(whole, Decision("unknown", "too_long"))
    with sandbox.start("candidate", limits, warm=any("sympy" in each for each in context)) as candidate:
        run = _Run(Session(candidate, limits.timeout_s), _prose(statement, earlier))
        try:
            found = _earlier(run, earlier) or list(run.findings(parts(step, domain)))
        except Over as over:
            found = [_finding(whole, over.decision)]
    for outcome in ("invalid", "valid", "unknown"):
        for finding in found:
            if finding.decision.outcome == outcome:
                return finding
    return _finding(whole, Decision("unknown", "ran"))


def _earlier(run: "_Run", steps: Sequence[Sequence[Part]]) -> list[Finding]:
    """Runs the code of earlier steps for its effects; a finding where that fails, which says nothing of this step."""
    for number, own in enumerate(steps, 1):
        for part in own:
            run.session.place = f"step {number}"
            try:
                failed = run.execute(part)
            except Over as over:
                failed = over.decision
            if failed is not None:
                reason = "earlier_step_failed" if failed.outcome == "invalid" else failed.reason
                return [_finding(part, Decision("unknown", reason, failed.evidence), own=False)]
    run.session.place = "this step"
    return []


class _Run:
    """One candidate process, the state of a solution's code in it, and what its latest block printed."""

    def __init__(self, session: Session, prose: str) -> None:
        self.session = session
        self._prose = prose
        self._printed: tuple[str, ...] | None = None  # readings of the latest block's output, as no block ran: None
        self._since = ""  # what was printed since the last output that the solution shows
        self._source = ""
        self._blocks = 0

    def findings(self, own: Sequence[Part]) -> Iterator[Finding]:
        """What is found in the step's parts, in order; nothing after a failure."""
        for part in own:
            if part.kind == "output":
                yield from self._output(part)
            elif part.kind == "prose":
                yield from (self._claim(part, said) for said in in_prose(part.text) if self._ran(said))
            else:
                failed = self.execute(part) if part.kind == "code" else None
                if failed is not None:
                    yield _finding(part, self._excused(failed, part, own))
                    return
                found = self._session(part) if part.kind == "session" else self._code(part)
                yield from found

    def execute(self, part: Part) -> Decision | None:
        """Runs a block, or a session without looking at what it says; the failure, if it failed. Raises ``Over``."""
        if part.kind == "session":
            for example in _examples(part):
                self._run(example.source)
            return None
        if part.kind == "output":
            self._since = ""
        return self._run(part.text) if part.kind == "code" else None

    def _run(self, source: str) -> Decision | None:
        self._blocks += 1
        self._source += source
        answer = self.session.ask({"op": "run", "source": _dedented(source), "name": f"<block {self._blocks}>"})
        text, echo = readable(str(answer.get("printed", ""))), readable(str(answer.get("echo", "")))
        self._since += f"{text}\n"
        self._printed = (text, f"{text}\n{echo}", echo, self._since)
        return None if "ok" in answer else raised(answer, self.session.place)

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
        yield _finding(part, self._decided(best, self._printed[0] or self._printed[2], part.text.strip()))

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
            failed = self._run(example.source)
            assert self._printed is not None
            if example.exc_msg is not None:
                kind = example.exc_msg.partition(":")[0].strip()
                shown = failed is not None and kind in (failed.evidence or "")
                yield _finding(part, Decision("unknown", "raised_as_shown") if shown else Decision("unknown", "ran"))
            elif failed is not None:
                yield _finding(part, failed)
                return
            elif example.want.strip():
                best = printed.compare(self._printed[1], example.want)
                yield _finding(part, self._decided(best, self._printed[1].strip(), example.want.strip()))

    def _code(self, part: Part) -> Iterator[Finding]:
        yield from (self._claim(part, said) for said in in_code(part.text) if self._ran(said))

    def _ran(self, said: Said) -> bool:
        """Whether there is anything to hold the claim against."""
        if said.name is None:
            return self._printed is not None
        return self._printed is not None and "absent" not in self.session.ask({"op": "name", "name": said.name})

    def _claim(self, part: Part, said: Said) -> Finding:
        span = Part(part.kind, part.text[said.start : said.end], part.start + said.start, part.start + said.end)
        if said.name is None:
            assert self._printed is not None
            numbers = re.findall(r"-?\d+(?:\.\d+)?", self._printed[1])
            if len(numbers) != 1 or len(numbers[0]) > _MAX_DIGITS:
                return _finding(span, Decision("unknown", "which_output"))
            return _finding(span, self._compared(Fraction(numbers[0]), said, "printed"))
        value = _plain(self.session.ask({"op": "name", "name": said.name}))
        if value is None:
            return _finding(span, Decision("unknown", "no_number"))
        return _finding(span, self._compared(value, said, said.name))

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


def _prose(statement: str, earlier: Sequence[Sequence[Part]]) -> str:
    return "\n".join([statement, *(part.text for own in earlier for part in own if part.kind == "prose")])


def _finding(part: Part, decision: Decision, own: bool = True) -> Finding:
    return Finding(part.text, part.start if own else 0, part.end if own else 0, decision)


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
