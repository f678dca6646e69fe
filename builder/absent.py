"""In place of a forge, in a process that has no token for one and need not: it reads the memory and the repository."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NoReturn

from builder.ports import Checks, Draft
from state.errors import ForgeError
from state.model import PullRequest


class AbsentForge:
    """Satisfies :class:`builder.ports.Forge`; whatever it is asked, it says why it cannot."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def _refuse(self) -> NoReturn:
        raise ForgeError(self._reason)

    async def pulls(self, since: datetime | None = None) -> Sequence[PullRequest]:  # noqa: ARG002
        """Refuse."""
        self._refuse()

    async def pull(self, number: int) -> PullRequest:  # noqa: ARG002
        """Refuse."""
        self._refuse()

    async def find(self, branch: str) -> PullRequest | None:  # noqa: ARG002
        """Refuse."""
        self._refuse()

    async def open(self, draft: Draft) -> PullRequest:  # noqa: ARG002
        """Refuse."""
        self._refuse()

    async def update(self, number: int, draft: Draft, comment: str | None = None) -> PullRequest:  # noqa: ARG002
        """Refuse."""
        self._refuse()

    async def say(self, number: int, comment: str) -> None:  # noqa: ARG002
        """Refuse."""
        self._refuse()

    async def close(self, number: int, comment: str | None = None) -> PullRequest:  # noqa: ARG002
        """Refuse."""
        self._refuse()

    async def reopen(self, number: int) -> PullRequest:  # noqa: ARG002
        """Refuse."""
        self._refuse()

    async def checks(self, commit: str) -> Checks:  # noqa: ARG002
        """Refuse."""
        self._refuse()

    async def merge(self, number: int) -> PullRequest:  # noqa: ARG002
        """Refuse."""
        self._refuse()
