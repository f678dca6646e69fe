"""A release that is not all there yet: late, required and unsigned platforms. Each end to end."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.toys import HOST, Toys
from tests.upstream.layout import OFFICIAL, UNOFFICIAL
from tests.world import NEWER, World
from watcher.app import App


def test_late_platforms_let_the_others_go_ahead_and_follow_up(imported: World) -> None:
    """Musl is late: its images keep 22.11.0, the pull request says so, and a second one brings it."""
    imported.publish(NEWER)
    imported.only("22.23.2", "22.11.0")
    arrive = imported.take_unofficial("22.23.2")
    found = imported.sync()
    held = {(h["arch"], h["libc"]) for h in found["held"]}
    assert held == {("amd64", "musl"), ("armv6", "glibc")}
    [pull] = found["pulls"]
    shown = imported.pull(pull["number"])
    assert "partial-release" in shown.labels
    assert "stay on 22.11.0" in shown.body
    assert "Late platforms" in shown.body
    imported.decide("merge", pull["number"])
    musl = next(p for p in imported.paths() if "/node/amd64/alpine/" in p and "/22/run/" in p)
    glibc = next(p for p in imported.paths() if "/node/amd64/debian/" in p and "/22/run/" in p)
    assert "v22.11.0/" in imported.text(musl)
    assert "v22.23.2/" in imported.text(glibc)
    assert imported.sync()["pulls"] == []

    arrive()
    found = imported.sync()
    [second] = found["pulls"]
    assert (second["old"], second["new"]) == ("22.23.2", "22.23.2")
    assert second["title"] == "node: 22.23.2 for amd64/musl, armv6/glibc [SECURITY]"
    assert found["held"] == []
    imported.decide("merge", second["number"])
    assert "v22.23.2/" in imported.text(musl)


def test_a_late_platform_that_arrives_before_the_merge_joins_the_open_pull_request(imported: World) -> None:
    """There is one pull request for a line: it is brought up to date in place."""
    imported.publish(NEWER)
    imported.only("22.23.2", "22.11.0")
    arrive = imported.take_unofficial("22.23.2")
    [first] = imported.sync()["pulls"]
    arrive()
    [again] = imported.sync()["pulls"]
    assert again["number"] == first["number"]
    assert "partial-release" not in imported.pull(first["number"]).labels


def test_a_required_platform_that_is_missing_holds_the_whole_release(imported: World) -> None:
    """The catalogue says which platforms must be there first; what is awaited is said."""
    imported.publish(NEWER)
    imported.only("22.23.2", "22.11.0")
    name = f"{OFFICIAL}/v22.23.2/node-v22.23.2-linux-x64.tar.xz"
    body = (imported.served / name).read_bytes()
    imported.remove(name)
    found = imported.sync()
    assert found["pulls"] == []
    [held] = found["held"]
    assert (held["version"], held["arch"], held["libc"]) == ("22.23.2", None, None)
    assert "amd64/glibc" in held["reason"]
    since = held["since"]
    imported.day(datetime(2026, 8, 11, tzinfo=UTC))
    assert imported.sync()["held"][0]["since"] == since
    (imported.served / name).write_bytes(body)
    assert len(imported.sync()["pulls"]) == 1


def test_of_a_release_that_waits_as_a_whole_only_the_required_files_are_looked_at(toys: Toys) -> None:
    """Poll after poll; when they are there the others are looked at too."""
    toys.stack(group="line")
    toys.release("8.0-sdk", "8.0.1")
    required = toys.world.served / HOST / "8.0-sdk" / "8.0.1" / "amd64-glibc.tar.gz"
    body = required.read_bytes()
    required.unlink()
    assert toys.sync().pulls == []
    for _ in range(2):
        toys.world.upstream.requests.clear()
        [held] = toys.sync().held
        looked = [seen.path for seen in toys.world.upstream.requests if seen.method == "HEAD"]
        assert (held.arch, looked) == (None, [f"/{HOST}/8.0-sdk/8.0.1/amd64-glibc.tar.gz"])
    required.write_bytes(body)
    assert [pull.title for pull in toys.sync().pulls] == ["toy: import 8.0-sdk"]


def test_what_a_release_waits_for_is_named_by_its_url(toys: Toys) -> None:
    """And by its source: "not there" alone tells nobody what."""
    toys.stack(group="line")
    toys.announce("8.0-sdk", "8.0.1")
    [held] = toys.sync().held
    assert held.reason.startswith(f"toy: https://{HOST}/8.0-sdk/8.0.1/list.json: HTTP 404: not there")


def test_an_empty_artifact_is_not_there(imported: World) -> None:
    """A file of no bytes is what a half-done promotion looks like."""
    imported.publish(NEWER)
    imported.only("22.23.2", "22.11.0")
    (imported.served / OFFICIAL / "v22.23.2" / "node-v22.23.2-linux-arm64.tar.xz").write_bytes(b"")
    found = imported.sync()
    assert found["pulls"] == []
    assert "aarch64/glibc" in found["held"][0]["reason"]


def test_unsigned_files_are_compared_and_a_wrong_one_is_refused(imported: World) -> None:
    """The list says one thing, the file is another: that platform stays, the failure is named."""
    imported.publish(NEWER)
    imported.only("22.23.2", "22.11.0")
    name = "node-v22.23.2-linux-x64-musl.tar.xz"
    (imported.served / UNOFFICIAL / "v22.23.2" / name).write_bytes(b"something else")
    report = imported.report()
    assert [p.new for p in report.pulls] == ["22.23.2"]
    assert [f.url.endswith(name) for f in report.failed] == [True]
    assert ("amd64", "musl") in {(h.arch, h.libc) for h in report.held}
    assert "something else" not in imported.text("catalogue/releases/node/22.json", "watcher/node/22")


def test_a_slow_comparison_does_not_hold_up_the_pull_request_and_joins_it(imported: World) -> None:
    """The pull request is open before the unsigned files are there; the same run brings them in."""
    imported.settings("[feed]\ncompare_grace = 0.0")
    imported.publish(NEWER)
    imported.only("22.23.2", "22.11.0")
    found = imported.sync()
    [pull] = found["pulls"]
    assert found["held"] == []
    assert "partial-release" not in imported.pull(pull["number"]).labels

    async def kinds(app: App) -> list[str]:
        return [type(e.event).__name__ for e in app.store.events_after(0)]

    happened = imported.run(kinds)
    assert happened.index("PullRequestUpdated") > happened.index("ReleaseHeld")
