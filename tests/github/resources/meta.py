"""The repository itself, users, and how much of one's allowance is left."""

from __future__ import annotations

from tests.github.hub import Hub
from tests.github.records import MERGING
from tests.github.routes import Ask, Reply, invalid, route
from tests.github.shapes.people import whole_user
from tests.github.shapes.repository import whole

_ROOT = {
    "current_user": "user",
    "authorizations": "authorizations",
    "code_search": "search/code?q={query}{&page,per_page,sort,order}",
    "commit_search": "search/commits?q={query}{&page,per_page,sort,order}",
    "emails": "user/emails",
    "emojis": "emojis",
    "events": "events",
    "feeds": "feeds",
    "followers": "user/followers",
    "following": "user/following{/target}",
    "gists": "gists{/gist_id}",
    "issue_search": "search/issues?q={query}{&page,per_page,sort,order}",
    "issues": "issues",
    "keys": "user/keys",
    "label_search": "search/labels?q={query}&repository_id={repository_id}{&page,per_page}",
    "notifications": "notifications",
    "organization": "orgs/{org}",
    "organization_repositories": "orgs/{org}/repos{?type,page,per_page,sort}",
    "organization_teams": "orgs/{org}/teams",
    "public_gists": "gists/public",
    "rate_limit": "rate_limit",
    "repository": "repos/{owner}/{repo}",
    "repository_search": "search/repositories?q={query}{&page,per_page,sort,order}",
    "current_user_repositories": "user/repos{?type,page,per_page,sort}",
    "starred": "user/starred{/owner}{/repo}",
    "starred_gists": "gists/starred",
    "user": "users/{user}",
    "user_organizations": "user/orgs",
    "user_repositories": "users/{user}/repos{?type,page,per_page,sort}",
    "user_search": "search/users?q={query}{&page,per_page,sort,order}",
}


@route("GET", "/")
def root(hub: Hub, ask: Ask) -> Reply:
    """Where everything is."""
    found = {f"{key}_url": f"{hub.api}/{path}" for key, path in _ROOT.items()}
    return Reply(200, found | {"current_user_authorizations_html_url": f"{hub.api}/settings/connections"})


@route("GET", "/rate_limit")
def rate_limit(hub: Hub, ask: Ask) -> Reply:
    """The allowance; asking costs nothing."""
    core = hub.limits.resource(ask.login)
    unused = {"limit": 30, "used": 0, "remaining": 30, "reset": core["reset"]}
    return Reply(200, {"rate": core, "resources": {"core": core, "search": unused}})


@route("GET", "/user")
def myself(hub: Hub, ask: Ask) -> Reply:
    """Who asks."""
    return Reply(200, whole_user(hub, ask.login))


@route("GET", "/users/{username}")
def somebody(hub: Hub, ask: Ask) -> Reply:
    """A user."""
    return Reply(200, whole_user(hub, ask.at["username"]))


@route("GET", "", "metadata=read")
def get(hub: Hub, ask: Ask) -> Reply:
    """The repository."""
    return Reply(200, whole(hub, writes=bool(ask.who and ask.who.may("contents=write"))))


@route("PATCH", "", "administration=write")
def update(hub: Hub, ask: Ask) -> Reply:
    """Rename it, or change its settings; the former name leads to the new one."""
    repo, name = hub.repo, ask.said("name", hub.repo.name)
    branch = ask.said("default_branch", repo.default_branch)
    if f"refs/heads/{branch}" not in hub.refs:
        raise invalid("Repository", "default_branch", message="The branch was not found.")
    if name != repo.name:
        former = repo.name
        hub.former.add(repo.full_name.lower())
        repo.name = name
        hub.former.discard(repo.full_name.lower())
        hub.tell("repository", {"action": "renamed", "changes": {"repository": {"name": {"from": former}}}}, ask.login)
    if branch != repo.default_branch:
        repo.default_branch = branch
        hub.git("symbolic-ref", "HEAD", f"refs/heads/{branch}")
    repo.description = ask.said("description", repo.description)
    repo.private = ask.said("private", repo.private)
    repo.merging |= {key: ask.said(key, repo.merging[key]) for key in MERGING}
    repo.updated_at = hub.now()
    return Reply(200, whole(hub, writes=True))
