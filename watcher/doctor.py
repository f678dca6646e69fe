"""What is here and what is missing, each with what to do about it. Nothing is changed by looking."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from builder.engines import command, discover
from builder.engines.engine import Engine
from generator.rows import Catalogue
from state.errors import BuildError, ForgeError, GitError, WatcherError
from state.model import Arch
from state.store import schema
from watcher import registry_access, wiring
from watcher.config import Configured, Settings, base_environment
from watcher.engines import engines
from watcher.images import Snapshots

_GIB = 2**30
_ROOM, _ROOM_TO_BUILD = 1, 20
"""GiB that should be free: for the memory alone, and where images are built."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: whether it is there, what it is, and what to do if it is not.

    ``needed`` is whether the settings, as they are, ask for it.
    """

    what: str
    ok: bool
    told: str
    todo: str = ""
    needed: bool = True

    def document(self) -> dict[str, Any]:
        """Return what programs may rely on, as JSON."""
        return asdict(self)


Look = Callable[[Configured], Awaitable[Sequence[Finding]]]


async def examine(config: Configured) -> list[Finding]:
    """Look at everything, side by side."""
    looks: tuple[Look, ...] = (_programs, _engines, _disk, _database, _images, _registry)
    found = await asyncio.gather(*(look(config) for look in looks))
    return [finding for each in found for finding in each]


def _builds(config: Configured) -> bool:
    """Whether the settings say that images are built: there is a registry for them."""
    return bool(config.settings.registry.url)


async def _programs(config: Configured) -> list[Finding]:
    del config
    return [
        await _program("git", "--version", "apt-get install git"),
        await _program("gpgv", "--version", "apt-get install gpgv: signatures are verified with it"),
    ]


async def _program(name: str, option: str, todo: str) -> Finding:
    try:
        ran = await command.run([name, option], base_environment(), seconds=20)
    except BuildError as error:
        return Finding(name, ok=False, told=str(error), todo=todo)
    return Finding(name, ok=ran.code == 0, told=ran.output.partition("\n")[0], todo="" if ran.code == 0 else todo)


async def _engines(config: Configured) -> list[Finding]:
    """Each engine once, the one that would be taken, and what it can run."""
    wanted, needed = config.settings.builds.engine, _builds(config)
    best: dict[str, discover.Found] = {}
    for each in await discover.look(engines(config)):
        known = best.setdefault(each.engine.name, each)
        if each.version and not known.version:
            best[each.engine.name] = each
    ready = [each for each in best.values() if each.version and wanted in ("", each.engine.name)]
    findings = [
        Finding(
            f"engine {name}",
            ok=bool(each.version),
            told=each.version or each.problem,
            todo="" if each.version else _HOW.get(name, ""),
            needed=needed and (name == wanted or (not wanted and not ready)),
        )
        for name, each in best.items()
    ]
    wanted_there = await _wanted(config) if needed else frozenset()
    return findings + await _platforms(ready[0].engine if ready else None, wanted_there)


_HOW = {
    "buildah": "apt-get install buildah (as root, or with uidmap)",
    "buildx": "a docker daemon with buildx and the containerd image store, or `docker buildx create`; [builds] builder",
}


async def _wanted(config: Configured) -> frozenset[Arch]:
    """Return the architectures that the catalogue has images for; all, where it cannot be read."""
    catalogue = await _catalogue(config)
    if catalogue is None:
        return frozenset(Arch)
    return frozenset(arch for distro in catalogue.distros.values() for line in distro.lines for arch in line.bases)


async def _catalogue(config: Configured) -> Catalogue | None:
    """Return the catalogue as it is merged, None where it cannot be read: another finding says why."""
    try:
        images = Snapshots(wiring.adapters(config, config.var)[0], config.settings.images.branch)
        return await images.catalogue(await images.head())
    except WatcherError:
        return None


async def _platforms(engine: Engine | None, wanted: frozenset[Arch]) -> list[Finding]:
    """Whether images of each architecture can be built and run; *wanted* are those that have to be."""
    runs = await asyncio.to_thread(discover.platforms)
    asked = getattr(engine, "platforms", None)  # a builder may be elsewhere: it knows more than this machine
    if asked is not None:
        runs = runs | dict.fromkeys(await asked(), "by the builder")
    emulated = "apt-get install qemu-user-static (with binfmt-support), or docker run --privileged tonistiigi/binfmt"
    return [
        Finding(
            f"platform {arch.oci}",
            ok=arch.oci in runs,
            told=runs.get(arch.oci, "no emulator is registered in /proc/sys/fs/binfmt_misc"),
            todo="" if arch.oci in runs else emulated,
            needed=arch in wanted,
        )
        for arch in Arch
    ]


async def _disk(config: Configured) -> list[Finding]:
    place = next(folder for folder in (config.var, *config.var.parents) if folder.is_dir())
    free, room = shutil.disk_usage(place).free / _GIB, _ROOM_TO_BUILD if _builds(config) else _ROOM
    todo = "" if free >= room else f"{room} GiB should be free: `watcher prune`, or [state] folder elsewhere"
    return [Finding("disk", ok=free >= room, told=f"{free:,.0f} GiB free at {place}", todo=todo)]


async def _database(config: Configured) -> list[Finding]:
    todo = "[state] database_url, or `watcher recover` into a new one"
    return [await _said("database", asyncio.to_thread(schema.told, config.database_url), todo)]


async def _images(config: Configured) -> list[Finding]:
    """The images repository, and where its pull requests are."""
    if config.settings.forge.kind == "github":
        todo = "[github] repository, and a token or App with write access to contents and pull requests (and issues)"
        return [await _said("forge", _github(config), todo)]
    todo = "`watcher init DIR` makes one; [images] remote and branch name it"
    forge = Finding("forge", ok=True, told="embedded in the images repository: no account is needed")
    return [await _said("images repository", _head(config), todo), forge]


async def _head(config: Configured) -> str:
    branch = config.settings.images.branch
    head = await wiring.adapters(config, config.var)[0].head(branch)
    if head is None:
        raise GitError(f"{config.remote} has no branch {branch}")
    return f"{config.remote}: {branch} is at {head[:12]}"


async def _github(config: Configured) -> str:
    """Where the branch is, and our rights; that pull requests can be read shows that the token is good for them."""
    from builder.github import GitHubForge  # noqa: PLC0415  (PyGithub takes a fifth of a second to import)

    forge, branch = wiring.adapters(config, config.var)[1], config.settings.images.branch
    name = config.settings.github.repository
    if not isinstance(forge, GitHubForge):
        raise ForgeError(f"{name} is not on GitHub")
    head, rights = await forge.about(branch)
    await forge.pulls()
    if "push" not in rights:
        raise ForgeError(f"{name}: this login may not push (it may {' and '.join(rights) or 'do nothing'})")
    return f"{name}: {branch} is at {head[:12]}; this login may {' and '.join(rights)}"


async def _registry(config: Configured) -> list[Finding]:
    own = config.settings.registry
    if not own.url:
        told, todo = "none is set: nothing is built", "[registry] url, and builds become possible"
        return [Finding("registry", ok=False, told=told, todo=todo, needed=config.settings.publish.mode == "publish")]
    return [await _said("registry", _reached(config), "[registry] url, user and password_file")]


async def _reached(config: Configured) -> str:
    """That an upload may be begun: to be answered is not to be let in."""
    own = config.settings.registry
    catalogue = await _catalogue(config)
    staging = f"{catalogue.family.namespace if catalogue else 'watcher-doctor'}/{own.staging}"
    async with registry_access.opened(config, attempts=1) as registry:
        await registry.may_push(staging)
    return f"{own.url} takes uploads to {staging}" + (f", as {own.user}" if own.user else ", without a login")


async def _said(what: str, look: Awaitable[str], todo: str) -> Finding:
    """Wait for what *look* tells; an expected error is what is told then."""
    try:
        return Finding(what, ok=True, told=await look)
    except WatcherError as error:
        return Finding(what, ok=False, told=str(error).partition("\n")[0], todo=todo)


def bare(folder: Path) -> Configured:
    """Return the settings of a machine that has none: what the defaults ask for, as if they stood in *folder*."""
    return Configured(settings=Settings(), file=folder / "watcher.toml")
