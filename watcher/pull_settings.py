"""Settings of pull requests: who is asked to review, whose commits they are, and what is merged by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field, field_validator

from builder.fastimport import Identity
from watcher.source_settings import Span, Table

_OURS = Identity()


class Reviewers(Table):
    """``[reviewers]``: whom GitHub asks for a review of each new pull request, beside those whom CODEOWNERS names.

    ``sources`` adds users for one source; ``teams`` are by their slug, and need an organization.
    """

    users: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    sources: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    def users_of(self, source: str) -> tuple[str, ...]:
        """The users who are asked about *source*, each once."""
        return tuple(dict.fromkeys((*self.users, *self.sources.get(source, ()))))


class Commits(Table):
    """``[commits]``: author and committer of the watcher's commits; ``sign_off`` adds their ``Signed-off-by``.

    That certifies where a work comes from (https://developercertificate.org): set it for a person or an organization
    that stands for it.
    """

    name: str = _OURS.name
    email: str = _OURS.email
    sign_off: bool = False

    @field_validator("name", "email")
    @classmethod
    def _plain(cls, text: str) -> str:
        """Nothing that would break a commit's header."""
        Identity(text, text)
        return text


class AutoMerge(Table):
    """``[automerge.<source>]``: what is merged without a person: these kinds of steps, so old, with green checks.

    A ``patch`` keeps the first two numbers of a version, a ``minor`` one the first. With ``checks`` at least one check
    has to have run; branch protection and CODEOWNERS hold all the same, since it is the forge that merges.
    """

    kinds: tuple[Literal["patch", "minor"], ...] = ("patch",)
    after: Span = timedelta(hours=24)
    checks: bool = True
