"""From the tables of the catalogue's files to rows, each value checked by itself.

What rows say about one another is checked in :mod:`generator.checks`.
"""

from __future__ import annotations

import re
from typing import get_args

from generator import trials
from generator.device_rows import Archive, Device, DeviceClass
from generator.index_rows import IndexRule
from generator.root_rows import COMPONENTS, FINGERPRINT, RootFs
from generator.rows import MADE, Distro, DistroLine, Family, NewLine, Served, Stack
from generator.toml import FACT, NAME, WORDS, Table, architecture
from state.model import Arch, Libc, Platform

_URL = re.compile(r"https://[A-Za-z0-9._~/-]+")
_FOLDER = re.compile(r"https://[A-Za-z0-9._~/-]+/")
# Plain http is fine for one whose signature is what is believed; so is a port, for one on loopback.
_SUITE = re.compile(r"(?:[A-Za-z0-9.-]|\{line\})+")
_TEMPLATE = re.compile(r"apt|apk|dnf")
_LIBC = re.compile("|".join(get_args(Libc)))
_LATEST = re.compile(r"lts|current")
_DATE_ALIASES = re.compile(r"canonical|all")
_GROUP = re.compile(r"line|release-set")
_DEFAULT = re.compile(r"newest|lts")
_PATTERN = re.compile(r"(?:[A-Za-z0-9._:/@+-]|\{(?:line|major|minor)\})*")
_GLOB = re.compile(r"[a-z0-9.*?!\[\]-]+")
_NUMBER = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,4})*")


def family(file: Table) -> Family:
    """Read ``family.toml``."""
    table = file.table("family")
    row = Family(
        namespace=table.match("namespace", NAME),
        source_url=table.match("source_url", _URL),
        default_distro=table.match("default_distro", NAME),
        date_aliases=table.match("date_aliases", _DATE_ALIASES, "canonical"),
        index_prefix=table.match("index_prefix", NAME, ""),
        most_added=table.number("most_added", 10_000),
        absent=table.facts("absent", WORDS),
    )
    table.finish()
    file.finish()
    return row


def distros(file: Table) -> dict[str, Distro]:
    """Read ``distros.toml``."""
    rows = {}
    for name, table in file.named("distros"):
        everywhere = _by_arch(table, "absent", WORDS)
        rows[name] = Distro(
            name=name,
            title=table.match("title", WORDS),
            template=table.match("template", _TEMPLATE),
            libc=_libc(table.match("libc", _LIBC)),
            default=table.match("default", NAME),
            lines=tuple(_distro_line(code, line, everywhere) for code, line in table.named("lines")),
            also=table.match("also", NAME, ""),
            new_line=_new_line(table.table("new_line")) if "new_line" in table.data else None,
            dated=table.flag("dated"),
            rootfs=RootFs.read(table.table("rootfs")) if "rootfs" in table.data else None,
            index=IndexRule.read(table),
        )
        if rows[name].rootfs is None and any(MADE in line.bases.values() for line in rows[name].lines):
            raise table.error("rootfs", f"must say what the bases that are called {MADE} are made of")
        table.finish()
    file.finish()
    return rows


def _distro_line(codename: str, table: Table, everywhere: dict[Arch, str]) -> DistroLine:
    bases = _by_arch(table, "bases", FACT)
    own = _by_arch(table, "absent", WORDS)
    absent = {arch: reason for arch, reason in everywhere.items() if arch not in bases} | own
    row = DistroLine(
        codename=codename,
        number=table.match("number", NAME, ""),
        title=table.match("title", WORDS),
        supported_until=table.day("supported_until"),
        bases=bases,
        absent=absent,
        rolling=table.flag("rolling"),
    )
    for arch in Arch:
        if (arch in bases) == (arch in absent):
            raise table.error("bases", f"{arch} must have either a base or, in absent, a reason")
    if row.rolling and row.number:
        raise table.error("number", "is not for a rolling version: that is a name only")
    table.finish()
    return row


