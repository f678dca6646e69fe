"""Rebuilds the memory from what is the truth: the images repository's commits, the forge, and the registry.

A pull request's title and body are anyone's to edit, so nothing is read from them: the commit at its head, its trailers
and the files that it records tell what it brings. Where it stands is the forge's to say.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from builder.registry import Registry
from generator import message
from state.errors import ForgeError, GitError, RegistryError, SettingsError
from state.model import PullRequest
from state.model.change import key_of
from state.store import PullRecord
from watcher import registry_access
from watcher.app import App
from watcher.progress import Count
from watcher.recall import Reader, Recalled, places
from watcher.retold import Told, source_of
from watcher.retrace import Retrace

_DEEP = 100
"""Commits by people on top of ours that are looked through."""


@dataclass(slots=True)
class Recovered:
    """What was found again: pull requests by standing, versions that are not wanted, and what could not be told.

    ``registry`` is what was read there, None where no registry is set.
    """

    pulls: dict[str, int] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    known: int = 0
    untold: list[str] = field(default_factory=list)
    sources: set[str] = field(default_factory=set)
    registry: Recalled | None = None

    def document(self) -> dict[str, Any]:
        """What programs may rely on, as JSON."""
        return {
            "pulls": self.pulls,
            "ignored": self.ignored,
            "already_known": self.known,
            "untold": self.untold,
            "sources": sorted(self.sources),
            "registry": self.registry and self.registry.document(),
        }


async def recover(app: App) -> Recovered:
    """Remember every pull request of ours that is not remembered, oldest first, then the registry; safe to repeat.

    A registry that cannot be read is told in ``untold``: the rest is remembered all the same.
    :raises WatcherError: the repository or the forge cannot be asked
    """
    found = Recovered()
    async with app.lock("act"):
        await app.repository.fetch()
        catalogue = await app.images.catalogue(await app.images.head())
        found.sources |= {source for source, _ in (*catalogue.releases, *catalogue.os_lines)} & app.sources.keys()
        pulls = sorted(await app.forge.pulls(), key=lambda pull: pull.number)
        counted = Count(app.progress, "pull requests looked at", len(pulls))
        for pull in pulls:
            counted.add()
            if app.store.pull(pull.number):
                found.known += 1
                continue
            try:
                await _remember(pull, found, app)
            except (GitError, ForgeError) as error:
                found.untold.append(f"#{pull.number} {pull.branch}: {error}")
    if app.config.settings.registry.url:
        await _registry(app, found)
    return found


async def _registry(app: App, found: Recovered) -> None:
    """Read the registry that the settings name."""
    try:
        async with app.lock("build"), registry_access.opened(app.config) as registry:
            found.registry = Recalled()
            await recall(app, registry, found.registry)
    except (RegistryError, SettingsError) as error:
        found.untold.append(f"registry: {error}: run `watcher recover` again, it goes on where this ended")


async def recall(app: App, registry: Registry, found: Recalled) -> None:
    """Remember what is published: tags with their digests, the builds behind dated names, and how names moved.

    :raises RegistryError: the registry refused, or cannot be reached; the repositories that were read are remembered
    """
    catalogue = await app.images.catalogue(await app.images.head())
    repositories = places(catalogue)
    reader = Reader(app, registry, catalogue.family.namespace, found)
    await reader.read(repositories)
    await Retrace(app, reader.facts, found).all(repositories)


async def _remember(pull: PullRequest, found: Recovered, app: App) -> None:
    """Remember one: as it was opened, and then as it stands."""
    told, head, base = await _told(pull, app)
    for release in told.releases:
        app.store.remember_release(release, told.when)
    event = told.event
    number = 0
    if event is not None:
        [recorded] = app.store.record([event], told.when)
        app.store.finish(recorded, [], told.when)
        number = recorded.id
    old, new = told.sides
    record = PullRecord(
        number=pull.number,
        source=told.source,
        line=told.line,
        old=old,
        new=new,
        lines=told.lines,
        key=await _key(base, head, app),
        branch=pull.branch,
        title=told.subject,
        url=pull.url,
        state=pull.standing,
        base=base,
        head=head,
        merge_commit=pull.merge_commit,
        event=number,
    )
    when = told.when
    app.store.save_pull(record, when)
    if pull.merge_commit:
        app.store.save_pull(record, (await app.repository.told(pull.merge_commit)).when)
    found.sources |= {told.source} & app.sources.keys()
    found.pulls[pull.standing] = found.pulls.get(pull.standing, 0) + 1
    if message.WITHDRAWN not in pull.labels:
        _decided(record, found, app)
    for line in told.lines if told.yanked else ():
        app.store.ignore(told.source, line, told.yanked, f"taken back: {told.reason}", when)
        found.ignored.append(f"{told.source} {line} {told.yanked}")


def _decided(record: PullRecord, found: Recovered, app: App) -> None:
    """Closed without merging is "not this version"; a later pull request that brought it is a change of mind."""
    for line, version in record.lines.items():
        if record.state == "closed":
            app.store.ignore(record.source, line, version, f"pull request #{record.number} was closed", app.now())
            found.ignored.append(f"{record.source} {line} {version}")
        elif app.store.unignore(record.source, line, version):
            found.ignored.remove(f"{record.source} {line} {version}")


async def _told(pull: PullRequest, app: App) -> tuple[Told, str, str]:
    """What the newest commit of ours on the branch says, its name, and its parent's.

    :raises ForgeError: there is none, or it is about a source that there is not
    """
    key = pull.branch.removeprefix("watcher/")
    source = source_of(key, app.sources)
    if source is None:
        raise ForgeError("there is no such source")
    commit = pull.head
    for _ in range(_DEEP):
        trailers = await app.repository.trailers(commit)
        parents = await app.repository.parents(commit)
        if key in trailers.get("Watcher-Key", ()) and len(parents) == 1:
            break
        if not parents:
            raise ForgeError("no commit of the watcher's is on it")
        commit = parents[0]
    else:
        raise ForgeError(f"no commit of the watcher's is among the newest {_DEEP} on it")
    said = await app.repository.told(commit)
    before, after = await app.images.catalogue(parents[0]), await app.images.catalogue(commit)
    released = trailers.get("Watcher-Release", ())
    yanked, _, reason = next(iter(trailers.get("Watcher-Yanked", ())), "").partition(" ")
    told = Told(source, key, released, said.subject, said.when, before, after, yanked, reason)
    return told, commit, parents[0]


async def _key(base: str, head: str, app: App) -> str:
    """The change's key: a digest of what the commit wrote and removed."""
    before, after = await app.repository.tree(base), await app.repository.tree(head)
    wrote = [path for path, blob in after.items() if before.get(path) != blob]
    texts: dict[str, str | None] = dict.fromkeys(before.keys() - after.keys())
    texts |= {path: body.decode(errors="replace") for path, body in (await app.repository.read(head, wrote)).items()}
    return key_of(texts)
