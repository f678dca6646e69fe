"""What became of our pull requests, what they change, and what they would build."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from generator import builds, guard, plan, tags
from state.errors import ForgeError
from state.events import BuildPlanned, Event, PullRequestClosed, PullRequestMerged, RedoAsked
from state.model import PullRequest, Skipped
from state.store import PullRecord
from watcher import shared, standing
from watcher.app import App

_LISTED = 20


@dataclass(frozen=True, slots=True)
class BuildPlan:
    """What a change would build: ``commit`` is the state of the images repository that it builds from.

    ``day`` is the date of the dated tags. ``blocked`` says why it may not be built: what the change does has no label.
    """

    commit: str
    steps: Sequence[builds.BuildStep]
    day: date
    blocked: str = ""


@dataclass(frozen=True, slots=True)
class Touched:
    """The images that a change touches, as :class:`BuildPlan` has them, without their names."""

    commit: str
    images: Sequence[builds.Touched]
    blocked: str = ""


@dataclass(frozen=True, slots=True)
class Watched:
    """What maintainers did since we last looked, and what is left alone because of what they did, with the reason."""

    events: Sequence[Event]
    left: Sequence[Skipped]


async def watch(app: App) -> Watched:
    """Compare the forge's pull requests with what we remember.

    Nothing is remembered here: the step of each event does that, once the event is in the journal.
    """
    events: list[Event] = []
    left: list[Skipped] = []
    known = {record.number: record for record in app.store.pulls()}
    for pull in await app.forge.pulls(_since(known.values())):
        record = known.get(pull.number)
        if record is None:
            continue
        if pull.standing != "open":
            found, why = await _decided(record, pull, app) if record.state != pull.standing else ([], [])
        elif record.state != "open":
            reopened(record, pull, app)
            continue
        else:
            found, why = await _open(record, pull, app)
        events += found
        left += why
    # What was closed is heard before what was merged, and that before what is made again on top of it.
    return Watched(sorted(events, key=_order), left)


def _order(event: Event) -> int:
    return 2 if isinstance(event, RedoAsked) else 1 if isinstance(event, PullRequestMerged) else 0


async def _open(record: PullRecord, pull: PullRequest, app: App) -> tuple[list[Event], list[Skipped]]:
    """What is asked for by an open pull request, and why it is left alone."""
    asked = standing.wish(record, pull)
    if asked is None and await standing.outdated(record, app):
        asked = RedoAsked(record.source, pull, "conflict")
    if isinstance(asked, RedoAsked):
        return [asked], []
    return [asked] if asked else [], list(standing.left(record, pull))


async def _decided(record: PullRecord, pull: PullRequest, app: App) -> tuple[list[Event], list[Skipped]]:
    """What a maintainer decided; merged into another branch, or undone, it is told and nothing else."""
    if pull.standing == "closed":
        return [PullRequestClosed(record.source, pull)], []
    if await standing.arrived(pull, app):
        return [PullRequestMerged(record.source, pull)], []
    commit = (pull.merge_commit or "no commit")[:12]
    reason = f"#{pull.number} was merged as {commit}, which is not in {app.branch}: nothing is built of it"
    return [], [Skipped(record.source, line, version, reason) for line, version in record.lines.items()]


def _since(known: Iterable[PullRecord]) -> datetime | None:
    """From when on pull requests matter: those that we remember as open were not decided before we last wrote them.

    A closed one that is reopened is touched after that, since every run looks before it writes. The day is for clocks
    that differ: the forge's is not ours.
    """
    written = [record.updated_at for record in known if record.state == "open" and record.updated_at]
    return min(written) - timedelta(days=1) if written else None


def remember(pull: PullRequest, app: App) -> PullRecord | None:
    """Keep where a pull request stands now; None if it is none of ours."""
    record = app.store.pull(pull.number)
    if record is None:
        return None
    now = replace(record, state=pull.standing, merge_commit=pull.merge_commit)
    app.store.save_pull(now, app.now())
    return now


def reopened(record: PullRecord, pull: PullRequest, app: App) -> None:
    """Take the "not this version" of a closed pull request back: a maintainer reopened it."""
    for line, version in record.lines.items():
        app.store.unignore(record.source, line, version)
    remember(pull, app)


async def build_plan(app: App, number: int) -> BuildPlan:
    """Plan what merging pull request *number* builds, or, if it is merged, what it built.

    :raises ForgeError: no such pull request, or none of ours
    """
    found = await touched_images(app, number)
    day, names = day_of(app, number), tags.Names(await app.images.catalogue(found.commit))
    return BuildPlan(found.commit, [builds.step(names, each, day) for each in found.images], day, found.blocked)


async def touched_images(app: App, number: int) -> Touched:
    """Work out which images pull request *number* touches, with all that stand on them.

    :raises ForgeError: no such pull request, or none of ours
    """
    record = app.store.pull(number)
    if record is None:
        raise ForgeError(f"no pull request #{number}: `watcher pulls` lists them")
    old, new = await sides(app, record)
    before, after = await app.repository.tree(old), await app.repository.tree(new)
    changed = [path for path, blob in after.items() if before.get(path) != blob]
    was, now = await app.images.catalogue(old), await app.images.catalogue(new)
    findings = guard.findings(was, now, before.keys() - after.keys())
    blocked = guard.missing(findings, (await app.forge.pull(number)).labels) if findings else ""
    return Touched(new, builds.closure(now, changed, was, await shared.copied(app, new, changed)), blocked)


def day_of(app: App, number: int) -> date:
    """Return the date of the dated tags: that of the recorded plan, however often it is shown; today if there is none."""
    planned = app.store.build_planned(number)
    if planned is None or not isinstance(planned.event, BuildPlanned):
        return app.now().date()
    return date.fromisoformat(planned.event.day) if planned.event.day else planned.at.date()


async def drift(pull: PullRequest, app: App) -> tuple[str, ...]:
    """The generated files that people edited in a merged pull request: paths, sorted."""
    record = app.store.pull(pull.number)
    if record is None or pull.merge_commit is None or pull.head == record.head:
        return ()
    ours, theirs = await app.repository.tree(record.head), await app.repository.tree(pull.head)
    # What they brought in by merging the default branch is no edit.
    base = await app.repository.tree((await app.repository.parents(pull.merge_commit))[0])
    return tuple(
        path
        for path in sorted(ours.keys() | theirs.keys())
        if path.startswith(plan.GENERATED) and theirs.get(path) not in (ours.get(path), base.get(path))
    )


def drifted(paths: Sequence[str]) -> str:
    """What is said of generated files that were edited."""
    listed = "".join(f"\n- `{path}`" for path in paths[:_LISTED])
    more = f"\n- and {len(paths) - _LISTED} more" if len(paths) > _LISTED else ""
    return (
        f"Built as merged. {len(paths)} generated files are not as the catalogue has them, because they were edited "
        f"here; the next change of these files, or `watcher render`, undoes that. To keep it, change the catalogue or "
        f"a template:\n{listed}{more}"
    )


async def touched(app: App, record: PullRecord) -> list[str]:
    """The paths that a pull request adds, changes or removes, sorted."""
    old, new = await sides(app, record)
    before, after = await app.repository.tree(old), await app.repository.tree(new)
    return sorted(p for p in before.keys() | after.keys() if before.get(p) != after.get(p))


async def sides(app: App, record: PullRecord) -> tuple[str, str]:
    """The two commits that a pull request is the difference of, whoever else committed to its branch.

    Merged: what its merge commit brought. Else its branch as the forge has it, from where it last left the default
    branch (which somebody may have merged into it).
    """
    if record.merge_commit:
        return (await app.repository.parents(record.merge_commit))[0], record.merge_commit
    head = (await app.forge.pull(record.number)).head
    return await app.repository.merge_base(await app.images.head(), head), head
