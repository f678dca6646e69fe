"""Users, the App, and what an author is to the repository."""

from __future__ import annotations

from tests.github.hub import APP, APP_ID, INSTALLATION, Hub
from tests.github.routes import Json
from tests.github.shapes import node, stamp

_GRANTED = {"metadata": "read", "contents": "write", "pull_requests": "write", "issues": "write", "checks": "write"}


def user(hub: Hub, login: str) -> Json:
    """A ``simple-user``."""
    who = hub.user(login)
    url, web = f"{hub.api}/users/{login}", f"{hub.api}/{login}"
    return {
        "login": login,
        "id": who.id,
        "node_id": node("U", who.id),
        "avatar_url": f"{hub.api}/avatars/{who.id}",
        "gravatar_id": "",
        "url": url,
        "html_url": web,
        "followers_url": f"{url}/followers",
        "following_url": f"{url}/following{{/other_user}}",
        "gists_url": f"{url}/gists{{/gist_id}}",
        "starred_url": f"{url}/starred{{/owner}}{{/repo}}",
        "subscriptions_url": f"{url}/subscriptions",
        "organizations_url": f"{url}/orgs",
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events{{/privacy}}",
        "received_events_url": f"{url}/received_events",
        "type": who.kind,
        "site_admin": False,
    }


def maybe(hub: Hub, login: str) -> Json:
    """The same; None for nobody."""
    return user(hub, login) if login else None


def whole_user(hub: Hub, login: str) -> Json:
    """A ``public-user``."""
    nothing = dict.fromkeys(("name", "company", "location", "email", "hireable", "bio", "twitter_username"))
    since = stamp(hub.repo.created_at)
    figures = dict.fromkeys(("public_gists", "followers", "following"), 0)
    return {**user(hub, login), **nothing, **figures, "blog": "", "public_repos": 1} | {
        "created_at": since,
        "updated_at": since,
    }


def association(hub: Hub, login: str) -> str:
    """What *login* is to the repository."""
    return "OWNER" if login == hub.repo.owner else "CONTRIBUTOR"


def app(hub: Hub) -> Json:
    """The App, an ``integration``."""
    at = stamp(hub.repo.created_at)
    return {
        "id": APP_ID,
        "slug": APP,
        "node_id": node("A", APP_ID),
        "owner": user(hub, hub.repo.owner),
        "name": "Watcher",
        "description": "",
        "external_url": f"{hub.api}/apps/{APP}/home",
        "html_url": f"{hub.api}/apps/{APP}",
        "created_at": at,
        "updated_at": at,
        "permissions": _GRANTED,
        "events": ["pull_request", "push"],
    }


def installation(hub: Hub) -> Json:
    """The App's ``installation`` on this one repository."""
    at = stamp(hub.repo.created_at)
    return {
        "id": INSTALLATION,
        "account": user(hub, hub.repo.owner),
        "access_tokens_url": f"{hub.api}/app/installations/{INSTALLATION}/access_tokens",
        "repositories_url": f"{hub.api}/installation/repositories",
        "html_url": f"{hub.api}/settings/installations/{INSTALLATION}",
        "app_id": APP_ID,
        "app_slug": APP,
        "target_id": hub.user(hub.repo.owner).id,
        "target_type": "User",
        "permissions": _GRANTED,
        "events": ["pull_request", "push"],
        "single_file_name": None,
        "repository_selection": "selected",
        "created_at": at,
        "updated_at": at,
        "suspended_by": None,
        "suspended_at": None,
    }
