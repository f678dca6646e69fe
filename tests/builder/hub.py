"""The handful of GitHub's REST calls that the adapter makes, on loopback, with faults on demand."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from operator import itemgetter
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

Json = Any
Reply = tuple[int, dict[str, str], Json]
REPOSITORY = "owner/images"
ROOT = f"/repos/{REPOSITORY}"
_FIRST_ISSUE = 1000
"""Issues have greater numbers: pull requests count from one."""


@dataclass
class Hub:
    """A repository's pull requests. ``faults`` are answered first: a status, 0 for a dropped connection."""

    url: str = ""
    pulls: dict[int, Json] = field(default_factory=dict)
    branches: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    faults: list[Reply] = field(default_factory=list)
    issues: list[Json] = field(default_factory=list)
    authorizations: set[str] = field(default_factory=set)
    conflict: bool = False

    def add(self, branch: str, *, title: str = "t", body: str = "", owner: str = "owner") -> Json:
        """A pull request as GitHub tells it."""
        number = len(self.pulls) + 1
        api = f"{self.url}{ROOT}"
        pull = {
            "url": f"{api}/pulls/{number}",
            "issue_url": f"{api}/issues/{number}",
            "html_url": f"https://github.example/{REPOSITORY}/pull/{number}",
            "number": number,
            "state": "open",
            "title": title,
            "body": body or None,
            "labels": [],
            "merged_at": None,
            "updated_at": f"2026-08-01T{number // 60:02}:{number % 60:02}:00Z",
            "merge_commit_sha": "7" * 40,
            "head": {"ref": branch, "sha": f"{number:040d}", "repo": {"full_name": f"{owner}/images"}},
            "base": {"ref": "main", "sha": "f" * 40, "repo": {"full_name": REPOSITORY}},
        }
        self.pulls[number] = pull
        self.branches.add(branch)
        return pull

    def answer(self, verb: str, path: str, query: dict[str, str], said: Json) -> Reply:
        """What GitHub says."""
        if path.startswith("/app/installations/"):
            return 201, {}, {"token": "ghs_fresh", "expires_at": "2999-01-01T00:00:00Z", "permissions": {}}
        parts = path.removeprefix(ROOT).strip("/").split("/")
        if parts[0] == "git":
            return self._ref(verb, path.partition("/heads/")[2])
        if parts == ["pulls"]:
            return self._create(said) if verb == "POST" else self._list(query)
        if parts == ["issues"]:
            return self._raise(said) if verb == "POST" else self._issues(query)
        number = int(parts[1])
        pull = self.pulls.get(number) or next((i for i in self.issues if i["number"] == number), None)
        if pull is None:
            return 404, {}, {"message": "Not Found"}
        return self._change(verb, parts[0], parts[2:], pull, said)

    def _change(self, verb: str, kind: str, rest: list[str], pull: Json, said: Json) -> Reply:
        if rest == ["labels"]:
            pull["labels"] = [{"name": name} for name in said]
            return 200, {}, pull["labels"]
        if rest == ["comments"]:
            self.comments.append(said["body"])
            return 201, {}, {"id": 1, "body": said["body"]}
        if rest == ["merge"]:
            if self.conflict:
                return 405, {}, {"message": "Pull Request is not mergeable"}
            pull |= {"state": "closed", "merged_at": "2026-08-01T12:00:00Z", "merge_commit_sha": "a" * 40}
            return 200, {}, {"sha": "a" * 40, "merged": True, "message": said["commit_title"]}
        if verb == "PATCH":
            pull |= {**said, "base": {**pull.get("base", {}), "ref": said.get("base", "main")}}
        return 200, {}, pull

    def _create(self, said: Json) -> Reply:
        if any(p["head"]["ref"] == said["head"] and p["state"] == "open" for p in self.pulls.values()):
            exists = {"message": f"A pull request already exists for owner:{said['head']}."}
            return 422, {}, {"message": "Validation Failed", "errors": [exists]}
        return 201, {}, self.add(said["head"], title=said["title"], body=said["body"])

    def _list(self, query: dict[str, str]) -> Reply:
        found = [
            pull
            for pull in sorted(self.pulls.values(), key=itemgetter("updated_at"), reverse=True)
            if query.get("state") in (pull["state"], "all")
            and query.get("head") in (None, f"{pull['head']['repo']['full_name'].split('/')[0]}:{pull['head']['ref']}")
        ]
        page, size = int(query.get("page", 1)), int(query["per_page"])
        after = f"{self.url}{ROOT}/pulls?{urlencode({**query, 'page': page + 1})}"
        link = {"Link": f'<{after}>; rel="next"'} if len(found) > page * size else {}
        return 200, link, found[(page - 1) * size : page * size]

    def _raise(self, said: Json) -> Reply:
        number = _FIRST_ISSUE + len(self.issues) + 1
        url = f"{self.url}{ROOT}/issues/{number}"
        web = f"https://github.example/{REPOSITORY}/issues/{number}"
        labels = [{"name": name} for name in said["labels"]]
        self.issues.append({**said, "number": number, "url": url, "html_url": web, "state": "open", "labels": labels})
        return 201, {}, self.issues[-1]

    def _issues(self, query: dict[str, str]) -> Reply:
        wanted = set(query.get("labels", "").split(","))
        found = [i for i in self.issues if i["state"] == query["state"] and wanted <= {n["name"] for n in i["labels"]}]
        return 200, {}, found

    def _ref(self, verb: str, branch: str) -> Reply:
        if verb != "DELETE" or branch not in self.branches:
            return 422, {}, {"message": "Reference does not exist"}
        self.branches.remove(branch)
        return 204, {}, None


@contextmanager
def serving(made: Hub | None = None) -> Iterator[Hub]:
    """A hub, a new one or the one *made*, that listens until the end of the block."""
    hub = made or Hub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            hub.calls.append(f"{self.command} {parts.path.removeprefix(ROOT)}")
            hub.authorizations.add(self.headers.get("Authorization", ""))
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            said = json.loads(body) if body else None
            fault = hub.faults.pop(0) if hub.faults else None
            status, headers, reply = fault or hub.answer(self.command, parts.path, query, said)
            if not status:
                self.close_connection = True
                return
            text = b"" if reply is None else json.dumps(reply).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(text))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _answer  # noqa: N815  (the server's names)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the server's name)
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
