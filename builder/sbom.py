"""What an image is made of, as SPDX 2.3: the packages of its distribution, and what its stack brought.

https://spdx.github.io/spdx-spec/v2.3/
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from builder.packages import Installed, Package

MEDIA = "application/spdx+json"
_NOT_STATED = "NOASSERTION"
_ALGORITHMS = {"sha1": "SHA1", "sha256": "SHA256", "sha384": "SHA384", "sha512": "SHA512"}


@dataclass(frozen=True, slots=True)
class Payload:
    """A file that the image's stack was made of: name and version, where it is from, and its checksum (algorithm, hex)."""

    name: str
    version: str
    url: str
    algorithm: str
    digest: str


@dataclass(frozen=True, slots=True)
class Telling:
    """What an image's document says beside its packages: what its stack is made of, and who made it (``name-1.0``)."""

    payloads: tuple[Payload, ...]
    tool: str


def document(
    name: str, digest: str, installed: Installed, payloads: Sequence[Payload], created: datetime, tool: str
) -> dict[str, Any]:
    """Return the SPDX document of an image; equal images give equal documents.

    :param name: the whole name, ``balenalib/amd64-debian-node:22.11.0-trixie-run``
    :param digest: ``sha256:…`` of its manifest
    :param created: what the document states as its time: the build's
    :param tool: what made it, ``base-image-watcher-0.1.0``
    """
    image = _image(name, digest)
    rows = [*(_package(each, installed) for each in installed.packages), *map(_payload, payloads)]
    contained = [(image["SPDXID"], "CONTAINS", row["SPDXID"]) for row in rows]
    relations = [("SPDXRef-DOCUMENT", "DESCRIBES", image["SPDXID"]), *contained]
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": name,
        # Unique for the image, as the standard asks; it need not lead anywhere.
        "documentNamespace": f"https://spdx.org/spdxdocs/{_plain(name)}-{digest.partition(':')[2]}",
        "creationInfo": {"created": f"{created:%Y-%m-%dT%H:%M:%SZ}", "creators": [f"Tool: {tool}"]},
        "packages": [image, *rows],
        "relationships": [
            {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}
            for one, kind, other in relations
        ],
    }


def _image(name: str, digest: str) -> dict[str, Any]:
    repository, _, tag = name.rpartition(":")
    checksum = {"algorithm": "SHA256", "checksumValue": digest.partition(":")[2]}
    row = _row("SPDXRef-Image", repository, tag)
    return row | {"primaryPackagePurpose": "CONTAINER", "checksums": [checksum]}


def _package(package: Package, installed: Installed) -> dict[str, Any]:
    words = _plain(f"{package.kind}-{package.name}-{package.version}-{package.arch}")
    row = _row(f"SPDXRef-{words}", package.name, package.version)
    if package.licence:
        row["licenseComments"] = f"The package itself says: {package.licence}"
    if package.source and package.source != package.name:
        row["sourceInfo"] = f"built from the source package {package.source}"
    row["externalRefs"] = [_reference(package.url(installed.distro, installed.release))]
    return row


def _payload(payload: Payload) -> dict[str, Any]:
    row = _row(f"SPDXRef-Payload-{_plain(f'{payload.name}-{payload.version}')}", payload.name, payload.version)
    row["downloadLocation"] = payload.url
    row["externalRefs"] = [_reference(f"pkg:generic/{payload.name}@{payload.version}")]
    algorithm = _ALGORITHMS.get(payload.algorithm)
    if algorithm:
        row["checksums"] = [{"algorithm": algorithm, "checksumValue": payload.digest}]
    return row


def _row(identifier: str, name: str, version: str) -> dict[str, Any]:
    stated = dict.fromkeys(("downloadLocation", "licenseConcluded", "licenseDeclared", "copyrightText"), _NOT_STATED)
    return {"SPDXID": identifier, "name": name, "versionInfo": version, "filesAnalyzed": False, **stated}


def _reference(url: str) -> dict[str, str]:
    return {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": url}


def _plain(words: str) -> str:
    """Write *words* with the letters that an identifier may have."""
    return re.sub(r"[^A-Za-z0-9.-]", lambda match: f"-{ord(match[0]):x}-", words)
