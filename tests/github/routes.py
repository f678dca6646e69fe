"""Which call is answered by which function: the table that every resource adds its own to."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from tests.github.hub import Access, Hub

Json = Any
_DOCS = "https://docs.github.com/rest"
_LONG = ("path", "ref", "branch", "basehead")
"""Parameters that may hold slashes."""


@dataclass(frozen=True)
class Reply:
    """An answer; ``body`` None is an empty one."""

    status: int = 200
    body: Json = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """An answer that says no, in GitHub's words. *errors* is the list of a 422."""

    def __init__(
        self, status: int, message: str, errors: list[Json] | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        body: dict[str, Json] = {"message": message, "documentation_url": _DOCS, "status": str(status)}
        if errors is not None:
            body["errors"] = errors
        self.reply = Reply(status, body, headers or {})


def missing() -> Refusal:
    """What GitHub says of all that it does not know, or does not show."""
    return Refusal(404, "Not Found")


def invalid(resource: str, field: str, code: str = "invalid", message: str = "") -> Refusal:
    """A 422 that names a field."""
    error = {"resource": resource, "field": field, "code": code} | ({"message": message} if message else {})
    return Refusal(422, "Validation Failed", [error])


def refused(resource: str, message: str) -> Refusal:
    """A 422 in words."""
    return Refusal(422, "Validation Failed", [{"resource": resource, "code": "custom", "message": message}])


@dataclass
class Ask:
    """One call: ``at`` are the parts of its path, ``query`` its parameters, ``body`` the parsed JSON or None."""

    verb: str
    path: str
    at: dict[str, str]
    query: dict[str, str]
    body: Json
    who: Access | None
    headers: Mapping[str, str]

    @property
    def login(self) -> str:
        """Who asks."""
        return self.who.login if self.who else ""

    def said(self, key: str, otherwise: Json = None) -> Json:
        """A field of the body; absent and null are the same."""
        value = self.body.get(key) if isinstance(self.body, dict) else None
        return otherwise if value is None else value


Handler = Callable[["Hub", Ask], Reply]


@dataclass(frozen=True)
class Route:
    """One operation: ``template`` is the path as GitHub's description has it; ``needs`` any one of these rights.

    A right is ``contents=write``, as GitHub spells it in ``X-Accepted-GitHub-Permissions``.
    """

    verb: str
    template: str
    needs: tuple[str, ...]
    handler: Handler
    pattern: re.Pattern[str]

    @property
    def key(self) -> str:
        """Its name in the extract of the description."""
        return f"{self.verb} {self.template}"


ROUTES: dict[str, Route] = {}


def route(verb: str, template: str, *needs: str) -> Callable[[Handler], Handler]:
    """Answer *verb* *template* with the decorated function. A path that begins with / is meant from the root."""
    full = template if template.startswith("/") else f"/repos/{{owner}}/{{repo}}/{template}".rstrip("/")

    def register(handler: Handler) -> Handler:
        made = Route(verb, full, needs, handler, _pattern(full))
        ROUTES[made.key] = made
        return handler

    return register


def find(verb: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """Return the route of a call and the parts of its path: of several the one that says more by itself."""
    found = [(made, match) for made in ROUTES.values() if made.verb == verb and (match := made.pattern.fullmatch(path))]
    if not found:
        return None
    made, match = max(found, key=lambda pair: len(re.sub(r"\{\w+\}", "", pair[0].template)))
    return made, {key: unquote(value or "") for key, value in match.groupdict().items()}


def _pattern(template: str) -> re.Pattern[str]:
    def part(match: re.Match[str]) -> str:
        name = match[1]
        return f"(?P<{name}>{'.+' if name in _LONG else '[^/]+'})"

    text = re.sub(r"\{(\w+)\}", part, template)
    # The root of a repository's contents is a path too: an empty one.
    return re.compile(text.replace("/(?P<path>.+)", "(?:/(?P<path>.*))?") if text.endswith("(?P<path>.+)") else text)
