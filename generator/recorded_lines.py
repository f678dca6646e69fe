"""What the watcher itself edits of a distro: one file per line, one base image or package per line of text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date
from itertools import starmap

from generator.recorded import checked, day, read, release_path
from generator.toml import FACT, NAME
from state.errors import CatalogueError
from state.model import Arch, ArchiveState, Base, OsLine, Version

_HEAD = {"source": str, "line": str}
_TEXTS = ("version", "published", "lts", "supported_from", "supported_until", "snapshot", "taken")
_LISTS = ("bases", "packages")
_STATE = {"snapshot": str, "taken": str, "packages": dict}
_PACKAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+:~_-]*")
_TIME = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_SNAPSHOT = re.compile(r"[0-9]{8}T[0-9]{6}Z|sha256:[0-9a-f]{64}")


def dump_line(record: OsLine) -> str:
    """Return the record as JSON text with a last newline; what is not known is not there."""
    head = {
        "source": record.source,
        "line": record.line,
        "version": record.version and str(record.version),
        "published": record.published and record.published.isoformat(),
        "lts": record.lts,
        "supported_from": record.supported_from and record.supported_from.isoformat(),
        "supported_until": record.supported_until and record.supported_until.isoformat(),
        "snapshot": record.snapshot,
        "taken": record.taken and record.taken.isoformat(),
    }
    parts = [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in head.items() if value]
    bases = sorted(record.bases, key=lambda base: base.arch)
    parts.append(_array("bases", (_base(base) for base in bases)))
    packages = sorted(record.packages.items())
    parts.append(_array("packages", ({"name": name, "version": version} for name, version in packages)))
    if record.updates:
        parts.append(f'  "updates": {json.dumps(_state(record.updates))}')
    if record.archives:
        parts.append(_array("archives", starmap(_archive, sorted(record.archives.items()))))
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _archive(name: str, state: ArchiveState) -> dict[str, object]:
    return {"name": name, **_state(state)}


def _state(state: ArchiveState) -> dict[str, object]:
    packages = dict(sorted(state.packages.items()))
    return {"snapshot": state.snapshot, "taken": state.taken.isoformat(), "packages": packages}


def _array(key: str, values: Iterable[Mapping[str, object]]) -> str:
    rows = ",\n".join(f"    {json.dumps(value)}" for value in values)
    return f'  "{key}": [\n{rows}\n  ]' if rows else f'  "{key}": []'


def _base(base: Base) -> dict[str, str]:
    fields = {"arch": base.arch.value, "reference": base.reference}
    return {**fields, "digest": base.digest} if base.digest else fields


def parse_line(path: str, data: bytes) -> OsLine:
    """Read what :func:`dump_line` wrote; CatalogueError if it is anything else, or stands in another's place."""
    head = checked(
        path, "", read(path, data), {**_HEAD, **dict.fromkeys(_LISTS, list)}, (*_TEXTS, "updates", "archives")
    )
    for key in _TEXTS:
        if not isinstance(head.get(key, ""), str):
            raise CatalogueError(path, key, "must be a str")
    if path != release_path(head["source"], head["line"]):
        raise CatalogueError(path, "line", f"is that of {release_path(head['source'], head['line'])[:120]}")
    if head.get("snapshot") and not _SNAPSHOT.fullmatch(head["snapshot"]):
        raise CatalogueError(path, "snapshot", "must be a time (20261120T101637Z) or a digest (sha256:…)")
    try:
        return OsLine(
            source=head["source"],
            line=head["line"],
            version=Version(head["version"]) if "version" in head else None,
            published=day(head.get("published")),
            lts=head.get("lts", ""),
            supported_from=day(head.get("supported_from")),
            supported_until=day(head.get("supported_until")),
            bases=tuple(_read_base(path, n, value) for n, value in enumerate(head["bases"])),
            snapshot=head.get("snapshot", ""),
            taken=day(head.get("taken")),
            packages=dict(_read_package(path, n, value) for n, value in enumerate(head["packages"])),
            updates=_read_state(path, "updates", head["updates"]) if "updates" in head else None,
            archives=_read_archives(path, head.get("archives", [])),
        )
    except ValueError as error:
        raise CatalogueError(path, "", str(error)) from error


def _read_base(path: str, number: int, value: object) -> Base:
    place = f"bases[{number}]"
    fields = checked(path, place, value, {"arch": str, "reference": str}, ("digest",))
    if not FACT.fullmatch(fields["reference"]) or not isinstance(fields.get("digest", ""), str):
        raise CatalogueError(path, f"{place}.reference", "is not the reference of an image with its digest")
    return Base(Arch(fields["arch"]), fields["reference"], fields.get("digest", ""))


def _read_archives(path: str, values: object) -> dict[str, ArchiveState]:
    """Read the states of vendors' archives; lines that were recorded before these were watched have none."""
    states = {}
    for number, value in enumerate(values if isinstance(values, list) else [values]):
        place = f"archives[{number}]"
        name = checked(path, place, value, {"name": str}, tuple(_STATE))["name"]
        if not NAME.fullmatch(name):
            raise CatalogueError(path, place, "is not the name of an archive")
        states[name] = _read_state(path, place, value, ("name",))
    return states


def _read_state(path: str, place: str, value: object, besides: tuple[str, ...] = ()) -> ArchiveState:
    fields = checked(path, place, value, _STATE, besides)
    if not _TIME.fullmatch(fields["snapshot"]):
        raise CatalogueError(path, place, "is not an archive with the time of its state")
    packages = dict(
        _read_package(path, n, {"name": name, "version": version}, f"{place}.packages")
        for n, (name, version) in enumerate(fields["packages"].items())
    )
    return ArchiveState(fields["snapshot"], date.fromisoformat(fields["taken"]), packages)


def _read_package(path: str, number: int, value: object, place: str = "packages") -> tuple[str, str]:
    fields = checked(path, f"{place}[{number}]", value, {"name": str, "version": str})
    for key, text in fields.items():
        if not _PACKAGE.fullmatch(text):
            raise CatalogueError(path, f"{place}[{number}].{key}", f"is not of a package: {text[:80]!r}")
    return fields["name"], fields["version"]
