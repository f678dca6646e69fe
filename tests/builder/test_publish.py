"""Publishing to a registry on loopback: by digest first, names once, devices without a layer."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from email.utils import formatdate
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext

import pytest

from builder import oci, publish
from builder.registry import Registry, RegistrySettings
from state.errors import ForeignRepository, RegistryError, SettingsError
from tests.certificates import Authority
from tests.registry import LoopbackRegistry
from tests.registry.images import layout

OURS = "balenalib/amd64-debian"


@pytest.fixture
def server() -> Iterator[LoopbackRegistry]:
    """An empty registry."""
    with LoopbackRegistry() as served:
        yield served


async def _no_sleep(seconds: float) -> None:
    del seconds


@pytest.fixture
async def registry(server: LoopbackRegistry) -> AsyncIterator[Registry]:
    """Its client, which does not wait."""
    client = Registry(RegistrySettings(server.host, plain=True), sleep=_no_sleep)
    yield client
    await client.aclose()


async def test_an_image_is_pushed_by_digest_and_has_no_name_yet(
    registry: Registry, server: LoopbackRegistry, tmp_path: Path
) -> None:
    """After the push its digest leads to it, and no tag does."""
    manifest = await publish.push(registry, OURS, layout(tmp_path))
    assert await registry.digest(OURS, manifest.digest) == manifest.digest
    assert await registry.tags(OURS) == []
    assert server.repository(OURS).tags == {}


async def test_a_second_push_moves_no_byte(registry: Registry, server: LoopbackRegistry, tmp_path: Path) -> None:
    """What is there is asked for and not sent again."""
    await publish.push(registry, OURS, layout(tmp_path))
    moved = server.moved
    await publish.push(registry, OURS, layout(tmp_path))
    assert server.moved == moved


async def test_a_dated_name_is_written_once(registry: Registry, tmp_path: Path) -> None:
    """Absent → written; the same image → kept; another → refused, and it leads where it led."""
    one = await publish.push(registry, OURS, layout(tmp_path / "one", label="one"))
    two = await publish.push(registry, OURS, layout(tmp_path / "two", label="two"))
    tag = "bookworm-run-20261122"
    done = [await publish.name(registry, OURS, tag, image, once=True) for image in (one, one, two)]
    assert [each.action for each in done] == ["written", "kept", "refused"]
    assert await registry.digest(OURS, tag) == one.digest


async def test_a_moving_name_moves_and_says_from_where(registry: Registry, tmp_path: Path) -> None:
    """A later image takes the name over."""
    one = await publish.push(registry, OURS, layout(tmp_path / "one", label="one"))
    two = await publish.push(registry, OURS, layout(tmp_path / "two", label="two"))
    await publish.name(registry, OURS, "latest", one, once=False)
    moved = await publish.name(registry, OURS, "latest", two, once=False)
    assert (moved.action, moved.before, moved.digest) == ("written", one.digest, two.digest)
    assert await registry.digest(OURS, "latest") == two.digest


async def test_a_second_build_of_one_day_gets_a_number(registry: Registry, tmp_path: Path) -> None:
    """The first digest of the day has the plain date, the next one .1, and each finds its own again.

    All names of an image share the number: one that is taken lets none of them have it.
    """
    one = await publish.push(registry, OURS, layout(tmp_path / "one", label="one"))
    two = await publish.push(registry, OURS, layout(tmp_path / "two", label="two"))
    other = "balenalib/amd64"
    await publish.copy(registry, one, OURS, other)
    for image, wanted in ((one, 0), (two, 1), (one, 0), (two, 1)):

        def names(nth: int, digest: str = image.digest) -> dict[str, str]:
            tag = f"run-20261122.{nth}" if nth else "run-20261122"
            return {f"{OURS}:{tag}": digest, f"{other}:{tag}": digest}

        nth, held = await publish.free(registry, names)
        assert nth == wanted
        assert set(held) == set(names(nth))
        await publish.name(registry, OURS, next(iter(names(nth))).partition(":")[2], image, once=True)


async def test_a_device_is_its_class_with_a_label_and_no_layer_moves(
    registry: Registry, server: LoopbackRegistry, tmp_path: Path
) -> None:
    """Layers are mounted, the configuration alone is uploaded, and a second time nothing is."""
    image = await publish.push(registry, OURS, layout(tmp_path, layers=(b"x" * 5000, b"y" * 5000)))
    server.moved = 0
    device = "balenalib/intel-nuc-debian"
    labels = {"io.balena.device-type": "intel-nuc"}
    made, fresh = await publish.relabel(registry, OURS, image.digest, device, labels)
    assert fresh
    assert server.moved < 2000
    config = await registry.blob(device, made.config.digest)
    assert oci.labels_of(config)["io.balena.device-type"] == "intel-nuc"
    assert [layer.digest for layer in made.layers] == [layer.digest for layer in image.layers]
    again, fresh = await publish.relabel(registry, OURS, image.digest, device, labels)
    assert (again.digest, fresh) == (made.digest, False)


async def test_where_mounting_is_refused_small_blobs_are_carried(
    registry: Registry, server: LoopbackRegistry, tmp_path: Path
) -> None:
    """The copy arrives all the same."""
    server.mounts = False
    image = await publish.push(registry, OURS, layout(tmp_path))
    await publish.copy(registry, image, OURS, "balenalib/other")
    assert await registry.digest("balenalib/other", image.digest) == image.digest


async def test_a_repository_of_somebody_else_is_left_alone(registry: Registry, tmp_path: Path) -> None:
    """Tags without our label refuse; with it, adopted, or without any tag they do not."""
    label = ("test", "ours")
    await publish.ours(registry, "balenalib/empty", label)
    foreign = await publish.push(registry, OURS, layout(tmp_path / "foreign", label="theirs"))
    await publish.name(registry, OURS, "latest", foreign, once=False)
    with pytest.raises(ForeignRepository, match="adopt"):
        await publish.ours(registry, OURS, label)
    await publish.ours(registry, OURS, label, adopted=[OURS])
    mine = await publish.push(registry, OURS, layout(tmp_path / "mine", label="ours"))
    await publish.name(registry, OURS, "latest", mine, once=False)
    await publish.ours(registry, OURS, label)


async def test_an_image_of_the_wrong_platform_is_refused(registry: Registry, tmp_path: Path) -> None:
    """An ARM image that says amd64 was a defect for years."""
    image = await publish.push(registry, OURS, layout(tmp_path, "linux/amd64"))
    await publish.checked_platform(registry, OURS, image, "linux/amd64")
    with pytest.raises(RegistryError, match="states linux/amd64, and must be linux/arm/v7"):
        await publish.checked_platform(registry, OURS, image, "linux/arm/v7")


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_busy_registry_is_asked_again(
    registry: Registry, server: LoopbackRegistry, tmp_path: Path, status: int
) -> None:
    """What passes is waited for."""
    server.faults = [status, status]
    manifest = await publish.push(registry, OURS, layout(tmp_path))
    assert await registry.digest(OURS, manifest.digest) == manifest.digest


@pytest.mark.parametrize("as_date", [False, True])
async def test_what_a_registry_asks_to_wait_holds_for_every_request(server: LoopbackRegistry, *, as_date: bool) -> None:
    """In seconds or as a date: the next one waits as well, though nothing was said to that one."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    server.retry_after = formatdate(time.time() + 120, usegmt=True) if as_date else "120"
    server.faults = [429]
    client = Registry(RegistrySettings(server.host, plain=True, writes_per_minute=0), sleep=sleep)
    assert await client.digest(OURS, "latest") is None
    slept.clear()
    assert await client.digest(OURS, "run") is None
    assert [100 < seconds <= 120 for seconds in slept] == [True]
    await client.aclose()


