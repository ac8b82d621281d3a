"""LeanDojo Benchmark 4: an excerpt in tests/benchmark4 (MIT, its licence beside it), and all of a real file by pip.

The real file comes from the ``lean-dojo`` sdist, fetched once into the cache; where pip cannot get it in time that test
skips, and the excerpt has to do.
"""

import io
import json
import os
import random
import subprocess
import sys
import tarfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from factory.formal.benchmark4 import read_benchmark4, read_corpus
from factory.formal.cot import cot, lean_of, proof_text, render
from factory.formal.traced import TracedProof, without_proof
from factory.seeds import SeedSpec, read_seeds
from factory.seeds.arrays import ArrayReader
from schemas import Reject
from tests.recipes import factory

EXCERPT = Path(__file__).parents[1] / "benchmark4" / "excerpt.json"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "cot-factory" / "leandojo_benchmark_4"
ROW: dict[str, Any] = {
    "file_path": "A.lean",
    "full_name": "t",
    "commit": "c",
    "traced_tactics": [{"tactic": "simp", "state_before": "⊢ p", "state_after": "no goals"}],
}


def read(path: Path) -> list[TracedProof | Reject]:
    return list(read_benchmark4(path))


def written(folder: Path, *rows: Any) -> Path:
    path = folder / "rows.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    return path


def test_the_excerpt_reads_as_proofs_and_one_reject() -> None:
    found = read(EXCERPT)
    proofs = {each.name: each for each in found if isinstance(each, TracedProof)}
    (term,) = [each for each in found if isinstance(each, Reject)]
    assert (len(found), term.reason) == (5, "no_tactics")
    steps = [step.text for step in proofs["List.isCycle_formPerm"].steps]
    assert steps[:7] == [
        "cases' l with x l",
        "norm_num at hn",
        "induction' l with y l generalizing x",
        "norm_num at hn",
        "use x",
        "constructor",
        "rwa [formPerm_apply_mem_ne_self_iff _ hl _ (mem_cons_self _ _)]",
    ]
    for proof in proofs.values():
        assert all(proof.text[step.start : step.end] == step.text for step in proof.steps)
        assert all(step.before for step in proof.steps)


def test_inner_blocks_stand_in_their_tactic() -> None:
    proof = next(p for p in read(EXCERPT) if isinstance(p, TracedProof) and p.name.endswith("valuation_eq_one_iff"))
    outer = [step.text.split()[0] for step in proof.outer()]
    assert outer == ["have", "have", "apply", "ext", "field_simp"]
    assert [step.text for step in proof.steps][1:4] == [
        "intro c",
        "rw [c, A.valuation.map_zero] at h",
        "exact zero_ne_one h",
    ]
    assert proof.connected()


def test_a_term_with_several_blocks_is_told_and_is_no_seed() -> None:
    proof = next(p for p in read(EXCERPT) if isinstance(p, TracedProof) and p.name == "gcd_eq_zero_iff")
    assert not proof.connected()
    assert len(cot(proof).steps) == len(proof.steps)
    batch = read_seeds(SeedSpec(source="benchmark4", path=str(EXCERPT)))
    assert Counter(reject.reason for reject in batch.rejects) == {"no_tactics": 1, "several_blocks": 1}


