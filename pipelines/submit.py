"""Run a recipe on a Ray cluster through its Jobs API. Besides ``pipelines/stages.py`` the only place that imports Ray
(here its HTTP client, when it is needed): the layer test allows ``ray`` in these two files.

The job is ``python -m pipelines.cli run recipe.toml --out OUT`` in a small uploaded folder. ``OUT`` is a path the
cluster can reach (a shared volume), and so are the paths in the recipe. Submitting again resumes: the run folder knows
what is finished.
"""

import asyncio
import contextlib
import os
import shlex
import shutil
import tempfile
import time
import tomllib
from collections import deque
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from schemas import BadInput, SubmitError, content_id

PACKAGES = ("schemas", "verifiers", "factory", "pipelines")
EXCLUDES = [".venv", ".git", "runs", "**/__pycache__", "*.pyc"]
TOKEN_FILE = Path("~/.ray/auth_token")
TAIL_LINES = 20
MOST_TRIES = 1000
POLL_S = 0.5


@dataclass(frozen=True, slots=True)
class SubmitOptions:
    """``out`` is a path on the cluster. ``installed`` sends only the recipe, for an image that holds the app.

    ``overrides`` are ``--set`` values. ``entrypoint`` replaces the whole command, for a cluster with a launcher of its
    own. ``cpus`` and ``gpus`` are reserved for the driver alone; workers ask for theirs. ``again`` submits even
    what has already succeeded. ``env`` is the job's environment."""

    out: str
    overrides: tuple[str, ...] = ()
    installed: bool = False
    entrypoint: str | None = None
    cpus: float = 0.0
    gpus: float = 0.0
    again: bool = False
    env: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JobHandle:
    """A job on a cluster: enough to follow it from another terminal."""

    address: str
    submission_id: str


def submit_recipe(recipe: Path, address: str, options: SubmitOptions) -> JobHandle:
    """Start ``recipe`` on the cluster whose Jobs server is at ``address`` (``http://head:8265``) and return at once.

    The same recipe, overrides and ``out`` are the same job: while it runs, or once it succeeded, a second submission
    is refused with the job's id; after a failure it is a new attempt. Raises ``BadInput`` or ``SubmitError``."""
    text = _recipe_text(recipe)
    name = f"cot-factory-{content_id(tomllib.loads(text), options.out, sorted(options.overrides), size=6)}"
    with _job_errors(address):
        client = _client(address)
        job_id = _free_id(client, address, name, options.again)
        with _working_dir(text, options) as folder:
            client.submit_job(
                entrypoint=options.entrypoint or _command(options),
                submission_id=job_id,
                runtime_env={"working_dir": str(folder), "excludes": EXCLUDES, "env_vars": options.env},
                metadata={"app": "cot-factory", "recipe": recipe.name, "out": options.out},
                entrypoint_num_cpus=options.cpus or None,
                entrypoint_num_gpus=options.gpus or None,
            )
    return JobHandle(address, job_id)


def follow_job(handle: JobHandle) -> Iterator[str]:
    """The job's log lines, each with its newline, from the first on, until it ends.

    Raises ``SubmitError`` with the end of the log where it failed."""
    tail: deque[str] = deque(maxlen=TAIL_LINES)
    with _job_errors(handle.address):
        client = _client(handle.address)
        client.get_job_info(handle.submission_id)  # raises for a job that the server does not know
        for line in _lines(client, handle.submission_id):
            tail.append(line)
            yield line
        while not (info := client.get_job_info(handle.submission_id)).status.is_terminal():
            time.sleep(POLL_S)  # the log can end a moment before the job does
    if str(info.status) == "SUCCEEDED":
        return
    code = getattr(info, "driver_exit_code", None)
    ended = f"with exit code {code}" if code is not None else f"({(info.message or 'no message').strip()})"
    log = "".join(tail).rstrip() or "(its log is empty)"
    raise SubmitError(
        f"Job {handle.submission_id} ended {info.status} {ended}. Mend what its log says and submit again: finished "
        f"work is kept. The last lines of its log:\n{log}"
    )


def _recipe_text(recipe: Path) -> str:
    try:
        text = recipe.read_text(encoding="utf-8")
        tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise BadInput(f"{recipe} cannot be submitted: {error}. Give a recipe in TOML.") from error
    return text


