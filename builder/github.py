"""GitHub as a forge, through PyGithub, with few calls: opening costs three, watching one per hundred.

PyGithub blocks and keeps one session, so all calls take one lane, each in a thread. It waits where GitHub says so
(Retry-After, rate limits) and keeps writes apart.
https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import takewhile
from typing import TYPE_CHECKING, TypeVar

from builder.ports import Draft, labels_after
from state.errors import ForgeError, MergeConflict
from state.model import PullRequest, Standing

if TYPE_CHECKING:
    from github.Auth import AppAuth, AppInstallationAuth, Token
    from github.GithubException import GithubException
    from github.PullRequest import PullRequest as Theirs
    from github.Repository import Repository

BODY_LIMIT = 65_536
_PAGE = 100
_LONGEST_WAIT = 900.0
_T = TypeVar("_T")
_ADVICE = {
    401: "the token was refused: it is wrong, expired or revoked",
    403: "the token lacks a right: it needs `contents` and `pull_requests` with write access",
    404: "not found: the name is wrong, or the token may not see the repository",
}


@dataclass(frozen=True, slots=True)
class AppKey:
    """A GitHub App's credentials: its id, the installation's, and the text of its private key (PEM)."""

    app_id: int
    installation_id: int
    private_key: str = field(repr=False)


class GitHubForge:
    """Pull requests of *repository* (``OWNER/NAME``); satisfies :class:`builder.ports.Forge`.

    *secret* is a token or an App's key. *pause* is the seconds between two writes, *attempts* how often a call
    is made that GitHub does not answer (5xx, dropped connections).
    """

    def __init__(
        self,
        repository: str,
        secret: str | AppKey,
        *,
        base_url: str = "https://api.github.com",
        pause: float = 1.0,
        attempts: int = 4,
    ) -> None:
        from github import Auth, Github, GithubRetry  # noqa: PLC0415  (a fifth of a second that others need not wait)
        from github.Repository import Repository  # noqa: PLC0415  (see above)

        self._auth: Token | AppInstallationAuth
        if isinstance(secret, AppKey):
            self._auth = _app(secret).get_installation_auth(secret.installation_id)
        else:
            self._auth = Auth.Token(secret)
        retry = GithubRetry(total=attempts - 1, backoff_factor=0.2, max_rate_limit_wait=_LONGEST_WAIT)
        hub = Github(
            auth=self._auth,
            base_url=base_url.rstrip("/"),
            per_page=_PAGE,
            retry=retry,
            seconds_between_requests=None,
            seconds_between_writes=pause or None,
        )
        self._name = repository
        # get_repo would cost a call here, and its lazy mode one for every pull request of a list
        self._repository = Repository(hub.requester, url=f"/repos/{repository}", completed=False)
        self._lane = asyncio.Lock()

    def token(self) -> str:
        """Return the token to push with, a fresh one if an App's has expired. Blocks."""
        with _told(f"{self._name}: token"):
            return self._auth.token

    async def pulls(self, since: datetime | None = None) -> Sequence[PullRequest]:
        """See :meth:`builder.ports.Forge.pulls`; pages are asked for one by one, the older ones not at all."""

        def listed(repository: Repository) -> list[PullRequest]:
            theirs = repository.get_pulls(state="all", sort="updated", direction="desc")
            recent = theirs if since is None else takewhile(lambda pull: _touched(pull) >= since, theirs)
            return [_ours(pull) for pull in recent if _is_ours(pull)]

        return await self.call("list pull requests", listed)

    async def pull(self, number: int) -> PullRequest:
        """See :meth:`builder.ports.Forge.pull`."""
        return await self.call(f"pull request {number}", lambda repository: _ours(repository.get_pull(number)))

    async def find(self, branch: str) -> PullRequest | None:
        """See :meth:`builder.ports.Forge.find`."""

        def found(repository: Repository) -> PullRequest | None:
            pull = self._open_one(repository, branch)
            return _ours(pull) if pull else None

        return await self.call(f"find {branch}", found)

    async def open(self, draft: Draft) -> PullRequest:
        """See :meth:`builder.ports.Forge.open`: find, create, label."""
        _check_length(draft)

        def opened(repository: Repository) -> PullRequest:
            pull = self._open_one(repository, draft.branch) or self._created(repository, draft)
            return _labelled(pull, draft)

        return await self.call(f"open {draft.branch}", opened)

    async def update(self, number: int, draft: Draft, comment: str | None = None) -> PullRequest:
        """See :meth:`builder.ports.Forge.update`; what is as it should be is not written."""
        _check_length(draft)

        def updated(repository: Repository) -> PullRequest:
            pull = repository.get_pull(number)
            if (pull.title, pull.body or "", pull.base.ref) != (draft.title, draft.body, draft.base):
                pull.edit(title=draft.title, body=draft.body, base=draft.base)
            after = _labelled(pull, draft)
            if comment:
                pull.create_issue_comment(comment)
            return after

        return await self.call(f"update pull request {number}", updated)

    async def close(self, number: int, comment: str | None = None) -> PullRequest:
        """See :meth:`builder.ports.Forge.close`."""

        def closed(repository: Repository) -> PullRequest:
            pull = repository.get_pull(number)
            if pull.state == "open":
                if comment:
                    pull.create_issue_comment(comment)
                pull.edit(state="closed")
            return _ours(pull)

        return await self.call(f"close pull request {number}", closed)

    async def reopen(self, number: int) -> PullRequest:
        """See :meth:`builder.ports.Forge.reopen`; GitHub refuses where the branch is gone."""

        def reopened(repository: Repository) -> PullRequest:
            pull = repository.get_pull(number)
            if pull.merged_at is not None:
                raise ForgeError(f"pull request {number} is merged")
            if pull.state != "open":
                pull.edit(state="open")
            return _ours(pull)

        return await self.call(f"reopen pull request {number}", reopened)

    async def merge(self, number: int) -> PullRequest:
        """See :meth:`builder.ports.Forge.merge`."""
        return await self.call(f"merge pull request {number}", lambda repository: _merged(repository, number))

    async def call(self, what: str, job: Callable[[Repository], _T]) -> _T:
        """Run *job* in a thread, alone: PyGithub blocks and keeps one session. ForgeError says *what* failed."""

        def told() -> _T:
            with _told(f"{self._name}: {what}"):
                return job(self._repository)

        async with self._lane:
            return await asyncio.to_thread(told)

    def _open_one(self, repository: Repository, branch: str) -> Theirs | None:
        owner = self._name.partition("/")[0]
        found = repository.get_pulls(state="open", head=f"{owner}:{branch}")
        return next((pull for pull in found if pull.head.ref == branch and _is_ours(pull)), None)

    def _created(self, repository: Repository, draft: Draft) -> Theirs:
        from github import GithubException  # noqa: PLC0415  (see above)

        try:
            return repository.create_pull(draft.base, draft.branch, title=draft.title, body=draft.body)
        except GithubException as error:
            # ours, from before a crash or of another process; or created by a call whose answer was lost
            there = self._open_one(repository, draft.branch) if error.status == 422 else None  # noqa: PLR2004
            if there is None:
                raise
            return there


