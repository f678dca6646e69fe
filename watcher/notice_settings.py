"""``[notices]``: who is told what, without looking at a page."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import SecretStr

from watcher.source_settings import Span, Table

Kind = Literal["release", "checksum-changed", "build-failed", "pull-open", "feed-dead"]
KINDS: tuple[Kind, ...] = ("release", "checksum-changed", "build-failed", "pull-open", "feed-dead")


class Notices(Table):
    """``[notices]``: told by Apprise, to whatever its URLs lead: https://github.com/caronc/apprise/wiki.

    ``urls_file`` has a URL on each line (they carry passwords). ``tell`` are the kinds that are told. A pull request is
    told of once it is open for ``pull_open_after``, a source once it fails for ``feed_dead_after``.
    """

    urls_file: Path | None = None
    urls: SecretStr | None = None
    tell: tuple[Kind, ...] = KINDS
    pull_open_after: Span = timedelta(days=7)
    feed_dead_after: Span = timedelta(days=1)
