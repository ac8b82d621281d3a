"""What a factory run asked of its engine, and how that is asked again. Pure bookkeeping, no engine."""

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Sent:
    """One request as the engine got it, and what came back. Times in seconds on one monotonic clock."""

    prompt: tuple[int, ...]  # token ids
    seed: int
    temperature: float
    top_p: float
    lengths: tuple[int, ...]  # output tokens of each of its n sequences, end token included
    began: float
    ended: float


@dataclass(frozen=True, slots=True)
class Recording:
    """A run of the factory from its first request to its last finished tree. ``front_cpu_s`` is what the process that
    searches (prompts, trees, detokenising; not the engine, not the judges' workers) used of a core in that time."""

    requests: tuple[Sent, ...]
    began: float
    finished: tuple[float, ...]  # when each tree was done, in order
    front_cpu_s: float
    trees_in_flight: int

    @property
    def tokens(self) -> int:
        """Output tokens of the run."""
        return sum(sum(sent.lengths) for sent in self.requests)

    @property
    def sequences(self) -> int:
        """Completions drawn."""
        return sum(len(sent.lengths) for sent in self.requests)

    @property
    def wall_s(self) -> float:
        """From the first request to the last finished tree."""
        return self.finished[-1] - self.began

    @property
    def rate(self) -> float:
        """Output tokens per second of the whole run."""
        return self.tokens / self.wall_s

    def filled(self) -> float | None:
        """Output tokens per second until the last tree had started: without the end, where the engine drains because
        a bench has few seeds. Requests count where they ended. ``None`` where all trees started at once."""
        waiting = len(self.finished) - self.trees_in_flight
        if waiting < 1:
            return None
        until = self.finished[waiting - 1]
        return sum(sum(sent.lengths) for sent in self.requests if sent.ended <= until) / (until - self.began)

    def asked(self) -> float:
        """Sequences that the engine had been asked for and had not all returned, averaged over the wall: running ones,
        waiting ones, and those done whose request was not."""
        return sum(len(sent.lengths) * (sent.ended - sent.began) for sent in self.requests) / self.wall_s

    def save(self, path: Path) -> None:
        """As JSON."""
        path.write_text(json.dumps(dataclasses.asdict(self)), encoding="utf-8")

    @staticmethod
    def load(path: Path) -> "Recording":
        """The inverse of ``save``."""
        data = json.loads(path.read_text(encoding="utf-8"))
        sent = [item | {name: tuple(item[name]) for name in ("prompt", "lengths")} for item in data.pop("requests")]
        return Recording(tuple(Sent(**item) for item in sent), finished=tuple(data.pop("finished")), **data)


@dataclass(frozen=True, slots=True)
class Single:
    """One sequence to replay: exactly ``length`` tokens, whatever they say."""

    prompt: tuple[int, ...]
    seed: int
    temperature: float
    top_p: float
    length: int


def singles(requests: Sequence[Sent]) -> list[Single]:
    """Every sequence as a request of its own, in the order the factory asked: its n sequences had different lengths, and
    vLLM splits n > 1 in the same way, with ``seed + index`` as the seeds."""
    return [
        Single(sent.prompt, sent.seed + index, sent.temperature, sent.top_p, length)
        for sent in sorted(requests, key=lambda sent: sent.began)
        for index, length in enumerate(sent.lengths)
    ]
