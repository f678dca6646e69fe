"""One look at a distro: its lines as upstream has them, as the catalogue has them, and what should be proposed.

What :mod:`watcher.lines` is for a stack's line, this is for a distro's. That has no files of its own, but base images
in a registry and packages in an archive, and everything else stands on it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace

from generator.distro_move import Move
from generator.installed import installed
from generator.rows import Catalogue, DistroLine
from state.model import OsLine, Release
from watcher import distro_bases, distro_packages, new_lines, vendor_archives
from watcher.app import App
from watcher.distro_seen import Seen
from watcher.documents import Asked


async def look(app: App, asked: Asked, catalogue: Catalogue, releases: Sequence[Release] | None) -> Seen | None:
    """Look at the distro that is called like the source; None if the catalogue has none of that name.

    :param releases: what upstream lists; None if that is as it was at the last look: then only registries and
        archives are asked
    """
    distro = catalogue.distros.get(asked.source)
    if distro is None:
        return None
    records = {line: record for (name, line), record in catalogue.os_lines.items() if name == distro.name}
    seen = Seen(app, distro, records, _newest(releases or ()), app.now().date(), releases is not None)
    new = list(new_lines.candidates(seen, asked))
    wanted = [ref for line in distro.lines for ref in line.bases.values()]
    wanted += [base.reference for line in new for base in line.bases]
    seen.bases = await distro_bases.look(app, distro.name, wanted)
    seen.fail("bases", seen.bases.failed)
    await _states(seen, asked, installed(catalogue, distro.name), [line.line for line in new])
    await _archives(seen, asked, catalogue)
    for line in distro.lines:
        _line(seen, line)
    _first(seen)
    for added in new:
        new_lines.add(seen, added)
    new_lines.move_default(seen)
    return seen


def _newest(releases: Sequence[Release]) -> dict[str, Release]:
    """Line → its newest final release."""
    ordered = sorted(releases, key=lambda release: release.version)
    return {release.line: release for release in ordered if not release.version.is_prerelease}


async def _states(seen: Seen, asked: Asked, names: Collection[str], new: Sequence[str]) -> None:
    """Look at the archives of all lines that have point releases, and of *new* ones."""
    lines = [*(line.codename for line in seen.distro.lines if not line.rolling), *new]
    looks = [
        distro_packages.look(seen.app, asked, line, seen.records.get(line), names, fresh=seen.fresh) for line in lines
    ]
    for line, (state, failed) in zip(lines, await asyncio.gather(*looks), strict=True):
        if state is not None:
            seen.states[line] = state
        seen.fail("packages", failed)


async def _archives(seen: Seen, asked: Asked, catalogue: Catalogue) -> None:
    """Look at the archives of device vendors, for all lines at once."""
    lines = [line for line in seen.distro.lines if not line.rolling]
    looks = [
        vendor_archives.look(
            seen.app, asked, list(vendor_archives.used(catalogue, seen.name, line)), seen.records.get(line.codename)
        )
        for line in lines
    ]
    for line, (states, failed) in zip(lines, await asyncio.gather(*looks), strict=True):
        seen.archives[line.codename] = states
        seen.fail("archives", failed)


def _line(seen: Seen, line: DistroLine) -> None:
    """What should be proposed of a line that the catalogue has."""
    record, release, name = seen.records.get(line.codename), seen.newest.get(line.codename), seen.name
    if (seen.fresh and _ended(seen, line, release)) or record is None:
        return
    bases = seen.based(line.bases, record)
    if any(base.digest and base.digest != record.digest(base.arch, base.reference) for base in bases):
        seen.moves.append(Move(name, "base", (OsLine(name, line.codename, bases=bases),)))
    if state := seen.states.get(line.codename):
        seen.moves.append(Move(name, "packages", (state.line,), security=state.security))
    if archives := seen.archives.get(line.codename):
        seen.moves.append(Move(name, "devices", (OsLine(name, line.codename, archives=archives),)))
    if release and _moved(seen, record, release) and not seen.unwanted(release):
        seen.moves.append(Move(name, "version", (seen.facts(release),)))


def _ended(seen: Seen, line: DistroLine, release: Release | None) -> bool:
    """Whether upstream's support of a line is over; then it is proposed for removal, unless it is the default."""
    until = release.supported_until if release else line.supported_until
    if line.rolling or until is None or until >= seen.today:
        return False
    version = release.version if release else line.version
    if line.codename == seen.distro.default:
        reason = f"its support ended on {until}, but it is the default: that has to move first"
        seen.skip(line.codename, str(version or ""), reason)
    else:
        gone = OsLine(seen.name, line.codename, version=version, supported_until=until)
        seen.moves.append(Move(seen.name, "end", (gone,)))
    return True


def _moved(seen: Seen, record: OsLine, release: Release) -> bool:
    """Whether upstream has a newer point release, or says another thing of the support; nothing is taken back."""
    if record.version is None or release.version < record.version:
        return False
    if release.version == record.version:
        return release.supported_until is not None and release.supported_until != record.supported_until
    if seen.distro.dated and release.published and record.published:
        return release.published - record.published >= seen.app.config.settings.packages.every
    return True


def _first(seen: Seen) -> None:
    """All lines that were never recorded, in one: a distro's import."""
    lines = [record for line in seen.distro.lines if (record := _record(seen, line))]
    if lines:
        seen.moves.append(Move(seen.name, "record", tuple(lines)))


def _record(seen: Seen, line: DistroLine) -> OsLine | None:
    """The first record of a line: all that is known of it now; None if it has one, or upstream does not support it."""
    release = seen.newest.get(line.codename)
    if not seen.fresh or line.codename in seen.records:
        return None
    if not line.rolling and (release is None or not seen.supported(release)):
        return None
    facts = seen.facts(release) if release else OsLine(seen.name, line.codename)
    return seen.archived(replace(facts, bases=seen.based(line.bases, None)))
