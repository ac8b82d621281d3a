"""The command line: what it prints, and how each kind of bad input ends."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.recipes import factory, write_recipe


def test_help_is_quick_and_names_every_command() -> None:
    done = factory("--help")
    assert done.returncode == 0
    for command in ("run", "seeds", "export", "query", "show", "report", "doctor", "submit", "publish", "model"):
        assert f" {command} " in done.stdout
    heavy = "import sys, pipelines.cli; print([m for m in ('ray', 'vllm', 'torch', 'duckdb', 'datasets') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of 6 problems."""
    folder = tmp_path_factory.mktemp("cli")
    recipe = write_recipe(folder, problems=6)
    done = factory("run", recipe, "--out", folder / "run", "--local", "--json")
    assert done.returncode == 0, done.stderr
    return folder


def test_run_prints_its_shards(made: Path) -> None:
    again = factory("run", made / "recipe.toml", "--out", made / "run", "--local", "--json")
    facts = json.loads(again.stdout)
    assert facts["trees"] == 6
    assert set(facts["rows"]) >= {"trees", "labels", "sft", "dpo", "prm"}
    for path in [*facts["paths"].values(), facts["report"]]:
        assert Path(path).stat().st_size > 0


def test_a_dry_run_writes_nothing(made: Path) -> None:
    done = factory("run", made / "recipe.toml", "--out", made / "dry", "--dry-run", "--json")
    plan = json.loads(done.stdout)
    assert (plan["seeds"], plan["folder"]) == (6, "free")
    assert not (made / "dry").exists()
    taken = factory("run", made / "recipe.toml", "--out", made / "run", "--dry-run", "--json", "--set", "seed=9")
    assert json.loads(taken.stdout)["folder"].startswith("taken by")


def test_seeds_says_what_is_kept(made: Path) -> None:
    facts = json.loads(factory("seeds", made / "recipe.toml", "--json").stdout)
    assert facts["read"] == facts["kept"] + facts["rejected"] == 6
    assert "reasons" in facts


def test_query_answers_in_json_and_in_text(made: Path) -> None:
    sql = "select count(*) as n from trees"
    assert json.loads(factory("query", made / "run", sql, "--json").stdout) == [{"n": 6}]
    assert "6" in factory("query", made / "run", sql).stdout
    refused = factory("query", made / "run", "select * from nowhere")
    assert refused.returncode == 2
    assert "trees" in refused.stderr


def test_show_draws_a_tree(made: Path) -> None:
    shown = factory("show", made / "run")
    assert shown.returncode == 0
    assert "The answer is" in shown.stdout
    assert factory("show", made / "run", "zzz").returncode == 2


def test_export_makes_another_set_of_labels_without_a_model(made: Path) -> None:
    facts = json.loads(factory("export", made / "run", "--name", "strict", "--set", "labels.threshold=0.5", "--json").stdout)
    assert facts["labels"] > 0
    assert Path(facts["report"]).is_file()
    sql = "select count(*) as n from labels where policy = 'strict'"
    assert json.loads(factory("query", made / "run", sql, "--export", "strict", "--json").stdout)[0]["n"] == facts["labels"]
    taken = factory("export", made / "run", "--name", "strict", "--set", "labels.threshold=0.25")
    assert (taken.returncode, "--name" in taken.stderr) == (6, True)
    other = factory("export", made / "run", "--name", "x", "--set", "search.omegaprm.k=2")
    assert (other.returncode, "run again" in other.stderr) == (2, True)


def test_a_changed_recipe_on_an_old_folder_is_refused_with_both_fingerprints(made: Path) -> None:
    done = factory("run", made / "recipe.toml", "--out", made / "run", "--local", "--set", "search.omegaprm.k=3")
    assert done.returncode == 6
    assert "search.omegaprm.k: 4 -> 3" in done.stderr
    manifest = json.loads((made / "run" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["fingerprint"] in done.stderr


def bad(folder: Path) -> dict[str, tuple[list[str], int, str]]:
    """Name -> settings on top of a good recipe, exit code, a piece of the message."""
    truncated = folder / "truncated.parquet"
    truncated.write_bytes(b"PAR1" + b"\0" * 50)
    (folder / "empty.json").write_text("{}", encoding="utf-8")
    (folder / "broken.json").write_text("{", encoding="utf-8")
    scripted = ["policy.kind=scripted", f"policy.scripted.script={folder / 'empty.json'}"]
    return {
        "unknown key": (["serach.k=1"], 2, "Did you mean"),
        "missing file": (["seeds.path=nowhere.jsonl"], 2, "nowhere.jsonl"),
        "wrong column map": (["seeds.columns.problem=frage"], 2, "problem"),
        "truncated parquet": ([f"seeds.path={truncated}"], 2, "truncated.parquet"),
        "absent model": (["policy.kind=vllm", "policy.model=/nowhere/model"], 3, "/nowhere/model"),
        "unfetched alias": (["policy.kind=vllm", "policy.model=smollm2"], 3, "factory model fetch smollm2"),
        "template": (["prompt.template=nowhere"], 2, "nowhere"),
        "script": (["policy.kind=scripted", f"policy.scripted.script={folder / 'broken.json'}"], 2, "broken.json"),
        "empty text": (scripted, 1, "from rejects"),
        "server gone": (["policy.kind=openai", "policy.openai.base_url=http://127.0.0.1:9/v1"], 4, "127.0.0.1:9"),
    }


BAD = [
    "unknown key", "missing file", "wrong column map", "truncated parquet", "absent model", "unfetched alias", "template",
    "script", "empty text", "server gone",
]  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input_ends_in_one_paragraph_and_its_exit_code(name: str, tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, problems=2)
    settings, code, message = bad(tmp_path)[name]
    changes = [part for setting in settings for part in ("--set", setting)]
    environment = {"COT_FACTORY_CACHE": str(tmp_path / "cache")}
    done = factory("run", recipe, "--out", tmp_path / "run", "--local", *changes, env=environment)
    assert done.returncode == code, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 2


def test_an_export_cannot_leave_its_run(made: Path) -> None:
    done = factory("export", made / "run", "--name", "../elsewhere")
    assert (done.returncode, "cannot name an export" in done.stderr) == (2, True)


def test_the_runs_own_export_is_left_alone(made: Path) -> None:
    before = (made / "run" / "exports" / "default" / "manifest.json").read_bytes()
    facts = json.loads(factory("export", made / "run", "--json").stdout)
    assert facts["export"] == "default"
    assert (made / "run" / "exports" / "default" / "manifest.json").read_bytes() == before


def test_doctor_names_what_is_missing_and_what_works() -> None:
    found = {row["name"]: row for row in json.loads(factory("doctor", "--json").stdout)}
    assert found["vllm"]["state"] == found["tiny"]["state"] == found["ray"]["state"] == "ok"
    assert all(row["detail"] for row in found.values())
