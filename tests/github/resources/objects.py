"""Git's own objects: commits, trees and blobs, read and written."""

from __future__ import annotations

import base64
import binascii

from tests.github.gitdir import GitRefused
from tests.github.hub import Hub
from tests.github.routes import Ask, Json, Refusal, Reply, missing, route
from tests.github.shapes.commits import blob, git_commit


@route("GET", "git/commits/{commit_sha}", "contents=read")
def commit(hub: Hub, ask: Ask) -> Reply:
    """A commit by its sha."""
    sha = ask.at["commit_sha"]
    if not hub.git.ok("cat-file", "-e", f"{sha}^{{commit}}"):
        raise missing()
    return Reply(200, git_commit(hub, sha))


@route("POST", "git/commits", "contents=write")
def make_commit(hub: Hub, ask: Ask) -> Reply:
    """A commit of a tree that is there."""
    tree, parents = ask.said("tree", ""), ask.said("parents", [])
    if not hub.git.ok("cat-file", "-e", f"{tree}^{{tree}}"):
        raise Refusal(422, "Tree SHA does not exist", [])
    if not all(hub.git.ok("cat-file", "-e", f"{parent}^{{commit}}") for parent in parents):
        raise Refusal(422, "Parent SHA does not exist or is not a commit object", [])
    at = hub.now().isoformat()
    somebody = {"name": ask.login, "email": f"{ask.login}@users.noreply.github.com", "date": at}
    author = somebody | ask.said("author", {})
    committer = author | ask.said("committer", {})
    env = {f"GIT_COMMITTER_{key.upper()}": committer[key] for key in ("name", "email", "date")}
    env |= {f"GIT_AUTHOR_{key.upper()}": author[key] for key in ("name", "email", "date")}
    sides = [text for parent in parents for text in ("-p", parent)]
    sha = hub.git("commit-tree", tree, *sides, "-F", "-", data=ask.said("message", "").encode(), env=env)
    return Reply(201, git_commit(hub, sha))


def _tree(hub: Hub, sha: str, *, recursive: bool) -> Json:
    found = []
    options = ("-r", "-t") if recursive else ()
    for line in hub.git("ls-tree", "-z", "-l", *options, sha).split("\0"):
        if not line:
            continue
        head, path = line.split("\t")
        mode, kind, name, size = head.split()
        entry: Json = {"path": path, "mode": mode, "type": kind, "sha": name}
        entry["url"] = f"{hub.api}{hub.root}/git/{kind}s/{name}"
        if size != "-":
            entry["size"] = int(size)
        found.append(entry)
    return {"sha": sha, "url": f"{hub.api}{hub.root}/git/trees/{sha}", "tree": found, "truncated": False}


@route("GET", "git/trees/{tree_sha}", "contents=read")
def tree(hub: Hub, ask: Ask) -> Reply:
    """A tree, by its sha or the name of a branch; whole with ``recursive``."""
    name = ask.at["tree_sha"]
    try:
        sha = hub.git("rev-parse", "--quiet", "--verify", f"{hub.git.commit(name) or name}^{{tree}}")
    except GitRefused:
        raise missing() from None
    return Reply(200, _tree(hub, sha, recursive="recursive" in ask.query))


@route("POST", "git/trees", "contents=write")
def make_tree(hub: Hub, ask: Ask) -> Reply:
    """A tree on ``base_tree``: an entry with ``sha`` null is taken away, one with ``content`` is written."""
    base = ask.said("base_tree")
    index = hub.directory / f"index-{hub.id()}"
    env = {"GIT_INDEX_FILE": str(index)}
    try:
        hub.git("read-tree", base or "--empty", env=env)
        lines = [_line(hub, entry) for entry in ask.said("tree", [])]
        hub.git("update-index", "-z", "--index-info", data="".join(lines).encode(), env=env)
        sha = hub.git("write-tree", env=env)
    except GitRefused:
        raise Refusal(422, "GitRPC::BadObjectState", []) from None
    finally:
        index.unlink(missing_ok=True)
    return Reply(201, _tree(hub, sha, recursive=False))


def _line(hub: Hub, entry: Json) -> str:
    path, mode, sha = entry["path"], entry.get("mode", "100644"), entry.get("sha")
    if "content" in entry:
        sha = hub.git("hash-object", "-w", "--stdin", data=entry["content"].encode())
    if sha is None:
        return f"0 {'0' * 40}\t{path}\0"
    return f"{mode} {sha}\t{path}\0"


@route("GET", "git/blobs/{file_sha}", "contents=read")
def get_blob(hub: Hub, ask: Ask) -> Reply:
    """A file's content."""
    return Reply(200, blob(hub, ask.at["file_sha"]))


@route("POST", "git/blobs", "contents=write")
def make_blob(hub: Hub, ask: Ask) -> Reply:
    """A file's content, kept."""
    text = ask.said("content", "")
    try:
        data = base64.b64decode(text) if ask.said("encoding", "utf-8") == "base64" else text.encode()
    except binascii.Error:
        raise Refusal(422, "content is not valid Base64", []) from None
    sha = hub.git("hash-object", "-w", "--stdin", data=data)
    return Reply(201, {"sha": sha, "url": f"{hub.api}{hub.root}/git/blobs/{sha}"})
