"""What a name without hardware leads to: the index over all architectures, and which images are its members."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from generator.indexes import Index, indexes
from generator.names import canonical, index_repository, joined
from generator.references import Reader, Reference
from generator.resolve import LATEST, Resolved, defaulted, ended
from generator.rows import Catalogue

_MOST = 3


def resolve_index(catalogue: Catalogue, text: str) -> Resolved | None:
    """Resolve ``balenalib/debian-node:22``; None where *text* is no name of a repository of indexes."""
    above, _, last = text.strip().partition("@")[0].rpartition("/")
    path, _, tag = last.partition(":")
    plain = _repositories(catalogue).get(path)
    if plain is None or above.rpartition("/")[2] not in ("", catalogue.family.namespace):
        return None
    asked = Reader(catalogue).read(f"{plain}:{tag}")
    named = {name.rpartition(":")[2]: index for index in _of(catalogue, path) for name in index.names}
    index = named.get(asked.tag or LATEST)
    return _right(catalogue, asked, index) if index else _wrong(catalogue, asked, path, named)


def _repositories(catalogue: Catalogue) -> dict[str, str]:
    """Every repository of indexes without its namespace → the same without the prefix that the family may give them."""
    return {
        index_repository(catalogue, distro.name, stack).rpartition("/")[2]: joined(distro.name, stack)
        for distro in catalogue.distros.values()
        if not distro.also
        for stack in (None, *catalogue.stacks)
    }


def _of(catalogue: Catalogue, path: str) -> list[Index]:
    """The indexes of one repository."""
    where = f"{catalogue.family.namespace}/{path}:"
    return [index for index in indexes(catalogue) if index.names[0].startswith(where)]


def _right(catalogue: Catalogue, asked: Reference, index: Index) -> Resolved:
    image = index.members[0]
    return Resolved(
        name=joined(index.names[0], asked.date),
        hw="",
        arch=None,
        distro=asked.distro or image.distro,
        distro_version=image.distro_version,
        stack=image.stack,
        stack_version=image.stack_version,
        variant=image.variant,
        date=asked.date,
        defaulted=defaulted(asked),
        names=index.names,
        members=tuple(canonical(catalogue, member) for member in index.members),
    )


def _wrong(catalogue: Catalogue, asked: Reference, path: str, named: Mapping[str, Index]) -> Resolved:
    where = f"{catalogue.family.namespace}/{path}"
    source = catalogue.stacks[asked.stack].source if asked.stack else ""
    newest = [LATEST, *(release.line for release in reversed(catalogue.lines(source)))]
    near = difflib.get_close_matches(asked.tag, named, n=_MOST) or [tag for tag in newest if tag in named][:_MOST]
    gone = ended(catalogue, catalogue.stacks[asked.stack], asked.stack_version) if asked.stack else None
    reason = f"there is no index {asked.tag} in {where}"
    if source and not catalogue.lines(source):
        reason = f"no release yet: watcher sync {source}"
    return Resolved(
        name=f"{where}:{joined(asked.tag, asked.date)}",
        hw="",
        arch=None,
        distro=asked.distro or catalogue.family.default_distro,
        distro_version=asked.distro_version,
        stack=asked.stack,
        stack_version=asked.stack_version,
        variant=asked.variant or "run",
        date=asked.date,
        defaulted=defaulted(asked),
        reason=gone[0] if gone else reason,
        passed=gone[1] if gone else None,
        suggestions=tuple(f"{where}:{tag}" for tag in near),
    )
