"""What publishing a run would upload, worked out and proved loadable without any network."""

import contextlib
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from factory.card import CardFacts, Source, card_body, card_header
from factory.shards import read_manifest
from schemas import BadInput, FactoryError, Manifest, Shard, content_id

KINDS = ("sft", "dpo", "dpo_step", "prm", "labels", "trees")
TREES = "trees"  # the one kind that lies in the run itself; the others are an export's
STREAM_BYTES = 1_000_000_000  # above this the loading check reads only the first row of each kind

GATE = """
import json, sys
from datasets import load_dataset
folder, whole, kinds = sys.argv[1], sys.argv[2] == "whole", json.loads(sys.argv[3])
for kind, rows in kinds.items():
    data = load_dataset(folder, kind, split="train", streaming=not whole)
    if whole and len(data) != rows:
        sys.exit(f"{kind}: {len(data)} rows load where the manifest says {rows}")
    next(iter(data))
"""


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """One shard and the name it will have on the Hub. ``bytes`` and ``sha256`` were checked against the file."""

    source: Path
    target: str
    kind: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class PublishPlan:
    """What would be uploaded. ``digest`` names files and card together; ``card`` is the whole README.md."""

    run: Path
    repo_id: str
    fingerprint: str
    digest: str
    files: tuple[PlannedFile, ...]
    card: str

    @property
    def tag(self) -> str:
        """The git tag of this content on the Hub."""
        return f"run-{self.fingerprint[:12]}-{self.digest[:8]}"

    @property
    def rows(self) -> dict[str, int]:
        """Rows per kind, in order of publication."""
        return _rows(self.files)


def plan_publish(run: Path, repo_id: str, export: str = "default", kinds: tuple[str, ...] = KINDS) -> PublishPlan:
    """Everything publishing would do, without network; every shard is hashed.

    Kinds without rows are left out. Raises ``BadInput`` for an unfinished run, a damaged shard, a bad name."""
    _check_repo_id(repo_id)
    if unknown := sorted(set(kinds) - set(KINDS)):
        raise BadInput(f"{', '.join(unknown)} cannot be published. Choose from {', '.join(KINDS)}.")
    folders = {"run": run, "export": run / "exports" / export}
    manifests = {name: _finished(folder, run) for name, folder in folders.items()}
    files: list[PlannedFile] = []
    for kind in kinds:
        where = "run" if kind == TREES else "export"
        files += _planned(folders[where], kind, manifests[where].of_kind(kind))
    if not files:
        raise BadInput(f"{run} holds no rows of {', '.join(kinds)}, so there is nothing to publish.")
    sources = _sources(run, manifests["run"])
    facts = CardFacts(repo_id, manifests["run"], manifests["export"], export, _rows(files), sources)
    body, fingerprint = card_body(facts), manifests["run"].fingerprint
    digest = content_id([[file.target, file.sha256] for file in files], body)
    return PublishPlan(run, repo_id, fingerprint, digest, tuple(files), card_header(facts, digest) + "\n" + body)


@contextlib.contextmanager
def staged(plan: PublishPlan) -> Iterator[Path]:
    """A temporary folder that looks as the repository will: links to the shards, and the card."""
    with tempfile.TemporaryDirectory(prefix="cot-factory-publish-") as name:
        folder = Path(name)
        for file in plan.files:
            (folder / file.target).parent.mkdir(exist_ok=True)
            (folder / file.target).symlink_to(file.source)
        (folder / "README.md").write_text(plan.card, encoding="utf-8")
        yield folder


def check_loads(folder: Path, plan: PublishPlan) -> None:
    """Load each kind from the staged folder with ``datasets``, offline, as a reader would. Raises ``FactoryError``."""
    size = sum(file.bytes for file in plan.files)
    arguments = [str(folder), "whole" if size < STREAM_BYTES else "first", json.dumps(plan.rows)]
    with tempfile.TemporaryDirectory(prefix="cot-factory-cache-") as cache:
        environment = {name: value for name, value in os.environ.items() if name != "HF_TOKEN"}
        environment |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_CACHE": cache, "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}
        command = [sys.executable, "-c", GATE, *arguments]
        done = subprocess.run(command, env=environment, cwd=cache, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise FactoryError(f"`datasets` cannot load what would be published, so nothing was uploaded: {last}")


def _check_repo_id(repo_id: str) -> None:
    name = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9])?"
    if not re.fullmatch(f"{name}/{name}", repo_id) or "--" in repo_id or ".." in repo_id:
        raise BadInput(f"{repo_id!r} is not a Hub name. Write user/name, with letters, digits and single . _ - inside.")


def _finished(folder: Path, run: Path) -> Manifest:
    manifest = read_manifest(folder)
    if not manifest.complete:
        raise BadInput(
            f"{folder} is not finished, so it is not published. Run its recipe again with --out {run} first."
        )
    return manifest


def _planned(folder: Path, kind: str, shards: tuple[Shard, ...]) -> list[PlannedFile]:
    kept = [shard for shard in shards if shard.rows]
    targets = [f"{kind}/train-{number:05d}-of-{len(kept):05d}.parquet" for number in range(len(kept))]
    return [
        PlannedFile(_verified(folder, shard), target, kind, shard.rows, shard.bytes, shard.sha256)
        for shard, target in zip(kept, targets, strict=True)
    ]


def _verified(folder: Path, shard: Shard) -> Path:
    path = folder / shard.path
    if path.is_file():
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() == shard.sha256:
                return path.resolve()
    raise BadInput(f"{path} is missing or is not what its manifest names. Run the recipe or `factory export` again.")


def _rows(files: Iterable[PlannedFile]) -> dict[str, int]:
    rows: Counter[str] = Counter()
    for file in files:
        rows[file.kind] += file.rows
    return dict(rows)


def _sources(run: Path, manifest: Manifest) -> tuple[Source, ...]:
    """Sources and licences of the run's trees, most common first."""
    counts: Counter[tuple[str, str | None]] = Counter()
    for shard in manifest.of_kind(TREES):
        with pq.ParquetFile(run / shard.path) as file:
            table = file.read(columns=["problem.source", "problem.licence"])
        counts.update((row["source"], row["licence"]) for row in table["problem"].to_pylist())
    ordered = sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
    return tuple(Source(name, licence, number) for (name, licence), number in ordered)
