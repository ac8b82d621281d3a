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
    most_running: int  # sequences that the engine runs at once, ``max_num_seqs``

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

    def full_until(self) -> float:
        """The last moment at which as many sequences were asked for as the engine can run: from then on it drains,
        because a bench has few seeds and the last trees ask for little at a time."""
        changes = [(sent.began, len(sent.lengths)) for sent in self.requests]
        changes += [(sent.ended, -len(sent.lengths)) for sent in self.requests]
        asked, until = 0, self.began
        for moment, change in sorted(changes):
            if asked >= self.most_running:
                until = moment
            asked += change
        return until

    def filled(self) -> float | None:
        """Output tokens per second until ``full_until``; ``None`` where the engine never was full. A request still open
        then counts by the share of its time that had passed."""
        until = self.full_until()
        if until == self.began:
            return None
        passed = ((until - sent.began) / (sent.ended - sent.began) for sent in self.requests)
        made = (sum(sent.lengths) * min(1.0, max(0.0, part)) for sent, part in zip(self.requests, passed, strict=True))
        return sum(made) / (until - self.began)

    @property
    def full_share(self) -> float:
        """Share of the wall before ``full_until``."""
        return (self.full_until() - self.began) / self.wall_s

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
