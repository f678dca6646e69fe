"""How GitHub writes each thing down in JSON: one module per kind of thing."""

from __future__ import annotations

import base64
from datetime import datetime


def stamp(at: datetime | None) -> str | None:
    """A time as GitHub writes it; None stays None."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def node(kind: str, number: object) -> str:
    """An id for GraphQL, which nobody here reads."""
    return base64.b64encode(f"{kind}{number}".encode()).decode()
