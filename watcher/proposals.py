"""A change becomes a branch and a pull request: one per source and line, whatever happens in between.

A crash between push and record, or between the forge's answer and ours, is harmless: the commit has the
same name when made again, and the forge is asked by branch before anything is opened.
"""

from __future__ import annotations

from dataclasses import replace

from builder.operations import Branch, Leave, Push, on_branch
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
    remote = await app.repository.head(change.branch)
    if known and known.head == remote and await _fits(change, known, head, app):
        return await _unsaid(known, recorded, app)
    commit = await _commit(change, head, recorded, app)
    if left := await _pushed(change, commit, remote, known, app):
        return [_left(left, change, known, recorded, app)]
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


async def _commit(change: Change, head: str, recorded: Recorded, app: App) -> str:
    """Make the change's commit in the clone: the same one whenever it is made again."""
    text = change.message
    if app.config.settings.commits.sign_off:
        text += f"Signed-off-by: {app.identity.name} <{app.identity.email}>\n"  # one more of the trailers
    return await app.repository.commit(Commit(change.branch, head, text, dict(change.files), recorded.at))


async def _pushed(change: Change, commit: str, remote: str | None, known: PullRecord | None, app: App) -> Leave | None:
    """Bring the branch to *commit*; return why it is left alone, if it is."""
    ours = remote == commit or await _ours(change, remote, app)
    match on_branch(commit, Branch(remote, ours, held=bool(known and known.held))):
        case Leave() as left:
            return left
        case Push(expected=expected):
            try:
                await app.repository.push(change.branch, commit, expected)
            except StaleLease:
                return Leave("foreign")
        case None:
            pass
    return None


async def _unsaid(known: PullRecord, recorded: Recorded, app: App) -> list[Event]:
    """What this very event did already and nobody was told of: it was not finished before a crash."""
    if known.event != recorded.id or recorded.done:
        return []
    happened = PullRequestOpened if known.opened_at == known.updated_at else PullRequestUpdated
    return [happened(known.source, await app.forge.pull(known.number))]


def _left(left: Leave, change: Change, known: PullRecord | None, recorded: Recorded, app: App) -> ChangeSkipped:
    """Say why the branch is left alone: people have asked for it, or it is somebody else's now."""
    _later(known, recorded, app)
    reason = f"somebody else pushed to {change.branch}: it is left alone"
    if known and left.why == "held":
        reason = f"#{known.number} is held: it is brought up to date once `{standing.HOLD}` is taken off"
    return ChangeSkipped(Skipped(change.source, change.line or "", change.new or change.old or "", reason))


def _later(known: PullRecord | None, recorded: Recorded, app: App) -> None:
    """Let the branch, once it is given back, bring what is asked for now and not what it was made for."""
    if known:
        app.store.save_pull(replace(known, event=recorded.id), app.now())


async def _fits(change: Change, known: PullRecord, head: str, app: App) -> bool:
    """Whether the branch brings this change already, and still merges: asked only when the default branch moved."""
    if known.held or known.key != change.key:
        return False
    return known.base == head or await app.repository.merges_cleanly(change.branch, app.branch)


async def _ours(change: Change, remote: str | None, app: App) -> bool:
    """Whether the branch's tip is a commit that we made: one we recorded, or one that carries our trailers."""
    if remote is None or any(p.head == remote for p in app.store.pulls() if p.branch == change.branch):
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
