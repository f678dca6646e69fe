"""Carries a tree of the original layout over into a catalogue, one Dockerfile after the other.

Taken are the versions of stacks with URL and checksum, where their maker has the very same file; which distro versions
and which devices there are. Everything else is the catalogue's own, and told as left: it is never guessed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

from generator import matrix
from generator.carried import Carried, Notes
from generator.checks import nearest
from generator.original import Fetched, Place, environment, fetched, place
from generator.presence import stand_ins
from generator.references import codenames
from generator.rows import Catalogue, Distro, Stack
from state.model import Arch, Artifact, Checksum, Platform, Release, Version

VERIFIED = "as the imported tree said: neither downloaded nor compared since"
"""What an artifact's record tells of how it was verified."""

_Found = dict[Platform, list[tuple[Artifact, str]]]


@dataclass(frozen=True, slots=True)
class _Layout:
    """How one stack is laid out: see ``builtin/original.toml``."""

    parts: int
    urls: Mapping[str, str]


class Import:
    """Collects what the Dockerfiles of one tree say, and compares it with a catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Compare with *catalogue*: what it records already stays."""
        self._catalogue, self._notes = catalogue, Notes()
        self._found: dict[tuple[str, str], _Found] = {}
        self._lines: dict[tuple[str, str], None] = {}
        self._devices: dict[str, None] = {}
        self._aliases = {alias: row.slug for row in catalogue.devices.values() for alias in row.aliases}
        self._read = self._relabelled = 0

    def take(self, path: str, read: Callable[[], str]) -> None:
        """Take one file over; *read* is called where its text matters. A path that is none of the layout's is noted."""
        there = place(path)
        if there is None or there.variant not in matrix.VARIANTS:
            self._notes.leave(path, "a file", "stands where the layout has no Dockerfile")
        elif there.kind == "stack" and there.hw not in {arch.repo for arch in Arch}:
            self._relabelled += 1
        else:
            self._read += 1
            distro = self._distro(path, there)
            if there.kind == "device":
                self._device(path, there)
            elif there.kind == "stack" and distro:
                self._stack(path, there, distro, read)

    def skip(self, path: str, reason: str) -> None:
        """Note a file that was not read."""
        self._notes.leave(path, "a file", reason)

    def result(self) -> Carried:
        """Return what was carried over, and what was not."""
        releases = [r for (stack, line), found in self._found.items() if (r := self._release(stack, line, found))]
        once = self._without_repeated(releases)
        return Carried(
            releases=tuple(sorted(once, key=lambda r: (r.source, r.version, r.line))),
            lines=tuple(sorted(self._lines)),
            devices=tuple(sorted(self._devices)),
            left=self._notes.all(),
            read=self._read,
            relabelled=self._relabelled,
        )

    def _distro(self, path: str, there: Place) -> Distro | None:
        """The distro of a file; what the catalogue has no images of is noted, once for each architecture."""
        distro = self._catalogue.distros.get(there.distro)
        if distro is None:
            self._notes.leave(path, f"distro {there.distro}", "the catalogue has no such distro")
            return None
        if there.kind == "os":
            self._line(path, there, distro)
        return distro

    def _line(self, path: str, there: Place, distro: Distro) -> None:
        """One architecture on one version of a distro."""
        what = f"{distro.name} {there.distro_version}"
        try:
            arch = Arch.named(there.hw)
        except ValueError:
            self._notes.leave(path, what, f"there is no architecture {there.hw}")
            return
        rows = (distro, *stand_ins(self._catalogue, distro))
        lines = [(row, line) for row in rows if (line := row.line(there.distro_version))]
        own = next(((row, line) for row, line in lines if arch in line.bases), None)
        if own:
            self._lines[own[0].name, own[1].codename] = None
        elif lines:
            self._notes.leave(path, what, lines[0][1].absent[arch], arch.repo)
        elif there.distro_version in codenames(distro, self._catalogue.ended.values()).values():
            self._notes.leave(path, what, "upstream ended it: its names stay as they are in the registry", arch.repo)
        else:
            self._notes.leave(path, what, f"the catalogue has no such version of {distro.title}", arch.repo)

    def _device(self, path: str, there: Place) -> None:
        """One device type; its layer is that of a class in the catalogue."""
        slug = self._aliases.get(there.hw, there.hw)
        device = self._catalogue.devices.get(slug)
        if device is None:
            known = nearest(there.hw, self._catalogue.devices)
            self._notes.leave(path, f"device {there.hw}", f"the catalogue has no such device type{known}")
        elif device.absent:
            self._notes.leave(path, f"device {there.hw}", device.absent)
        else:
            self._devices[slug] = None
            reason = "what a device installs is its class's in catalogue/devices.toml now: compare them"
            self._notes.leave(path, "layers of devices", reason)

    def _stack(self, path: str, there: Place, distro: Distro, read: Callable[[], str]) -> None:
        """One version of a stack on one architecture and distro version."""
        stack, layout = self._catalogue.stacks.get(there.stack), layouts().get(there.stack)
        if stack is None or layout is None:
            self._notes.leave(path, f"stack {there.stack}", "the catalogue has no such stack")
            return
        what, platform = f"{stack.name} {there.version}", Platform(Arch.named(there.hw), distro.libc)
        text = read()
        file = _file(text, there)
        if file and layout.parts and file.version != there.version:
            self._notes.leave(path, what, f"says in its text that it is {file.version[:40]}", str(platform))
            return
        try:
            version = Version(file.version if file else there.version.partition("-")[0])
            line = there.version if not layout.parts else ".".join(str(version).split(".")[: layout.parts])
            Release(stack.source, line, version, None)
        except ValueError as error:
            self._notes.leave(path, what, str(error), str(platform))
            return
        if file is None:
            reason = f"installs no file of a checksum: `watcher sync {stack.source}` records what serves it now"
            self._notes.leave(path, what, reason, str(platform))
        elif problem := self._not_wanted(stack, line, version, platform):
            self._notes.leave(path, what, problem, str(platform))
        else:
            self._artifact(path, what, (stack, line, version, platform), file, layout)
            self._extra(path, stack, text)

    def _extra(self, path: str, stack: Stack, text: str) -> None:
        """Tell what comes along with a stack, and is one for all lines here: yarn."""
        said = environment(text)
        for key, ours in stack.extra.items():
            theirs = said.get(key.upper(), ours)
            if key.endswith("_version") and theirs != ours:
                reason = f"all lines have {ours}, which stands in [stacks.{stack.name}.extra] of catalogue/stacks.toml"
                self._notes.leave(path, f"{key.removesuffix('_version')} {theirs[:40]}", reason)

    def _not_wanted(self, stack: Stack, line: str, version: Version, platform: Platform) -> str:
        """Why the catalogue has no use for a version on a platform; "" if it has."""
        recorded, over = self._catalogue.version(stack.source, line), self._catalogue.ended.get((stack.source, line))
        if over:
            return f"the catalogue says that {line} ended on {over.ended}"
        if recorded and recorded >= version:
            return f"the catalogue has {recorded} of {line} already"
        return matrix.reason(stack, platform, line)

    def _artifact(
        self, path: str, what: str, key: tuple[Stack, str, Version, Platform], file: Fetched, layout: _Layout
    ) -> None:
        """Note the file of one platform, from where its maker has it."""
        stack, line, version, platform = key
        url = next((ours + file.url[len(was) :] for was, ours in layout.urls.items() if file.url.startswith(was)), "")
        if not url:
            host = file.url.split("/")[2][:80]
            reason = (
                f"is fetched from {host}, which is not its maker's: `watcher sync {stack.source}` records the maker's"
            )
            self._notes.leave(path, what, reason, str(platform))
            return
        try:
            digest = Checksum("sha512" if len(file.digest) == 128 else "sha256", file.digest)  # noqa: PLR2004  (hex)
            artifact = Artifact(*platform, version, url, digest, VERIFIED, signed=False)
        except ValueError as error:
            self._notes.leave(path, what, str(error), str(platform))
            return
        self._found.setdefault((stack.name, line), {}).setdefault(platform, []).append((artifact, path))

    def _release(self, name: str, line: str, found: _Found) -> Release | None:
        """The newest version of a line, each platform with the newest file that the tree has for it."""
        stack = self._catalogue.stacks[name]
        newest = {platform: max(a.version for a, _ in rows) for platform, rows in found.items()}
        top = max(newest.values())
        artifacts = []
        for platform, rows in found.items():
            files = {a.url: a for a, _ in reversed(rows) if a.version == newest[platform]}
            for artifact, path in rows:
                if artifact.version < newest[platform]:
                    reason = f"the tree has {newest[platform]} of {line} too: names of older versions stay as they are"
                    self._notes.leave(path, f"{name} {artifact.version}", reason, str(platform))
                elif artifact.checksum != files[artifact.url].checksum:
                    self._notes.leave(path, f"{name} {artifact.version}", f"has two checksums of {artifact.url}")
                    files = {}
                    break
            artifacts += list(files.values())[-1:]
        if not artifacts:
            return None
        recorded = self._catalogue.releases.get((stack.source, line))
        blank = Release(stack.source, line, top, None)
        kept = replace(recorded, version=top, published=None, security=False) if recorded else blank
        return replace(kept, artifacts=tuple(sorted(artifacts, key=lambda a: a.platform)))

    def _without_repeated(self, releases: list[Release]) -> list[Release]:
        """Leave out every file whose checksum is another file's too: one of them is wrong, and nobody knows which."""
        recorded = dict(self._catalogue.releases)
        recorded |= {(release.source, release.line): release for release in releases}
        urls: dict[str, set[str]] = {}
        for release in recorded.values():
            for artifact in release.artifacts:
                urls.setdefault(artifact.checksum.digest, set()).add(artifact.url)
        kept = []
        for release in releases:
            alone = tuple(a for a in release.artifacts if len(urls[a.checksum.digest]) == 1)
            for artifact in release.artifacts:
                if artifact not in alone:
                    reason = "its checksum is that of another file too: one of the two is wrong"
                    self._notes.leave(artifact.url, f"{release.source} {artifact.version} ({release.line})", reason)
            if alone:
                kept.append(replace(release, version=max(a.version for a in alone), artifacts=alone))
        return kept


def _file(text: str, there: Place) -> Fetched | None:
    """The stack's own file among those that a Dockerfile fetches: the one whose URL tells the version."""
    versions = [file for file in fetched(text) if file.version and file.variable.endswith("_VERSION")]
    own = [file for file in versions if file.version == there.version]
    return next(iter(own or versions), None)


@cache
def layouts() -> Mapping[str, _Layout]:
    """Return how each stack of the original was laid out, from the built-in table."""
    text = (resources.files("generator") / "builtin" / "original.toml").read_text("utf-8")
    rows: dict[str, Any] = tomllib.loads(text)
    return {name: _Layout(row["parts"], row["urls"]) for name, row in rows.items()}
