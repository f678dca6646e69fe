"""Which cells of the family somebody asks for: the filters of ``watcher matrix`` and of the API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from generator.checks import nearest
from generator.presence import Presence, presences
from generator.references import Reader
from generator.rows import Catalogue
from state.store import Store
from watcher.reach import Place, unreachable

FILTERS = ("hw", "arch", "distro", "distro_version", "stack", "variant")


def cells(
    catalogue: Catalogue, filters: Mapping[str, str | None], store: Store | None = None, *, devices: bool
) -> list[Presence]:
    """Return every cell that fits *filters* (of :data:`FILTERS`; ``stack``: ``none`` for those without).

    With a *store* those are absent whose archive cannot be reached, as :mod:`watcher.reach` says.
    :raises LookupError: a filter's word that there is not; its sentence names the nearest
    """
    chosen = _chosen(catalogue, filters)
    away = unreachable(catalogue, store) if store else {}
    return [_reached(cell, away) for cell in presences(catalogue, devices=devices) if _fits(cell, chosen)]


def _reached(cell: Presence, away: Mapping[Place, str]) -> Presence:
    """The cell, absent where its archive is *away*."""
    reason = away.get((cell.arch, cell.distro, cell.distro_version)) if cell.arch and cell.present else None
    return replace(cell, present=False, reason=reason) if reason else cell


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
