"""What people do to an open pull request: they commit to its branch, hold it, give it back, or main moves under it.

A branch with commits by people is theirs: the watcher puts on the label ``watcher:hold``, asks below the pull request,
and leaves the branch alone. Taking the label off, or ticking the box in the description, gives the branch back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from builder.ports import Draft
from state.events import PullRequestHeld, RedoAsked
from state.model import PullRequest, Skipped
from state.store import PullRecord
from watcher.app import App

HOLD = "watcher:hold"
_BOX = re.compile(r"^- \[[xX]\] <!-- watcher:recreate -->", re.MULTILINE)
_REASONS = {
    "box": "The box was ticked: this branch was made again from the catalogue.",
    "label": f"The label `{HOLD}` was taken off: this branch was made again from the catalogue.",
    "asked": "Somebody asked for it: this branch was made again from the catalogue.",
    "conflict": "It no longer merged into the default branch: this branch was made again on top of it.",
}
_ASK = f"""Somebody committed to this branch: the watcher leaves it alone from here on, newer releases included.

- To keep these commits, do nothing, and merge when it is ready: what is merged is what is built.
- To give the branch back, take the label `{HOLD}` off, or tick the box in the description. The branch is then made \
again from the catalogue, and the commits by people are given up (they were at {{head}})."""


def wish(record: PullRecord, pull: PullRequest) -> PullRequestHeld | RedoAsked | None:
    """What an open pull request asks for, as it is now and as we left it; None where nothing is new."""
    if _BOX.search(pull.body):
        return RedoAsked(record.source, pull, "box")
    if HOLD in pull.labels:
        return None if record.held else PullRequestHeld(record.source, pull)
    if not record.held:
        return PullRequestHeld(record.source, pull) if pull.head != record.head else None
    asked = record.head if record.held == HOLD else record.held
    if pull.head in (asked, record.head):
        return RedoAsked(record.source, pull, "label")
    return PullRequestHeld(record.source, pull)


def left(record: PullRecord, pull: PullRequest) -> Iterator[Skipped]:
    """Why nothing is done to a pull request, told by every run."""
    if pull.head != record.head:
        reason = (
            f"{record.branch} carries commits by people: it is left alone until `{HOLD}` is taken off #{pull.number}"
        )
    elif HOLD in pull.labels:
        reason = f"#{pull.number} carries the label {HOLD}: it is left alone"
    else:
        return
    for line, version in record.lines.items():
        yield Skipped(record.source, line, version, reason)


async def outdated(record: PullRecord, app: App) -> bool:
    """Whether the default branch moved so that a branch of ours no longer merges."""
    if record.held or record.base == await app.images.head():
        return False
    if await app.repository.head(record.branch) != record.head:
        return False
    return not await app.repository.merges_cleanly(record.branch, app.branch)


async def arrived(pull: PullRequest, app: App) -> bool:
    """Whether a merged pull request's commit is in the default branch: its word alone is not enough."""
    if pull.merge_commit is None:
        return False
    if await app.repository.contains(pull.merge_commit, app.branch):
        return True
    await app.repository.fetch()  # merged since we looked
    return await app.repository.contains(pull.merge_commit, app.branch)


async def hold(held: PullRequestHeld, app: App) -> None:
    """Remember that a pull request is people's for now; where they did not say so themselves, ask them once."""
    record, pull = app.store.pull(held.pull.number), await app.forge.pull(held.pull.number)
    if record is None or pull.standing != "open":
        return
    edited = pull.head != record.head
    if edited and HOLD not in pull.labels:
        draft = Draft(pull.branch, app.branch, pull.title, pull.body, (HOLD,))
        await app.forge.update(pull.number, draft, _ASK.format(head=pull.head[:12]))
    app.store.save_pull(replace(record, held=pull.head if edited else HOLD), app.now())


async def give_back(asked: RedoAsked, app: App) -> PullRecord | None:
    """Make a pull request ours again, its head whatever it is now; None where there is nothing to make again."""
    record, pull = app.store.pull(asked.pull.number), await app.forge.pull(asked.pull.number)
    if record is None or pull.standing != "open":
        return None
    if asked.why == "conflict" and await app.repository.merges_cleanly(record.branch, app.branch):
        return None
    body = _BOX.sub("- [ ] <!-- watcher:recreate -->", pull.body)
    if body != pull.body or HOLD in pull.labels:
        await app.forge.update(pull.number, Draft(pull.branch, app.branch, pull.title, body, without=(HOLD,)))
    ours = replace(record, held="", head=pull.head, key="")
    app.store.save_pull(ours, app.now())
    return ours


def reason(asked: RedoAsked) -> str:
    """What is said below a pull request whose branch was made again."""
    return _REASONS[asked.why]