def _new_line(table: Table) -> NewLine:
    title = table.match("title", WORDS)
    if re.search(r"[{}]", re.sub(r"\{(?:line|major|minor|lts)\}", "", title)):
        raise table.error("title", "may hold {line}, {major}, {minor} and {lts} only")
    exclude = table.facts("exclude", WORDS)
    for pattern in exclude:
        if not _GLOB.fullmatch(pattern):
            raise table.error("exclude", f"{pattern[:40]!r} is not a pattern of versions or codenames")
    row = NewLine(
        title=title,
        number=table.match("number", _PATTERN, ""),
        bases=_by_arch(table, "bases", _PATTERN),
        absent=_by_arch(table, "absent", WORDS),
        exclude=exclude,
        default=table.match("default", _DEFAULT, "newest"),
    )
    table.finish()
    return row


def stacks(file: Table) -> dict[str, Stack]:
    """Read ``stacks.toml``."""
    rows = {}
    for name, table in file.named("stacks"):
        reasons = table.facts("absent", WORDS)
        rows[name] = Stack(
            name=name,
            title=table.match("title", WORDS),
            source=table.match("source", NAME),
            template=table.match("template", NAME),
            latest=table.match("latest", _LATEST),
            served=tuple(_served(row) for row in table.listed("served")),
            absent={_platform(table, "absent", key): reason for key, reason in reasons.items()},
            require=tuple(_platform(table, "require", key) for key in table.strings("require", FACT)),
            wait_up_to_hours=table.number("wait_up_to_hours"),
            flavours=table.strings("flavours", NAME),
            allow_missing=tuple(_platform(table, "allow_missing", p) for p in table.strings("allow_missing", FACT)),
            group=table.match("group", _GROUP, "line"),
            defaults={line: row.facts(line, NAME) for row in [table.table("defaults")] for line in row.data},
            libraries={key: row.strings(key, FACT) for row in [table.table("libraries")] for key in row.data},
            extra=table.facts("extra", FACT),
            smoke=tuple(trials.read(row) for row in table.listed("smoke")),
            index=IndexRule.read(table),
        )
        _all_platforms(table, rows[name])
        table.finish()
    file.finish()
    return rows


def _served(table: Table) -> Served:
    row = Served(
        platform=_platform(table, "platform", table.match("platform", FACT)),
        upstream=table.match("upstream", WORDS),
        since=table.match("since", _NUMBER, ""),
        below=table.match("below", _NUMBER, ""),
        reason=table.match("reason", WORDS, ""),
        packages={key: rows.strings(key, _NUMBER) for rows in [table.table("packages")] for key in rows.data},
    )
    if bool(row.since or row.below or row.packages) != bool(row.reason):
        raise table.error("reason", "stands exactly where since, below or packages do")
    table.finish()
    return row


def _all_platforms(table: Table, stack: Stack) -> None:
    """Refuse a stack that does not say of each platform, once, where it comes from or why it is missing."""
    served = [row.platform for row in stack.served]
    for number, row in enumerate(table.listed("served")):
        if served[number] in served[:number] or served[number] in stack.absent:
            raise row.error("platform", f"{served[number]} must be there once: it has another row, or stands in absent")
    for arch in Arch:
        for libc in get_args(Libc):
            platform = Platform(arch, libc)
            if platform not in served and platform not in stack.absent:
                raise table.error("served", f"{platform} must be there: in served, or with a reason in absent")
    for platform in stack.require:
        if platform not in served:
            raise table.error("require", f"{platform} is not served")


