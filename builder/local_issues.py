"""Issues of the embedded forge: each is a ref of the bare images repository, ``refs/watcher/issues/<N>``.

``git log -p refs/watcher/issues/3`` is the history of one. They have numbers of their own, and take turns with the
pull requests by the same lock.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from builder.fastimport import Identity
from builder.git import blobs
from builder.process import GitProcess
from builder.pull_ledger import Ledger
from state.errors import ForgeError, GitError
from state.model import Issue

_REFS = "refs/watcher/issues/"
_NOTHING = "0" * 40


@dataclass(frozen=True, slots=True)
class Record:
    """One issue as it is kept; ``comments`` are what was said below it, times are ISO 8601."""

    number: int
    title: str
    body: str
    labels: tuple[str, ...]
    open: bool
    opened_at: str
    comments: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: bytes | None) -> Record:
        """Read ``issue.json``; ForgeError where it is not what this program writes."""
        try:
            document = json.loads(text or b"")
            return cls(**{**document, **{key: tuple(document[key]) for key in ("labels", "comments")}})
        except (ValueError, TypeError, KeyError) as error:
            raise ForgeError(f"an issue of the embedded forge cannot be read: {error!r}") from None


class LocalIssues:
    """Issues of the bare repository at *repository*; satisfies :class:`builder.ports.Issues`."""

    def __init__(
        self, repository: Path, *, identity: Identity, now: Callable[[], datetime], environment: Mapping[str, str]
    ) -> None:
        self._git = GitProcess(repository, repository / "watcher.lock", environment)
        self._identity, self._now = identity, now

    async def raise_issue(self, title: str, body: str, labels: tuple[str, ...]) -> Issue:
        """See :meth:`builder.ports.Issues.raise_issue`."""

        def raised(git: GitProcess) -> Record:
            every = self._every(git)
            for record, _ in every.values():
                if record.open and record.title == title:
                    return record
            number = max(every, default=0) + 1
            return self._write(git, Record(number, title, body, labels, True, self._now().isoformat()), None)  # noqa: FBT003

        return await self._run(raised)

    async def rewrite(self, number: int, body: str) -> Issue:
        """See :meth:`builder.ports.Issues.rewrite`."""

        def rewritten(git: GitProcess) -> Record:
            record, commit = self._every(git).get(number, (None, None))
            if record is None:
                raise ForgeError(f"there is no issue {number} in {git.directory}")
            return record if record.body == body else self._write(git, replace(record, body=body), commit)

        return await self._run(rewritten)

    async def settle_issue(self, number: int, comment: str) -> Issue:
        """See :meth:`builder.ports.Issues.settle_issue`."""

        def settled(git: GitProcess) -> Record:
            record, commit = self._every(git).get(number, (None, None))
            if record is None:
                raise ForgeError(f"there is no issue {number} in {git.directory}")
            if not record.open:
                return record
            return self._write(git, replace(record, open=False, comments=(*record.comments, comment)), commit)

        return await self._run(settled)

    async def _run(self, job: Callable[[GitProcess], Record]) -> Issue:
        def alone() -> Record:
            try:
                with self._git.alone() as git:
                    return job(git)
            except GitError as error:
                raise ForgeError(f"the embedded forge: {error}") from error

        record = await asyncio.to_thread(alone)
        url = f"{self._git.directory.absolute().as_uri()}#issue-{record.number}"
        return Issue(record.number, record.title, url, record.open, record.labels, record.body)

    def _every(self, git: GitProcess) -> dict[int, tuple[Record, str]]:
        """All records by number, each with the commit that holds it."""
        commits = git.ask("for-each-ref", "--format=%(objectname)", _REFS).text.split()
        wanted = "".join(f"{commit}:issue.json\n" for commit in commits).encode()
        texts = blobs(git.feed("cat-file", "--batch", data=wanted).out)
        records = [Record.parse(text) for text in texts]
        return {record.number: (record, commit) for record, commit in zip(records, commits, strict=True)}

    def _write(self, git: GitProcess, record: Record, before: str | None) -> Record:
        """Keep *record* in place of the one at *before*."""
        text = json.dumps(asdict(record), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        blob = git.feed("hash-object", "-w", "--stdin", data=text.encode()).text
        tree = git.feed("mktree", data=f"100644 blob {blob}\tissue.json\n".encode()).text
        message = f"Issue {record.number}: {'open' if record.open else 'closed'}\n"
        commit = Ledger(git, self._identity, self._now).commit(tree, (before,) if before else (), message)
        git.ask("update-ref", f"{_REFS}{record.number}", commit, before or _NOTHING)
        return record
