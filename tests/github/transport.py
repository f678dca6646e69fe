"""Clone, fetch and push over smart HTTP, by ``git http-backend`` itself.

https://git-scm.com/docs/git-http-backend
"""

from __future__ import annotations

import os
import re
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.github.access import who
from tests.github.gitdir import ISOLATED
from tests.github.hub import Access, Hub
from tests.github.observe import observe
from tests.github.routes import Refusal, Reply

_PATH = re.compile(r"/(?P<name>[^/]+/[^/]+?)(\.git)?/(?P<rest>info/refs|git-upload-pack|git-receive-pack)")
_SETTINGS = {
    "safe.directory": "*",
    "http.receivepack": "true",
    "http.uploadpack": "true",
    "uploadpack.allowAnySHA1InWant": "true",
    "uploadpack.allowFilter": "true",
    "receive.hideRefs": "refs/pull",
    "receive.denyDeleteCurrent": "refuse",
    "receive.denyCurrentBranch": "ignore",
    "gc.auto": "0",
    "receive.autogc": "false",
}
# git calls it once for each ref of a push, with its name, its old and its new commit.
_HOOK = """#!/bin/sh
case " $HUB_PROTECTED " in *" $1 "*) ;; *) exit 0;; esac
refuse() { echo "error: GH006: Protected branch update failed for $1." >&2; echo "error: $2" >&2; exit 1; }
nothing=0000000000000000000000000000000000000000
case " $HUB_FORCE " in *" $1 "*) ;; *)
  [ "$2" = $nothing ] || [ "$3" = $nothing ] || git merge-base --is-ancestor "$2" "$3" ||
    refuse "$1" "Cannot force-push to this protected branch";; esac
case " $HUB_LOCKED " in *" $1 "*) refuse "$1" "Changes must be made through a pull request.";; esac
exit 0
"""


def is_git(path: str) -> bool:
    """Whether a path is one of git's own protocol."""
    return _PATH.fullmatch(path) is not None


def answer(hub: Hub, verb: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> tuple[Reply, bytes]:
    """Let git answer; a Refusal where GitHub would not let git be asked."""
    found = _PATH.fullmatch(path)
    assert found
    name, rest = found["name"].lower(), found["rest"]
    if name in hub.former:
        there = f"{hub.api}/{hub.repo.full_name}.git/{rest}{f'?{query}' if query else ''}"
        return Reply(301, headers={"Location": there}), b""
    writes = "git-receive-pack" in (rest, query.removeprefix("service="))
    access = _let_in(hub, name, headers, writes=writes)
    with TemporaryDirectory(prefix="hooks-") as folder:
        done = subprocess.run(
            ["git", "http-backend"],
            input=body,
            capture_output=True,
            check=False,
            env=_environment(hub, verb, rest, query, headers, access, Path(folder)),
        )
    if writes:
        with hub.lock:
            observe(hub, access.login if access else "")
    return _taken_apart(done.stdout)


def _let_in(hub: Hub, name: str, headers: Mapping[str, str], *, writes: bool) -> Access | None:
    challenge = {"WWW-Authenticate": 'Basic realm="GitHub"'}
    try:
        access = who(hub, headers)
    except Refusal:
        raise Refusal(401, "Invalid username or token.", headers=challenge) from None
    known = name == hub.repo.full_name.lower()
    if access is None and (writes or hub.repo.private or not known):
        raise Refusal(401, "Authentication required", headers=challenge)
    if not known or (hub.repo.private and access and not access.may("contents=read")):
        raise Refusal(404, "Repository not found.")
    if writes and access and not access.may("contents=write"):
        raise Refusal(403, f"Permission to {hub.repo.full_name}.git denied to {access.login}.")
    return access


def _environment(
    hub: Hub, verb: str, rest: str, query: str, headers: Mapping[str, str], access: Access | None, folder: Path
) -> dict[str, str]:
    settings = dict(_SETTINGS)
    rules = {f"refs/heads/{branch}": rule for branch, rule in hub.protection.items()}
    if rules:
        hook = folder / "update"
        hook.write_text(_HOOK)
        hook.chmod(hook.stat().st_mode | stat.S_IXUSR)
    settings["core.hooksPath"] = str(folder)
    made = {
        **ISOLATED,
        "PATH": f"{os.defpath}:/usr/local/bin",
        "GIT_PROJECT_ROOT": str(hub.directory.parent.absolute()),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{hub.directory.name}/{rest}",
        "REQUEST_METHOD": verb,
        "QUERY_STRING": query,
        "CONTENT_TYPE": headers.get("Content-Type", ""),
        "HTTP_CONTENT_ENCODING": headers.get("Content-Encoding", ""),
        "GIT_PROTOCOL": headers.get("Git-Protocol", ""),
        "REMOTE_USER": access.login if access else "",
        "REMOTE_ADDR": "127.0.0.1",
        "HUB_PROTECTED": " ".join(rules),
        "HUB_FORCE": " ".join(ref for ref, rule in rules.items() if rule.get("allow_force_pushes")),
        "HUB_LOCKED": " ".join(ref for ref, rule in rules.items() if rule.get("required_pull_request_reviews")),
        "GIT_CONFIG_COUNT": str(len(settings)),
    }
    for number, (key, value) in enumerate(settings.items()):
        made |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return made


def _taken_apart(output: bytes) -> tuple[Reply, bytes]:
    """The headers and the body that a CGI program printed."""
    head, _, body = output.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
    return Reply(int(headers.pop("Status", "200").split(" ")[0]), headers=headers), body
