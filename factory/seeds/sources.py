"""From a ``SeedSpec`` to its rows: bundled, files, or anything the ``datasets`` library loads."""

import importlib.resources
import itertools
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from factory.seeds.files import Found, column_names, find_files, read_file
from factory.seeds.importers import Format
from factory.seeds.spec import SeedSpec, did_you_mean
from schemas import BadInput

PEEK_ROWS = 1000  # rows in which a mapped column must turn up
PEEK_CHARS = 4 << 20  # and how much of their text may be held meanwhile


@dataclass(frozen=True, slots=True)
class Source:
    """``rows`` in order, to be read once; ``name`` is what a problem's ``source`` says unless its row knows better."""

    name: str
    rows: Iterator[Found]


def open_source(spec: SeedSpec, form: Format) -> Source:
    """The rows ``spec`` names. ``BadInput`` where there are none to be had, or a column it needs is in none of them."""
    if spec.source == "bundled":
        name = "lean.jsonl" if spec.domain == "lean" else "seeds.jsonl"
        place = importlib.resources.files("factory") / "data" / name
        with importlib.resources.as_file(place) as path:
            return _from_files(str(path), spec, form)
    if spec.dataset is not None:
        return _from_dataset(spec.dataset, spec, form)
    if spec.source == "dataset":
        raise BadInput('seeds.source = "dataset" needs seeds.dataset: a name on the Hub, or a local folder.')
    if spec.path is None:
        raise BadInput(f'seeds.source = "{spec.source}" needs seeds.path (a file or folder) or seeds.dataset.')
    return _from_files(spec.path, spec, form)


def _from_files(path: str, spec: SeedSpec, form: Format) -> Source:
    files = find_files(path)
    wanted = _wanted(spec, form)
    for file in files:
        names = column_names(file)
        if names is not None:
            check_columns(names, spec, form, file.name)
    rows = itertools.chain.from_iterable(read_file(file, wanted) for file in files)
    name = spec.source if form.defaults or spec.source == "processbench" else Path(path).name
    return Source(name, _checked(rows, spec, form, Path(path).name) if column_names(files[0]) is None else rows)


def _from_dataset(name: str, spec: SeedSpec, form: Format) -> Source:
    rows = _load(name, spec)
    names = rows.column_names
    if names is not None:
        check_columns(names, spec, form, name)
    label = Path(name).name if Path(name).exists() else name
    found = (Found(f"{label}:{spec.split}:{number}", row) for number, row in enumerate(_guard(rows, name), start=1))
    return Source(label, _checked(found, spec, form, name) if names is None else found)


def _load(name: str, spec: SeedSpec) -> Any:
    """A streamed split. Local folders need no network; a folder that ``save_to_disk`` wrote is read as such."""
    import datasets  # heavy: only who asks for it waits for it

    try:
        if (Path(name) / "dataset_info.json").is_file() or (Path(name) / "dataset_dict.json").is_file():
            loaded = datasets.load_from_disk(name)
            return loaded[spec.split] if isinstance(loaded, datasets.DatasetDict) else loaded
        return datasets.load_dataset(name, spec.config, split=spec.split, streaming=True)
    except KeyError as error:
        raise BadInput(f"The dataset {name} has no split {error}. Set seeds.split.") from error
    except (ValueError, OSError, ConnectionError, datasets.exceptions.DatasetsError) as error:
        raise BadInput(
            f"The dataset {name} (config {spec.config}, split {spec.split}) cannot be loaded: "
            f"{' '.join(str(error).split())[:500]} Check the name, seeds.config and seeds.split, and the network."
        ) from error


def _guard(rows: Any, name: str) -> Iterator[Any]:
    import datasets
    import pyarrow as pa

    try:
        yield from rows
    except (ValueError, OSError, pa.ArrowException, datasets.exceptions.DatasetsError) as error:
        reason = " ".join(str(error).split())[:500]
        raise BadInput(f"The dataset {name} broke while it was read: {reason} Fetch it again.") from error


def _wanted(spec: SeedSpec, form: Format) -> set[str]:
    return {*form.columns(spec).names.values(), *form.extra}


def _checked(rows: Iterator[Found], spec: SeedSpec, form: Format, where: str) -> Iterator[Found]:
    """The same rows, once the first of them are seen to hold the columns: usually the very first does. Where none of
    them is an object there is nothing to compare: each will be rejected by itself."""
    held: list[Found] = []
    names: dict[str, None] = {}
    for found in itertools.islice(rows, PEEK_ROWS):
        held.append(found)
        names |= dict.fromkeys(found.value if isinstance(found.value, dict) else ())
        if not missing_columns(names, spec, form) or sum(len(item.raw or "") for item in held) > PEEK_CHARS:
            break
    if names:
        check_columns(list(names), spec, form, where)
    yield from held
    held.clear()
    yield from rows


def missing_columns(names: Collection[str], spec: SeedSpec, form: Format) -> list[str]:
    """What the recipe's map, or the format, needs and ``names`` lacks, in words: ``ours = theirs``, or ``a or b``."""
    mapped = form.columns(spec).names
    missing = [f"{ours} = {theirs}" for ours, theirs in spec.columns.items() if theirs not in names]
    for group in form.needs:
        theirs = [mapped.get(ours, ours) for ours in group]
        if not set(theirs).intersection(names):
            missing.append(" or ".join(dict.fromkeys(theirs)))
    return missing


def check_columns(names: list[str], spec: SeedSpec, form: Format, where: str) -> None:
    """``BadInput`` where columns are missing: which, which there are, and what to do."""
    if missing := missing_columns(names, spec, form):
        near = did_you_mean(missing[0].split(" = ")[-1].split(" or ")[0], names)
        listed = ", ".join(name[:80] for name in names[:40])
        raise BadInput(
            f"{where} has no column for: {'; '.join(missing)}{near}. Its columns: {listed}. "
            'Set [seeds.columns] in the recipe, as in problem = "question", or another seeds.source.'
        )
