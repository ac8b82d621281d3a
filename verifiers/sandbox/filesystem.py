"""What a job sees of the disk: the interpreter and its libraries, read-only; ``/tmp`` of its own; four devices."""

import functools
import sys
import sysconfig
from collections.abc import Iterator
from os import chdir
from pathlib import Path

from verifiers.sandbox import system

ROOM = Path(__file__).resolve().parents[2]  # the folder our packages lie in
DEVICES = tuple(map(Path, ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")))
_OWN_PACKAGES = ("verifiers", "schemas")
_SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/share/zoneinfo", "/nix/store", "/etc/ld.so.cache")
_STAGES = ("/tmp", "/run", "/var", "/usr")
_TMP = Path("/tmp")
_AGAIN = Path("/again")  # where what lies below /tmp is bound a second time, to be found when a job's /tmp covers it
_INODES = 4096


@functools.cache  # asked in the server, before the tree; its children know the answer
def readable_paths() -> tuple[Path, ...]:
    """What Python needs to run and import, outermost folders only: no home, no configuration, no other project. A path
    over links stands here as Python spells it and as it really is."""
    standard = (sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib"))
    wanted = {Path(path) for path in (*standard, *_SYSTEM)} | {ROOM / name for name in _OWN_PACKAGES}
    wanted |= {Path(sys.base_prefix) / "lib"}
    found = {spelled for path in wanted if path.exists() for spelled in (path.absolute(), path.resolve())}
    return tuple(sorted(path for path in found if not any(parent in found for parent in path.parents)))


def build_tree() -> None:
    """A new root on a tmpfs, everything in it bound read-only, the old root gone. In a mount namespace of our own."""
    paths = readable_paths()
    stage = next(path for path in _STAGES if Path(path).is_dir())
    system.mount("tmpfs", stage, "tmpfs", system.MS_NOSUID | system.MS_NODEV, "mode=755,size=1m")
    Path(stage, "old").mkdir()
    system.pivot_root(stage, f"{stage}/old")
    chdir("/")
    for path in (*paths, *DEVICES):
        _bind(Path("/old") / path.relative_to("/"), path, device=path in DEVICES)
    for path, again in _below_tmp(paths):
        _bind(path, again, device=False)
    _TMP.mkdir(exist_ok=True)
    system.detach("/old")
    Path("/old").rmdir()
    system.mount("tmpfs", "/", None, system.MS_REMOUNT | system.MS_BIND | system.MS_RDONLY | system.MS_NOSUID)


def _below_tmp(paths: tuple[Path, ...]) -> Iterator[tuple[Path, Path]]:
    for number, path in enumerate(path for path in paths if path.is_relative_to(_TMP)):
        yield path, _AGAIN / str(number)


def _bind(source: Path, path: Path, *, device: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        path.mkdir(exist_ok=True)
    else:
        path.touch()
    system.mount(str(source), str(path), None, system.MS_BIND | system.MS_REC)
    wanted = system.ATTR_RDONLY | system.ATTR_NOSUID
    system.set_mount_attributes(str(path), wanted if device else wanted | system.ATTR_NODEV)


def own_tmp(files_mb: int, paths: tuple[Path, ...]) -> None:
    """An empty ``/tmp`` of bounded size and number of files, ours alone; only what of ``paths`` lies below it is seen
    there again. In a mount namespace of the job's own."""
    flags = system.MS_NOSUID | system.MS_NODEV | system.MS_NOEXEC
    system.mount("tmpfs", "/tmp", "tmpfs", flags, f"mode=700,size={files_mb}m,nr_inodes={_INODES}")
    for path, again in _below_tmp(paths):
        _bind(again, path, device=False)
