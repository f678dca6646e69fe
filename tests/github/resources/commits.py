"""Commits as people see them, and the difference between two."""

from __future__ import annotations

from tests.github.hub import Hub
from tests.github.pages import cut, listing
from tests.github.routes import Ask, Refusal, Reply, missing, route
from tests.github.shapes.commits import commit, entries
from tests.github.shapes.pulls import simple


def resolved(hub: Hub, name: str) -> str:
    """The commit that *name* stands for; 422 as GitHub has it if there is none."""
    sha = hub.git.commit(name)
    if sha is None:
        raise Refusal(422, f"No commit found for SHA: {name}", [])
    return sha


@route("GET", "commits", "contents=read")
def several(hub: Hub, ask: Ask) -> Reply:
    """The history of ``sha``, of ``path`` alone if given."""
    if not hub.refs:
        raise Refusal(409, "Git Repository is empty.")
    sha = hub.git.commit(ask.query.get("sha", hub.repo.default_branch))
    if sha is None:
        raise missing()
    since = [f"--since={ask.query['since']}"] if "since" in ask.query else []
    path = ["--", ask.query["path"]] if "path" in ask.query else []
    found = hub.git("rev-list", "--max-count=1000", *since, sha, *path).splitlines()
    return listing(hub, ask, found, lambda sha: commit(hub, sha))


@route("GET", "commits/{ref}", "contents=read")
def get(hub: Hub, ask: Ask) -> Reply:
    """One with its files."""
    return Reply(200, commit(hub, resolved(hub, ask.at["ref"]), files=True))


@route("GET", "commits/{commit_sha}/pulls", "pull_requests=read")
def pulls(hub: Hub, ask: Ask) -> Reply:
    """The pull requests that brought a commit, or would."""
    sha = resolved(hub, ask.at["commit_sha"])
    found = [
        made
        for made in hub.pulls(state="all")
        if sha == made.request.merge_commit
        or (hub.git.is_ancestor(sha, made.request.head.sha) and not hub.git.is_ancestor(sha, made.request.base.sha))
    ]
    return listing(hub, ask, found, lambda made: simple(hub, made))


@route("GET", "compare/{basehead}", "contents=read")
def compare(hub: Hub, ask: Ask) -> Reply:
    """What ``HEAD`` of ``BASE...HEAD`` has beyond where the two parted."""
    names = ask.at["basehead"].split("...")
    sides = [hub.git.commit(name.rpartition(":")[2]) for name in names]
    if len(sides) != 2 or sides[0] is None or sides[1] is None:
        raise missing()
    base, head = sides[0], sides[1]
    fork = hub.git.merge_base(base, head)
    if fork is None:
        raise Refusal(404, f"No common ancestor between {names[0]} and {names[1]}.")
    ahead = hub.git("rev-list", "--reverse", f"{base}..{head}").splitlines()
    behind = int(hub.git("rev-list", "--count", f"{head}..{base}"))
    status = "diverged" if ahead and behind else "ahead" if ahead else "behind" if behind else "identical"
    some, headers = cut(hub, ask, ahead)
    url, web = f"{hub.api}{hub.root}/compare/{ask.at['basehead']}", f"{hub.api}/{hub.repo.full_name}/compare"
    told = {
        "url": url,
        "html_url": f"{web}/{ask.at['basehead']}",
        "permalink_url": f"{web}/{base[:12]}...{head[:12]}",
        "diff_url": f"{web}/{ask.at['basehead']}.diff",
        "patch_url": f"{web}/{ask.at['basehead']}.patch",
        "base_commit": commit(hub, base),
        "merge_base_commit": commit(hub, fork),
        "status": status,
        "ahead_by": len(ahead),
        "behind_by": behind,
        "total_commits": len(ahead),
        "commits": [commit(hub, sha) for sha in some],
        "files": entries(hub, fork, head),
    }
    return Reply(200, told, headers)
