"""Our Dockerfile, built as it is: a Debian made of packages stands in for its base, this machine's pip says where wheels are."""

from __future__ import annotations

import configparser
import sys
from pathlib import Path
from urllib.parse import urlsplit

from tests.images.engine import Engine, output
from tests.images.larder import Larder

ROOT = Path(__file__).parents[2]
BASE = "localhost/debian:trixie-slim"
SUITE = "trixie"
_WHERE = ("index-url", "extra-index-url", "find-links", "cert", "trusted-host", "timeout")
_INSIDE = Path("/mnt")


def base(engine: Engine, larder: Larder, arch: str) -> None:
    """Make the stand-in for the image that the Dockerfile is built on."""
    engine.base(larder.rootfs(SUITE, arch, slim=True), BASE)


def other(engine: Engine, name: str) -> None:
    """Build what stands in for another image of the compose file: ``stands_in/NAME.Dockerfile`` beside this module."""
    folder = Path(__file__).parent / "stands_in"
    engine.build(folder, f"{name.partition(':')[0].rpartition('/')[2]}.Dockerfile", name, {"BASE": BASE})


def watcher(engine: Engine, name: str, work: Path, **arguments: str) -> None:
    """Build ``deploy/Dockerfile`` of this very checkout."""
    command = engine.command(ROOT, "deploy/Dockerfile", name, {"BASE": BASE, **arguments})
    output(*command[:-1], *_pip(work), ROOT)


def size(engine: Engine, name: str) -> int:
    """How much is in an image, in MB (10⁶ bytes)."""
    with engine.mounted(name) as root:
        return int(output("du", "--summarize", "--one-file-system", "--bytes", root).split()[0]) // 10**6


def _pip(work: Path) -> list[str]:
    """Options that let pip in a build ask where this machine's asks: its settings, and the files and folders they name."""
    told = configparser.ConfigParser(delimiters="=", interpolation=None)
    told.read_string("[all]\n" + output(sys.executable, "-m", "pip", "config", "list"))
    given, mounts = dict[str, str](), list[str]()
    for key, value in told["all"].items():
        option = key.rpartition(".")[2]
        if option in _WHERE:
            words = value.strip("'").replace("\\n", " ").split()
            given[option] = " ".join(_seen(word, mounts) for word in words)
    settings = work / "pip.conf"
    settings.write_text("[global]\n" + "".join(f"{option} = {value}\n" for option, value in given.items()))
    return [*mounts, f"--volume={settings}:/etc/pip.conf:ro"]


def _seen(word: str, mounts: list[str]) -> str:
    """What a build sees of a file or folder that pip's settings name; anything else is the same there."""
    index = word.startswith("file:")
    place = Path(urlsplit(word).path if index else word)
    if not (place.is_absolute() and place.exists()):
        return word
    inside = _INSIDE / str(len(mounts))
    # The pages of an index lead to files beside it.
    mounts.append(f"--volume={(place.resolve().parent if index else place).resolve()}:{inside}:ro")
    return f"file://{inside / place.name}" if index else str(inside)
