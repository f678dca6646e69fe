"""A change becomes a branch and a pull request: one per source and line, whatever happens in between.

A crash between push and record, or between the forge's answer and ours, is harmless: the commit has the
same name when made again, and the forge is asked by branch before anything is opened.
"""

from __future__ import annotations

from dataclasses import replace

from builder.ports import Commit, Draft
from generator import message
from generator.plan import Planned
from state.errors import ForgeError, StaleLease
from state.events import ChangeSkipped, Event, PullRequestOpened, PullRequestUpdated
from state.model import Change, PullRequest, Skipped
from state.store import PullRecord, Recorded
from watcher import standing
from watcher.app import App


async def submit(planned: Planned, head: str, recorded: Recorded, app: App) -> list[Event]:
    """Bring branch and pull request of a change up to date; return what changed on the forge.

    :param head: commit of the default branch that the change was planned on
    """
    change = planned.change
    known = app.store.open_pull(change.branch)
    if known and known.held:
        return [_held(change, known, recorded, app)]
    remote = await app.repository.head(change.branch)
    if known and known.key == change.key and known.head == remote and await _mergeable(change, known, head, app):
        return await _unsaid(known, recorded, app)
    commit = await _pushed(change, head, remote, recorded, app)
    if commit is None:
        return [_edited(change, known, recorded, app)]
    if known:
        # Before the forge is told: a branch that we moved is never taken for one that people moved.
        moved = replace(known, head=commit, new=change.new, lines=dict(change.lines), key="", event=recorded.id)
        app.store.save_pull(moved, app.now())
    pull = await _on_forge(planned, known, app)
    if pull.standing != "open":
        # Not remembered here: the next run hears of it first, and then goes on with this.
        raise ForgeError(f"#{pull.number} was {pull.standing} just now: the next run goes on with {change.title}")
    app.store.save_pull(_record(change, pull, head, commit, recorded), app.now())
    # One that is open there and not remembered was opened by this very step, before a crash.
    return [(PullRequestUpdated if known else PullRequestOpened)(change.source, pull)]


async def _pushed(change: Change, head: str, remote: str | None, recorded: Recorded, app: App) -> str | None:
    """Bring the branch to the change's commit and return that; None where the branch is somebody else's."""
    text = change.message
    if app.config.settings.commits.sign_off:
        text += f"Signed-off-by: {app.identity.name} <{app.identity.email}>\n"  # one more of the trailers
    commit = await app.repository.commit(Commit(change.branch, head, text, dict(change.files), recorded.at))
    if remote == commit:
        return commit
    if remote is not None and not await _ours(change, remote, app):
        return None
    try:
        await app.repository.push(change.branch, commit, remote)
    except StaleLease:
        return None
    return commit


async def _unsaid(known: PullRecord, recorded: Recorded, app: App) -> list[Event]:
    """What this very event did already and nobody was told of: it was not finished before a crash."""
    if known.event != recorded.id or recorded.done:
        return []
    happened = PullRequestOpened if known.opened_at == known.updated_at else PullRequestUpdated
    return [happened(known.source, await app.forge.pull(known.number))]


def _held(change: Change, known: PullRecord, recorded: Recorded, app: App) -> ChangeSkipped:
    """Say that people have asked to be left alone."""
    _later(known, recorded, app)
    reason = f"#{known.number} is held: it is brought up to date once `{standing.HOLD}` is taken off"
    return ChangeSkipped(Skipped(change.source, change.line or "", change.new or change.old or "", reason))


def _later(known: PullRecord | None, recorded: Recorded, app: App) -> None:
    """Let the branch, once it is given back, bring what is asked for now and not what it was made for."""
    if known:
        app.store.save_pull(replace(known, event=recorded.id), app.now())


def _edited(change: Change, known: PullRecord | None, recorded: Recorded, app: App) -> ChangeSkipped:
    """Say that the branch is somebody else's now."""
    _later(known, recorded, app)
    reason = f"somebody else pushed to {change.branch}: it is left alone"
    return ChangeSkipped(Skipped(change.source, change.line or "", change.new or change.old or "", reason))


async def _mergeable(change: Change, known: PullRecord, head: str, app: App) -> bool:
    """Whether the branch as it is still merges: asked only when the default branch moved."""
    return known.base == head or await app.repository.merges_cleanly(change.branch, app.branch)


async def _ours(change: Change, remote: str, app: App) -> bool:
    """Whether the branch's tip is a commit that we made: one we recorded, or one that carries our trailers."""
    if any(p.head == remote for p in app.store.pulls() if p.branch == change.branch):
        return True
    if (await app.repository.told(remote)).committer != app.identity.email:
        return False  # amended by a person, who keeps the trailers
    return change.branch.removeprefix("watcher/") in (await app.repository.trailers(remote)).get("Watcher-Key", ())


async def _on_forge(planned: Planned, known: PullRecord | None, app: App) -> PullRequest:
    """Open the pull request, or bring the open one of this branch up to date."""
    change = planned.change
    stale = tuple(label for label in message.MANAGED if label not in change.labels)
    asked, body = app.config.settings.reviewers, planned.body(past=app.store.builds.spent)
    people = (asked.users_of(change.source), asked.teams)
    draft = Draft(change.branch, app.branch, change.title, body, change.labels, stale, *people)
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
