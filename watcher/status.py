"""The state of things as one document: what ``watcher status`` prints."""

from __future__ import annotations

from typing import Any

from watcher.app import App


def document(app: App) -> dict[str, Any]:
    """Sources, what waits, changed checksums, and counts of open pull requests and unfinished events."""
    found: dict[str, Any] = dict(app.store.status(app.now().date()))
    for name in app.sources:
        found["sources"].setdefault(name, {"last_success": None, "newest": {}, "failing_since": None, "error": None})
    found["held"] = [
        {
            "source": h.source,
            "version": h.version,
            "arch": h.arch,
            "libc": h.libc,
            "reason": h.reason,
            "since": h.since.isoformat(),
        }
        for h in app.store.holds()
    ]
    return found
