"""Who may do what: tokens with rights, tokens that end, an App that signs for itself, git's password."""

from __future__ import annotations

from datetime import timedelta

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.github.hub import APP_ID, INSTALLATION, Access
from tests.github.site import ROOT, TOKEN, Site


def test_a_token_may_do_what_its_rights_say(github: Site) -> None:
    """403 names the right that is missing, in GitHub's own header; what may be read is read."""
    number = github.pull()["number"]
    reader = github.as_somebody("reader", {"contents": "read", "pull_requests": "read"})
    assert reader.status("GET", f"pulls/{number}") == 200
    refused = reader.answer("PATCH", f"pulls/{number}", {"title": "x"}, code=403)
    assert refused.headers["X-Accepted-GitHub-Permissions"] == "pull_requests=write"
    assert refused.json()["message"] == "Resource not accessible by personal access token"
    bot = github.as_somebody("watcher[bot]", {"pull_requests": "write"})
    refused = bot.answer("PUT", f"pulls/{number}/merge", {}, code=403)
    assert refused.json()["message"] == "Resource not accessible by integration"


def test_a_pull_request_may_be_labelled_with_either_right(github: Site) -> None:
    """Of issues or of pull requests."""
    number = github.pull()["number"]
    for right in ("issues", "pull_requests"):
        somebody = github.as_somebody(right, {right: "write"})
        assert somebody.status("POST", f"issues/{number}/labels", {"labels": [right]}) == 200


def test_a_token_that_is_unknown_or_has_ended_is_refused(github: Site) -> None:
    """401, whatever is asked."""
    owner = github.as_somebody("owner")
    assert owner.status("GET", "") == 200
    assert github.api.get(ROOT, headers={"Authorization": "token nonsense"}).status_code == 401
    github.hub.tokens["old"] = Access("owner", None, github.hub.now() - timedelta(seconds=1))
    assert github.api.get(ROOT, headers={"Authorization": "Bearer old"}).json()["message"] == "Bad credentials"


def test_nobody_sees_what_is_public_and_writes_nothing(github: Site) -> None:
    """A private repository is not there at all."""
    number = github.pull()["number"]
    pull = f"{github.hub.api}{ROOT}/pulls/{number}"
    assert httpx.get(pull).status_code == 200
    assert httpx.patch(pull, json={"title": "x"}).status_code == 401
    assert httpx.get(f"{github.hub.api}/user").status_code == 401
    github.ask("PATCH", "", {"private": True})
    assert httpx.get(pull).status_code == 404
    assert github.status("GET", f"pulls/{number}") == 200


def test_another_repository_is_not_there(github: Site) -> None:
    """404, for reading and writing."""
    assert github.api.get("/repos/owner/elsewhere").status_code == 404
    assert github.api.post("/repos/owner/elsewhere/labels", json={"name": "x"}).status_code == 404
    assert github.api.get("/nowhere").status_code == 404


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    """An App's private key."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def word(key: rsa.RSAPrivateKey, github: Site, *, seconds: int = 540, app: int = APP_ID) -> str:
    """What an App signs."""
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    github.hub.app_key = public.decode()
    now = int(github.hub.now().timestamp())
    return jwt.encode({"iat": now - 30, "exp": now + seconds, "iss": str(app)}, key, algorithm="RS256")


def test_an_app_gets_a_token_for_an_hour(github: Site, key: rsa.RSAPrivateKey) -> None:
    """With its own rights, or fewer; the token opens pull requests as the App's bot."""
    app = f"Bearer {word(key, github)}"
    assert github.answer("GET", "//app", Authorization=app).json()["slug"] == "watcher"
    assert github.answer("GET", f"//app/installations/{INSTALLATION}", Authorization=app).json()["id"] == INSTALLATION
    assert github.answer("GET", "installation", Authorization=app).json()["id"] == INSTALLATION
    tokens = f"//app/installations/{INSTALLATION}/access_tokens"
    made = github.answer("POST", tokens, {}, code=201, Authorization=app).json()
    github.branch("topic", {"b": "x\n"})
    said = {"head": "topic", "base": "main", "title": "t"}
    bot = f"token {made['token']}"
    assert github.answer("POST", "pulls", said, code=201, Authorization=bot).json()["user"]["login"] == "watcher[bot]"
    fewer = github.answer("POST", tokens, {"permissions": {"contents": "read"}}, code=201, Authorization=app).json()
    assert github.status("PATCH", "pulls/1", {"title": "x"}, Authorization=f"token {fewer['token']}") == 403
    refused = github.answer("POST", tokens, {"permissions": {"administration": "write"}}, code=422, Authorization=app)
    assert "not granted" in refused.json()["errors"][0]["message"]


def test_an_app_must_sign_well(github: Site, key: rsa.RSAPrivateKey) -> None:
    """With its own key, for ten minutes at most, under its own number; a token is no App."""
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    forged = word(other, github)
    github.answer("GET", "//app", code=401, Authorization=f"Bearer {forged[:-8]}AAAAAAAA")
    long = word(key, github, seconds=7200)
    refused = github.answer("GET", "//app", code=401, Authorization=f"Bearer {long}").json()
    assert "too far in the future" in refused["message"]
    github.answer("GET", "//app", code=404, Authorization=f"Bearer {word(key, github, app=7)}")
    github.answer("GET", "//app", code=404)


def test_git_signs_in_with_the_same_tokens(github: Site) -> None:
    """A wrong one is refused, one without the right to write is not pushed with, and is told so."""
    github.as_somebody("reader", {"contents": "read"})
    work = github.folder / "work"
    github.branch("topic", {"b": "x\n"})
    assert "Authentication failed" in github.git("push", github.remote, "HEAD:x", at=work, ok=False, token="wrong")
    denied = github.git("push", github.remote, "HEAD:x", at=work, ok=False, token="ghp_reader")
    assert "403" in denied
    github.git("push", "--quiet", github.remote, "HEAD:x", at=work, token=TOKEN)
    assert github.status("GET", "git/ref/heads/x") == 200
