"""One step per event, in the order in which a release walks through them.

ReleaseSeen → pull request → (a maintainer merges) → PullRequestMerged → BuildPlanned.
A step is safe to repeat, and returns what happened; what happens *next* is the bus's business.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from builder.ports import Draft
from generator import builds, distro_plan, message, plan
from generator.distro_move import Move
from generator.proposal import Proposal
from generator.rows import Catalogue
from state.events import (
    ArtifactChanged,
    BuildFailed,
    BuildPlanned,
    ChangeSkipped,
    ChecksumSettled,
    DistroMoved,
    Event,
    FeedFailed,
    ImageBuilt,
    ImageTagged,
    ProposalObsolete,
    PullRequestClosed,
    PullRequestHeld,
    PullRequestMerged,
    PullRequestOpened,
    PullRequestUpdated,
    RedoAsked,
    ReleaseHeld,
    ReleaseSeen,
    ReleaseYanked,
    RenderAsked,
    SupportEnded,
)
from state.store import Recorded
from watcher import changes, planning, proposals, quarantine, standing, yanking
from watcher.app import App


async def step(recorded: Recorded, app: App) -> list[Event]:  # noqa: C901, PLR0911, PLR0912  (one case per event)
    """Do what *recorded* asks for and return what happened by that."""
    match recorded.event:
        case ReleaseSeen() as seen:
            return await propose(seen, recorded, app)
        case ReleaseYanked() as yanked:
            return await take_back(yanked, recorded, app)
        case SupportEnded() as ended:
            return await retire(ended, recorded, app)
        case DistroMoved() as moved:
            return await move(moved, recorded, app)
        case ArtifactChanged() as changed:
            return await warn(changed, app)
        case ChecksumSettled() as settled:
            return await calm(settled, app)
        case ProposalObsolete() as obsolete:
            return await withdraw(obsolete, app)
        case RenderAsked():
            return await refresh(recorded, app)
        case PullRequestHeld() as held:
            return await hold(held, app)
        case RedoAsked() as asked:
            return await redo(asked, app)
        case PullRequestMerged() as merged:
            return await merge(merged, app)
        case PullRequestClosed() as closed:
            return refuse(closed, app)
        case BuildPlanned() as planned:
            return await queue(planned, recorded, app)
        case (
            ReleaseHeld()
            | FeedFailed()
            | ChangeSkipped()
            | PullRequestOpened()
            | PullRequestUpdated()
            | ImageBuilt()
            | ImageTagged()
            | BuildFailed()
        ):
            return []  # facts: nobody has to act on them


async def propose(seen: ReleaseSeen, recorded: Recorded, app: App) -> list[Event]:
    """Plan the change that brings these releases, and open or update its pull request."""
    if app.config.mode(seen.source) == "observe":
        return []
    head, catalogue, before = await _base(seen.source, app)
    proposal = Proposal(
        source=seen.source,
        line=seen.line,
        releases=seen.releases,
        seen=app.store.first_seen(seen.source, str(seen.releases[0].version)) or recorded.at,
        late=seen.late,
        passed=seen.passed,
        without=seen.without,
        links=_links(seen, catalogue, app),
        now=recorded.at,
    )
    planned = plan.propose(catalogue, before, proposal, recorded.at.date())
    return await _submit(planned, head, recorded, app)


async def take_back(yanked: ReleaseYanked, recorded: Recorded, app: App) -> list[Event]:
    """Plan the change that brings the releases before a bad one back, and open its pull request."""
    head, catalogue, before = await _base(yanked.source, app)
    proposal = Proposal(
        source=yanked.source,
        line=yanked.line,
        releases=yanked.releases,
        seen=recorded.at,
        now=recorded.at,
        yanked=yanked.version,
        reason=yanked.reason,
    )
    planned = plan.propose(catalogue, before, proposal, recorded.at.date())
    return await _submit(planned, head, recorded, app)


async def retire(ended: SupportEnded, recorded: Recorded, app: App) -> list[Event]:
    """Plan the change that removes a line, and open its pull request."""
    if app.config.mode(ended.source) == "observe":
        return []
    head, catalogue, before = await _base(ended.source, app)
    planned = plan.retire(catalogue, before, ended.source, ended.line, ended.ended, recorded.at.date())
    return await _submit(planned, head, recorded, app)


async def move(moved: DistroMoved, recorded: Recorded, app: App) -> list[Event]:
    """Plan the change of a distro's lines, and open or update its pull request."""
    if app.config.mode(moved.source) == "observe":
        return []
    await app.repository.fetch()
    head = await app.images.head()
    wanted = Move(moved.source, moved.what, moved.lines, moved.absent, moved.security)
    catalogue = await app.images.catalogue(head)
    before = await app.images.texts(head, distro_plan.prefixes(catalogue, wanted))
    version = next((str(line.version) for line in moved.lines if line.version), None)
    links = app.sources[moved.source].links(None, version) if version else {}
    planned = distro_plan.propose(catalogue, before, wanted, recorded.at.date(), links)
    return await _submit(planned, head, recorded, app)


