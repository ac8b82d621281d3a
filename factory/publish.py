"""Publish a finished run to the Hugging Face Hub. The only home of ``huggingface_hub``, imported when it is needed.

Readers never see half an upload: data goes to a pull request, the card follows last, and merging shows both at once.
The card names the content it belongs to, so publishing the same run again finds it there and changes nothing.
"""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from factory.publish_plan import KINDS, PlannedFile, PublishPlan, check_loads, plan_publish, staged
from schemas import HubError

if TYPE_CHECKING:
    from huggingface_hub import HfApi

__all__ = ["KINDS", "PlannedFile", "PublishPlan", "PublishResult", "plan_publish", "publish"]

ADVICE = {
    401: "The token was not accepted. Make one with write access in your Hub settings, then set HF_TOKEN to it.",
    403: "The token is good but may not write there. Use a token with write access to that user or organisation.",
    404: "There is no such repository or owner for this token. Check the spelling of user/name and the token's access.",
    409: "The repository changed meanwhile. Close its open cot-factory pull request, if any, and run this again.",
    429: "The Hub asks for patience. Wait some minutes and run this again: it continues where it stopped.",
}
SERVER_TROUBLE = "The Hub is in trouble. Run this again later: it continues where it stopped."
UNREACHABLE = "The Hub cannot be reached. Check the network (and HF_ENDPOINT, HF_HUB_OFFLINE), then run this again."


@dataclass(frozen=True, slots=True)
class PublishResult:
    """Where it is. ``changed`` is False, and ``pull_request`` None, where the Hub already had exactly this."""

    url: str
    commit: str
    tag: str
    pull_request: int | None
    changed: bool


def publish(plan: PublishPlan, *, private: bool = False, token: str | None = None, check: bool = True) -> PublishResult:
    """Upload, merge and tag, at HF_ENDPOINT. ``token`` defaults to HF_TOKEN or the cached login; ``check`` loads the
    staged files first. Publishing the same content again changes nothing.

    Raises ``HubError`` with what to do; it never carries the token. Raises ``FactoryError`` where the check fails."""
    from huggingface_hub import HfApi, get_token

    secret = token or get_token()
    if not secret:
        raise HubError("No Hub token was found. Run `hf auth login`, or set HF_TOKEN to a token with write access.")
    with staged(plan) as folder:
        if check:
            check_loads(folder, plan)
        with _hub_errors(plan.repo_id, secret):
            return _upload(HfApi(token=secret), plan, folder, private)


def _upload(api: "HfApi", plan: PublishPlan, folder: Path, private: bool) -> PublishResult:
    repo: dict[str, Any] = {"repo_id": plan.repo_id, "repo_type": "dataset"}
    url = str(api.create_repo(**repo, private=private or None, exist_ok=True))
    info = api.repo_info(**repo)
    if private and not info.private:
        raise HubError(f"{plan.repo_id} exists and is public. Make it private on the Hub first, or take another name.")
    if _published_digest(api, repo, folder) == plan.digest:
        api.create_tag(**repo, tag=plan.tag, exist_ok=True)
        return PublishResult(url, str(info.sha), plan.tag, None, changed=False)
    number = _pull_request(api, repo, plan)
    revision = f"refs/pr/{number}"
    _commit(api, repo, revision, plan, folder)
    _merge(api, repo, number)
    details = api.get_discussion_details(**repo, discussion_num=number)
    commit = str(details.merge_commit_oid or api.repo_info(**repo).sha)
    api.create_tag(
        **repo, tag=plan.tag, revision=commit, tag_message=f"cot-factory run {plan.fingerprint}", exist_ok=True
    )
    return PublishResult(url, commit, plan.tag, number, changed=True)


def _published_digest(api: "HfApi", repo: dict[str, Any], folder: Path) -> str | None:
    """The digest in the card on the main branch; None where there is no card of ours."""
    from huggingface_hub.errors import RemoteEntryNotFoundError

    try:
        path = api.hf_hub_download(**repo, filename="README.md", local_dir=folder / ".published")
    except RemoteEntryNotFoundError:
        return None
    found = re.search(r'^  content: "([0-9a-f]+)"$', Path(path).read_text(encoding="utf-8"), re.MULTILINE)
    return found.group(1) if found else None


def _pull_request(api: "HfApi", repo: dict[str, Any], plan: PublishPlan) -> int:
    """The number of a pull request for this very content: one left open by an interrupted attempt, or a new one."""
    title = f"cot-factory {plan.tag}"
    for found in api.get_repo_discussions(**repo, discussion_type="pull_request"):
        if found.title == title and found.status in ("draft", "open"):
            return int(found.num)
    description = f"Shards and card of cot-factory run `{plan.fingerprint}`. Merged when complete."
    return int(api.create_pull_request(**repo, title=title, description=description).num)


def _commit(api: "HfApi", repo: dict[str, Any], revision: str, plan: PublishPlan, folder: Path) -> None:
    """Data first, and what an earlier run left there removed; then the card."""
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    wanted = [file.target for file in plan.files]
    there = api.list_repo_files(**repo, revision=revision)
    stale = [path for path in there if path.split("/")[0] in KINDS and path.endswith(".parquet") and path not in wanted]
    data: list[Any] = [CommitOperationAdd(path, folder / path) for path in wanted]
    data += [CommitOperationDelete(path) for path in stale]
    api.create_commit(**repo, operations=data, commit_message=f"Data of {plan.tag}", revision=revision)
    card = [CommitOperationAdd("README.md", folder / "README.md")]
    api.create_commit(**repo, operations=card, commit_message=f"Card of {plan.tag}", revision=revision)


def _merge(api: "HfApi", repo: dict[str, Any], number: int) -> None:
    if api.get_discussion_details(**repo, discussion_num=number).status == "draft":
        api.change_discussion_status(**repo, discussion_num=number, new_status="open")
    api.merge_pull_request(**repo, discussion_num=number)


@contextlib.contextmanager
def _hub_errors(repo_id: str, secret: str) -> Iterator[None]:
    """Turn whatever the client raises into one ``HubError`` that says what to do and cannot hold the token."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError

    try:
        yield
    except (HfHubHTTPError, httpx2.HTTPError, OSError, ValueError, RuntimeError) as error:
        answer = error if isinstance(error, HfHubHTTPError) else error.__cause__
        if isinstance(answer, HfHubHTTPError):
            message = _answered(repo_id, answer.response.status_code, answer.server_message or "")
        elif isinstance(error, ValueError | RuntimeError):
            message = f"Publishing {repo_id} failed: {error}"
        else:
            message = f"Publishing {repo_id} failed ({error}). {UNREACHABLE}"
        # Not chained: the client's exceptions hold the request, and with it the token.
        raise HubError(" ".join(message.replace(secret, "(token)").split())) from None


def _answered(repo_id: str, status: int, said: str) -> str:
    advice = ADVICE.get(status, SERVER_TROUBLE if status >= 500 else "Read its message, mend that, and run this again.")
    return f"The Hub answered {status} to publishing {repo_id}{': ' + said.rstrip('.') if said else ''}. {advice}"
