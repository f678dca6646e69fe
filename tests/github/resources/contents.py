"""Files by their path: read, written and removed with a commit each."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import quote

from tests.github.gitdir import GitRefused
from tests.github.hub import Hub
from tests.github.observe import observe
from tests.github.protection import check_push
from tests.github.routes import Ask, Json, Refusal, Reply, missing, route
from tests.github.shapes.commits import git_commit

_KINDS = {"blob": "file", "tree": "dir", "commit": "submodule"}


def _entry(hub: Hub, ref: str, path: str, kind: str, sha: str, size: int) -> Json:
    url, word = f"{hub.api}{hub.root}/contents/{quote(path)}?ref={quote(ref)}", _KINDS[kind]
    git = f"{hub.api}{hub.root}/git/{kind}s/{sha}"
    web = f"{hub.api}/{hub.repo.full_name}/{'tree' if word == 'dir' else 'blob'}/{ref}/{quote(path)}"
    return {
        "name": path.rsplit("/", 1)[-1],
        "path": path,
        "sha": sha,
        "size": size,
        "url": url,
        "html_url": web,
        "git_url": git,
        "download_url": web.replace("/blob/", "/raw/") if word == "file" else None,
        "type": word,
        "_links": {"self": url, "git": git, "html": web},
    }


def _listed(hub: Hub, commit: str, ref: str, path: str) -> list[Json]:
    found = []
    for line in hub.git("ls-tree", "-z", "-l", commit, *([path] if path else [])).split("\0"):
        if line:
            head, name = line.split("\t")
            _, kind, sha, size = head.split()
            found.append(_entry(hub, ref, name, kind, sha, int(size) if size != "-" else 0))
    return found


@route("GET", "contents/{path}", "contents=read")
def get(hub: Hub, ask: Ask) -> Reply:
    """A file with its content, or what a folder holds."""
    path, ref = (ask.at["path"] or "").strip("/"), ask.query.get("ref", hub.repo.default_branch)
    commit = hub.git.commit(ref)
    if commit is None:
        raise Refusal(404, f"No commit found for the ref {ref}")
    found = _listed(hub, commit, ref, path)
    if not found:
        raise missing()
    if not path or found[0]["type"] == "dir":
        return Reply(200, _listed(hub, commit, ref, f"{path}/") if path else found)
    text = hub.git.raw("cat-file", "blob", found[0]["sha"])
    return Reply(200, found[0] | {"content": base64.encodebytes(text).decode(), "encoding": "base64"})


@route("PUT", "contents/{path}", "contents=write")
def put(hub: Hub, ask: Ask) -> Reply:
    """Write a file; one that is there only by the sha that it has."""
    try:
        data = base64.b64decode(ask.said("content", ""), validate=False)
    except binascii.Error:
        raise Refusal(422, "content is not valid Base64", []) from None
    blob = hub.git("hash-object", "-w", "--stdin", data=data)
    commit, there = _commit(hub, ask, f"100644 {blob}")
    entry = _entry(hub, commit, ask.at["path"], "blob", blob, len(data))
    return Reply(200 if there else 201, {"content": entry, "commit": git_commit(hub, commit)})


@route("DELETE", "contents/{path}", "contents=write")
def delete(hub: Hub, ask: Ask) -> Reply:
    """Remove a file."""
    commit, _ = _commit(hub, ask, f"0 {'0' * 40}")
    return Reply(200, {"content": None, "commit": git_commit(hub, commit)})


def _commit(hub: Hub, ask: Ask, entry: str) -> tuple[str, str]:
    """Put *entry* (mode and blob) at the path on the branch; return the commit and the blob that was there."""
    path, branch = ask.at["path"], ask.said("branch", ask.query.get("branch", hub.repo.default_branch))
    parent = hub.refs.get(f"refs/heads/{branch}")
    if parent is None and hub.refs:
        raise Refusal(404, f"Branch {branch} not found")
    there = hub.git("ls-tree", "--object-only", parent, path) if parent else ""
    said = ask.said("sha", ask.query.get("sha", ""))
    if there != said:
        message = f"{path} does not match {said}" if said else 'Invalid request.\n\n"sha" wasn\'t supplied.'
        raise Refusal(409 if said else 422, message, None if said else [])
    reason = check_push(hub, f"refs/heads/{branch}", parent, "")
    if parent and reason:
        raise Refusal(409, f"Could not update file: {reason}")
    index = hub.directory / f"index-{hub.id()}"
    env = {"GIT_INDEX_FILE": str(index)}
    try:
        hub.git("read-tree", parent or "--empty", env=env)
        hub.git("update-index", "-z", "--index-info", data=f"{entry}\t{path}\0".encode(), env=env)
        tree = hub.git("write-tree", env=env)
    except GitRefused:
        raise Refusal(422, "path contains a malformed path component", []) from None
    finally:
        index.unlink(missing_ok=True)
    author = {"name": ask.login, "email": f"{ask.login}@users.noreply.github.com"} | ask.said("author", {})
    message = ask.said("message", ask.query.get("message", ""))
    made = hub.git.commit_tree(tree, [parent] if parent else [], message, author, hub.now().isoformat())
    hub.git.move(f"refs/heads/{branch}", made, parent)
    observe(hub, ask.login)
    return made, there
