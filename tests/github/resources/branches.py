"""Branches, and their protection."""

from __future__ import annotations

from urllib.parse import quote

from tests.github.hub import Hub
from tests.github.pages import listing
from tests.github.routes import Ask, Json, Refusal, Reply, missing, route
from tests.github.shapes.commits import commit

_SWITCHES = (
    "required_linear_history",
    "allow_force_pushes",
    "allow_deletions",
    "block_creations",
    "required_conversation_resolution",
    "lock_branch",
    "allow_fork_syncing",
)


def _sha(hub: Hub, branch: str) -> str:
    sha = hub.refs.get(f"refs/heads/{branch}")
    if sha is None:
        raise Refusal(404, "Branch not found")
    return sha


def _url(hub: Hub, branch: str) -> str:
    return f"{hub.api}{hub.root}/branches/{quote(branch, safe='')}"


def _summary(hub: Hub, branch: str) -> Json:
    checks = (hub.protection.get(branch) or {}).get("required_status_checks") or {}
    contexts = checks.get("contexts") or []
    return {
        "enabled": branch in hub.protection,
        "required_status_checks": {
            "enforcement_level": "non_admins" if contexts else "off",
            "contexts": contexts,
            "checks": [{"context": context, "app_id": None} for context in contexts],
        },
    }


@route("GET", "branches", "contents=read")
def several(hub: Hub, ask: Ask) -> Reply:
    """All of them, by name."""
    names = sorted(ref.removeprefix("refs/heads/") for ref in hub.refs if ref.startswith("refs/heads/"))
    if "protected" in ask.query:
        names = [name for name in names if (name in hub.protection) == (ask.query["protected"] == "true")]

    def short(name: str) -> Json:
        sha = hub.refs[f"refs/heads/{name}"]
        tip = {"sha": sha, "url": f"{hub.api}{hub.root}/commits/{sha}"}
        return {"name": name, "commit": tip, "protected": name in hub.protection}

    return listing(hub, ask, names, short)


@route("GET", "branches/{branch}", "contents=read")
def get(hub: Hub, ask: Ask) -> Reply:
    """One with its tip and its protection."""
    name = ask.at["branch"]
    sha, url = _sha(hub, name), _url(hub, name)
    told = {
        "name": name,
        "commit": commit(hub, sha),
        "_links": {"self": url, "html": f"{hub.api}/{hub.repo.full_name}/tree/{name}"},
        "protected": name in hub.protection,
        "protection": _summary(hub, name),
        "protection_url": f"{url}/protection",
    }
    return Reply(200, told)


@route("GET", "branches/{branch}/protection", "administration=read")
def protection(hub: Hub, ask: Ask) -> Reply:
    """What a branch is protected by."""
    _sha(hub, ask.at["branch"])
    if ask.at["branch"] not in hub.protection:
        raise Refusal(404, "Branch not protected")
    return Reply(200, _told(hub, ask.at["branch"]))


@route("PUT", "branches/{branch}/protection", "administration=write")
def protect(hub: Hub, ask: Ask) -> Reply:
    """Protect a branch."""
    _sha(hub, ask.at["branch"])
    if ask.said("restrictions"):
        raise Refusal(422, "Only organization repositories can have users and team restrictions", [])
    hub.protection[ask.at["branch"]] = dict(ask.body)
    return Reply(200, _told(hub, ask.at["branch"]))


@route("DELETE", "branches/{branch}/protection", "administration=write")
def unprotect(hub: Hub, ask: Ask) -> Reply:
    """Protect it no more."""
    if hub.protection.pop(ask.at["branch"], None) is None:
        raise missing()
    return Reply(204)


def _told(hub: Hub, branch: str) -> Json:
    rule, url = hub.protection[branch], f"{_url(hub, branch)}/protection"
    told: Json = {
        "url": url,
        "enforce_admins": {"url": f"{url}/enforce_admins", "enabled": bool(rule.get("enforce_admins"))},
        "required_signatures": {"url": f"{url}/required_signatures", "enabled": False},
        **{name: {"enabled": bool(rule.get(name))} for name in _SWITCHES},
    }
    checks, reviews = rule.get("required_status_checks"), rule.get("required_pull_request_reviews")
    if checks:
        contexts = checks.get("contexts") or [check["context"] for check in checks.get("checks", ())]
        told["required_status_checks"] = {
            "url": f"{url}/required_status_checks",
            "contexts_url": f"{url}/required_status_checks/contexts",
            "strict": bool(checks.get("strict")),
            "contexts": contexts,
            "checks": [{"context": context, "app_id": None} for context in contexts],
        }
    if reviews is not None:
        told["required_pull_request_reviews"] = {
            "url": f"{url}/required_pull_request_reviews",
            "dismiss_stale_reviews": bool(reviews.get("dismiss_stale_reviews")),
            "require_code_owner_reviews": bool(reviews.get("require_code_owner_reviews")),
            "required_approving_review_count": reviews.get("required_approving_review_count", 1),
            "require_last_push_approval": bool(reviews.get("require_last_push_approval")),
        }
    return told
