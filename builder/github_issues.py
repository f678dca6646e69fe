"""Issues on GitHub, through the same session as the pull requests: only where the settings say that the token may."""

from __future__ import annotations

from typing import TYPE_CHECKING

from builder.github import GitHubForge
from state.model import Issue

if TYPE_CHECKING:
    from github.Issue import Issue as Theirs
    from github.Repository import Repository


class GitHubIssues:
    """Issues of the repository of *forge*; satisfies :class:`builder.ports.Issues`. Needs ``issues`` with write access."""

    def __init__(self, forge: GitHubForge) -> None:
        self._forge = forge

    async def raise_issue(self, title: str, body: str, labels: tuple[str, ...]) -> Issue:
        """See :meth:`builder.ports.Issues.raise_issue`; looked for among the open ones with these labels."""

        def raised(repository: Repository) -> Issue:
            return _seen(_found(repository, title, labels) or _raised(repository, title, body, labels))

        return await self._forge.call(f"raise an issue: {title}", raised)

    async def rewrite(self, number: int, body: str) -> Issue:
        """See :meth:`builder.ports.Issues.rewrite`: one call."""

        def rewritten(repository: Repository) -> Issue:
            from github.Issue import Issue as Theirs  # noqa: PLC0415  (PyGithub takes a fifth of a second to import)

            issue = Theirs(repository.requester, url=f"{repository.url}/issues/{number}", completed=False)
            issue.edit(body=body)
            return _seen(issue)

        return await self._forge.call(f"rewrite issue {number}", rewritten)

    async def settle_issue(self, number: int, comment: str) -> Issue:
        """See :meth:`builder.ports.Issues.settle_issue`."""

        def settled(repository: Repository) -> Issue:
            issue = repository.get_issue(number)
            if issue.state == "open":
                issue.create_comment(comment)
                issue.edit(state="closed")
            return _seen(issue)

        return await self._forge.call(f"close issue {number}", settled)


def _found(repository: Repository, title: str, labels: tuple[str, ...]) -> Theirs | None:
    there = repository.get_issues(state="open", labels=list(labels))
    # Its pull_request would be asked for by a call of its own where a list leaves it out: of all that are none.
    return next((issue for issue in there if issue.title == title and "/pull/" not in issue.html_url), None)


def _raised(repository: Repository, title: str, body: str, labels: tuple[str, ...]) -> Theirs:
    """Open it once, also where the answer to it is lost."""
    from builder.github_session import Lost  # noqa: PLC0415  (PyGithub takes a fifth of a second to import)

    try:
        return repository.create_issue(title, body=body, labels=list(labels))
    except Lost:
        found = _found(repository, title, labels)
        return found or repository.create_issue(title, body=body, labels=list(labels))


def _seen(issue: Theirs) -> Issue:
    """The noun that everybody else knows."""
    labels = tuple(label.name for label in issue.labels)
    return Issue(issue.number, issue.title, issue.html_url, issue.state == "open", labels, issue.body or "")
