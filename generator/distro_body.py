"""The body of a distro's pull request: what a maintainer reads before merging, in the order of :mod:`generator.body`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from generator import builds, classes, sections
from generator.body import fit
from generator.distro_move import Move, What, fixes, updates, vendor_fixes
from generator.matrix import cells
from generator.rows import MADE, Catalogue
from state.model import OsLine


def write(
    old: Catalogue,
    new: Catalogue,
    move: Move,
    title: str,
    before: Mapping[str, str],
    files: Mapping[str, str | None],
    day: date,
    links: Mapping[str, str],
    past: builds.Past = builds.never,
) -> str:
    """Write the body; *old* and *new* are the catalogue before and after, *links* upstream's pages by their labels."""
    steps = builds.plan(new, [p for p, text in files.items() if text is not None], day)
    head = [f"## {title}", _lead(old, new, move, files, day), _table(old, move), _bases(old, move)]
    head += [_packages(old, move), _classes(new, move), _stacks(new, move)]
    head += [sections.records(classes.records(before, files)), sections.radius(files, steps)]
    upstream = ", ".join(f"[{label}]({url})" for label, url in links.items())
    tail = [
        sections.moving(new, steps),
        f"### Upstream\n\n{upstream}" if links else "",
        sections.build_plan(steps, past) if steps else "",
        _controls(move),
        _hidden(move),
    ]
    return fit(head, classes.group(before, files), tail)


def _lead(old: Catalogue, new: Catalogue, move: Move, files: Mapping[str, str | None], day: date) -> str:
    """What this is, in a sentence or two."""
    title, line, default = old.distros[move.source].title, move.lines[0], old.distros[move.source].default
    gone = len(builds.plan(old, [p for p, text in files.items() if text is None], day)) if move.what == "end" else 0
    leads: Mapping[What, str] = {
        "record": (
            f"From now on the repository records what upstream says of these versions of {title}: point release, "
            "support, digests of the base images, state of the package archive. Each change of it is proposed."
        ),
        "line": f"Upstream released {title} **{line.line}**. The default stays {new.distros[move.source].default}.",
        "version": "",
        "base": "Upstream made new base images: their registry has other digests under the same names.",
        "packages": "Security fixes of packages that are in our images. They are brought by building anew."
        if move.security
        else "What moved in the package archive since the images were last to be built anew.",
        "devices": "Packages that device images have from their vendor's archive moved. They are brought by building anew.",
        "end": (
            f"Upstream's support of **{title} {line.line}** ended on {line.supported_until}. **{gone:,} images** "
            "are no longer rebuilt. Nothing is deleted from the registry: tags freeze where they are. Versions that stay: "
            f"{', '.join(each.codename for each in new.distros[move.source].lines)}."
        ),
        "default": (
            f"Names that leave the version of {title} out, and `latest`, lead to **{line.line}** instead of "
            f"**{default}** once this is merged. The versions stay as they are: the names move."
        ),
    }
    return leads[move.what]


def _table(old: Catalogue, move: Move) -> str:
    """One row per line: version and support, as they were and are."""
    if move.what not in ("record", "line", "version"):
        return ""
    rows = ["| line | old → new | released | supported until |", "|---|---|---|---|"]
    for line in move.lines:
        was = old.os_lines.get((move.source, line.line))
        until = str(line.supported_until or "no date")
        if was and was.supported_until != line.supported_until:
            until = f"{was.supported_until or 'no date'} → **{until}**"
        rows.append(
            f"| {line.line} | {(was and was.version) or 'none'} → **{line.version or 'rolling'}** "
            f"| {line.published or ''} | {until} |"
        )
    return "\n".join(rows)


def _bases(old: Catalogue, move: Move) -> str:
    """The base images that change: reference and digest; unpinned ones say so."""
    if move.what not in ("record", "line", "base"):
        return ""
    rows = [row for line in move.lines for row in _base_rows(old.os_lines.get((move.source, line.line)), line)]
    absent = [f"- {arch}: {reason}" for arch, reason in sorted(move.absent.items())]
    head = ["### Base images", "", "| arch | image | old digest | new digest |", "|---|---|---|---|"]
    return "\n".join([*head, *rows, *(["", "Without images:", "", *absent] if absent else [])])


