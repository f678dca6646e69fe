"""What an image of the catalogue has to show before it gets a name, as the smoke test takes it."""

from __future__ import annotations

from collections.abc import Mapping

from builder.smoke import Check, Expected
from generator import trials
from generator.rows import Catalogue
from state.model import Image

ENTRYPOINT = ("/usr/bin/entry.sh",)
_ARCHITECTURE, _VERSION = "io.balena.architecture", "org.opencontainers.image.version"


def expected(catalogue: Catalogue, image: Image, labels: Mapping[str, str], package: str = "") -> Expected:
    """Return what *image* has to be: *labels* are those that its build adds, *package* is what it has to install.

    Without *package* (no archive of packages can be reached) nothing is installed.
    """
    version = trials.version_of(catalogue, image)
    own = {_ARCHITECTURE: image.arch.repo, **({_VERSION: version} if version else {})}
    checks = [
        Check(trial.title, trial.command, trial.says, trial.seconds, native=trial.native)
        for trial in trials.of(catalogue, image)
    ]
    if image.kind == "os-root":  # no scripts are in it yet
        return Expected(labels={**own, **labels}, checks=tuple(checks))
    if package:
        checks.append(Check("install_packages", ("install_packages", package), seconds=300))
        checks.append(Check(f"the package {package}", ("sh", "-c", 'command -v "$1"', "sh", package)))
    return Expected(labels={**own, **labels}, entrypoint=ENTRYPOINT, checks=tuple(checks))
