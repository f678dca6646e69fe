"""The embedded forge: pull requests kept in the bare images repository itself, with no account and no server.

``refs/watcher/pulls/<N>`` is the record of one (see :mod:`builder.pull_record`), ``refs/pull/<N>/head`` its last
known head, which stays when the branch goes. Those who use it take turns by a lock of the kernel's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from typing import TypeVar

from builder.fastimport import Identity
from builder.leftovers import clear_shared
from builder.operations import Facts, on_pull
from builder.ports import Checks, Draft
from builder.process import GitProcess
from builder.pull_ledger import Kept, Ledger
from builder.pull_record import Record
from state.errors import ForgeError, GitError, MergeConflict
from state.model import PullRequest

_ATTEMPTS = 5
_T = TypeVar("_T")


class LocalForge:
    """Pull requests of the bare repository at *repository*; satisfies :class:`builder.ports.Forge`.

    *now* is the clock, *identity* who merges. The url of one is the repository's with its number, ``…/images.git#7``.
    """

    def __init__(
        self, repository: Path, *, identity: Identity, now: Callable[[], datetime], environment: Mapping[str, str]
    ) -> None:
        self._git = GitProcess(repository, repository / "watcher.lock", environment)
        self._identity = identity
        self._now = now

    async def pulls(self, since: datetime | None = None) -> Sequence[PullRequest]:
        """See :meth:`builder.ports.Forge.pulls`; bodies are left out, and a push to a branch is no touch."""
        records = [kept.record for kept in await self._run(Ledger.every)]
        dated = [
            (datetime.fromisoformat(r.updated_at), r.number, r) for r in records if r.branch.startswith("watcher/")
        ]
        dated.sort(key=itemgetter(0, 1), reverse=True)
        return [self._seen(record) for touched, _, record in dated if since is None or touched >= since]

    async def pull(self, number: int) -> PullRequest:
        """See :meth:`builder.ports.Forge.pull`."""
        return await self._run(lambda ledger: self._whole(ledger, ledger.one(number)))

    async def find(self, branch: str) -> PullRequest | None:
        """See :meth:`builder.ports.Forge.find`."""

        def found(ledger: Ledger) -> PullRequest | None:
            kept = ledger.open_one(branch)
            return self._whole(ledger, kept) if kept else None

        return await self._run(found)

    async def open(self, draft: Draft) -> PullRequest:
        """See :meth:`builder.ports.Forge.open`; ForgeError also where the branch brings nothing."""
        return await self._run(lambda ledger: self._open(ledger, draft))

    async def update(self, number: int, draft: Draft, comment: str | None = None) -> PullRequest:
        """See :meth:`builder.ports.Forge.update`."""

        def updated(ledger: Ledger) -> PullRequest:
            kept = ledger.one(number)
            if kept.record.standing != "open":
                return self._whole(ledger, kept)
            record = kept.record
            plan = on_pull(draft, Facts(record.title, ledger.body(kept), record.base, record.labels), comment)
            if not plan:
                return self._seen(record, draft.body)
            # All of it is one commit here.
            after = record.redrafted(draft).said(comment, self._now())
            return self._whole(ledger, ledger.write(after, kept.commit, draft.body))

        return await self._run(updated)

    async def say(self, number: int, comment: str) -> None:
        """See :meth:`builder.ports.Forge.say`."""

        def said(ledger: Ledger) -> None:
            kept = ledger.one(number)
            if comment not in (each.text for each in kept.record.comments):
                ledger.write(kept.record.said(comment, self._now()), kept.commit)

        await self._run(said)

    async def close(self, number: int, comment: str | None = None) -> PullRequest:
        """See :meth:`builder.ports.Forge.close`; the branch stays."""

        def closed(ledger: Ledger) -> PullRequest:
            kept = ledger.one(number)
            if kept.record.standing == "open":
                after = replace(kept.record, standing="closed").said(comment, self._now())
                kept = ledger.write(after, kept.commit)
            return self._whole(ledger, kept)

        return await self._run(closed)

    async def reopen(self, number: int) -> PullRequest:
        """See :meth:`builder.ports.Forge.reopen`; a branch that is gone comes back."""
        return await self._run(lambda ledger: self._whole(ledger, _reopened(ledger, number)))

    async def checks(self, commit: str) -> Checks:  # noqa: ARG002
        """See :meth:`builder.ports.Forge.checks`; nobody checks anything here."""
        return "none"

    async def merge(self, number: int) -> PullRequest:
        """See :meth:`builder.ports.Forge.merge`; MergeConflict names the paths."""
        return await self._run(lambda ledger: self._whole(ledger, _merged(ledger, number)))

    async def _run(self, job: Callable[[Ledger], _T]) -> _T:
        def alone() -> _T:
            if not (self._git.directory / "HEAD").exists():
                raise ForgeError(f"{self._git.directory} is not a repository: `watcher init` makes one")
            try:
                with self._git.alone() as git:
                    clear_shared(git)
                    return job(Ledger(git, self._identity, self._now))
            except GitError as error:
                raise ForgeError(f"the embedded forge: {error}") from error

        return await asyncio.to_thread(alone)

    def _open(self, ledger: Ledger, draft: Draft) -> PullRequest:
        every = ledger.every()
        for kept in every:
            if kept.record.branch == draft.branch and kept.record.standing == "open":
                return self._whole(ledger, kept)
        head = ledger.tip(draft.branch)
        ledger.tip(draft.base)
        if ledger.within(head, draft.base):
            raise ForgeError(f"{draft.branch} brings nothing that {draft.base} does not have")
        number = max((kept.record.number for kept in every), default=0) + 1
        record = Record.opened(number, draft, head, self._now())
        return self._whole(ledger, ledger.write(record, None, draft.body))

    def _whole(self, ledger: Ledger, kept: Kept) -> PullRequest:
        return self._seen(kept.record, ledger.body(kept))

    def _seen(self, record: Record, body: str = "") -> PullRequest:
        return record.seen(f"{self._git.directory.absolute().as_uri()}#{record.number}", body)


def _reopened(ledger: Ledger, number: int) -> Kept:
    kept = ledger.one(number)
    record = kept.record
    if record.standing == "merged":
        raise ForgeError(f"pull request {number} is merged")
    if record.standing == "open":
        return kept
    if other := ledger.open_one(record.branch):
        raise ForgeError(f"pull request {other.record.number} is open for {record.branch}")
    ref = f"refs/heads/{record.branch}"
    tip = ledger.git.ask("rev-parse", "--quiet", "--verify", ref, ok=(0, 1)).text
    moves = () if tip else (f"create {ref} {record.head}",)
    return ledger.write(replace(record, standing="open", head=tip or record.head), kept.commit, moves=moves)


def _merged(ledger: Ledger, number: int) -> Kept:
    """Merge, again when somebody pushed to one of the two branches meanwhile."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return _merged_once(ledger, number)
        except GitError:
            continue
    return _merged_once(ledger, number)


