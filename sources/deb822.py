"""Stanzas of ``Field: value`` lines, as Debian's and Ubuntu's archives write them, and the dates in them.

https://manpages.debian.org/deb822
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

from sources.strict import Value
from state.errors import SourceError

_FIELD = re.compile(r"([!-,.-9;-~][!-9;-~]{0,63}):(.*)")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MOMENT = re.compile(
    rf"(?:[A-Z][a-z]{{2}}, )?([0-9]{{1,2}}) ({'|'.join(_MONTHS)})[a-z]* ([0-9]{{4}}) "
    r" ?([0-9]{1,2}):([0-9]{2}):([0-9]{2})(?: (?:UTC|GMT|Z|([+-])([0-9]{2})([0-9]{2})))?"
)


def read_stanzas(source: str, url: str, text: bytes) -> Iterator[Value]:
    """Yield each stanza as an object of strings; blanks around a value do not count, lines that continue it do."""
    try:
        lines = text.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        raise SourceError(source, url, "", "is not UTF-8") from None
    stanza: dict[str, str] = {}
    name, count = "", 0
    for number, line in enumerate([*(line.rstrip() for line in lines), ""], start=1):
        if not line:
            if stanza:
                yield Value(source, url, f"[{count}]", stanza)
                count += 1
            stanza, name = {}, ""
        elif line[0] in " \t" and name:
            stanza[name] += "\n" + line
        else:
            match = _FIELD.fullmatch(line)
            if match is None or match[1] in stanza:
                problem = "has a second" if match else "is not a field and a value:"
                raise SourceError(source, url, f"line {number}", f"{problem} {line[:80]!r}")
            name = match[1]
            stanza[name] = match[2].strip()


def read_stanza(source: str, url: str, text: bytes) -> Value:
    """Return the one stanza of *text*; SourceError if it has none, or several."""
    stanzas = list(read_stanzas(source, url, text))
    if len(stanzas) != 1:
        raise SourceError(source, url, "", f"has {len(stanzas)} stanzas, not one")
    return Value(source, url, "", stanzas[0].raw)


def moment(value: Value) -> datetime:
    """Return a time written ``Sat, 11 Jul 2026 10:16:37 UTC``, aware.

    ``Thu, 21 April 2016 9:00:00 +0200`` is one too, and ``Sat, 21 Nov 2026  9:52:04 UTC``, as Ubuntu's archive writes
    the hours before ten; one without a time zone is UTC.
    """
    match = _MOMENT.fullmatch(value.text())
    try:
        if match:
            day, year, hour, minute, second = (int(match[group]) for group in (1, 3, 4, 5, 6))
            offset = timedelta(hours=int(match[8] or 0), minutes=int(match[9] or 0))
            zone = timezone(-offset if match[7] == "-" else offset)
            month = _MONTHS.index(match[2]) + 1
            return datetime(year, month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise value.wrong(f"is not a time: {value.text()[:40]!r}")