async def refresh(recorded: Recorded, app: App) -> list[Event]:
    """Plan the change that brings every generated file up to date, and open its pull request."""
    await app.repository.fetch()
    head = await app.images.head()
    catalogue = await app.images.catalogue(head)
    before = await app.images.texts(head, plan.GENERATED)
    return await _submit(plan.refresh(catalogue, before, recorded.at.date()), head, recorded, app)


async def warn(changed: ArtifactChanged, app: App) -> list[Event]:
    """Mark open pull requests that carry a file whose checksum is another one now, and ask people to look into it."""
    for record in app.store.pulls(state="open"):
        if record.source == changed.source and record.lines.get(changed.line) == changed.version:
            await quarantine.mark(record, changed, app)
    await quarantine.tell(changed, app)
    return []


async def calm(settled: ChecksumSettled, app: App) -> list[Event]:
    """Take back what was said of a changed checksum that is no matter any more."""
    await quarantine.close(settled, app)
    return []


async def withdraw(obsolete: ProposalObsolete, app: App) -> list[Event]:
    """Close a pull request that has become pointless; that is no decision about its version."""
    record = app.store.pull(obsolete.pull)
    pull = await app.forge.pull(obsolete.pull) if record else None
    if record and pull and pull.standing == "open":
        # Remembered first: so the forge's "closed" is never taken for a maintainer's; the label tells `watcher recover`.
        app.store.save_pull(replace(record, state="closed"), app.now())
        draft = Draft(pull.branch, app.branch, pull.title, pull.body, (message.WITHDRAWN,))
        await app.forge.update(obsolete.pull, draft)
        await app.forge.close(obsolete.pull, f"Closed by the watcher: {obsolete.reason}.")
    return []


async def hold(held: PullRequestHeld, app: App) -> list[Event]:
    """Leave a branch to the people who committed to it, and ask them how to go on."""
    await standing.hold(held, app)
    return []


async def redo(asked: RedoAsked, app: App) -> list[Event]:
    """Make a branch again from the catalogue as it is now: text is never merged, everything is generated."""
    record = await standing.give_back(asked, app)
    again = app.store.recorded(record.event) if record else None
    followed = await step(again, app) if again else []
    if any(isinstance(event, PullRequestUpdated) for event in followed):
        await app.forge.say(asked.pull.number, standing.reason(asked))
    return followed


async def merge(merged: PullRequestMerged, app: App) -> list[Event]:
    """Work out what to build, and bring up to date what no longer merges beside it."""
    record = changes.remember(merged.pull, app)
    yanking.settle(app, merged.source, record.old if record else None)
    await app.repository.fetch()
    followed: list[Event] = []
    for other in app.store.pulls(state="open"):
        if not await standing.outdated(other, app) or (await app.forge.pull(other.number)).standing != "open":
            continue
        # Everything is generated: never merge text, make the change again on the new base.
        again = app.store.recorded(other.event)
        followed += await step(again, app) if again else []
    found = await changes.touched_images(app, merged.pull.number)
    images = [] if found.blocked else found.images
    counts = dict(Counter[str](builds.kind_of(each.image) for each in images))
    drift = await changes.drift(merged.pull, app)
    if drift:
        await app.forge.say(merged.pull.number, changes.drifted(drift))
    day = changes.day_of(app, merged.pull.number).isoformat()
    number, commit = merged.pull.number, found.commit
    return [*followed, BuildPlanned(merged.source, number, commit, counts, day, found.blocked, drift)]


async def queue(planned: BuildPlanned, recorded: Recorded, app: App) -> list[Event]:
    """Queue the builds, where the watcher is to build by itself; else ``watcher build --pull`` does."""
    if planned.pull and not planned.blocked and app.config.mode(planned.source) == "publish":
        await planning.queue(recorded, planned, app)
    return []


def refuse(closed: PullRequestClosed, app: App) -> list[Event]:
    """Remember that a maintainer does not want these versions; the next ones are proposed again."""
    record = changes.remember(closed.pull, app)
    for line, version in (record.lines if record else {}).items():
        app.store.ignore(closed.source, line, version, f"pull request #{closed.pull.number} was closed", app.now())
    return []


async def _base(source: str, app: App) -> tuple[str, Catalogue, dict[str, str]]:
    """The default branch as it is now: commit, catalogue, and the texts a change of *source* may touch."""
    await app.repository.fetch()
    head = await app.images.head()
    catalogue = await app.images.catalogue(head)
    return head, catalogue, await app.images.texts(head, plan.prefixes(catalogue, source))


def _links(seen: ReleaseSeen, catalogue: Catalogue, app: App) -> dict[str, dict[str, str]]:
    """Upstream's notes and comparison for each line."""
    source = app.sources[seen.source]
    found = {}
    for release in seen.releases:
        old = catalogue.version(seen.source, release.line)
        found[release.line] = dict(source.links(str(old) if old else None, str(release.version)))
    return found


async def _submit(planned: plan.Planned | None, head: str, recorded: Recorded, app: App) -> list[Event]:
    """Push the change and say so; nothing where the repository has it already."""
    return [] if planned is None else await proposals.submit(planned, head, recorded, app)
