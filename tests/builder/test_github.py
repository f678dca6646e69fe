"""The GitHub adapter: how few calls it makes, what it does when an answer is lost, what it says when GitHub refuses."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from builder.github import BODY_LIMIT, AppKey, GitHubForge
from builder.ports import Forge
from state.errors import ForgeError, MergeConflict
from tests.builder.conftest import draft
from tests.github.faults import Fault
from tests.github.hub import APP_ID, INSTALLATION, Hub
from tests.github.hub import _now as real_time
from tests.github.records import Side
from tests.github.site import PROTECTED, TOKEN, Site, site

BRANCH, REPOSITORY = "watcher/node/22", "owner/images"


@pytest.fixture
def github(tmp_path: Path) -> Iterator[Site]:
    """A GitHub whose clock goes on by a second each time it is looked at, with a branch of the watcher's."""
    with site(tmp_path, now=Clock()) as made:
        made.commit(BRANCH)
        yield made


class Clock:
    """Whole seconds, each once."""

    def __init__(self) -> None:
        self.time = datetime(2026, 8, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The time."""
        self.time += timedelta(seconds=1)
        return self.time


@pytest.fixture
def hub(github: Site) -> Hub:
    """What it knows."""
    return github.hub


def forge_on(hub: Hub, pause: float = 0.0) -> GitHubForge:
    """The adapter, without pauses between writes."""
    return GitHubForge(REPOSITORY, TOKEN, base_url=hub.api, pause=pause, attempts=2)


async def opened(github: Site, branch: str = BRANCH) -> GitHubForge:
    """The adapter, with a pull request of *branch*; calls are counted from here on."""
    if branch != BRANCH:
        github.commit(branch, path=branch.replace("/", "-"))
    forge = forge_on(github.hub)
    await forge.open(draft(branch))
    github.hub.log.clear()
    return forge


async def test_opening_costs_two_calls(github: Site, hub: Hub) -> None:
    """Create and label; opening again is refused by GitHub, and then it is looked for."""
    forge: Forge = forge_on(hub)
    one = await forge.open(draft())
    assert hub.calls == ["POST /pulls", "POST /issues/1/labels"]
    assert (one.number, one.standing, one.merge_commit, one.labels) == (1, "open", None, ("watcher", "stack/node"))
    assert one.head == hub.refs[f"refs/heads/{BRANCH}"]
    hub.log.clear()
    assert await forge.open(draft(title="another")) == one
    assert hub.calls == ["POST /pulls", "GET /pulls"]
    assert await forge.find(BRANCH) == one
    assert await forge.find("watcher/node/24") is None
    assert hub.authorizations == {f"token {TOKEN}"}


async def test_open_survives_a_crash_and_a_race(github: Site, hub: Hub) -> None:
    """One that is there already, whoever created it, is labelled and returned."""
    forge = forge_on(hub)
    github.ask("POST", "pulls", {"head": BRANCH, "base": "main", "title": "t"}, code=201)
    hub.log.clear()
    assert (await forge.open(draft())).labels == ("watcher", "stack/node")
    assert hub.calls == ["POST /pulls", "GET /pulls", "POST /issues/1/labels"]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("status", [0, 502])
async def test_one_is_opened_where_the_answer_is_lost(hub: Hub, status: int, *, after: bool) -> None:
    """Whether it was created or not: looked for, and created only where it is not there."""
    hub.faults.append(Fault(status, match="POST .*/pulls$", after=after))
    assert (await forge_on(hub).open(draft())).number == 1
    created = ["POST /pulls", "GET /pulls"] + ([] if after else ["POST /pulls"])
    assert hub.calls == [*created, "POST /issues/1/labels"]
    assert len(hub.issues) == 1


@pytest.mark.parametrize("after", [False, True])
async def test_a_comment_is_said_once_where_the_answer_is_lost(github: Site, hub: Hub, *, after: bool) -> None:
    """A POST is never simply made again."""
    forge = await opened(github)
    hub.faults.append(Fault(502, match="POST .*/comments$", after=after))
    await forge.update(1, draft(), "now 22.11.2")
    assert [said.body for said in hub.issue(1).comments] == ["now 22.11.2"]


async def test_an_update_writes_only_what_differs(github: Site, hub: Hub) -> None:
    """Nothing to change costs one call; labels of others stay, and the comment is said."""
    forge = forge_on(hub)
    await forge.open(draft(labels=("watcher", "partial-release")))
    hub.issue(1).labels.append("watcher:hold")
    hub.log.clear()
    await forge.update(1, draft())
    assert hub.calls == ["GET /pulls/1", "POST /issues/1/labels"]
    hub.log.clear()
    await forge.update(1, draft())
    assert hub.calls == ["GET /pulls/1"]
    hub.log.clear()
    after = await forge.update(1, draft(title="newer", without=("partial-release",)), "now 22.11.2")
    removed = "DELETE /issues/1/labels/partial-release"
    assert hub.calls == ["GET /pulls/1", "PATCH /pulls/1", removed, "POST /issues/1/comments"]
    assert (after.title, after.labels) == ("newer", ("watcher", "watcher:hold", "stack/node"))
    assert [said.body for said in hub.issue(1).comments] == ["now 22.11.2"]


async def test_a_label_that_a_person_puts_on_meanwhile_stays(github: Site, hub: Hub) -> None:
    """Between our look and our write: labels are put on one by one, never set."""
    forge = await opened(github)
    hub.faults.append(Fault(502, match="POST .*/labels$"))
    update = asyncio.create_task(forge.update(1, draft(labels=("security",))))
    while "POST /issues/1/labels" not in hub.calls:
        await asyncio.sleep(0.005)
    hub.issue(1).labels.append("watcher:hold")
    await update
    assert set(hub.issue(1).labels) == {"watcher", "stack/node", "security", "watcher:hold"}


async def test_what_is_decided_is_not_updated(github: Site, hub: Hub) -> None:
    """A pull request that was closed or merged meanwhile stays as the maintainer left it."""
    forge = await opened(github)
    github.ask("PATCH", "pulls/1", {"state": "closed"})
    hub.log.clear()
    assert (await forge.update(1, draft(title="newer"), "newer")).standing == "closed"
    assert hub.calls == ["GET /pulls/1"]
    assert hub.issue(1).comments == []


async def test_watching_costs_one_call_a_hundred(github: Site, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """All standings are told from the list alone; other people's branches, and forks' of our name, are not ours."""
    tip = hub.git("rev-parse", BRANCH)
    for line in range(20):
        hub.git.move(f"refs/heads/watcher/go/{line}", tip)
        github.ask("POST", "pulls", {"head": f"watcher/go/{line}", "base": "main", "title": "t"}, code=201)
    github.pull("feature", "b")
    github.pull("watcher/node/7", "c")
    hub.pull(22).request.head = Side("watcher/node/7", tip, "stranger/images")
    github.ask("PATCH", "pulls/1", {"state": "closed"})
    hub.log.clear()
    found = await forge_on(hub).pulls()
    assert hub.calls == ["GET /pulls"]
    assert [(p.number, p.standing) for p in found] == [(1, "closed"), *((n, "open") for n in range(20, 1, -1))]
    monkeypatch.setattr("builder.github._PAGE", 10)
    hub.log.clear()
    assert len(await forge_on(hub).pulls()) == 20
    assert hub.calls == ["GET /pulls"] * 3
    hub.log.clear()
    touched = hub.issue(1).updated_at
    assert [p.number for p in await forge_on(hub).pulls(touched)] == [1]
    assert hub.calls == ["GET /pulls"]


async def test_a_304_is_never_believed(github: Site, hub: Hub) -> None:
    """GitHub's caches may say "not modified" of a pull request that was closed: nothing is asked so that they can."""
    forge = await opened(github)
    assert [p.standing for p in await forge.pulls()] == ["open"]
    github.ask("PATCH", "pulls/1", {"state": "closed"})
    hub.always_304 = True
    assert [p.standing for p in await forge.pulls()] == ["closed"]
    assert (await forge.pull(1)).standing == "closed"


async def test_closed_and_reopened(github: Site, hub: Hub) -> None:
    """Reopening costs a look and a write, once; what is merged stays that."""
    forge = await opened(github)
    await forge.close(1)
    hub.log.clear()
    assert (await forge.reopen(1)).standing == "open"
    assert hub.calls == ["GET /pulls/1", "PATCH /pulls/1"]
    assert (await forge.reopen(1)).standing == "open"
    assert hub.calls[2:] == ["GET /pulls/1"]
    await forge.merge(1)
    with pytest.raises(ForgeError, match="pull request 1 is merged"):
        await forge.reopen(1)


async def test_one_whose_branch_is_gone_is_not_reopened(github: Site) -> None:
    """GitHub's own words say why."""
    forge = await opened(github)
    await forge.close(1)
    github.ask("DELETE", f"git/refs/heads/{BRANCH}", code=204)
    with pytest.raises(ForgeError, match="branch has been deleted"):
        await forge.reopen(1)


async def test_merged_and_closed(github: Site, hub: Hub) -> None:
    """A merge tells its commit and deletes the branch, once; a close says why, once."""
    forge = await opened(github)
    await opened(github, "watcher/node/24")
    merged = await forge.merge(1)
    assert (merged.standing, merged.merge_commit) == ("merged", hub.refs["refs/heads/main"])
    assert f"refs/heads/{BRANCH}" not in hub.refs
    assert hub.calls == ["GET /pulls/1", "PUT /pulls/1/merge", f"DELETE /git/refs/heads/{BRANCH}"]
    assert await forge.pull(1) == merged
    hub.log.clear()
    assert await forge.merge(1) == merged
    assert hub.calls == ["GET /pulls/1"]
    assert (await forge.close(2, "not this version")).standing == "closed"
    assert (await forge.close(2, "not this version")).standing == "closed"
    assert (await forge.close(1)).standing == "merged"
    assert [said.body for said in hub.issue(2).comments] == ["not this version"]


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
async def test_a_pull_request_is_merged_as_the_repository_allows(github: Site, hub: Hub, method: str) -> None:
    """Where only one way is allowed it is that; the commit told is on the default branch."""
    forge = await opened(github)
    ways = {"merge": "allow_merge_commit", "squash": "allow_squash_merge", "rebase": "allow_rebase_merge"}
    github.ask("PATCH", "", {setting: way == method for way, setting in ways.items()})
    merged = await forge.merge(1)
    assert merged.merge_commit == hub.refs["refs/heads/main"]
    parents = hub.git("show", "--no-patch", "--format=%P", "main").split()
    assert len(parents) == (2 if method == "merge" else 1)


async def test_a_merge_whose_answer_is_lost_is_no_conflict(github: Site, hub: Hub) -> None:
    """It is made again, refused as not mergeable, and found merged."""
    forge = await opened(github)
    hub.faults.append(Fault(502, match="PUT .*/merge", after=True))
    assert (await forge.merge(1)).merge_commit == hub.refs["refs/heads/main"]


async def test_a_conflict_is_told_from_other_refusals(github: Site, hub: Hub) -> None:
    """Not mergeable is a MergeConflict; a branch that moved, and a protected one, are errors of their own."""
    forge = await opened(github)
    hub.faults.append(Fault(409, {"message": "Head branch was modified"}, match="PUT"))
    with pytest.raises(ForgeError, match="409 Head branch was modified") as caught:
        await forge.merge(1)
    assert not isinstance(caught.value, MergeConflict)
    rule = {**PROTECTED, "required_status_checks": {"strict": False, "contexts": ["build"]}}
    github.ask("PUT", "branches/main/protection", rule)
    with pytest.raises(ForgeError, match='status check "build" is expected') as caught:
        await forge.merge(1)
    assert not isinstance(caught.value, MergeConflict)
    github.ask("DELETE", "branches/main/protection", code=204)
    github.commit("main", "otherwise\n")
    with pytest.raises(MergeConflict, match="pull request 1 does not merge into main"):
        await forge.merge(1)


async def test_a_renamed_repository_is_followed(github: Site, hub: Hub, caplog: pytest.LogCaptureFixture) -> None:
    """Read and written under its new name with the whole query, asked there at once afterwards, and said once."""
    forge = await opened(github)
    github.commit("watcher/node/24", path="b")
    await forge.close(1)
    github.ask("PATCH", "", {"name": "base-images"})
    hub.log.clear()
    assert [p.standing for p in await forge.pulls()] == ["closed"]
    assert [call.status for call in hub.log] == [301, 200]
    hub.log.clear()
    assert (await forge.open(draft("watcher/node/24"))).number == 2
    assert (await forge.merge(2)).standing == "merged"
    assert {call.status for call in hub.log} <= {200, 201, 204}
    assert [r.message for r in caplog.records] == [
        "GitHub: owner/images has another name now: change [github] repository"
    ]


async def test_another_host_never_gets_the_token(hub: Hub) -> None:
    """A redirection to it ends there."""
    hub.faults.append(Fault(301, headers={"Location": "http://elsewhere.example/pulls"}))
    with pytest.raises(ForgeError, match=r"another host, elsewhere\.example"):
        await forge_on(hub).pulls()
    hub.faults.append(Fault(301, headers={"Location": "/a"}, times=9))
    with pytest.raises(ForgeError, match="from one address to the next"):
        await forge_on(hub).pulls()


async def test_a_body_that_is_too_long_is_never_sent(hub: Hub) -> None:
    """GitHub's limit is checked before anything is asked."""
    forge = forge_on(hub)
    with pytest.raises(ForgeError, match="65,537 characters"):
        await forge.open(draft(body="x" * (BODY_LIMIT + 1)))
    assert hub.calls == []


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (Fault(401, {"message": "Bad credentials"}), "the token was refused"),
        (Fault(403, {"message": "Resource not accessible by integration"}), "it needs `contents` and `pull_requests`"),
        (
            Fault(403, {"message": "no"}, {"X-Accepted-GitHub-Permissions": "pull_requests=write"}),
            "pull_requests=write",
        ),
        (Fault(404, {"message": "Not Found"}), "the token may not see the repository"),
        (Fault(422, {"message": "Failed", "errors": [{"code": "custom", "message": "no"}]}), "Failed: no"),
        (Fault(418), "GitHub answered 418"),
        (Fault(200, "<html>"), "answered 200 with str, not with a document"),
        (Fault(200, {"number": "seven", "state": "open"}), "answered with str where there should be"),
    ],
)
async def test_a_refusal_says_what_is_missing(hub: Hub, fault: Fault, message: str) -> None:
    """Every refusal is a ForgeError in words, and never tells the secret."""
    hub.faults.append(replace(fault))
    with pytest.raises(ForgeError, match=message) as caught:
        await forge_on(hub).pull(1)
    assert TOKEN not in str(caught.value)
    assert str(caught.value).startswith(f"GitHub: {REPOSITORY}: pull request 1: ")


