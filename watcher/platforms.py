"""What there is of a release for each platform, and why not: its files, what waits, and what the catalogue says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, get_args

from generator.rows import MADE, Catalogue, Distro, Stack
from state.model import Arch, Artifact, Held, Libc, Platform, Release

State = Literal["ready", "missing", "dropped", "packaged", "base", "absent", "unknown"]


@dataclass(frozen=True, slots=True)
class Spot:
    """One platform of a release.

    ``state`` is ``ready`` (its file was looked at), ``missing`` (awaited: ``held`` says since when and why),
    ``packaged`` (a distro's own package serves it), ``base`` (of a distro: what its image stands on), ``absent`` (for
    the ``reason``) or ``unknown`` (not looked at). ``dropped`` is what the line's release before had: see :func:`judged`.
    ``file`` is the one that images have now: while a platform is missing, that of an older version, if there is one.
    """

    platform: Platform
    state: State
    file: Artifact | None = None
    held: Held | None = None
    reason: str = ""


def spots(release: Release, held: Sequence[Held], stack: Stack | None) -> list[Spot]:
    """Return every platform that there is something to say of, by architecture and C library.

    *held* is what waits of this release; *stack* is what the catalogue makes of its source, None if nothing.
    """
    awaited = {Platform(h.arch, h.libc): h for h in held if h.arch and h.libc}
    every = [Platform(arch, libc) for arch in Arch for libc in get_args(Libc)]
    found = (_spot(release, platform, awaited.get(platform), stack) for platform in every)
    return [spot for spot in found if spot]


def judged(spots: Sequence[Spot], before: Release | None, now: datetime) -> list[Spot]:
    """Return *spots*, where what upstream had for the line's release *before* and has no longer is ``dropped``.

    It is once the catalogue says that this line has it no more, or the time to wait for it is up.
    """

    def gone(spot: Spot) -> bool:
        late = spot.held is not None and spot.held.due is not None and spot.held.due < now
        return before is not None and before.artifact(spot.platform) is not None and (late or spot.state == "absent")

    return [replace(spot, state="dropped") if gone(spot) else spot for spot in spots]


def _spot(release: Release, platform: Platform, held: Held | None, stack: Stack | None) -> Spot | None:
    file = release.artifact(platform)
    if held:
        return Spot(platform, "missing", file, held, held.reason)
    if file:
        return Spot(platform, "ready", file)
    if stack is None:
        return None
    row = stack.serving(platform)
    distros = [name for name in row.packages if row.packaged(name, release.line)] if row else []
    if distros:
        return Spot(platform, "packaged", reason=f"the package of {', '.join(distros)}")
    if row and row.serves(release.line):
        return Spot(platform, "unknown")
    reason = row.reason if row else stack.absent.get(platform, "")
    lacking = "; this version has no such package" if row and row.packages and reason else ""
    return Spot(platform, "absent", reason=f"{reason}{lacking}")


def bases(release: Release, distro: Distro) -> list[Spot]:
    """Return what each architecture of a distro's version stands on, or why there is none; nothing of other versions."""
    line = distro.line(release.line)
    if line is None:
        return []
    found = []
    for arch in Arch:
        platform = Platform(arch, distro.libc)
        if arch in line.bases:
            digest = line.digests.get(arch, "not pinned yet")
            made = distro.rootfs.archive if distro.rootfs and line.bases[arch] == MADE else ""
            told = f"made here of the packages of {made}" if made else f"{line.bases[arch]} {digest}"
            found.append(Spot(platform, "base", reason=told))
        else:
            found.append(Spot(platform, "absent", reason=line.absent.get(arch, "")))
    return found


def of_newest(
    found: Sequence[Release], held: Sequence[Held], catalogue: Catalogue, source: str, now: datetime
) -> dict[tuple[str, str], list[Spot]]:
    """Return (line, version) → platforms, of the newest release of each supported line.

    *found* are the releases of *source*, highest version first, *held* what waits of them.
    """
    stack = next((stack for stack in catalogue.stacks.values() if stack.source == source), None)
    distro = catalogue.distros.get(source)
    newest = {r.line: r for r in reversed(found) if r.supported(now.date()) and not r.version.is_prerelease}
    shown: dict[tuple[str, str], list[Spot]] = {}
    for release in newest.values():
        there = bases(release, distro) if distro else spots(release, waiting(release, held), stack)
        before = next((r for r in found if r.line == release.line and r.version < release.version), None)
        shown[release.line, str(release.version)] = judged(there, before, now)
    return shown


def waiting(release: Release, held: Sequence[Held]) -> list[Held]:
    """What waits of one release."""
    return [h for h in held if (h.line, h.version) == (release.line, str(release.version))]


def reasons(spots: Sequence[Spot], state: State) -> Iterator[tuple[str, str]]:
    """Yield the platforms in *state* that share a reason, as ``armv5e/glibc, armv5e/musl``, and that reason."""
    grouped: dict[str, list[str]] = {}
    for spot in spots:
        if spot.state == state and spot.reason:
            grouped.setdefault(spot.reason, []).append(str(spot.platform))
    yield from ((", ".join(platforms), reason) for reason, platforms in grouped.items())
