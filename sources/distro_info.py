"""Debian's ``distro-info-data``: which series there are, since when, and until when they are supported.

https://salsa.debian.org/debian/distro-info-data
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from sources.strict import Value
from state.errors import SourceError
from state.model import Release, Version

_COLUMNS = frozenset({"version", "codename", "series", "release", "eol"})
_SERIES = re.compile(r"[a-z]{2,20}")
_CODENAME = re.compile(r"[A-Z][a-z]{1,19}(?: [A-Z][a-z]{1,19})?")
_VERSION = re.compile(r"[0-9]{1,2}(?:\.[0-9]{1,2})?(?: LTS)?")


@dataclass(frozen=True, slots=True)
class Series:
    """One row that has a version and a day of release, past or planned.

    ``until`` is the last day of support, None where it is not stated yet; ``lts`` whether upstream says LTS.
    """

    name: str
    codename: str
    version: Version
    lts: bool
    release: date
    until: date | None

    def released(self, source: str, version: Version | None = None, published: date | None = None) -> Release:
        """Return the release that this is, by default the series' first."""
        lts = self.codename if self.lts else ""
        first, day = version or self.version, published or self.release
        return Release(source, self.name, first, day, lts, supported_from=self.release, supported_until=self.until)


def read_series(source: str, url: str, body: bytes, ends: Collection[str]) -> Mapping[str, Series]:
    """Return name → series, those without a version or a day of release (sid, the next but one) left out.

    *ends* are the columns whose latest date ends the support. Rows may lack columns at their end.
    """
    if body.lstrip()[:1] == b"<":
        raise SourceError(source, url, "", "is an HTML page, not CSV")
    try:
        head, *rows = csv.reader(body.decode("utf-8").splitlines(), strict=True)
    except (ValueError, csv.Error) as error:
        raise SourceError(source, url, "", f"is not CSV: {str(error)[:120]}") from None
    if lacking := {*_COLUMNS, *ends} - {*head}:
        raise SourceError(source, url, "", f"has no column {min(lacking)}")
    found: dict[str, Series] = {}
    for number, row in enumerate(rows, start=2):
        place = Value(source, url, f"line {number}", dict(zip(head, row, strict=False)))
        if len(row) > len(head):
            raise place.wrong("has more columns than the first line")
        if row and (series := _series(place, ends)) and found.setdefault(series.name, series) is not series:
            raise place.wrong(f"has {series.name} a second time")
    if not found:
        raise SourceError(source, url, "", "names no series")
    return found


def _series(row: Value, ends: Collection[str]) -> Series | None:
    """Read one row."""
    name, codename, version = (row.member(key) for key in ("series", "codename", "version"))
    for value, form in ((name, _SERIES), (codename, _CODENAME)):
        if not form.fullmatch(value.text()):
            raise value.wrong(f"cannot be: {value.text()[:40]!r}")
    days = {key: member.day() for key in ("release", *ends) if (member := row.member(key)).raw}
    if not version.text() or "release" not in days:
        return None
    if not _VERSION.fullmatch(version.text()):
        raise version.wrong(f"is not a version: {version.text()[:40]!r}")
    number, _, lts = version.text().partition(" ")
    release, until = days["release"], max((days[key] for key in ends if key in days), default=None)
    if until is not None and until < release:
        raise row.member("eol").wrong(f"ends on {until}, before the release on {release}")
    return Series(name.text(), codename.text(), Version(number), bool(lts), release, until)


def still_of_interest(series: Mapping[str, Series]) -> Mapping[str, Series]:
    """Return those that were supported when the newest came out, which may be in the future.

    Some of them may have ended since: the dates on their releases say so.
    """
    newest = max(each.release for each in series.values())
    return {name: each for name, each in series.items() if each.until is None or each.until >= newest}