async def test_unreachable_is_a_forge_error(hub: Hub) -> None:
    """No answer, half of one, or only 5xx, ends after the given attempts in a ForgeError."""
    forge = forge_on(hub)
    for fault in (Fault(), Fault(502), Fault(cut=True)):
        hub.faults.append(replace(fault, times=2))
        with pytest.raises(ForgeError, match=f"{REPOSITORY}: list pull requests: cannot be reached"):
            await forge.pulls()
    assert len(hub.calls) == 6


@pytest.mark.parametrize("fault", [Fault(), Fault(503), Fault(cut=True)])
@pytest.mark.parametrize("call", ["GET", "PATCH", "POST .*/labels"])
async def test_a_passing_fault_is_got_over(github: Site, hub: Hub, call: str, fault: Fault) -> None:
    """What says how things should be is made again: also a PATCH, also a label."""
    forge = await opened(github)
    hub.faults.append(replace(fault, match=call))
    after = await forge.update(1, draft(title="newer", labels=("security",)))
    assert (after.title, after.labels[-1]) == ("newer", "security")
    assert hub.faults == []


@pytest.mark.parametrize("status", [403, 429])
@pytest.mark.parametrize("call", ["GET", "POST .*/pulls"])
async def test_a_limit_is_waited_out(hub: Hub, status: int, call: str) -> None:
    """Whatever was asked was not done: it is made again when GitHub says so, a POST too."""
    wait = {"Retry-After": "1"}
    hub.faults.append(Fault(status, {"message": "You have exceeded a secondary rate limit"}, wait, match=call))
    began = time.monotonic()
    forge = forge_on(hub)
    assert (await forge.open(draft())).number == 1
    assert [pull.number for pull in await forge.pulls()] == [1]
    assert time.monotonic() - began >= 1


