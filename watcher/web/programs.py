"""Where programs read what a page shows: the command that prints it, and the path that answers it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from shlex import quote
from urllib.parse import urlencode

_PAGES: Sequence[tuple[str, str, str]] = (
    (r"/", "watcher status --json", "/api/v1/status"),
    (r"/sources/([a-z0-9-]+)", "watcher releases {} --json", "/api/v1/releases/{}"),
    (r"/changes", "watcher pulls --json", "/api/v1/pulls"),
    (r"/changes/([0-9]+)", "watcher pulls show {} --json", "/api/v1/pulls/{}"),
    (r"/changes/([0-9]+)/diff", "watcher pulls diff {}", ""),
    (r"/builds(?:/[0-9]+)?", "watcher builds --json", "/api/v1/builds"),
    (r"/builds/[0-9]+/([0-9]+)", "watcher builds show {} --json", "/api/v1/builds/{}"),
    (r"/moves", "", "/moves.json"),
    (r"/events", "watcher events --json", "/api/v1/events"),
    (r"/events/([0-9]+)", "watcher explain {} --json", "/api/v1/events/{}"),
)


def programs(path: str, asked: Mapping[str, str]) -> tuple[str, str]:
    """Return command and path for the page at *path* with the query *asked*; "" where there is none."""
    name = asked.get("name", "").strip()[:300]
    if path == "/images" and name:
        return f"watcher resolve {quote(name)} --json", f"/api/v1/resolve?{urlencode({'name': name})}"
    for pattern, command, answer in _PAGES:
        if found := re.fullmatch(pattern, path):
            return command.format(*found.groups()), answer.format(*found.groups())
    return "", ""