def _base_rows(was: OsLine | None, line: OsLine) -> list[str]:
    """One row per architecture whose digest is another one."""
    rows = []
    for base in line.bases:
        digest = was.digest(base.arch, base.reference) if was else ""
        if was is None or digest != base.digest:
            unseen = "made of its packages" if base.reference == MADE else "not seen: unpinned"
            told = f"`{base.digest}`" if base.digest else unseen
            rows.append(f"| {base.arch} | {base.reference} | {f'`{digest}`' if digest else ''} | {told} |")
    return rows


def _packages(old: Catalogue, move: Move) -> str:
    """The packages that moved, and the snapshot."""
    if move.what == "devices":
        return _vendors(old, move)
    if move.what != "packages":
        return ""
    line = move.lines[0]
    recorded = old.os_lines.get((move.source, line.line))
    moved = fixes(recorded, line) + updates(recorded, line)
    listed = [f"- {each}" for each in moved] or ["- none that our images are known to have"]
    return "\n".join(["### Packages", "", *listed, "", f"Snapshot: `{line.pinned}`."])


def _vendors(old: Catalogue, move: Move) -> str:
    """What moved in the archives of device vendors."""
    line, parts = move.lines[0], []
    for name, moved in vendor_fixes(old.os_lines.get((move.source, line.line)), line).items():
        archive, state = old.archives[name], line.archives[name]
        place = f"{archive.url} {archive.suite_of(line.line)}"
        parts += [f"### {archive.title[0].upper()}{archive.title[1:]}", "", *[f"- {each}" for each in moved], ""]
        parts += [f"Archive: `{place}`, as of `{state.snapshot}`, signed by `{archive.fingerprint}`.", ""]
    return "\n".join(parts[:-1])


def _classes(new: Catalogue, move: Move) -> str:
    """Device classes that name their versions: a new line is not among them until a person says so."""
    if move.what != "line":
        return ""
    line = move.lines[0].line
    here = {row.name for cell in cells(new) if cell.line.codename == line for row, _ in cell.classes}
    used = {device.device_class for device in new.devices.values()}
    arches = {base.arch for base in move.lines[0].bases}
    lacking = [
        row.name
        for row in new.classes.values()
        if row.name in used - here and row.arch in arches and move.source in row.distros
    ]
    if not lacking:
        return ""
    return (
        f"Device classes that name their versions in `catalogue/devices.toml` do not name {line} yet: "
        f"{', '.join(lacking)}. Until then their devices have the generic layer there."
    )


def _stacks(new: Catalogue, move: Move) -> str:
    """Stacks that need packages of the distro whose names nobody has told for the new line: they are not on it."""
    if move.what != "line":
        return ""
    distro, line = new.distros[move.source], move.lines[0].line
    lacking = [f"`[stacks.{row.name}.libraries]`" for row in new.stacks.values() if row.needs(distro, line) is None]
    if not lacking:
        return ""
    titles = [row.title for row in new.stacks.values() if row.needs(distro, line) is None]
    return (
        f"**{line} has no image of {', '.join(titles)} yet**: add what the packages that they need are called there to "
        f"{', '.join(lacking)} in `catalogue/stacks.toml`."
    )


def _controls(move: Move) -> str:
    if move.what == "end":
        return sections.RETIRE_CONTROLS
    if move.what == "line":
        exclude = f"To refuse it for good, name it in `[distros.{move.source}.new_line.exclude]` with a reason."
        return f"{sections.BRING_CONTROLS}\n- {exclude}"
    return sections.BRING_CONTROLS


def _hidden(move: Move) -> str:
    return sections.block(
        {
            "source": move.source,
            "line": move.line,
            "what": move.what,
            "lines": move.ids(),
            "security": move.security,
        }
    )
