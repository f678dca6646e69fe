"""What one pull request should bring, before anybody worked out what that changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from state.model import Held, Release


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one pull request should bring, as it was seen upstream.

    ``line`` is the number of a release set (``8.0``), None at an import. ``late`` are the platforms that keep an
    older version for now, ``without`` the flavours of the set that it does not wait for, ``passed`` the versions
    between old and new that were never proposed, ``links`` line → label → URL. ``seen`` is when the first of the
    releases was, ``now`` when it is described (None: at once): what is late is overdue by that.
    ``yanked`` is the version that a person takes back by it, for that ``reason``; "" as a rule.
    """

    source: str
    line: str | None
    releases: tuple[Release, ...]
    seen: datetime
    late: tuple[Held, ...] = ()
    passed: tuple[Release, ...] = ()
    without: tuple[Held, ...] = ()
    links: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    now: datetime | None = None
    yanked: str = ""
    reason: str = ""

    @property
    def security(self) -> bool:
        """Whether anything that it brings, skipped versions included, fixes a vulnerability."""
        return not self.yanked and any(r.security for r in (*self.releases, *self.passed))
