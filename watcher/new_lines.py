"""New lines of a distro, and which line is its default: decided by the policy in the catalogue's own table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase

from generator.distro_move import Move
from generator.distro_rows import references
from generator.rows import NewLine
from sources import DISTROS
from state.model import Base, OsLine, Release
from watcher.distro_seen import Seen
from watcher.documents import Asked


def candidates(seen: Seen, asked: Asked) -> Iterator[OsLine]:
    """Yield the lines that upstream made final and supports and that the catalogue has not; excluded ones are told.

    Their architectures are those that upstream says it builds for and that the policy names an image for.
    """
    policy = seen.distro.new_line
    if policy is None:
        return
    for release in seen.newest.values():
        if seen.distro.line(release.line) or not seen.supported(release) or seen.unwanted(release):
            continue
        if reason := _excluded(policy, release):
            seen.skip(release.line, str(release.version), reason)
            continue
        there = set(DISTROS[seen.name].architectures(asked.believed, release.line))
        facts = seen.facts(release)
        bases = tuple(Base(arch, ref) for arch, ref in references(policy, facts).items() if arch in there)
        yield replace(facts, bases=bases)


def _excluded(policy: NewLine, release: Release) -> str:
    """Why people do not want the line, or ``""``."""
    names = (release.line, str(release.version))
    return next((why for glob, why in policy.exclude.items() if any(fnmatchcase(n, glob) for n in names)), "")


def add(seen: Seen, line: OsLine) -> None:
    """Propose a new line with the base images that its registry has; while it has none the line waits."""
    missing = {b.arch: seen.bases.missing[b.reference] for b in line.bases if b.reference in seen.bases.missing}
    there = seen.based({b.arch: b.reference for b in line.bases if b.arch not in missing}, None)
    if there:
        seen.moves.append(Move(seen.name, "line", (seen.archived(replace(line, bases=there)),), absent=missing))
    else:
        why = next(iter(missing.values()), "upstream names no architecture that the policy has an image for")
        seen.hold(line, f"awaiting its base images: {why}")


def move_default(seen: Seen) -> None:
    """Propose the newest line as default that is there, upstream supports and the policy wants: never an older one."""
    policy, distro = seen.distro.new_line, seen.distro
    if policy is None:
        return
    there = [release for line in distro.lines if (release := seen.newest.get(line.codename)) and not line.rolling]
    fit = [r for r in there if seen.supported(r) and (r.lts or policy.default == "newest")]
    best, now = max(fit, key=lambda r: r.version, default=None), seen.newest.get(distro.default)
    if best and best.line != distro.default and (now is None or now.version < best.version):
        seen.moves.append(Move(distro.name, "default", (seen.facts(best),)))
