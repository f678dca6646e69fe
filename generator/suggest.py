"""The nearest names that lead to an image, for one that leads to none."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping

from generator.names import joined
from generator.presence import Hardware
from generator.references import Reference, codenames
from generator.rows import Distro
from generator.tags import Names
from generator.words import Place
from state.model import Arch

_MOST = 3


def nearest(names: Names, asked: Reference, distro: Distro, hardware: Mapping[str, Hardware]) -> list[str]:
    """Return up to three names that lead to images, the nearest to what was asked for first.

    Hardware that there is not is replaced by what is spelt most like it. Where the hardware has the stack on no distro, the
    stack on other architectures comes first, and then the hardware without it.
    """
    instead = _instead(asked, hardware)
    found = [tags for hw in instead if (tags := _of(names, asked, distro, hw, asked.stack))]
    if asked.stack and not found:
        others = [tags for arch in Arch if (tags := _of(names, asked, distro, arch.repo, asked.stack))]
        found = others[: _MOST - 1]
    if not found or (asked.stack and not _of(names, asked, distro, instead[0], asked.stack)):
        found += [tags for hw in instead if (tags := _of(names, asked, distro, hw, None))]
    return found[0][:_MOST] if len(found) == 1 else [tags[0] for tags in found][:_MOST]


def _of(names: Names, asked: Reference, distro: Distro, hw: str, stack: str | None) -> list[str]:
    """The nearest names that *hw* has with *stack*: on the distro that was asked for, else on the default, else on any."""
    for other in dict.fromkeys([distro.name, names.catalogue.family.default_distro, *names.catalogue.distros]):
        places = names.places(hw, other, stack)
        if places:
            repository = f"{names.catalogue.family.namespace}/{joined(hw, other, stack)}"
            return [f"{repository}:{tag}" for tag in _tags(places, asked)]
    return []


def in_order(names: Names, asked: Reference, distro: Distro) -> str:
    """Return the tag of *asked* with its parts in their order, where that leads to an image and they were not; else ""."""
    rest, variant = _without(asked.tag, ("run", "build"))
    version, codename = _without(rest, sorted(codenames(distro), key=len, reverse=True))
    tag = joined(version, codename, variant)
    return tag if tag != asked.tag and names.where(asked.hw, distro.name, asked.stack, tag) else ""


def _without(tag: str, words: Iterable[str]) -> tuple[str, str]:
    """Take the first of *words* that is a part of *tag* out of it: what is left, and the word ("" if none is)."""
    for word in words:
        if f"-{word}-" in f"-{tag}-":
            return f"-{tag}-".replace(f"-{word}-", "-", 1).strip("-"), word
    return tag, ""


def _instead(asked: Reference, hardware: Mapping[str, Hardware]) -> list[str]:
    """The hardware to look at: what was asked for, else its architecture, else what is spelt like it."""
    if asked.hardware and not asked.hardware.absent:
        return [asked.hw]
    if asked.hardware and asked.hardware.arch:
        return [asked.hardware.arch.repo]
    there = [name for name, row in hardware.items() if not row.absent]
    return difflib.get_close_matches(asked.hw, there, n=_MOST) or there[:_MOST]


def _tags(places: Mapping[Place, list[str]], asked: Reference) -> list[str]:
    """One tag of each of the three nearest places of a repository: its line's name where it has that."""
    ranked = sorted(places, key=lambda place: _likeness(place, places[place], asked), reverse=True)
    return [_short(place, places[place]) for place in ranked[:_MOST]]


def _likeness(place: Place, tags: Collection[str], asked: Reference) -> tuple[float, ...]:
    """How near a place is to what was asked for: variant, then stack version, then distro version, then defaults."""
    line, codename, variant = place
    version = asked.stack_version or "latest"
    alike = difflib.SequenceMatcher(None, line, version).ratio() if line and version != "latest" else 0.0
    return (
        variant == (asked.variant or "run"),
        f"{version}.".startswith(f"{line}.") or version in tags,
        _major(line) == _major(version),
        codename == asked.distro_version,
        "latest" in tags,
        joined(line, variant) in tags,
        joined("latest", codename) in tags,
        alike,
    )


def _major(text: str | None) -> str:
    return (text or "").partition(".")[0].partition("-")[0]


def _short(place: Place, tags: list[str]) -> str:
    """The tag that says line, distro version and variant, or the canonical one where that is no tag."""
    return short if (short := joined(*place)) in tags else tags[0]
