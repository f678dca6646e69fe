"""Registries asked for digests: the token that everybody gets, HEAD only, and errors that name registry and image."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from pytest_httpx import HTTPXMock

from sources.feed import Feed, FeedSettings
from sources.registry import Reference, Registries
from state.errors import FetchError, NotPublished
from tests.sources.conftest import Naps
from tests.upstream.registry import Registry

TRIXIE = "docker.io/library/debian:trixie-slim"
DIGEST = f"sha256:{'5' * 64}"


@pytest.fixture
def registry() -> Iterator[Registry]:
    """Docker Hub, and Fedora's registry, with one image each."""
    with Registry({"library/debian:trixie-slim": DIGEST, "fedora:44": DIGEST}) as running:
        yield running


@pytest.fixture
async def registries(registry: Registry) -> AsyncIterator[Registries]:
    """What asks it."""
    async with Feed("debian", FeedSettings(mirrors=registry.mirrors(), attempts=2), sleep=Naps()) as feed:
        yield Registries(feed)


def reference(text: str) -> Reference:
    """A reference that names a registry."""
    found = Reference.parse(text)
    assert found
    return found


async def test_a_digest_is_told_by_head_and_one_token_serves_a_repository(
    registry: Registry, registries: Registries
) -> None:
    """A HEAD is not a pull; the challenge is answered once, however many tags are asked for."""
    registry.tags["library/debian:sid-slim"] = DIGEST
    assert await registries.digest(reference(TRIXIE)) == DIGEST
    assert await registries.digest(reference("docker.io/library/debian:sid-slim")) == DIGEST
    assert registry.tokens == ["repository:library/debian:pull"]
    assert all(request.startswith("HEAD /v2/library/debian/manifests/") for request in registry.requests)
    assert len(registry.requests) == 3  # the first of them was the challenge


async def test_many_at_once_ask_for_one_token(registry: Registry, registries: Registries) -> None:
    """Questions that come together wait for the same token."""
    assert await asyncio.gather(*(registries.digest(reference(TRIXIE)) for _ in range(4))) == [DIGEST] * 4
    assert len(registry.tokens) == 1


async def test_another_registry_answers_under_its_own_name(registries: Registries) -> None:
    """Only Docker Hub's name in references is not that of its server."""
    assert await registries.digest(reference("registry.fedoraproject.org/fedora:44")) == DIGEST
    assert reference(TRIXIE).url == "https://registry-1.docker.io/v2/library/debian/manifests/trixie-slim"


async def test_a_tag_that_there_is_not_is_named(registries: Registries) -> None:
    """404 is no outage: the image is not there (yet)."""
    with pytest.raises(NotPublished, match=r"docker\.io has no library/debian:forky-slim"):
        await registries.digest(reference("docker.io/library/debian:forky-slim"))


@pytest.mark.parametrize(
    ("status", "headers", "problem"),
    [
        (429, {"Retry-After": "600"}, "HTTP 429, and asks to wait 600 s"),
        (503, {}, "HTTP 503"),
        (403, {}, "HTTP 403"),
        (401, {}, "wants a login"),
        (401, {"WWW-Authenticate": 'Basic realm="here"'}, "wants a login"),
        (401, {"WWW-Authenticate": 'Bearer realm="http://elsewhere.invalid/token"'}, "wants a login"),
    ],
)
async def test_a_registry_that_does_not_answer_is_named(
    registry: Registry, registries: Registries, status: int, headers: dict[str, str], problem: str
) -> None:
    """The error says which registry was asked for which image; a token is only asked for by https."""
    registry.status, registry.headers = status, headers
    with pytest.raises(FetchError, match=rf"docker\.io, asked for library/debian:trixie-slim: {problem}") as caught:
        await registries.digest(reference(TRIXIE))
    assert not isinstance(caught.value, NotPublished)
    assert registry.tokens == []


async def test_a_repository_that_a_token_does_not_open_is_not_there(registry: Registry, registries: Registries) -> None:
    """Docker Hub answers 401 for what does not exist, token or not."""
    registry.status = 401
    registry.headers = {"WWW-Authenticate": 'Bearer realm="https://auth.docker.io/token",scope="x"'}
    with pytest.raises(NotPublished, match=r"docker\.io has no library/debian:trixie-slim"):
        await registries.digest(reference(TRIXIE))
    assert registry.tokens == ["repository:library/debian:pull"]


async def test_a_digest_is_never_invented(registry: Registry, registries: Registries) -> None:
    """An answer without a digest, or with something else in its place, is an error."""
    for told in ("", "latest", "sha256:123"):
        registry.tags["library/debian:trixie-slim"] = told
        with pytest.raises(FetchError, match="tells no digest"):
            await registries.digest(reference(TRIXIE))


@pytest.mark.parametrize("text", ["raspbian-rootfs:bookworm", "library/debian:trixie", "debian", "docker.io/debian"])
def test_what_names_no_registry_is_made_by_ourselves(text: str) -> None:
    """Raspbian's root file system is a local name: nobody is asked for it."""
    assert Reference.parse(text) is None


async def test_a_token_stays_with_the_host_that_it_is_for(httpx_mock: HTTPXMock) -> None:
    """A permitted redirect leads on without it."""
    httpx_mock.add_response(
        url="https://one.invalid/v2/", status_code=302, headers={"Location": "https://two.invalid/"}
    )
    httpx_mock.add_response(url="https://two.invalid/")
    async with Feed("debian", FeedSettings(redirect_hosts=("two.invalid",))) as feed:
        await feed.head("https://one.invalid/v2/", {"Authorization": "Bearer x"}, ())
    first, second = httpx_mock.get_requests()
    assert "authorization" in first.headers
    assert "authorization" not in second.headers
