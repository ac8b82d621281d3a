"""Step judges against human labels, on data beside the repository: no model, figures as ``factory verify`` has them."""

from pathlib import Path

DATASETS = {
    "gsm8k": "processbench/gsm8k.jsonl",
    "math": "processbench/math.jsonl",
    "olympiadbench": "processbench/olympiadbench.jsonl",
    "omnimath": "processbench/omnimath.jsonl",
    "prm800k": "prm800k/validation_steps.jsonl",
    "multistep": "bigbench_mistake/multistep_arithmetic.jsonl",
    "gsm8k-train": "gsm8k/train.jsonl",
}


def dataset(data: Path, name: str) -> Path | None:
    """The file of a data set, or ``None`` where it is not there."""
    path = data / DATASETS[name]
    return path if path.is_file() else None
