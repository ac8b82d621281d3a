"""SQL over a run: the views, what they count, and what SQL cannot reach."""

import dataclasses
import json
from pathlib import Path

import pytest

from factory.derive import derive
from factory.exports import ExportSpec
from factory.labels import LabelPolicy
from factory.query import VIEWS, open_views, run_query
from factory.shards import read_manifest, read_records, write_manifest, write_shard
from schemas import BadInput, Manifest, Node, Tree, to_table
from tests.builders import make_run
from tests.builders_search import verdict
from tests.recipes import factory


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("query") / "run")


def count(run: Path, view: str) -> int:
    return int(run_query(run, f"SELECT count(*) FROM {view}").rows[0][0])


def test_views_count_what_the_manifests_say(run: Path) -> None:
    whole, export = read_manifest(run), read_manifest(run / "exports" / "default")
    for kind in ("problems", "seeds", "trees"):
        assert count(run, kind) == sum(shard.rows for shard in whole.of_kind(kind))
    for kind in ("labels", "sft", "dpo", "prm"):
        assert count(run, kind) == sum(shard.rows for shard in export.of_kind(kind))
    both = (*whole.of_kind("rejects"), *export.of_kind("rejects"))
    assert count(run, "rejects") == sum(shard.rows for shard in both) == 4


def test_nodes_and_verdicts_are_the_trees_unnested(run: Path) -> None:
    inner = run_query(run, "SELECT sum(len(nodes)), sum(list_sum([len(n.verdicts) for n in nodes])) FROM trees").rows[0]
    assert (count(run, "nodes"), count(run, "verdicts")) == inner
    joined = run_query(run, 'SELECT count(*) FROM labels l JOIN nodes n ON n.tree = l.tree AND n."index" = l.node')
    assert joined.rows[0][0] == count(run, "labels")


def test_a_run_without_export_has_empty_views_with_columns(tmp_path: Path) -> None:
    bare = make_run(tmp_path / "run", 2, export=False)
    result = run_query(bare, "SELECT prompt, completions, labels FROM prm")
    assert result.columns == ("prompt", "completions", "labels") and result.rows == ()


def test_a_run_without_shards_has_every_view(tmp_path: Path) -> None:
    write_manifest(tmp_path, Manifest("f", {}, {}, {}, 1))
    for view in VIEWS:
        assert count(tmp_path, view) == 0


@pytest.mark.parametrize("name", ["it's a run", 'dou"ble', "glob[1]*?", "a=b", "run;--"])
def test_odd_folder_names_work(tmp_path: Path, name: str) -> None:
    assert count(make_run(tmp_path / name, 2), "trees") == 2


def test_shards_that_no_manifest_names_do_not_exist(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", 4)
    manifest = read_manifest(run)
    write_manifest(run, dataclasses.replace(manifest, shards=manifest.shards[:-1]))
    assert count(run, "trees") == 2


def test_limit_says_that_there_is_more(run: Path) -> None:
    cut = run_query(run, "SELECT id FROM trees", limit=5)
    assert len(cut.rows) == 5 and cut.more
    assert not run_query(run, "SELECT id FROM trees", limit=12).more


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('{outside}')",
        "SELECT * FROM '{outside}'",
        "SELECT * FROM read_csv('{inside}/../secret.csv')",
        "SELECT * FROM read_text('{inside}/manifest.json')",
        "SELECT * FROM glob('{inside}/../*')",
        "COPY (SELECT 1) TO '{inside}/new.parquet'",
        "WITH w AS (COPY (SELECT 1) TO '{inside}/new.parquet') SELECT 1",
        "COPY trees TO '{inside}/../new.parquet'",
        "EXPORT DATABASE '{inside}/new.parquet'",
        "ATTACH '{inside}/new.parquet' AS other",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "INSTALL httpfs",
    ],
)
def test_sql_reads_and_writes_no_file(tmp_path: Path, sql: str) -> None:
    run = make_run(tmp_path / "run", 1)
    secret = tmp_path / "secret.csv"
    secret.write_text("a\nhidden\n")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(BadInput) as caught:
        run_query(run, sql.format(outside=secret, inside=run))
    assert "hidden" not in str(caught.value)
    assert sorted(tmp_path.rglob("*")) == before


def test_python_variables_are_no_tables(run: Path) -> None:
    import pyarrow as pa

    secret = pa.table({"a": [1]})
    with pytest.raises(BadInput):
        run_query(run, "SELECT * FROM secret")
    assert secret.num_rows == 1


def test_a_manifest_cannot_point_outside_its_folder(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", 2)
    manifest = read_manifest(make_run(tmp_path / "other", 2))
    away = dataclasses.replace(manifest.shards[0], path=f"../other/{manifest.shards[0].path}")
    write_manifest(run, dataclasses.replace(manifest, shards=(away,)))
    with pytest.raises(BadInput, match="outside"):
        open_views(run)


@pytest.mark.parametrize(
    "sql", ["SELEC 1", "SELECT nothing FROM trees", "", "SELECT 1/'x'", "DROP VIEW trees; FROM trees"]
)
def test_wrong_sql_names_the_views(run: Path, sql: str) -> None:
    with pytest.raises(BadInput, match="labels: tree, node, parent") as caught:
        run_query(run, sql)
    assert "nodes: tree, index" in str(caught.value)


def test_wrong_places_say_what_there_is(run: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="It has: default"):
        run_query(run, "SELECT 1", export="strict")
    with pytest.raises(BadInput, match="no export"):
        run_query(run, "SELECT 1", export="../..")
    with pytest.raises(BadInput, match="not a run"):
        run_query(tmp_path, "SELECT 1")


def test_a_damaged_shard_is_bad_input(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", 2)
    shard = run / read_manifest(run).of_kind("trees")[0].path
    shard.write_bytes(shard.read_bytes()[:200])
    with pytest.raises(BadInput):
        run_query(run, "SELECT count(*) FROM nodes")
    shard.unlink()
    with pytest.raises(BadInput, match="not there"):
        open_views(run)


def test_disagreement_is_a_row_that_says_who_said_what(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", 1, export=False)
    tree = next(iter(read_records(run, "trees", Tree)))
    said = {1: ("sympy:valid", "python:invalid"), 2: ("sympy:valid", "python:unknown")}

    def judged(node: Node) -> Node:
        verdicts = tuple(verdict(outcome, judge) for judge, outcome in (each.split(":") for each in said[node.index]))
        return dataclasses.replace(node, verdicts=verdicts, rating=None, correct=0, total=0, value=None)

    nodes = (tree.nodes[0], *(judged(node) for node in tree.nodes[1:3]))
    chain = dataclasses.replace(tree, nodes=nodes, rollouts=())
    manifest = read_manifest(run)
    others = tuple(shard for shard in manifest.shards if shard.kind != "trees")
    shard = write_shard(run, "trees", 0, to_table([chain], Tree))
    write_manifest(run, dataclasses.replace(manifest, shards=(*others, shard)))
    derive(run, LabelPolicy(), ExportSpec(), "default")
    done = factory("query", run, "select node, label, decided_by, judges from labels where disagreement", "--json")
    assert done.returncode == 0, done.stderr
    expected = {"node": 1, "label": "incorrect", "decided_by": "python", "judges": list(said[1])}
    assert json.loads(done.stdout) == [expected]
    shown = factory("query", run, "select * from labels where disagreement")
    assert "python:invalid" in " ".join(shown.stdout.split())
