"""``make test-deploy``: the container image and the compose file, built and run as people do.

As root on Debian, which gets what it needs. buildah builds our Dockerfile as it is; the Debian that it stands on is made of
packages, since docker.io may be out of reach. Debian's Docker runs the image, in a network namespace of its own. Asks the
registries of packages, by way of this machine's own settings.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from pathlib import Path

import yaml

from tests.builds.__main__ import check, say
from tests.deployed import compose, container, docker, making
from tests.images.engine import Engine, output
from tests.images.larder import Larder
from tests.images.machine import install

_NEEDED = {"arch-test": "arch-test", "buildah": "buildah", "mmdebstrap": "mmdebstrap"}
_WATCHER = "localhost/watcher:run"


def main() -> None:
    """Run it all."""
    begun = time.monotonic()
    install(_NEEDED, "make test-deploy")
    larder = Larder(making.ROOT / ".cache" / "images")
    with tempfile.TemporaryDirectory(prefix="watcher-deployed-") as folder:
        work = Path(folder)
        engine = Engine(making.ROOT / ".cache" / "deployed")
        say("The image: our Dockerfile, on a Debian made of packages")
        making.base(engine, larder, output("dpkg", "--print-architecture").strip())
        making.watcher(engine, _WATCHER, work)
        sizes = [making.size(engine, name) for name in (making.BASE, _WATCHER)]
        print(f"  base {sizes[0]} MB, watcher {sizes[1]} MB: {sizes[1] - sizes[0]} MB of it ours")
        with docker.running(work) as own:
            say("A container of it")
            own.load(engine, _WATCHER, work)
            container.play(own, _WATCHER, work)
            say("The compose file")
            making.watcher(engine, f"localhost/{compose.IMAGE}", work, ENGINE="docker-cli docker-buildx")
            own.load(engine, f"localhost/{compose.IMAGE}", work, compose.IMAGE)
            for name in compose.STANDS_IN:
                making.other(engine, name)
                own.load(engine, name, work)
            compose.play(own, program(larder, "docker-compose", "usr/libexec/docker/cli-plugins/docker-compose"), work)
    say("The manifests")
    rendered(program(larder, "kubectl", "usr/bin/kubectl"))
    print(f"\n{time.monotonic() - begun:.0f} s")


def rendered(kubectl: Path) -> None:
    """``kubectl apply -k`` would send all that the files say, each object once."""
    for folder in ("kubernetes", "kubernetes-farm"):
        documents = list(yaml.safe_load_all(output(kubectl, "kustomize", making.ROOT / "deploy" / folder)))
        names = [(each["kind"], each["metadata"]["name"]) for each in documents]
        kinds = Counter(kind for kind, _ in names)
        homes = {each["metadata"].get("namespace") for each in documents if each["kind"] != "Namespace"}
        right = len(set(names)) == len(names) and kinds["Deployment"] > 3 and homes == {"watcher"}
        check(right, f"kubectl kustomize renders deploy/{folder}: {dict(kinds)}")


def program(larder: Larder, package: str, path: str) -> Path:
    """A program of Debian 13, where this machine's Debian has none or an old one."""
    (archive,) = larder.debs(making.SUITE, package)

    def fill(folder: Path) -> None:
        output("dpkg-deb", "--extract", archive, folder)

    return larder.unpacked(archive, fill) / path


if __name__ == "__main__":
    main()
