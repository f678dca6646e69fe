"""Changed checksums as people see them: a label and a comment on pull requests, and an issue until it is settled."""

from __future__ import annotations

from builder.ports import Draft
from state.events import ArtifactChanged, ChecksumSettled
from state.model import named
from state.store import PullRecord
from watcher.app import App

LABEL = "checksum-changed"


async def mark(record: PullRecord, changed: ArtifactChanged, app: App) -> None:
    """Label an open pull request whose file has another checksum now, and say so; once is enough."""
    pull = await app.forge.pull(record.number)
    if pull.standing != "open" or LABEL in pull.labels:
        return
    comment = (
        f"Do not merge: {changed.url} is recorded here with {changed.recorded}, and upstream has {changed.published} "
        "now. Somebody should look into why."
    )
    draft = Draft(record.branch, app.branch, pull.title, pull.body, (*pull.labels, LABEL))
    await app.forge.update(record.number, draft, comment)


async def tell(changed: ArtifactChanged, app: App) -> None:
    """Raise an issue, where the forge may be asked for one."""
    if app.issues is None:
        return
    what = named(changed.source, changed.line, changed.version)
    title = f"checksum changed: {what} {changed.url.rsplit('/', 1)[-1]}"
    labels = ("watcher", f"stack/{changed.source}", LABEL)
    issue = await app.issues.raise_issue(title, _body(what, changed, app), labels)
    app.store.checksums.save_issue(changed.url, changed.published, issue.number, issue.url)


async def close(settled: ChecksumSettled, app: App) -> None:
    """Close the issue, and take the label off the pull requests that carry the file."""
    changed = app.store.checksums.quarantined(settled.url, settled.published)
    if changed is None:
        return
    said = f"Settled: {settled.reason} ({settled.url}, {settled.published})."
    if app.issues is not None and changed.issue is not None:
        await app.issues.settle_issue(changed.issue, said)
    if any(
        (each.line, each.version) == (changed.line, changed.version)
        for each in app.store.checksums.changed(settled.source)
    ):
        return
    for record in app.store.pulls(state="open"):
        if record.source != changed.source or record.lines.get(changed.line) != changed.version:
            continue
        pull = await app.forge.pull(record.number)
        if pull.standing == "open" and LABEL in pull.labels:
            draft = Draft(record.branch, app.branch, pull.title, pull.body, without=(LABEL,))
            await app.forge.update(record.number, draft, said)


def _body(what: str, changed: ArtifactChanged, app: App) -> str:
    """What a person needs to look into it: every digest that the file had, and what was seen of it."""
    rows = [
        f"| `{sight.checksum}` | {sight.first_seen:%Y-%m-%d %H:%M} | {sight.last_seen:%Y-%m-%d %H:%M} "
        f"| {sight.size or 'unknown'} | {f'`{sight.etag}`' if sight.etag else 'none'} | {sight.verified or 'no'} |"
        for sight in app.store.checksums.seen(changed.url)
    ]
    return "\n".join(
        [
            f"The checksum of a file of **{what}** is another one than recorded; asked twice, upstream said the same.",
            f"Nothing of this release is proposed until somebody looked into why.\n\n{changed.url}\n",
            "| checksum | first seen | last seen | bytes | ETag | verified |",
            "|---|---|---|---|---|---|",
            *rows,
            "\nIf the new file is right, this accepts it, and the next run proposes it and closes this issue:\n",
            f"```\nwatcher approve-checksum {changed.url} {changed.published}\n```\n",
        ]
    )
