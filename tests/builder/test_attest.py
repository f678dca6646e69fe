"""Documents about an image in its registry: statements, referrers, signatures."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from builder import attest, publish, referrers, signing
from builder.oci import INDEX, Manifest, digest_of
from builder.registry import Registry, RegistrySettings
from builder.sbom import Payload
from state.errors import SettingsError
from tests.registry import LoopbackRegistry
from tests.registry.images import layout

OURS = "balenalib/amd64-debian-node"
BASE = "sha256:" + "ba" * 32
RECIPE = attest.Recipe(
    source="https://forge.example/images.git",
    commit="c0ffee" * 6 + "c0ff",
    dockerfile="balena-base-images/node/amd64/debian/trixie/22/run/Dockerfile",
    platform="linux/amd64",
    bases={"balenalib/amd64-debian:trixie-run": BASE},
    payloads=(Payload("node", "22.11.0", "https://nodejs.org/x.tar.xz", "sha256", "ab" * 32),),
    tool="base-image-watcher-0.1.0",
    engine="buildah 1.39",
    arguments={"BASE": f"balenalib/amd64-debian:trixie-run@{BASE}"},
    started=datetime(2026, 11, 24, 12, tzinfo=UTC),
)


@pytest.fixture(params=[True, False], ids=["referrers", "fallback"])
async def there(request: pytest.FixtureRequest) -> AsyncIterator[tuple[LoopbackRegistry, Registry]]:
    """A registry with the referrers API, and one without, like docker-registry 2.8."""
    with LoopbackRegistry(referrers=request.param) as server:
        client = Registry(RegistrySettings(server.host, plain=True))
        yield server, client
        await client.aclose()


def _attachment(statement: dict[str, Any]) -> referrers.Attachment:
    body = json.dumps(statement).encode()
    return referrers.Attachment(attest.MEDIA, body, {"in-toto.io/predicate-type": statement["predicateType"]})


def test_provenance_names_what_the_image_was_made_of() -> None:
    """The subject by digest; the commit, the base and the files with theirs."""
    made = attest.provenance(f"registry.example/{OURS}", "sha256:" + "11" * 32, RECIPE)
    assert made["_type"] == "https://in-toto.io/Statement/v1"
    assert made["subject"] == [{"name": f"registry.example/{OURS}", "digest": {"sha256": "11" * 32}}]
    definition = made["predicate"]["buildDefinition"]
    assert definition["resolvedDependencies"] == [
        {"uri": f"git+https://forge.example/images.git@{RECIPE.commit}", "digest": {"gitCommit": RECIPE.commit}},
        {"uri": "pkg:docker/balenalib/amd64-debian@trixie-run", "digest": {"sha256": "ba" * 32}},
        {"uri": "https://nodejs.org/x.tar.xz", "digest": {"sha256": "ab" * 32}},
    ]
    version = {"base-image-watcher": "0.1.0", "engine": "buildah 1.39"}
    assert made["predicate"]["runDetails"]["builder"]["version"] == version
    assert made["predicate"]["runDetails"]["metadata"] == {"startedOn": "2026-11-24T12:00:00Z"}


def test_a_device_is_stated_to_be_its_class_image() -> None:
    """By the class's digest."""
    made = attest.relabelled(
        "r.example/balenalib/intel-nuc", "sha256:" + "11" * 32, "r.example/balenalib/amd64", BASE, "w-1"
    )
    (needed,) = made["predicate"]["buildDefinition"]["resolvedDependencies"]
    assert needed == {"uri": "pkg:docker/r.example/balenalib/amd64", "digest": {"sha256": "ba" * 32}}


async def test_what_is_attached_is_found_and_written_once(
    there: tuple[LoopbackRegistry, Registry], tmp_path: Path
) -> None:
    """By the API or by the fallback tag; a second document of one kind is left out, one of another kind comes along."""
    server, registry = there
    image = await publish.push(registry, OURS, layout(tmp_path))
    provenance = _attachment(attest.provenance(OURS, image.digest, RECIPE))
    first = await referrers.attach(registry, OURS, image, provenance)
    assert first is not None
    assert await referrers.attach(registry, OURS, image, provenance) is None
    sbom = referrers.Attachment("application/spdx+json", b'{"spdxVersion":"SPDX-2.3"}', {})
    second = await referrers.attach(registry, OURS, image, sbom)
    found = await referrers.attached(registry, OURS, image.digest)
    assert {(row["artifactType"], row["digest"]) for row in found} == {
        (attest.MEDIA, first),
        ("application/spdx+json", second),
    }
    attached = await registry.manifest(OURS, first)
    assert attached
    document = json.loads(attached.body)
    assert document["subject"] == image.descriptor.document()
    body = await registry.blob(OURS, document["layers"][0]["digest"])
    assert json.loads(body)["subject"][0]["digest"]["sha256"] == image.digest.removeprefix("sha256:")
    assert list(server.repository(OURS).tags) == ([] if server.referrers else [f"sha256-{image.digest[7:]}"])


