"""The dataset card: what the Hub shows and what ``load_dataset`` reads. Pure text, equal inputs give equal cards."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from schemas import Manifest

# Licence identifiers the Hub knows (a part of its list; anything else becomes "other" with the text in the card).
HUB_LICENCES = (
    *("apache-2.0", "mit", "cc0-1.0", "cc-by-4.0", "cc-by-3.0", "cc-by-sa-4.0", "cc-by-sa-3.0", "cc-by-nc-4.0"),
    *("cc-by-nc-sa-4.0", "odc-by", "odbl", "bsd-2-clause", "bsd-3-clause", "gpl-3.0", "agpl-3.0", "unlicense", "pddl"),
)
SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
SECRET_WORDS = ("key", "token", "secret", "password", "credential", "url")  # a URL may name a private host

COLUMNS = {
    "sft": "`messages` as TRL's SFTTrainer reads them; the first `human_steps` steps (`human_prefix`) were written "
    "by a human, the rest by the model; `recovers` marks a solution that notices and mends an error; `score` is the "
    "mean soft value of its steps.",
    "dpo": "`prompt`, `chosen`, `rejected` as TRL's DPOTrainer reads them: two full solutions that share "
    "`shared_prefix` and part at one step; `margin` in [0, 1] and `reason` say how sure and why.",
    "dpo_step": "the step-level form (Step-DPO): `prompt` holds the problem and the shared steps, `chosen` and "
    "`rejected` one step each, as plain text.",
    "prm": "`prompt`, `completions`, `labels` (booleans) as TRL 1.13's PRMTrainer reads them, cut after the first "
    "wrong step. `soft_labels` holds the share of right rollouts, `correct`/`total` the raw counts, `first_error` the "
    "0-based step or -1, `decided_by` who said so.",
    "labels": "one row per judged step: `label`, `decided_by`, the raw counts, the Wilson 95% interval `low`..`high`, "
    "every judge's verdict and the evidence. `disagreement` marks steps on which two sources contradict each other.",
    "trees": "one row per search with all `nodes`, `rollouts` and verdicts: enough to derive the other configurations "
    "again under another label policy, without a model.",
}
LIMITS = (
    "A label with `decided_by = rollouts` says how often this model reached the right answer from there. It is an "
    "estimate, not a proof: it depends on the model, and tends to place an error too late.",
    "`unknown` means nobody could decide. It is not a negative label and does not become one in `prm`.",
    "A right final answer does not make every step right; use `labels` to filter by who decided.",
    "Model-written text was not reviewed by a human and keeps the biases of the model and of the seed problems.",
)


@dataclass(frozen=True, slots=True)
class Source:
    """Where seed problems came from: ``problems`` of them carry this source and licence."""

    name: str
    licence: str | None
    problems: int


@dataclass(frozen=True, slots=True)
class CardFacts:
    """All a card says. ``rows`` maps each published configuration to its number of rows, the default one first."""

    repo_id: str
    run: Manifest
    export: Manifest
    export_name: str
    rows: Mapping[str, int]
    sources: tuple[Source, ...]


def card_header(facts: CardFacts, digest: str) -> str:
    """The YAML front matter. ``digest`` names the published content, so that publishing it twice can be noticed."""
    lines = ["---", "language:", "- en", *_licence(facts.sources)]
    lines += ["pretty_name: " + _quoted(facts.repo_id.split("/")[-1]), "size_categories:", f"- {_size(facts.rows)}"]
    lines += ["task_categories:", "- text-generation", "tags:", "- chain-of-thought", "- process-reward-model"]
    lines += ["- synthetic", "- reasoning", "- cot-factory", "configs:"]
    for number, kind in enumerate(facts.rows):
        lines += [f"- config_name: {kind}", *(["  default: true"] if number == 0 else [])]
        lines += ["  data_files:", "  - split: train", f"    path: {kind}/train-*.parquet"]
    lines += ["cot_factory:", f"  run: {_quoted(facts.run.fingerprint)}", f"  content: {_quoted(digest)}", "---"]
    return "\n".join(lines) + "\n"


def card_body(facts: CardFacts) -> str:
    """The Markdown below the front matter."""
    title = f"# {facts.repo_id.split('/')[-1]}\n\nReasoning data made by `cot-factory`: human solutions are cut into "
    title += "prefixes, a model completes them in a tree search, and judges and rollouts label every step.\n"
    parts = [title, _loading(facts), _columns(facts), _provenance(facts), _figures(facts), _recipe(facts.run)]
    limits = "## Limits\n\n" + "\n".join(f"- {limit}" for limit in LIMITS) + "\n"
    return "\n".join([*parts, limits])


def _licence(sources: tuple[Source, ...]) -> list[str]:
    slugs = {(source.licence or "unknown").strip().lower().replace(" ", "-") for source in sources}
    if len(slugs) == 1 and slugs <= set(HUB_LICENCES):
        return [f"license: {slugs.pop()}"]
    return ["license: other", "license_name: per-source", "license_link: README.md"]


def _size(rows: Mapping[str, int]) -> str:
    total = sum(rows.values())
    return next((name for bound, name in SIZES if total < bound), "n>1M")


def _loading(facts: CardFacts) -> str:
    lines = [f'{kind} = load_dataset("{facts.repo_id}", "{kind}", split="train")' for kind in facts.rows]
    code = "\n".join(["from datasets import load_dataset", "", *lines])
    return f"## Load it\n\n```python\n{code}\n```\n"


def _columns(facts: CardFacts) -> str:
    notes = [f"- **{kind}** ({rows:,} rows): {COLUMNS.get(kind, '')}" for kind, rows in facts.rows.items()]
    return "## Columns\n\n" + "\n".join(notes) + "\n\n`tree` and `node` lead from every row back to its search tree.\n"


def _provenance(facts: CardFacts) -> str:
    rows: list[tuple[str, Any]] = [("run fingerprint", facts.run.fingerprint), ("export", facts.export_name)]
    rows += [("export fingerprint", facts.export.fingerprint), ("record schema", facts.run.schema_version)]
    rows += [(f"model {name}", value) for name, value in _flat(public(facts.run.model))]
    rows += [(f"version of {name}", value) for name, value in sorted(facts.run.versions.items())]
    seeds = [(source.name, source.licence or "not stated", f"{source.problems:,}") for source in facts.sources]
    return "\n".join(
        [
            "## Provenance\n",
            _table(("what", "value"), rows),
            "\nSeed problems. The licence of a row is that of its source:\n",
            _table(("source", "licence", "trees"), seeds),
            "",
        ]
    )


def _figures(facts: CardFacts) -> str:
    counts = {count.stage: count for count in (*facts.run.counts, *facts.export.counts)}.values()
    stages = [(c.stage, f"{c.read:,}", f"{c.kept:,}", f"{c.rejected:,}") for c in counts]
    totals = {**facts.run.totals, **facts.export.totals}
    parts = ["## Figures\n", _table(("stage", "read", "kept", "rejected"), stages)]
    if totals:
        parts += ["", _table(("total", "value"), _flat(public(totals)))]
    return "\n".join([*parts, ""])


def _recipe(run: Manifest) -> str:
    text = json.dumps(public(run.config), indent=1, sort_keys=True, ensure_ascii=False)
    return f"<details><summary>The recipe</summary>\n\n```json\n{text}\n```\n\n</details>\n"


def public(value: Any, key: str = "") -> Any:
    """``value`` without what is nobody's business: secrets are dropped, absolute paths keep their last part."""
    if any(key.lower() == word or key.lower().endswith("_" + word) for word in SECRET_WORDS):
        return "(not shown)"
    if isinstance(value, Mapping):
        return {name: public(item, name) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [public(item) for item in value]
    if isinstance(value, str) and value.startswith(("/", "~")) and "\n" not in value:
        return PurePath(value).name
    return value


def _flat(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Nested figures as ``a / b`` rows."""
    rows: list[tuple[str, Any]] = []
    for name, value in values.items():
        rows += _flat(value, f"{prefix}{name} / ") if isinstance(value, Mapping) else [(prefix + name, value)]
    return rows


def _table(head: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        value = f"{value:.4g}"
    elif isinstance(value, int) and not isinstance(value, bool):
        value = f"{value:,}"
    return str(value).replace("|", "\\|").replace("\n", " ")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
