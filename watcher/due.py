"""What of the queue of builds can be done something about now; and what an earlier run left is taken up."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from state.model import Build
from watcher.app import App

_OLD = timedelta(days=2)
"""How long the date of a plan holds for what is not made yet: a build resumed after midnight keeps it."""


def due(app: App) -> list[Build]:
    """Return the builds that something can be done about now."""
    builds, now = app.store.builds.open(), app.now()
    unmade = {build.name for build in builds if build.state != "pushed"}
    soaked = now - app.config.settings.publish.soak

    def is_due(build: Build) -> bool:
        match build.state:
            case "pushed":
                return build.finished_at is None or build.finished_at <= soaked
            case "failed":
                return build.next_try is not None and build.next_try <= now
            case "blocked":
                return build.base not in unmade
            case _:
                return build.next_try is None or build.next_try <= now

    return [build for build in builds if is_due(build)]


def take_up(app: App) -> None:
    """Take up what a crash cut off, and date a plan anew that nobody made for two days."""
    today = app.now().date()
    left = [build for build in app.store.builds.open() if build.state != "pushed"]
    old = {build.id for build in left if today - build.day > _OLD}
    app.store.builds.save(
        replace(build, state="waiting" if build.state == "running" else build.state,
                day=today if build.id in old else build.day)
        for build in left if build.state == "running" or build.id in old
    )  # fmt: skip
