"""The lines that the family once had: their names stay theirs, so that no other image takes one over."""

from __future__ import annotations

import json

from generator.recorded import checked, day, read
from generator.rows import Ended
from generator.toml import NAME
from state.errors import CatalogueError
from state.model import Version

_FOLDER = "catalogue/ended/"
_FIELDS: dict[str, type] = {"source": str, "line": str, "version": str, "ended": str}


def ended_path(source: str, line: str) -> str:
    """Return the path inside the images repository: ``catalogue/ended/node/18.json``."""
    return f"{_FOLDER}{source}/{line}.json"


def is_ended(path: str) -> bool:
    """Whether *path* is where only ended lines may be."""
    return path.startswith(_FOLDER) and path.endswith(".json")


def dump_ended(ended: Ended) -> str:
    """Return the record as JSON text."""
    fields = {"source": ended.source, "line": ended.line, "version": str(ended.version), "ended": str(ended.ended)}
    if ended.number:
        fields["number"] = ended.number
    return json.dumps(fields, indent=2) + "\n"


def parse_ended(path: str, data: bytes) -> Ended:
    """Read what :func:`dump_ended` wrote; CatalogueError if it is anything else, or stands in another's place."""
    fields = checked(path, "", read(path, data), _FIELDS, ("number",))
    if not isinstance(fields.get("number", ""), str) or not NAME.fullmatch(fields.get("number", "1")):
        raise CatalogueError(path, "number", "is not what a version can be called")
    if not NAME.fullmatch(fields["source"]) or path != ended_path(fields["source"], fields["line"]):
        raise CatalogueError(path, "line", "is that of another file")
    try:
        when = day(fields["ended"])
        assert when  # noqa: S101  (day is None for None only)
        return Ended(fields["source"], fields["line"], Version(fields["version"]), when, fields.get("number", ""))
    except ValueError as error:
        raise CatalogueError(path, "", str(error)) from error
