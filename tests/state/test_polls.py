"""Polls: documents, releases, holds and events are one."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from state.errors import StoreError
from state.events import ArtifactChanged, ChecksumSettled, Event, ReleaseHeld, ReleaseSeen
from state.model import Arch, Checksum, Proof, Version
from state.store import SourceState, Store, Validators
from state.store.checksums import Sight
from tests.state.facts import LATER, NOW, TODAY, artifact, checksum, document, held, release

SEEN = ReleaseSeen("node", "22", (release(),))


def test_a_poll_keeps_everything_it_found(store: Store) -> None:
    """Documents with their validators, releases with their files, holds, events and the outcome are there after it."""
    found = release("22.11.0", artifact(), artifact(libc="musl"))
    (recorded,) = store.poll_finished(
        "node", now=NOW, documents=[document()], events=[SEEN], listed=[found], waiting=[held()], settled="abc"
    )
    assert store.unfinished() == [recorded]
    tags = document()
    assert store.validators("node") == {tags.url: Validators(tags.etag, tags.last_modified, tags.sha256)}
    assert store.cached("node", tags.url) == tags.body
    assert store.releases("node") == [found]
    assert store.holds("node") == [held()]
    assert store.source_state("node") == SourceState(NOW, None, "", "", "abc")


def test_a_crash_inside_a_poll_leaves_nothing_behind(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Above all no validators: the next poll must get the document again, or the release would be lost."""

    def crash(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("state.store.journal.append", crash)
    found = [release("22.11.0", artifact())]
    with pytest.raises(RuntimeError):
        store.poll_finished("node", now=NOW, documents=[document()], events=[SEEN], listed=found, waiting=[held()])
    assert store.validators("node") == {}
    assert store.releases("node") == []
    assert store.holds() == []
    assert store.first_seen("node", "22.11.0") is None
    assert store.checksums.conflict(artifact().url, checksum("other")) is None
    assert store.source_state("node") == SourceState()
    assert store.last_event() == 0


def test_a_document_replaces_its_former_self(store: Store) -> None:
    """Validators and body move together, and a poll that was not answered anew keeps them."""
    store.poll_finished("node", now=NOW, documents=[document(b"old", "1")])
    store.poll_finished("node", now=NOW, documents=[document(b"new" * 1000, "2")])
    store.poll_finished("node", now=NOW)
    assert store.cached("node", document().url) == b"new" * 1000
    assert store.validators("node")[document().url].etag == "2"
    assert store.cached("node", "https://nodejs.org/") is None


def test_sources_do_not_share_validators(store: Store) -> None:
    """Where two sources read one URL, what one has seen is not taken for what the other has."""
    store.poll_finished("node", now=NOW, documents=[document()])
    assert store.validators("go") == {}
    assert store.cached("go", document().url) is None


def test_a_source_fails_since_its_first_failure(store: Store) -> None:
    """The age of a trouble is that of its first failure; the next success ends it; the last good state stays."""
    store.poll_failed("go", "500", "https://go.dev/", NOW)
    assert store.source_state("go") == SourceState(None, NOW, "500", "https://go.dev/", None)
    store.poll_finished("node", now=NOW, documents=[document()], settled="abc")
    store.poll_failed("node", "500", "https://nodejs.org/a", LATER)
    store.poll_failed("node", "timeout", "https://nodejs.org/b", LATER + timedelta(hours=1))
    assert store.source_state("node") == SourceState(NOW, LATER, "timeout", "https://nodejs.org/b", "abc")
    assert store.validators("node")
    store.poll_finished("node", now=LATER)
    assert store.source_state("node") == SourceState(LATER, None, "", "", None)


def test_first_seen_never_changes(store: Store) -> None:
    """The moment that a version was first listed survives later polls, withdrawal and return."""
    store.poll_finished("node", now=NOW, listed=[release("22.11.0"), release("22.10.0")])
    for day in (0, 1):
        store.poll_finished("node", now=LATER + timedelta(days=day), listed=[release("22.10.0")])
        assert store.withdrawn("node") == {"22.11.0": LATER}
        assert store.releases("node") == [release("22.10.0")]
    store.poll_finished("node", now=LATER, listed=[release("22.11.0"), release("22.10.0")])
    assert store.withdrawn("node") == {}
    assert store.first_seen("node", "22.11.0") == NOW


def test_a_poll_that_read_no_releases_withdraws_none(store: Store) -> None:
    """Not looking is not the same as finding nothing, and another source's list says nothing of this one."""
    store.poll_finished("node", now=NOW, listed=[release()])
    store.poll_finished("node", now=LATER)
    store.poll_finished("go", now=LATER, listed=[])
    assert store.withdrawn("node") == {}


def test_releases_are_brought_up_to_date(store: Store) -> None:
    """A changed end of life is taken over; files that a later look did not find stay on record."""
    store.poll_finished("node", now=NOW, listed=[release("22.11.0", artifact())])
    store.poll_finished("node", now=LATER, listed=[release("22.11.0", until=date(2027, 6, 1))])
    assert store.releases("node") == [release("22.11.0", artifact(), until=date(2027, 6, 1))]


def test_a_late_platform_keeps_the_file_of_the_version_before(store: Store) -> None:
    """A file may belong to an older version than its release; when its own arrives, that takes its place."""
    old = artifact("22.10.0", Arch.ARMV6)
    store.poll_finished("node", now=NOW, listed=[release("22.11.0", artifact(), old)])
    assert store.releases("node")[0].artifacts == (artifact(), old)
    store.poll_finished("node", now=LATER, listed=[release("22.11.0", artifact(arch=Arch.ARMV6))])
    assert [a.version for a in store.releases("node")[0].artifacts] == [Version("22.11.0")] * 2


def test_releases_are_ordered_by_version_and_chosen_by_line(store: Store) -> None:
    """The order is that of versions, not of text."""
    store.poll_finished("node", now=NOW, listed=[release(v) for v in ("22.9.0", "22.10.0", "24.1.0")])
    assert [str(r.version) for r in store.releases("node")] == ["24.1.0", "22.10.0", "22.9.0"]
    assert [str(r.version) for r in store.releases("node", ["22"])] == ["22.10.0", "22.9.0"]


def test_the_newest_of_each_supported_line(store: Store) -> None:
    """A line past its end, or without one, is left out, and so is a withdrawn release."""
    ended, unknown = release("18.1.0", until=date(2025, 1, 1)), release("23.1.0", until=None)
    listed = [release("22.9.0"), release("22.10.0"), ended, unknown]
    store.poll_finished("node", now=NOW, listed=[*listed, release("22.11.0")])
    store.poll_finished("node", now=NOW, listed=listed)
    assert store.newest("node", TODAY) == {"22": "22.10.0"}


def test_a_hold_keeps_since_when(store: Store) -> None:
    """Held again is held since the first time, with the newest reason; what waits no more is gone."""
    whole = held("22.12.0", None, LATER)
    store.poll_finished("node", now=NOW, waiting=[held(), held("22.10.0")])
    store.poll_finished("node", now=LATER, waiting=[replace(held(since=LATER), reason="404"), whole])
    store.poll_finished("node", now=LATER)
    assert store.holds("node") == store.holds() == [replace(held(), reason="404"), whole]
    store.poll_finished("node", now=LATER, waiting=[])
    assert store.holds("node") == []


def test_ignored_versions_carry_their_reason(store: Store) -> None:
    """A person's no is kept for a source that was never polled too, and can be taken back."""
    store.ignore("node", "22", "22.11.0", "breaks", NOW)
    store.ignore("node", "22", "22.11.0", "'; DROP TABLE ignored; -- \ud800\0", LATER)
    assert store.ignored("node") == {("22", "22.11.0"): "'; DROP TABLE ignored; -- ??"}
    assert store.ignored("go") == {}
    assert store.unignore("node", "22", "22.11.0")
    assert not store.unignore("node", "22", "22.11.0")
    assert store.ignored("node") == {}


def test_lines_that_share_a_version_are_ignored_and_wait_apart(store: Store) -> None:
    """.NET's runtime and ASP.NET have the same numbers: a no to the one, or its wait, is none of the other's."""
    for line in ("8.0-runtime", "8.0-aspnet"):
        store.ignore("dotnet", line, "8.0.11", line, NOW)
    store.ignore("dotnet", "", "8.0.10", "everywhere", NOW)
    assert store.unignore("dotnet", "8.0-runtime", "8.0.11")
    assert not store.unignore("dotnet", "8.0-runtime", "8.0.10")
    assert store.ignored("dotnet") == {("", "8.0.10"): "everywhere", ("8.0-aspnet", "8.0.11"): "8.0-aspnet"}
    assert store.unignore("dotnet", "", "8.0.11")
    assert set(store.ignored("dotnet")) == {("", "8.0.10")}
    waits = [replace(held(), line=line) for line in ("8.0-aspnet", "8.0-runtime")]
    store.poll_finished("node", now=NOW, waiting=waits)
    store.poll_finished("node", now=LATER, waiting=[replace(each, since=LATER) for each in waits])
    assert store.holds("node") == waits


def test_the_status_is_one_json_document(store: Store) -> None:
    """Sources, pull requests, unfinished events, what waits and what changed, in the words of the contract."""
    was, now = str(artifact().checksum), str(checksum("other"))
    changed = ArtifactChanged("node", "22", "22.11.0", artifact().url, was, now)
    events: list[Event] = [ReleaseHeld(held()), SEEN, changed]
    listed = [release("22.11.0", artifact())]
    plan = (NOW, "every hour")
    store.poll_finished(
        "node", now=NOW, listed=listed, waiting=[held()], events=events, changed=[changed], pacing=lambda *_: plan
    )
    store.poll_finished("node", now=LATER, changed=[changed])
    store.checksums.save_issue(artifact().url, now, 7, "https://forge/7")
    store.poll_failed("go", "500", "https://go.dev/dl/", NOW)
    at = "2026-08-05T12:30:00+00:00"
    waits = {"arch": "armv6", "libc": "glibc", "reason": "not there yet", "since": at, "due": None}
    release_of = {"source": "node", "line": "22", "version": "22.11.0"}
    never: dict[str, object] = {"last_success": None, "newest": {}, "failing_since": at, "error": "500", "lag": {}}
    never["outages"] = {}
    never |= {"next_check": None, "cadence": None, "paused": None}
    lag = {"22": {"published": "2024-10-29", "seen": at, "pull": None, "merged": None, "pushed": None}}
    node: dict[str, object] = {
        "last_success": LATER.isoformat(),
        "newest": {"22": "22.11.0"},
        "failing_since": None,
        "error": None,
        "outages": {},
    }
    node |= {"lag": lag, "next_check": at, "cadence": "every hour", "paused": None}
    file = {"url": artifact().url, "recorded": was, "published": now, "since": at, "issue": "https://forge/7"}
    assert json.loads(json.dumps(store.status(TODAY))) == {
        "sources": {"go": never, "node": node},
        "pulls": {"open": 0},
        "builds": {"states": {}, "failing": []},
        "events": {"unfinished": 2},
        "held": [release_of | waits],
        "changed": [release_of | file],
    }
    [settled] = store.checksums.approve(artifact().url, checksum("other"), NOW)
    assert isinstance(settled.event, ChecksumSettled)
    assert store.status(TODAY)["changed"] == []
    assert store.checksums.approve(artifact().url, checksum("other"), NOW) == []


def test_what_was_seen_of_a_changed_file_is_kept_beside_what_is_accepted(store: Store) -> None:
    """Since when and until when each digest was there; a witness accepts nothing."""
    was, other = artifact().checksum, checksum("other")
    changed = ArtifactChanged("node", "22", "22.11.0", artifact().url, str(was), str(other), 5, '"e"', "signed by me")
    store.poll_finished("node", now=NOW, listed=[release("22.11.0", artifact())])
    store.poll_finished("node", now=NOW, changed=[changed])
    store.poll_finished("node", now=LATER, changed=[changed])
    first, second = store.checksums.seen(artifact().url)
    assert (first.checksum, first.first_seen) == (was, NOW)
    assert second == Sight(other, NOW, LATER, 5, '"e"', "signed by me")
    assert store.checksums.conflict(artifact().url, other) == was


def test_a_proof_is_found_by_what_proved_it(store: Store) -> None:
    """It outlives the program; another signature, or other keys, have to prove the file anew."""
    proof = Proof(checksum("1"), "signed by me", NOW)
    store.proofs.keep("https://nodejs.org/a", "evidence", proof)
    store.proofs.keep("https://nodejs.org/a", "evidence", proof)
    assert store.proofs.find("https://nodejs.org/a", "evidence") == proof
    assert store.proofs.find("https://nodejs.org/a", "other") is None
    assert store.proofs.find("https://nodejs.org/b", "evidence") is None


def test_a_first_digest_is_never_overwritten(store: Store) -> None:
    """A poll that brings another digest for a recorded URL is refused whole; the recorded one stays until approved."""
    store.poll_finished("node", now=NOW, listed=[release("22.11.0", artifact())])
    changed = release("22.11.0", artifact(seed="other"))
    with pytest.raises(StoreError, match="not approved"):
        store.poll_finished("node", now=LATER, listed=[changed], events=[SEEN])
    assert store.releases("node") == [release("22.11.0", artifact())]
    assert store.last_event() == 0
    store.checksums.approve(artifact().url, checksum("other"), LATER)
    store.poll_finished("node", now=LATER, listed=[changed])
    assert store.releases("node") == [changed]


def test_what_is_accepted_for_a_url(store: Store) -> None:
    """The first digest and the approved ones are; anything else contradicts the one accepted last."""
    url, first, second, third = artifact().url, checksum("1"), checksum("2"), checksum("3")
    assert store.checksums.conflict(url, first) is None
    store.checksums.confirm(url, first, 4711, NOW)
    assert store.checksums.conflict(url, second) == first
    with pytest.raises(StoreError):
        store.checksums.confirm(url, second, 4711, NOW)
    store.checksums.approve(url, second, LATER)
    assert [store.checksums.conflict(url, c) for c in (first, second, third)] == [None, None, second]


def test_only_a_changed_digest_can_be_approved(store: Store) -> None:
    """For an unseen file a person's word would make the genuine digest, once it is signed, the changed one."""
    url, first, second = artifact().url, checksum("1"), checksum("2")
    with pytest.raises(StoreError, match="no sha256 of it is on record"):
        store.checksums.approve(url, second, NOW)
    assert store.checksums.conflict(url, first) is None
    store.checksums.confirm(url, first, 4711, NOW)
    with pytest.raises(StoreError, match="nothing to approve"):
        store.checksums.approve(url, first, NOW)
    with pytest.raises(StoreError, match="no sha512 of it is on record"):
        store.checksums.approve(url, Checksum("sha512", "0" * 128), NOW)
    store.checksums.approve(url, second, LATER)
    store.checksums.approve(url, second, LATER)
    assert store.checksums.conflict(url, second) is None


def test_confirmed_digests_are_those_that_were_compared(store: Store) -> None:
    """Recording a digest does not confirm it; thousands of URLs can be asked for at once."""
    store.poll_finished("node", now=NOW, listed=[release("22.11.0", artifact(), artifact(libc="musl"))])
    store.checksums.confirm(artifact().url, artifact().checksum, 4711, NOW)
    urls = [artifact().url, artifact(libc="musl").url, *(f"https://nodejs.org/{n}" for n in range(1500))]
    assert store.checksums.confirmed(urls) == {(artifact().url, artifact().checksum)}
