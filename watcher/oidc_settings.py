"""``[web.oidc]``: people log in at an OpenID Connect provider."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator

from watcher.place_settings import encrypted
from watcher.source_settings import Table


class Oidc(Table):
    """``[web.oidc]``: the provider, what we are to it, and which of its people may act here.

    ``issuer`` is the provider's name as its own documents have it. ``redirect_url`` is these pages' ``/login/oidc/back`` as
    browsers reach it, registered there. ``claim`` of the ID token is what a person is called; who acts is one of ``users``, or
    has one of ``groups`` in ``groups_claim``.
    """

    issuer: str
    client_id: str = Field(min_length=1)
    client_secret_file: Path | None = None
    client_secret: SecretStr | None = None
    redirect_url: str
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    claim: str = "preferred_username"
    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    groups_claim: str = "groups"

    _encrypted = field_validator("issuer", "redirect_url")(encrypted)

    @field_validator("redirect_url")
    @classmethod
    def _ours(cls, url: str) -> str:
        """Where we listen for the answer."""
        if not url.startswith(("http://", "https://")) or not url.endswith("/login/oidc/back"):
            raise ValueError("these pages' address and then /login/oidc/back")
        return url

    @field_validator("scopes")
    @classmethod
    def _openid(cls, scopes: tuple[str, ...]) -> tuple[str, ...]:
        """Without that scope there is no ID token."""
        if "openid" not in scopes:
            raise ValueError('"openid" has to be among them')
        return scopes

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        """Who has an account there is not yet who may merge here."""
        if not self.users and not self.groups:
            raise ValueError("users or groups: who of the provider's people may act")
        if self.client_secret is None and self.client_secret_file is None:
            raise ValueError("client_secret_file, or the environment variable WATCHER_WEB__OIDC__CLIENT_SECRET")
        return self
