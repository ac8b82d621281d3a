"""The recipe: one frozen tree of tables, read from TOML and checked before anything is touched.

Every table is a plain dataclass in the room that uses it; here they are only put together. Types are strict (no "8" for
8), unknown keys are refused with the nearest known one, and nothing is read or written while validating.
"""

import dataclasses
import difflib
import json
import tomllib
import typing
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from factory.doubles import Oracle
from factory.exports import ExportSpec
from factory.labels import LabelPolicy
from factory.policy import Sampling
from factory.prompts import PromptSpec
from factory.search import SearchSpec
from factory.seeds import SeedSpec
from factory.tactics import TacticSpec
from schemas import ConfigError
from verifiers import PanelConfig


@dataclass(frozen=True, slots=True)
class VLLMSpec:
    """``[policy.vllm]``. Defaults suit a CPU and a small model; see ``gpu-7b.toml`` for a GPU."""

    dtype: str = "auto"
    max_model_len: int = 1024
    max_num_seqs: int = 64
    gpu_memory_utilization: float = 0.9
    tensor_parallel_size: int = 1
    enforce_eager: bool = True
    kv_cache_gib: int = 1  # CPU only
    trust_remote_code: bool = False


@dataclass(frozen=True, slots=True)
class OpenAISpec:
    """``[policy.openai]``: any server that speaks the OpenAI chat API and can continue a final assistant message."""

    base_url: str = "http://127.0.0.1:8000/v1"
    api_key_env: str = "OPENAI_API_KEY"  # the name of the variable, never the key
    concurrency: int = 64
    timeout_s: float = 300.0


@dataclass(frozen=True, slots=True)
class ScriptedSpec:
    """``[policy.scripted]``: a JSON file ``{question: [completions]}``; the key "" holds the default ones."""

    script: str = ""


@dataclass(frozen=True, slots=True)
class PolicySpec:
    """``[policy]``: who completes. ``model`` is an alias, a local folder or a Hub id."""

    kind: str = "vllm"
    model: str = "tiny"
    vllm: VLLMSpec = field(default_factory=VLLMSpec)
    openai: OpenAISpec = field(default_factory=OpenAISpec)
    scripted: ScriptedSpec = field(default_factory=ScriptedSpec)
    oracle: Oracle = field(default_factory=Oracle)
    tactics: TacticSpec = field(default_factory=TacticSpec)

    def __post_init__(self) -> None:
        if self.kind not in POLICY_KINDS:
            raise ConfigError(f"[policy] kind {self.kind!r} is not one of {', '.join(POLICY_KINDS)}.")


POLICY_KINDS = ("vllm", "openai", "scripted", "oracle", "tactics")


@dataclass(frozen=True, slots=True)
class OutputSpec:
    """``[output]``: the shape of the shards."""

    rows_per_shard: int = 64  # seeds per trees shard

    def __post_init__(self) -> None:
        if self.rows_per_shard < 1:
            raise ConfigError("[output] rows_per_shard must be at least 1.")


@dataclass(frozen=True, slots=True)
class ExecutionSpec:
    """``[execution]``: how the work is spread. The only table that does not change what comes out, so the only one a
    resumed run may change."""

    local: bool = False  # one process, no Ray
    engines: int = 1  # Ray actors, each with a policy of its own
    num_gpus: float = 0.0  # per engine
    num_cpus: float = 1.0  # per engine
    trees_in_flight: int = 32  # per engine


@dataclass(frozen=True, slots=True)
class Recipe:
    """A whole run. ``seed`` is the random seed all request seeds derive from."""

    name: str = "run"
    seed: int = 0
    seeds: SeedSpec = field(default_factory=SeedSpec)
    prompt: PromptSpec = field(default_factory=PromptSpec)
    policy: PolicySpec = field(default_factory=PolicySpec)
    sampling: Sampling = field(default_factory=Sampling)
    search: SearchSpec = field(default_factory=SearchSpec)
    judges: PanelConfig = field(default_factory=PanelConfig)
    labels: LabelPolicy = field(default_factory=LabelPolicy)
    export: ExportSpec = field(default_factory=ExportSpec)
    output: OutputSpec = field(default_factory=OutputSpec)
    execution: ExecutionSpec = field(default_factory=ExecutionSpec)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, the inverse of ``build_recipe``; a path is its text."""

        def plain(items: list[tuple[str, Any]]) -> dict[str, Any]:
            return {name: str(value) if isinstance(value, Path) else value for name, value in items}

        return dataclasses.asdict(self, dict_factory=plain)

    def identity(self) -> dict[str, Any]:
        """What decides the output: everything but ``[execution]``, and of ``[policy]`` only the chosen kind's table."""
        config = self.to_dict()
        del config["execution"]
        config["policy"] = {key: config["policy"][key] for key in ("kind", "model", self.policy.kind)}
        return config


def load_recipe(name: str, overrides: Sequence[str] = ()) -> Recipe:
    """The recipe in a TOML file, or a bundled one by name (``demo``), with ``a.b=value`` overrides applied (TOML values;
    bare words are text). Raises ``ConfigError`` with what to change."""
    path = recipe_path(name)
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}.") from error
    for change in overrides:
        override(data, change)
    return build_recipe(data)


def recipe_path(name: str) -> Path:
    """Where a recipe stands. Raises ``ConfigError`` naming the bundled ones."""
    bundled = Path(str(resources.files("pipelines"))) / "recipes"
    for path in (Path(name), bundled / f"{name}.toml"):
        if path.is_file():
            return path
    known = ", ".join(sorted(path.stem for path in bundled.glob("*.toml")))
    raise ConfigError(f"There is no recipe {name!r}: give a TOML file, or one of the bundled recipes {known}.")


def build_recipe(data: dict[str, Any]) -> Recipe:
    """The recipe a plain tree describes. Raises ``ConfigError``."""
    _refuse_unknown(data, Recipe, "")
    try:
        return _ADAPTER.validate_json(json.dumps(data, default=str), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{key} = {first['input']!r}: {first['msg']}.") from error


_ADAPTER = TypeAdapter(Recipe)


def _refuse_unknown(data: dict[str, Any], table: Any, where: str) -> None:
    known = {item.name: hint for item, hint in zip(dataclasses.fields(table), _hints(table), strict=True)}
    for key, value in data.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1, cutoff=0.4)
            hint = f' Did you mean "{where}{near[0]}"?' if near else f" Known here: {', '.join(known)}."
            raise ConfigError(f'There is no key "{where}{key}".{hint}')
        if dataclasses.is_dataclass(known[key]):
            if not isinstance(value, dict):
                raise ConfigError(f'"{where}{key}" is a table: write [{where}{key}].')
            _refuse_unknown(value, known[key], f"{where}{key}.")


def _hints(table: Any) -> list[Any]:
    hints = typing.get_type_hints(table)
    return [hints[item.name] for item in dataclasses.fields(table)]


def override(data: dict[str, Any], text: str) -> None:
    """Set ``a.b=value`` in a plain tree, the value read as TOML or else as bare text. Raises ``ConfigError``."""
    key, equals, raw = text.partition("=")
    if not equals or not key.strip():
        raise ConfigError(f"--set {text!r}: write --set table.key=value, as in --set search.omegaprm.k=4.")
    *tables, last = key.strip().split(".")
    for name in tables:
        data = data.setdefault(name, {})
        if not isinstance(data, dict):
            raise ConfigError(f"--set {text!r}: {name} is a value, not a table.")
    try:
        data[last] = tomllib.loads(f"value = {raw}")["value"]
    except tomllib.TOMLDecodeError:
        data[last] = raw
