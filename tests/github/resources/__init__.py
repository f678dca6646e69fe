"""The API, one module per resource; importing them fills the table of routes."""

from __future__ import annotations

from tests.github.resources import (
    apps,
    branches,
    checks,
    comments,
    commits,
    contents,
    hooks,
    issues,
    labels,
    merging,
    meta,
    objects,
    pulls,
    refs,
    reviews,
)

__all__ = [
    "apps",
    "branches",
    "checks",
    "comments",
    "commits",
    "contents",
    "hooks",
    "issues",
    "labels",
    "merging",
    "meta",
    "objects",
    "pulls",
    "refs",
    "reviews",
]
