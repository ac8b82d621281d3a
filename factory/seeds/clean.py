"""Raw rows to records: every check a row must pass, each with its own slug."""

import math
import unicodedata
from dataclasses import replace
from typing import Any, cast

from factory.seeds.prefixes import prefix_lengths
from factory.seeds.raw import BadRow, RawProblem, RawSolution, kind_of
from factory.seeds.spec import DOMAINS, SeedSpec
from schemas import HumanStep, Problem, Seed, StepAlternative, content_id
from schemas.records import Domain

MAX_TEXT_BYTES = 1_000_000  # of one step, statement, answer or test


def build_problem(raw: RawProblem, spec: SeedSpec, source: str, licence: str | None) -> Problem:
    """The record, or ``BadRow``. ``source`` and ``licence`` hold where neither recipe nor row says otherwise. A maths
    problem without a reference answer is kept: its rollouts will be undecided. Code without tests is not."""
    domain = _domain(spec.domain or raw.domain)
    statement = _text(raw.statement, "problem", domain, missing="no_problem", empty="no_problem")
    problem = Problem(
        id="",
        domain=domain,
        statement=statement,
        answer=_scalar(raw.answer, "answer"),
        tests=_tests(raw.tests, domain),
        formal=_optional(raw.formal, "formal"),
        source=_scalar(raw.source, "source") or source,
        licence=spec.licence or _scalar(raw.licence, "licence") or licence,
    )
    _checkable(problem)
    return replace(problem, id=problem_id(problem))


def problem_id(problem: Problem) -> str:
    """Content hash over domain, normalised statement and reference: equal problems of any source share it."""
    reference = [problem.answer, list(problem.tests), problem.formal]
    return content_id("problem", problem.domain, normalise(problem.statement), reference)


