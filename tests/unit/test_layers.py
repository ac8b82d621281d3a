"""The rooms import only through the doors, and each heavy library has one home."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAY_IMPORT = {
    "schemas": set(),
    "verifiers": {"schemas"},
    "factory": {"schemas"},
    "pipelines": {"schemas", "verifiers", "factory"},
}
HOMES = {
    "vllm": {"pipelines/engine.py"},
    "ray": {"pipelines/stages.py", "pipelines/submit.py", "pipelines/verify_ray.py"},
    "sympy": {"verifiers"},
    "math_verify": {"verifiers"},
    "duckdb": {"factory/query.py"},
    "huggingface_hub": {"factory/publish.py", "pipelines/models.py"},
    "typer": {
        f"pipelines/{name}.py"
        for name in ("cli", "cli_cot", "cli_equal", "cli_lean", "cli_sandbox", "cli_verify", "summary")
    },
    "openai": {"pipelines/openai_policy.py"},
}
LAZY = ("vllm", "ray", "openai")  # imported inside functions only, so that `factory --help` stays quick


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """The top-level package of each import in a file, and whether it stands at module level."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        top = node in tree.body
        if isinstance(node, ast.Import):
            yield from ((alias.name.partition(".")[0], top) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import"
            yield (node.module or "").partition(".")[0], top


def sources() -> list[Path]:
    """Every source file of the four rooms."""
    return [path for room in MAY_IMPORT for path in sorted((ROOT / room).rglob("*.py"))]


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_imports_only_rooms_below_it_and_heavy_libraries_only_at_home(path: Path) -> None:
    place = str(path.relative_to(ROOT))
    room = place.partition("/")[0]
    for name, top in imports(path):
        assert name == room or name not in MAY_IMPORT or name in MAY_IMPORT[room], f"{place} imports {name}"
        homes = HOMES.get(name, {place})
        assert any(place == home or place.startswith(f"{home}/") for home in homes), f"{place} imports {name}"
        assert not (top and name in LAZY), f"{place} imports {name} at module level"


def test_the_rule_can_fail(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("import ray\nfrom pipelines import run\n", encoding="utf-8")
    assert list(imports(tmp_path / "bad.py")) == [("ray", True), ("pipelines", True)]
