"""Who is asking: reading open or by login, acting by login only, and every form proved to be ours.

A session is a signed cookie and nothing on the server: ``user|end|signature``. Its key comes from the token and from who may
log in at the provider, so that another token, and another list of people, ends every session. A form carries a digest of the user and the session: OWASP's signed double submit,
https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from urllib.parse import quote, unquote

from starlette.requests import Request

from watcher.web_settings import Doors, is_loopback

COOKIE = "watcher_session"
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
_ATTEMPTS = 5
_PAUSE = timedelta(minutes=1)
_ADDRESSES = 10_000
"""Of how many addresses failures are kept in mind; then the oldest are forgotten."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks at a page: ``name`` is None for one who has not logged in, and may not act. ``csrf`` is for his forms."""

    name: str | None = None
    csrf: str = ""


class Access:
    """The rules of ``[web]``; *token* is the secret that a login needs, None where there is none.

    *provider* are the settings of a provider where people log in, its secret included; "" where there is none.
    """

    def __init__(self, web: Doors, token: str | None, now: Callable[[], datetime], provider: str = "") -> None:
        """Keep the rules. Without either the key lives as long as the process: only a proxy's users act then."""
        self._web, self._token, self._now = web, token or None, now
        self.has_provider = bool(provider)
        secret = "\0".join((token or "", provider)).encode() if token or provider else secrets.token_bytes(32)
        self._key = hmac.digest(secret, b"watcher session", "sha256")
        self._failures: dict[str, list[datetime]] = {}

    @property
    def has_token(self) -> bool:
        """Whether one can log in with a token."""
        return self._token is not None

    @property
    def can_log_in(self) -> bool:
        """Whether one can log in at all."""
        return self.has_token or self.has_provider

    @property
    def seconds(self) -> int:
        """How long a login lasts."""
        return int(self._web.session_hours * 3600)

    def viewer(self, request: Request) -> Viewer:
        """Who asks: the user whom a trusted proxy names, or the one of a session that is still good."""
        proxied = self._proxied(request)
        if proxied:
            return Viewer(proxied, self._sign("form", proxied))
        return self.known(request.cookies.get(COOKIE, ""))

    def known(self, cookie: str) -> Viewer:
        """Whose session a cookie is; nobody's if it is not ours or over."""
        user, _, rest = cookie.partition("|")
        end, _, signature = rest.partition("|")
        if not self.can_log_in or not self._signed(signature, "session", user, end):
            return Viewer()
        good = self._now().timestamp() < float(end)
        return Viewer(unquote(user), self._sign("form", cookie)) if good else Viewer()

    def may_read(self, request: Request, viewer: Viewer) -> bool:
        """Whether this request is shown anything: by setting, login or token, or because it is from this very machine.

        A page of another site that made its name lead to 127.0.0.1 is told by the Host header, a proxy on this machine
        by what it adds: neither is "from here".
        """
        if self._web.public or viewer.name is not None or self._bears(request):
            return True
        host = request.headers.get("host", "")
        name = host[1 : host.find("]")] if host.startswith("[") else host.partition(":")[0]
        here = request.client is not None and is_loopback(request.client.host)
        return self._web.loopback and here and is_loopback(name) and not any(h in request.headers for h in _FORWARDED)

    def ours(self, viewer: Viewer, form_token: str) -> bool:
        """Whether a form is one that we showed to *viewer*, who may act."""
        return viewer.name is not None and hmac.compare_digest(form_token.encode(), viewer.csrf.encode())

    def login(self, request: Request, token: str) -> str | None:
        """Return the cookie for who knows the token, else None. After five failures in a minute an address may not try.

        Only that address: else anybody could lock everybody out.
        """
        now, address = self._now(), self._address(request)
        failures = [at for at in self._failures.pop(address, []) if now - at < _PAUSE]
        if len(failures) < _ATTEMPTS and self._knows(token):
            return self.session("operator")
        self._failures[address] = [*failures, now][:_ATTEMPTS]
        if len(self._failures) > _ADDRESSES:
            del self._failures[next(iter(self._failures))]
        return None

    def session(self, user: str) -> str:
        """Return the cookie of who has proved to be *user*."""
        name, end = quote(user, safe="@"), str(int(self._now().timestamp()) + self.seconds)
        return f"{name}|{end}|{self._sign('session', name, end)}"

    def sealed(self, text: str, seconds: int) -> str:
        """Return a cookie that brings *text* back to us within that time, as it was."""
        end = str(int(self._now().timestamp()) + seconds)
        return f"{quote(text, safe='')}|{end}|{self._sign('sealed', text, end)}"

    def unsealed(self, cookie: str) -> str | None:
        """The text that was sealed; None if it was not by us, or too long ago."""
        quoted, _, rest = cookie.partition("|")
        end, _, signature = rest.partition("|")
        text = unquote(quoted)
        return text if self._signed(signature, "sealed", text, end) and self._now().timestamp() < float(end) else None

    def secure(self, request: Request) -> bool:
        """Whether people reach these pages by https: here, or at the proxy before them."""
        forwarded = request.headers.get("x-forwarded-proto", "") if self._trusted(request) else ""
        return "https" in (request.url.scheme, forwarded.strip().lower())

    def _bears(self, request: Request) -> bool:
        """Whether a program that asks knows the token: no form is shown to it, so a wrong one locks nobody out."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and self._knows(token.strip())

    def _knows(self, token: str) -> bool:
        return self._token is not None and hmac.compare_digest(token.encode("utf-8", "replace"), self._token.encode())

    def _address(self, request: Request) -> str:
        """Where a request comes from: what a trusted proxy says last is what it saw itself."""
        said = request.headers.get("x-forwarded-for", "") if self._trusted(request) else ""
        return said.rpartition(",")[2].strip()[:100] or (request.client.host if request.client else "")

    def _proxied(self, request: Request) -> str:
        """The user whom a trusted proxy names, or nothing."""
        header = self._web.proxy_user_header
        user = request.headers.get(header, "").strip() if header else ""
        return user[:100] if user and self._trusted(request) else ""

    def _trusted(self, request: Request) -> bool:
        """Whether it comes from one of ``[web] trusted_proxies``."""
        try:
            address = ip_address(request.client.host if request.client else "")
        except ValueError:
            return False
        return any(address in ip_network(proxy) for proxy in self._web.trusted_proxies)

    def _signed(self, signature: str, *words: str) -> bool:
        return hmac.compare_digest(signature.encode("utf-8", "replace"), self._sign(*words).encode())

    def _sign(self, *words: str) -> str:
        """A digest that only this key makes of these words."""
        return hmac.new(self._key, "\0".join(words).encode("utf-8", "replace"), hashlib.sha256).hexdigest()
