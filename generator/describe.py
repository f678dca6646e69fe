"""The description of one repository for its registry: Markdown, from what was pushed and nothing else.

A tag that a page promises and a registry does not have is the commonest complaint about image families, so no tag stands
here that the ledger does not know.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from generator.docs import environment
from generator.names import repositories
from generator.references import Reader, Reference
from generator.rows import Catalogue
from generator.tags import Names
from generator.words import Place

MOST, MOST_SHORT = 25_000, 100
"""What Docker Hub takes of a description and of its short form, in characters (https://docs.docker.com/docker-hub/repos/manage/information/)."""

_DATED = 12


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag as the ledger has it: its digest (``sha256:…``), the day of that, and whether it is written once."""

    name: str
    digest: str
    day: date
    dated: bool


@dataclass(frozen=True, slots=True)
class Description:
    """What a registry shows of a repository: one line, and the page."""

    repository: str
    short: str
    full: str

    def document(self) -> dict[str, Any]:
        """Return what programs may rely on, as JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of a table, as Markdown."""

    version: str
    tags: str
    digest: str
    since: str


def describe(catalogue: Catalogue, repository: str, tags: Iterable[Tag]) -> Description:
    """Describe *repository* (``balenalib/raspberrypi3-node``, the namespace may be left out) by its pushed *tags*.

    :raises LookupError: it is none of the family's repositories
    """
    asked = Reader(catalogue).read(repository)
    names, distro = Names(catalogue), _distro(catalogue, asked)
    found = [f"{catalogue.family.namespace}/{repository.rpartition('/')[2]}"]
    found += [name for name in repositories(catalogue, asked.hw, distro, asked.stack) if name not in found]
    held = list(tags)
    moving = list(_moving(names, asked, distro, held))
    known = {tag for tags, _ in moving for tag in tags}
    stopped = _grouped([tag for tag in held if not tag.dated and tag not in known])
    dated = sorted((tag for tag in held if tag.dated), key=lambda tag: (tag.day, tag.name), reverse=True)
    what = _what(catalogue, asked, distro)
    page = {
        "repository": found[0],
        "what": what,
        "pull": f"{found[0]}:{moving[0][0][0].name}" if moving else found[0],
        "others": ", ".join(f"`{name}`" for name in found[1:]),
        "source": catalogue.family.source_url,
    }
    rows = [_row(tags, version) for tags, version in moving]
    full = _fitted(page, rows, [_row([tag]) for tag in dated[:_DATED]], [_row(tags) for tags in stopped])
    return Description(found[0], what if len(what) <= MOST_SHORT else f"{what[: MOST_SHORT - 1]}…", full)


def _distro(catalogue: Catalogue, asked: Reference) -> str:
    """The distro whose images are there; LookupError where nothing is called that."""
    if asked.namespace not in ("", catalogue.family.namespace):
        raise LookupError(f"the images are in {catalogue.family.namespace}/, not in {asked.namespace}/")
    if asked.hardware is None or asked.hardware.arch is None or asked.tag:
        raise LookupError("a repository is <hw>[-<distro>][-<stack>], without a tag")
    wanted = asked.distro or catalogue.family.default_distro
    rows = [row for row in catalogue.distros.values() if wanted in (row.name, row.also)]
    serving = [row.name for row in rows if any(asked.hardware.arch in line.bases for line in row.lines)]
    if not serving:
        raise LookupError(f"{catalogue.distros[wanted].title} has no images for {asked.hw}")
    return serving[0]


def _what(catalogue: Catalogue, asked: Reference, distro: str) -> str:
    """What the images are, in one line without a last point."""
    assert asked.hardware  # noqa: S101  (_distro saw to it)
    assert asked.hardware.arch  # noqa: S101  (_distro saw to it)
    arch, device = asked.hardware.arch, catalogue.devices.get(asked.hw)
    row = device or catalogue.classes.get(asked.hw)
    stack = f"{catalogue.stacks[asked.stack].title} on " if asked.stack else ""
    machine = f"{row.title} ({arch}, {arch.oci})" if row else f"{arch} ({arch.oci})"
    return f"{stack}{catalogue.distros[distro].title} for {machine}"


def _moving(names: Names, asked: Reference, distro: str, held: Sequence[Tag]) -> Iterator[tuple[list[Tag], str]]:
    """Yield the pushed tags of each image that the family has now, in its own order, and what it is in words.

    Names of one image that were pushed with different digests (a push under way) are rows of their own.
    """
    pushed = {tag.name: tag for tag in held if not tag.dated}
    for place, words in names.places(asked.hw, distro, asked.stack).items():
        for tags in _grouped([pushed[word] for word in words if word in pushed]):
            yield tags, _version(place, words[0])


def _version(place: Place, canonical: str) -> str:
    """``22.11.1, trixie, run`` of the canonical tag 22.11.1-trixie-run."""
    line, codename, variant = place
    version = canonical.removesuffix(f"-{codename}-{variant}") if line else ""
    return ", ".join(part for part in (version, codename, variant) if part)


def _grouped(tags: Iterable[Tag]) -> list[list[Tag]]:
    """Put tags of one digest together, in the order of the first of each."""
    groups: dict[str, list[Tag]] = {}
    for tag in tags:
        groups.setdefault(tag.digest, []).append(tag)
    return list(groups.values())


def _row(tags: Sequence[Tag], version: str = "") -> _Row:
    listed = ", ".join(f"`{tag.name}`" for tag in tags)
    return _Row(version, listed, f"`{tags[0].digest}`", str(max(tag.day for tag in tags)))


def _fitted(page: dict[str, str], moving: list[_Row], dated: list[_Row], stopped: list[_Row]) -> str:
    """Render the page; where it is too long rows go: those that no longer move first, dated ones next."""
    omitted = 0
    while True:
        text = environment().get_template("repository.md.j2").render(
            **page, moving=moving, dated=dated, stopped=stopped, omitted=omitted
        )  # fmt: skip
        table = stopped or dated or moving
        if len(text) <= MOST or not table:
            return text
        # About as many rows as are too much, so that a long page is not rendered once for each.
        cut = min(len(table), 1 + (len(text) - MOST) // 400)
        del table[-cut:]
        omitted += cut
