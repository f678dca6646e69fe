"""What a change may not do silently: it is named in the pull request, labelled, and not built without the label.

The original lost every Alpine .NET image to one wrong word in its catalogue, and nobody saw it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from generator import matrix
from generator.names import joined
from generator.rows import Catalogue, Stack
from generator.tags import Names
from generator.words import taken
from state.model import Arch, Variant

LABELS = ("removes-images", "latest-lowered", "default-moved", "arch-dropped", "mass-add", "tag-takeover")
_SHOWN = 12

Root = tuple[Arch, str, str, str | None, str | None, Variant]
"""An image of an architecture, whatever its version: architecture, distro, codename, stack, line, variant."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a change does: the label that it needs, and a sentence that says what it does where."""

    label: str
    sentence: str


def labels(found: Iterable[Finding]) -> tuple[str, ...]:
    """Return the labels that a change with these findings needs, each once."""
    names = {finding.label for finding in found}
    return tuple(label for label in LABELS if label in names)


def missing(found: Iterable[Finding], given: Iterable[str]) -> str:
    """Return why a change must not be built with the labels *given*; "" if it may."""
    lacking = [finding for finding in found if finding.label not in set(given)]
    if not lacking:
        return ""
    said = "; ".join(finding.sentence for finding in lacking[:3])
    return f"{said}: label the pull request {', '.join(labels(lacking))}, or give --allow-removals"


def compare(old: Catalogue, new: Catalogue) -> list[Finding]:
    """Return what the change from *old* to *new* does that somebody must have seen."""
    if _same_shape(old, new):
        return list(_taken_over(old, new))
    was, now = _Family(old), _Family(new)
    return [
        *_removed(was, now),
        *_dropped(was, now),
        *_latest(was, now),
        *_defaults(was, now),
        *_taken_over(old, new),
        *_many(was, now),
    ]


def findings(old: Catalogue, new: Catalogue, removed: Iterable[str]) -> list[Finding]:
    """Return what a change does that removes these files: what the catalogue tells, else what the files do."""
    found = compare(old, new)
    return found if "removes-images" in labels(found) else [*found, *without(removed)]


def without(paths: Iterable[str]) -> list[Finding]:
    """Return what a change does that removes these files, where the catalogue itself stays: Dockerfiles are images."""
    gone = [path.rpartition("/")[0] for path in paths if path.endswith("/Dockerfile")]
    return [Finding("removes-images", f"removes {len(gone)} Dockerfiles, {_some(gone)}")] if gone else []


def _same_shape(old: Catalogue, new: Catalogue) -> bool:
    """Whether only versions differ, as after a patch release: then no image comes, goes or stands elsewhere."""

    def shape(catalogue: Catalogue) -> object:
        return {
            key: (bool(row.lts), row.version.is_prerelease, [artifact.platform for artifact in row.artifacts])
            for key, row in catalogue.releases.items()
        }

    tables = ("family", "distros", "stacks", "classes", "devices")
    return all(getattr(old, name) == getattr(new, name) for name in tables) and shape(old) == shape(new)


class _Family:
    """One catalogue, as far as changes of it are compared."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue, self.names = catalogue, Names(catalogue)
        self.hardware: dict[tuple[Arch, str, str], set[str]] = {}
        self.roots: set[Root] = set()
        for cell in matrix.cells(catalogue):
            self.hardware[cell.arch, cell.distro.name, cell.line.codename] = matrix.hardware(cell)
        for image in matrix.with_dockerfile(catalogue):
            if image.kind in ("os-arch", "stack-arch"):
                place = (image.stack, image.stack_line, image.variant)
                self.roots.add((image.arch, image.distro, image.distro_version, *place))

    def beyond(self, other: _Family) -> dict[Root, int]:
        """The roots of which *other* lacks some images, and how many: hardware that is not there counts each time."""
        found = {}
        for root in self.roots:
            mine = self.hardware[root[:3]]
            lacking = mine - other.hardware.get(root[:3], set()) if root in other.roots else mine
            if lacking:
                found[root] = len(lacking)
        return found

    def latest(self, arch: Arch, distro: str, stack: str | None) -> tuple[str | None, str] | None:
        """Line and codename that ``latest`` means in an architecture's repository, or None."""
        places = self.names.places(arch.repo, distro, stack)
        return next(((line, code) for (line, code, _), tags in places.items() if "latest" in tags), None)

    def repositories(self) -> Iterator[tuple[Arch, str, str | None]]:
        """Every repository of an architecture."""
        for arch, distro in dict.fromkeys(key[:2] for key in self.hardware):
            for stack in (None, *self.catalogue.stacks):
                yield arch, distro, stack


