"""The records of :class:`tests.github.hub.Hub`: plain facts, times aware and in whole seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Json = Any
MERGING = {
    "allow_merge_commit": True,
    "allow_squash_merge": True,
    "allow_rebase_merge": True,
    "delete_branch_on_merge": False,
    "allow_auto_merge": False,
    "allow_update_branch": False,
}


@dataclass
class User:
    """Somebody: ``kind`` is ``User`` or ``Bot``."""

    login: str
    id: int
    kind: str = "User"


@dataclass(frozen=True)
class Access:
    """What a token may do: ``rights`` maps ``contents`` to ``read`` or ``write``; None is everything."""

    login: str
    rights: Mapping[str, str] | None = None
    expires: datetime | None = None
    app: bool = False

    def may(self, right: str) -> bool:
        """Whether it has ``contents=write``, say."""
        if self.rights is None:
            return True
        kind, _, level = right.partition("=")
        mine = self.rights.get(kind, "read" if kind == "metadata" else "")
        return mine in (level, "write", "admin") if level == "read" else mine in ("write", "admin")


@dataclass
class Repo:
    """The repository. ``merging`` are its settings on pull requests."""

    owner: str
    name: str
    id: int
    default_branch: str
    created_at: datetime
    updated_at: datetime
    pushed_at: datetime
    description: str = ""
    private: bool = False
    merging: dict[str, bool] = field(default_factory=lambda: dict(MERGING))

    @property
    def full_name(self) -> str:
        """``OWNER/NAME``."""
        return f"{self.owner}/{self.name}"


@dataclass
class Side:
    """One side of a pull request; ``repo`` is the full name of a fork, ``""`` ours, None a fork that is gone."""

    ref: str
    sha: str
    repo: str | None = ""


@dataclass
class Pull:
    """What a pull request has beyond an issue."""

    head: Side
    base: Side
    draft: bool = False
    merged_at: datetime | None = None
    merged_by: str = ""
    merge_commit: str | None = None
    maintainer_can_modify: bool = False
    reviewers: list[str] = field(default_factory=list)
    reviews: list[Json] = field(default_factory=list)


@dataclass
class Issue:
    """An issue, and, with ``pull``, a pull request. ``labels`` are names, ``events`` its history."""

    number: int
    id: int
    title: str
    body: str | None
    author: str
    created_at: datetime
    updated_at: datetime
    state: str = "open"
    state_reason: str | None = None
    closed_at: datetime | None = None
    closed_by: str = ""
    labels: list[str] = field(default_factory=list)
    assignees: list[str] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    events: list[Json] = field(default_factory=list)
    pull: Pull | None = None

    @property
    def request(self) -> Pull:
        """The pull request that this is."""
        assert self.pull
        return self.pull


@dataclass
class Comment:
    """What was said below an issue."""

    id: int
    author: str
    body: str
    created_at: datetime
    updated_at: datetime


@dataclass
class Status:
    """A commit status: ``state`` is pending, success, failure or error."""

    id: int
    state: str
    context: str
    description: str | None
    target_url: str | None
    creator: str
    at: datetime


@dataclass
class CheckRun:
    """A check run of a commit."""

    id: int
    name: str
    head_sha: str
    status: str
    conclusion: str | None
    started_at: datetime | None
    completed_at: datetime | None
    external_id: str
    details_url: str | None
    output: Json


@dataclass
class Hook:
    """A webhook: where to, the shared secret, for which events (``*`` is all)."""

    id: int
    url: str
    secret: str
    events: list[str]
    active: bool
    created_at: datetime
    updated_at: datetime
    content_type: str = "json"
    deliveries: list[Delivery] = field(default_factory=list)

    def wants(self, event: str) -> bool:
        """Whether it listens to that."""
        return self.active and (event == "ping" or "*" in self.events or event in self.events)


@dataclass
class Delivery:
    """One attempt at one webhook; ``code`` 0 is no answer at all."""

    id: int
    guid: str
    event: str
    action: str | None
    at: datetime
    redelivery: bool
    headers: dict[str, str]
    payload: Json
    code: int = 0
    answer: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Call:
    """A call as it came: ``at`` in seconds of a clock that only goes forward, ``status`` as it was answered."""

    verb: str
    path: str
    query: Mapping[str, str]
    authorization: str
    headers: Mapping[str, str]
    at: float
    status: int
