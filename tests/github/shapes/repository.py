"""The repository, ours or a fork of it."""

from __future__ import annotations

from tests.github.hub import Hub
from tests.github.routes import Json
from tests.github.shapes import node, stamp
from tests.github.shapes.people import user

_URLS = {
    "archive": "{archive_format}{/ref}",
    "assignees": "assignees{/user}",
    "blobs": "git/blobs{/sha}",
    "branches": "branches{/branch}",
    "collaborators": "collaborators{/collaborator}",
    "comments": "comments{/number}",
    "commits": "commits{/sha}",
    "compare": "compare/{base}...{head}",
    "contents": "contents/{+path}",
    "contributors": "contributors",
    "deployments": "deployments",
    "downloads": "downloads",
    "events": "events",
    "forks": "forks",
    "git_commits": "git/commits{/sha}",
    "git_refs": "git/refs{/sha}",
    "git_tags": "git/tags{/sha}",
    "hooks": "hooks",
    "issue_comment": "issues/comments{/number}",
    "issue_events": "issues/events{/number}",
    "issues": "issues{/number}",
    "keys": "keys{/key_id}",
    "labels": "labels{/name}",
    "languages": "languages",
    "merges": "merges",
    "milestones": "milestones{/number}",
    "notifications": "notifications{?since,all,participating}",
    "pulls": "pulls{/number}",
    "releases": "releases{/id}",
    "stargazers": "stargazers",
    "statuses": "statuses/{sha}",
    "subscribers": "subscribers",
    "subscription": "subscription",
    "tags": "tags",
    "teams": "teams",
    "trees": "git/trees{/sha}",
}
_NO = ("disabled", "archived", "has_pages", "has_wiki", "has_discussions", "is_template")
_NONE = ("homepage", "language", "mirror_url", "license")
_ZERO = ("forks", "forks_count", "stargazers_count", "watchers", "watchers_count", "size")


def minimal(hub: Hub, full_name: str = "") -> Json:
    """A ``minimal-repository``: what is in all the others. *full_name* is that of a fork."""
    owner, _, name = (full_name or hub.repo.full_name).partition("/")
    url, number = f"{hub.api}/repos/{owner}/{name}", hub.repo.id if not full_name else hub.repo.id + len(full_name)
    return {
        "id": number,
        "node_id": node("R", number),
        "name": name,
        "full_name": f"{owner}/{name}",
        "private": hub.repo.private,
        "owner": user(hub, owner),
        "html_url": f"{hub.api}/{owner}/{name}",
        "description": hub.repo.description,
        "fork": bool(full_name),
        "url": url,
        **{f"{key}_url": f"{url}/{path}" for key, path in _URLS.items()},
    }


def repository(hub: Hub, full_name: str = "") -> Json:
    """A ``repository``, as pull requests and webhooks carry it."""
    made = minimal(hub, full_name)
    web, opened = made["html_url"], sum(issue.state == "open" for issue in hub.issues.values())
    return (
        made
        | dict.fromkeys(_NO, False)
        | dict.fromkeys(_NONE)
        | dict.fromkeys(_ZERO, 0)
        | {
            "clone_url": f"{web}.git",
            "git_url": f"{web}.git",
            "ssh_url": f"git@127.0.0.1:{made['full_name']}.git",
            "svn_url": web,
            "default_branch": hub.repo.default_branch,
            "has_issues": True,
            "has_projects": False,
            "has_downloads": False,
            "allow_forking": True,
            "web_commit_signoff_required": False,
            "topics": [],
            "custom_properties": {},
            "visibility": "private" if hub.repo.private else "public",
            "open_issues": opened,
            "open_issues_count": opened,
            "created_at": stamp(hub.repo.created_at),
            "updated_at": stamp(hub.repo.updated_at),
            "pushed_at": stamp(hub.repo.pushed_at),
        }
    )


def of_push(hub: Hub) -> Json:
    """The same as the webhook ``push`` alone has it: times in seconds, the owner with name and address."""
    made = repository(hub)
    owner = {**made["owner"], "name": hub.repo.owner, "email": f"{hub.repo.owner}@users.noreply.github.com"}
    times = {"created_at": int(hub.repo.created_at.timestamp()), "pushed_at": int(hub.repo.pushed_at.timestamp())}
    return {**made, **times, "owner": owner, "stargazers": 0, "master_branch": hub.repo.default_branch}


def whole(hub: Hub, *, writes: bool) -> Json:
    """A ``full-repository``, as it is asked for by itself; *writes* is whether who asks may push."""
    permissions = {"admin": writes, "maintain": writes, "push": writes, "triage": writes, "pull": True}
    counts = {"network_count": 0, "subscribers_count": 0}
    return {**repository(hub), **counts, **hub.repo.merging, "permissions": permissions}
