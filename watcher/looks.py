"""What a look at one line found, of a stack or of a distro."""

from __future__ import annotations

from dataclasses import dataclass, field

from state.events import ArtifactChanged, ChecksumSettled, FeedFailed, ProposalObsolete, SupportEnded
from state.model import Held, Release, Skipped


@dataclass(slots=True)
class Look:
    """What one look at a line found.

    ``release`` is what should be recorded now, late platforms with their previous file; None if the
    catalogue has it already, or nothing can be had. ``awaited`` is the newest release, if that cannot be had yet.
    ``late`` are the platforms of ``release`` that wait, ``held`` all that waits. ``away`` says what could not be
    asked: the line is looked at again at the next poll.
    """

    line: str
    release: Release | None = None
    awaited: Release | None = None
    late: tuple[Held, ...] = ()
    passed: tuple[Release, ...] = ()
    ended: SupportEnded | None = None
    obsolete: ProposalObsolete | None = None
    made: list[Release] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    failed: list[FeedFailed] = field(default_factory=list)
    changed: list[ArtifactChanged] = field(default_factory=list)
    settled: list[ChecksumSettled] = field(default_factory=list)
    away: list[str] = field(default_factory=list)

    @property
    def security(self) -> bool:
        """Whether what is to be proposed, skipped versions included, fixes a vulnerability."""
        return self.release is not None and any(r.security for r in (self.release, *self.passed))


def same(recorded: Release, made: Release) -> bool:
    """Whether the record would say the same: sizes and dates of support are not worth a pull request."""

    def essence(release: Release) -> object:
        return release.version, {(a.platform, a.version, a.url, a.checksum) for a in release.artifacts}

    return essence(recorded) == essence(made)
