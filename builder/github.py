"""GitHub as a forge, through PyGithub, with few calls: opening costs two, watching one per hundred.

PyGithub blocks and keeps one session, so all calls take one lane, each in a thread; how they reach GitHub is
:mod:`builder.github_session`. No conditional request is made: a 304 has been seen to hide that a pull request closed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from builder.github_access import AppKey, sign_in, told, words
from builder.github_pulls import ask_for_review, brought_up, is_ours, labelled, merged, ours, say, touched, verdict
from builder.lane import Allowance, WriteLane
from builder.ports import Checks, Draft
from state.errors import ForgeError
from state.model import PullRequest

if TYPE_CHECKING:
    from github.PullRequest import PullRequest as Theirs
    from github.Repository import Repository

__all__ = ["BODY_LIMIT", "AppKey", "GitHubForge"]
BODY_LIMIT = 65_536
_PAGE = 100
_T = TypeVar("_T")


class GitHubForge:
    """Pull requests of *repository* (``OWNER/NAME``); satisfies :class:`builder.ports.Forge`.

    *secret* is a token or an App's key. *pause* is the seconds between two writes, *attempts* how often a call
    is made that GitHub does not answer (5xx, dropped connections), *lane* the file by which several processes keep
    to GitHub's limits together.
    """

    def __init__(
        self,
        repository: str,
        secret: str | AppKey,
        *,
        base_url: str = "https://api.github.com",
        pause: float = 1.0,
        attempts: int = 4,
        lane: Path | None = None,
    ) -> None:
        from github import Consts  # noqa: PLC0415  (a fifth of a second that others need not wait)
        from github.Repository import Repository  # noqa: PLC0415  (see above)

        from builder.github_session import Line, Patience, Session  # noqa: PLC0415  (see above)

        self._auth = sign_in(secret)
        base_url = base_url.rstrip("/")
        patience = Patience(attempts)
        session = Session(
            Line(base_url, WriteLane(lane, Allowance(pause)), patience),
            auth=self._auth,
            base_url=base_url,
            timeout=Consts.DEFAULT_TIMEOUT,
            user_agent="base-image-watcher",
            per_page=_PAGE,
            verify=True,
            retry=patience.for_tokens(),
            pool_size=None,
        )
        self._name = repository
        # get_repo would cost a call here, and its lazy mode one for every pull request of a list
        self._repository = Repository(session, url=f"/repos/{repository}", completed=False)
        self._lane = asyncio.Lock()

    @property
    def calls_left(self) -> int | None:
        """How many calls GitHub still allows in this hour, as its last answer said; None before the first."""
        left: int = self._repository.requester.rate_limiting[0]
        return left if left >= 0 else None

    def token(self) -> str:
        """Return the token to push with, a fresh one if an App's has expired. Blocks."""
        with told(f"{self._name}: token"):
            return self._auth.token

    async def pulls(self, since: datetime | None = None) -> Sequence[PullRequest]:
        """See :meth:`builder.ports.Forge.pulls`; pages are asked for one by one, the older ones not at all."""

        def listed(repository: Repository) -> list[PullRequest]:
            theirs = repository.get_pulls(state="all", sort="updated", direction="desc")
            recent = theirs if since is None else takewhile(lambda pull: touched(pull) >= since, theirs)
            return [ours(pull) for pull in recent if is_ours(pull)]

        return await self.call("list pull requests", listed)

    async def pull(self, number: int) -> PullRequest:
        """See :meth:`builder.ports.Forge.pull`."""
        return await self.call(f"pull request {number}", lambda repository: ours(repository.get_pull(number)))

    async def find(self, branch: str) -> PullRequest | None:
        """See :meth:`builder.ports.Forge.find`."""

        def found(repository: Repository) -> PullRequest | None:
            pull = self._open_one(repository, branch)
            return ours(pull) if pull else None

        return await self.call(f"find {branch}", found)

    async def open(self, draft: Draft) -> PullRequest:
        """See :meth:`builder.ports.Forge.open`: create and label; looked for only where GitHub says that it is there."""
        _check_length(draft)

        def opened(repository: Repository) -> PullRequest:
            pull = self._created(repository, draft)
            after = labelled(pull, draft)
            ask_for_review(pull, draft)
            return after

        return await self.call(f"open {draft.branch}", opened)

    async def update(self, number: int, draft: Draft, comment: str | None = None) -> PullRequest:
        """See :meth:`builder.ports.Forge.update`; what is as it should be is not written."""
        _check_length(draft)

        def updated(repository: Repository) -> PullRequest:
            pull = repository.get_pull(number)
            if pull.state != "open":
                return ours(pull)
            return brought_up(pull, draft, comment)

        return await self.call(f"update pull request {number}", updated)

    async def say(self, number: int, comment: str) -> None:
        """See :meth:`builder.ports.Forge.say`."""

        def said(repository: Repository) -> None:
            issue = Issue(repository.requester, url=f"{repository.url}/issues/{number}", completed=False)
            if not any(each.body == comment for each in issue.get_comments()):
                issue.create_comment(comment)

        from github.Issue import Issue  # noqa: PLC0415  (see above)

        await self.call(f"comment on {number}", said)

    async def close(self, number: int, comment: str | None = None) -> PullRequest:
        """See :meth:`builder.ports.Forge.close`."""

        def closed(repository: Repository) -> PullRequest:
            pull = repository.get_pull(number)
            if pull.state == "open":
                if comment:
                    say(pull, comment)
                pull.edit(state="closed")
            return ours(pull)

        return await self.call(f"close pull request {number}", closed)

    async def reopen(self, number: int) -> PullRequest:
        """See :meth:`builder.ports.Forge.reopen`; GitHub refuses where the branch is gone."""

        def reopened(repository: Repository) -> PullRequest:
            pull = repository.get_pull(number)
            if pull.merged_at is not None:
                raise ForgeError(f"pull request {number} is merged")
            if pull.state != "open":
                pull.edit(state="open")
            return ours(pull)

        return await self.call(f"reopen pull request {number}", reopened)

    async def checks(self, commit: str) -> Checks:
        """See :meth:`builder.ports.Forge.checks`: two calls."""
        return await self.call(f"checks of {commit[:12]}", lambda repository: verdict(repository, commit))

    async def merge(self, number: int) -> PullRequest:
        """See :meth:`builder.ports.Forge.merge`."""
        return await self.call(f"merge pull request {number}", lambda repository: merged(repository, number))

    async def about(self, branch: str) -> tuple[str, tuple[str, ...]]:
        """Return where *branch* is, and what GitHub says we may do with the repository: ``pull``, ``push``."""

        def asked(repository: Repository) -> tuple[str, tuple[str, ...]]:
            rights = repository.permissions
            may = tuple(name for name in ("admin", "push", "pull") if getattr(rights, name, False))
            return repository.get_branch(branch).commit.sha, may

        return await self.call(f"branch {branch}", asked)

    async def call(self, what: str, job: Callable[[Repository], _T]) -> _T:
        """Run *job* in a thread, alone: PyGithub blocks and keeps one session. ForgeError says *what* failed."""

        def done() -> _T:
            with told(f"{self._name}: {what}"):
                return job(self._repository)

        async with self._lane:
            return await asyncio.to_thread(done)

    def _open_one(self, repository: Repository, branch: str, *, everywhere: bool = False) -> Theirs | None:
        """The open pull request of *branch*; *everywhere* also where the repository's owner has another name now."""
        owner = self._name.partition("/")[0]
        found = repository.get_pulls(state="open", **({} if everywhere else {"head": f"{owner}:{branch}"}))
        return next((pull for pull in found if pull.head.ref == branch and is_ours(pull)), None)

    def _created(self, repository: Repository, draft: Draft) -> Theirs:
        from github import GithubException  # noqa: PLC0415  (see above)

        from builder.github_session import Lost  # noqa: PLC0415  (see above)

        def create() -> Theirs:
            return repository.create_pull(draft.base, draft.branch, title=draft.title, body=draft.body)

        try:
            return create()
        except Lost:
            # The call may have been carried out: only where it was not is it made again.
            return self._open_one(repository, draft.branch) or create()
        except GithubException as error:
            # ours, from before a crash or of another process
            exists = error.status == 422 and "already exists" in words(error)  # noqa: PLR2004
            there = self._open_one(repository, draft.branch, everywhere=True) if exists else None
            if there is None:
                raise
            return there


def _check_length(draft: Draft) -> None:
    if len(draft.body) > BODY_LIMIT:
        raise ForgeError(f"{draft.branch}: the body has {len(draft.body):,} characters; GitHub takes {BODY_LIMIT:,}")
