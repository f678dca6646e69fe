"""When Go was released, and why: the table that https://go.dev/doc/devel/release is made from, written in Go.

It is a list of literals, a field at a depth of two tabs, as gofmt leaves them. Anything else refuses the document.
"""

from __future__ import annotations

import re
from datetime import date

from sources.strict import Value
from state.errors import SourceError
from state.model import Version

_TABLE = re.compile(r"^var Releases = \[\]\*Release\{\n(.*?)^\}\n", re.MULTILINE | re.DOTALL)
_ENTRY = re.compile(r"^\t\{\n(.*?)^\t\},$", re.MULTILINE | re.DOTALL)
_BETWEEN = re.compile(r"(?:\t//[^\n]*)?(?:\n(?:\t//[^\n]*)?)*")
_HEAD = re.compile(
    r"\t\tDate: +Date\{([0-9]{4}), ([0-9]{1,2}), ([0-9]{1,2})\}, "
    r"Version: Version\{([0-9]{1,3}), ([0-9]{1,4}), ([0-9]{1,4})\},"
)
_SECURITY, _FUTURE = re.compile(r"^\t\tSecurity:", re.MULTILINE), re.compile(r"\bFuture: +true")


def read(url: str, body: bytes) -> dict[Version, tuple[date, bool]]:
    """Return version → day, and whether it fixed a vulnerability, out of a table written in Go."""
    table = _TABLE.search(body.decode("utf-8", "replace"))
    if table is None or not _BETWEEN.fullmatch(_ENTRY.sub("", table[1])):
        raise SourceError("go", url, "", "is not the table of releases that we know, or not all of it")
    found: dict[Version, tuple[date, bool]] = {}
    for number, entry in enumerate(_ENTRY.findall(table[1])):
        place = Value("go", url, f"[{number}]", entry)
        head = _HEAD.match(entry)
        if head is None or entry.count("Version: Version{") != 1:
            raise place.wrong("does not begin with a date and a version, or holds two")
        if _FUTURE.search(entry):
            continue
        version = _spelled(*map(int, head.groups()[3:]))
        try:
            day = date(*map(int, head.groups()[:3]))
        except ValueError:
            raise place.wrong("has an impossible date") from None
        if version in found:
            raise place.wrong(f"is a second entry of {version}")
        found[version] = day, _SECURITY.search(entry) is not None
    if not found:
        raise SourceError("go", url, "", "names no release")
    return found


def _spelled(x: int, y: int, z: int) -> Version:
    """Return a version as files spell it: until 1.20 a line's first release has no ``.0``, nor has Go 1."""
    if z or y > 20:  # noqa: PLR2004  (https://go.dev/doc/go1.21#introduction)
        return Version(f"{x}.{y}.{z}")
    return Version(f"{x}.{y}" if y else f"{x}")
