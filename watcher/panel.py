"""The dashboard issue: what is under way, and boxes to steer it, read at each look (``[github] dashboard``).

A box that stands for a state (a paused source) is obeyed only where it is not as it was last written: what was decided
elsewhere meanwhile is not undone by it. One that stands for an act is empty again once that is done.
"""

from __future__ import annotations

import html
import logging
import re
from collections.abc import Iterator

from state.errors import ForgeError
from state.events import Event, RedoAsked
from state.store import PullRecord
from watcher.app import App

log = logging.getLogger(__name__)
TITLE, LABELS = "Watcher dashboard", ("watcher", "dashboard")
_BOX = re.compile(r"^- \[([ xX])\] <!-- watcher:(pause|recreate|approve|retry):([a-z0-9_-]{0,40}) -->", re.MULTILINE)
_WAS = re.compile(r"^<!-- watcher:paused ([a-z0-9_ -]*) -->", re.MULTILINE)
_REMOVAL = "watcher/eol/"
_SHOWN = 20
_HEAD = (
    "What the watcher has under way. Tick a box to steer it: it is obeyed at the next look. "
    "Whoever may edit this issue may tick; close it to have it written anew."
)


async def attend(app: App) -> tuple[list[Event], bool]:
    """Do what the boxes ask for, and write the issue anew where it is not as things are.

    :return: events to run, and whether what failed is to be tried again
    """
    if app.issues is None or not app.config.settings.github.dashboard:
        return [], False
    issue = await app.issues.raise_issue(TITLE, text(app), LABELS)
    ticked = {(kind, about): mark != " " for mark, kind, about in _BOX.findall(issue.body)}
    was = _WAS.search(issue.body)
    _pause(ticked, set(was[1].split()) if was else set(), app)
    events = await _act(ticked, app)
    fresh = text(app)
    if issue.body.replace("\r\n", "\n").strip() != fresh.strip():
        await app.issues.rewrite(issue.number, fresh)
    return events, ticked.get(("retry", ""), False)


def _pause(ticked: dict[tuple[str, str], bool], was: set[str], app: App) -> None:
    """Pause and resume the sources whose box was moved."""
    for source in app.sources:
        box = ticked.get(("pause", source), source in was)
        if box == (source in was):
            continue
        if box:
            app.store.desk.pause(source, "by the dashboard issue", app.now())
        else:
            app.store.desk.resume(source)
        log.info("%s is %s, by the dashboard issue", source, "paused" if box else "resumed")


async def _act(ticked: dict[tuple[str, str], bool], app: App) -> list[Event]:
    """Make again, and merge what was approved; what cannot be done is told, and the box is empty again."""
    events: list[Event] = []
    for record in app.store.pulls(state="open"):
        try:
            if ticked.get(("recreate", str(record.number))):
                events.append(RedoAsked(record.source, await app.forge.pull(record.number), "box"))
            if ticked.get(("approve", str(record.number))) and _removes(record):
                await app.forge.merge(record.number)
        except ForgeError as error:
            log.warning("the dashboard issue: #%d: %s", record.number, error)
    return events


def _removes(record: PullRecord) -> bool:
    return record.branch.startswith(_REMOVAL)


def text(app: App) -> str:
    """The issue as things are: the same text as long as nothing happens."""
    paused = app.store.desk.paused()
    lines = [_HEAD, "", "### Open pull requests", "", *(_pulls(app) or ["None."]), ""]
    failed = list(_failed(app))
    if failed:
        lines += ["### Failed", "", "- [ ] <!-- watcher:retry: --> try all of this again now", *failed, ""]
    lines += ["### Pause a source", ""]
    for source in sorted(app.sources):
        if not app.config.enabled(source):
            continue
        since = paused.get(source)
        why = f" (since {since.since:%Y-%m-%d}: {_plain(since.reason)})" if since else ""
        lines.append(f"- [{'x' if since else ' '}] <!-- watcher:pause:{source} --> {source}{why}")
    return "\n".join([*lines, "", f"<!-- watcher:paused {' '.join(sorted(paused))} -->", ""])


def _pulls(app: App) -> list[str]:
    """One box for each to be made again, and for a removal one more to approve it."""
    found = []
    for record in reversed(app.store.pulls(state="open")):
        held = ", held by people" if record.held else ""
        name = f"[#{record.number}]({record.url}) {_plain(record.title)}"
        found.append(f"- [ ] <!-- watcher:recreate:{record.number} --> make again: {name}{held}")
        if _removes(record):
            found.append(f"- [ ] <!-- watcher:approve:{record.number} --> approve this removal: merge #{record.number}")
    return found


def _failed(app: App) -> Iterator[str]:
    """What waits to be tried again, and why it failed."""
    waiting = [entry for entry in app.store.pages.entries(app.store.unfinished()) if entry.error]
    for entry in waiting[:_SHOWN]:
        yield f"- {_plain(entry.summary)}: <code>{_plain(entry.error)}</code>"
    if len(waiting) > _SHOWN:
        yield f"- and {len(waiting) - _SHOWN} more"


def _plain(said: str) -> str:
    """Text from outside, which must not become markup, a mention, or another box."""
    one_line = " ".join(said.split())[:300]
    return html.escape(one_line).replace("@", "&#64;").replace("[", "&#91;").replace("`", "&#96;")
