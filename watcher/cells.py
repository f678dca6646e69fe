"""Which cells of the family somebody asks for: the filters of ``watcher matrix`` and of the API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from generator.checks import nearest
from generator.presence import Presence, presences
from generator.references import Reader
from generator.rows import Catalogue

FILTERS = ("hw", "arch", "distro", "distro_version", "stack", "variant")


def cells(catalogue: Catalogue, filters: Mapping[str, str | None], *, devices: bool) -> list[Presence]:
    """Return every cell that fits *filters* (of :data:`FILTERS`; ``stack``: ``none`` for those without).

    :raises LookupError: a filter's word that there is not; its sentence names the nearest
    """
    chosen = _chosen(catalogue, filters)
    return [cell for cell in presences(catalogue, devices=devices) if _fits(cell, chosen)]


def _chosen(catalogue: Catalogue, filters: Mapping[str, str | None]) -> Mapping[str, str | None]:
    """The filters by the words that cells know."""
    reader = Reader(catalogue)
    known: Mapping[str, Iterable[str]] = {
        "hw": reader.names,
        "arch": reader.architectures,
        "distro": catalogue.distros,
        "distro_version": {line.codename for row in catalogue.distros.values() for line in row.lines},
        "stack": {**reader.stacks, "none": ""},
        "variant": ("run", "build"),
    }
    for option, words in known.items():
        word = filters.get(option)
        if word is not None and word not in words:
            raise LookupError(f"{option.replace('_', '-')}: there is no {word}{nearest(word, words)}")
    hw, arch, stack = filters.get("hw"), filters.get("arch"), filters.get("stack")
    return {
        **filters,
        "hw": reader.names[hw] if hw else None,
        "arch": reader.architectures[arch] if arch else None,
        "stack": {**reader.stacks, "none": "none"}[stack] if stack else None,
    }


def _fits(cell: Presence, chosen: Mapping[str, str | None]) -> bool:
    values = {
        "hw": cell.hw,
        "arch": cell.arch,
        "distro": cell.distro,
        "distro_version": cell.distro_version,
        "stack": cell.stack or "none",
        "variant": cell.variant,
    }
    return all(chosen.get(option) is None or values[option] == chosen[option] for option in FILTERS)
