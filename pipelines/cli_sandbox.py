"""``factory sandbox``: run a program in the isolation room, and see what the room holds on this machine."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from schemas import BadInput

if TYPE_CHECKING:
    from verifiers.sandbox import Layer

sandbox_app = typer.Typer(help="The room that untrusted programs run in.", no_args_is_help=True)

JsonOpt = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]


@sandbox_app.command("run")
def run(
    program: Annotated[Path, typer.Argument(metavar="FILE.py")],
    timeout_s: Annotated[float, typer.Option("--timeout", help="Seconds of wall clock.")] = 5.0,
    memory_mb: Annotated[int, typer.Option("--memory-mb", help="MiB of address space.")] = 512,
    stdin: Annotated[Path | None, typer.Option("--stdin", help="A file for the program to read.")] = None,
    allow_weak: Annotated[
        bool, typer.Option("--allow-weak-sandbox", help="Run it even where this machine cannot isolate it.")
    ] = False,
    as_json: JsonOpt = False,
) -> None:
    """Run a program shut in. Exit code 0 where the program exited with 0, else 1."""
    from verifiers.sandbox import Limits, Sandbox, SandboxConfig

    if timeout_s <= 0 or memory_mb < 16:
        raise typer.BadParameter("a program needs --timeout above 0 and --memory-mb of 16 or more")
    source, given = _text(program), _bytes(stdin) if stdin else b""
    sandbox = Sandbox(SandboxConfig(allow_weak=allow_weak))
    try:
        finished = sandbox.run(source, Limits(timeout_s=timeout_s, memory_mb=memory_mb), given)
        layers = sandbox.layers
    finally:
        sandbox.close()
    if as_json:
        typer.echo(json.dumps(asdict(finished) | {"layers": [asdict(layer) for layer in layers]}))
    else:
        typer.echo(finished.stdout, nl=False)
        typer.echo(finished.stderr, nl=False, err=True)
        ended = {"exited": f"exit code {finished.exit_code}", "signalled": f"signal {finished.signal}"}
        ended |= {"timeout": f"stopped at {timeout_s:g} s", "flood": "stopped: too much output"}
        typer.echo(f"{ended[finished.status]}, {finished.wall_s:.3f} s, {_level(layers)}", err=True)
    raise typer.Exit(0 if finished.status == "exited" and finished.exit_code == 0 else 1)


@sandbox_app.command("self-check")
def self_check(as_json: JsonOpt = False) -> None:
    """Try each class of attack in the room and say what holds. Exit code 0 where untrusted code may run here."""
    from verifiers import sandbox

    with sandbox.Sandbox() as room:
        layers, floor = room.layers, room.holds_floor()
    checks = sandbox.self_check()
    if as_json:
        facts = {
            "floor": floor,
            "layers": [asdict(each) for each in layers],
            "checks": [asdict(each) for each in checks],
        }
        typer.echo(json.dumps(facts))
    else:
        for layer in layers:
            typer.echo(f"{'on ' if layer.active else 'off'} {layer.name:<16} {layer.why}")
        for check in checks:
            typer.echo(f"{'ok ' if check.passed else '!! '} {check.name:<16} {check.detail}")
        typer.echo("Untrusted code may run here." if floor else "Untrusted code is refused here: see the layers above.")
    raise typer.Exit(0 if floor and all(check.passed for check in checks) else 1)


def _level(layers: "tuple[Layer, ...]") -> str:
    return "layers " + ", ".join(layer.name for layer in layers if layer.active)


def _text(path: Path) -> str:
    try:
        return _bytes(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not UTF-8 text: {error}.") from error


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"Cannot read {path}: {error.strerror}.") from error
