"""Editing the catalogue's tables where a distro's line comes, goes or becomes the default.

What people wrote stays as it is, comments included; what comes of it is read back as any catalogue is.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

from generator import toml_edit
from generator.catalogue import FILES
from generator.rows import Catalogue, Distro, NewLine
from state.errors import CatalogueError
from state.model import Arch, OsLine, Version

_DISTROS, _DEVICES, _STACKS = FILES["distros"], FILES["devices"], FILES["stacks"]


def placeholders(new: OsLine) -> dict[str, str]:
    """Return what the patterns of :class:`~generator.rows.NewLine` stand for in *new*."""
    numbers = [*str(new.version or "").split("."), "", ""]
    return {"line": new.line, "major": numbers[0], "minor": numbers[1], "lts": " LTS" if new.lts else ""}


def references(policy: NewLine, new: OsLine) -> dict[Arch, str]:
    """Return the base image that each architecture of a new line would have."""
    return {arch: pattern.format(**placeholders(new)) for arch, pattern in policy.bases.items()}


def with_line(catalogue: Catalogue, text: str, new: OsLine, absent: Mapping[Arch, str]) -> str:
    """Return ``distros.toml`` with a row of *new*, after its elders; *absent* are reasons besides the policy's."""
    distro = catalogue.distros[new.source]
    policy = distro.new_line
    if policy is None:
        raise CatalogueError(_DISTROS, f"distros.{distro.name}", "says nothing of new lines")
    values = placeholders(new)
    row: dict[str, Any] = {"title": policy.title.format(**values)}
    if number := policy.number.format(**values):
        row["number"] = number
    row["bases"] = {base.arch.value: base.reference for base in new.bases}
    there = {base.arch for base in new.bases}
    written = tomllib.loads(text)["distros"][distro.name].get("absent", {})
    reasons = {**absent, **policy.absent}
    lacking = {
        arch.value: reasons.get(arch, f"upstream has no {new.line} for it")
        for arch in Arch
        if arch not in there and (arch in reasons or arch.value not in written)
    }
    if lacking:
        row["absent"] = lacking
    path = ("distros", distro.name, "lines", new.line)
    return toml_edit.with_table(_DISTROS, text, path, row, _younger(distro, new))


def _younger(distro: Distro, new: OsLine) -> str | None:
    """The first line that a new one stands before: a younger one, or a rolling one."""
    for line in distro.lines:
        version = line.version or _version(line.number or line.codename)
        if line.rolling or (version and new.version and version > new.version):
            return line.codename
    return None


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except ValueError:
        return None


def with_default(text: str, distro: str, codename: str) -> str:
    """Return ``distros.toml`` with *codename* as the default of *distro*."""

    def change(document: Any) -> None:
        document["distros"][distro]["default"] = codename

    return toml_edit.edited(text, change)


def without_line(catalogue: Catalogue, texts: Mapping[str, str], distro: str, codename: str) -> dict[str, str]:
    """Return the catalogue's files (path → text) that change where a line goes.

    A class that was on no other line goes too: its devices stand on the generic class of their architecture.
    """
    changed = {
        _DISTROS: toml_edit.without_table(_DISTROS, texts[_DISTROS], ("distros", distro, "lines", codename)),
        _DEVICES: _devices(catalogue, texts[_DEVICES], distro, codename),
        _STACKS: toml_edit.edited(texts[_STACKS], lambda document: _defaults(document, distro, codename)),
    }
    if not any(row.line(codename) for row in catalogue.distros.values() if row.name != distro):
        # Raspbian's trixie is called like Debian's: what stacks say of the name stays as long as one has it.
        changed[_STACKS] = toml_edit.edited(changed[_STACKS], lambda document: _packages(document, codename))
    return {path: text for path, text in changed.items() if text != texts[path]}


def _devices(catalogue: Catalogue, text: str, distro: str, codename: str) -> str:
    """Take the line out of every class's list, and classes away that have none left."""
    rows = catalogue.classes.values()
    orphaned = [row.name for row in rows if not row.generic and dict(row.distros) == {distro: (codename,)}]
    for name in orphaned:
        text = toml_edit.without_table(_DEVICES, text, ("classes", name))
    generic = {row.arch: row.name for row in rows if row.generic}

    def change(document: Any) -> None:
        for row in document["classes"].values():
            _unlisted(row, distro, codename)
        for slug, device in document["devices"].items():
            if device.get("class") in orphaned:
                device["class"] = generic[catalogue.devices[slug].arch]

    return toml_edit.edited(text, change)


def _unlisted(row: Any, distro: str, codename: str) -> None:
    """Take the line out of one class's lists; a distro of which nothing is left goes, with its packages."""
    listed = row.get("distros", {})
    if isinstance(listed.get(distro), list) and codename in listed[distro]:
        listed[distro].remove(codename)
        if not listed[distro]:
            del listed[distro]
            row.get("packages", {}).pop(distro, None)


def _defaults(document: Any, distro: str, codename: str) -> None:
    """Let stack lines that had the line as their default follow the distro's."""
    for stack in document["stacks"].values():
        defaults = stack.get("defaults", {})
        for line in list(defaults):
            if defaults[line].get(distro) == codename:
                del defaults[line][distro]
                if not defaults[line]:
                    del defaults[line]


def _packages(document: Any, codename: str) -> None:
    """Take the version out of what stacks say of its packages; a platform that only it served has none any more."""
    for stack in document["stacks"].values():
        stack.get("libraries", {}).pop(codename, None)
        for number, row in reversed(list(enumerate(stack.get("served", [])))):
            packages = row.get("packages", {})
            packages.pop(codename, None)
            if "packages" in row and not packages:
                del row["packages"]
                if "since" not in row and "below" not in row:
                    stack.setdefault("absent", {})[row["platform"]] = row["reason"]
                    del stack["served"][number]
