"""Recipes: read strictly, refused helpfully."""

import json
from pathlib import Path

import pytest

from pipelines.config import Recipe, build_recipe, load_recipe, recipe_path
from schemas import ConfigError

RECIPES = Path(recipe_path("demo")).parent


@pytest.mark.parametrize("name", sorted(path.stem for path in RECIPES.glob("*.toml")))
def test_every_bundled_recipe_loads(name: str) -> None:
    assert load_recipe(name).name == name


def test_the_bundled_recipes_are_the_ones_the_readme_names() -> None:
    assert {path.stem for path in RECIPES.glob("*.toml")} >= {"demo", "gsm8k", "prm800k", "gpu-7b"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("serach.k=3", 'There is no key "serach". Did you mean "search"?'),
        ("search.omegaprm.kk=3", 'no key "search.omegaprm.kk". Did you mean "search.omegaprm.k"?'),
        ("search.algorithm=mcts", "'mcts' is not one of omegaprm"),
        ('search.omegaprm.k="8"', "search.omegaprm.k = '8': Input should be a valid integer"),
        ("search.omegaprm.k=8.5", "valid integer"),
        ("search=3", '"search" is a table'),
        ("name.first=3", "name is a value, not a table"),
        ("nothing", "write --set table.key=value"),
        ("labels.precedence=['oracle']", "'oracle'"),
        ("seeds.source=gsm9k", "gsm8k"),
        ("output.rows_per_shard=0", "at least 1"),
        ("sampling.top_p=0", "0 < top_p <= 1"),
        ("sampling.temperature=-1", "temperature >= 0"),
    ],
)
def test_what_is_wrong_with_a_setting_is_said(change: str, message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load_recipe("demo", [change])
    assert message in str(refused.value)


def test_settings_are_toml_values_or_bare_text() -> None:
    recipe = load_recipe(
        "demo", ["search.omegaprm.k=4", "seeds.path=a b.jsonl", "seeds.prefixes=[0, 2]", "sampling.top_p=1"]
    )
    assert recipe.search.omegaprm.k == 4
    assert recipe.seeds.path == "a b.jsonl"
    assert recipe.seeds.prefixes == (0, 2)


def test_a_recipe_crosses_processes_as_plain_data() -> None:
    recipe = load_recipe("gsm8k")
    assert build_recipe(json.loads(json.dumps(recipe.to_dict()))) == recipe


def test_how_it_is_executed_is_not_part_of_what_it_is() -> None:
    assert load_recipe("demo", ["execution.engines=7"]).identity() == load_recipe("demo").identity()
    assert load_recipe("demo", ["search.omegaprm.k=7"]).identity() != load_recipe("demo").identity()
    assert load_recipe("demo", ["policy.oracle.success=0.1"]).identity() == load_recipe("demo").identity()


def test_a_missing_or_broken_recipe_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="demo, gpu-7b, gsm8k, lean, prm800k"):
        load_recipe("nowhere.toml")
    (tmp_path / "bad.toml").write_text("a = [", encoding="utf-8")
    with pytest.raises(ConfigError, match="not valid TOML"):
        load_recipe(str(tmp_path / "bad.toml"))


def test_the_defaults_are_a_recipe() -> None:
    assert build_recipe({}) == Recipe()
