"""``watcher check``: what upstream has, each source failing alone, and not a trace of having asked."""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import pytest
from click.testing import CliRunner, Result

import sources
from sources import node
from sources.source import Fetch, Source
from state.errors import SourceError
from state.model import Offer, Platform, Release, Version
from tests.upstream import Fault
from tests.upstream.layout import write
from tests.world import NEWER, World
from watcher.cli import cli

BRANCH = "https://nodejs.org/branches/1.json"


@dataclass
class Other:
    """A second upstream on the same server: one document, which leads to another one."""

    NAME: str = "other"
    DOCUMENTS: Mapping[str, str] = field(default_factory=lambda: {"all": "https://nodejs.org/other.json"})
    broken: bool = False

    def more(self, documents: Mapping[str, bytes]) -> Mapping[str, str]:
        """Lead to the branch, as soon as the first document is there."""
        assert set(documents) == {"all"}
        return {"branch": BRANCH}

    async def verify(self, documents: Mapping[str, bytes], fetch: Fetch, now: datetime) -> Mapping[str, bytes]:
        """Believe them on the day of the settings; mark that this was asked for."""
        assert now == NEWER[2]
        return {**documents, "verified": b"yes"}

    def releases(self, documents: Mapping[str, bytes]) -> Sequence[Release]:
        """Two lines of which one is at its end; a candidate; and one that only the branch knows."""
        assert documents["verified"] == b"yes"
        if self.broken:
            raise SourceError(self.NAME, self.DOCUMENTS["all"], "[0]", "is [red]not[/red] right")
        versions = {"1.9": True, "1.10": True, "2.0": False, "1.11-rc.1": True}
        versions |= {"1.12": True} if documents["branch"] else {}
        return [
            Release("other", v[0], Version(v), date(2026, 1, 1), supported_until=date(2027 if good else 2025, 1, 1))
            for v, good in versions.items()
        ]

    async def artifacts(self, release: Release, wanted: Collection[Platform], fetch: Fetch) -> Offer:
        """Nobody asks."""
        raise AssertionError

    def links(self, old: str | None, new: str) -> Mapping[str, str]:
        """Nobody asks."""
        raise AssertionError


@pytest.fixture
def other(monkeypatch: pytest.MonkeyPatch, world: World) -> Other:
    """Node beside another source, in August 2026."""
    world.publish(NEWER)
    write(world.served / "nodejs.org" / "other.json", b"[]")
    made = Other()
    both: Mapping[str, Source] = {"node": node, "other": made}
    monkeypatch.setattr(sources, "SOURCES", both)
    return made


def run(world: World, *arguments: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(cli, ["--config", str(world.config_file), "check", *arguments])


def document(world: World, *arguments: str, code: int = 0) -> dict[str, dict[str, Any]]:
    """Run it for its document."""
    result = run(world, "--json", *arguments)
    assert result.exit_code == code, result.output
    found: dict[str, dict[str, dict[str, Any]]] = json.loads(result.stdout)
    assert set(found) == {"sources"}
    return found["sources"]


def test_each_source_says_its_newest_supported_versions(world: World, other: Other) -> None:
    """By line and in their order: no line at its end, no candidate, and what a further document leads to."""
    write(world.served / "nodejs.org" / "branches" / "1.json", b"[]")
    found = document(world)
    assert list(found) == ["node", "other"]
    assert found["node"] == {
        "lines": {"22": "22.23.2", "24": "24.19.0", "26": "26.7.0"},
        "releases": 9,  # v0.12 apart
        "requests": 3,
        "error": None,
    }
    assert found["other"] == {"lines": {"1": "1.12"}, "releases": 5, "requests": 2, "error": None}


def test_a_further_document_that_is_not_there_is_empty(world: World, other: Other) -> None:
    """A branch may be announced before it has its listing."""
    assert document(world, "other")["other"]["lines"] == {"1": "1.10"}


def test_a_source_that_fails_does_so_alone(world: World, other: Other) -> None:
    """Whatever is wrong with one, the others answer; the exit code tells."""
    (world.served / "nodejs.org" / "other.json").unlink()
    found = document(world, code=3)
    assert found["node"]["lines"]["22"] == "22.23.2"
    assert found["other"]["lines"] == {}
    assert (found["other"]["releases"], found["other"]["requests"]) == (0, 1)
    assert found["other"]["error"].startswith("other: https://nodejs.org/other.json: HTTP 404")

    write(world.served / "nodejs.org" / "other.json", b"[]")
    other.broken = True
    assert document(world, code=3)["other"]["error"].endswith("[0]: is [red]not[/red] right")


def test_a_further_document_that_cannot_be_had_is_an_error(world: World, other: Other) -> None:
    """Only what upstream does not have may be left out; attempts are counted as requests."""
    world.settings("[feed]\nattempts = 2\nlongest_wait = 0")
    world.upstream.faults["/nodejs.org/branches/1.json"] = Fault("status", 503)
    found = document(world, "other", code=3)["other"]
    assert (found["error"], found["requests"]) == (
        f"other: {BRANCH}: HTTP 503 (asked of the mirror 127.0.0.1:{world.upstream.port})",
        3,
    )


def test_nothing_is_remembered_and_nothing_else_is_needed(world: World, other: Other) -> None:
    """Neither database nor images repository: a second run asks again, unconditionally."""
    shutil.rmtree(world.folder / "ws" / "images.git")
    shutil.rmtree(world.folder / "ws" / "var", ignore_errors=True)
    before = sorted(p for p in (world.folder / "ws").rglob("*"))
    assert document(world, "node") == document(world, "node")
    assert sorted(p for p in (world.folder / "ws").rglob("*")) == before
    assert [(r.status, r.conditional) for r in world.upstream.requests] == [(200, False)] * 6


def test_people_get_a_table(world: World, other: Other) -> None:
    """A row per source; what went wrong stands below, as it is."""
    other.broken = True
    result = run(world)
    assert result.exit_code == 3
    assert "22: 22.23.2" in result.stdout
    assert "failed   other: https://nodejs.org/other.json [0]: is [red]not[/red] right\n" in result.stderr


def test_a_source_that_is_switched_off_is_asked_by_name_only(world: World, other: Other) -> None:
    """As with sync; and a name that is none says which there are."""
    world.settings("[sources.other]\nenabled = false")
    assert list(document(world)) == ["node"]
    assert list(document(world, "other")) == ["other"]
    result = run(world, "nodejs")
    assert (result.exit_code, "There are: node, other" in result.stderr) == (2, True)
