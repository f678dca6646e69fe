"""The JSON documents of the API as OpenAPI describes them: exactly these fields, so that a test sees when one changes."""

from __future__ import annotations

from typing import Any

Shape = dict[str, Any]

TEXT: Shape = {"type": "string"}
NUMBER: Shape = {"type": "integer"}
FLAG: Shape = {"type": "boolean"}
TIME: Shape = {"type": "string", "format": "date-time"}
DAY: Shape = {"type": "string", "format": "date"}
ANYTHING: Shape = {"type": "object"}


def maybe(shape: Shape) -> Shape:
    """That, or null."""
    return {"anyOf": [shape, {"type": "null"}]}


def every(shape: Shape) -> Shape:
    """A list of these."""
    return {"type": "array", "items": shape}


def named(shape: Shape) -> Shape:
    """An object of these by names."""
    return {"type": "object", "additionalProperties": shape}


def fields(**shapes: Shape) -> Shape:
    """An object of exactly these fields."""
    return {"type": "object", "properties": shapes, "required": list(shapes), "additionalProperties": False}


ERROR = fields(error=TEXT)
_LAG = fields(published=maybe(DAY), seen=TIME, pull=maybe(TIME), merged=maybe(TIME), pushed=maybe(TIME))
_RELEASE = {"source": TEXT, "line": TEXT, "version": TEXT}
_SOURCE = fields(
    **dict.fromkeys(("last_success", "failing_since", "next_check"), maybe(TIME)),
    **dict.fromkeys(("error", "cadence", "paused"), maybe(TEXT)),
    newest=named(TEXT),
    outages=named(fields(since=TIME, error=TEXT)),
    lag=named(_LAG),
)
_HELD = fields(**_RELEASE, arch=maybe(TEXT), libc=maybe(TEXT), reason=TEXT, since=maybe(TIME), due=maybe(TIME))
_CHANGED = fields(**_RELEASE, url=TEXT, recorded=TEXT, published=TEXT, since=TIME, issue=maybe(TEXT))
_FAILING = fields(id=NUMBER, name=TEXT, step=TEXT, error=TEXT, failures=NUMBER, next_try=maybe(TIME), others=NUMBER)
_MISSING = fields(name=TEXT, why=TEXT, command=maybe(TEXT))
STATUS = fields(
    sources=named(_SOURCE),
    pulls=fields(open=NUMBER),
    events=fields(unfinished=NUMBER),
    held=every(_HELD),
    changed=every(_CHANGED),
    builds=fields(states=named(NUMBER), failing=every(_FAILING)),
    indexes=every(fields(name=TEXT, missing=every(_MISSING), until=maybe(TIME))),
)
_PULL = {
    **dict.fromkeys(("source", "branch", "title", "url"), TEXT),
    "number": NUMBER,
    "line": maybe(TEXT),
    "old": maybe(TEXT),
    "new": maybe(TEXT),
    "state": {"enum": ["open", "merged", "closed"]},
    "lines": named(TEXT),
}
PULL = fields(**_PULL)
PULL_SHOWN = fields(**_PULL, body=TEXT, files=every(TEXT), labels=every(TEXT))
EVENT = fields(
    id=NUMBER,
    at=TIME,
    kind=TEXT,
    source=TEXT,
    summary=TEXT,
    data=ANYTHING,
    done_at=maybe(TIME),
    tried_at=maybe(TIME),
    attempts=NUMBER,
    error=maybe(TEXT),
)
EXPLAINED: Shape = fields(
    **EVENT["properties"],
    meaning=TEXT,
    advice=maybe(TEXT),
    cause=maybe(NUMBER),
    followed=every(NUMBER),
    pulls=every(NUMBER),
    state=TEXT,
)
_BUILD = {
    **dict.fromkeys(
        (
            "commit", "name", "platform", "hw", "dockerfile", "base", "source", "reason", "dated", "inputs", "digest",
            "packages", "log", "step",
        ),
        TEXT,
    ),
    **dict.fromkeys(("plan", "id", "pull", "attempts", "failures", "size"), NUMBER),
    **dict.fromkeys(("next_try", "started_at", "finished_at"), maybe(TIME)),
    "kind": {"enum": ["build", "relabel"]},
    "state": {"enum": ["waiting", "running", "pushed", "tagged", "failed", "blocked", "superseded"]},
    "day": DAY,
    "cached": FLAG,
    "seconds": {"type": "number"},
    "error": maybe(TEXT),
}  # fmt: skip
BUILD = fields(**_BUILD)
BUILD_SHOWN = fields(**_BUILD, size_note=TEXT)
DESCRIPTION = fields(repository=TEXT, short=TEXT, full=TEXT)
_ARTIFACT = fields(
    **dict.fromkeys(("arch", "libc", "url", "algorithm", "digest", "verified", "version"), TEXT)
)  # fmt: skip
_PLATFORM = fields(
    arch=TEXT,
    libc=TEXT,
    state=TEXT,
    version=maybe(TEXT),
    since=maybe(TIME),
    due=maybe(TIME),
    reason=maybe(TEXT),
)
RELEASE = fields(
    version=TEXT,
    line=TEXT,
    published=maybe(DAY),
    lts=maybe(TEXT),
    security=FLAG,
    supported_until=maybe(DAY),
    artifacts=every(_ARTIFACT),
    platforms=maybe(every(_PLATFORM)),
)
CELL = fields(
    **dict.fromkeys(("name", "hw", "distro", "distro_version", "variant"), TEXT),
    stack=maybe(TEXT),
    stack_version=maybe(TEXT),
    present=FLAG,
    reason=maybe(TEXT),
)
ANSWER = fields(
    name=TEXT,
    **{
        name: maybe(TEXT)
        for name in (
            "hw", "arch", "distro", "distro_version", "stack", "stack_version", "variant", "date", "dockerfile",
            "digest", "reason", "alias",
        )
    },
    defaulted=every(TEXT),
    exists=FLAG,
    suggestions=every(TEXT),
    chain=every(TEXT),
    members=every(TEXT),
    dated=every(TEXT),
    frozen_since=maybe(TIME),
)  # fmt: skip
HISTORY = fields(
    name=TEXT,
    digest=maybe(TEXT),
    pinned=maybe(fields(digest=TEXT, since=TIME, reason=TEXT)),
    history=every(
        fields(
            at=TIME, digest=TEXT, before=TEXT, why=TEXT, what=TEXT, pull=maybe(NUMBER), dated=every(TEXT)
        )
    ),
)  # fmt: skip
