"""A file that has another checksum than recorded: quarantine, an issue, and a person's word. Each end to end."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result

from state.events import ArtifactChanged
from tests.toys import HOST, Toys
from tests.upstream import Fault
from tests.world import OLDER
from watcher.app import App
from watcher.cli import cli

TOMORROW = OLDER[2] + timedelta(days=1)
FILE = f"https://{HOST}/8.0-sdk/8.0.1/amd64-glibc.tar.gz"


@pytest.fixture
def recorded(toys: Toys) -> Toys:
    """One flavour is recorded."""
    toys.stack(group="line")
    toys.release("8.0-sdk", "8.0.1")
    toys.world.decide("merge", toys.sync().pulls[0].number)
    return toys


def respin(toys: Toys) -> None:
    """Publish other files under the same names, and let the index move so that they are looked at."""
    toys.publish("8.0-sdk", "8.0.1", text="respun")
    toys.announce("7.0-sdk", f"7.0.{len(toys.index)}", until="2024-01-01")


def run(toys: Toys, *arguments: str) -> Result:
    """Run a command."""
    return CliRunner().invoke(cli, ["--config", str(toys.world.config_file), *arguments])


def changed(toys: Toys) -> list[dict[str, Any]]:
    """What the status says is in quarantine."""
    found: list[dict[str, Any]] = json.loads(run(toys, "status", "--json").stdout)["changed"]
    return found


def issues(toys: Toys) -> list[dict[str, Any]]:
    """The issues of the embedded forge, oldest first."""
    refs = toys.world.git("for-each-ref", "--format=%(refname)", "refs/watcher/issues/").split()
    return [json.loads(toys.world.git("show", f"{ref}:issue.json")) for ref in refs]


def test_a_changed_checksum_is_asked_twice_and_leads_to_an_issue(recorded: Toys) -> None:
    """No pull request of that release, one issue for each file with all that was seen, once only."""
    respin(recorded)
    recorded.source.asked.clear()
    assert recorded.sync().pulls == []
    assert len([url for url in recorded.source.asked if url.endswith("/8.0.1")]) == 2
    [issue, _] = issues(recorded)
    assert issue["title"] == "checksum changed: toy 8.0.1 (8.0-sdk) amd64-glibc.tar.gz"
    assert issue["labels"] == ["watcher", "stack/toy", "checksum-changed"]
    [_, row] = changed(recorded)
    assert (row["line"], row["version"], row["url"]) == ("8.0-sdk", "8.0.1", FILE)
    assert row["issue"].endswith("images.git#issue-1")
    assert f"watcher approve-checksum {FILE} {row['published']}" in issue["body"]
    assert recorded.sync().pulls == []
    assert len(issues(recorded)) == 2

    async def events(app: App) -> int:
        return sum(isinstance(each.event, ArtifactChanged) for each in app.store.events_after(0))

    assert recorded.world.run(events) == 2


def test_a_respin_of_which_no_document_tells_is_found_within_a_day(recorded: Toys) -> None:
    """As when Node's musl builds were made again: the lists of what is recorded are looked at once a day."""
    recorded.sync()
    recorded.publish("8.0-sdk", "8.0.1", text="respun")
    recorded.source.asked.clear()
    recorded.sync()
    assert (recorded.source.asked, changed(recorded)) == ([], [])
    assert recorded.later(TOMORROW).pulls == []
    assert [row["version"] for row in changed(recorded)] == ["8.0.1", "8.0.1"]
    for row in changed(recorded):
        run(recorded, "approve-checksum", row["url"], row["published"])
    assert [pull.title for pull in recorded.sync().pulls] == ["toy: 8.0.1 for aarch64/glibc, amd64/glibc"]


