"""What stands in a tag: the words for a stack's version, for a distro's version, and which of them may lead.

Everything here is about one repository; :mod:`generator.tags` puts repositories and tags together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from generator.history import over
from generator.matrix import VARIANTS
from generator.names import joined, version_word
from generator.rows import Catalogue, Distro, Stack
from state.model import Release, Variant, Version

Place = tuple[str | None, str, Variant]
"""Within one repository: stack line, codename, variant."""

Lines = Mapping[str, tuple[Release, Version]]
"""Line → what is recorded of it, and the version that is there (an older one where a platform is late)."""


def default_version(distro: Distro, codenames: tuple[str, ...], codename: str) -> str | None:
    """Return *codename*, or where that is not among *codenames* the next older one that is, or None.

    Rolling versions are newer than all others, so they never stand in.
    """
    older: list[str] = []
    for line in distro.lines:
        if line.codename in codenames:
            older.append(line.codename)
        if line.codename == codename:
            break
    return older[-1] if older else None


def latest_line(stack: Stack, lines: Lines) -> str | None:
    """Return the line that ``latest`` means among *lines*: the highest, or highest LTS, of the first flavour.

    Where no line is LTS it is the highest all the same: every repository has a default.
    """
    first = stack.flavours[0] if stack.flavours else ""
    stable = [
        (version, line)
        for line, (_, version) in lines.items()
        if not version.is_prerelease and stack.flavour(line) == first
    ]
    lts = [(version, line) for version, line in stable if lines[line][0].lts]
    return max((stack.latest == "lts" and lts) or stable, default=(None, None))[1]


def stack_tags(
    distro: Distro, stack: Stack, there: Mapping[str, Lines], texts: Collection[str]
) -> dict[Place, list[str]]:
    """Return all tags of a stack's repository, by the image that they lead to.

    *there* says which lines each distro version has; *texts* are all that :func:`taken` returns.
    What a short word means is worked out among the lines of one distro version; without a distro version, among all.
    A distro's number (12, 22.04) never leads, since ``debian-node:12`` would be Node 12 and bookworm at once, and a
    codename like Alpine's 3.12 only while no release of this stack ever went by it.
    """
    everywhere = {line: found for lines in there.values() for line, found in lines.items()}
    alone, default = _words(stack, everywhere), _defaults(distro, stack, there)
    tags: dict[Place, list[str]] = {}
    for codename, lines in there.items():
        beside = alone if lines.keys() == everywhere.keys() else _words(stack, lines)
        named = _os_words(distro, codename)
        leading = [word for word in named[:1] if word not in texts]
        for line in lines:
            short = alone[line] if default[line] == codename else []
            for variant in VARIANTS:
                ends = [f"-{ending}" if ending else "" for ending in _endings(variant)]
                tags[line, codename, variant] = [
                    *(f"{n}-{word}{end}" for word in named for n in beside[line] if n for end in ends),
                    *(f"{word}{end}" for word in leading if "" in beside[line] for end in ends),
                    *((f"{n}{end}" if n else end[1:]) for n in short for end in ends if n or end),
                ]
    return tags


def _defaults(distro: Distro, stack: Stack, there: Mapping[str, Lines]) -> dict[str, str | None]:
    """The distro version that each line has where none is named: its own default, or what stands in for that."""
    return {
        line: default_version(
            distro,
            tuple(codename for codename, lines in there.items() if line in lines),
            stack.defaults.get(line, {}).get(distro.name, distro.default),
        )
        for line in {line for lines in there.values() for line in lines}
    }


def _os_words(distro: Distro, codename: str) -> list[str]:
    """What a distro version is called: its codename, and its number if it has one."""
    line = next(line for line in distro.lines if line.codename == codename)
    return [codename, line.number] if line.number else [codename]


def os_tags(distro: Distro, codenames: tuple[str, ...]) -> dict[Place, list[str]]:
    """Return all tags of an OS repository that is on *codenames*, by the image that they lead to."""
    default = default_version(distro, codenames, distro.default)
    tags: dict[Place, list[str]] = {}
    for codename in codenames:
        words = [*_os_words(distro, codename), *(["", "latest"] if codename == default else [])]
        for variant in VARIANTS:
            found = (joined(word, ending) for word in words for ending in _endings(variant))
            tags[None, codename, variant] = [tag for tag in found if tag]
    return tags


def _endings(variant: Variant) -> tuple[str, ...]:
    return (variant, "") if variant == "run" else (variant,)


def _words(stack: Stack, lines: Lines) -> dict[str, list[str]]:
    """What each line is called among *lines*: its version, what is short for that, ``latest`` and nothing at all."""
    latest = latest_line(stack, lines)
    rivals: dict[tuple[str, str], list[tuple[Version, str]]] = {}
    for line, (_, version) in lines.items():
        for text in version.prefixes():
            rivals.setdefault((text, stack.flavour(line)), []).append((version, line))
    owner = {called: claims[0][1] if len(claims) == 1 else max(claims)[1] for called, claims in rivals.items()}
    return {line: [*_aliases(stack, line, lines, owner), *(["latest", ""] if line == latest else [])] for line in lines}


def _aliases(stack: Stack, line: str, lines: Lines, owner: Mapping[tuple[str, str], str]) -> Iterator[str]:
    """Yield the version of *line*, and each shorter form that no other line has a better right to.

    *owner* says whose each form of a flavour is. The first flavour's need no flavour: 21 is 21-jdk. A text that is
    itself a line is that line's.
    """
    version, flavour = lines[line][1], stack.flavour(line)
    yield version_word(stack, line, str(version))
    if version.is_prerelease:
        return
    for text in version.prefixes():
        called = joined(text, flavour)
        if (called if called in lines else owner[text, flavour]) != line:
            continue
        word = version_word(stack, line, text)
        if text != str(version):
            yield word
        if flavour and flavour == stack.flavours[0]:
            yield word.removesuffix(f"-{flavour}")


def taken(catalogue: Catalogue, stack: Stack) -> set[str]:
    """Every text that is a version, or short for one, of any release of *stack* that is or was recorded, or that ended before."""
    texts: set[str] = set()
    for release in catalogue.lines(stack.source):
        texts.add(release.line)
        for version in {release.version, *(artifact.version for artifact in release.artifacts)}:
            texts.update(version.prefixes())
    for ended in over(catalogue, stack):
        texts.update((ended.line, *ended.version.prefixes()))
    return texts
