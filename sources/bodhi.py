"""Bodhi, Fedora's update system: until when each release is supported, those that ended included.

https://bodhi.fedoraproject.org/docs/server_api/rest/releases.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from sources.strict import read_json

URL = "https://bodhi.fedoraproject.org/releases/?name=F__&rows_per_page=100"
"""``F42`` and its like, in whatever state: not its containers and flatpaks (``F42C``), nor EPEL."""
_NUMBER = re.compile(r"[1-9][0-9]{0,3}")


def ends(body: bytes) -> Mapping[str, date]:
    """Return number → last day of support, four weeks after the next but one; a number without it is left out."""
    root = read_json("fedora", URL, body)
    if root.member("pages").raw != 1:
        raise root.member("pages").wrong("is not 1: there is more than was asked for")
    found: dict[str, date] = {}
    for entry in root.member("releases").items():
        version, end = entry.member("version").text(), entry.member("eol")
        if entry.member("id_prefix").text() != "FEDORA" or not _NUMBER.fullmatch(version) or end.raw is None:
            continue
        if found.setdefault(version, end.day()) != end.day():
            raise end.wrong(f"is a second end of {version}")
    return found
