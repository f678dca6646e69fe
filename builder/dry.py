"""A dry run: forge and repository that read for real, and write down what they would do instead of doing it."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from builder.ports import Checks, Commit, Draft, Forge, Repository, Said, labels_after
from state.errors import ForgeError
from state.model import Issue, PullRequest

Arguments = Mapping[str, str | int | tuple[str, ...] | None]


@dataclass(frozen=True, slots=True)
class Call:
    """A call that would be made: ``forge.open`` and what it would be given, long texts by their size."""

    name: str
    arguments: Arguments

    def __str__(self) -> str:
        """One line for people."""
        return f"{self.name}({', '.join(f'{key}={value!r}' for key, value in self.arguments.items())})"


class DryForge:
    """*forge* for reading; writes go to *calls*. Satisfies :class:`builder.ports.Forge`."""

    def __init__(self, forge: Forge, calls: list[Call]) -> None:
        self._forge = forge
        self._calls = calls
        self._opened = 0

    async def pulls(self, since: datetime | None = None) -> Sequence[PullRequest]:
        """What is there now."""
        return await self._forge.pulls(since)

    async def pull(self, number: int) -> PullRequest:
        """What is there now."""
        return await self._forge.pull(number)

    async def find(self, branch: str) -> PullRequest | None:
        """What is there now."""
        return await self._forge.find(branch)

    async def open(self, draft: Draft) -> PullRequest:
        """Return the open one, or one as it would be: it has the next number, no url and no head."""
        if there := await self._forge.find(draft.branch):
            return there
        self._calls.append(Call("forge.open", _said(draft)))
        self._opened += 1
        number = max((pull.number for pull in await self._forge.pulls()), default=0) + self._opened
        return PullRequest(number, draft.branch, draft.title, "", "open", "", body=draft.body, labels=draft.labels)

    async def update(self, number: int, draft: Draft, comment: str | None = None) -> PullRequest:
        """Return it as it would be."""
        pull = await self._forge.pull(number)
        labels = labels_after(pull.labels, draft)
        after = replace(pull, title=draft.title, body=draft.body, labels=labels)
        if after != pull or comment:
            self._calls.append(Call("forge.update", {"number": number, **_said(draft), "comment": comment}))
        return after

    async def say(self, number: int, comment: str) -> None:
        """Write it down."""
        self._calls.append(Call("forge.say", {"number": number, "comment": comment}))

    async def close(self, number: int, comment: str | None = None) -> PullRequest:
        """Return it as it would be."""
        pull = await self._forge.pull(number)
        if pull.standing != "open":
            return pull
        self._calls.append(Call("forge.close", {"number": number, "comment": comment}))
        return replace(pull, standing="closed")

    async def reopen(self, number: int) -> PullRequest:
        """Return it as it would be."""
        pull = await self._forge.pull(number)
        if pull.standing == "merged":
            raise ForgeError(f"pull request {number} is merged")
        if pull.standing == "open":
            return pull
        self._calls.append(Call("forge.reopen", {"number": number}))
        return replace(pull, standing="open")

    async def checks(self, commit: str) -> Checks:
        """What is there now."""
        return await self._forge.checks(commit)

    async def merge(self, number: int) -> PullRequest:
        """Return it as it is: no merge commit can be made up."""
        pull = await self._forge.pull(number)
        if pull.standing == "open":
            self._calls.append(Call("forge.merge", {"number": number}))
        return pull


class DryIssues:
    """Issues that nobody opens; satisfies :class:`builder.ports.Issues`."""

    def __init__(self, calls: list[Call]) -> None:
        self._calls = calls

    async def raise_issue(self, title: str, body: str, labels: tuple[str, ...]) -> Issue:
        """Write it down; what it would be has no number and no url yet."""
        self._calls.append(Call("forge.raise_issue", {"title": title, "labels": labels}))
        return Issue(0, title, "", True, labels, body)  # noqa: FBT003

    async def rewrite(self, number: int, body: str) -> Issue:
        """Write it down."""
        self._calls.append(Call("forge.rewrite_issue", {"number": number, "body": f"{len(body)} characters"}))
        return Issue(number, "", "", True, body=body)  # noqa: FBT003

    async def settle_issue(self, number: int, comment: str) -> Issue:
        """Write it down."""
        self._calls.append(Call("forge.settle_issue", {"number": number, "comment": comment}))
        return Issue(number, "", "", False)  # noqa: FBT003


class DryRepository:
    """*repository* for reading; writes go to *calls*. Satisfies :class:`builder.ports.Repository`.

    A commit exists only here, laid over its parent: it can be read and compared like any other.
    """

    def __init__(self, repository: Repository, calls: list[Call]) -> None:
        self._repository = repository
        self._calls = calls
        self._made: dict[str, Commit] = {}

    async def fetch(self) -> None:
        """Bring the working clone up to date: that is the watcher's own, nobody else sees it."""
        await self._repository.fetch()

    async def head(self, branch: str) -> str | None:
        """What is there now."""
        return await self._repository.head(branch)

    async def tree(self, commit: str, prefix: str = "") -> Mapping[str, str]:
        """See :meth:`builder.ports.Repository.tree`."""
        if commit not in self._made:
            return await self._repository.tree(commit, prefix)
        made = self._made[commit]
        below = f"{prefix.rstrip('/')}/" if prefix else ""
        names = {path: _blob(text) for path, text in made.files.items() if text is not None and path.startswith(below)}
        before = await self.tree(made.parent, prefix)
        return {**{path: name for path, name in before.items() if path not in made.files}, **names}

    async def read(self, commit: str, paths: Sequence[str]) -> Mapping[str, bytes]:
        """See :meth:`builder.ports.Repository.read`."""
        if commit not in self._made:
            return await self._repository.read(commit, paths)
        made = self._made[commit]
        before = await self.read(made.parent, [path for path in paths if path not in made.files])
        texts = {path: made.files.get(path) for path in paths}
        return {**before, **{path: text.encode() for path, text in texts.items() if text is not None}}

    async def commit(self, commit: Commit) -> str:
        """Return a made-up name, the same for the same commit."""
        name = hashlib.sha1(repr(commit).encode(), usedforsecurity=False).hexdigest()
        self._made[name] = commit
        subject = commit.message.partition("\n")[0]
        said: Arguments = {
            "branch": commit.branch,
            "parent": commit.parent,
            "message": subject,
            "files": len(commit.files),
        }
        self._calls.append(Call("git.commit", said))
        return name

    async def push(self, branch: str, commit: str, expected: str | None) -> None:
        """Write it down."""
        self._calls.append(Call("git.push", {"branch": branch, "commit": commit, "expected": expected}))

    async def diff(self, old: str, new: str, paths: Sequence[str] = ()) -> str:
        """Compare; a made-up commit only with its own parent."""
        made = self._made.get(new)
        if made is None or made.parent != old:
            return await self._repository.diff(old, new, paths)
        chosen = sorted(path for path in made.files if not paths or _within(path, paths))
        before = await self.read(old, chosen)
        return "".join(line for path in chosen for line in _compared(path, before.get(path), made.files[path]))

    async def parents(self, commit: str) -> Sequence[str]:
        """See :meth:`builder.ports.Repository.parents`."""
        made = self._made.get(commit)
        return [made.parent] if made else await self._repository.parents(commit)

    async def merge_base(self, one: str, other: str) -> str:
        """See :meth:`builder.ports.Repository.merge_base`; a made-up commit stands on its parent."""
        sides = [self._made[side].parent if side in self._made else side for side in (one, other)]
        return await self._repository.merge_base(*sides)

    async def contains(self, commit: str, branch: str) -> bool:
        """Whether it is there now; a made-up commit is in no branch."""
        return commit not in self._made and await self._repository.contains(commit, branch)

    async def trailers(self, commit: str) -> Mapping[str, Sequence[str]]:
        """What is there now; a made-up commit has none to tell."""
        return {} if commit in self._made else await self._repository.trailers(commit)

    async def told(self, commit: str) -> Said:
        """What is there now; GitError for a made-up commit."""
        return await self._repository.told(commit)

    async def merges_cleanly(self, branch: str, into: str) -> bool:
        """What is there now."""
        return await self._repository.merges_cleanly(branch, into)


def _said(draft: Draft) -> Arguments:
    size = f"{len(draft.body)} characters"
    return {"branch": draft.branch, "base": draft.base, "title": draft.title, "body": size, "labels": draft.labels}


def _blob(text: str) -> str:
    """The name that git gives a file of this content."""
    body = text.encode()
    return hashlib.sha1(b"blob %d\0%s" % (len(body), body), usedforsecurity=False).hexdigest()


def _within(path: str, paths: Sequence[str]) -> bool:
    return any(path == chosen or path.startswith(f"{chosen.rstrip('/')}/") for chosen in paths)


def _compared(path: str, before: bytes | None, after: str | None) -> Iterator[str]:
    """A unified diff of one file, headed as git heads it."""
    old = (before or b"").decode(errors="replace").splitlines(keepends=True)
    new = (after or "").splitlines(keepends=True)
    if old == new:
        return
    yield f"diff --git a/{path} b/{path}\n"
    sides = ("/dev/null" if before is None else f"a/{path}", "/dev/null" if after is None else f"b/{path}")
    for line in difflib.unified_diff(old, new, *sides):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
