"""Reads single files out of an image's layers, as the image has them: a higher layer hides a lower one.

https://github.com/opencontainers/image-spec/blob/main/layer.md
"""

from __future__ import annotations

import tarfile
from collections import OrderedDict
from collections.abc import Collection
from pathlib import Path, PurePosixPath

from builder.oci import Layout
from state.errors import RegistryError

_LIMIT = 256 << 20
_KEPT = 8
_HIDDEN, _OPAQUE = ".wh.", ".wh..wh..opq"


def files(layout: Layout, wanted: Collection[str]) -> dict[str, bytes]:
    """Return path → content of the regular files among *wanted* (``var/lib/dpkg/status``) that the image has.

    Layers are read from the top one down, and only as far as needed. Blocking: call it in a thread.
    :raises RegistryError: a layer is no tar that can be read, or a file is larger than 256 MiB
    """
    found: dict[str, bytes] = {}
    open_ones = set(wanted)
    for layer in reversed(layout.manifest().layers):
        if not open_ones:
            break
        try:
            here, gone = _known(layer.digest, layout.blob(layer.digest), frozenset(wanted))
        except (tarfile.TarError, OSError, EOFError) as error:
            raise RegistryError("", layer.digest, f"is a layer that cannot be read: {error}") from error
        found |= {path: here[path] for path in here.keys() & open_ones}
        open_ones -= here.keys() | gone
    return found


_seen: OrderedDict[tuple[str, frozenset[str]], tuple[dict[str, bytes], set[str]]] = OrderedDict()


def _known(digest: str, blob: Path, wanted: frozenset[str]) -> tuple[dict[str, bytes], set[str]]:
    """What :func:`_layer` says of a blob, read once for the images that share it: most share those of their distro."""
    key = digest, wanted
    said = _seen.pop(key, None) or _layer(blob, wanted)
    _seen[key] = said
    while len(_seen) > _KEPT:
        _seen.popitem(last=False)
    return said


def _layer(blob: Path, wanted: Collection[str]) -> tuple[dict[str, bytes], set[str]]:
    """What one layer has of these paths, and which of them it hides."""
    found: dict[str, bytes] = {}
    gone: set[str] = set()
    # A stream: a layer may be larger than what fits, and its members are read once in their order.
    with tarfile.open(blob, "r|*") as archive:
        for member in archive:
            path = _clean(member.name)
            if path in wanted:
                gone |= set() if member.isfile() else {path}  # a link or a folder in its place
                found |= {path: _content(archive, member)} if member.isfile() else {}
            elif PurePosixPath(path).name.startswith(_HIDDEN):
                gone |= {each for each in wanted if _hides(path, each)}
    return found, gone


def _clean(name: str) -> str:
    return name.removeprefix("./").strip("/")


def _hides(path: str, wanted: str) -> bool:
    """Whether the whiteout at *path* removes *wanted*, which lies in a lower layer."""
    folder, name = str(PurePosixPath(path).parent), PurePosixPath(path).name
    above = "" if folder == "." else f"{folder}/"
    target = above if name == _OPAQUE else above + name.removeprefix(_HIDDEN)
    return wanted == target or wanted.startswith(target if target.endswith("/") or not target else f"{target}/")


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    if member.size > _LIMIT:
        raise RegistryError("", member.name[:120], f"has {member.size} bytes: too large to be read")
    reader = archive.extractfile(member)
    return reader.read() if reader else b""