def _removed(was: _Family, now: _Family) -> Iterator[Finding]:
    """Images that go, by the widest words that are true of them."""
    left = {words for root in now.roots for words in _wide(root)}
    groups = Counter[str]()
    for root, count in sorted(was.beyond(now).items(), key=str):
        arch, distro, codename, stack, line, _ = root
        whole = next((words for words in _wide(root) if words not in left), None)
        narrow = f"{f'{stack} {line}' if stack else 'the OS'} on {distro} {codename} {arch}"
        groups[f"all of {whole}" if whole else narrow] += count
    if groups:
        named = [f"{what} ({count:,})" for what, count in groups.most_common()]
        yield Finding("removes-images", f"removes {groups.total():,} images: {_some(named)}")


def _wide(root: Root) -> tuple[str, ...]:
    """What an image is part of, the widest first."""
    arch, distro, codename, stack, line, _ = root
    of_distro = (distro, f"{distro} {codename}")
    if stack is None:
        return (*of_distro, f"{distro} {codename} on {arch}")
    return (stack, *of_distro, f"{stack} {line}", f"{stack} on {distro}", f"{stack} {line} on {arch}")


def _dropped(was: _Family, now: _Family) -> Iterator[Finding]:
    """A distro version, or a line of a stack, that stays but for an architecture."""
    before, after = _arches(was.roots), _arches(now.roots)
    lost = [
        f"{what}: {', '.join(sorted(before[what] - there))}"
        for what, there in after.items()
        if before.get(what, set()) - there
    ]
    if lost:
        yield Finding("arch-dropped", f"drops architectures: {_some(sorted(lost))}")


def _arches(roots: Iterable[Root]) -> Mapping[str, set[Arch]]:
    """A distro version or a line of a stack → the architectures that it is there for."""
    found: dict[str, set[Arch]] = {}
    for arch, distro, codename, stack, line, _ in roots:
        found.setdefault(f"{stack} {line}" if stack else f"{distro} {codename}", set()).add(arch)
    return found


def _latest(was: _Family, now: _Family) -> Iterator[Finding]:
    lowered = []
    for arch, distro, stack in was.repositories():
        before, after = was.latest(arch, distro, stack), now.latest(arch, distro, stack)
        if before is None or stack is None or not now.names.places(arch.repo, distro, stack):
            continue
        if after is None or _order(now.catalogue.stacks[stack], after[0]) < _order(
            was.catalogue.stacks[stack], before[0]
        ):
            lowered.append(f"{joined(arch.repo, distro, stack)}: {before[0]} -> {after[0] if after else 'none'}")
    if lowered:
        yield Finding("latest-lowered", f"moves latest to a lower version: {_some(lowered)}")


def _order(stack: Stack, line: str | None) -> tuple[int, ...]:
    number = (line or "").removesuffix(f"-{stack.flavour(line or '')}")
    return tuple(int(part) for part in number.split(".") if part.isdigit())


def _defaults(was: _Family, now: _Family) -> Iterator[Finding]:
    """What names mean that leave out the distro, or its version."""
    moved = []
    before, after = was.catalogue.family.default_distro, now.catalogue.family.default_distro
    if before != after:
        moved.append(f"without a distro: {before} -> {after}")
    for arch, distro, stack in was.repositories():
        codes, there = _alone(was, arch, distro, stack), _alone(now, arch, distro, stack)
        for line, code in codes.items():
            if there.get(line, code) != code:
                moved.append(f"{joined(arch.repo, distro, stack)} {line or ''}".rstrip() + f": {code} -> {there[line]}")
    if moved:
        yield Finding("default-moved", f"changes what names mean: {_some(moved)}")


def _alone(family: _Family, arch: Arch, distro: str, stack: str | None) -> Mapping[str | None, str]:
    """Line → the codename that its names mean where they leave that out."""
    places = family.names.places(arch.repo, distro, stack)
    return {line: code for (line, code, variant), tags in places.items() if joined(line, variant) in tags}


def _taken_over(old: Catalogue, new: Catalogue) -> Iterator[Finding]:
    """A distro version's name that becomes a stack version's: Alpine's 3.22, once Node has a 3.22."""
    names = []
    for stack in new.stacks.values():
        before = taken(old, stack)
        fresh = {word for word in taken(new, stack) if word not in before}
        names += [
            f"{distro.name}-{stack.name}:{line.codename}"
            for distro in old.distros.values()
            for line in distro.lines
            if line.codename in fresh and stack.name in old.stacks
        ]
    if names:
        yield Finding("tag-takeover", f"takes names that mean a distro version until now: {_some(names)}")


def _many(was: _Family, now: _Family) -> Iterator[Finding]:
    added = sum(now.beyond(was).values())
    if added > now.catalogue.family.most_added:
        yield Finding("mass-add", f"adds {added:,} images, more than {now.catalogue.family.most_added:,}")


def _some(words: list[str]) -> str:
    """The first of many."""
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return ", ".join(words[:_SHOWN]) + more
