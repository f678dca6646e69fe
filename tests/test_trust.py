"""What is told of each image in the registry, from a merge on: what it is made of, how it came to be, and a signature."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from typing_extensions import override

from builder.engines.engine import BuildRequest
from builder.oci import Layout
from builder.signing import Signer, verified
from state.model import Build
from tests.builder.test_sbom import DEBIAN, DPKG, tar
from tests.foundry import Crash, Forge, Foundry
from tests.registry import LoopbackRegistry
from tests.registry.images import layout
from tests.world import World

pytestmark = pytest.mark.slow

NODE = "balenalib/amd64-debian-node:22.11.0-trixie-run"


@dataclass
class Packed(Forge):
    """The same engine, but that its images have packages."""

    @override
    async def build(self, request: BuildRequest) -> Layout:
        """Write the layout, with a layer that can be read."""
        made = await super().build(request)
        own = hashlib.sha256(made.manifest().body).digest()
        body = tar({"var/lib/dpkg/status": DPKG, "usr/lib/os-release": DEBIAN, "own": own})
        return layout(request.output / "packed", request.platform, layers=(body,), labels=request.labels)


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[LoopbackRegistry]:
    """An empty registry."""
    with LoopbackRegistry(referrers=getattr(request, "param", True)) as served:
        yield served


@pytest.fixture
def foundry(world: World, server: LoopbackRegistry) -> Foundry:
    """A small family in which Node 22.11.0 is merged, and everything is told of its images."""
    found = Foundry.merged(world, server)
    found.forge = Packed()
    found.settings('[trust]\nsigning_key_file = "key.pem"\n')
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (world.config_file.parent / "key.pem").write_bytes(pem)
    return found


def _told(foundry: Foundry, build: Build) -> dict[str, list[Mapping[str, Any]]]:
    """Kind → documents that are attached to an image in its own repository."""
    here = foundry.server.repository(build.repository)
    found: dict[str, list[Mapping[str, Any]]] = {}
    for _, body in here.manifests.values():
        document = json.loads(body)
        if document.get("subject", {}).get("digest") == build.digest:
            (layer,) = document["layers"]
            found.setdefault(document["artifactType"], []).append(json.loads(here.blobs[layer["digest"]]))
    return found


@pytest.mark.parametrize("server", [True, False], ids=["referrers", "fallback"], indirect=True)
def test_every_image_is_told_of(foundry: Foundry, world: World) -> None:
    """Packages and payload; commit, base and files by digest; a device by its class; all of it signed by our key."""
    report = foundry.work()
    assert (report.broken, report.blocked, report.stopped) == ([], [], "")
    made = {build.name: build for build in (*report.built, *report.relabelled)}
    for build in report.built:
        assert {kind: len(rows) for kind, rows in _told(foundry, build).items()} == {
            "application/spdx+json": 1,
            "application/vnd.in-toto+json": 1,
        }
    node = _told(foundry, made[NODE])
    (contents,), (statement,) = node["application/spdx+json"], node["application/vnd.in-toto+json"]
    names = [row["name"] for row in contents["packages"]]
    assert names == ["balenalib/amd64-debian-node", "curl", "libcurl4t64", "node"]
    needed = statement["predicate"]["buildDefinition"]["resolvedDependencies"]
    assert needed[0]["digest"]["gitCommit"] == made[NODE].commit
    digests = {row["digest"].get("sha256") for row in needed}
    assert made["balenalib/amd64-debian:trixie-run"].digest.removeprefix("sha256:") in digests
    assert contents["packages"][3]["checksums"][0]["checksumValue"] in digests
    assert statement["predicate"]["runDetails"]["builder"]["version"]["engine"] == "forge"
    device = report.relabelled[0]
    (related,) = _told(foundry, device)["application/vnd.in-toto+json"]
    (source,) = related["predicate"]["buildDefinition"]["resolvedDependencies"]
    assert source["digest"]["sha256"] == made[device.base].digest.removeprefix("sha256:")
    public = Signer.load((world.config_file.parent / "key.pem").read_text(), "key").public
    for build in made.values():
        tag = foundry.digests(build.repository)[f"sha256-{build.digest.removeprefix('sha256:')}.sig"]
        here = foundry.server.repository(build.repository)
        (layer,) = json.loads(here.manifests[tag][1])["layers"]
        said = layer["annotations"]["dev.cosignproject.cosign/signature"]
        assert verified(public, here.blobs[layer["digest"]], said)
        assert build.digest.encode() in here.blobs[layer["digest"]]
    asked = foundry.asked
    assert asked
    foundry.work()
    assert foundry.asked == 0


def test_a_crash_leaves_nothing_untold_and_nothing_told_twice(foundry: Foundry) -> None:
    """Wherever it was: before the first name of an image, all that is told of it is there."""
    for stop in range(7, 260, 61):
        foundry.stop_at = stop
        with pytest.raises(Crash):
            foundry.work()
        for name, digest in foundry.tags().items():
            home = name.partition(":")[0]
            if "-debian" in home and "sha256-" not in name:  # the repositories without it have the same images
                documents = [json.loads(body) for _, body in foundry.server.repository(home).manifests.values()]
                assert digest in [document.get("subject", {}).get("digest") for document in documents]
    foundry.stop_at = None
    report = foundry.work()
    for build in report.built:
        assert {kind: len(rows) for kind, rows in _told(foundry, build).items()} == {
            "application/spdx+json": 1,
            "application/vnd.in-toto+json": 1,
        }


def test_what_is_switched_off_is_not_told(foundry: Foundry) -> None:
    """Neither documents nor signatures."""
    foundry.settings("[trust]\nsbom = false\nprovenance = false\n")
    report = foundry.work()
    assert all(_told(foundry, build) == {} for build in report.built)
    assert not [name for name in foundry.tags() if "sha256-" in name]


def test_a_key_that_cannot_sign_ends_it_before_anything_is_named(foundry: Foundry, world: World) -> None:
    """The settings are wrong: nothing is published unsigned."""
    Path(world.config_file.parent / "key.pem").write_text("no key")
    report = foundry.work()
    assert report.broken
    assert all("key.pem: not a PEM private key" in build.error for build in report.broken)
    assert report.built == []
    assert foundry.tags() == {}