def normalise(text: str) -> str:
    """NFKC with all white space folded to single blanks: what makes two statements the same problem."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def build_seed(problem: Problem, raw: RawSolution, spec: SeedSpec) -> Seed:
    """The record, or ``BadRow``. An explicit label decides ``first_error``, else the first rating of -1 does; a label
    that contradicts the ratings stands beside them. ``id`` hashes problem, steps, ratings and first error."""
    steps = _steps(raw.steps, problem.domain)
    steps = _rate(steps, raw.ratings)
    first_error = _first_error(raw.label, steps)
    prefixes = prefix_lengths(spec.prefixes, len(steps), first_error)
    if not prefixes:
        raise BadRow("no_prefix", f"none of the prefix lengths {spec.prefixes} fits {len(steps)} steps")
    return Seed(_seed_id(problem, steps, first_error), problem, steps, prefixes, first_error)


def _seed_id(problem: Problem, steps: tuple[HumanStep, ...], first_error: int | None) -> str:
    told = [
        [step.text, step.rating, step.action, [[other.text, other.rating] for other in step.alternatives]]
        + ([] if step.lean is None else [step.lean])
        for step in steps
    ]
    return content_id("seed", problem.id, told, first_error)


def _steps(raw: Any, domain: str) -> tuple[HumanStep, ...]:
    if raw is None or raw == []:
        raise BadRow("no_steps", "there is no solution, or it has no steps")
    if not isinstance(raw, list):
        raise BadRow("wrong_type", f"the steps are {kind_of(raw)}, not a list")
    return tuple(_step(item, index, domain) for index, item in enumerate(raw))


def _step(raw: Any, index: int, domain: str) -> HumanStep:
    parts = raw if isinstance(raw, dict) else {"text": raw}
    return HumanStep(
        text=_text(parts.get("text"), f"step {index}", domain, missing="empty_step", empty="empty_step"),
        rating=_rating(parts.get("rating"), index),
        action=_scalar(parts.get("action"), f"step {index}'s action"),
        alternatives=_alternatives(parts.get("alternatives"), index, domain),
        lean=_exact(parts.get("lean"), f"step {index}'s Lean text"),
        before=_goals(parts.get("before"), index),
        after=_goals(parts.get("after"), index),
    )


def _exact(value: Any, name: str) -> str | None:
    """The text as it stands, white space and all."""
    if value is None:
        return None
    _text(value, name, "code", missing="wrong_type", empty="")
    return str(value)


def _goals(raw: Any, index: int) -> tuple[str, ...] | None:
    if raw is None:
        return None
    if not isinstance(raw, list):
        raise BadRow("wrong_type", f"step {index}: the goals are {kind_of(raw)}, not a list")
    return tuple(_text(goal, "a goal", "code", missing="wrong_type", empty="empty_step") for goal in raw)


def _alternatives(raw: Any, index: int, domain: str) -> tuple[StepAlternative, ...]:
    if raw is None:
        return ()
    if not isinstance(raw, list) or not all(isinstance(item, dict) for item in raw):
        raise BadRow("wrong_type", f"step {index}: the alternatives are not a list of objects")
    name = f"an alternative to step {index}"
    texts = [_text(item.get("text"), name, domain, missing="empty_step", empty="empty_step") for item in raw]
    return tuple(
        StepAlternative(text, _rating(item.get("rating"), index)) for text, item in zip(texts, raw, strict=True)
    )


def _rate(steps: tuple[HumanStep, ...], ratings: Any) -> tuple[HumanStep, ...]:
    """``ratings`` beside the steps win over those inside them. Fewer than steps: the last steps are not rated."""
    if ratings is None:
        return steps
    if not isinstance(ratings, list):
        raise BadRow("wrong_type", f"the ratings are {kind_of(ratings)}, not a list")
    if len(ratings) > len(steps):
        raise BadRow("more_labels_than_steps", f"{len(ratings)} ratings for {len(steps)} steps")
    checked = [_rating(value, index) for index, value in enumerate(ratings)]
    padded = checked + [None] * (len(steps) - len(checked))
    return tuple(replace(step, rating=rating) for step, rating in zip(steps, padded, strict=True))


def _rating(value: Any, index: int) -> int | None:
    """+1, 0, -1 or ``None``; true and false (TRL's labels) are +1 and -1."""
    if value is None:
        return None
    if isinstance(value, bool):
        return 1 if value else -1
    if not isinstance(value, int | float):
        raise BadRow("wrong_type", f"step {index}: the rating is {kind_of(value)}, not a number")
    if value not in (-1, 0, 1):
        raise BadRow("rating_out_of_range", f"step {index}: rating {_short(value)} is none of -1, 0, 1")
    return int(value)


def _first_error(label: Any, steps: tuple[HumanStep, ...]) -> int | None:
    if label is not None:
        if isinstance(label, bool) or not isinstance(label, int | float) or label != label // 1:
            raise BadRow("wrong_type", f"the label is {kind_of(label)}, not a step number or -1")
        if not -1 <= label < len(steps):
            raise BadRow("label_out_of_range", f"label {_short(label)} with {len(steps)} steps (0-based, -1 for none)")
        return int(label)
    wrong = next((index for index, step in enumerate(steps) if step.rating == -1), None)
    if wrong is not None:
        return wrong
    return -1 if all(step.rating is not None for step in steps) else None


def _domain(value: Any) -> Domain:
    if value is None:
        return "math"
    if not isinstance(value, str):
        raise BadRow("wrong_type", f"the domain is {kind_of(value)}, not text")
    if value not in DOMAINS:
        raise BadRow("bad_domain", f"domain {value[:200]!r} is none of {', '.join(DOMAINS)}; set seeds.domain")
    return cast(Domain, value)


def _tests(raw: Any, domain: str) -> tuple[str, ...]:
    if raw is None:
        return ()
    listed = raw if isinstance(raw, list) else [raw]
    texts = [_text(test, "a test", "code", missing="wrong_type", empty="") for test in listed]
    return tuple(text for text in texts if text)


def _checkable(problem: Problem) -> None:
    if problem.domain == "code" and not problem.tests:
        raise BadRow("no_tests", "a code problem needs at least one test")
    if problem.domain == "lean" and not problem.formal:
        raise BadRow("no_formal", "a lean problem needs its formal statement")


def _scalar(value: Any, name: str) -> str | None:
    """Text, or a number as text; blank is ``None``."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        if isinstance(value, float) and not math.isfinite(value):
            raise BadRow("wrong_type", f"the {name} is {value}")
        return _short(value)
    return _optional(value, name)


def _optional(value: Any, name: str) -> str | None:
    return None if value is None else _text(value, name, "code", missing="wrong_type", empty="").strip() or None


def _text(value: Any, name: str, domain: str, *, missing: str, empty: str) -> str:
    """The text, trimmed (code keeps its indentation). ``missing`` and ``empty`` are the slugs for ``None`` and for
    white space only; where ``empty`` is "" such a text comes back as it is trimmed."""
    if value is None:
        raise BadRow(missing, f"the {name} is missing")
    if not isinstance(value, str):
        raise BadRow("wrong_type", f"the {name} is {kind_of(value)}, not text")
    text = value.rstrip().lstrip("\r\n") if domain == "code" else value.strip()
    if not text and empty:
        raise BadRow(empty, f"the {name} is empty")
    _printable(text, name)
    return text


def _printable(text: str, name: str) -> None:
    if "\0" in text:
        raise BadRow("nul", f"the {name} holds a NUL character")
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise BadRow("lone_surrogate", f"the {name} holds half a surrogate pair") from None
    if size >= MAX_TEXT_BYTES:
        raise BadRow("too_long", f"the {name} is {size} bytes; {MAX_TEXT_BYTES} is too long")


def _short(value: float) -> str:
    """A number as text. An integer too long to print is refused."""
    try:
        return str(value)
    except ValueError:
        raise BadRow("too_long", "a number has thousands of digits") from None
