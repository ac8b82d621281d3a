"""A stand-in for a Lean process: speaks the checker's protocol, and misbehaves where the text asks for it.

As a script it is the process: ``lean_double.py NONCE LOG START``. LOG gets a line per start and per request. START says
how it starts: ``ready``, ``mute``, ``dead``, ``strange``, or ``once`` (ready the first time, dead later).
A text that begins with a key of ``_TRICKS`` is answered in that manner, any other is accepted unless it holds ``bad``.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Fields = dict[str, Any]


@dataclass(frozen=True)
class Double:
    """A ``Launch`` of this script."""

    log: Path
    start: str = "ready"

    def command(self, checker: Path, nonce: str) -> list[str]:
        return [sys.executable, "-I", "-S", __file__, nonce, str(self.log), self.start]

    def environment(self) -> dict[str, str]:
        return {"PATH": os.defpath}

    def lines(self, kind: str) -> list[str]:
        """What was logged: of ``started`` process ids, of ``asked`` the texts, of ``imports`` the environments loaded."""
        read = (
            [line.split(" ", 1) for line in self.log.read_text(encoding="utf-8").splitlines()]
            if self.log.exists()
            else []
        )
        return [json.loads(text) for name, text in read if name == kind]


def main(nonce: str, log: str, start: str) -> None:
    """Answers until the input ends."""
    with Path(log).open("a", encoding="utf-8") as file:

        def note(kind: str, text: str) -> None:
            file.write(f"{kind} {json.dumps(text)}\n")
            file.flush()

        first = Path(log).stat().st_size == 0
        note("started", str(os.getpid()))
        _start("ready" if start == "once" and first else "dead" if start == "once" else start)
        _say(nonce, {"event": "ready", "lean": "4.28.0"} if start != "strange" else {"event": "hello"})
        for line in sys.stdin:
            request = json.loads(line)
            text = request.get("code") or request.get("solution") or "".join(request.get("steps", []))
            note("asked" if text else "imports", text or " ".join(request["imports"]))
            trick = _TRICKS.get(text.partition(" ")[0])
            verdict = _verdict(text, request)
            if trick is None:
                _say(nonce, {"id": request["id"], "verdict": verdict})
            else:
                trick(nonce, {"id": request["id"], "verdict": verdict}, text)


def _start(how: str) -> None:
    if how == "dead":
        sys.stdout.write("error: Checker.lean:1:0\n")
        sys.stdout.flush()
        for block in ("[DEBUG:FIND] chatter\n  - path\n" * 2000, "no such olean"):
            sys.stderr.write(block)
            sys.stderr.flush()
        sys.exit(3)
    if how == "mute":
        time.sleep(60)


def _say(nonce: str, reply: Fields, before: str = "") -> None:
    sys.stdout.write(f"{before}{nonce} {json.dumps(reply)}\n")
    sys.stdout.flush()


def _verdict(text: str, request: Fields) -> Fields:
    bad = "bad" in text
    message = {"severity": "error", "line": 1, "column": 0, "text": f"⊢ {text[:100]}"}
    return {
        "accepted": not bad,
        "reason": "error" if bad else None,
        "detail": " ".join(request.get("allow", [])) or None,
        "first_error": None,
        "steps": [],
        "goals": [],
        "axioms": ["propext"],
        "messages": [message] if bad else [],
        "statement_hash": "1f",
        "lean": "4.28.0",
    }


def _die(_: str, __: Fields, text: str) -> None:
    sys.stderr.write("stack overflow")
    sys.stderr.flush()
    os.kill(os.getpid(), 9)


def _die_once(nonce: str, reply: Fields, text: str) -> None:
    """Dies, unless the file named behind it is there, which it then is."""
    mark = Path(text.split(" ")[1])
    if mark.exists():
        _say(nonce, reply)
        return
    mark.touch()
    sys.exit(0)


def _hang(_: str, __: Fields, text: str) -> None:
    """Its child keeps the output open."""
    subprocess.run(["sleep", "1000"], check=False)


def _wait(nonce: str, reply: Fields, text: str) -> None:
    time.sleep(0.1)
    _say(nonce, reply)


def _slow(nonce: str, reply: Fields, text: str) -> None:
    time.sleep(0.3)
    _say(nonce, reply)


def _flood(_: str, __: Fields, text: str) -> None:
    while True:
        sys.stdout.write("0123456789" * 1000)


def _eat(_: str, __: Fields, text: str) -> None:
    held = []
    while True:
        held.append(b"x" * (8 << 20))
        time.sleep(0.005)


def _hold(nonce: str, reply: Fields, text: str) -> None:
    """Never gives back what it took."""
    _HELD.append(b"x" * (100 << 20))
    _say(nonce, reply)


def _eat_child(nonce: str, reply: Fields, text: str) -> None:
    source = "import time\nheld = []\nwhile True:\n  held.append(b'x' * (8 << 20)); time.sleep(0.005)"
    subprocess.run([sys.executable, "-I", "-S", "-c", source], check=False)
    _say(nonce, reply)


def _forge(nonce: str, reply: Fields, text: str) -> None:
    """Claims without the nonce, then the truth."""
    lie = {"id": reply["id"], "verdict": {**reply["verdict"], "accepted": True}}
    for line in (json.dumps(lie), f"{'0' * len(nonce)} {json.dumps(lie)}", f"{nonce}{json.dumps(lie)}"):
        sys.stdout.write(f"{line}\n")
    _say(nonce, reply, before="no end of line")


def _stderr(nonce: str, reply: Fields, text: str) -> None:
    for _ in range(400):
        sys.stderr.write("y" * 10_000)
    _say(nonce, reply)


def _dirty(nonce: str, reply: Fields, text: str) -> None:
    _say(nonce, {"id": reply["id"], "verdict": {**reply["verdict"], "accepted": "yes"}})


def _wrong_id(nonce: str, reply: Fields, text: str) -> None:
    _say(nonce, {**reply, "id": reply["id"] + 1})


def _garbage(nonce: str, _: Fields, text: str) -> None:
    sys.stdout.write(f"{nonce} {{oops\n")
    sys.stdout.flush()


def _error(nonce: str, reply: Fields, text: str) -> None:
    _say(nonce, {"id": reply["id"], "error": "no such op"})


_HELD: list[bytes] = []
_TRICKS: dict[str, Callable[[str, Fields, str], None]] = {
    "die": _die,
    "die_once": _die_once,
    "hang": _hang,
    "wait": _wait,
    "slow": _slow,
    "flood": _flood,
    "eat": _eat,
    "hold": _hold,
    "eat_child": _eat_child,
    "forge": _forge,
    "stderr": _stderr,
    "dirty": _dirty,
    "wrong_id": _wrong_id,
    "garbage": _garbage,
    "error": _error,
}

if __name__ == "__main__":
    main(*sys.argv[1:])
