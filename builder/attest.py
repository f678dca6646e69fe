"""How an image came to be, as an in-toto statement with SLSA provenance.

https://slsa.dev/spec/v1.0/provenance and https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from builder.sbom import Payload

MEDIA = "application/vnd.in-toto+json"
PROVENANCE = "https://slsa.dev/provenance/v1"
SPDX = "https://spdx.dev/Document"
_BUILD = "https://base-image-watcher.invalid/build/v1"
_RELABEL = "https://base-image-watcher.invalid/relabel/v1"


@dataclass(frozen=True, slots=True)
class Recipe:
    """What an image was made from.

    ``source`` is the images repository as git takes it (no login in it), ``commit`` its state and ``dockerfile`` the path there.
    ``bases`` maps each reference that it stands on to its digest (``sha256:…``). ``arguments`` are the build's; ``started``
    and ``finished`` its times; ``tool`` is who built (``base-image-watcher-0.1.0``) and ``engine`` by what,
    in its own words ("" where that is not known).
    """

    source: str
    commit: str
    dockerfile: str
    platform: str
    bases: Mapping[str, str]
    payloads: Sequence[Payload]
    tool: str
    engine: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)
    started: datetime | None = None
    finished: datetime | None = None


def statement(subject: str, digest: str, kind: str, predicate: Mapping[str, Any]) -> dict[str, Any]:
    """Return the statement that *predicate*, of type *kind*, is true of the image *subject* at *digest* (``sha256:…``)."""
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": subject, "digest": _digest(digest)}],
        "predicateType": kind,
        "predicate": dict(predicate),
    }


def provenance(repository: str, digest: str, recipe: Recipe) -> dict[str, Any]:
    """Return the statement of how an image of *repository* (with its registry) was built."""
    external = {
        "source": f"git+{recipe.source}",
        "dockerfile": recipe.dockerfile,
        "platform": recipe.platform,
        "arguments": dict(sorted(recipe.arguments.items())),
    }
    needed = [
        {"uri": f"git+{recipe.source}@{recipe.commit}", "digest": {"gitCommit": recipe.commit}},
        *({"uri": _image_url(ref), "digest": _digest(base)} for ref, base in sorted(recipe.bases.items())),
        *({"uri": each.url, "digest": {each.algorithm: each.digest}} for each in recipe.payloads),
    ]
    return _made(repository, digest, _BUILD, external, needed, recipe)


def relabelled(repository: str, digest: str, class_image: str, class_digest: str, tool: str) -> dict[str, Any]:
    """Return the statement that a device's image is *class_image* (repository, with its registry) with other labels."""
    needed = [{"uri": _image_url(class_image), "digest": _digest(class_digest)}]
    recipe = Recipe("", "", "", "", {}, (), tool)
    return _made(repository, digest, _RELABEL, {"image": class_image}, needed, recipe)


def _made(
    repository: str,
    digest: str,
    kind: str,
    external: Mapping[str, Any],
    needed: Sequence[Mapping[str, Any]],
    recipe: Recipe,
) -> dict[str, Any]:
    definition = {"buildType": kind, "externalParameters": dict(external), "resolvedDependencies": list(needed)}
    name, _, version = recipe.tool.rpartition("-")
    builder = {"id": f"https://base-image-watcher.invalid/{name}", "version": {name: version}}
    if recipe.engine:
        builder["version"] = {name: version, "engine": recipe.engine}
    times = {"startedOn": recipe.started, "finishedOn": recipe.finished}
    metadata = {key: f"{at:%Y-%m-%dT%H:%M:%SZ}" for key, at in times.items() if at}
    details = {"builder": builder, **({"metadata": metadata} if metadata else {})}
    return statement(repository, digest, PROVENANCE, {"buildDefinition": definition, "runDetails": details})


def _digest(digest: str) -> dict[str, str]:
    algorithm, _, value = digest.partition(":")
    return {algorithm: value}


def _image_url(reference: str) -> str:
    """``docker.io/library/debian:trixie-slim`` → ``pkg:docker/…`` as package URLs write images."""
    name = reference.partition("@")[0]
    repository, _, tag = name.rpartition(":") if ":" in name.rpartition("/")[2] else (name, "", "")
    return f"pkg:docker/{repository}" + (f"@{tag}" if tag else "")
