"""The App: its installation, and tokens for it that last an hour."""

from __future__ import annotations

import secrets
from datetime import timedelta

from tests.github.hub import APP, INSTALLATION, Access, Hub
from tests.github.routes import Ask, Reply, missing, refused, route
from tests.github.shapes import stamp
from tests.github.shapes.people import app, installation
from tests.github.shapes.repository import repository

GRANTED = {"contents": "write", "pull_requests": "write", "issues": "write", "metadata": "read", "checks": "write"}


def _must_be_app(ask: Ask) -> None:
    if ask.who is None or not ask.who.app:
        raise missing()


@route("GET", "/app")
def myself(hub: Hub, ask: Ask) -> Reply:
    """The App that asks."""
    _must_be_app(ask)
    return Reply(200, app(hub))


@route("GET", "/app/installations/{installation_id}")
def get(hub: Hub, ask: Ask) -> Reply:
    """The one installation that there is."""
    _must_be_app(ask)
    if ask.at["installation_id"] != str(INSTALLATION):
        raise missing()
    return Reply(200, installation(hub))


@route("GET", "installation")
def of_repository(hub: Hub, ask: Ask) -> Reply:
    """The same, found by the repository."""
    _must_be_app(ask)
    return Reply(200, installation(hub))


@route("POST", "/app/installations/{installation_id}/access_tokens")
def token(hub: Hub, ask: Ask) -> Reply:
    """A token for an hour, with the rights of the App or those fewer that were asked for."""
    _must_be_app(ask)
    if ask.at["installation_id"] != str(INSTALLATION):
        raise missing()
    rights = ask.said("permissions") or GRANTED  # PyGithub says {} where it wants them all
    if any(kind not in GRANTED for kind in rights):
        raise refused("Installation", "The permissions requested are not granted to this installation.")
    secret, ends = f"ghs_{secrets.token_hex(18)}", hub.now() + timedelta(hours=1)
    hub.tokens[secret] = Access(f"{APP}[bot]", rights, ends, app=True)
    answer = {"token": secret, "expires_at": stamp(ends), "permissions": rights, "repository_selection": "selected"}
    return Reply(201, answer)


@route("GET", "/installation/repositories")
def repositories(hub: Hub, ask: Ask) -> Reply:
    """What an installation's token sees."""
    return Reply(200, {"total_count": 1, "repositories": [repository(hub)]})
