"""Which packages our images of a distro are known to have, by the names that the distro gives them."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from generator.rows import Catalogue

_PACKAGES = Path(__file__).parent / "templates" / "packages"
_NAME = re.compile(r"^ +([a-z0-9][a-z0-9.+-]*) \\$", re.MULTILINE)


def installed(catalogue: Catalogue, distro: str) -> frozenset[str]:
    """Return what the templates and the device classes install: not yet what comes along with these."""
    row = catalogue.distros[distro]
    classes = (name for each in catalogue.classes.values() for name in each.packages.get(distro, ()))
    return _named(row.template) | frozenset(classes)


@cache
def _named(template: str) -> frozenset[str]:
    texts = (_PACKAGES.joinpath(f"{template}-{kind}.j2").read_text("utf-8") for kind in ("run", "build", "device"))
    return frozenset(name for text in texts for name in _NAME.findall(text))
