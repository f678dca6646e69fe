"""What follows when branches moved, by whatever way: pushes are told, pull requests follow, close, or are merged."""

from __future__ import annotations

from tests.github.hub import Hub
from tests.github.records import Issue
from tests.github.routes import Json
from tests.github.shapes import stamp
from tests.github.shapes.commits import facts
from tests.github.shapes.people import user
from tests.github.shapes.pulls import whole

_NOTHING = "0" * 40


def observe(hub: Hub, login: str = "") -> None:
    """Compare the refs with those last seen, and do what GitHub does when *login* moved them."""
    login = login or hub.repo.owner
    before, now = hub.refs, hub.git.refs()
    if before == now:
        return
    hub.refs = now
    hub.repo.pushed_at = hub.now()
    for ref in sorted(before.keys() | now.keys()):
        old, new = before.get(ref), now.get(ref)
        if old != new:
            _moved(hub, ref, old, new, login)


def close(hub: Hub, issue: Issue, login: str, reason: str | None = None) -> None:
    """Close an issue or pull request."""
    issue.state, issue.closed_at, issue.closed_by = "closed", hub.now(), login
    issue.state_reason = None if issue.pull else (reason or "completed")
    hub.touch(issue, "closed", login)
    if issue.pull:
        tell(hub, issue, "closed", login)


def merged(hub: Hub, issue: Issue, commit: str, login: str) -> None:
    """Note that a pull request came in with *commit*."""
    pull = issue.request
    pull.merged_at, pull.merged_by, pull.merge_commit = hub.now(), login, commit
    hub.touch(issue, "merged", login, commit=commit)
    close(hub, issue, login)


def tell(hub: Hub, issue: Issue, action: str, login: str, **more: Json) -> None:
    """Send the webhook of a pull request."""
    hub.tell(
        "pull_request",
        {"action": action, "number": issue.number, "pull_request": whole(hub, issue), **more},
        login,
    )


def _moved(hub: Hub, ref: str, old: str | None, new: str | None, login: str) -> None:
    forced = bool(old and new and not hub.git.is_ancestor(old, new))
    _tell_push(hub, ref, old, new, login, forced=forced)
    if not ref.startswith("refs/heads/"):
        return
    branch = ref.removeprefix("refs/heads/")
    for issue in list(hub.pulls(base=branch)):
        if new is None:
            close(hub, issue, login)
        else:
            _base_moved(hub, issue, old, new, login)
    for issue in list(hub.pulls(head=branch)):
        if issue.request.head.repo == "":
            _head_moved(hub, issue, new, login, forced=forced)


def _base_moved(hub: Hub, issue: Issue, old: str | None, new: str, login: str) -> None:
    """A pull request whose commits arrived in its base, by any way, is merged."""
    pull = issue.request
    if hub.git.is_ancestor(pull.head.sha, new) and not (old and hub.git.is_ancestor(pull.head.sha, old)):
        path = hub.git("rev-list", "--first-parent", "--ancestry-path", f"{pull.head.sha}..{new}").splitlines()
        merged(hub, issue, path[-1] if path else pull.head.sha, login)
    else:
        pull.base.sha = new


def _head_moved(hub: Hub, issue: Issue, new: str | None, login: str, *, forced: bool) -> None:
    pull, before = issue.request, issue.request.head.sha
    if new is None:
        hub.touch(issue, "head_ref_deleted", login)
        close(hub, issue, login)
        return
    if new == before:
        return
    pull.head.sha = new
    hub.git.move(f"refs/pull/{issue.number}/head", new)
    if (hub.protection.get(pull.base.ref) or {}).get("required_pull_request_reviews", {}):
        _dismiss_stale(hub, issue)
    hub.touch(issue, "head_ref_force_pushed" if forced else "", login, commit=new)
    tell(hub, issue, "synchronize", login, before=before, after=new)


def _dismiss_stale(hub: Hub, issue: Issue) -> None:
    rule = hub.protection[issue.request.base.ref]["required_pull_request_reviews"]
    for review in issue.request.reviews:
        if rule.get("dismiss_stale_reviews") and review["state"] == "APPROVED":
            review["state"] = "DISMISSED"


def _tell_push(hub: Hub, ref: str, old: str | None, new: str | None, login: str, *, forced: bool) -> None:
    if hub.postman is None:
        return
    short = ref.split("/", 2)[2]
    if old is None or new is None:
        kind = {"ref": short, "ref_type": "branch" if ref.startswith("refs/heads/") else "tag", "pusher_type": "user"}
        more = {"master_branch": hub.repo.default_branch, "description": hub.repo.description} if new else {}
        hub.tell("create" if new else "delete", kind | more, login)
    span = [] if new is None else [f"{old}..{new}"] if old else ["-1", new]
    listed = hub.git("rev-list", "--reverse", "--max-count=20", *span).splitlines() if span else []
    commits = [_pushed(hub, sha) for sha in listed if hub.git("cat-file", "-t", sha) == "commit"]
    hub.tell(
        "push",
        {
            "ref": ref,
            "before": old or _NOTHING,
            "after": new or _NOTHING,
            "created": old is None,
            "deleted": new is None,
            "forced": forced,
            "base_ref": None,
            "compare": f"{hub.api}/{hub.repo.full_name}/compare/{(old or _NOTHING)[:12]}...{(new or _NOTHING)[:12]}",
            "commits": commits if old else [],
            "head_commit": commits[-1] if commits else None,
            "pusher": {"name": login, "email": f"{user(hub, login)['id']}+{login}@users.noreply.github.com"},
        },
        login,
    )


def _pushed(hub: Hub, sha: str) -> Json:
    known = facts(hub.git, sha)
    shown = hub.git("diff-tree", "--no-commit-id", "--name-status", "-r", "-z", "--root", sha).split("\0")
    pairs = list(zip(shown[::2], shown[1::2], strict=False))
    people = {
        key: {**{k: known[key][k] for k in ("name", "email", "date")}, "username": known[key]["name"]}
        for key in ("author", "committer")
    }
    return {
        "id": sha,
        "tree_id": known["tree"],
        "distinct": True,
        "message": known["message"],
        "timestamp": known["committer"]["date"] or stamp(hub.now()),
        "url": f"{hub.api}/{hub.repo.full_name}/commit/{sha}",
        **people,
        "added": [path for letter, path in pairs if letter == "A"],
        "removed": [path for letter, path in pairs if letter == "D"],
        "modified": [path for letter, path in pairs if letter not in ("A", "D")],
    }
