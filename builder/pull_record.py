"""A pull request of the embedded forge as it is kept: a commit whose tree is ``pull.json`` and ``body.md``.

``git log -p refs/watcher/pulls/7`` is its history.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from builder.ports import Draft, labels_after
from state.errors import ForgeError
from state.model import PullRequest, Standing


@dataclass(frozen=True, slots=True)
class Comment:
    """What was said below a pull request, and when (ISO 8601)."""

    at: str
    text: str


@dataclass(frozen=True, slots=True)
class Record:
    """One pull request. ``head`` is its branch's tip when this was written; times are ISO 8601."""

    number: int
    branch: str
    base: str
    title: str
    labels: tuple[str, ...]
    standing: Standing
    head: str
    opened_at: str
    updated_at: str
    merge_commit: str | None = None
    comments: tuple[Comment, ...] = ()

    @classmethod
    def opened(cls, number: int, draft: Draft, head: str, now: datetime) -> Record:
        """A new one, as *draft* says."""
        at = now.isoformat()
        return cls(number, draft.branch, draft.base, draft.title, draft.labels, "open", head, at, at)

    @classmethod
    def parse(cls, text: bytes) -> Record:
        """Read ``pull.json``; ForgeError where it is not what this program writes."""
        try:
            document = json.loads(text)
            document["comments"] = tuple(Comment(**comment) for comment in document["comments"])
            return cls(**{**document, "labels": tuple(document["labels"])})
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ForgeError(f"a pull request of the embedded forge cannot be read: {error!r}") from None

    def text(self) -> str:
        """``pull.json``: sorted, one field a line, so that its history can be read."""
        return json.dumps(asdict(self), indent=2, sort_keys=True, ensure_ascii=False) + "\n"

    def redrafted(self, draft: Draft) -> Record:
        """The same with title and labels brought up to *draft*."""
        return replace(self, title=draft.title, base=draft.base, labels=labels_after(self.labels, draft))

    def said(self, comment: str | None, now: datetime) -> Record:
        """The same with *comment*, if any, below it."""
        added = (Comment(now.isoformat(), comment),) if comment else ()
        return replace(self, comments=(*self.comments, *added))

    def seen(self, url: str, body: str = "") -> PullRequest:
        """The noun that everybody else knows."""
        return PullRequest(
            self.number, self.branch, self.title, url, self.standing, self.head, self.merge_commit, body, self.labels
        )
