"""Pull requests: as a list has them, and by themselves with what git says of them."""

from __future__ import annotations

from tests.github.hub import Hub
from tests.github.merges import standing
from tests.github.records import Issue, Side
from tests.github.routes import Json
from tests.github.shapes import node, stamp
from tests.github.shapes.commits import size
from tests.github.shapes.issues import label
from tests.github.shapes.people import association, maybe, user
from tests.github.shapes.repository import repository


def _side(hub: Hub, side: Side) -> Json:
    owner = (side.repo or hub.repo.full_name).partition("/")[0]
    return {
        "label": f"{owner}:{side.ref}" if side.repo is not None else f"unknown repository:{side.ref}",
        "ref": side.ref,
        "sha": side.sha,
        "user": user(hub, owner),
        "repo": repository(hub, side.repo) if side.repo is not None else None,
    }


def simple(hub: Hub, made: Issue) -> Json:
    """A ``pull-request-simple``."""
    pull, api = made.request, f"{hub.api}{hub.root}"
    url, issue, web = f"{api}/pulls/{made.number}", f"{api}/issues/{made.number}", f"{hub.api}/{hub.repo.full_name}"
    links = {
        "self": url,
        "html": f"{web}/pull/{made.number}",
        "issue": issue,
        "comments": f"{issue}/comments",
        "review_comments": f"{url}/comments",
        "review_comment": f"{api}/pulls/comments{{/number}}",
        "commits": f"{url}/commits",
        "statuses": f"{api}/statuses/{pull.head.sha}",
    }
    return {
        "url": url,
        "id": made.id,
        "node_id": node("PR", made.id),
        "html_url": links["html"],
        "diff_url": f"{links['html']}.diff",
        "patch_url": f"{links['html']}.patch",
        "issue_url": issue,
        "number": made.number,
        "state": made.state,
        "locked": False,
        "title": made.title,
        "user": user(hub, made.author),
        "body": made.body,
        "created_at": stamp(made.created_at),
        "updated_at": stamp(made.updated_at),
        "closed_at": stamp(made.closed_at),
        "merged_at": stamp(pull.merged_at),
        "merge_commit_sha": pull.merge_commit,
        "assignee": maybe(hub, made.assignees[0] if made.assignees else ""),
        "assignees": [user(hub, login) for login in made.assignees],
        "requested_reviewers": [user(hub, login) for login in pull.reviewers],
        "requested_teams": [],
        "labels": [label(hub, name) for name in made.labels],
        "milestone": None,
        "draft": pull.draft,
        "commits_url": links["commits"],
        "review_comments_url": links["review_comments"],
        "review_comment_url": links["review_comment"],
        "comments_url": links["comments"],
        "statuses_url": links["statuses"],
        "head": _side(hub, pull.head),
        "base": _side(hub, pull.base),
        "_links": {key: {"href": href} for key, href in links.items()},
        "author_association": association(hub, made.author),
        "auto_merge": None,
        "active_lock_reason": None,
    }


def whole(hub: Hub, made: Issue) -> Json:
    """A ``pull-request``; whether it merges is found out by merging it."""
    pull = made.request
    mergeable, state = standing(hub, made)
    fork = hub.git.merge_base(pull.base.sha, pull.head.sha) or pull.base.sha
    added, deleted, files = size(hub, fork, pull.head.sha)
    return {
        **simple(hub, made),
        "merged": pull.merged_at is not None,
        "mergeable": mergeable,
        "rebaseable": mergeable,
        "mergeable_state": state,
        "merged_by": maybe(hub, pull.merged_by),
        "comments": len(made.comments),
        "review_comments": 0,
        "maintainer_can_modify": pull.maintainer_can_modify,
        "commits": int(hub.git("rev-list", "--count", f"{pull.base.sha}..{pull.head.sha}")),
        "additions": added,
        "deletions": deleted,
        "changed_files": files,
    }
