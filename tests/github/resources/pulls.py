"""Pull requests: listed, opened, changed, closed and reopened."""

from __future__ import annotations

from tests.github.hub import Hub
from tests.github.observe import close, tell
from tests.github.pages import listing
from tests.github.records import Issue, Pull, Side
from tests.github.routes import Ask, Refusal, Reply, invalid, refused, route
from tests.github.shapes.commits import commit, entries
from tests.github.shapes.pulls import simple, whole

BODY_LIMIT = 65_536


@route("GET", "pulls", "pull_requests=read")
def several(hub: Hub, ask: Ask) -> Reply:
    """Those in a state, of a head (``OWNER:BRANCH``), of a base; newest first unless told."""
    wanted, query = ask.query.get("state", "open"), ask.query
    if wanted not in ("open", "closed", "all"):
        raise invalid("PullRequest", "state")
    found = list(hub.pulls(state=wanted, base=query.get("base")))
    owner, _, branch = query.get("head", "").partition(":")
    if branch:
        found = [made for made in found if _label(hub, made) == (owner.lower(), branch)]
    by = query.get("sort", "created")
    found.sort(key=lambda made: (made.updated_at if by == "updated" else made.created_at, made.number))
    if query.get("direction", "asc" if by == "created" and "sort" in query else "desc") == "desc":
        found.reverse()
    return listing(hub, ask, found, lambda made: simple(hub, made))


def _label(hub: Hub, made: Issue) -> tuple[str, str]:
    head = made.request.head
    return (head.repo or hub.repo.full_name).partition("/")[0].lower(), head.ref


@route("POST", "pulls", "pull_requests=write")
def create(hub: Hub, ask: Ask) -> Reply:
    """Open one: of a branch that has commits which the base has not, and that no other open one is of."""
    owner, _, branch = ask.said("head", "").rpartition(":")
    made = open_pull(
        hub,
        ask.login,
        head=branch,
        owner=owner or hub.repo.owner,
        base=ask.said("base", ""),
        title=ask.said("title", ""),
        body=ask.said("body"),
        draft=ask.said("draft", otherwise=False),
    )
    made.request.maintainer_can_modify = ask.said("maintainer_can_modify", otherwise=False)
    return Reply(201, whole(hub, made))


def open_pull(
    hub: Hub, login: str, *, head: str, base: str, title: str, body: str | None, owner: str, draft: bool = False
) -> Issue:
    """Open a pull request of a branch of ours, or refuse as GitHub does."""
    tips = {side: hub.refs.get(f"refs/heads/{name}") for side, name in (("head", head), ("base", base))}
    if owner.lower() != hub.repo.owner.lower():
        tips["head"] = None
    for side, tip in tips.items():
        if tip is None:
            raise invalid("PullRequest", side)
    _check_text(title, body)
    ours, theirs = tips["head"] or "", tips["base"] or ""
    if hub.git.merge_base(theirs, ours) is None:
        raise refused("PullRequest", f"The {head} branch has no history in common with {base}")
    if hub.git.is_ancestor(ours, theirs):
        raise refused("PullRequest", f"No commits between {base} and {head}")
    if any(made.request.head.repo == "" for made in hub.pulls(head=head, base=base)):
        raise refused("PullRequest", f"A pull request already exists for {owner}:{head}.")
    at = hub.now()
    pull = Pull(Side(head, ours), Side(base, theirs), draft)
    made = Issue(hub.next_number(), hub.id(), title, body or None, login, at, at, pull=pull)
    hub.issues[made.number] = made
    hub.git.move(f"refs/pull/{made.number}/head", ours)
    tell(hub, made, "opened", login)
    return made


def _check_text(title: str | None, body: str | None) -> None:
    if title is not None and not title.strip():
        raise invalid("PullRequest", "title", "missing_field")
    if title and len(title) > 256:
        raise refused("PullRequest", "title is too long (maximum is 256 characters)")
    if body and len(body) > BODY_LIMIT:
        raise refused("PullRequest", f"body is too long (maximum is {BODY_LIMIT} characters)")


