"""The files that the watcher itself edits: one release per line of a source, one artifact per line of text.

A reviewer of a pull request reads exactly these few lines, and two lines of one source never conflict.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from generator.toml import NAME
from state.errors import CatalogueError
from state.model import Arch, Artifact, Checksum, Release, Version

_FOLDER = "catalogue/releases/"
_RELEASE = {"source": str, "line": str, "version": str, "lts": str, "security": bool}
_OPTIONAL = ("published", "supported_from", "supported_until", "maintained")
_ARTIFACT = {
    "arch": str,
    "libc": str,
    "version": str,
    "url": str,
    "algorithm": str,
    "digest": str,
    "verified": str,
    "signed": bool,
}


def release_path(source: str, line: str) -> str:
    """Return the path inside the images repository: ``catalogue/releases/node/22.json``."""
    return f"{_FOLDER}{source}/{line}.json"


def is_release(path: str) -> bool:
    """Whether *path* is where only recorded releases may be."""
    return path.startswith(_FOLDER) and path.endswith(".json")


def dump_release(release: Release) -> str:
    """Return the release as JSON text, artifacts by (arch, libc) and one on each line, with a last newline."""
    head = {
        "source": release.source,
        "line": release.line,
        "version": str(release.version),
        "published": release.published and release.published.isoformat(),
        "lts": release.lts,
        "security": release.security,
        "supported_from": release.supported_from and release.supported_from.isoformat(),
        "supported_until": release.supported_until and release.supported_until.isoformat(),
    }
    if release.maintained:
        head["maintained"] = True
    lines = [f"  {json.dumps(key)}: {json.dumps(value)}," for key, value in head.items()]
    files = sorted(release.artifacts, key=lambda a: a.platform)
    rows = [f"    {json.dumps(_artifact(a))}" for a in files]
    array = "[\n" + ",\n".join(rows) + "\n  ]" if rows else "[]"
    return "{\n" + "\n".join(lines) + f'\n  "artifacts": {array}\n}}\n'


def _artifact(artifact: Artifact) -> dict[str, object]:
    fields: dict[str, object] = {
        "arch": artifact.arch.value,
        "libc": artifact.libc,
        "version": str(artifact.version),
        "url": artifact.url,
        "algorithm": artifact.checksum.algorithm,
        "digest": artifact.checksum.digest,
        "verified": artifact.verified,
        "signed": artifact.signed,
    }
    return fields if artifact.size is None else {**fields, "size": artifact.size}


def parse_release(path: str, data: bytes) -> Release:
    """Read what :func:`dump_release` wrote; CatalogueError if it is anything else, or stands in another's place."""
    head = checked(path, "", read(path, data), {**_RELEASE, "artifacts": list}, _OPTIONAL)
    artifacts = [_read_artifact(path, n, value) for n, value in enumerate(head["artifacts"])]
    if len({a.platform for a in artifacts}) < len(artifacts):
        raise CatalogueError(path, "artifacts", "has one platform twice")
    if not NAME.fullmatch(head["source"]) or not NAME.fullmatch(head["line"]):
        raise CatalogueError(path, "line", "source and line must be small letters, digits, dots and dashes")
    if path != release_path(head["source"], head["line"]):
        raise CatalogueError(path, "line", f"is that of {release_path(head['source'], head['line'])[:120]}")
    try:
        return Release(
            source=head["source"],
            line=head["line"],
            version=Version(head["version"]),
            published=day(head.get("published")),
            lts=head["lts"],
            security=head["security"],
            supported_from=day(head.get("supported_from")),
            supported_until=day(head.get("supported_until")),
            maintained=head.get("maintained") is True,
            artifacts=tuple(sorted(artifacts, key=lambda a: a.platform)),
        )
    except ValueError as error:
        raise CatalogueError(path, "", str(error)) from error


def read(path: str, data: bytes) -> object:
    """Return the JSON document in *data*; CatalogueError where it is none, or has a key twice."""
    try:
        return json.loads(data, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise CatalogueError(path, "", f"is not JSON: {error}", getattr(error, "lineno", None)) from error


def _read_artifact(path: str, number: int, value: object) -> Artifact:
    place = f"artifacts[{number}]"
    fields = checked(path, place, value, _ARTIFACT, ("size",))
    if fields["libc"] not in ("glibc", "musl"):
        raise CatalogueError(path, f"{place}.libc", "must be glibc or musl")
    if type(fields.get("size", 0)) is not int:
        raise CatalogueError(path, f"{place}.size", "must be a number of bytes")
    try:
        return Artifact(
            arch=Arch(fields["arch"]),
            libc=fields["libc"],
            version=Version(fields["version"]),
            url=fields["url"],
            checksum=Checksum(fields["algorithm"], fields["digest"]),
            verified=fields["verified"],
            signed=fields["signed"],
            size=fields.get("size"),
        )
    except ValueError as error:
        raise CatalogueError(path, place, str(error)) from error


def checked(
    path: str, place: str, value: object, kinds: Mapping[str, type], optional: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Return *value*; refuse anything but an object of exactly the keys of *kinds* and some of *optional*."""
    if not isinstance(value, dict):
        raise CatalogueError(path, place, "must be an object")
    prefix = f"{place}." if place else ""
    for key in value:
        if key not in kinds and key not in optional:
            raise CatalogueError(path, f"{prefix}{key}", "is not known here")
    for key, kind in kinds.items():
        if type(value.get(key)) is not kind:
            raise CatalogueError(path, f"{prefix}{key}", f"must be there and be a {kind.__name__}")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a key that stands twice: a reviewer would read the one and we the other."""
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError(f"a key stands twice in {sorted(key for key, _ in pairs)}")
    return value


def day(text: str | None) -> date | None:
    """Return the date written *text*, None for none; ValueError if it is no date."""
    if text is not None and not isinstance(text, str):
        raise ValueError(f"not a date: {text!r}")
    return date.fromisoformat(text) if text is not None else None