async def test_a_registry_that_stays_busy_is_an_error(registry: Registry, server: LoopbackRegistry) -> None:
    """It names the registry and the status."""
    server.faults = [503] * 20
    with pytest.raises(RegistryError, match=r"127\.0\.0\.1:\d+/balenalib/amd64-debian: HTTP 503, 6 times"):
        await registry.digest(OURS, "latest")


async def test_a_token_is_obtained_with_the_login(tmp_path: Path) -> None:
    """One challenge for reading and one for writing; without a login the error says which settings give one."""
    with LoopbackRegistry(login=("robot", "secret")) as server:
        settings = RegistrySettings(server.host, plain=True)
        client = Registry(settings, lambda: ("robot", "secret"), sleep=_no_sleep)
        manifest = await publish.push(client, OURS, layout(tmp_path))
        assert await client.digest(OURS, manifest.digest) == manifest.digest
        await client.aclose()
        stranger = Registry(settings, sleep=_no_sleep)
        with pytest.raises(RegistryError, match="gave no token"):
            await stranger.digest(OURS, "latest")
        await stranger.aclose()


async def test_all_pages_of_tags_are_read(registry: Registry, server: LoopbackRegistry) -> None:
    """A repository may have more tags than one answer holds."""
    server.repository(OURS).tags = {f"t{number:04}": "sha256:" + "0" * 64 for number in range(2500)}
    assert len(await registry.tags(OURS)) == 2500


