"""Merging by git itself: a merge commit, a squash, a rebase; and whether a pull request may be merged at all."""

from __future__ import annotations

from tests.github.hub import Hub
from tests.github.records import Issue
from tests.github.routes import Json, Refusal
from tests.github.shapes.commits import facts

_CONFLICT = "Pull Request is not mergeable"


def standing(hub: Hub, issue: Issue) -> tuple[bool | None, str]:
    """``mergeable`` and ``mergeable_state`` as GitHub tells them: clean, dirty, blocked, behind, draft, unknown."""
    pull = issue.request
    if issue.state != "open":
        return None, "unknown"
    if hub.git.merged_tree(pull.base.sha, pull.head.sha) is None:
        return False, "dirty"
    if pull.draft:
        return True, "draft"
    if blockers(hub, issue):
        return True, "blocked"
    behind = _rule(hub, issue, "required_status_checks").get("strict") and not hub.git.is_ancestor(
        pull.base.sha, pull.head.sha
    )
    return True, "behind" if behind else "clean"


def _rule(hub: Hub, issue: Issue, name: str) -> Json:
    return (hub.protection.get(issue.request.base.ref) or {}).get(name) or {}


def blockers(hub: Hub, issue: Issue) -> list[str]:
    """Why the branch protection keeps a pull request from being merged, in GitHub's words."""
    pull, found = issue.request, []
    passed = {s.context: s.state for s in hub.statuses.get(pull.head.sha, [])}
    passed |= {r.name: r.conclusion or r.status for r in hub.runs.values() if r.head_sha == pull.head.sha}
    checks = _rule(hub, issue, "required_status_checks")
    for context in checks.get("contexts") or [check["context"] for check in checks.get("checks", ())]:
        state = passed.get(context)
        if state is None:
            found.append(f'Required status check "{context}" is expected.')
        elif state not in ("success", "neutral", "skipped"):
            found.append(f'Required status check "{context}" is failing.')
    needed = _rule(hub, issue, "required_pull_request_reviews").get("required_approving_review_count", 0)
    latest = {r["user"]: r["state"] for r in pull.reviews if r["state"] != "COMMENTED"}
    if needed > sum(state == "APPROVED" for state in latest.values()):
        plural = "approving review is" if needed == 1 else "approving reviews are"
        found.append(f"At least {needed} {plural} required by reviewers with write access.")
    if "CHANGES_REQUESTED" in latest.values() and needed:
        found.append("Changes have been requested.")
    return found


def merge(hub: Hub, issue: Issue, method: str, title: str | None, message: str | None) -> str:
    """Bring a pull request into its base and return the commit that did; a Refusal where that cannot be."""
    pull = issue.request
    allowed = {"merge": "allow_merge_commit", "squash": "allow_squash_merge", "rebase": "allow_rebase_merge"}
    if not hub.repo.merging[allowed[method]]:
        word = {"merge": "Merge commits are", "squash": "Squash merges are", "rebase": "Rebase merges are"}[method]
        raise Refusal(405, f"{word} not allowed on this repository.")
    tree = hub.git.merged_tree(pull.base.sha, pull.head.sha)
    if issue.state != "open" or pull.draft or tree is None:
        raise Refusal(405, "Pull Request is still a draft" if pull.draft else _CONFLICT)
    reasons = blockers(hub, issue)
    if reasons:
        raise Refusal(405, " ".join(reasons))
    at = hub.now().isoformat()
    if method == "rebase":
        made = rebase(hub, pull.base.sha, pull.head.sha)
    elif method == "squash":
        made = _squash(hub, issue, tree, title, message)
    else:
        owner = (pull.head.repo or hub.repo.full_name).partition("/")[0]
        subject = title or f"Merge pull request #{issue.number} from {owner}/{pull.head.ref}"
        text = f"{subject}\n\n{issue.title if message is None else message}".strip() + "\n"
        made = hub.git.commit_tree(tree, [pull.base.sha, pull.head.sha], text, at=at)
    hub.git.move(f"refs/heads/{pull.base.ref}", made, pull.base.sha)
    return made


def _squash(hub: Hub, issue: Issue, tree: str, title: str | None, message: str | None) -> str:
    pull = issue.request
    commits = hub.git("rev-list", "--reverse", f"{pull.base.sha}..{pull.head.sha}").splitlines()
    said = [facts(hub.git, commit)["message"] for commit in commits]
    if len(said) == 1:
        subject, _, body = said[0].partition("\n")
    else:
        subject, body = issue.title, "\n\n".join(f"* {text}" for text in said)
    text = f"{title or f'{subject} (#{issue.number})'}\n\n{(body if message is None else message).strip()}".strip()
    author = facts(hub.git, pull.head.sha)["author"]
    return hub.git.commit_tree(tree, [pull.base.sha], f"{text}\n", author, hub.now().isoformat())


def rebase(hub: Hub, base: str, head: str) -> str:
    """Make each commit of *head* again on *base*, one by one, and return the last; always new commits."""
    tip = base
    for commit in hub.git("rev-list", "--reverse", "--no-merges", f"{base}..{head}").splitlines():
        known = facts(hub.git, commit)
        # The three sides of picking a commit: what it grew from, where it goes, and itself. git merge-tree finds the
        # first by the parents, so the second is shown to it as a commit on the first.
        onto = hub.git.commit_tree(f"{tip}^{{tree}}", known["parents"][:1], "onto", at="2000-01-01T00:00:00Z")
        tree = hub.git.merged_tree(onto, commit)
        if tree is None:
            raise Refusal(405, "This branch can't be rebased")
        tip = hub.git.commit_tree(tree, [tip], f"{known['message']}\n", known["author"], hub.now().isoformat())
    return tip


def update_branch(hub: Hub, issue: Issue) -> None:
    """Merge the base into the branch of a pull request, as the button does."""
    pull = issue.request
    tree = hub.git.merged_tree(pull.head.sha, pull.base.sha)
    if tree is None:
        raise Refusal(422, "merge conflict between base and head", [])
    text = f"Merge branch '{pull.base.ref}' into {pull.head.ref}\n"
    made = hub.git.commit_tree(tree, [pull.head.sha, pull.base.sha], text, at=hub.now().isoformat())
    hub.git.move(f"refs/heads/{pull.head.ref}", made, pull.head.sha)
