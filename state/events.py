"""What happened, in the past tense: each event carries all that its step needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from state.model import Arch, Held, OsLine, PullRequest, Release, Skipped


@dataclass(frozen=True, slots=True)
class ReleaseSeen:
    """Releases that one pull request should carry: one line's newest, a release set's, or at an import all lines'.

    ``line`` is the number of a release set (``8.0``), None at an import. Their artifacts are verified and present; a
    platform that is late still has its previous version's. ``late`` says which, and what is awaited; ``without``
    which flavours of the set go on waiting alone.
    ``passed`` names the versions between old and new that were never proposed, with security first.
    """

    source: str
    line: str | None
    releases: tuple[Release, ...]
    late: tuple[Held, ...] = ()
    passed: tuple[Release, ...] = ()
    without: tuple[Held, ...] = ()


@dataclass(frozen=True, slots=True)
class ReleaseHeld:
    """A release, or one platform of it, waits for upstream."""

    held: Held


@dataclass(frozen=True, slots=True)
class ArtifactChanged:
    """A file that we recorded has another checksum now, confirmed by a second look: never proposed, shown till settled.

    Both are written ``sha256:…``. ``size`` (bytes), ``etag`` and ``verified`` are what was seen of the file now.
    """

    source: str
    line: str
    version: str
    url: str
    recorded: str
    published: str
    size: int | None = None
    etag: str = ""
    verified: str = ""


@dataclass(frozen=True, slots=True)
class ChecksumSettled:
    """A changed checksum (``sha256:…``) is no matter any more: a person approved it, or upstream took it back."""

    source: str
    url: str
    published: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReleaseYanked:
    """A person takes a release back: ``releases`` are those of its lines before it, which one pull request brings back.

    ``line`` is as in :class:`ReleaseSeen`; ``reason`` is that person's own words.
    """

    source: str
    line: str
    version: str
    reason: str
    releases: tuple[Release, ...]


@dataclass(frozen=True, slots=True)
class SupportEnded:
    """Upstream no longer supports a line that the catalogue has, or the lines of a release set (``8.0``)."""

    source: str
    line: str
    version: str
    ended: str


@dataclass(frozen=True, slots=True)
class DistroMoved:
    """Something of a distro that one pull request should bring: what is recorded of lines, a new line, an end.

    ``lines`` say the new state; of the kinds other than ``record`` and ``line`` only what they are about counts.
    ``absent`` are reasons of a new line for the architectures that it lacks; ``security`` goes with ``packages``.
    """

    source: str
    what: Literal["record", "line", "version", "base", "packages", "devices", "end", "default"]
    lines: tuple[OsLine, ...]
    absent: Mapping[Arch, str] = field(default_factory=dict)
    security: bool = False


@dataclass(frozen=True, slots=True)
class ProposalObsolete:
    """An open pull request has become pointless: withdrawn upstream, ended, ignored, or there already."""

    source: str
    pull: int
    reason: str


@dataclass(frozen=True, slots=True)
class RenderAsked:
    """A person wants everything that is generated brought up to the catalogue and this program's templates."""

    source: str = "render"


@dataclass(frozen=True, slots=True)
class FeedFailed:
    """A document of a source could not be had or used; the last good state stays."""

    source: str
    url: str
    field: str
    error: str


@dataclass(frozen=True, slots=True)
class ChangeSkipped:
    """A version is deliberately not proposed."""

    skipped: Skipped


@dataclass(frozen=True, slots=True)
class PullRequestOpened:
    """A pull request was opened."""

    source: str
    pull: PullRequest


@dataclass(frozen=True, slots=True)
class PullRequestUpdated:
    """An open pull request was brought up to a newer state."""

    source: str
    pull: PullRequest


@dataclass(frozen=True, slots=True)
class PullRequestHeld:
    """People committed to the branch of an open pull request, or put ``watcher:hold`` on it: it is theirs for now."""

    source: str
    pull: PullRequest


@dataclass(frozen=True, slots=True)
class RedoAsked:
    """The branch of an open pull request is to be made again: given back by people, or no longer mergeable."""

    source: str
    pull: PullRequest
    why: Literal["box", "label", "asked", "conflict"]


@dataclass(frozen=True, slots=True)
class PullRequestMerged:
    """A maintainer merged: what it carries may be built."""

    source: str
    pull: PullRequest


@dataclass(frozen=True, slots=True)
class PullRequestClosed:
    """A maintainer closed without merging: these versions are not proposed again."""

    source: str
    pull: PullRequest


@dataclass(frozen=True, slots=True)
class BuildPlanned:
    """The images that a merged change touches, in build order, were worked out.

    ``counts`` maps ``build`` and ``relabel`` to how many of each. ``day`` (ISO 8601) is the date of the
    dated tags, fixed here; ``""`` in events of before it was kept. ``blocked`` says why nothing of it may be built: the
    change does something for which its pull request carries no label. ``drift`` are generated files that people edited
    in it: they are built as they were merged.
    """

    source: str
    pull: int
    commit: str
    counts: Mapping[str, int] = field(default_factory=dict)
    day: str = ""
    blocked: str = ""
    drift: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImageBuilt:
    """An image was built, tried out, and is in the registry under its digest; ``cached``: it was there already.

    Devices, which are only relabelled, have no such event.
    """

    source: str
    plan: int
    name: str
    platform: str
    digest: str
    inputs: str
    seconds: float
    cached: bool = False


@dataclass(frozen=True, slots=True)
class ImageTagged:
    """Names of one repository lead to other images than before: tag → digest, in the order of their writing."""

    source: str
    repository: str
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BuildFailed:
    """An image failed three times in a row: told once, not each time, and not of others that fail of the same thing.

    ``stopped``: only a person tries it again.

    ``step`` is the instruction that failed, ``log`` a path below the folder of builds, ``blocked`` how many images
    stand on it.
    """

    source: str
    plan: int
    name: str
    step: str
    error: str
    log: str
    blocked: int
    stopped: bool


Notice = (
    ReleaseHeld
    | FeedFailed
    | ChangeSkipped
    | PullRequestOpened
    | PullRequestUpdated
    | ImageBuilt
    | ImageTagged
    | BuildFailed
)
"""What only tells something: no step follows, so it is done as soon as it is recorded."""

Event = (
    ReleaseSeen
    | ReleaseYanked
    | SupportEnded
    | ArtifactChanged
    | ChecksumSettled
    | DistroMoved
    | ProposalObsolete
    | RenderAsked
    | PullRequestHeld
    | RedoAsked
    | PullRequestMerged
    | PullRequestClosed
    | BuildPlanned
    | Notice
)
