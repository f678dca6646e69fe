"""What goes wrong on demand: 5xx, dropped connections, answers that are lost or cut short, refusals."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Fault:
    """Happens instead of an answer, *times* times, to the calls whose ``VERB /path`` *match* is found in.

    ``status`` 0 drops the connection. With ``after`` the call is carried out first and only its answer is lost.
    ``cut`` sends only half of the real answer. ``slow`` waits that many seconds first. What goes through git's own
    protocol is hit only by a match that has ``git-`` or ``info/refs`` in it.
    """

    status: int = 0
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    match: str = ""
    times: int = 1
    after: bool = False
    cut: bool = False
    slow: float = 0.0

    def hits(self, call: str, *, git: bool) -> bool:
        """Whether it happens to *call* (``GET /repos/owner/images/pulls``)."""
        if git and not re.search(r"git-|info/refs", self.match):
            return False
        return self.times > 0 and re.search(self.match, call) is not None


def strike(faults: list[Fault], call: str, *, git: bool = False) -> Fault | None:
    """Return what happens to *call*, and count it; None where nothing does."""
    for fault in faults:
        if fault.hits(call, git=git):
            fault.times -= 1
            if not fault.times:
                faults.remove(fault)
            return fault
    return None
