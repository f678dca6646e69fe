"""Branch protection, where it meets a push: who may move a protected branch, and how."""

from __future__ import annotations

from tests.github.hub import Hub


def check_push(hub: Hub, ref: str, old: str | None, new: str | None) -> str:  # noqa: PLR0911  (one per rule)
    """Return why a ref may not be moved so, in GitHub's words; ``""`` if it may."""
    branch = ref.removeprefix("refs/heads/")
    rule = hub.protection.get(branch) if ref.startswith("refs/heads/") else None
    if new is None and ref == f"refs/heads/{hub.repo.default_branch}":
        return "Cannot delete the default branch"
    if rule is None:
        return ""
    if new is None:
        return "" if rule.get("allow_deletions") else "Cannot delete a protected branch"
    if old and not hub.git.is_ancestor(old, new) and not rule.get("allow_force_pushes"):
        return "Cannot force-push to this protected branch"
    if rule.get("required_pull_request_reviews"):
        return "Changes must be made through a pull request."
    if rule.get("required_status_checks"):
        return "Required status checks are expected."
    return ""
