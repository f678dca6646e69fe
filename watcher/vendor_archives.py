"""The archives of device vendors: worth a proposal, weekly, where what device images have from them moved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from generator.rows import Catalogue, DistroLine
from sources import vendors
from sources.vendors import Vendor
from state.errors import SourceError
from state.events import FeedFailed
from state.model import Arch, ArchiveState, OsLine
from watcher.app import App
from watcher.documents import Asked


@dataclass(frozen=True, slots=True)
class Used:
    """An archive as the device classes of one line use it: what they install from it, for which architectures."""

    vendor: Vendor
    arches: frozenset[Arch]
    packages: frozenset[str]


def used(catalogue: Catalogue, distro: str, line: DistroLine) -> Iterator[Used]:
    """Yield the archives that device images of a line install from: not those without a key, or only added as a source."""
    there = {device.device_class for device in catalogue.devices.values()}
    for archive in catalogue.archives.values():
        classes = [
            row
            for row in catalogue.classes.values()
            if row.name in there
            and row.archives.get(distro) == archive.name
            and row.vendor.get(distro)
            and line.codename in row.distros.get(distro, ())
        ]
        if not classes or archive.absent:
            continue
        head, parts = archive.head(line.codename), archive.components.split()
        yield Used(
            Vendor(archive.name, head, parts, archive.fingerprint, catalogue.keys[archive.name]),
            frozenset(row.arch for row in classes),
            frozenset(name for row in classes for name in row.vendor[distro]),
        )


async def look(
    app: App, asked: Asked, archives: Sequence[Used], recorded: OsLine | None
) -> tuple[Mapping[str, ArchiveState], list[FeedFailed]]:
    """Look at the archives of one line: what should be recorded of which, by name, and what could not be had.

    A suite that is not there is a failure too: its class could not be built.
    """
    wanted: dict[str, ArchiveState] = {}
    failed: list[FeedFailed] = []
    for each in archives:
        was = recorded.archives.get(each.vendor.name) if recorded else None
        try:
            now = await _state(app, asked, each, was)
        except SourceError as error:
            failed.append(FeedFailed(asked.source, error.url, error.field, error.problem))
            continue
        if now and (was is None or _due(was, now, app.config.settings.packages.every)):
            wanted[each.vendor.name] = now
    return wanted, failed


def _due(was: ArchiveState, now: ArchiveState, every: timedelta) -> bool:
    """Whether it is worth a proposal: packages of ours moved, and not before the last proposal was a while ago.

    Nothing is taken back: an archive that is older than what is recorded is a mirror that lags, or was made to.
    """
    return now.snapshot > was.snapshot and now.packages != was.packages and now.taken - was.taken >= every


async def _state(app: App, asked: Asked, used: Used, was: ArchiveState | None) -> ArchiveState | None:
    """The archive's state; None where it did not move since it was last looked into."""
    url, feed, now = used.vendor.head, app.feeds(asked.source), app.now()
    answer, name = await asked.answers.document(url), f"vendor/{used.vendor.name}/{url}"
    if not answer.changed and was is not None and now.date() - was.taken < app.config.settings.packages.every:
        asked.note(name, url, answer)
        return None
    head = await vendors.believed(feed, used.vendor, await asked.answers.body(url), now)
    found = await vendors.versions(feed, used.vendor, head, used.arches, used.packages)
    asked.note(name, url, answer)  # kept with all else that this poll found
    return ArchiveState(vendors.snapshot(asked.source, used.vendor, head), now.date(), found)