async def test_a_limit_of_an_hour_is_not_waited_out(hub: Hub) -> None:
    """A run ends with a word instead; so it does where only the reset of the hourly limit is told."""
    forge = forge_on(hub)
    hub.faults.append(Fault(403, {"message": "secondary rate limit"}, {"Retry-After": "3600"}))
    with pytest.raises(ForgeError, match="asks to wait 3600 seconds"):
        await forge.pulls()
    hub.limits.hourly = 0
    with pytest.raises(ForgeError, match=r"asks to wait 3[56]\d\d seconds"):
        await forge.pulls()


async def test_a_right_that_is_missing_is_not_waited_for(hub: Hub) -> None:
    """403 is not always a limit."""
    hub.faults.append(Fault(403, {"message": "Resource not accessible by integration"}))
    began = time.monotonic()
    with pytest.raises(ForgeError, match="lacks a right"):
        await forge_on(hub).pulls()
    assert time.monotonic() - began < 0.5


async def test_writes_keep_their_distance(github: Site, hub: Hub) -> None:
    """Two writes at once go one after the other, a pause apart."""
    await opened(github)
    await opened(github, "watcher/node/24")
    forge = forge_on(hub, pause=0.2)
    hub.log.clear()
    await asyncio.gather(forge.update(1, draft(title="x", labels=())), forge.update(2, draft(title="y", labels=())))
    first, second = (call.at for call in hub.log if call.verb == "PATCH")
    assert second - first >= 0.19


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, passphrase: bytes = b"") -> str:
    """The text of a private key's file."""
    hidden = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    shape = serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(serialization.Encoding.PEM, shape, hidden).decode()


