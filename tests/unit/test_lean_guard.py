"""What is settled before Lean sees a text: headers, and texts that no process should read."""

import json

import pytest

from schemas import LeanVerdict
from verifiers.lean import LeanConfig, LeanRequest, file_request, proof_request, tactics_request
from verifiers.lean.guard import prepare
from verifiers.lean.header import split_header
from verifiers.lean.requests import Question

CHALLENGE = "theorem t : True := by sorry"


def question(request: LeanRequest, config: LeanConfig | None = None) -> Question:
    found = prepare(request, config or LeanConfig())
    assert isinstance(found, Question), found
    return found


def verdict(request: LeanRequest) -> tuple[bool | None, str | None, str | None]:
    found = prepare(request, LeanConfig())
    assert isinstance(found, LeanVerdict)
    return found.accepted, found.reason, found.detail


@pytest.mark.parametrize(
    ("text", "imports"),
    [
        ("theorem t : True := trivial", ()),
        ("", ()),
        ("import Std", ("Std",)),
        ("import Std\nimport Lean.Data.Json import A\n\nexample", ("Std", "Lean.Data.Json", "A")),
        ("-- hello\n/- import No /- nested -/ import No -/ import A\nimport A\nopen A", ("A",)),
        ("public import A\nimport «odd name».B'\nx", ("A", "«odd name».B'")),
        ("  import /- why -/ -- because\n  A.β₁\nend", ("A.β₁",)),
        ("/-! import No -/ import No", ()),
        ("/-- import No -/ import No", ()),
        ("/- never closed import No", ()),
        ("open A\nimport No", ()),
        ("importA", ()),
        ("import.x", ()),
        ("import", ()),
        ("import A.", ()),
        ("import «../x»", ()),
        ("import «..».x", ()),
        ("public theorem t", ()),
        ("modules", ()),
    ],
)
def test_a_header_is_read_and_leaves_every_other_character_in_its_place(text: str, imports: tuple[str, ...]) -> None:
    header = split_header(text)
    assert (header.imports, header.forbidden) == (imports, None)
    assert len(header.body) == len(text) and header.body.count("\n") == text.count("\n")
    assert all(now in (was, " ") for was, now in zip(text, header.body, strict=True))
    assert (header.body == text) == (not imports)
    assert split_header(header.body).imports == ()


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("prelude", "prelude"),
        ("/- x -/ module\nimport A", "module"),
        ("import A\nimport all B", "import all"),
        ("meta import A", "meta import"),
        ("public meta import A", "public meta import"),
        ("module prelude import A", "module"),
    ],
)
def test_a_header_that_no_judged_text_may_have_is_refused(text: str, word: str) -> None:
    assert verdict(file_request(f"{text}\nexample : True := trivial")) == (False, "forbidden", word)
    assert verdict(proof_request(CHALLENGE, f"{text}\n{CHALLENGE}")) == (False, "forbidden", word)
    assert verdict(tactics_request(f"{text}\n{CHALLENGE}", ["trivial"])) == (False, "forbidden", word)


def test_the_challenge_decides_the_environment() -> None:
    assert question(file_request("x")).imports == ("Init", "Std")
    assert question(file_request("import A\nx")).imports == ("Init", "A")
    assert question(file_request("x"), LeanConfig(imports=("Mathlib",))).imports == ("Init", "Mathlib")
    assert question(proof_request(CHALLENGE, "import Std\nx")).imports == ("Init", "Std")
    asked = question(proof_request(f"import Init\nimport A\n{CHALLENGE}", "import A\nx"))
    assert (asked.imports, asked.request.solution) == (("Init", "A"), "        \nx")
    assert verdict(proof_request(f"import A\n{CHALLENGE}", "import A\nimport B\nx"))[:2] == (False, "import")
    assert verdict(proof_request(CHALLENGE, "import Lean\nx"))[:2] == (False, "import")


def test_a_question_is_one_line_of_plain_ascii() -> None:
    config = LeanConfig(heartbeats=7, allow=("native_decide",))
    line = question(tactics_request(CHALLENGE, ["intro h\nexact h", "𝔸 ⟨⟩"]), config).message(3)
    assert line.isascii() and line.count(b"\n") == 1 and line.endswith(b"\n")
    assert json.loads(line) == {
        "id": 3,
        "op": "tactics",
        "imports": ["Init", "Std"],
        "challenge": CHALLENGE,
        "steps": ["intro h\nexact h", "𝔸 ⟨⟩"],
        "heartbeats": 7,
        "allow": ["native_decide"],
    }
    assert set(json.loads(question(file_request("x")).message(1))) == {"id", "op", "imports", "code", "heartbeats"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a" * 200_001, "too_long"),
        ("(" * 1_001, "too_deep"),
        ("(" * 600 + "]" * 3 + "[⟨" * 300, "too_deep"),
        ("a\x00", "not_text"),
        ("\ud800", "not_text"),
        ("\x0c", "not_text"),
        ("\x85", "not_text"),
    ],
)
def test_what_no_process_should_read_is_unknown(text: str, reason: str) -> None:
    for request in (file_request(text), proof_request(CHALLENGE, text), tactics_request(CHALLENGE, ["x", text])):
        assert verdict(request)[:2] == (None, reason)


def test_the_limits_leave_room_for_long_honest_texts() -> None:
    long = "example : True := trivial\r\n" * 7_000 + "\tα → β ∀ 𝔸" + "()" * 2_000 + "(" * 900 + ")" * 1_500
    assert question(file_request(long)).request.code == long
    assert verdict(tactics_request(CHALLENGE, ["skip"] * 1_001))[:2] == (None, "too_long")
    assert verdict(tactics_request(CHALLENGE, ["a" * 1_000] * 201))[:2] == (None, "too_long")
