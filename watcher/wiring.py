"""The only place that names concrete adapters, but for the network: that is :mod:`watcher.network`."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, closing
from functools import partial
from pathlib import Path

import sources
from builder.absent import AbsentForge
from builder.bare import BareRepository
from builder.dry import Call, DryForge, DryIssues, DryRepository
from builder.fastimport import Identity
from builder.git import CloneRepository
from builder.local_forge import LocalForge
from builder.local_issues import LocalIssues
from builder.notifier import Notifier
from builder.ports import Forge, Issues, Repository
from state.errors import SettingsError
from state.store import Store
from watcher import works
from watcher.app import App
from watcher.compare import Comparer
from watcher.config import Configured, base_environment, clock
from watcher.grouped import Grouped
from watcher.images import Snapshots
from watcher.locks import Locks
from watcher.network import network, refuse_unknown_sources
from watcher.progress import Progress, unheard


@asynccontextmanager
async def wired(
    config: Configured, *, dry: bool = False, deciding: bool = True, progress: Progress = unheard
) -> AsyncIterator[App]:
    """Open everything that conducting needs, and close it again.

    A process that is not *deciding* anything on the forge may lack its token: then the forge refuses, not the start.

    A dry run works on a copy of the memory and a clone of its own, in a temporary folder; its forge and
    repository only note what they were asked to change: ``App.calls``.
    """
    refuse_unknown_sources(config)  # before anything is made
    async with AsyncExitStack() as stack:
        var = config.var
        calls: list[Call] | None = None
        if dry:
            var = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="watcher-dry-")))
            calls = []
            _copy_memory(config, var)
        url = f"sqlite:///{var / 'watcher.db'}" if dry else config.database_url
        var.mkdir(mode=0o700, parents=True, exist_ok=True)
        store = stack.enter_context(Store.open(url))
        repository, forge, issues = adapters(config, var, deciding=deciding)
        if calls is not None:
            forge, repository = DryForge(forge, calls), DryRepository(repository, calls)
            issues = issues and DryIssues(calls)
        feeds = await stack.enter_async_context(network(config, sources.SOURCES, store.proofs))
        yield App(
            config=config,
            store=store,
            sources=sources.SOURCES,
            feeds=feeds.__getitem__,
            repository=repository,
            forge=forge,
            issues=issues,
            images=Snapshots(repository, config.settings.images.branch),
            comparer=Comparer(store, config.now),
            now=config.now,
            works=partial(works.opened, config),
            grouped=Grouped(store),
            locks=Locks(store, config.settings.state.patience, clock),
            calls=calls,
            progress=progress,
            identity=_identity(config),
        )


def notifier(config: Configured) -> Notifier | None:
    """What tells people; None where nobody is to be told. SettingsError as :class:`builder.notifier.Notifier`."""
    own = config.settings.notices
    urls = (config.secret(own.urls, own.urls_file) or "").split()
    return Notifier(urls) if urls else None


def _copy_memory(config: Configured, var: Path) -> None:
    """Give a dry run the memory as it is; a database server's cannot be copied like that."""
    if config.settings.state.database_url:
        raise SettingsError("a dry run works on a copy of the database file: it needs the SQLite default")
    source = config.var / "watcher.db"
    if source.exists():
        with (
            closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True)) as there,
            closing(sqlite3.connect(var / source.name)) as here,
        ):
            there.backup(here)


def _identity(config: Configured) -> Identity:
    """Author and committer of the watcher's commits, and who merges on the embedded forge."""
    return Identity(config.settings.commits.name, config.settings.commits.email)


def adapters(config: Configured, var: Path, *, deciding: bool = False) -> tuple[Repository, Forge, Issues | None]:
    """The images repository through git, and where its pull requests and issues are."""
    environment, identity = base_environment(), _identity(config)
    if config.settings.forge.kind == "github":
        forge, issues, credential = _github(config, var) if deciding or _has_login(config) else _ABSENT
        clone = CloneRepository(
            var / "clone.git", config.remote, identity=identity, environment=environment, credential=credential
        )
        return clone, forge, issues
    folder = Path(config.remote)
    embedded = LocalForge(folder, identity=identity, now=config.now, environment=environment)
    kept = LocalIssues(folder, identity=identity, now=config.now, environment=environment)
    return BareRepository(folder, identity=identity, environment=environment), embedded, kept


_ABSENT: tuple[Forge, Issues | None, Callable[[], str] | None] = (
    AbsentForge("this process has no token for GitHub: the one that runs the role poll has"),
    None,
    None,
)


def _has_login(config: Configured) -> bool:
    """Whether there is anything to sign in to GitHub with."""
    own = config.settings.github
    return any((own.token, own.token_file, own.private_key, own.private_key_file))


def _github(config: Configured, var: Path) -> tuple[Forge, Issues | None, Callable[[], str]]:
    """GitHub, its issues if they are wanted, and what gives git its password; SettingsError that names the missing setting."""
    from builder.github import AppKey, GitHubForge  # noqa: PLC0415  (PyGithub takes a fifth of a second to import)
    from builder.github_issues import GitHubIssues  # noqa: PLC0415  (see above)

    own = config.settings.github
    if own.dashboard and not own.issues:
        raise SettingsError("[github] dashboard: it is an issue, so [github] issues has to be true as well")
    if not own.repository:
        raise SettingsError("[github] repository: OWNER/NAME is needed where [forge] kind is github")
    token = config.secret(own.token, own.token_file)
    key = config.secret(own.private_key, own.private_key_file)
    if token is None and (key is None or own.app_id is None or own.installation_id is None):
        raise SettingsError(
            "[github]: give token_file (or WATCHER_GITHUB__TOKEN), or app_id, installation_id and private_key_file"
        )
    secret = token if token is not None else AppKey(own.app_id or 0, own.installation_id or 0, key or "")
    forge = GitHubForge(
        own.repository,
        secret,
        base_url=own.base_url,
        pause=own.seconds_between_writes,
        lane=var / "github-writes.json",
    )
    return forge, GitHubIssues(forge) if own.issues else None, forge.token
