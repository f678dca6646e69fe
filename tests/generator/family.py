"""A family to test with: the built-in catalogue and made-up releases of three Node lines."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import replace
from datetime import date

from generator import catalogue, matrix, plan, tags
from generator.proposal import Proposal
from generator.rows import Catalogue
from state.model import Artifact, Checksum, Image, Platform, Release, Version

NODE = {"22": ("22.23.2", "Jod"), "24": ("24.8.1", "Krypton"), "26": ("26.7.0", "")}
DAY = date(2026, 11, 22)


def files(devices: Collection[str] | None = None) -> dict[str, bytes]:
    """The built-in files as an images repository holds them."""
    return {path: text.encode() for path, text in catalogue.builtin(devices).items()}


def artifact(platform: Platform, version: str) -> Artifact:
    """A file whose digest is of its own name: no two have the same."""
    url = f"https://nodejs.org/dist/v{version}/node-v{version}-{platform.arch}-{platform.libc}.tar.xz"
    digest = Checksum("sha256", hashlib.sha256(url.encode()).hexdigest())
    return Artifact(platform.arch, platform.libc, Version(version), url, digest, "signed by 5BE8A3F6", signed=True)


def release(rows: Catalogue, line: str, version: str | None = None, lts: str | None = None) -> Release:
    """A release with a file for every platform that is wanted."""
    number, name = NODE.get(line, ("", ""))
    text = version or number
    return Release(
        source="node",
        line=line,
        version=Version(text),
        published=date(2026, 8, 5),
        lts=name if lts is None else lts,
        supported_until=date(2027, 4, 30),
        artifacts=tuple(
            sorted((artifact(p, text) for p in matrix.wanted(rows, "node", line)), key=lambda a: a.platform)
        ),
    )


def family(devices: Collection[str] | None = None, lines: Collection[str] = tuple(NODE)) -> Catalogue:
    """The catalogue with those lines of Node recorded."""
    rows = catalogue.load(files(devices))
    for line in lines:
        rows = catalogue.with_release(rows, release(rows, line))
    return rows


def late(rows: Catalogue, line: str, platform: Platform, version: str) -> Catalogue:
    """The same, but that *platform* of *line* has only an older version's file yet."""
    recorded = rows.releases["node", line]
    others = tuple(a for a in recorded.artifacts if a.platform != platform)
    return catalogue.with_release(rows, replace(recorded, artifacts=(*others, artifact(platform, version))))


def find(images: Collection[Image], **fields: str | None) -> Image:
    """The one image with these fields."""
    found = [i for i in images if all(getattr(i, key) == value for key, value in fields.items())]
    assert len(found) == 1, f"{len(found)} images have {fields}"
    return found[0]


def owners(rows: Catalogue) -> dict[str, Image]:
    """Name → image of every moving name of the family, one by one: what is proved of whole tables at once."""
    names = tags.Names(rows)
    names.prove()
    owner: dict[str, Image] = {}
    for image in matrix.images(rows):
        found = names.tags(image)
        assert len(set(found)) == len(found)
        for name in found:
            assert owner.setdefault(name, image) is image, name
    return owner


def texts(rows: Catalogue) -> dict[str, str]:
    """Path → text of all that is generated or recorded."""
    recorded = {catalogue.release_path(s, line): catalogue.dump_release(r) for (s, line), r in rows.releases.items()}
    return plan.rendered(rows) | recorded


def bring(rows: Catalogue, proposal: Proposal) -> plan.Planned:
    """Plan a proposal on a repository that is as the catalogue says."""
    planned = plan.propose(rows, texts(rows), proposal, DAY)
    assert planned is not None
    return planned