def _app(secret: AppKey) -> AppAuth:
    """Sign in as the App once, here: a key that cannot be used raises a different error for each way it is wrong."""
    from github.Auth import AppAuth  # noqa: PLC0415  (see above)
    from jwt import PyJWTError  # noqa: PLC0415  (PyGithub's)

    try:
        app = AppAuth(secret.app_id, secret.private_key)
        app.create_jwt()
    except (PyJWTError, ValueError, TypeError, AttributeError, AssertionError):
        raise ForgeError(
            "GitHub: [github] private_key_file (or WATCHER_GITHUB__PRIVATE_KEY) is not the private key of a GitHub App: "
            "an RSA key in PEM form without a passphrase"
        ) from None
    return app


def _merged(repository: Repository, number: int) -> PullRequest:
    from github import GithubException  # noqa: PLC0415  (see above)
    from github.GitRef import GitRef  # noqa: PLC0415  (see above)

    pull = repository.get_pull(number)
    if pull.merged_at is not None:
        return _ours(pull)
    try:
        title = f"Merge pull request #{number}: {pull.title}"
        done = pull.merge(commit_title=title, merge_method="merge", sha=pull.head.sha)
    except GithubException as error:
        if error.status == 405 and "not mergeable" in _message(error).lower():  # noqa: PLR2004
            raise MergeConflict(f"pull request {number} does not merge into {pull.base.ref}") from None
        raise
    try:
        GitRef(repository.requester, url=f"{repository.url}/git/refs/heads/{pull.head.ref}", completed=False).delete()
    except GithubException as error:
        if error.status not in (404, 422):  # the repository's own setting was faster
            raise
    return replace(_ours(pull), standing="merged", merge_commit=done.sha)


def _labelled(pull: Theirs, draft: Draft) -> PullRequest:
    there = tuple(label.name for label in pull.labels)
    wanted = labels_after(there, draft)
    if set(wanted) != set(there):
        pull.set_labels(*wanted)
    return replace(_ours(pull), labels=wanted)


def _touched(pull: Theirs) -> datetime:
    if pull.updated_at is None:
        raise ForgeError(f"GitHub does not say when pull request {pull.number} was updated")
    return pull.updated_at


def _is_ours(pull: Theirs) -> bool:
    """Whether the branch is the watcher's: a fork may have one of the same name."""
    head, base = (getattr(side.repo, "full_name", None) for side in (pull.head, pull.base))  # None: a fork that is gone
    return head == base and pull.head.ref.startswith("watcher/")


def _ours(pull: Theirs) -> PullRequest:
    standing: Standing = "open" if pull.state == "open" else "closed" if pull.merged_at is None else "merged"
    return PullRequest(
        number=pull.number,
        branch=pull.head.ref,
        title=pull.title,
        url=pull.html_url,
        standing=standing,
        head=pull.head.sha,
        merge_commit=pull.merge_commit_sha if standing == "merged" else None,
        body=pull.body or "",
        labels=tuple(label.name for label in pull.labels),
    )


def _check_length(draft: Draft) -> None:
    if len(draft.body) > BODY_LIMIT:
        raise ForgeError(f"{draft.branch}: the body has {len(draft.body):,} characters; GitHub takes {BODY_LIMIT:,}")


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Turn what PyGithub raises into a ForgeError that says what is missing."""
    import requests  # noqa: PLC0415  (PyGithub's)
    from github import GithubException  # noqa: PLC0415  (see above)

    try:
        yield
    except GithubException as error:
        rights = (error.headers or {}).get("x-accepted-github-permissions")
        advice = _ADVICE.get(error.status, "") + (f" (GitHub asks for {rights})" if rights else "")
        said = f"GitHub answered {error.status} {_message(error)}".strip()
        raise ForgeError("; ".join(filter(None, (f"GitHub: {what}: {said}", advice)))) from None
    except requests.RequestException as error:
        raise ForgeError(f"GitHub: {what}: cannot be reached ({type(error).__name__})") from None


def _message(error: GithubException) -> str:
    """GitHub's own words, with those of its list of errors."""
    data = error.data if isinstance(error.data, dict) else {}
    details = [
        str(e.get("message", e.get("code", ""))) if isinstance(e, dict) else str(e) for e in data.get("errors", ())
    ]
    return ": ".join(filter(None, (str(data.get("message", "")), ", ".join(details))))
