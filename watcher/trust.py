"""What is told of an image beside it in the registry: how it came to be, what it is made of, and that it is ours.

It is told in the image's own repository, once its digest is there and before its first name is. What is there already
stays: the statement of the first build is the true one.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from builder import attest, referrers, signing
from builder.attest import Recipe
from builder.oci import Manifest, written
from builder.referrers import Attachment
from builder.registry import Registry
from builder.sbom import Payload, Telling
from builder.workshop import Order
from generator.rows import Catalogue
from state.model import Build, Image, Platform
from watcher.app import App
from watcher.config import Configured

PROGRAM = "base-image-watcher"


def tool() -> str:
    """What made an image: this program, with its version."""
    return f"{PROGRAM}-{version(PROGRAM)}"


def payloads(catalogue: Catalogue, image: Image) -> tuple[Payload, ...]:
    """Return the file that an image's stack is made of; nothing where the distro's own package is."""
    stack = catalogue.stacks.get(image.stack or "")
    release = stack and catalogue.releases.get((stack.source, image.stack_line or ""))
    artifact = release and release.artifact(Platform(image.arch, catalogue.distros[image.distro].libc))
    if not stack or not artifact:
        return ()
    checksum = artifact.checksum
    return (Payload(stack.source, str(artifact.version), artifact.url, checksum.algorithm, checksum.digest),)


def telling(catalogue: Catalogue, image: Image) -> Telling:
    """Return what the document of an image's contents says beside its packages."""
    return Telling(payloads(catalogue, image), tool())


async def built(
    app: App,
    registry: Registry,
    catalogue: Catalogue,
    build: Build,
    order: Order,
    manifest: Manifest,
    where: str,
    engine: str,
) -> None:
    """Tell of an image that was built, or found as it had been built: *where* it was staged is what it is made of.

    :param engine: what built it, in its own words; "" where that is not known
    :raises RegistryError: the registry refused
    """
    own = app.config.settings.trust
    if own.sbom and where != build.repository:
        await referrers.copy(registry, manifest, where, build.repository)
    if own.provenance:
        recipe = Recipe(
            source=catalogue.family.source_url,
            commit=build.commit,
            dockerfile=build.dockerfile,
            platform=build.platform,
            bases=_bases(order),
            payloads=payloads(catalogue, order.image),
            tool=tool(),
            engine=engine,
            arguments=order.arguments,
            started=build.started_at,
            finished=app.now(),
        )
        made = attest.provenance(f"{registry.host}/{build.repository}", manifest.digest, recipe)
        await _attach(app, registry, build.repository, manifest, made)
    await _sign(app, registry, build.repository, manifest)


async def relabelled(app: App, registry: Registry, build: Build, manifest: Manifest, base: str) -> None:
    """Tell of a device's image that it is its class image, which is at *base* (``sha256:…``).

    :raises RegistryError: the registry refused
    """
    own = app.config.settings.trust
    if own.provenance and own.devices:
        names = f"{registry.host}/{build.repository}", f"{registry.host}/{build.base}"
        made = attest.relabelled(names[0], manifest.digest, names[1], base, tool())
        await _attach(app, registry, build.repository, manifest, made)
    if own.devices:
        await _sign(app, registry, build.repository, manifest)


def _bases(order: Order) -> dict[str, str]:
    """What the image stands on, reference → digest: images of ours by the build's arguments, upstream's by its pin."""
    given = [*order.arguments.values(), *([order.image.base] if "@" in order.image.base else [])]
    pairs = (value.rpartition("@") for value in given if "@sha256:" in value)
    return {reference: digest for reference, _, digest in pairs}


async def _attach(
    app: App, registry: Registry, repository: str, manifest: Manifest, statement: Mapping[str, Any]
) -> None:
    kind = {"in-toto.io/predicate-type": str(statement["predicateType"])}
    await referrers.attach(registry, repository, manifest, Attachment(attest.MEDIA, written(statement), kind))
    if signer := signer_of(app.config):
        await signing.sign_statement(registry, repository, manifest, signer, statement)


async def _sign(app: App, registry: Registry, repository: str, manifest: Manifest) -> None:
    if signer := signer_of(app.config):
        await signing.sign(registry, repository, manifest, signer)


def signer_of(config: Configured) -> signing.Signer | None:
    """Return what signs, None where no key is set; SettingsError where it is none that can sign."""
    own = config.settings.trust
    pem = config.secret(own.signing_key, own.signing_key_file)
    return signing.Signer.load(pem, f"[trust] {own.signing_key_file or 'signing_key'}") if pem else None
