"""The GitHub adapter: how few calls it makes, and what it says when GitHub refuses."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from builder.github import BODY_LIMIT, AppKey, GitHubForge
from builder.ports import Forge
from state.errors import ForgeError, MergeConflict
from tests.builder.conftest import draft
from tests.builder.hub import REPOSITORY, Hub, Reply, serving

BRANCH = "watcher/node/22"
TOKEN = "ghp_secret"


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A hub of the test's own."""
    with serving() as hub:
        yield hub


def forge_on(hub: Hub, pause: float = 0.0) -> GitHubForge:
    """The adapter, without pauses between writes."""
    return GitHubForge(REPOSITORY, TOKEN, base_url=hub.url, pause=pause, attempts=2)


async def test_opening_costs_three_calls(hub: Hub) -> None:
    """Find, create, label; opening again finds it, and costs one."""
    forge: Forge = forge_on(hub)
    one = await forge.open(draft())
    assert hub.calls == ["GET /pulls", "POST /pulls", "PUT /issues/1/labels"]
    assert (one.number, one.standing, one.merge_commit, one.labels) == (1, "open", None, ("watcher", "stack/node"))
    hub.calls.clear()
    assert await forge.open(draft(title="another")) == one
    assert hub.calls == ["GET /pulls"]
    assert await forge.find(BRANCH) == one
    assert await forge.find("watcher/node/24") is None
    assert hub.authorizations == {f"token {TOKEN}"}


async def test_open_survives_a_crash_and_a_race(hub: Hub) -> None:
    """One that was created but not labelled is labelled; one that another created meanwhile is returned."""
    forge = forge_on(hub)
    hub.add(BRANCH)
    assert (await forge.open(draft())).labels == ("watcher", "stack/node")
    assert hub.calls == ["GET /pulls", "PUT /issues/1/labels"]
    hub.calls.clear()
    hub.faults.append((200, {}, []))
    assert (await forge.open(draft())).number == 1
    assert hub.calls == ["GET /pulls", "POST /pulls", "GET /pulls"]


async def test_an_update_writes_only_what_differs(hub: Hub) -> None:
    """Nothing to change costs one call; labels of others stay, and the comment is said."""
    forge = forge_on(hub)
    await forge.open(draft(labels=("watcher", "partial-release")))
    hub.pulls[1]["labels"].append({"name": "watcher:hold"})
    hub.calls.clear()
    await forge.update(1, draft())
    assert hub.calls == ["GET /pulls/1", "PUT /issues/1/labels"]
    hub.calls.clear()
    await forge.update(1, draft())
    assert hub.calls == ["GET /pulls/1"]
    hub.calls.clear()
    after = await forge.update(1, draft(title="newer", without=("partial-release",)), "now 22.11.2")
    assert hub.calls == ["GET /pulls/1", "PATCH /pulls/1", "PUT /issues/1/labels", "POST /issues/1/comments"]
    assert (after.title, after.labels) == ("newer", ("watcher", "watcher:hold", "stack/node"))
    assert hub.comments == ["now 22.11.2"]


async def test_watching_costs_one_call_a_hundred(hub: Hub) -> None:
    """All standings are told from the list alone; other people's branches, and forks' of our name, are not ours."""
    forge = forge_on(hub)
    for line in range(20):
        hub.add(f"watcher/node/{line}")
    hub.add("feature")
    hub.add("watcher/node/7", owner="stranger")
    hub.pulls[1] |= {"state": "closed"}
    hub.pulls[2] |= {"state": "closed", "merged_at": "2026-08-01T12:00:00Z", "merge_commit_sha": "b" * 40}
    found = await forge.pulls()
    assert hub.calls == ["GET /pulls"]
    assert [p.number for p in found] == list(range(20, 0, -1))
    assert [(p.standing, p.merge_commit) for p in found[-3:]] == [
        ("open", None),
        ("merged", "b" * 40),
        ("closed", None),
    ]
    for line in range(90):
        hub.add(f"watcher/go/{line}")
    hub.calls.clear()
    assert len(await forge.pulls()) == 110
    assert len(hub.calls) == 2


async def test_only_the_pages_since_a_moment_are_asked_for(hub: Hub) -> None:
    """A list stops at the first that was not touched since, a stranger's too; the moment itself counts."""
    forge = forge_on(hub)
    for line in range(250):
        hub.add(f"watcher/node/{line}")
    hub.pulls[7]["updated_at"] = "2026-08-02T00:00:00Z"
    found = await forge.pulls(datetime(2026, 8, 1, 4, 0, tzinfo=UTC))
    assert [p.number for p in found] == [7, *range(250, 239, -1)]
    assert hub.calls == ["GET /pulls"]
    hub.calls.clear()
    assert len(await forge.pulls(datetime(2026, 8, 1, 1, 40, tzinfo=UTC))) == 152
    assert len(hub.calls) == 2
    hub.calls.clear()
    assert len(await forge.pulls()) == 250
    assert len(hub.calls) == 3


async def test_closed_and_reopened(hub: Hub) -> None:
    """Reopening costs a look and a write, once; what is merged stays that."""
    forge = forge_on(hub)
    hub.add(BRANCH)
    await forge.close(1)
    hub.calls.clear()
    assert (await forge.reopen(1)).standing == "open"
    assert hub.calls == ["GET /pulls/1", "PATCH /pulls/1"]
    assert (await forge.reopen(1)).standing == "open"
    assert hub.calls[2:] == ["GET /pulls/1"]
    await forge.merge(1)
    with pytest.raises(ForgeError, match="pull request 1 is merged"):
        await forge.reopen(1)


