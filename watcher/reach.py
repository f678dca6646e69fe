"""What cannot be made because an archive cannot be reached: root file systems of distros that publish none."""

from __future__ import annotations

from collections.abc import Mapping

from generator.presence import stand_ins
from generator.rows import MADE, Catalogue
from state.model import Arch
from state.store import Store

Place = tuple[Arch, str, str]
"""An architecture, a distro and the codename of its version."""


def unreachable(catalogue: Catalogue, store: Store) -> Mapping[Place, str]:
    """Return each place whose root file system would be made of an archive that cannot be reached, with the reason.

    A version that was recorded once is not among them: what was made of it is there, and its next poll may be a better
    one. Places of another distro's name are, as of Debian's on ARMv6, which is Raspbian.
    """
    found: dict[Place, str] = {}
    for distro in catalogue.distros.values():
        made = [
            (line, a) for line in distro.lines if line.version is None for a, ref in line.bases.items() if ref == MADE
        ]
        state = store.source_state(distro.name) if made else None
        if state is None or state.failing_since is None:
            continue
        reason = (
            f"{distro.title} publishes no root file system, and the archive that it is made of cannot be reached "
            f"since {state.failing_since:%Y-%m-%d %H:%M}: {state.error}"
        )
        names = [
            distro.name,
            *(other.name for other in catalogue.distros.values() if distro in stand_ins(catalogue, other)),
        ]
        found |= {(arch, name, line.codename): reason for line, arch in made for name in names}
    return found
