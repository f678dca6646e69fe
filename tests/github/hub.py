"""What GitHub knows beside git: users, tokens, pull requests, labels, hooks; and what was asked of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from tests.github.faults import Fault
from tests.github.gitdir import GitDir
from tests.github.limits import Limits
from tests.github.records import Access, Call, CheckRun, Hook, Issue, Repo, Status, User
from tests.github.routes import Json, missing

if TYPE_CHECKING:
    from tests.github.hooks import Postman

__all__ = ["Access", "Hub"]
APP = "watcher"
APP_ID, INSTALLATION = 1, 2


def _now() -> datetime:
    return datetime.fromtimestamp(int(time.time()), UTC)


@dataclass
class Hub:
    """One repository of GitHub, as ``OWNER/NAME``, over the bare repository *directory*.

    ``tokens`` maps secrets to rights; while it is empty any token may do everything as the owner. ``faults`` happen
    instead of answers. ``calls`` and ``log`` are what was asked (``GET /pulls``), ``violations`` what was not as
    GitHub's description says.
    """

    directory: Path
    name: str = "owner/images"
    now: Callable[[], datetime] = _now
    tokens: dict[str, Access] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    faults: list[Fault] = field(default_factory=list)
    app_key: str = ""
    api: str = "http://127.0.0.1"
    always_304: bool = False

    issues: dict[int, Issue] = field(default_factory=dict, init=False)
    users: dict[str, User] = field(default_factory=dict, init=False)
    labels: dict[str, Json] = field(default_factory=dict, init=False)
    statuses: dict[str, list[Status]] = field(default_factory=dict, init=False)
    runs: dict[int, CheckRun] = field(default_factory=dict, init=False)
    hooks: dict[int, Hook] = field(default_factory=dict, init=False)
    protection: dict[str, Json] = field(default_factory=dict, init=False)
    former: set[str] = field(default_factory=set, init=False)
    refs: dict[str, str] = field(default_factory=dict, init=False)
    log: list[Call] = field(default_factory=list, init=False)
    violations: list[str] = field(default_factory=list, init=False)
    postman: Postman | None = field(default=None, init=False)
    lock: threading.RLock = field(default_factory=threading.RLock, init=False)

    def __post_init__(self) -> None:
        self._ids = count(1_000)
        self.git = GitDir(self.directory)
        owner, _, name = self.name.partition("/")
        at = self.now()
        self.repo = Repo(owner, name, self.id(), self.git.head_branch(), at, at, at)
        self.refs = self.git.refs()

    def id(self) -> int:
        """A number that nothing else has."""
        return next(self._ids)

    @property
    def root(self) -> str:
        """The path of the repository in the API."""
        return f"/repos/{self.repo.full_name}"

    @property
    def calls(self) -> list[str]:
        """What was asked of the API, in order: verb and path, that of the repository left out."""
        return [f"{call.verb} {call.path.removeprefix(self.root)}" for call in self.log]

    @property
    def authorizations(self) -> set[str]:
        """The Authorization headers that came."""
        return {call.authorization for call in self.log}

    def user(self, login: str) -> User:
        """The user of that name; one that was not heard of before is a new one."""
        if login not in self.users:
            self.users[login] = User(login, self.id(), "Bot" if login.endswith("[bot]") else "User")
        return self.users[login]

    def issue(self, number: int | str) -> Issue:
        """An issue or pull request; 404 if there is none of that number."""
        found = self.issues.get(int(number)) if str(number).isdigit() else None
        if found is None:
            raise missing()
        return found

    def pull(self, number: int | str) -> Issue:
        """A pull request; 404 if there is none of that number."""
        found = self.issue(number)
        if found.pull is None:
            raise missing()
        return found

    def pulls(self, *, state: str = "open", head: str | None = None, base: str | None = None) -> Iterable[Issue]:
        """The pull requests in that state, of that branch of ours."""
        for issue in self.issues.values():
            pull = issue.pull
            if pull is None or state not in ("all", issue.state):
                continue
            if head in (None, pull.head.ref) and base in (None, pull.base.ref):
                yield issue

    def next_number(self) -> int:
        """The number of the next issue or pull request."""
        return max(self.issues, default=0) + 1

    def label(self, name: str) -> Json:
        """A label of the repository; one that is put on an issue for the first time is made."""
        key = name.lower()
        if key not in self.labels:
            self.labels[key] = {"id": self.id(), "name": name, "color": "ededed", "description": ""}
        return self.labels[key]

    def touch(self, issue: Issue, event: str = "", login: str = "", **more: Json) -> None:
        """Note that an issue changed just now, and by what."""
        issue.updated_at = self.now()
        if event:
            issue.events.append(
                {"id": self.id(), "event": event, "actor": login or self.repo.owner, "at": self.now(), **more}
            )

    def tell(self, event: str, payload: Mapping[str, Json], login: str) -> None:
        """Send a webhook to those who listen; *payload* without what all of them carry."""
        if self.postman:
            self.postman.send(event, payload, login)