@route("GET", "pulls/{pull_number}", "pull_requests=read")
def get(hub: Hub, ask: Ask) -> Reply:
    """One, with what git says of it."""
    return Reply(200, whole(hub, hub.pull(ask.at["pull_number"])))


@route("PATCH", "pulls/{pull_number}", "pull_requests=write")
def update(hub: Hub, ask: Ask) -> Reply:
    """Change title, text, base; close it or open it again."""
    made = hub.pull(ask.at["pull_number"])
    title, body = ask.said("title", made.title), ask.said("body", made.body)
    _check_text(title, body)
    changes = {
        key: {"from": old or ""}
        for key, old, new in (("title", made.title, title), ("body", made.body, body))
        if old != new
    }
    base = ask.said("base", made.request.base.ref)
    if base != made.request.base.ref:
        _retarget(hub, made, base)
        hub.touch(made, "base_ref_changed", ask.login)
    if changes:
        made.title, made.body = title, body or None
        hub.touch(made)
        tell(hub, made, "edited", ask.login, changes=changes)
    state = ask.said("state", made.state)
    if state == "closed" and made.state == "open":
        close(hub, made, ask.login)
    elif state == "open" and made.state == "closed":
        reopen(hub, made, ask.login)
    return Reply(200, whole(hub, made))


def _retarget(hub: Hub, made: Issue, base: str) -> None:
    tip = hub.refs.get(f"refs/heads/{base}")
    if tip is None:
        raise invalid("PullRequest", "base")
    if made.state != "open":
        raise refused("PullRequest", "Cannot change the base branch of a closed pull request.")
    made.request.base.ref, made.request.base.sha = base, tip


def reopen(hub: Hub, made: Issue, login: str) -> None:
    """Open a closed one again; not one that is merged, nor one whose branch is gone or was moved elsewhere."""
    pull = made.request
    tip, branch = hub.refs.get(f"refs/heads/{pull.head.ref}"), pull.head.ref
    if pull.merged_at:
        raise refused("PullRequest", "state cannot be changed. The pull request cannot be reopened.")
    if tip is None:
        raise refused("PullRequest", f"state cannot be changed. The {branch} branch has been deleted.")
    if not hub.git.is_ancestor(pull.head.sha, tip):
        raise refused("PullRequest", f"state cannot be changed. The {branch} branch was force-pushed or recreated.")
    if any(other.request.head.repo == "" for other in hub.pulls(head=branch, base=pull.base.ref)):
        raise refused("PullRequest", f"state cannot be changed. There is already an open pull request from {branch}.")
    base = hub.refs.get(f"refs/heads/{pull.base.ref}")
    if base is None:
        raise Refusal(422, "Validation Failed", [])
    pull.head.sha, pull.base.sha = tip, base
    made.state, made.closed_at, made.closed_by = "open", None, ""
    hub.touch(made, "reopened", login)
    tell(hub, made, "reopened", login)


@route("GET", "pulls/{pull_number}/commits", "pull_requests=read")
def commits(hub: Hub, ask: Ask) -> Reply:
    """What it brings, oldest first."""
    pull = hub.pull(ask.at["pull_number"]).request
    found = hub.git("rev-list", "--reverse", f"{pull.base.sha}..{pull.head.sha}").splitlines()[:250]
    return listing(hub, ask, found, lambda sha: commit(hub, sha))


@route("GET", "pulls/{pull_number}/files", "pull_requests=read")
def files(hub: Hub, ask: Ask) -> Reply:
    """What it changes."""
    pull = hub.pull(ask.at["pull_number"]).request
    fork = hub.git.merge_base(pull.base.sha, pull.head.sha) or pull.base.sha
    return listing(hub, ask, entries(hub, fork, pull.head.sha))


@route("GET", "pulls/{pull_number}/comments", "pull_requests=read")
def review_comments(hub: Hub, ask: Ask) -> Reply:
    """Comments on lines: nobody makes any here."""
    hub.pull(ask.at["pull_number"])
    return listing(hub, ask, [])
