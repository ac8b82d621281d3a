"""One tree out of a run, and its labels, without reading the rest."""

from pathlib import Path

import pyarrow.dataset as ds

from factory.derive import export_folder
from factory.shards import MANIFEST, read_records, shard_paths
from schemas import BadInput, StepLabel, Tree, arrow_schema, from_table


def find_tree(run: Path, beginning: str) -> Tree:
    """The one tree whose id begins so; "" gives the run's first. Raises ``BadInput`` where none or several do."""
    if not beginning:
        first = next(read_records(run, "trees", Tree), None)
        if first is None:
            raise BadInput(f"{run} holds no finished trees yet.")
        return first
    found = [tree for tree in read_records(run, "trees", Tree) if tree.id.startswith(beginning)]
    if len(found) != 1:
        hint = "`factory query RUN 'select id, problem.statement from trees'` lists them."
        raise BadInput(f"{len(found)} trees of {run} begin with {beginning!r}. {hint}")
    return found[0]


def tree_labels(run: Path, tree: str, export: str = "default") -> list[StepLabel]:
    """The labels of one tree, in node order; empty where the export does not exist yet."""
    folder = export_folder(run, export)
    if not (folder / MANIFEST).exists():
        return []
    paths = [str(path) for path in shard_paths(folder, "labels")]
    table = ds.dataset(paths, schema=arrow_schema(StepLabel)).to_table(filter=ds.field("tree") == tree)
    return from_table(table, StepLabel)
