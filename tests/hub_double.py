"""A Hugging Face Hub on loopback: as much of its HTTP API as publishing and ``load_dataset`` need, kept in memory.

It stores what the real client sends and serves it back, so a test can load a published dataset from it. ``fail`` makes
chosen requests answer with an error, ``seen`` is what was asked. Not a model of the Hub's access rules.
"""

# ruff: noqa: RET503 - "return handler.answer(...)" reads as what it is: answered, done
import base64
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "hf_double_0123456789abcdefghij"
WHEN = "2026-01-01T00:00:00.000Z"

Files = dict[str, bytes]


@dataclass
class Repo:
    private: bool
    commits: dict[str, Files] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)  # "main", "refs/pr/1", tags
    pulls: list[dict[str, Any]] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)

    def commit(self, ref: str, files: Files) -> str:
        sha = hashlib.sha1(f"{ref} {len(self.commits)} {sorted(files)}".encode()).hexdigest()
        self.commits[sha] = files
        self.refs[ref] = sha
        return sha

    def sha(self, revision: str) -> str | None:
        known = {**self.tags, **self.refs}
        return revision if revision in self.commits else known.get(revision)


class HubDouble:
    """``with HubDouble() as hub:`` serves at ``hub.url`` until the block ends."""

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.blobs: dict[str, bytes] = {}
        self.seen: list[str] = []
        self.failures: list[tuple[str, int, str]] = []
        handler = type("Handler", (_Handler,), {"double": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> "HubDouble":
        Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def fail(self, request: str, status: int, message: str = "") -> None:
        """Answer ``status`` to every request whose ``METHOD /path`` matches the pattern ``request``."""
        self.failures.append((request, status, message))


class _Handler(BaseHTTPRequestHandler):
    double: HubDouble
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        path, self.query = parts.path, parse_qs(parts.query)
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = f"{self.command} {unquote(path)}"
        self.double.seen.append(request)
        for pattern, status, message in self.double.failures:
            if re.search(pattern, request):
                return self.answer({"error": message}, status)
        free = self.command in ("GET", "HEAD") or path.startswith("/blobs/")
        if not free and self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self.answer({"error": "Invalid username or password."}, 401)
        for method, pattern, handle in ROUTES:
            found = re.fullmatch(pattern, path)
            if found and self.command in method:
                return handle(self, *(unquote(group) for group in found.groups()))
        return self.answer({"error": f"the double does not know {request}"}, 501)

    do_GET = do_POST = do_PUT = do_HEAD = _serve  # noqa: N815

    def answer(self, data: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        body = data if isinstance(data, bytes) else json.dumps(data).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    @property
    def json(self) -> Any:
        return json.loads(self.body or b"null")

    def repo(self, name: str, revision: str = "main") -> tuple[Repo, str] | None:
        """The repository and the commit, or None after answering 404."""
        repo = self.double.repos.get(name)
        sha = repo.sha(revision) if repo else None
        if repo and sha:
            return repo, sha
        code = "RevisionNotFound" if repo else "RepoNotFound"
        self.answer({"error": "not found"}, 404, {"X-Error-Code": code})
        return None


def _create(handler: _Handler) -> None:
    asked = handler.json
    name = f"{asked.get('organization') or 'tester'}/{asked['name']}"
    url = f"{handler.double.url}/datasets/{name}"
    if name in handler.double.repos:
        return handler.answer({"error": "You already created this dataset repo", "url": url}, 409)
    repo = handler.double.repos[name] = Repo(private=asked.get("visibility") == "private")
    repo.commit("main", {".gitattributes": b"*.parquet filter=lfs diff=lfs merge=lfs -text\n"})
    handler.answer({"url": url, "name": name})


def _info(handler: _Handler, name: str, revision: str = "main") -> None:
    if found := handler.repo(name, revision):
        repo, sha = found
        siblings = [{"rfilename": path} for path in sorted(repo.commits[sha])]
        handler.answer({"id": name, "sha": sha, "private": repo.private, "siblings": siblings, "tags": []})


def _pulls(handler: _Handler, name: str) -> None:
    if found := handler.repo(name):
        pulls = found[0].pulls
        handler.answer({"count": len(pulls), "start": 0, "discussions": pulls})


def _open_pull(handler: _Handler, name: str) -> None:
    if found := handler.repo(name):
        repo, sha = found
        number = len(repo.pulls) + 1
        pull = {"num": number, "title": handler.json["title"], "status": "draft", "author": {"name": "tester"}}
        pull |= {"createdAt": WHEN, "repo": {"name": name, "type": "dataset"}, "isPullRequest": True, "events": []}
        pull |= {"changes": {"base": "main"}, "filesWithConflicts": [], "diff": ""}
        repo.pulls.append(pull)
        repo.refs[f"refs/pr/{number}"] = sha
        handler.answer(pull)


def _pull(handler: _Handler, name: str, number: str) -> None:
    if found := handler.repo(name):
        handler.answer(found[0].pulls[int(number) - 1])


def _status(handler: _Handler, name: str, number: str) -> None:
    if found := handler.repo(name):
        found[0].pulls[int(number) - 1]["status"] = handler.json["status"]
        data = {"status": handler.json["status"]}
        handler.answer({"newStatus": {"id": "1", "type": "status-change", "createdAt": WHEN, "data": data}})


def _merge(handler: _Handler, name: str, number: str) -> None:
    if found := handler.repo(name):
        repo, _ = found
        pull = repo.pulls[int(number) - 1]
        if pull["status"] != "open":
            return handler.answer({"error": f"a {pull['status']} pull request cannot be merged"}, 409)
        sha = repo.commit("main", repo.commits[repo.refs[f"refs/pr/{number}"]])
        pull |= {"status": "merged", "changes": {"base": "main", "mergeCommitId": sha}}
        handler.answer({})


def _preupload(handler: _Handler, name: str, revision: str) -> None:
    if found := handler.repo(name, revision):
        files = found[0].commits[found[1]]
        modes = []
        for asked in handler.json["files"]:
            path, lfs = asked["path"], asked["path"].endswith(".parquet")
            entry = {"path": path, "uploadMode": "lfs" if lfs else "regular", "shouldIgnore": False}
            modes.append({**entry, "oid": _oid(path, files[path])} if path in files else entry)
        handler.answer({"files": modes})


def _oid(path: str, content: bytes) -> str:
    if path.endswith(".parquet"):
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def _lfs_batch(handler: _Handler, name: str) -> None:
    objects = []
    for asked in handler.json["objects"]:
        url = f"{handler.double.url}/blobs/{asked['oid']}"
        new = {} if asked["oid"] in handler.double.blobs else {"actions": {"upload": {"href": url, "header": {}}}}
        objects.append({"oid": asked["oid"], "size": asked["size"], **new})
    handler.answer({"transfer": "basic", "objects": objects})


def _blob(handler: _Handler, oid: str) -> None:
    if hashlib.sha256(handler.body).hexdigest() != oid:
        return handler.answer({"error": "content does not match its name"}, 400)
    handler.double.blobs[oid] = handler.body
    handler.answer({})


def _commit(handler: _Handler, name: str, revision: str) -> None:
    if found := handler.repo(name, revision):
        repo, sha = found
        files = dict(repo.commits[sha])
        for line in handler.body.splitlines():
            item = json.loads(line)
            value = item["value"]
            if item["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif item["key"] == "lfsFile":
                files[value["path"]] = handler.double.blobs[value["oid"]]
            elif item["key"] == "deletedFile":
                del files[value["path"]]
        new = repo.commit(revision, files)
        handler.answer({"commitUrl": f"{handler.double.url}/datasets/{name}/commit/{new}", "commitOid": new})


def _tag(handler: _Handler, name: str, revision: str) -> None:
    if found := handler.repo(name, revision):
        repo, sha = found
        if handler.json["tag"] in repo.tags:
            return handler.answer({"error": "this tag exists"}, 409)
        repo.tags[handler.json["tag"]] = sha
        handler.answer({})


def _entry(path: str, content: bytes | None) -> dict[str, Any]:
    if content is None:
        return {"type": "directory", "path": path, "oid": "0" * 40, "size": 0}
    entry = {"type": "file", "path": path, "oid": hashlib.sha1(content).hexdigest(), "size": len(content)}
    if path.endswith(".parquet"):
        entry["lfs"] = {"oid": _oid(path, content), "size": len(content), "pointerSize": 134}
    return entry


def _folders(files: Files) -> list[str]:
    return sorted({path.rsplit("/", 1)[0] for path in files if "/" in path})


def _tree(handler: _Handler, name: str, revision: str, under: str = "") -> None:
    if found := handler.repo(name, revision):
        files = found[0].commits[found[1]]
        deep = handler.query.get("recursive", ["false"])[0].lower() == "true"
        prefix = f"{under}/" if under else ""
        listed = [_entry(folder, None) for folder in _folders(files) if folder.startswith(prefix)]
        listed += [_entry(p, b) for p, b in sorted(files.items()) if p.startswith(prefix)]
        if under and not listed:
            return handler.answer({"error": "no such folder"}, 404, {"X-Error-Code": "EntryNotFound"})
        handler.answer([item for item in listed if deep or "/" not in item["path"][len(prefix) :]])


def _resolve(handler: _Handler, name: str, revision: str, path: str) -> None:
    if found := handler.repo(name, revision):
        repo, sha = found
        content = repo.commits[sha].get(path)
        if content is None:
            return handler.answer({"error": "not found"}, 404, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": sha})
        oid = _oid(path, content)
        headers = {"ETag": f'"{oid}"', "X-Linked-Etag": f'"{oid}"', "X-Repo-Commit": sha}
        headers["X-Linked-Size"] = str(len(content))
        handler.answer(content, 200, headers)


def _fine(handler: _Handler) -> None:
    handler.answer({"errors": [], "warnings": []})


NAME, REV = r"/api/datasets/([^/]+/[^/]+)", r"([^/]+)"
ROUTES: list[tuple[tuple[str, ...], str, Callable[..., None]]] = [
    (("POST",), "/api/repos/create", _create),
    (("POST",), "/api/validate-yaml", _fine),
    (("GET",), NAME, _info),
    (("GET",), f"{NAME}/revision/{REV}", _info),
    (("GET",), f"{NAME}/discussions", _pulls),
    (("POST",), f"{NAME}/discussions", _open_pull),
    (("GET",), rf"{NAME}/discussions/(\d+)", _pull),
    (("POST",), rf"{NAME}/discussions/(\d+)/status", _status),
    (("POST",), rf"{NAME}/discussions/(\d+)/merge", _merge),
    (("POST",), f"{NAME}/preupload/{REV}", _preupload),
    (("POST",), f"{NAME}/commit/{REV}", _commit),
    (("POST",), f"{NAME}/tag/{REV}", _tag),
    (("GET",), f"{NAME}/tree/{REV}/?", _tree),
    (("GET",), f"{NAME}/tree/{REV}/(.+)", _tree),
    (("POST",), r"/datasets/([^/]+/[^/]+)\.git/info/lfs/objects/batch", _lfs_batch),
    (("PUT",), "/blobs/([0-9a-f]+)", _blob),
    (("GET", "HEAD"), f"/datasets/([^/]+/[^/]+)/resolve/{REV}/(.+)", _resolve),
]