def _merged_once(ledger: Ledger, number: int) -> Kept:
    kept = ledger.one(number)
    record = kept.record
    if record.standing == "merged":
        return kept
    if record.standing == "closed":
        raise ForgeError(f"pull request {number} is closed: reopen it first")
    base = ledger.tip(record.base)
    merge = _merge_commit(ledger, record, base)
    moves = (f"update refs/heads/{record.base} {merge} {base}", f"delete refs/heads/{record.branch} {record.head}")
    return ledger.write(replace(record, standing="merged", merge_commit=merge), kept.commit, moves=moves)


def _merge_commit(ledger: Ledger, record: Record, base: str) -> str:
    sides = (base, record.head)
    merged = ledger.git.ask("merge-tree", "--write-tree", "--no-messages", "--name-only", *sides, ok=(0, 1))
    tree, *conflicts = merged.text.splitlines()
    if merged.code:
        paths = ", ".join(path for path in conflicts if path)
        raise MergeConflict(f"pull request {record.number} does not merge into {record.base}: {paths}")
    trailers = ledger.git.ask("show", "--no-patch", "--format=%(trailers:only,unfold)", record.head).text.strip()
    message = f"Merge pull request #{record.number}: {record.title}\n\n{trailers}".strip() + "\n"
    return ledger.commit(tree, sides, message)
