"""Publishing to a Hub double with the real client, and reading the result back as a user would."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from factory.publish import PublishPlan, PublishResult, plan_publish, publish
from factory.shards import read_manifest, write_manifest
from schemas import BadInput, FactoryError, HubError
from tests.builders import make_run
from tests.hub_double import TOKEN, HubDouble

NAME = "tester/chains"

READER = """
import json, sys
from datasets import load_dataset
print(json.dumps({kind: load_dataset(sys.argv[1], kind, split="train").to_list() for kind in sys.argv[2:]}))
"""


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[HubDouble]:
    from huggingface_hub import constants

    with HubDouble() as double:
        # The client reads its environment once, at import: set what it read. Xet is a second protocol with a second
        # server; without it the client uses Git LFS for the same files.
        set_endpoint(monkeypatch, double.url)
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
        monkeypatch.delenv("HF_TOKEN", raising=False)
        yield double


def set_endpoint(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", url + "/{repo_id}/resolve/{revision}/{filename}")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return make_run(tmp_path / "run", trees=6)


def send(plan: PublishPlan, **options: bool) -> PublishResult:
    return publish(plan, token=TOKEN, check=False, **options)


def read_back(hub: HubDouble, home: Path, *kinds: str) -> dict[str, list[dict[str, object]]]:
    """What ``load_dataset("tester/chains", kind)`` gives a stranger, in a process and cache of its own."""
    environment = {**os.environ, "HF_ENDPOINT": hub.url, "HF_HOME": str(home), "HF_HUB_DISABLE_XET": "1"}
    command = [sys.executable, "-c", READER, NAME, *kinds]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    loaded: dict[str, list[dict[str, object]]] = json.loads(done.stdout.splitlines()[-1])
    return loaded


def test_a_stranger_loads_what_was_published(hub: HubDouble, run: Path, tmp_path: Path) -> None:
    plan = plan_publish(run, NAME)
    result = publish(plan, token=TOKEN)
    assert result.changed and result.pull_request == 1 and result.url == f"{hub.url}/datasets/{NAME}"
    repo = hub.repos[NAME]
    assert repo.tags == {plan.tag: result.commit} == {plan.tag: repo.refs["main"]}
    assert [pull["status"] for pull in repo.pulls] == ["merged"]
    loaded = read_back(hub, tmp_path / "home", "sft", "prm", "trees")
    assert {kind: len(rows) for kind, rows in loaded.items()} == {kind: plan.rows[kind] for kind in loaded}
    assert {"prompt", "completions", "labels", "soft_labels"} <= loaded["prm"][0].keys()


def test_only_what_the_manifest_names_is_sent_and_the_card_goes_last(hub: HubDouble, run: Path) -> None:
    stray = run / "exports" / "default" / "sft" / "sft-00009-aaaaaaaaaaaa.parquet"
    stray.write_bytes(b"left by a killed writer")
    plan = plan_publish(run, NAME)
    send(plan)
    files = hub.repos[NAME].commits[hub.repos[NAME].refs["main"]]
    assert set(files) == {".gitattributes", "README.md", *(file.target for file in plan.files)}
    assert files["README.md"].decode() == plan.card
    order = [len(files) for files in hub.repos[NAME].commits.values()]
    assert order == [1, len(plan.files) + 1, len(plan.files) + 2, len(plan.files) + 2]


def test_publishing_again_changes_nothing_and_says_so(hub: HubDouble, run: Path) -> None:
    first = send(plan_publish(run, NAME))
    commits = len(hub.repos[NAME].commits)
    again = send(plan_publish(run, NAME))
    assert not again.changed and again.pull_request is None and again.commit == first.commit
    assert len(hub.repos[NAME].commits) == commits


def test_another_run_replaces_the_first_and_leaves_none_of_its_shards(
    hub: HubDouble, run: Path, tmp_path: Path
) -> None:
    send(plan_publish(run, NAME))
    other = plan_publish(make_run(tmp_path / "other", trees=3), NAME, kinds=("prm",))
    assert send(other).changed
    files = hub.repos[NAME].commits[hub.repos[NAME].refs["main"]]
    assert set(files) == {".gitattributes", "README.md", *(file.target for file in other.files)}
    assert len(hub.repos[NAME].tags) == 2


def test_an_interrupted_attempt_is_continued_in_its_own_pull_request(hub: HubDouble, run: Path) -> None:
    hub.fail("POST .*/merge$", 403, "not now")
    with pytest.raises(HubError, match="403"):
        send(plan_publish(run, NAME))
    assert set(hub.repos[NAME].commits[hub.repos[NAME].refs["main"]]) == {".gitattributes"}
    hub.failures.clear()
    assert send(plan_publish(run, NAME)).pull_request == 1


@pytest.mark.parametrize(
    ("request_", "status", "advice"),
    [
        ("POST /api/repos/create", 401, "HF_TOKEN"),
        ("POST /api/repos/create", 403, "write access"),
        ("POST .*/discussions$", 404, "spelling"),
        ("POST .*/commit/", 409, "changed meanwhile"),
        ("POST .*/merge$", 409, "changed meanwhile"),
        ("POST /api/repos/create", 503, "Run this again later"),
        ("POST .*/commit/", 500, "Run this again later"),
    ],
)
def test_what_the_hub_refuses_is_explained_without_the_token(
    hub: HubDouble, run: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str],
    request_: str, status: int, advice: str,
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    hub.fail(request_, status, f"refused for {TOKEN}")  # a server that echoes the token
    with pytest.raises(HubError) as raised:
        send(plan_publish(run, NAME))
    said = str(raised.value)
    assert str(status) in said and advice in said and "\n" not in said
    assert raised.value.__cause__ is None and raised.value.__suppress_context__
    assert TOKEN not in said + caplog.text + "".join(capfd.readouterr())


def test_a_wrong_token_and_no_token(hub: HubDouble, run: Path) -> None:
    with pytest.raises(HubError, match=r"401.*token was not accepted") as raised:
        publish(plan_publish(run, NAME), token="hf_wrong_wrong_wrong", check=False)
    assert "hf_wrong" not in str(raised.value)
    with pytest.raises(HubError, match="hf auth login"):
        publish(plan_publish(run, NAME), check=False)


def test_an_upload_that_fails_under_lfs_is_explained(hub: HubDouble, run: Path) -> None:
    hub.fail("PUT /blobs/", 403)
    with pytest.raises(HubError, match="403"):
        send(plan_publish(run, NAME))


def test_a_hub_that_is_not_there(hub: HubDouble, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_endpoint(monkeypatch, "http://127.0.0.1:9")
    with pytest.raises(HubError, match="cannot be reached"):
        send(plan_publish(run, NAME))


def test_private_is_not_silently_public(hub: HubDouble, run: Path) -> None:
    send(plan_publish(run, NAME, kinds=("sft",)))
    with pytest.raises(HubError, match="is public"):
        send(plan_publish(run, NAME), private=True)
    send(plan_publish(run, "tester/hidden"), private=True)
    assert hub.repos["tester/hidden"].private


def test_the_card_tells_where_it_came_from_and_hides_what_is_private(run: Path) -> None:
    manifest = read_manifest(run)
    config = {"policy": {"api_key": "sk-123", "model": "/home/ada/models/tiny", "max_tokens": 64}}
    write_manifest(run, replace(manifest, config=config))
    card = plan_publish(run, NAME).card
    assert "license: apache-2.0" in card and manifest.fingerprint in card and "| bundled | Apache-2.0 |" in card
    assert 'load_dataset("tester/chains", "prm", split="train")' in card
    assert "sk-123" not in card and "/home/ada" not in card and '"max_tokens": 64' in card


def test_what_is_refused_before_any_network(run: Path) -> None:
    for name in ("chains", "a/b/c", "tester/", "tester/a b", "tester/a..b", "-x/y"):
        with pytest.raises(BadInput, match="not a Hub name"):
            plan_publish(run, name)
    with pytest.raises(BadInput, match="cannot be published"):
        plan_publish(run, NAME, kinds=("seeds",))
    shard = run / "exports" / "default" / read_manifest(run / "exports" / "default").of_kind("sft")[0].path
    shard.write_bytes(shard.read_bytes()[:-1] + b"X")
    with pytest.raises(BadInput, match="not what its manifest names"):
        plan_publish(run, NAME)
    write_manifest(run, replace(read_manifest(run), complete=False))
    with pytest.raises(BadInput, match="not finished"):
        plan_publish(run, NAME)


def test_what_does_not_load_is_not_uploaded(hub: HubDouble, run: Path) -> None:
    plan = plan_publish(run, NAME)
    broken = replace(plan, card=plan.card.replace("prm/train-", "nowhere/train-"))
    with pytest.raises(FactoryError, match="nothing was uploaded"):
        publish(broken, token=TOKEN)
    assert not hub.seen
