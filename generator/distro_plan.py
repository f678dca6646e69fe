"""From what was seen of a distro to a change of the images repository."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import partial

from generator import distro_body, distro_rows, dockerfile, docs, guard, matrix
from generator.catalogue import FILES, load, with_os_line
from generator.distro_move import Move, merged, words
from generator.ended import dump_ended, ended_path
from generator.plan import GENERATED, Planned, guarded, rendered
from generator.recorded import release_path
from generator.recorded_lines import dump_line
from generator.rows import Catalogue, Ended
from state.model import Arch, Change, Version

_WHOLE = ("line", "end", "default")
"""Kinds that edit people's tables."""


def prefixes(catalogue: Catalogue, move: Move) -> list[str]:
    """The folders of the images repository that a change may touch."""
    if move.what in _WHOLE:
        return ["catalogue/", *GENERATED]
    folders = {  # an architecture's root file system is in its folder, too
        "os-arch": [arch.repo for arch in Arch],
        "os-class": [f"device-base/{name}" for name in catalogue.classes],
    }
    return [
        f"catalogue/releases/{move.source}/",
        "docs/",
        *(f"balena-base-images/{hw}/{move.source}/" for kind in _kinds(move) for hw in folders.get(kind, ())),
    ]


def _kinds(move: Move) -> tuple[str, ...]:
    """The kinds of images whose text a part of a line's record stands in."""
    systems = ("os-root", "os-arch")
    return {"devices": ("os-class",), "record": (*systems, "os-class")}.get(move.what, systems)


def propose(
    catalogue: Catalogue, before: Mapping[str, str], move: Move, day: date, links: Mapping[str, str]
) -> Planned | None:
    """Plan the change that brings *move*; None if the repository has it already, or the line is gone.

    :param catalogue: as it is on the default branch
    :param before: path → text of every file below :func:`prefixes`, as it is there
    :param day: today in UTC, for the build plan's dated tags
    :param links: label → URL of upstream's notes
    :raises CatalogueError: the tables cannot be edited, or what came of it is no catalogue
    """
    tables = _tables(catalogue, before, move)
    if tables is None:
        return None
    over = _over(catalogue, before, move, day)
    texts = {path: text for path, text in {**before, **tables, **over}.items() if text is not None}
    wanted, records = _recorded(catalogue, texts, move)
    after = {**tables, **over, **records, **_dockerfiles(catalogue, wanted, move)}
    files = {path: text for path, text in sorted(after.items()) if text != before.get(path)}
    if not files:
        return None
    removed = sum(1 for path, text in files.items() if text is None and path.endswith("/Dockerfile"))
    named, (old, new) = words(catalogue, move, removed), sides(catalogue, move)
    change = Change(
        move.source, move.line, old, new, move.ids(), named.branch, named.title, named.commit, named.labels, files
    )
    planned = Planned(
        change, partial(distro_body.write, catalogue, wanted, move, named.title, before, files, day, links)
    )
    return guarded(planned, guard.compare(catalogue, wanted))


def _recorded(catalogue: Catalogue, texts: Mapping[str, str], move: Move) -> tuple[Catalogue, dict[str, str | None]]:
    """The catalogue that *texts* and *move* make, and the records that change: path → text."""
    paths = {line.line: release_path(move.source, line.line) for line in move.lines}
    if move.what == "end":
        kept = {path: text.encode() for path, text in texts.items() if path not in paths.values()}
        return load(kept), {path: None for path in paths.values() if path in texts}
    wanted = load({path: text.encode() for path, text in texts.items()}) if move.what in _WHOLE else catalogue
    records: dict[str, str | None] = {}
    for line in move.lines if move.what != "default" else ():
        record = merged(catalogue.os_lines.get((move.source, line.line)), line, move.what)
        if record and wanted.distros[move.source].line(line.line):
            wanted = with_os_line(wanted, record)
            records[paths[line.line]] = dump_line(record)
    return wanted, records


def _over(catalogue: Catalogue, before: Mapping[str, str], move: Move, day: date) -> dict[str, str | None]:
    """What is kept of a line that goes, path → text: its names stay its own. None where it comes back."""
    if move.what not in ("line", "end"):
        return {}
    line = move.lines[0]
    path = ended_path(move.source, line.line)
    if move.what == "line":
        return {path: None} if path in before else {}
    row = catalogue.distros[move.source].line(line.line)
    assert row  # noqa: S101  (_tables found it)
    numbers = (row.number, row.codename, "0")
    version = line.version or row.version or next(Version(text) for text in numbers if text[:1].isdigit())
    ended = line.supported_until or row.supported_until or day
    return {path: dump_ended(Ended(move.source, line.line, version, ended, row.number))}


def _tables(catalogue: Catalogue, before: Mapping[str, str], move: Move) -> dict[str, str] | None:
    """The tables as they are to be, path → text, those that change; None if they say so already."""
    distro, line = catalogue.distros[move.source], move.lines[0]
    match move.what:
        case "line" if distro.line(line.line) is None:
            return {FILES["distros"]: distro_rows.with_line(catalogue, before[FILES["distros"]], line, move.absent)}
        case "end" if distro.line(line.line):
            return distro_rows.without_line(catalogue, before, distro.name, line.line)
        case "default" if distro.default != line.line and distro.line(line.line):
            return {FILES["distros"]: distro_rows.with_default(before[FILES["distros"]], distro.name, line.line)}
        case "line" | "end" | "default":
            return None
        case _:
            return {}


def _dockerfiles(old: Catalogue, new: Catalogue, move: Move) -> dict[str, str | None]:
    """The generated files that the move changes, path → text; None for those that go.

    Both sides are rendered, so that what was generated by other templates stays as it is.
    """
    was, now = (_rendered(catalogue, move) for catalogue in (old, new))
    return {path: now.get(path) for path in {**was, **now} if was.get(path) != now.get(path)}


def _rendered(catalogue: Catalogue, move: Move) -> dict[str, str]:
    """What may change: everything with the tables, else what stands on the base images and the page about all."""
    if move.what in _WHOLE:
        return rendered(catalogue)
    lines = {line.line for line in move.lines}
    images = [
        image
        for image in matrix.with_dockerfile(catalogue)
        if image.kind in _kinds(move) and image.distro == move.source and image.distro_version in lines
    ]
    return {**dockerfile.files(catalogue, images), **docs.docs(catalogue)}


def sides(catalogue: Catalogue, move: Move) -> tuple[str | None, str | None]:
    """From what to what, as programs read it."""
    if move.line is None:
        return None, None
    if move.what == "default":
        return catalogue.distros[move.source].default, move.line
    recorded = catalogue.os_lines.get((move.source, move.line))
    old = move.told(recorded) if recorded else None
    return (old or move.told(move.lines[0]), None) if move.what == "end" else (old, move.told(move.lines[0]))
