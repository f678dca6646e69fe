"""Merging what the settings let be merged without a person: patches of a source, old enough, with green checks.

Never what removes images, starts or ends a line, waits for platforms, has a changed checksum, or is held by people.
"""

from __future__ import annotations

import logging
from datetime import datetime

from generator import guard
from state.errors import ForgeError, MergeConflict
from state.store import PullRecord
from watcher.app import App
from watcher.pull_settings import AutoMerge
from watcher.standing import HOLD

log = logging.getLogger(__name__)
STOPS = frozenset({HOLD, "import", "new-line", "eol", "partial-release", "checksum-changed", *guard.LABELS})
"""Labels with which nothing is merged by itself."""


async def merge_due(app: App) -> None:
    """Merge what is due; what the forge does not let be merged waits for a person."""
    for record in app.store.pulls(state="open"):
        rule = app.config.settings.automerge.get(record.source)
        if rule is None or not due(record, rule, app.now()) or not await _green(record, rule, app):
            continue
        try:
            await app.forge.merge(record.number)
        except MergeConflict:
            continue  # it is made again on top of what came between
        except ForgeError as error:
            log.warning("#%s is not merged by itself: %s", record.number, error)
            continue
        checks = "its checks are green" if rule.checks else "its checks were not asked for"
        await app.forge.say(
            record.number, f"Merged by the watcher: a {kind(record)} release, open since {rule.after}, {checks}."
        )


def kind(record: PullRecord) -> str:
    """``patch``, ``minor`` or ``major``: how far the version moves; ``""`` where there is not one before and after."""
    if record.line is None or not record.old or not record.new:
        return ""
    old, new = record.old.split("."), record.new.split(".")
    if len(old) < 2 or len(new) < 2:  # noqa: PLR2004  (major and minor)
        return "major"
    return "patch" if old[:2] == new[:2] else "minor" if old[0] == new[0] else "major"


def due(record: PullRecord, rule: AutoMerge, now: datetime) -> bool:
    """Whether it is of a kind that may be merged, and nobody objected for long enough since it last changed."""
    changed = record.updated_at
    return kind(record) in rule.kinds and not record.held and changed is not None and changed + rule.after <= now


async def _green(record: PullRecord, rule: AutoMerge, app: App) -> bool:
    pull = await app.forge.pull(record.number)
    if pull.standing != "open" or pull.head != record.head or STOPS.intersection(pull.labels):
        return False
    return not rule.checks or await app.forge.checks(pull.head) == "green"
