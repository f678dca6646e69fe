"""The rows of the catalogue, as typed values: what a distro, a stack, a class and a device are.

They are read from ``catalogue/*.toml`` by :mod:`generator.catalogue`; field names are the keys there
(but ``class`` for ``device_class``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from generator.device_rows import Archive, Device, DeviceClass
from generator.index_rows import IndexRule
from generator.root_rows import RootFs
from state.model import Arch, Libc, OsLine, Platform, Release, Version


@dataclass(frozen=True, slots=True)
class DistroLine:
    """One version of a distro: ``bookworm`` (number 12).

    ``codename`` is what paths and canonical names say; for Alpine and Fedora it is the number.
    ``number`` is the numeric alias ("" if none); ``bases`` maps each architecture that upstream serves
    to its base image's reference. ``rolling`` marks sid and edge: names only, never a default, never numbered.
    ``absent`` gives a reason for each architecture that is not served: bases and absent name all six.
    From what the watcher recorded of it come ``version``, its point release, ``snapshot``, the state of its package
    archive, and ``digests``: architecture → digest (``sha256:…``) of the base, once one was seen in the registry.
    """

    codename: str
    number: str
    title: str
    supported_until: date | None
    bases: Mapping[Arch, str]
    absent: Mapping[Arch, str]
    rolling: bool = False
    version: Version | None = None
    snapshot: str = ""
    digests: Mapping[Arch, str] = field(default_factory=dict)


MADE = "rootfs"
"""The base of an architecture whose root file system upstream does not publish: it is made as :class:`RootFs` says."""


@dataclass(frozen=True, slots=True)
class NewLine:
    """What a distro's next version would look like, and which version is its default.

    ``title``, ``number`` and ``bases`` are patterns: ``{line}``, ``{major}``, ``{minor}`` and ``{lts}`` (`` LTS`` or
    nothing) stand for the new one's. ``absent`` are reasons for architectures that it does not have, ``exclude`` maps
    patterns of versions and codenames that are never proposed to the reason. ``default`` is ``newest`` or ``lts``.
    """

    title: str
    number: str
    bases: Mapping[Arch, str]
    absent: Mapping[Arch, str]
    exclude: Mapping[str, str]
    default: str


@dataclass(frozen=True, slots=True)
class Distro:
    """One distribution. ``template`` is its family of package manager: apt, apk or dnf.

    ``lines`` stand oldest first, rolling ones last. ``default`` is the codename that a name without a distro
    version means. ``also`` names a distro ("" if none) under whose name these images are published as well, for
    the architectures that it lacks itself: Raspbian is Debian's armv6. ``new_line`` is how the watcher proposes new
    versions and defaults; None: people do that. ``dated`` tells that what upstream calls a version is the day of its
    archive: no point release, but something that moves all the time. ``rootfs`` is what bases called ``rootfs`` are
    made of. ``index`` is of its own images over all architectures, not of stacks on it.
    """

    name: str
    title: str
    template: str
    libc: Libc
    default: str
    lines: tuple[DistroLine, ...]
    also: str = ""
    new_line: NewLine | None = None
    dated: bool = False
    rootfs: RootFs | None = None
    index: IndexRule = field(default_factory=IndexRule)

    def line(self, codename: str) -> DistroLine | None:
        """Its version *codename*, if it has it."""
        return next((line for line in self.lines if line.codename == codename), None)


@dataclass(frozen=True, slots=True)
class Served:
    """Where one platform of a stack comes from.

    ``since`` and ``below`` bound it, as numbers with dots (``24``, ``3.12``): lines whose number is at least the one
    and less than the other. ``reason`` says why lines outside have none.
    ``packages`` is for lines outside the bounds (all, where there are none) that distros serve themselves: distro
    version → the numbers of the lines that it has a package of. Such an image is named by the line alone, since the
    package's version is the distro's.
    """

    platform: Platform
    upstream: str
    since: str = ""
    below: str = ""
    reason: str = ""
    packages: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def serves(self, line: str) -> bool:
        """Whether upstream publishes *line* (``22``, ``3.12``, ``21-jre``): it is within the bounds."""
        bounded = bool(self.since or self.below)
        if self.packages and not bounded:
            return False
        number = numbers_of(line)
        if not number:
            return not bounded
        return number >= numbers_of(self.since) and (not self.below or number < numbers_of(self.below))

    def packaged(self, codename: str, line: str) -> bool:
        """Whether the distro version itself has a package of *line* (``21-jre``), where upstream has no binary."""
        numbers = self.packages.get(codename, ())
        return bool(numbers) and not self.serves(line) and numbers_of(line) in map(numbers_of, numbers)


def numbers_of(line: str) -> tuple[int, ...]:
    """``3.12`` → (3, 12), whatever stands behind it; a line without a number is within no bound."""
    leading = re.match(r"\d+(?:\.\d+)*", line)
    return tuple(int(part) for part in leading[0].split(".")) if leading else ()


@dataclass(frozen=True, slots=True)
class Trial:
    """One command that an image of a stack has to pass before it gets a name.

    ``command`` is run without a shell, has to end with 0 and, unless it is empty, to say ``says``, in which ``{version}``
    stands for the version, ``{plain}`` for that up to its ``+``, ``{number}`` for the line's number. ``flavours`` and
    ``variants`` limit it to some (empty: all), ``since`` and ``below`` to lines as in :class:`Served`, ``native`` to builds
    without emulation; ``seconds`` are those of a real processor.
    """

    title: str
    command: tuple[str, ...]
    says: str = ""
    flavours: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()
    since: str = ""
    below: str = ""
    native: bool = False
    seconds: int = 60

    def tries(self, line: str, flavour: str, variant: str) -> bool:
        """Whether images of *line* (``21-jre``), whose flavour is *flavour*, have to pass it."""
        number = numbers_of(line)
        within = number >= numbers_of(self.since) and (not self.below or number < numbers_of(self.below))
        chosen = (not self.flavours or flavour in self.flavours) and (not self.variants or variant in self.variants)
        return within and chosen


@dataclass(frozen=True, slots=True)
class Stack:
    """One language stack and its policy for partial releases.

    ``source`` is the watched upstream (a source has one stack at most), ``template`` the partial of its Dockerfile,
    ``latest`` which line the word ``latest`` means: ``lts`` or ``current``.
    ``flavours`` are the endings of its lines (``21-jdk``, ``21-jre``), the one that a bare number means first; empty
    where lines are numbers alone.
    ``require`` platforms must be there before anything is proposed; ``wait_up_to_hours`` is how long a late one
    is awaited before that is shown as overdue; those in ``allow_missing`` never are. ``absent`` gives the reason for
    platforms never served.
    ``group`` says what one pull request brings: ``line``, or ``release-set``, all flavours of a number at once.
    ``defaults`` maps a line to the distro versions that it has as default instead of the distro's own
    (distro → codename). ``libraries`` are the packages that its binaries need, by distro version, or by package manager
    where they are called the same in every version; empty where the template knows them.
    ``extra`` are pinned facts that only the template reads (yarn's version and checksum); ``mirror`` among them is the
    part of every artifact's URL that another server may stand in for. ``smoke`` are the trials of each image, ``index``
    is of its images over all architectures.
    """

    name: str
    title: str
    source: str
    template: str
    latest: str
    served: tuple[Served, ...]
    absent: Mapping[Platform, str]
    require: tuple[Platform, ...]
    wait_up_to_hours: int
    flavours: tuple[str, ...] = ()
    allow_missing: tuple[Platform, ...] = ()
    group: str = "line"
    defaults: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    libraries: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict)
    smoke: tuple[Trial, ...] = ()
    index: IndexRule = field(default_factory=IndexRule)

    def needs(self, distro: Distro, codename: str) -> tuple[str, ...] | None:
        """Return the packages that its binaries need on a distro version, or None: nobody has named them yet."""
        if not self.libraries:
            return ()
        return self.libraries.get(codename, self.libraries.get(distro.template))

    def group_of(self, line: str) -> str:
        """Return what the pull request of *line* is named by: the line, or in a release set its number (``8.0``)."""
        flavour = self.flavour(line)
        return line.removesuffix(f"-{flavour}") if self.group == "release-set" and flavour else line

    def flavour(self, line: str) -> str:
        """Return the ending of *line* that is one of the flavours (``jdk`` of ``21-jdk``), or ""."""
        ending = line.rpartition("-")[2]
        return ending if ending in self.flavours else ""

    def serving(self, platform: Platform) -> Served | None:
        """Return where *platform* comes from, or None if no line has it."""
        return next((row for row in self.served if row.platform == platform), None)


@dataclass(frozen=True, slots=True)
class Family:
    """What the whole family shares: the registry namespace and where its sources live.

    ``date_aliases`` says which names get a dated one: ``canonical``, only the full one, or ``all``.
    ``index_prefix`` stands before the distro in the repositories of indexes over all architectures.
    ``most_added`` is how many images a change may add before it is labelled ``mass-add``.
    ``absent`` are architectures by name that have no images, with the reason.
    """

    namespace: str
    source_url: str
    default_distro: str
    date_aliases: str = "canonical"
    index_prefix: str = ""
    most_added: int = 10_000
    absent: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ended:
    """A line of a source, or a version of a distro, that was removed: its last version, and the day on which support ended.

    ``number`` is what a distro's version was called beside its codename ("" if nothing).
    """

    source: str
    line: str
    version: Version
    ended: date
    number: str = ""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything that the generated files are a function of: catalogue tables and recorded releases.

    ``releases`` maps (source, line) to what is recorded; an artifact there may belong to an older version
    than its release (a late platform). ``ended`` maps (source, line) to what was removed. ``os_lines`` maps
    (distro, codename) to what is recorded of that: :class:`DistroLine` says it joined with what people wrote.
    ``keys`` maps an archive's name to its OpenPGP key, armored.
    """

    family: Family
    distros: Mapping[str, Distro]
    stacks: Mapping[str, Stack]
    classes: Mapping[str, DeviceClass]
    devices: Mapping[str, Device]
    releases: Mapping[tuple[str, str], Release]
    ended: Mapping[tuple[str, str], Ended] = field(default_factory=dict)
    os_lines: Mapping[tuple[str, str], OsLine] = field(default_factory=dict)
    archives: Mapping[str, Archive] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)

    def lines(self, source: str) -> list[Release]:
        """The recorded releases of *source*, lowest line first; flavours of one version by name."""
        return sorted((r for (s, _), r in self.releases.items() if s == source), key=lambda r: (r.version, r.line))

    def version(self, source: str, line: str) -> Version | None:
        """The recorded version of a line, or None."""
        release = self.releases.get((source, line))
        return release.version if release else None
