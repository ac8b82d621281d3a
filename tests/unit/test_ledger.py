"""The run folder: exactly once, in order, and never half."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from factory.journal import Grown, Journal
from factory.ledger import Identity, Ledger
from factory.seeds import SeedBatch
from factory.shards import read_manifest, read_records, shard_paths, verify_shards, write_shard
from schemas import (
    BadInput,
    DiskFull,
    FactoryError,
    Message,
    Problem,
    Reject,
    RunConflict,
    Seed,
    Tree,
    Usage,
    to_bytes,
    to_table,
)

IDENTITY = Identity("f1", {"search": {"k": 8}}, {}, {}, 1)


def batch(n: int) -> SeedBatch:
    problem = Problem("p", "math", "Q", "1", (), None, "test", None)
    seeds = tuple(Seed(f"s{i}", problem, (), (0,), None) for i in range(n))
    return SeedBatch(seeds, (), n, n, 0)


def outcome(i: int) -> Grown:
    if i % 7 == 6:
        return Grown(i, "reject", to_bytes(Reject("trees", f"s{i}", "token_limit", "", "")))
    problem = Problem("p", "math", "Q", "1", (), None, "test", None)
    usage = Usage(1, 2, 3, 4, 5)
    return Grown(i, "tree", to_bytes(Tree(f"s{i}", problem, (0,), None, "omegaprm", "m", "searches", (), (), usage)))


def run(folder: Path, order: list[int], total: int, rows: int = 4) -> list[str]:
    with Ledger(folder, IDENTITY, rows) as ledger:
        ledger.plant(batch(total))
        for i in order:
            ledger.commit(outcome(i), total)
        ledger.finish(total)
    return [shard.path for shard in read_manifest(folder).shards]


def test_shards_do_not_depend_on_the_order_of_outcomes(tmp_path: Path) -> None:
    total = 21
    forwards = run(tmp_path / "a", list(range(total)), total)
    backwards = run(tmp_path / "b", list(range(total))[::-1], total)
    assert forwards == backwards
    assert [tree.id for tree in read_records(tmp_path / "a", "trees", Tree)] == [f"s{i}" for i in range(21) if i % 7 != 6]
    assert [r.key for r in read_records(tmp_path / "a", "rejects", Reject)] == ["s6", "s13", "s20"]
    verify_shards(tmp_path / "a")


def test_an_outcome_that_comes_twice_counts_once(tmp_path: Path) -> None:
    assert run(tmp_path, [*range(9), *range(9)], 9) == run(tmp_path / "once", list(range(9)), 9)
    counts = {count.stage: count for count in read_manifest(tmp_path).counts}
    assert (counts["trees"].read, counts["trees"].kept, counts["trees"].rejected) == (9, 8, 1)
    assert read_manifest(tmp_path).totals["rollouts"] == 16


def test_a_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    with Ledger(tmp_path, IDENTITY, 4) as ledger:
        ledger.plant(batch(9))
        for i in (0, 1, 2, 3, 8, 5):
            ledger.commit(outcome(i), 9)
        assert ledger.remaining(9) == [4, 6, 7]
    with Ledger(tmp_path, IDENTITY, 4) as ledger:
        assert ledger.remaining(9) == [4, 6, 7]
        assert ledger.manifest.sealed == (0, 2)
        assert not ledger.commit(outcome(2), 9)


def test_a_run_with_a_missing_outcome_does_not_finish(tmp_path: Path) -> None:
    with Ledger(tmp_path, IDENTITY, 4) as ledger:
        ledger.plant(batch(3))
        ledger.commit(outcome(0), 3)
        with pytest.raises(RunConflict, match="3 seeds, but 1 outcomes"):
            ledger.finish(3)
    assert not read_manifest(tmp_path).complete


def test_another_config_is_refused_with_both_fingerprints_and_the_change(tmp_path: Path) -> None:
    run(tmp_path, [0], 1)
    other = replace(IDENTITY, fingerprint="f2", config={"search": {"k": 4}})
    with pytest.raises(RunConflict, match=r"run f1; .* run f2.*search.k: 8 -> 4"):
        Ledger(tmp_path, other, 4)


def test_two_writers_are_refused(tmp_path: Path) -> None:
    with Ledger(tmp_path, IDENTITY, 4), pytest.raises(RunConflict, match="another process"):
        Ledger(tmp_path, IDENTITY, 4)


def test_a_shard_no_manifest_names_does_not_exist(tmp_path: Path) -> None:
    run(tmp_path, [0], 1)
    before = shard_paths(tmp_path, "trees")
    write_shard(tmp_path, "trees", 7, to_table([], Tree))
    assert shard_paths(tmp_path, "trees") == before


def test_a_damaged_shard_is_named(tmp_path: Path) -> None:
    run(tmp_path, [0], 1)
    (path,) = shard_paths(tmp_path, "trees")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(FactoryError, match="not the file that was written"):
        verify_shards(tmp_path)
    with pytest.raises(BadInput, match="cannot be read"):
        list(read_records(tmp_path, "trees", Tree))


def test_a_folder_that_is_no_run_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no manifest\.json"):
        read_manifest(tmp_path)
    (tmp_path / "manifest.json").write_text("{}", encoding="utf-8")
    with pytest.raises(BadInput, match="not a manifest"):
        read_manifest(tmp_path)


def test_a_shard_is_equal_bytes_for_equal_rows(tmp_path: Path) -> None:
    table = to_table([Message("user", "x" * i) for i in range(500)], Message)
    one, two = (write_shard(tmp_path / name, "sft", 0, table) for name in "ab")
    assert one == two
    assert (tmp_path / "a" / one.path).read_bytes() == (tmp_path / "b" / two.path).read_bytes()


def test_the_journal_outlives_a_process_that_dies_without_a_word(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from factory.journal import Grown, Journal\n"
        "journal = Journal(Path(sys.argv[1]))\n"
        "for i in range(5): journal.add(Grown(i, 'tree', b'x'))\n"
        "journal.commit(); journal.add(Grown(5, 'tree', b'lost')); os.kill(os.getpid(), 9)"
    )
    path = tmp_path / "journal.sqlite"
    subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    journal = Journal(path)
    assert journal.positions() == {0, 1, 2, 3, 4}
    journal.close()


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("mount"), reason="mounting a small file system needs root")
def test_a_full_disk_is_said_plainly_and_loses_nothing(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(disk)], check=False)
    if mounted.returncode:
        pytest.skip("this machine does not let root mount a tmpfs")
    try:
        journal = Journal(disk / "journal.sqlite")
        journal.add(Grown(0, "tree", b"kept"))
        journal.commit()
        with pytest.raises(DiskFull, match=r"is full\. What was finished is kept"):
            for i in range(1, 100):
                journal.add(Grown(i, "tree", os.urandom(50_000)))
                journal.commit()
        assert 0 in Journal(disk / "journal.sqlite").positions()
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)
