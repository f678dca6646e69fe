"""Signing in to GitHub, and what it says to those whom it refuses, in words that name what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from state.errors import ForgeError

if TYPE_CHECKING:
    from github.Auth import AppAuth, AppInstallationAuth, Token
    from github.GithubException import GithubException

_ADVICE = {
    401: "the token was refused: it is wrong, expired or revoked",
    403: "the token lacks a right: it needs `contents` and `pull_requests` with write access",
    404: "not found: the name is wrong, or the token may not see the repository",
}


@dataclass(frozen=True, slots=True)
class AppKey:
    """A GitHub App's credentials: its id, the installation's, and the text of its private key (PEM)."""

    app_id: int
    installation_id: int
    private_key: str = field(repr=False)


def sign_in(secret: str | AppKey) -> Token | AppInstallationAuth:
    """Return what PyGithub signs in with; ForgeError where an App's key cannot be used."""
    from github import Auth  # noqa: PLC0415  (a fifth of a second that others need not wait)

    if isinstance(secret, AppKey):
        return _app(secret).get_installation_auth(secret.installation_id)
    return Auth.Token(secret)


def _app(secret: AppKey) -> AppAuth:
    """Sign in as the App once, here: a key that cannot be used raises a different error for each way it is wrong."""
    from github.Auth import AppAuth  # noqa: PLC0415  (see above)
    from jwt import PyJWTError  # noqa: PLC0415  (see above)

    try:
        app = AppAuth(secret.app_id, secret.private_key)
        app.create_jwt()
    except (PyJWTError, ValueError, TypeError, AttributeError, AssertionError):
        raise ForgeError(
            "GitHub: [github] private_key_file (or WATCHER_GITHUB__PRIVATE_KEY) is not the private key of a GitHub App: "
            "an RSA key in PEM form without a passphrase"
        ) from None
    return app


@contextmanager
def told(what: str) -> Iterator[None]:
    """Turn what PyGithub raises into a ForgeError that says what is missing."""
    from github import BadAttributeException, GithubException  # noqa: PLC0415  (see above)

    from builder.github_session import LineError  # noqa: PLC0415  (see above)

    try:
        yield
    except GithubException as error:
        rights = (error.headers or {}).get("x-accepted-github-permissions")
        advice = _ADVICE.get(error.status, "") + (f" (GitHub asks for {rights})" if rights else "")
        said = f"GitHub answered {error.status} {words(error)}".strip()
        raise ForgeError("; ".join(filter(None, (f"GitHub: {what}: {said}", advice)))) from None
    except LineError as error:
        raise ForgeError(f"GitHub: {what}: {error}") from None
    except BadAttributeException as error:
        kind = type(error.actual_value).__name__
        raise ForgeError(f"GitHub: {what}: answered with {kind} where there should be {error.expected_type}") from None


def words(error: GithubException) -> str:
    """GitHub's own words, with those of its list of errors."""
    data = error.data if isinstance(error.data, dict) else {}
    details = [
        str(e.get("message", e.get("code", ""))) if isinstance(e, dict) else str(e) for e in data.get("errors", ())
    ]
    return ": ".join(filter(None, (str(data.get("message", "")), ", ".join(details))))
