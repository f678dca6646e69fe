"""What the catalogue says of root file systems that upstream does not publish: what they are made of."""

from __future__ import annotations

import re
from dataclasses import dataclass

from generator.toml import NAME, Table

ARCHIVE = re.compile(r"https?://[A-Za-z0-9._~-]+(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~-]+)*")
COMPONENTS = re.compile(r"[a-z0-9-]+(?: [a-z0-9-]+)*")
FINGERPRINT = re.compile(r"[0-9A-F]{40}")


@dataclass(frozen=True, slots=True)
class RootFs:
    """What a root file system is made of where upstream publishes none: packages of a signed archive.

    ``archive`` is the URL of the folder that has ``dists``, without a slash at the end; ``architecture`` is Debian's
    word; ``components`` stand as in a list of apt's sources. ``fingerprint`` is that of the key
    ``catalogue/keys/<distro>.asc``, which is the only one that is believed. ``sha1`` tells that this key signed itself
    with SHA-1 only, which apt has to be told to let pass.
    """

    archive: str
    architecture: str
    components: str
    fingerprint: str
    sha1: bool = False

    @classmethod
    def read(cls, table: Table) -> RootFs:
        """Read the table ``rootfs`` of a distro."""
        row = cls(
            archive=table.match("archive", ARCHIVE),
            architecture=table.match("architecture", NAME),
            components=table.match("components", COMPONENTS),
            fingerprint=table.match("fingerprint", FINGERPRINT),
            sha1=table.flag("sha1"),
        )
        table.finish()
        return row