def test_what_was_seen_of_the_file_stays_as_evidence(recorded: Toys) -> None:
    """Both digests with when, size, ETag and who signed: the first one is never overwritten."""
    respin(recorded)
    recorded.sync()

    async def seen(app: App) -> list[tuple[int | None, bool, str]]:
        return [(s.size, bool(s.etag), s.verified) for s in app.store.checksums.seen(FILE)]

    assert recorded.world.run(seen) == [(26, True, "signed by me"), (32, True, "signed by me")]
    rows = [line for line in issues(recorded)[0]["body"].splitlines() if line.startswith("| `sha256:")]
    assert ["| 26 |" in rows[0], "| 32 |" in rows[1]] == [True, True]


def test_a_list_that_says_otherwise_once_is_no_respin(recorded: Toys) -> None:
    """The second look shows what is recorded: nothing is held, nobody is asked."""
    respin(recorded)
    path = recorded.world.served / HOST / "8.0-sdk" / "8.0.1" / "list.json"
    half_written = path.read_bytes()
    recorded.publish("8.0-sdk", "8.0.1")
    recorded.world.upstream.faults[f"/{HOST}/8.0-sdk/8.0.1/list.json"] = Fault("body", half_written, times=1)
    report = recorded.sync()
    assert (report.pulls, report.held, issues(recorded)) == ([], [], [])


def test_an_approved_checksum_closes_the_issue_and_is_proposed(recorded: Toys) -> None:
    """By the command that the issue names; what is left in quarantine stays there."""
    respin(recorded)
    recorded.sync()
    for row in changed(recorded):
        done = run(recorded, "approve-checksum", row["url"], row["published"])
        assert done.exit_code == 0, done.output
    assert changed(recorded) == []
    assert [issue["open"] for issue in issues(recorded)] == [False, False]
    assert "approved with `watcher approve-checksum`" in issues(recorded)[0]["comments"][0]
    [pull] = recorded.sync().pulls
    assert pull.title == "toy: 8.0.1 for aarch64/glibc, amd64/glibc"


def test_an_issue_is_closed_when_upstream_goes_back(recorded: Toys) -> None:
    """The recorded file is there again: nothing to decide any more; a second respin asks anew."""
    respin(recorded)
    recorded.sync()
    recorded.publish("8.0-sdk", "8.0.1")
    recorded.sync()
    assert changed(recorded) == []
    assert [issue["open"] for issue in issues(recorded)] == [False, False]
    assert "upstream has the recorded checksum again" in issues(recorded)[0]["comments"][0]
    respin(recorded)
    recorded.sync()
    assert len(changed(recorded)) == 2
    assert [issue["open"] for issue in issues(recorded)] == [False, False, True, True]


def test_an_open_pull_request_is_marked_until_the_matter_is_settled(toys: Toys) -> None:
    """Do not merge; and then: merge again, once all of its files are settled."""
    toys.stack(group="line")
    for version in ("8.0.1", "8.0.2"):
        toys.release("8.0-sdk", version)
        [pull] = toys.sync().pulls
        if version == "8.0.1":
            toys.world.decide("merge", pull.number)
    toys.publish("8.0-sdk", "8.0.2", text="respun")
    toys.announce("7.0-sdk", "7.0.1", until="2024-01-01")
    toys.sync()
    assert "checksum-changed" in toys.world.pull(pull.number).labels
    first, second = changed(toys)
    run(toys, "approve-checksum", first["url"], first["published"])
    assert "checksum-changed" in toys.world.pull(pull.number).labels
    run(toys, "approve-checksum", second["url"], second["published"])
    assert "checksum-changed" not in toys.world.pull(pull.number).labels


def test_a_dry_run_raises_no_issue(recorded: Toys) -> None:
    """It says that it would."""
    respin(recorded)
    shown = run(recorded, "sync", "toy", "--dry-run")
    assert "forge.raise_issue(title='checksum changed: toy 8.0.1 (8.0-sdk) amd64-glibc.tar.gz'" in shown.output
    assert issues(recorded) == []


def test_the_status_names_what_changed_for_people_too(recorded: Toys) -> None:
    """With both digests and where the issue is."""
    respin(recorded)
    recorded.sync()
    shown = run(recorded, "status").output
    assert f"checksum changed: toy 8.0.1 {FILE}" in shown
    assert "images.git#issue-1" in shown
