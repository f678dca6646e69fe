"""What an order gets beside what the image is made of: where upstreams are asked for, and what the image has to pass.

Neither decides what comes out: files are compared with their checksums wherever they come from.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from builder.workshop import Order
from generator.dockerfile import CONTEXT
from watcher.app import App
from watcher.drawings import Drawings
from watcher.trials import expected
from watcher.trust import telling

_MIRROR = re.compile(r"^ARG (\w+_MIRROR)=(https?://\S+)$", re.MULTILINE)


def fit(app: App, drawings: Drawings, order: Order) -> Order:
    """Return *order* with the mirrors of the settings as build arguments, and with what is expected of the image."""
    settings = app.config.settings
    text = drawings.dockerfiles[f"{CONTEXT}/{order.dockerfile}"]
    wanted = expected(drawings.catalogue, order.image, order.labels, settings.builds.smoke_package)
    arguments = {**mirrored(text, settings.mirrors), **order.arguments}
    told = telling(drawings.catalogue, order.image) if settings.trust.sbom else None
    return replace(order, arguments=arguments, expected=wanted, telling=told)


def mirrored(text: str, mirrors: Mapping[str, str]) -> dict[str, str]:
    """Return the build arguments of a Dockerfile that say where upstream is, for those that *mirrors* sends elsewhere."""
    found = {}
    for argument, url in _MIRROR.findall(text):
        prefixes = [prefix for prefix in mirrors if url == prefix or url.startswith(f"{prefix}/")]
        if prefixes:
            longest = max(prefixes, key=len)
            found[argument] = mirrors[longest] + url.removeprefix(longest)
    return found
