"""What buildah leaves, by a stand-in program that says of ARM images what buildah 1.28 says; others run the real one."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from builder import publish
from builder.engines.buildah import Buildah
from builder.engines.engine import BuildRequest
from builder.oci import labels_of, platform_of
from builder.registry import Registry, RegistrySettings
from tests.registry import LoopbackRegistry
from tests.registry.images import layout
from watcher.config import base_environment

PROGRAM = """#!/bin/sh
case "$1" in push) for word in "$@"; do case "$word" in oci:*) cp -r "{made}" "${{word#oci:}}" ;; esac; done ;; esac
"""


RUNS = """#!/bin/sh
echo "$(basename "$PWD"): $*" >> "{said}"
case "$*" in
  "from --pull-never {kept}") echo the-container ;;
  "from --pull-never"*) echo "image not known" >&2; exit 125 ;;
  from*) echo the-container ;;
  run*) echo ran ;;
esac
"""


def _buildah(folder: Path) -> Buildah:
    """A buildah whose images say that they are of ARMv7."""
    layout(folder / "made", "linux/arm/v7", labels={"kept": "yes"})
    return _stand_in(folder, PROGRAM.format(made=folder / "made"))


def _stand_in(folder: Path, text: str) -> Buildah:
    program = folder / "bin" / "buildah"
    program.parent.mkdir()
    program.write_text(text)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    environment = base_environment()
    return Buildah({**environment, "PATH": f"{program.parent}:{environment['PATH']}"})


async def test_a_trial_names_no_path_and_leaves_no_image(tmp_path: Path) -> None:
    """Buildah makes a reference of what it is told, and takes none with a capital or with ``-_``."""
    said, folder = tmp_path / "said", tmp_path / "Build-_x_"
    folder.mkdir()
    made = layout(folder / "layout-0123", "linux/amd64")
    ran = await _stand_in(tmp_path, RUNS.format(said=said, kept="none")).run(made, "linux/amd64", ["true"])
    assert (ran.code, ran.output) == (0, "ran\n")
    _, second, *others = said.read_text().splitlines()
    assert second == "Build-_x_: from oci:layout-0123"
    assert [line.partition(": ")[2] for line in others[-2:]] == ["rm the-container", "rmi localhost/layout-0123"]


async def test_a_trial_of_what_was_just_built_reads_no_layout(tmp_path: Path) -> None:
    """The image of that configuration is still in the storage; it stays there until it is forgotten."""
    said = tmp_path / "said"
    made = layout(tmp_path / "layout-0123", "linux/amd64")
    kept = made.manifest().config.digest.removeprefix("sha256:")
    engine = _stand_in(tmp_path, RUNS.format(said=said, kept=kept))
    await engine.run(made, "linux/amd64", ["true"])
    commands = [line.partition(": ")[2] for line in said.read_text().splitlines()]
    assert [commands[0], *commands[2:]] == [f"from --pull-never {kept}", "rm the-container"]
    await engine.forget(made)
    assert said.read_text().splitlines()[-1].endswith(": rmi --force localhost/watcher-build:layout-0123")


@pytest.mark.parametrize(
    ("dockerfile", "stated"),
    [
        ("FROM debian AS make\nRUN x\nFROM scratch\nCOPY --from=make /rootfs/ /\n", "linux/arm/v6"),
        ("FROM scratch AS make\nCOPY x /\nFROM arm32v7/debian\nCOPY --from=make / /\n", "linux/arm/v7"),
    ],
)
async def test_an_image_on_nothing_is_of_the_platform_that_was_asked_for(
    tmp_path: Path, dockerfile: str, stated: str
) -> None:
    """One that stands on another keeps what that says: it is refused where that is wrong."""
    (tmp_path / "Dockerfile").write_text(dockerfile)
    request = BuildRequest(tmp_path, tmp_path / "Dockerfile", "linux/arm/v6", tmp_path / "out", tmp_path / "log", 17)
    made = await _buildah(tmp_path).build(request)
    assert platform_of(made.config()) == stated
    assert labels_of(made.config()) == {"kept": "yes"}
    with LoopbackRegistry() as server:
        registry = Registry(RegistrySettings(server.host, plain=True))
        manifest = await publish.push(registry, "family/image", made)
        await publish.checked_platform(registry, "family/image", manifest, stated)
        await registry.aclose()
