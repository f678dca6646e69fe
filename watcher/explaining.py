"""What an event means, what came before and after it, and what a person can do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from inspect import getdoc
from typing import Any, get_args

from state.events import Event, Notice
from state.store import Entry, PullRecord
from watcher.app import App

_MEANING: Mapping[str, str] = {kind.__name__: (getdoc(kind) or "").partition("\n\n")[0] for kind in get_args(Event)}
_TOLD = frozenset(kind.__name__ for kind in get_args(Notice))
_MOST = 20
_ADVICE: Mapping[str, str] = {
    "ArtifactChanged": "Look into why the file changed; then: watcher approve-checksum {url} {published}",
    "FeedFailed": "It is asked again by itself; see whether {url} can be had from here, or set a [mirrors] entry.",
    "BuildFailed": "Read its log, mend the cause, then: watcher build {name}",
    "PullRequestOpened": "Read and decide: watcher pulls show {number}",
    "PullRequestUpdated": "Read and decide: watcher pulls show {number}",
    "PullRequestClosed": "To have its versions proposed after all: watcher pulls reopen {number}",
    "ChangeSkipped": "To have it proposed: watcher unignore {source} {version}, if it was ignored; else it is too old or refused.",
}


@dataclass(frozen=True, slots=True)
class Explained:
    """An event in words. ``cause`` led to it, ``followed`` came of it; ``pulls`` are the pull requests it asked for."""

    entry: Entry
    meaning: str
    state: str
    advice: str
    cause: Entry | None
    followed: list[Entry]
    pulls: list[PullRecord]

    def document(self) -> dict[str, Any]:
        """Return what programs may rely on, as JSON."""
        return {
            **self.entry.document(),
            "meaning": self.meaning,
            "state": self.state,
            "advice": self.advice or None,
            "cause": self.cause.id if self.cause else None,
            "followed": [each.id for each in self.followed],
            "pulls": [pull.number for pull in self.pulls],
        }


def explain(app: App, number: int) -> Explained | None:
    """Return what is known of event *number*, None if there is none."""
    pages = app.store.pages
    entry = pages.event(number) if number < 1 << 63 else None
    if entry is None:
        return None
    meaning = _MEANING.get(entry.kind, "This program does not know such an event.").replace("``", "`")
    return Explained(
        entry,
        " ".join(meaning.split()),
        _state(entry),
        _advice(entry),
        pages.cause(entry),
        pages.followed(entry, _MOST),
        pages.asked_by(number),
    )


def _state(entry: Entry) -> str:
    """How far it is."""
    if entry.kind in _TOLD:
        return "It tells something; nothing has to be done for it."
    if entry.done_at:
        return f"Its step was done at {entry.done_at:%Y-%m-%d %H:%M:%S} UTC."
    if entry.attempts:
        times = "once" if entry.attempts == 1 else f"{entry.attempts} times"
        return f"Its step failed {times}, and is tried again by `watcher run` or the next `watcher sync`: {entry.error}"
    return "Its step has to run yet: `watcher run` or the next `watcher sync` does it."


def _advice(entry: Entry) -> str:
    """What a person can do, with the event's own words in it."""
    data = dict(entry.data)
    words = {**data, **data.get("skipped", {}), **data.get("pull", {})} if _is_plain(data) else data
    sentence = _ADVICE.get(entry.kind, "")
    try:
        return sentence.format_map({key: value for key, value in words.items() if isinstance(value, str | int)})
    except KeyError:
        return ""


def _is_plain(data: Mapping[str, Any]) -> bool:
    return all(isinstance(data.get(key, {}), Mapping) for key in ("skipped", "pull"))
