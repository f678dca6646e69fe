"""Who asks, and whether they may: tokens, an App's signed word, and what GitHub says to those who may not."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

import jwt

from tests.github.hub import APP, APP_ID, Access, Hub
from tests.github.routes import Refusal, Route, missing


def secret_of(headers: Mapping[str, str]) -> str:
    """The token of a call: ``token X``, ``Bearer X``, or the password that git sends."""
    kind, _, value = headers.get("Authorization", "").strip().partition(" ")
    if kind.lower() != "basic":
        return value.strip()
    try:
        name, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise Refusal(401, "Bad credentials") from None
    return password if password not in ("", "x-oauth-basic") else name


def who(hub: Hub, headers: Mapping[str, str]) -> Access | None:
    """Return whose token came; None where none did. 401 where it is not, or no longer, one of ours."""
    secret = secret_of(headers)
    if not secret:
        return None
    if secret.count(".") == 2 and secret.startswith("ey"):
        return _app(hub, secret)
    found = hub.tokens.get(secret)
    if found is None and not any(not access.app for access in hub.tokens.values()):
        return Access(hub.repo.owner)
    if found is None or (found.expires and found.expires <= hub.now()):
        raise Refusal(401, "Bad credentials")
    return found


def _app(hub: Hub, secret: str) -> Access:
    """An App that signs for itself: ten minutes at most, and, where its key is known, with that."""
    try:
        claims = jwt.decode(
            secret,
            hub.app_key or "",
            algorithms=["RS256"],
            options={"verify_signature": bool(hub.app_key), "require": ["iat", "exp", "iss"]},
        )
    except jwt.PyJWTError:
        raise Refusal(401, "A JSON web token could not be decoded") from None
    if int(claims["exp"]) - int(claims["iat"]) > 660:
        raise Refusal(401, "'Expiration time' claim ('exp') is too far in the future")
    if str(claims["iss"]) != str(APP_ID):
        raise Refusal(404, "Integration not found")
    return Access(f"{APP}[bot]", {}, app=True)


def check(hub: Hub, route: Route, access: Access | None) -> None:
    """Refuse who may not do what *route* does, in the way that GitHub does."""
    writes = route.verb != "GET"
    if not route.template.startswith("/repos/"):
        if access is None and route.template not in ("/", "/rate_limit", "/users/{username}"):
            raise Refusal(401, "Requires authentication")
        return
    if access is None:
        if hub.repo.private:
            raise missing()
        if writes or any(right.startswith("administration") for right in route.needs):
            raise Refusal(401, "Requires authentication")
        return
    if not route.needs or any(access.may(right) for right in route.needs):
        return
    kind = "integration" if access.app or access.login.endswith("[bot]") else "personal access token"
    rights = {"X-Accepted-GitHub-Permissions": "; ".join(route.needs)}
    raise Refusal(403, f"Resource not accessible by {kind}", headers=rights)
