"""A change becomes a branch and a pull request: one per source and line, whatever happens in between.

A crash between push and record, or between the forge's answer and ours, is harmless: the commit has the
same name when made again, and the forge is asked by branch before anything is opened.
"""

from __future__ import annotations

from builder.ports import Commit, Draft
from generator import message
from generator.plan import Planned
from state.errors import StaleLease
from state.events import ChangeSkipped, Event, PullRequestOpened, PullRequestUpdated
from state.model import Change, PullRequest, Skipped
from state.store import PullRecord, Recorded
from watcher.app import App


async def submit(planned: Planned, head: str, recorded: Recorded, app: App) -> list[Event]:
    """Bring branch and pull request of a change up to date; return what changed on the forge.

    :param head: commit of the default branch that the change was planned on
    """
    change = planned.change
    known = app.store.open_pull(change.branch)
    remote = await app.repository.head(change.branch)
    if known and known.key == change.key and known.head == remote and await _mergeable(change, known, head, app):
        return await _unsaid(known, recorded, app)
    commit = await app.repository.commit(Commit(change.branch, head, change.message, dict(change.files), recorded.at))
    if remote not in (None, commit) and not await _ours(change, remote or "", app):
        return [_edited(change)]
    if remote != commit:
        try:
            await app.repository.push(change.branch, commit, remote)
        except StaleLease:
            return [_edited(change)]
    pull = await _on_forge(planned, known, app)
    app.store.save_pull(_record(change, pull, head, commit, recorded), app.now())
    # One that is open there and not remembered was opened by this very step, before a crash.
    return [(PullRequestUpdated if known else PullRequestOpened)(change.source, pull)]


async def _unsaid(known: PullRecord, recorded: Recorded, app: App) -> list[Event]:
    """What this very event did already and nobody was told of: it was not finished before a crash."""
    if known.event != recorded.id or recorded.done:
        return []
    happened = PullRequestOpened if known.opened_at == known.updated_at else PullRequestUpdated
    return [happened(known.source, await app.forge.pull(known.number))]


def _edited(change: Change) -> ChangeSkipped:
    """Say that the branch is somebody else's now."""
    reason = f"somebody else pushed to {change.branch}: it is left alone"
    return ChangeSkipped(Skipped(change.source, change.line or "", change.new or change.old or "", reason))


async def _mergeable(change: Change, known: PullRecord, head: str, app: App) -> bool:
    """Whether the branch as it is still merges: asked only when the default branch moved."""
    return known.base == head or await app.repository.merges_cleanly(change.branch, app.branch)


async def _ours(change: Change, remote: str, app: App) -> bool:
    """Whether the branch's tip is a commit that we made: one we recorded, or one that carries our trailers."""
    if any(p.head == remote for p in app.store.pulls() if p.branch == change.branch):
        return True
    return change.branch.removeprefix("watcher/") in (await app.repository.trailers(remote)).get("Watcher-Key", ())


async def _on_forge(planned: Planned, known: PullRecord | None, app: App) -> PullRequest:
    """Open the pull request, or bring the open one of this branch up to date."""
    change = planned.change
    stale = tuple(label for label in message.MANAGED if label not in change.labels)
    draft = Draft(change.branch, app.branch, change.title, planned.body(), change.labels, stale)
    number = known.number if known else None
    if number is None:
        found = await app.forge.find(change.branch)
        if found is None:
            return await app.forge.open(draft)
        number = found.number
    comment = None
    if known and known.title != change.title:
        comment = f"Now brings {change.title}; before this it was {known.title}."
    return await app.forge.update(number, draft, comment)


def _record(change: Change, pull: PullRequest, base: str, commit: str, recorded: Recorded) -> PullRecord:
    """What we remember of a pull request."""
    return PullRecord(
        number=pull.number,
        source=change.source,
        line=change.line,
        old=change.old,
        new=change.new,
        lines=dict(change.lines),
        key=change.key,
        branch=change.branch,
        title=change.title,
        url=pull.url,
        state=pull.standing,
        base=base,
        head=commit,
        merge_commit=pull.merge_commit,
        event=recorded.id,
    )