def archives(file: Table) -> dict[str, Archive]:
    """Read the vendors' package archives of ``devices.toml``."""
    rows = {}
    for name, table in file.named("archives"):
        rows[name] = Archive(
            name=name,
            title=table.match("title", WORDS),
            url=table.match("url", _FOLDER, "") if "absent" in table.data else table.match("url", _FOLDER),
            suite=table.match("suite", _SUITE),
            components=table.match("components", COMPONENTS, ""),
            fingerprint=table.match("fingerprint", FINGERPRINT, ""),
            absent=table.match("absent", WORDS, ""),
            beside=table.match("beside", _FOLDER, ""),
        )
        if bool(rows[name].fingerprint) == bool(rows[name].absent):
            raise table.error("fingerprint", "must be there, or a reason in absent instead")
        table.finish()
    return rows


def classes(file: Table, distros: dict[str, Distro]) -> dict[str, DeviceClass]:
    """Read the classes of ``devices.toml``; ``"all"`` becomes the versions that serve the class's arch."""
    rows = {}
    for name, table in file.named("classes"):
        arch = architecture(table, "arch", table.match("arch", NAME))
        generic = table.flag("generic")
        if generic and "distros" in table.data:
            raise table.error("distros", "is not for a generic class: that is wherever its arch is")
        rows[name] = DeviceClass(
            name=name,
            title=table.match("title", WORDS),
            arch=arch,
            layer=table.match("layer", NAME),
            distros=_everywhere(distros, arch) if generic else _versions(table, distros, arch),
            generic=generic,
            packages={key: row.strings(key, FACT) for row in [table.table("packages")] for key in row.data},
            archives=table.facts("archives", NAME),
            vendor={key: row.strings(key, FACT) for row in [table.table("vendor")] for key in row.data},
        )
        for key, among in (("packages", "distros"), ("archives", "distros"), ("vendor", "archives")):
            for distro in getattr(rows[name], key):
                if distro not in getattr(rows[name], among):
                    raise table.error(key, f"{distro} is not among its {among}")
        table.finish()
    return rows


def _everywhere(distros: dict[str, Distro], arch: Arch) -> dict[str, tuple[str, ...]]:
    served = {d.name: tuple(line.codename for line in d.lines if arch in line.bases) for d in distros.values()}
    return {name: lines for name, lines in served.items() if lines}


def _versions(table: Table, distros: dict[str, Distro], arch: Arch) -> dict[str, tuple[str, ...]]:
    served, wanted = _everywhere(distros, arch), table.table("distros")
    versions = {}
    for name, value in wanted.data.items():
        if name not in served:
            raise wanted.error(name, f"no version of it has {arch}")
        versions[name] = served[name] if value == "all" else wanted.strings(name, NAME)
        for codename in versions[name]:
            if codename not in served[name]:
                raise wanted.error(
                    name, f"it has no version {codename} with {arch}; there are {', '.join(served[name])}"
                )
    if not versions:
        raise table.error("distros", "is empty: only a generic class has no list of its own")
    return versions


def devices(file: Table) -> dict[str, Device]:
    """Read the devices of ``devices.toml``; ``class`` there is ``device_class`` here."""
    rows = {}
    for slug, table in file.named("devices"):
        rows[slug] = Device(
            slug=slug,
            title=table.match("title", WORDS),
            arch=architecture(table, "arch", table.match("arch", NAME)),
            device_class=table.match("class", NAME, ""),
            aliases=table.strings("aliases", NAME),
            absent=table.match("absent", WORDS, ""),
        )
        if bool(rows[slug].device_class) == bool(rows[slug].absent):
            raise table.error("class", "must be there, or a reason in absent instead")
        table.finish()
    file.finish()
    return rows


def _by_arch(table: Table, key: str, pattern: re.Pattern[str]) -> dict[Arch, str]:
    return {architecture(table, key, name): value for name, value in table.facts(key, pattern).items()}


def _libc(name: str) -> Libc:
    return "musl" if name == "musl" else "glibc"


def _platform(table: Table, key: str, text: str) -> Platform:
    arch, slash, libc = text.partition("/")
    if not slash or not _LIBC.fullmatch(libc):
        raise table.error(key, f"{text[:40]!r} is not an architecture and a C library: amd64/musl")
    return Platform(architecture(table, key, arch), _libc(libc))
