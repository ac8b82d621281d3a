"""What a Lean process answers, read strictly: anything that is no verdict raises ``ValueError``."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from schemas import LeanMessage, LeanVerdict, ProofStep
from schemas.proofs import Severity
from schemas.records import Outcome

_OUTCOMES = ("valid", "invalid", "unknown")
_SEVERITIES = ("error", "warning", "information")

T = TypeVar("T")
Object = dict[str, Any]


def verdict_of(raw: Any) -> LeanVerdict:
    """The verdict in a decoded reply. Raises ``ValueError``."""
    fields = _object(raw)
    return LeanVerdict(
        accepted=_maybe(bool, fields, "accepted"),
        reason=_maybe(str, fields, "reason"),
        detail=_maybe(str, fields, "detail"),
        first_error=_maybe(int, fields, "first_error"),
        steps=_each(_step, fields, "steps"),
        goals=_texts(fields, "goals"),
        axioms=_texts(fields, "axioms"),
        messages=_each(_message, fields, "messages"),
        statement_hash=_maybe(str, fields, "statement_hash"),
        lean=_must(str, fields, "lean"),
    )


def unknown(reason: str, detail: str | None = None) -> LeanVerdict:
    """The verdict where Lean was not asked or did not answer."""
    return _unasked(None, reason, detail)


def refused(reason: str, detail: str) -> LeanVerdict:
    """The verdict on a text that cannot be accepted whatever Lean would say."""
    return _unasked(False, reason, detail)


def _unasked(accepted: bool | None, reason: str, detail: str | None) -> LeanVerdict:
    return LeanVerdict(accepted, reason, detail, None, (), (), (), (), None, "")


def _step(raw: Any) -> ProofStep:
    fields = _object(raw)
    return ProofStep(
        text=_must(str, fields, "text"),
        start=_must(int, fields, "start"),
        end=_must(int, fields, "end"),
        kind=_must(str, fields, "kind"),
        outcome=cast(Outcome, _one_of(_OUTCOMES, fields, "outcome")),
        reason=_maybe(str, fields, "reason"),
        message=_maybe(str, fields, "message"),
        before=_texts(fields, "before"),
        after=_texts(fields, "after"),
    )


def _message(raw: Any) -> LeanMessage:
    fields = _object(raw)
    severity = cast(Severity, _one_of(_SEVERITIES, fields, "severity"))
    return LeanMessage(severity, _must(int, fields, "line"), _must(int, fields, "column"), _must(str, fields, "text"))


def _object(raw: Any) -> Object:
    if not isinstance(raw, dict):
        raise ValueError("no object")
    return raw


def _must(kind: type[T], fields: Object, name: str) -> T:
    value = fields.get(name)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ValueError(f"{name} is no {kind.__name__}")
    return value


def _maybe(kind: type[T], fields: Object, name: str) -> T | None:
    return None if fields.get(name) is None else _must(kind, fields, name)


def _one_of(names: tuple[str, ...], fields: Object, name: str) -> str:
    if fields.get(name) not in names:
        raise ValueError(f"{name} is none of {', '.join(names)}")
    return str(fields[name])


def _each(read: Callable[[Any], T], fields: Object, name: str) -> tuple[T, ...]:
    return tuple(read(item) for item in _must(list, fields, name))


def _texts(fields: Object, name: str) -> tuple[str, ...]:
    return _each(_text, fields, name)


def _text(raw: Any) -> str:
    if not isinstance(raw, str):
        raise ValueError("no text")
    return raw