async def test_merged_and_closed(hub: Hub) -> None:
    """A merge tells its commit and deletes the branch, once; a close says why, once."""
    forge = forge_on(hub)
    for branch in (BRANCH, "watcher/node/24"):
        await forge.open(draft(branch))
    merged = await forge.merge(1)
    assert (merged.standing, merged.merge_commit) == ("merged", "a" * 40)
    assert hub.branches == {"watcher/node/24"}
    assert hub.calls[-3:] == ["GET /pulls/1", "PUT /pulls/1/merge", f"DELETE /git/refs/heads/{BRANCH}"]
    assert await forge.pull(1) == merged
    hub.calls.clear()
    assert await forge.merge(1) == merged
    assert hub.calls == ["GET /pulls/1"]
    assert (await forge.close(2, "not this version")).standing == "closed"
    assert (await forge.close(2, "not this version")).standing == "closed"
    assert (await forge.close(1)).standing == "merged"
    assert hub.comments == ["not this version"]


async def test_a_conflict_is_told_from_other_refusals(hub: Hub) -> None:
    """Not mergeable is a MergeConflict; a branch that moved meanwhile is an error of its own."""
    forge = forge_on(hub)
    await forge.open(draft())
    hub.conflict = True
    with pytest.raises(MergeConflict, match="pull request 1 does not merge into main"):
        await forge.merge(1)
    hub.faults += [hub.answer("GET", f"/repos/{REPOSITORY}/pulls/1", {}, None), (409, {}, {"message": "modified"})]
    with pytest.raises(ForgeError, match="409 modified") as caught:
        await forge.merge(1)
    assert not isinstance(caught.value, MergeConflict)


async def test_a_body_that_is_too_long_is_never_sent(hub: Hub) -> None:
    """GitHub's limit is checked before anything is asked."""
    forge = forge_on(hub)
    with pytest.raises(ForgeError, match="65,537 characters"):
        await forge.open(draft(body="x" * (BODY_LIMIT + 1)))
    assert hub.calls == []


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ((401, {}, {"message": "Bad credentials"}), "the token was refused"),
        ((403, {}, {"message": "Resource not accessible by integration"}), "it needs `contents` and `pull_requests`"),
        ((403, {"X-Accepted-GitHub-Permissions": "pull_requests=write"}, {"message": "no"}), "pull_requests=write"),
        ((404, {}, {"message": "Not Found"}), "the token may not see the repository"),
        ((422, {}, {"message": "Validation Failed", "errors": [{"code": "custom", "message": "no"}]}), "Failed: no"),
        ((418, {}, None), "GitHub answered 418"),
    ],
)
async def test_a_refusal_says_what_is_missing(hub: Hub, fault: Reply, message: str) -> None:
    """Every refusal is a ForgeError in words, and never tells the secret."""
    hub.faults.append(fault)
    with pytest.raises(ForgeError, match=message) as caught:
        await forge_on(hub).pull(1)
    assert TOKEN not in str(caught.value)
    assert str(caught.value).startswith(f"GitHub: {REPOSITORY}: pull request 1: ")


async def test_unreachable_is_a_forge_error(hub: Hub) -> None:
    """No answer, or only 5xx, ends after the given attempts in a ForgeError."""
    forge = forge_on(hub)
    hub.faults += [(0, {}, None)] * 2
    with pytest.raises(ForgeError, match="cannot be reached"):
        await forge.pull(1)
    hub.faults += [(502, {}, None)] * 2
    with pytest.raises(ForgeError, match="cannot be reached"):
        await forge.pull(1)
    assert len(hub.calls) == 4


async def test_a_passing_fault_is_got_over(hub: Hub) -> None:
    """A dropped connection and a Retry-After are waited out; a creation whose answer was lost is not made twice."""
    forge = forge_on(hub)
    hub.faults += [(0, {}, None)]
    await forge.open(draft())
    hub.faults += [(403, {"Retry-After": "1"}, {"message": "You have exceeded a secondary rate limit"})]
    began = time.monotonic()
    assert (await forge.pull(1)).number == 1
    assert time.monotonic() - began >= 1
    hub.add("watcher/node/24")
    hub.faults += [(200, {}, []), (502, {}, None)]
    assert (await forge.open(draft("watcher/node/24"))).number == 2


async def test_writes_keep_their_distance(hub: Hub) -> None:
    """Two writes at once go one after the other, a pause apart."""
    forge = forge_on(hub, pause=0.2)
    for branch in (BRANCH, "watcher/node/24"):
        hub.add(branch)
    began = time.monotonic()
    await asyncio.gather(forge.update(1, draft(title="x", labels=())), forge.update(2, draft(title="y", labels=())))
    assert 0.2 <= time.monotonic() - began < 0.6


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


async def test_an_app_gets_its_tokens_by_itself(hub: Hub) -> None:
    """With an App's key every call carries an installation's token, the one that pushes use too."""
    secret = AppKey(1, 2, pem(rsa.generate_private_key(public_exponent=65537, key_size=2048)))
    forge = GitHubForge(REPOSITORY, secret, base_url=hub.url, pause=0)
    await forge.open(draft(labels=()))
    assert await asyncio.to_thread(forge.token) == "ghs_fresh"
    assert hub.calls == ["POST /app/installations/2/access_tokens", "GET /pulls", "POST /pulls"]
    assert "token ghs_fresh" in hub.authorizations
    assert "PRIVATE" not in repr(secret)