def _command(options: SubmitOptions) -> str:
    words = ["python", "-m", "pipelines.cli", "run", "recipe.toml", "--out", options.out]
    for override in options.overrides:
        words += ["--set", override]
    return shlex.join(words)


@contextlib.contextmanager
def _working_dir(text: str, options: SubmitOptions) -> Iterator[Path]:
    """What the cluster unpacks as the job's folder: the recipe, and the four packages unless the image has them."""
    with tempfile.TemporaryDirectory(prefix="cot-factory-job-") as name:
        folder = Path(name)
        (folder / "recipe.toml").write_text(text, encoding="utf-8")
        root = Path(__file__).resolve().parent.parent
        for package in () if options.installed else PACKAGES:
            shutil.copytree(root / package, folder / package, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        yield folder


def _client(address: str) -> Any:
    if not address.startswith(("http://", "https://")):
        raise BadInput(
            f"{address!r} is not the address of a Jobs server. Write http://HEAD:8265 (the Ray dashboard's)."
        )
    from ray.job_submission import JobSubmissionClient

    token = _token()
    return JobSubmissionClient(address, headers={"Authorization": f"Bearer {token}"} if token else None)


def _token() -> str | None:
    """The cluster's token from where Ray itself looks for it. Sent as a header by us: Ray's own switch
    (RAY_AUTH_MODE) is read once per process, and without it the client sends nothing and gets 401."""
    if token := os.environ.get("RAY_AUTH_TOKEN"):
        return token
    named = os.environ.get("RAY_AUTH_TOKEN_PATH")
    path = Path(named) if named else TOKEN_FILE.expanduser()
    return path.read_text(encoding="utf-8").strip() if path.is_file() else None


def _free_id(client: Any, address: str, name: str, again: bool) -> str:
    """``name`` with the number of the next attempt. Raises ``SubmitError`` where the last one runs or succeeded."""
    over = ("FAILED", "STOPPED", "SUCCEEDED") if again else ("FAILED", "STOPPED")
    status = {job.submission_id: str(job.status) for job in client.list_jobs()}
    for attempt in range(1, MOST_TRIES):
        job_id = f"{name}-{attempt}"
        if job_id not in status:
            return job_id
        if status[job_id] not in over:
            state = "has already succeeded" if status[job_id] == "SUCCEEDED" else "is already submitted"
            raise SubmitError(
                f"This recipe with this --out {state} as {job_id}. See its log with "
                f"`ray job logs --follow --address {address} {job_id}`, or submit with another --out."
            )
    raise SubmitError(f"{name} has failed {MOST_TRIES} times; choose another --out.")


def _lines(client: Any, job_id: str) -> Iterator[str]:
    """Ray's asynchronous log tail as plain lines, on an event loop of its own."""
    loop = asyncio.new_event_loop()
    chunks: AsyncIterator[str] = client.tail_job_logs(job_id)
    rest = ""
    try:
        while True:
            try:
                rest += loop.run_until_complete(anext(chunks))
            except StopAsyncIteration:
                break
            *whole, rest = rest.split("\n")
            yield from (line + "\n" for line in whole)
        if rest:
            yield rest + "\n"
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


@contextlib.contextmanager
def _job_errors(address: str) -> Iterator[None]:
    """Turn what Ray's client raises into one ``SubmitError`` that says what to do."""
    import aiohttp
    import requests
    from ray.exceptions import AuthenticationError

    try:
        yield
    except AuthenticationError as error:
        raise SubmitError(
            f"The Jobs server at {address} wants a token it did not get or does not know. Put the cluster's token "
            f"(`ray get-auth-token` on its head node) into RAY_AUTH_TOKEN or a file named by RAY_AUTH_TOKEN_PATH."
        ) from error
    except (ConnectionError, requests.RequestException, aiohttp.ClientError) as error:
        raise SubmitError(
            f"No Jobs server answers at {address} ({type(error).__name__}). Check the address, that the cluster is up, "
            f"and the port-forward if there is one (kubectl port-forward svc/HEAD 8265)."
        ) from error
    except RuntimeError as error:
        raise SubmitError(f"The Jobs server at {address} failed: {' '.join(str(error).split())[:2000]}") from error
