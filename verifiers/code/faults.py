"""What went wrong with a program, as a decision. Pure."""

from collections.abc import Sequence

from verifiers.code.peer import Message
from verifiers.decision import Decision

_MAX_TAIL = 440  # characters of a traceback, its end; evidence is cut at 500
_UNKNOWN = {
    "MemoryError": "memory",
    "ModuleNotFoundError": "missing_module",
    "EOFError": "input",
    "OSError": "os_error",
}
_LIMITS = {  # of the compiler and of ours, which raise the same classes as errors of the program
    "can't start new thread": "threads",
    "too many nested parentheses": "too_deep",
    "recursion depth exceeded during ": "too_deep",
}


class Over(Exception):
    """There is nothing left to ask; ``decision`` says why."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(decision.reason)
        self.decision = decision


def undecided(bases: Sequence[str], evidence: str) -> str | None:
    """Why an exception with these builtin classes says nothing of the program: it met a limit of ours."""
    limit = next((reason for words, reason in _LIMITS.items() if words in evidence), None)
    return next((_UNKNOWN[name] for name in bases if name in _UNKNOWN), limit)


def readable(text: str) -> str:
    """Text from a child as every file can hold it: half characters become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


def raised(message: Message, place: str) -> Decision:
    """What an exception that ended the program's own code says of it. The message is the candidate's."""
    try:
        fault = message["raised"]
        bases, tail = [str(base) for base in fault["class"]["mro"]], readable(str(fault["tail"]))[-_MAX_TAIL:].strip()
    except (KeyError, TypeError):
        return Decision("unknown", "broke_protocol", place)
    reason = undecided(bases, tail)
    return (
        Decision("unknown", reason, f"{place}: {tail}") if reason else Decision("invalid", "raised", f"{place}: {tail}")
    )
