"""The manifest: what a folder of shards holds. A shard that no manifest names does not exist to any reader."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Shard:
    """One Parquet file: ``path`` is relative to the manifest's folder and carries the first 12 digits of ``sha256``."""

    kind: str
    path: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class StageCount:
    """One stage's bookkeeping. Raises ``ValueError`` unless ``read == kept + rejected``: nothing disappears."""

    stage: str
    read: int
    kept: int
    rejected: int

    def __post_init__(self) -> None:
        if self.read != self.kept + self.rejected:
            raise ValueError(f"{self.stage}: {self.read} read, but {self.kept} kept + {self.rejected} rejected")


@dataclass(frozen=True, slots=True)
class Manifest:
    """``fingerprint`` names config + inputs + model; ``sealed`` numbers the groups of seeds whose trees are in shards;
    ``totals`` are sums over the run for people to read; ``complete`` is set last, by the same atomic replace."""

    fingerprint: str
    config: dict[str, Any]
    model: dict[str, Any]
    versions: dict[str, str]
    schema_version: int
    counts: tuple[StageCount, ...] = ()
    shards: tuple[Shard, ...] = ()
    sealed: tuple[int, ...] = ()
    totals: dict[str, Any] = field(default_factory=dict)
    complete: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)

    @staticmethod
    def from_dict(data: dict[str, Any]) -> "Manifest":
        """The inverse of ``to_dict``. Raises ``TypeError`` or ``KeyError`` on anything else."""
        return Manifest(
            **{
                **data,
                "counts": tuple(StageCount(**count) for count in data["counts"]),
                "shards": tuple(Shard(**shard) for shard in data["shards"]),
                "sealed": tuple(data["sealed"]),
            }
        )

    def of_kind(self, kind: str) -> tuple[Shard, ...]:
        """The shards of one kind, in order."""
        return tuple(shard for shard in self.shards if shard.kind == kind)
