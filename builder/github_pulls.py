"""One pull request on GitHub: as we know it, and what is written to it so that a lost answer does no harm."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from builder.github_access import words
from builder.operations import Comment, Edit, Facts, Label, OnPull, Open, Unlabel, on_pull
from builder.ports import Checks, Draft, labels_after
from state.errors import ForgeError, MergeConflict
from state.model import PullRequest, Standing

if TYPE_CHECKING:
    from github.PullRequest import PullRequest as Theirs
    from github.Repository import Repository

log = logging.getLogger(__name__)
_METHODS = ("merge", "squash", "rebase")
"""Ways to merge, the best first: a repository may allow only some."""


def touched(pull: Theirs) -> datetime:
    """When it last changed; ForgeError if GitHub does not say."""
    if pull.updated_at is None:
        raise ForgeError(f"GitHub does not say when pull request {pull.number} was updated")
    return pull.updated_at


def is_ours(pull: Theirs) -> bool:
    """Whether the branch is the watcher's: a fork may have one of the same name."""
    head, base = (getattr(side.repo, "full_name", None) for side in (pull.head, pull.base))  # None: a fork that is gone
    return head == base and pull.head.ref.startswith("watcher/")


def ours(pull: Theirs) -> PullRequest:
    """The noun that everybody else knows."""
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


def say(pull: Theirs, comment: str) -> None:
    """Comment once, also where the answer to it is lost."""
    from builder.github_session import Lost  # noqa: PLC0415  (see above)

    try:
        pull.create_issue_comment(comment)
    except Lost:
        if not any(said.body == comment for said in pull.as_issue().get_comments(since=touched(pull))):
            pull.create_issue_comment(comment)


def merged(repository: Repository, number: int) -> PullRequest:
    """Merge and delete the branch; a merged one stays as it is."""
    from github import GithubException  # noqa: PLC0415  (see above)
    from github.GitRef import GitRef  # noqa: PLC0415  (see above)

    pull = repository.get_pull(number)
    if pull.merged_at is not None:
        return ours(pull)
    sha = _brought(repository, pull)
    try:
        GitRef(repository.requester, url=f"{repository.url}/git/refs/heads/{pull.head.ref}", completed=False).delete()
    except GithubException as error:
        if error.status not in (404, 422):  # the repository's own setting was faster
            raise
    return replace(ours(pull), standing="merged", merge_commit=sha)


def _brought(repository: Repository, pull: Theirs) -> str:
    """Merge in the first way that the repository allows, and return the commit that did."""
    from github import GithubException  # noqa: PLC0415  (see above)
    from github.GithubObject import NotSet  # noqa: PLC0415  (see above)

    title = f"Merge pull request #{pull.number}: {pull.title}"
    for method in _METHODS:
        named = NotSet if method == "rebase" else title
        try:
            return pull.merge(merge_method=method, sha=pull.head.sha, commit_title=named).sha
        except GithubException as error:
            if error.status != 405:  # noqa: PLR2004
                raise
            if "not allowed on this repository" in words(error) and method != _METHODS[-1]:
                continue
            after = repository.get_pull(pull.number)
            if after.merged_at is not None:
                return after.merge_commit_sha  # by a call whose answer was lost, or by a person just now
            if "not mergeable" in words(error).lower():
                raise MergeConflict(f"pull request {pull.number} does not merge into {pull.base.ref}") from None
            raise
    raise AssertionError("unreachable")


def labelled(pull: Theirs, draft: Draft) -> PullRequest:
    """Label one that was opened just now; should it be an older one, its text is the next update's."""
    there = tuple(label.name for label in pull.labels)
    return _done(pull, draft, on_pull(draft, Facts(draft.title, draft.body, draft.base, there)))


def brought_up(pull: Theirs, draft: Draft, comment: str | None) -> PullRequest:
    """Make an open one say what *draft* does."""
    there = tuple(label.name for label in pull.labels)
    return _done(pull, draft, on_pull(draft, Facts(pull.title, pull.body or "", pull.base.ref, there), comment))


def _done(pull: Theirs, draft: Draft, plan: Sequence[OnPull]) -> PullRequest:
    """Carry out a plan. Labels go on and off one by one: to set them all would undo what a person does meanwhile."""
    there = tuple(label.name for label in pull.labels)
    for operation in plan:
        match operation:
            case Open():
                raise AssertionError("it is open")
            case Edit():
                pull.edit(title=draft.title, body=draft.body, base=draft.base)
            case Label(names):
                # PyGithub sends a bare list, which GitHub's description does not have.
                pull.requester.requestJsonAndCheck("POST", f"{pull.issue_url}/labels", input={"labels": list(names)})
            case Unlabel(names):
                for label in names:
                    _unlabel(pull, label)
            case Comment(text):
                say(pull, text)
    return replace(ours(pull), labels=labels_after(there, draft))


def _unlabel(pull: Theirs, label: str) -> None:
    from github import UnknownObjectException  # noqa: PLC0415  (see above)

    with suppress(UnknownObjectException):  # somebody was faster
        pull.remove_from_labels(label)


def ask_for_review(pull: Theirs, draft: Draft) -> None:
    """Ask whom the settings name; somebody who cannot review is told of, and keeps nothing from being opened."""
    from github import GithubException  # noqa: PLC0415  (see above)

    author = pull.user.login.lower()
    people = [user for user in draft.reviewers if user.lower() != author]
    if not people and not draft.teams:
        return
    try:
        pull.create_review_request(reviewers=people, team_reviewers=list(draft.teams))
    except GithubException as error:
        if error.status != 422:  # noqa: PLR2004
            raise
        log.warning("GitHub: #%s: nobody was asked for a review: %s", pull.number, words(error))


def verdict(repository: Repository, commit: str) -> Checks:
    """What check runs and commit statuses say together."""
    from github.Commit import Commit  # noqa: PLC0415  (see above)

    theirs = Commit(repository.requester, url=f"{repository.url}/commits/{commit}", completed=False)
    said = [run.conclusion if run.status == "completed" else "pending" for run in theirs.get_check_runs()]
    statuses = theirs.get_combined_status()
    said += [status.state for status in statuses.statuses]
    if not said:
        return "none"
    if "pending" in said:
        return "pending"
    return "green" if set(said) <= {"success", "neutral", "skipped"} else "red"