async def test_an_attachment_changes_nothing_about_the_image(
    there: tuple[LoopbackRegistry, Registry], tmp_path: Path
) -> None:
    """It stays a plain manifest under its digest."""
    _, registry = there
    image = await publish.push(registry, OURS, layout(tmp_path))
    await referrers.attach(registry, OURS, image, _attachment(attest.provenance(OURS, image.digest, RECIPE)))
    assert await registry.manifest(OURS, image.digest) == image


async def test_the_fallback_tag_keeps_what_others_attached(tmp_path: Path) -> None:
    """Their entries stay in the index, as the standard asks."""
    with LoopbackRegistry(referrers=False) as server:
        registry = Registry(RegistrySettings(server.host, plain=True))
        image = await publish.push(registry, OURS, layout(tmp_path))
        other = referrers.Attachment("application/vnd.other", b"{}", {})
        await referrers.attach(registry, OURS, image, other)
        await referrers.attach(registry, OURS, image, _attachment(attest.provenance(OURS, image.digest, RECIPE)))
        index = await registry.manifest(OURS, referrers.fallback_tag(image.digest))
        await registry.aclose()
    assert index
    assert index.media_type == INDEX
    assert len(index.members) == 2


def _signer() -> tuple[signing.Signer, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return signing.Signer.load(pem, "key.pem"), pem


async def test_a_signature_is_over_the_digest_and_is_written_once(tmp_path: Path) -> None:
    """Where cosign looks; another key signs beside it."""
    with LoopbackRegistry() as server:
        registry = Registry(RegistrySettings(server.host, plain=True))
        image = await publish.push(registry, OURS, layout(tmp_path))
        one, two = _signer()[0], _signer()[0]
        assert [await signing.sign(registry, OURS, image, each) for each in (one, one, two)] == [True, False, True]
        found = await registry.manifest(OURS, f"sha256-{image.digest[7:]}.sig")
        assert found
        rows = json.loads(found.body)["layers"]
        payload = await registry.blob(OURS, rows[0]["digest"])
        await registry.aclose()
    assert json.loads(payload)["critical"]["image"]["docker-manifest-digest"] == image.digest
    signatures = [row["annotations"]["dev.cosignproject.cosign/signature"] for row in rows]
    keys = [one.public, two.public]
    assert [[signing.verified(key, payload, said) for said in signatures] for key in keys] == [
        [True, False],
        [False, True],
    ]


async def test_a_signed_statement_can_be_verified(tmp_path: Path) -> None:
    """The envelope signs type and text together; a second statement of one type is left out."""
    with LoopbackRegistry() as server:
        registry = Registry(RegistrySettings(server.host, plain=True))
        image = await publish.push(registry, OURS, layout(tmp_path))
        signer = _signer()[0]
        statement = attest.provenance(OURS, image.digest, RECIPE)
        assert [await signing.sign_statement(registry, OURS, image, signer, statement) for _ in "ab"] == [True, False]
        found = await registry.manifest(OURS, f"sha256-{image.digest[7:]}.att")
        assert found
        envelope = json.loads(await registry.blob(OURS, found.layers[0].digest))
        await registry.aclose()
    body = base64.b64decode(envelope["payload"])
    kind = envelope["payloadType"].encode()
    signed = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(body), body)
    assert signing.verified(signer.public, signed, envelope["signatures"][0]["sig"])
    assert json.loads(body) == statement


def test_a_key_that_cannot_sign_is_refused() -> None:
    """By the name of its file, and without any of its text."""
    other = rsa.generate_private_key(65537, 2048)
    pem = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    for text in ("", "nonsense", pem):
        with pytest.raises(SettingsError, match=r"^/etc/key\.pem: ") as failed:
            signing.Signer.load(text, "/etc/key.pem")
        assert "MII" not in str(failed.value)


def test_an_attachment_has_the_same_digest_for_the_same_document() -> None:
    """So that a repeated run finds its own."""
    subject = Manifest("application/vnd.oci.image.manifest.v1+json", b"{}")
    given = referrers.Attachment("application/spdx+json", b"{}", {"b": "1", "a": "2"})
    assert referrers.manifest(subject, given) == referrers.manifest(subject, given)
    assert json.loads(referrers.manifest(subject, given).body)["layers"][0]["digest"] == digest_of(b"{}")
