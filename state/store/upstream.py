"""Releases: every version that an upstream ever listed, since when, and its files."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import cast

from sqlmodel import Session, and_, col, or_, select

from state.model import Arch, Artifact, Checksum, Libc, Release, Version
from state.store import checksums
from state.tables import ArtifactRow, ReleaseRow, SourceRow

_FIELDS = ("published", "lts", "security", "supported_from", "supported_until", "maintained")


def save(session: Session, source: str, releases: Sequence[Release], now: datetime) -> None:
    """Record all that upstream lists now: what it listed before and does not any more is withdrawn.

    A file once recorded stays recorded when a later look did not find it.
    :raises StoreError: an artifact's digest contradicts the accepted one
    """
    rows = session.exec(select(ReleaseRow).where(ReleaseRow.source == source))
    known = {(row.line, row.version): row for row in rows}
    listed = set()
    for release in releases:
        key = release.line, str(release.version)
        listed.add(key)
        values = {name: getattr(release, name) for name in _FIELDS}
        row = known.get(key)
        if row is None:
            session.add(ReleaseRow(source=source, line=key[0], version=key[1], first_seen=now, **values))
        else:
            row.sqlmodel_update(values | {"withdrawn_since": None})
    for key in known.keys() - listed:
        known[key].withdrawn_since = known[key].withdrawn_since or now
    session.flush()  # artifacts refer to them
    for release in releases:
        _save_artifacts(session, release, now)


def remember(session: Session, release: Release, seen: datetime) -> None:
    """Record one release that was seen then, unless it is recorded: what upstream lists now is the next poll's to say."""
    names = release.source, release.line, str(release.version)
    if session.get(ReleaseRow, names):
        return
    if session.get(SourceRow, release.source) is None:
        session.add(SourceRow(name=release.source))
        session.flush()
    values = {name: getattr(release, name) for name in _FIELDS}
    session.add(ReleaseRow(source=names[0], line=names[1], version=names[2], first_seen=seen, **values))
    session.flush()
    _save_artifacts(session, release, seen)


def _save_artifacts(session: Session, release: Release, now: datetime) -> None:
    for artifact in release.artifacts:
        checksums.keep(session, artifact, now)
        session.merge(
            ArtifactRow(
                source=release.source,
                line=release.line,
                release=str(release.version),
                arch=artifact.arch.value,
                libc=artifact.libc,
                version=str(artifact.version),
                url=artifact.url,
                algorithm=artifact.checksum.algorithm,
                digest=artifact.checksum.digest,
                verified=artifact.verified,
                signed=artifact.signed,
                size=artifact.size,
            )
        )


def load(session: Session, source: str, lines: Collection[str] | None) -> list[Release]:
    """Return what upstream lists (of these lines), highest version first, with the files recorded of each."""
    query = select(ReleaseRow).where(ReleaseRow.source == source, col(ReleaseRow.withdrawn_since).is_(None))
    files = select(ArtifactRow).where(ArtifactRow.source == source)
    if lines is not None:
        query = query.where(col(ReleaseRow.line).in_(lines))
        files = files.where(col(ArtifactRow.line).in_(lines))
    artifacts: dict[tuple[str, str], list[Artifact]] = {}
    for file in session.exec(files.order_by(ArtifactRow.arch, ArtifactRow.libc)):
        artifacts.setdefault((file.line, file.release), []).append(_artifact(file))
    found = [_release(row, artifacts.get((row.line, row.version), ())) for row in session.exec(query)]
    return sorted(found, key=lambda release: release.version, reverse=True)


def files(session: Session, source: str, line: str, version: str) -> list[Artifact]:
    """Return the files that are recorded of one release."""
    of = ArtifactRow.source == source, ArtifactRow.line == line, ArtifactRow.release == version
    return [_artifact(row) for row in session.exec(select(ArtifactRow).where(*of))]


def newest(session: Session, source: str, today: date) -> Mapping[str, str]:
    """Return line → highest version that upstream lists, for the lines that it supports on *today*."""
    return _newest(session, today, ReleaseRow.source == source).get(source, {})


def every_newest(session: Session, today: date) -> Mapping[str, Mapping[str, str]]:
    """Return what :func:`newest` does for every source that has any."""
    return _newest(session, today)


def _newest(session: Session, today: date, *only: bool) -> dict[str, dict[str, str]]:
    # Columns and not rows: a page asks this of every source, which may have listed thousands.
    row = ReleaseRow
    query = select(row.source, row.line, row.version).where(
        *only,
        col(row.withdrawn_since).is_(None),
        or_(col(row.supported_from).is_(None), col(row.supported_from) <= today),
        or_(col(row.supported_until) >= today, and_(col(row.maintained), col(row.supported_until).is_(None))),
    )
    lines: dict[tuple[str, str], list[str]] = {}
    for source, line, text in session.exec(query):
        lines.setdefault((source, line), []).append(text)
    highest = [(source, line, max(texts, key=_rank)) for (source, line), texts in lines.items()]
    found: dict[str, dict[str, str]] = {}
    for source, line, text in sorted(highest, key=lambda each: _rank(each[2])):
        found.setdefault(source, {})[line] = text
    return found


@lru_cache(maxsize=1 << 14)
def _rank(text: str) -> tuple[object, ...]:
    """What versions are ordered by, worked out once: every page orders those of all supported lines again."""
    return Version(text).rank


def first_seen(session: Session, source: str, version: str) -> datetime | None:
    """Return when the version was first listed, or None."""
    seen = select(ReleaseRow.first_seen).where(ReleaseRow.source == source, ReleaseRow.version == version)
    return min(session.exec(seen), default=None)


def withdrawn(session: Session, source: str) -> Mapping[str, datetime]:
    """Return version → since when upstream does not list it any more."""
    rows = session.exec(
        select(ReleaseRow).where(ReleaseRow.source == source, col(ReleaseRow.withdrawn_since).is_not(None))
    )
    return {row.version: row.withdrawn_since for row in rows if row.withdrawn_since}


def _release(row: ReleaseRow, artifacts: Iterable[Artifact] = ()) -> Release:
    return Release(
        row.source,
        row.line,
        Version(row.version),
        row.published,
        row.lts,
        row.security,
        row.supported_from,
        row.supported_until,
        row.maintained,
        tuple(artifacts),
    )


def _artifact(row: ArtifactRow) -> Artifact:
    return Artifact(
        Arch(row.arch),
        cast("Libc", row.libc),
        Version(row.version),
        row.url,
        Checksum(row.algorithm, row.digest),
        row.verified,
        row.signed,
        row.size,
    )