def test_a_key_that_is_none_is_named_by_its_setting() -> None:
    """Junk, a part of a key, one of another kind, a public one, one with a passphrase: the setting, never the key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    elliptic = pem(ec.generate_private_key(ec.SECP256R1()))
    for text in ("", "hunter2", "\udc80", pem(key)[:400], elliptic, public.decode(), pem(key, b"hunter2")):
        with pytest.raises(ForgeError, match=r"\[github\] private_key_file") as caught:
            GitHubForge(REPOSITORY, AppKey(1, 2, text))
        assert "hunter2" not in str(caught.value)
        assert "BEGIN" not in str(caught.value)
        assert caught.value.__suppress_context__, "what the library said is not shown"


async def test_an_app_gets_its_tokens_by_itself(github: Site, hub: Hub) -> None:
    """With an App's key every call carries an installation's token, the one that pushes use too."""
    secret = AppKey(APP_ID, INSTALLATION, pem(rsa.generate_private_key(public_exponent=65537, key_size=2048)))
    forge = GitHubForge(REPOSITORY, secret, base_url=hub.api, pause=0)
    hub.faults.append(Fault(502, match="access_tokens"))
    hub.now = real_time  # by which a token's end is told
    await forge.open(draft(labels=()))
    token = await asyncio.to_thread(forge.token)
    assert token in hub.tokens
    asked = [f"POST /app/installations/{INSTALLATION}/access_tokens"] * 2
    assert hub.calls == [*asked, "POST /pulls"]
    assert f"token {token}" in hub.authorizations
    assert "PRIVATE" not in repr(secret)
