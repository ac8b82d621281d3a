"""Deriving an export from a run's trees: labels, SFT, DPO and PRM shards under one label policy. No model is needed."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from factory.exports import ExportSpec, Rows, export_tree, merge_rows
from factory.labels import LabelPolicy
from factory.prompts import Prompter, PromptSpec
from factory.shards import MANIFEST, read_manifest, read_shard, shard_paths, write_manifest, write_shard
from schemas import (
    SCHEMA_VERSION,
    BadInput,
    DPORow,
    Manifest,
    PRMRow,
    Reject,
    RunConflict,
    SFTRow,
    Shard,
    StageCount,
    StepLabel,
    StepPairRow,
    Tree,
    content_id,
    to_table,
)

RECORDS: dict[str, type] = {
    "labels": StepLabel,
    "sft": SFTRow,
    "dpo": DPORow,
    "dpo_step": StepPairRow,
    "prm": PRMRow,
    "rejects": Reject,
}


def export_folder(run: Path, name: str = "default") -> Path:
    """Where the export ``name`` of a run stands. Raises ``BadInput`` for a name that is no plain folder name."""
    if not re.fullmatch(r"[\w][\w.-]*", name):
        raise BadInput(f"{name!r} cannot name an export: use letters, digits, '.', '_' and '-'.")
    return run / "exports" / name


def derive(run: Path, policy: LabelPolicy, spec: ExportSpec, name: str = "default") -> Manifest:
    """Write the export and return its manifest; an export that is already there and complete is left alone. Raises
    ``RunConflict`` where the name is taken by another policy, ``BadInput`` where ``run`` is none, ``DiskFull``."""
    source = read_manifest(run)
    folder = export_folder(run, name)
    config = {"labels": asdict(policy), "export": asdict(spec)}
    trees = [shard.sha256 for shard in source.of_kind("trees")]
    fingerprint = content_id(source.fingerprint, trees, _plain(config))
    if (folder / MANIFEST).exists() and (known := read_manifest(folder)).complete:
        if known.fingerprint == fingerprint:
            return known
        raise RunConflict(
            f"{folder} holds export {known.fingerprint}, this would be {fingerprint}: choose another --name for it."
        )
    shards, counts, totals = _write(run, folder, policy, spec)
    manifest = Manifest(
        fingerprint=fingerprint,
        config=_plain(config),
        model=source.model,
        versions=source.versions,
        schema_version=SCHEMA_VERSION,
        counts=counts,
        shards=tuple(sorted(shards, key=lambda shard: shard.path)),
        totals=totals,
        complete=True,
    )
    write_manifest(folder, manifest)
    return manifest


def _write(
    run: Path, folder: Path, policy: LabelPolicy, spec: ExportSpec
) -> tuple[list[Shard], tuple[StageCount, ...], dict[str, Any]]:
    prompter = Prompter(PromptSpec(template=spec.template))
    shards: list[Shard] = []
    trees, missed, labels = 0, Counter[str](), Counter[str]()
    for number, path in enumerate(shard_paths(run, "trees")):
        parts = [export_tree(tree, policy, spec, prompter) for tree in read_shard(path, Tree)]
        rows = merge_rows(parts)
        trees += len(parts)
        missed.update(reject.key.rpartition("/")[2] for reject in rows.get("rejects", ()))
        labels.update(_count(rows.get("labels", ())))
        shards += _shards(folder, number, rows)
    kinds = ["sft", "dpo", "prm", *(["dpo_step"] if spec.step_pairs else [])]
    counts = tuple(StageCount(kind, trees, trees - missed[kind], missed[kind]) for kind in kinds)
    return shards, counts, {"trees": trees, "labels": dict(sorted(labels.items()))}


def _shards(folder: Path, number: int, rows: Rows) -> Iterable[Shard]:
    return [
        write_shard(folder, kind, number, to_table(rows[kind], RECORDS[kind])) for kind in RECORDS if rows.get(kind)
    ]


def _count(labels: Iterable[StepLabel]) -> Counter[str]:
    """Labels by ``label/decided_by``, and ``disagreement``."""
    found = Counter(f"{label.label}/{label.decided_by}" for label in labels)
    found["disagreement"] = sum(label.disagreement for label in labels)
    return found


def _plain(config: dict[str, Any]) -> dict[str, Any]:
    """Tuples as lists, as JSON will give them back."""
    return {
        table: {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}
        for table, values in config.items()
    }
