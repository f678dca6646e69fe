"""How PyGithub's calls reach GitHub: what is made again and what is not, waiting, redirections, one lane for writes.

PyGithub's own way follows a renamed repository without the query, does not make a PATCH again, makes a POST again that
may have been carried out, waits for as long as it is told, and takes a page of HTML for an answer.
https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from github import GithubRetry
from github.Requester import (
    HTTPRequestsConnectionClass,
    HTTPSRequestsConnectionClass,
    Requester,
    RequestsResponse,
)

from builder.lane import WriteLane
from state.errors import ForgeError

log = logging.getLogger(__name__)
_AGAIN = frozenset({"GET", "HEAD", "PUT", "PATCH", "DELETE"})
"""Verbs that may be sent twice: each says how things should be, not what to add."""
_AGAIN_TOO = ("/access_tokens", "/labels", "/requested_reviewers")
"""What may be asked twice by POST: putting on a label that is there changes nothing."""
_MOVED = frozenset({301, 302, 307, 308})
_HOPS = 5
_SECONDARY = 60.0
"""Seconds to wait where GitHub does not say how long."""


class LineError(ForgeError):
    """A call ended without an answer of GitHub's that could be used."""


class Lost(LineError):
    """No answer came: what was asked for may or may not have happened."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a call is made, the first pause between two in seconds, and the longest wait that is taken."""

    attempts: int = 4
    pause: float = 0.2
    longest: float = 900.0
    timeout: float = 30.0

    def for_tokens(self) -> GithubRetry:
        """The same for an App's tokens: PyGithub asks for those in a session of its own."""
        return GithubRetry(self.longest, self.longest, total=self.attempts - 1, backoff_factor=self.pause)


class Line(HTTPSRequestsConnectionClass):
    """One keep-alive session. PyGithub hands over a call and fetches its answer; all between is here."""

    def __init__(self, base_url: str, lane: WriteLane, patience: Patience) -> None:
        # Not the parent's: that would set up retries of its own.
        parts = urlsplit(base_url)
        self._root = f"{parts.scheme}://{parts.netloc}"
        self._lane, self._patience = lane, patience
        self._elsewhere: dict[str, str] = {}
        self._call: tuple[str, str, Any, dict[str, str]] = ("GET", "/", None, {})
        self.session = requests.Session()
        self.session.auth = Requester.noopAuth  # or a .netrc would replace the token

    def request(self, verb: str, url: str, input: Any, headers: dict[str, str], stream: bool = False) -> None:  # noqa: A002, FBT001, FBT002  (PyGithub's)
        """Take a call: *url* is its path."""
        del stream
        self._call = (verb, url, input, headers)

    def getresponse(self) -> RequestsResponse:
        """Make the call; ForgeError where it may not go on, Lost where nobody answers."""
        verb, url, body, headers = self._call
        path = self._here(url)
        for _ in range(_HOPS):
            answer = self._patiently(verb, path, body, headers)
            if answer.status_code not in _MOVED or "Location" not in answer.headers:
                return RequestsResponse(_checked(answer))
            path = self._followed(path, answer.headers["Location"])
        raise LineError(f"{verb} {url} leads from one address to the next, without end")

    def _patiently(self, verb: str, path: str, body: Any, headers: dict[str, str]) -> requests.Response:
        """Make a call as often as it may be made."""
        left = self._patience.attempts
        while True:
            left -= 1
            answer, failure, wait = self._once(verb, path, body, headers)
            if answer is not None and wait is None:
                return answer
            if wait is not None and (not left or wait > self._patience.longest):
                raise LineError(f"asks to wait {wait:.0f} seconds: the rest is done by a later run")
            if wait is None and (not left or not (verb in _AGAIN or path.endswith(_AGAIN_TOO))):
                raise Lost(f"cannot be reached ({failure})")
            time.sleep(self._patience.pause * 2 ** (self._patience.attempts - left) if wait is None else wait)

    def _once(
        self, verb: str, path: str, body: Any, headers: dict[str, str]
    ) -> tuple[requests.Response | None, str, float | None]:
        """Make a call once: the answer, or what failed; and the seconds to wait where GitHub asks for that."""
        try:
            with self._admitted(verb) as hold:
                answer = self.session.request(
                    verb,
                    self._root + path,
                    headers=headers,
                    data=body,
                    timeout=self._patience.timeout,
                    allow_redirects=False,
                )
                wait = _asks_to_wait(answer, time.time())
                hold(wait or 0)
        except requests.RequestException as error:
            # Its text may hold the whole address, with whatever somebody put into it.
            return None, type(error).__name__, None
        if answer.status_code >= 500:  # noqa: PLR2004
            return None, f"HTTP {answer.status_code}", None
        return answer, "", wait

    @contextmanager
    def _admitted(self, verb: str) -> Iterator[Callable[[float], None]]:
        if verb in ("GET", "HEAD"):
            yield lambda _: None
            return
        with self._lane.turn() as hold:
            yield hold

    def _here(self, url: str) -> str:
        """The path as it is now: of a repository that moved, where it moved to."""
        for old, new in self._elsewhere.items():
            if url == old or url.startswith((f"{old}/", f"{old}?")):
                return new + url.removeprefix(old)
        return url

    def _followed(self, path: str, location: str) -> str:
        """The path that GitHub sends to, on the same host only: the token goes with it."""
        there = urlsplit(location)
        if there.netloc and f"{there.scheme}://{there.netloc}" != self._root:
            raise LineError(f"leads to another host, {there.netloc}: change [github] base_url if that is right")
        query = there.query or urlsplit(path).query
        self._remember(urlsplit(path).path, there.path)
        return f"{there.path}?{query}" if query else there.path

    def _remember(self, old: str, new: str) -> None:
        """Keep where a repository is now, so that each call is made once again, and say so once."""
        rest = old.split("/repos/", 1)[-1].split("/", 2)
        tail = f"/{rest[2]}" if len(rest) > 2 else ""  # noqa: PLR2004  (owner, name, what of it)
        if "/repos/" in old and new.endswith(tail):
            before = old.removesuffix(tail) if tail else old
            if before not in self._elsewhere:
                name = "/".join(rest[:2])
                log.warning("GitHub: %s has another name now: change [github] repository", name)
            self._elsewhere[before] = new.removesuffix(tail) if tail else new


