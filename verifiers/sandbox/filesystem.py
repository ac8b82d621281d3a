"""What a job sees of the disk: the interpreter and its libraries, read-only; ``/tmp`` of its own; four devices."""

import os
import sys
import sysconfig
from pathlib import Path

from verifiers.sandbox import system

ROOM = Path(__file__).resolve().parents[2]  # the folder our packages lie in
_OWN_PACKAGES = ("verifiers", "schemas")
_SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/share/zoneinfo", "/etc/ld.so.cache")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
_STAGES = ("/tmp", "/run", "/var", "/usr")
_INODES = 4096


def readable_paths() -> list[Path]:
    """What Python needs to run and import, outermost folders only: no home, no configuration, no other project."""
    standard = (sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib"))
    wanted = {Path(path) for path in (*standard, *_SYSTEM)} | {ROOM / name for name in _OWN_PACKAGES}
    wanted |= {Path(sys.base_prefix) / "lib"}
    found = {path.resolve() for path in wanted if path.exists()} - {Path("/")}
    return sorted(path for path in found if not any(parent in found for parent in path.parents))


def links() -> dict[str, str]:
    """Links at the root that stand in the way of a path above, as ``/lib`` to ``usr/lib``."""
    tops = {path.parts[1] for path in map(Path, _SYSTEM)}
    return {f"/{name}": str(Path(f"/{name}").readlink()) for name in tops if Path(f"/{name}").is_symlink()}


def build_tree() -> None:
    """A new root on a tmpfs, everything in it bound read-only, the old root gone. In a mount namespace of our own."""
    paths, shortcuts = readable_paths(), links()
    stage = next(path for path in _STAGES if Path(path).is_dir())
    system.mount("tmpfs", stage, "tmpfs", system.MS_NOSUID | system.MS_NODEV, "mode=755,size=1m")
    Path(stage, "old").mkdir()
    system.pivot_root(stage, f"{stage}/old")
    os.chdir("/")
    for path in (*paths, *map(Path, _DEVICES)):
        _bind(path, device=str(path) in _DEVICES)
    for place, target in shortcuts.items():
        Path(place).symlink_to(target)
    Path("/tmp").mkdir()
    system.detach("/old")
    Path("/old").rmdir()
    system.mount("tmpfs", "/", None, system.MS_REMOUNT | system.MS_BIND | system.MS_RDONLY | system.MS_NOSUID)


def _bind(path: Path, *, device: bool) -> None:
    source = Path("/old") / path.relative_to("/")
    path.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        path.mkdir()
    else:
        path.touch()
    system.mount(str(source), str(path), None, system.MS_BIND | system.MS_REC)
    wanted = system.ATTR_RDONLY | system.ATTR_NOSUID
    system.set_mount_attributes(str(path), wanted if device else wanted | system.ATTR_NODEV)


def own_tmp(files_mb: int) -> None:
    """An empty ``/tmp`` of bounded size and number of files, ours alone. In a mount namespace of the job's own."""
    flags = system.MS_NOSUID | system.MS_NODEV | system.MS_NOEXEC
    system.mount("tmpfs", "/tmp", "tmpfs", flags, f"mode=700,size={files_mb}m,nr_inodes={_INODES}")
