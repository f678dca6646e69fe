"""The main job: go on with what was left, see what maintainers did, poll, propose."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from state.events import ChangeSkipped, FeedFailed, PullRequestOpened, PullRequestUpdated, ReleaseSeen
from state.model import Held, Skipped
from state.store import PullRecord, Recorded
from watcher import bus
from watcher.app import App
from watcher.poll import Polled, poll
from watcher.progress import Count


@dataclass(slots=True)
class Report:
    """What one run of the main job did and saw; ``at`` is when it began."""

    at: datetime
    pulls: list[PullRecord] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    failed: list[FeedFailed] = field(default_factory=list)
    broken: list[Recorded] = field(default_factory=list)
    unchanged: bool = True

    @property
    def exit_code(self) -> int:
        """0 done or nothing to do, 1 a step failed, 3 a feed failed."""
        return 1 if self.broken else 3 if self.failed else 0


async def sync(app: App, names: Sequence[str]) -> Report:
    """Poll the named sources and bring their pull requests up to date."""
    since = app.store.last_event()
    begun, heard = app.now(), await bus.hear(app)
    report = Report(begun, broken=heard.failed)
    await _round(app, names, report)
    late = await app.comparer.rest()
    if late:
        # What was being compared is there now: its platforms join the pull requests of this very run.
        await _round(app, sorted(late), report)
    # Told by every run: whatever upstream brings, such a branch is not updated any more.
    report.skipped += [each for each in heard.left if each.source in names]
    touched = []
    for recorded in app.store.events_after(since):
        match recorded.event:
            case PullRequestOpened(pull=pull) | PullRequestUpdated(pull=pull):
                touched.append(pull.number)
            case ChangeSkipped(skipped=skipped):
                report.skipped.append(skipped)
            case _:
                pass
    report.pulls = [p for number in dict.fromkeys(touched) if (p := app.store.pull(number))]
    held = app.store.holds()
    report.held = [h for name in names for h in held if h.source == name]
    return report


async def _round(app: App, names: Sequence[str], report: Report) -> None:
    """Poll once and act on it. A second round replaces what the first said of the same source."""
    head = await app.images.head()
    counted = Count(app.progress, "sources polled", len(names))

    async def one(name: str) -> Polled:
        polled = await poll(app, name, head)
        counted.add()
        return polled

    polled: list[Polled] = await asyncio.gather(*map(one, names))
    report.skipped = [s for s in report.skipped if s.source not in names]
    report.failed = [f for f in report.failed if f.source not in names]
    new = Count(app.progress, "sources with news acted on", sum(bool(each.recorded) for each in polled))
    for each in sorted(polled, key=_urgency):
        report.skipped += each.skipped
        report.failed += each.failed
        report.unchanged &= each.unchanged
        if each.recorded:
            report.broken += await bus.run(app, each.recorded)
            new.add()


def _urgency(polled: Polled) -> bool:
    """False, which sorts first, where a security release is to be proposed."""
    seen = [each.event for each in polled.recorded if isinstance(each.event, ReleaseSeen)]
    return not any(release.security for event in seen for release in (*event.releases, *event.passed))