async def test_content_that_is_not_what_its_digest_says_is_refused(
    registry: Registry, server: LoopbackRegistry, tmp_path: Path
) -> None:
    """A manifest and a blob are compared with what was asked for."""
    image = await publish.push(registry, OURS, layout(tmp_path))
    held = server.repository(OURS)
    held.manifests[image.digest] = (oci.MANIFEST, b"{}")
    held.blobs[image.config.digest] = b"{}"
    with pytest.raises(RegistryError, match="came as sha256:"):
        await registry.manifest(OURS, image.digest)
    with pytest.raises(RegistryError, match="other content"):
        await registry.blob(OURS, image.config.digest)


async def test_a_registry_may_have_a_certificate_of_an_authority_that_is_named(tmp_path: Path) -> None:
    """Nobody else knows it: without its file the registry is not believed, and what is no such file is said."""
    authority, foreign = Authority(tmp_path / "own"), Authority(tmp_path / "foreign")
    tls = SSLContext(PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*authority.issue("registry", "127.0.0.1"))

    async def tags(file: Path | None) -> list[str]:
        client = Registry(RegistrySettings(secure.host, attempts=1, authority=file), sleep=_no_sleep)
        try:
            return await client.tags(OURS)
        finally:
            await client.aclose()

    with LoopbackRegistry(tls=tls) as secure:
        assert await tags(authority.file) == []
        for other in (None, foreign.file):
            with pytest.raises(RegistryError, match="CERTIFICATE_VERIFY_FAILED"):
                await tags(other)
        for wrong in (tmp_path / "none.pem", authority.file.with_name("registry.key")):
            with pytest.raises(SettingsError, match=r"ca_file: .* is no PEM file of certificates"):
                await tags(wrong)


async def test_a_new_blob_is_not_asked_for_and_a_known_one_once(
    registry: Registry, server: LoopbackRegistry, tmp_path: Path
) -> None:
    """A second device of the same class in one repository: its layers are known to be there, its configuration is new."""
    image = await publish.push(registry, OURS, layout(tmp_path, layers=(b"x", b"y")))
    for which in ("one", "two"):
        server.asked.clear()
        await publish.relabel(registry, OURS, image.digest, "balenalib/device", {"which": which})
        assert server.count("HEAD", "blob") == 0
    assert server.count("POST", "session") == 1, "no layer is mounted again"


async def test_a_dated_name_takes_two_requests(registry: Registry, server: LoopbackRegistry, tmp_path: Path) -> None:
    """One asks whether it is free, one writes it."""
    image = await publish.push(registry, OURS, layout(tmp_path))
    server.asked.clear()
    name = f"{OURS}:run-20261122"
    _, there = await publish.free(registry, lambda nth: {name: image.digest})
    await publish.lead(registry, OURS, "run-20261122", image, there[name], once=True)
    assert server.asked == [("HEAD", "manifest"), ("PUT", "manifest")]
