"""Merging a pull request, or two branches."""

from __future__ import annotations

from tests.github.hub import Hub
from tests.github.merges import merge, update_branch
from tests.github.observe import merged, observe
from tests.github.routes import Ask, Refusal, Reply, missing, route
from tests.github.shapes.commits import commit


@route("GET", "pulls/{pull_number}/merge", "pull_requests=read")
def is_merged(hub: Hub, ask: Ask) -> Reply:
    """204 or 404."""
    if hub.pull(ask.at["pull_number"]).request.merged_at is None:
        raise missing()
    return Reply(204)


@route("PUT", "pulls/{pull_number}/merge", "contents=write")
def put(hub: Hub, ask: Ask) -> Reply:
    """Merge, squash or rebase it; 409 if its head is not where who asks believes."""
    made = hub.pull(ask.at["pull_number"])
    pull = made.request
    if ask.said("sha", pull.head.sha) != pull.head.sha:
        raise Refusal(409, "Head branch was modified. Review and try the merge again.")
    method = ask.said("merge_method", "merge")
    sha = merge(hub, made, method, ask.said("commit_title"), ask.said("commit_message"))
    merged(hub, made, sha, ask.login)
    observe(hub, ask.login)
    branch = f"refs/heads/{pull.head.ref}"
    if hub.repo.merging["delete_branch_on_merge"] and pull.head.repo == "" and branch in hub.refs:
        hub.git.move(branch, None)
        observe(hub, ask.login)
    return Reply(200, {"sha": sha, "merged": True, "message": "Pull Request successfully merged"})


@route("PUT", "pulls/{pull_number}/update-branch", "pull_requests=write")
def update(hub: Hub, ask: Ask) -> Reply:
    """Bring the base into the branch."""
    made = hub.pull(ask.at["pull_number"])
    if ask.said("expected_head_sha", made.request.head.sha) != made.request.head.sha:
        raise Refusal(422, "expected head sha didn't match current head ref.", [])
    if hub.git.is_ancestor(made.request.base.sha, made.request.head.sha):
        raise Refusal(422, "There are no new commits on the base branch.", [])
    update_branch(hub, made)
    observe(hub, ask.login)
    url = f"{hub.api}{hub.root}/pulls/{made.number}"
    return Reply(202, {"message": "Updating pull request branch.", "url": url})


@route("POST", "merges", "contents=write")
def branches(hub: Hub, ask: Ask) -> Reply:
    """Merge one branch into another, without a pull request."""
    base, head = hub.refs.get(f"refs/heads/{ask.said('base', '')}"), hub.git.commit(ask.said("head", ""))
    if base is None or head is None:
        raise Refusal(404, f"{'Base' if base is None else 'Head'} does not exist")
    if hub.git.is_ancestor(head, base):
        return Reply(204)
    tree = hub.git.merged_tree(base, head)
    if tree is None:
        raise Refusal(409, "Merge conflict")
    text = ask.said("commit_message", f"Merge {ask.said('head')} into {ask.said('base')}")
    made = hub.git.commit_tree(tree, [base, head], text, at=hub.now().isoformat())
    hub.git.move(f"refs/heads/{ask.said('base')}", made, base)
    observe(hub, ask.login)
    return Reply(201, commit(hub, made))
