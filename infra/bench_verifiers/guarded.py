"""The way HumanEval runs programs: ``exec`` in a process that disarmed itself (``reliability_guard``, after OpenAI, MIT).

python guarded.py MEMORY_BYTES DESCRIPTOR < PROGRAM. ``passed`` on the descriptor: nothing was raised. Unlike the original,
what the program prints is kept, so that one can see what it could read.
"""

import builtins
import faulthandler
import os
import resource
import shutil
import subprocess
import sys

_OS = """kill system putenv remove removedirs rmdir fchdir setuid fork forkpty killpg rename renames truncate replace
unlink fchmod fchown chmod chown chroot lchflags lchmod lchown getcwd chdir""".split()


def main() -> None:
    """Reads the program, disarms, executes, reports."""
    source = sys.stdin.buffer.read().decode()
    report, write = int(sys.argv[2]), os.write
    reliability_guard(int(sys.argv[1]))
    try:
        exec(source, {"__name__": "answer"})
    except BaseException as error:  # noqa: BLE001 - as there: whatever is raised is a failure
        print(type(error).__name__, error)
        return
    write(report, b"passed")


def reliability_guard(maximum_memory_bytes: int) -> None:
    """Sets what is destructive to ``None``. Its authors say that it is no security sandbox."""
    limit = (maximum_memory_bytes, maximum_memory_bytes)
    for kind in (resource.RLIMIT_AS, resource.RLIMIT_DATA, resource.RLIMIT_STACK):
        resource.setrlimit(kind, limit)
    faulthandler.disable()
    builtins.exit = builtins.quit = None  # type: ignore[assignment]
    os.environ["OMP_NUM_THREADS"] = "1"
    for name in _OS:
        if hasattr(os, name):
            setattr(os, name, None)
    for name in ("rmtree", "move", "chown"):
        setattr(shutil, name, None)
    subprocess.Popen = None  # type: ignore[assignment,misc]
    for module in ("ipdb", "joblib", "resource", "psutil", "tkinter"):
        sys.modules[module] = None  # type: ignore[assignment]


if __name__ == "__main__":
    main()
