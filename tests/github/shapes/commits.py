"""Commits, trees, blobs, refs and the differences between commits, read from git."""

from __future__ import annotations

import base64
from functools import lru_cache
from urllib.parse import quote

from tests.github.gitdir import GitDir
from tests.github.hub import Hub
from tests.github.routes import Json, missing
from tests.github.shapes import node

_FORMAT = "%H%x00%T%x00%P%x00%an%x00%ae%x00%ad%x00%cn%x00%ce%x00%cd%x00%B"
_UNSIGNED = {"verified": False, "reason": "unsigned", "signature": None, "payload": None, "verified_at": None}
_STATUS = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "T": "changed"}


@lru_cache(maxsize=4096)
def facts(git: GitDir, sha: str) -> dict[str, Json]:
    """What a commit says: sha, tree, parents, author, committer, message."""
    # A date is written as GitHub writes them: in UTC.
    shown = git("log", "-1", "--date=format-local:%Y-%m-%dT%H:%M:%SZ", f"--format={_FORMAT}", sha, "--")
    name, tree, parents, an, ae, ad, cn, ce, cd, message = shown.split("\0", 9)
    return {
        "sha": name,
        "tree": tree,
        "parents": parents.split(),
        "author": {"name": an, "email": ae, "date": ad},
        "committer": {"name": cn, "email": ce, "date": cd},
        "message": message.rstrip("\n"),
    }


def _links(hub: Hub, sha: str, kind: str = "git/commits") -> Json:
    return {"sha": sha, "url": f"{hub.api}{hub.root}/{kind}/{sha}"}


def _parents(hub: Hub, shas: list[str], kind: str) -> list[Json]:
    return [_links(hub, sha, kind) | {"html_url": f"{hub.api}/{hub.repo.full_name}/commit/{sha}"} for sha in shas]


def git_commit(hub: Hub, sha: str) -> Json:
    """A ``git-commit``, as the API of git's own objects has it."""
    known = facts(hub.git, sha)
    return {
        **_links(hub, sha),
        "node_id": node("C", sha),
        "html_url": f"{hub.api}/{hub.repo.full_name}/commit/{sha}",
        "author": known["author"],
        "committer": known["committer"],
        "tree": _links(hub, known["tree"], "git/trees"),
        "message": known["message"],
        "parents": _parents(hub, known["parents"], "git/commits"),
        "verification": _UNSIGNED,
    }


def commit(hub: Hub, sha: str, *, files: bool = False) -> Json:
    """A ``commit``; with its files where they are asked for."""
    known, url = facts(hub.git, sha), f"{hub.api}{hub.root}/commits/{sha}"
    made = {
        "sha": sha,
        "node_id": node("C", sha),
        "commit": {
            "author": known["author"],
            "committer": known["committer"],
            "message": known["message"],
            "tree": _links(hub, known["tree"], "git/trees"),
            "url": f"{hub.api}{hub.root}/git/commits/{sha}",
            "comment_count": 0,
            "verification": _UNSIGNED,
        },
        "url": url,
        "html_url": f"{hub.api}/{hub.repo.full_name}/commit/{sha}",
        "comments_url": f"{url}/comments",
        "author": {},
        "committer": {},
        "parents": _parents(hub, known["parents"], "commits"),
    }
    if files:
        parent = known["parents"][0] if known["parents"] else hub.git("hash-object", "-t", "tree", "/dev/null")
        listed = entries(hub, parent, sha)
        added, deleted = sum(e["additions"] for e in listed), sum(e["deletions"] for e in listed)
        made |= {"files": listed, "stats": {"additions": added, "deletions": deleted, "total": added + deleted}}
    return made


@lru_cache(maxsize=256)
def _raw(git: GitDir, old: str, new: str) -> tuple[tuple[str, str, str, int, int, str], ...]:
    """(path, former path, status, additions, deletions, blob) of every file that differs."""
    names = git("diff", "--raw", "--no-abbrev", "-M", "-z", old, new).split("\0")
    found, counts, rest = [], _counts(git, old, new), iter(names)
    for head in rest:
        if not head:
            break
        _, _, _, blob, letter = head.removeprefix(":").split(" ")
        former = next(rest)
        path = next(rest) if letter[0] in "RC" else former
        added, deleted = counts.get(path, (0, 0))
        sha = blob if letter[0] != "D" else "0" * 40
        found.append((path, former if path != former else "", letter[0], added, deleted, sha))
    return tuple(found)


def _counts(git: GitDir, old: str, new: str) -> dict[str, tuple[int, int]]:
    fields = iter(git("diff", "--numstat", "-M", "-z", old, new).split("\0"))
    found = {}
    for head in fields:
        if not head:
            break
        added, deleted, path = head.split("\t")
        if not path:
            next(fields)
            path = next(fields)
        found[path] = (int(added) if added != "-" else 0, int(deleted) if deleted != "-" else 0)
    return found


def size(hub: Hub, old: str, new: str) -> tuple[int, int, int]:
    """Additions, deletions and changed files."""
    listed = _raw(hub.git, old, new)
    return sum(e[3] for e in listed), sum(e[4] for e in listed), len(listed)


def entries(hub: Hub, old: str, new: str, *, patches: bool = True) -> list[Json]:
    """The ``diff-entry`` of every file that differs, with its patch."""
    found = []
    web, api = f"{hub.api}/{hub.repo.full_name}", f"{hub.api}{hub.root}"
    for path, former, letter, added, deleted, blob in _raw(hub.git, old, new)[:300]:
        entry: dict[str, Json] = {
            "sha": blob,
            "filename": path,
            "status": _STATUS[letter],
            "additions": added,
            "deletions": deleted,
            "changes": added + deleted,
            "blob_url": f"{web}/blob/{new}/{quote(path)}",
            "raw_url": f"{web}/raw/{new}/{quote(path)}",
            "contents_url": f"{api}/contents/{quote(path)}?ref={new}",
        }
        if former:
            entry["previous_filename"] = former
        if patches:
            shown = hub.git("diff", "-M", old, new, "--", *filter(None, (former, path)))
            entry["patch"] = shown[shown.index("@@") :] if "@@" in shown else ""
        found.append(entry)
    return found


def ref(hub: Hub, name: str, sha: str) -> Json:
    """A ``git-ref``; *name* is the full one."""
    kind = hub.git("cat-file", "-t", sha)
    return {
        "ref": name,
        "node_id": node("REF", name),
        "url": f"{hub.api}{hub.root}/git/{name}",
        "object": {"type": kind, "sha": sha, "url": f"{hub.api}{hub.root}/git/{kind}s/{sha}"},
    }


def blob(hub: Hub, sha: str) -> Json:
    """A ``blob`` in base64."""
    if not hub.git.ok("cat-file", "-e", f"{sha}^{{blob}}"):
        raise missing()
    text = hub.git.raw("cat-file", "blob", sha)
    return {
        **_links(hub, sha, "git/blobs"),
        "node_id": node("B", sha),
        "size": len(text),
        "content": base64.encodebytes(text).decode(),
        "encoding": "base64",
    }
