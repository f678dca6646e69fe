"""``[web]``, the part that is about people: who may read the pages, and who may act on them."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator

from watcher.source_settings import Table


class Doors(Table):
    """``[web]``, its part about people.

    Reading is open where ``listen`` is a loopback address, elsewhere it needs a login unless ``public``. Acting needs a
    login always: with the token, or as the user that a proxy at one of ``trusted_proxies`` (networks) names in
    ``proxy_user_header``. A login lasts ``session_hours``.
    """

    listen: str = "127.0.0.1:8080"
    public: bool = False
    token_file: Path | None = None
    token: SecretStr | None = None
    proxy_user_header: str = ""
    trusted_proxies: tuple[str, ...] = ()
    session_hours: float = Field(default=12.0, gt=0)

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, proxies: tuple[str, ...]) -> tuple[str, ...]:
        """Each is an address or a network."""
        for text in proxies:
            ip_network(text)
        return proxies

    @model_validator(mode="after")
    def _both(self) -> Self:
        """A header that anybody may send proves nothing: who may send it has to be said."""
        if self.proxy_user_header and not self.trusted_proxies:
            raise ValueError("proxy_user_header needs trusted_proxies: the addresses that may send it")
        return self

    @property
    def host(self) -> str:
        """The address without its port."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the address."""
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether *host* is this machine's own: ``localhost``, or an address as 127.0.0.1 and ::1."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