class Session(Requester):
    """PyGithub's requester, with every call through one :class:`Line`."""

    def __init__(self, line: Line, **settings: Any) -> None:
        self._line = line
        super().__init__(**settings)

    def requestJson(  # noqa: N802  (PyGithub's)
        self,
        verb: str,
        url: str,
        parameters: dict[str, Any] | None = None,
        headers: dict[str, Any] | None = None,
        input: Any | None = None,  # noqa: A002  (PyGithub's)
        cnx: HTTPRequestsConnectionClass | HTTPSRequestsConnectionClass | None = None,
        follow_302_redirect: bool = False,  # noqa: FBT001, FBT002  (PyGithub's)
    ) -> tuple[int, dict[str, Any], str]:
        """Send a call through the line, and nowhere else."""
        if cnx is not None:
            raise LineError(f"names an address on another host: {urlsplit(url).netloc}")
        return super().requestJson(verb, url, parameters, headers, input, self._line, follow_302_redirect)


def _asks_to_wait(answer: requests.Response, now: float) -> float | None:
    """The seconds that GitHub asks to wait; None where it does not refuse for a limit's sake."""
    if answer.status_code not in (403, 429):
        return None
    said = answer.headers.get("Retry-After", "")
    if said.isdigit():
        return float(said)
    reset = answer.headers.get("X-RateLimit-Reset", "")
    if answer.headers.get("X-RateLimit-Remaining") == "0" and reset.isdigit():
        return max(0.0, float(reset) - now) + 1
    limited = answer.status_code == 429 or "rate limit" in answer.text[:1000].lower()  # noqa: PLR2004
    return _SECONDARY if limited else None


def _checked(answer: requests.Response) -> requests.Response:
    """The answer, if it is one: a proxy's page of HTML is none."""
    if answer.content and answer.status_code < 400:  # noqa: PLR2004
        kind = answer.headers.get("Content-Type", "nothing that says what it is")
        try:
            document = answer.json()
        except ValueError:
            raise Lost(f"answered {answer.status_code} with {kind}, not with JSON") from None
        if not isinstance(document, dict | list):
            raise Lost(f"answered {answer.status_code} with {type(document).__name__}, not with a document")
    return answer