def test_seeds_keep_tactics_tags_and_states() -> None:
    batch = read_seeds(SeedSpec(source="benchmark4", path=str(EXCERPT)))
    assert (batch.read, batch.kept, batch.rejected) == (5, 3, 2)
    for seed in batch.seeds:
        assert seed.problem.domain == "lean"
        assert (seed.problem.source, seed.problem.licence) == ("leandojo_benchmark_4", "MIT")
        assert seed.first_error is None  # no human rated them
        assert seed.problem.formal is not None
        assert "⊢" in seed.problem.formal
        assert all(step.action and step.before and step.after is not None for step in seed.steps)
        assert seed.steps[-1].after == ()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"traced_tactics": []}, "no_tactics"),
        ({"traced_tactics": "simp"}, "wrong_type"),
        ({"traced_tactics": [{"tactic": "simp"}]}, "wrong_type"),
        ({"traced_tactics": [None]}, "wrong_type"),
        ({"traced_tactics": [{"tactic": " ", "state_before": "⊢ p", "state_after": "no goals"}]}, "empty_step"),
        ({"traced_tactics": [{"tactic": "x", "state_before": "no goals", "state_after": "no goals"}]}, "no_goal"),
        ({"full_name": 3}, "wrong_type"),
        ({"file_path": ""}, "wrong_type"),
    ],
)
def test_a_bad_row_is_kept_with_its_reason(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    good, bad = read(written(tmp_path, ROW, {**ROW, **change}))
    assert isinstance(good, TracedProof)
    assert isinstance(bad, Reject)
    assert (bad.reason, bad.key) == (reason, "rows.json:2")
    assert bad.raw


def test_a_damaged_row_and_a_cut_file_lose_no_other_row(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    good = json.dumps(ROW)
    path.write_text(f'[{good}, {{"full_name": oops}}, {good}, 7, {good[:40]}', encoding="utf-8")
    found = read(path)
    reasons = ["" if isinstance(each, TracedProof) else each.reason for each in found]
    assert reasons == ["", "invalid_json", "", "not_an_object", "invalid_json"]


def test_arrays_come_apart_at_any_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    coin = random.Random(4)
    texts = ["a", '"', "\\", "]}", "∀ x, [", "{", ",", "\n", "é"]
    for size in (1, 2, 3, 5, 64):
        monkeypatch.setattr("factory.seeds.arrays.CHUNK_BYTES", size)
        for _ in range(40):
            value = [
                {"".join(coin.choices(texts, k=2)): [coin.choice(texts), {"x": coin.random()}]}
                for _ in range(coin.randrange(4))
            ]
            data = json.dumps(value, ensure_ascii=coin.random() < 0.5, indent=coin.choice([None, 1])).encode()
            assert [json.loads(text) for text in ArrayReader(io.BytesIO(data), 10_000)] == value


def test_a_json_array_is_rows_for_any_source(tmp_path: Path) -> None:
    rows = [{"problem": f"What is {n} + 1?", "steps": ["Add."], "answer": str(n + 1)} for n in range(3)]
    batch = read_seeds(SeedSpec(source="rows", path=str(written(tmp_path, *rows))))
    assert [seed.problem.answer for seed in batch.seeds] == ["1", "2", "3"]


def test_statements_come_from_the_corpus_without_their_proofs(tmp_path: Path) -> None:
    code = "lemma t (h : f (a := 1) = 2) :\n    x ≤ y := by\n  simp"
    premises = [{"full_name": "t", "code": code}, {"full_name": "d", "code": "def d := 3"}]
    (tmp_path / "corpus.jsonl").write_text(json.dumps({"path": "A.lean", "premises": premises}), encoding="utf-8")
    assert read_corpus(tmp_path / "corpus.jsonl") == {("A.lean", "t"): "lemma t (h : f (a := 1) = 2) :\n    x ≤ y"}
    (proof,) = read(written(tmp_path, ROW))
    assert isinstance(proof, TracedProof)
    assert proof.statement == "lemma t (h : f (a := 1) = 2) :\n    x ≤ y"


def test_equations_are_a_proof_too() -> None:
    assert without_proof("theorem t : ∀ n, p n\n  | 0 => rfl\n  | n + 1 => t n") == "theorem t : ∀ n, p n"
    assert without_proof("theorem t (x) : |x| = x") == "theorem t (x) : |x| = x"


def test_the_command_tells_them_without_lean(tmp_path: Path) -> None:
    done = factory("cot", EXCERPT, "--out", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert (facts["rows"], facts["cots"], facts["unchecked"], facts["rejected"]) == (5, 4, 4, 1)
    lines = (tmp_path / "out" / "cot.jsonl").read_text(encoding="utf-8").splitlines()
    assert all(json.loads(line)["verified"] is None for line in lines)
    again = read_seeds(SeedSpec(source="rows", path=str(tmp_path / "out" / "cot.jsonl")))
    assert (again.kept, again.rejected) == (4, 0)
    assert all(step.lean is not None for seed in again.seeds for step in seed.steps)


def real(name: str) -> Path:
    """A file of the real data, from the sdist that pip fetches once."""
    path = CACHE / name
    if path.is_file():
        return path
    CACHE.mkdir(parents=True, exist_ok=True)
    fetch = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "--dest", str(CACHE)]
    archive = CACHE / "lean_dojo-4.20.0.tar.gz"
    try:
        subprocess.run([*fetch, "lean-dojo==4.20.0"], capture_output=True, check=True, timeout=150)
    except subprocess.SubprocessError:
        pytest.skip("the lean-dojo sdist is not in the cache and cannot be fetched")
    with tarfile.open(archive) as tar:
        source = tar.extractfile(f"lean_dojo-4.20.0/leandojo_benchmark_4/{name}")
        assert source is not None
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".part")
        temporary.write_bytes(source.read())
        temporary.replace(path)
    archive.unlink()
    return path


def test_the_real_test_split() -> None:
    path = real("random/test.json")
    found = read(path)
    proofs = [each for each in found if isinstance(each, TracedProof)]
    assert (len(found), len(proofs)) == (2000, 1008)
    assert {each.reason for each in found if isinstance(each, Reject)} == {"no_tactics"}
    traced = sum(len(row["traced_tactics"]) for row in json.loads(path.read_text(encoding="utf-8")))
    told = sum(len(proof.steps) for proof in proofs)
    assert told / traced > 0.98  # the others are repeated, or their text stands otherwise in their block
    for proof in proofs:
        made = cot(proof)
        assert proof_text(made) == proof.text
        assert made.head + lean_of(render(made)) == proof.text
        assert all(step.text.strip() for step in made.steps)
    batch = read_seeds(SeedSpec(source="benchmark4", path=str(path)))
    assert (batch.read, batch.kept) == (2000, 925)
