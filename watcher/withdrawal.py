"""Whether a release that upstream's index lacks was withdrawn, or the index is an old one.

An index served again from before a release (by a stale mirror, or in a rollback attack) looks like a withdrawal. What
tells them apart does not come out of the index alone: a newer release of the line, or files that are gone from upstream.
"""

from __future__ import annotations

from collections.abc import Sequence

from sources.source import Fetch
from state.errors import FetchError, NotPublished
from state.model import Release, Version
from watcher.app import App


async def doubt(app: App, source: str, line: str, version: Version, listed: Sequence[Release], network: Fetch) -> str:
    """Say why *version*, which is not among those *listed* of its line, may not have been withdrawn; ``""`` if it was."""
    if any(release.version > version for release in listed):
        return ""
    why = await _not_gone([a.url for a in app.store.files(source, line, str(version)) if a.version == version], network)
    if not why:
        return ""
    seen = app.store.first_seen(source, str(version))
    return (
        f"the index is older than the one{f' of {seen:%Y-%m-%d %H:%M}' if seen else ''} that listed {version}, or "
        f"{version} was withdrawn ({why}): it stays proposed, and nothing lower is; close its pull request if "
        "upstream took it back"
    )


async def _not_gone(files: Sequence[str], network: Fetch) -> str:
    """Say what speaks against all of a release's *files* being gone; ``""`` if nothing does."""
    for url in files:
        try:
            await network.look(url)
        except NotPublished:
            continue
        except FetchError as error:
            return f"{url} cannot be asked for: {error.problem}"
        return f"{url} is still there"
    return "" if files else "no file of it is known that could be asked for"
