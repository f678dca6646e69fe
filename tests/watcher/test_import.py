"""A tree of the original layout becomes a catalogue, and what does not fit is told with its reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from generator.catalogue import load
from state.model import Platform
from tests.watcher.original_tree import BUCKET, PACKAGE, digest, dotnet, lay_out, node
from watcher import render
from watcher.cli import cli

ARCHES = (("amd64", "x64"), ("aarch64", "arm64"))


def _import(tree: Path, *options: str, code: int = 0) -> dict[str, Any]:
    done = CliRunner().invoke(cli, ["import", str(tree), *options, "--json"])
    assert done.exit_code == code, (done.output, done.exception)
    told: dict[str, Any] = json.loads(done.stdout) if not code else {}
    return told


def _reasons(told: dict[str, Any]) -> dict[str, str]:
    """What was left → why."""
    return {row["what"]: row["reason"] for row in told["not_carried"]}


def test_versions_and_checksums_are_carried_over(tmp_path: Path) -> None:
    """A file of the maker's is taken with its digest, over https; a platform that is late keeps its older one."""
    tree = lay_out(
        tmp_path / "tree" / "balena-base-images",
        {
            "node/amd64/debian/bookworm/22.11.0/run": node("22.11.0", "x64"),
            "node/amd64/debian/bookworm/22.11.0/build": node("22.11.0", "x64"),
            "node/armv7hf/debian/buster/22.10.0/run": node("22.10.0", "armv7l"),
            "dotnet/aarch64/debian/bookworm/8.0-sdk/run": dotnet("8.0.404", "arm64"),
        },
    )
    out = tmp_path / "images"
    told = _import(tree.parent, "--out", str(out))
    assert told["releases"] == [
        {"source": "dotnet", "line": "8.0-sdk", "version": "8.0.404", "platforms": ["aarch64/glibc"]},
        {"source": "node", "line": "22", "version": "22.11.0", "platforms": ["amd64/glibc", "armv7hf/glibc"]},
    ]
    assert not told["not_carried"]
    found = render.read_checkout(out)
    release = load({p: text.encode() for p, text in found.items()}).releases["node", "22"]
    amd64, late = (release.artifact(Platform(arch, "glibc")) for arch in ("amd64", "armv7hf"))  # type: ignore[arg-type]
    assert amd64
    assert late
    assert amd64.url == "https://nodejs.org/dist/v22.11.0/node-v22.11.0-linux-x64.tar.gz"
    assert str(amd64.checksum) == f"sha256:{digest('22.11.0 x64')}"
    assert not amd64.signed
    assert str(late.version) == "22.10.0"
    assert not render.differences(found, render.generated(found))
    assert (out / "balena-base-images/node/amd64/debian/bookworm/22/run/Dockerfile").is_file()


@pytest.mark.parametrize(
    ("path", "text", "what", "reason"),
    [
        ("node/amd64/debian/bookworm/22.1.0/run", node("22.1.0", "x64", BUCKET), "node 22.1.0", "bucket.example"),
        ("node/amd64/debian/bookworm/22.1.0/run", node("22.1.0", "x64", said="22.0.0"), "node 22.1.0", "22.0.0"),
        ("node/armv5e/debian/bookworm/22.1.0/run", node("22.1.0", "armv5"), "node 22.1.0", "nobody publishes"),
        ("node/amd64/debian/bookworm/$(id)/run", node("$(id)", "x64"), "node $(id)", "not a version"),
        ("openjdk/aarch64/alpine/3.23/8-jdk/run", PACKAGE, "openjdk 8-jdk", "no file of a checksum"),
        ("rust/amd64/debian/bookworm/1.80/run", PACKAGE, "stack rust", "no such stack"),
        ("amd64/gentoo/17/run", PACKAGE, "distro gentoo", "no such distro"),
        ("amd64/debian/buster/run", PACKAGE, "debian buster", "upstream ended it"),
        ("armv6/ubuntu/noble/run", PACKAGE, "ubuntu noble", "no ARMv6"),
        ("sparc/debian/trixie/run", PACKAGE, "debian trixie", "no architecture sparc"),
        ("device-base/raspberypi3/debian/trixie/run", PACKAGE, "device raspberypi3", "nearest are raspberrypi3"),
        ("device-base/raspberrypi3/debian/trixie/run", PACKAGE, "layers of devices", "class's"),
        ("a/b", PACKAGE, "a file", "no Dockerfile"),
    ],
)
def test_what_is_left_is_told_with_its_reason(tmp_path: Path, path: str, text: str, what: str, reason: str) -> None:
    """Nothing is dropped in silence, and nothing is guessed."""
    good = {"amd64/debian/trixie/run": PACKAGE}
    told = _import(lay_out(tmp_path, {**good, path: text}))
    assert told["distro_lines"] == ["debian trixie"]
    assert not told["releases"]
    [row] = told["not_carried"]
    assert row["what"] == what
    assert reason in row["reason"]
    assert row["path"].removesuffix("/Dockerfile") == path


def test_another_yarn_is_told(tmp_path: Path) -> None:
    """Each line of the original had its own; here one is pinned for all, and what that replaces is said once."""
    tree = {f"node/{arch}/debian/bookworm/22.11.0/run": node("22.11.0", f, yarn="1.22.4") for arch, f in ARCHES}
    told = _import(lay_out(tmp_path, tree))
    [row] = told["not_carried"]
    assert (row["what"], row["files"]) == ("yarn 1.22.4", 2)
    assert row["reason"] == "all lines have 1.22.22, which stands in [stacks.node.extra] of catalogue/stacks.toml"
    assert [release["version"] for release in told["releases"]] == ["22.11.0"]


def test_one_checksum_for_two_files_is_believed_of_neither(tmp_path: Path) -> None:
    """The original had an SDK with the runtime's checksum for two years."""
    told = _import(
        lay_out(
            tmp_path,
            {
                "dotnet/amd64/debian/bookworm/8.0-sdk/run": dotnet("8.0.404", "x64", same="one"),
                "dotnet/amd64/debian/bookworm/8.0-runtime/run": dotnet("8.0.11", "x64", "DOTNET_VERSION", same="one"),
                "dotnet/aarch64/debian/bookworm/8.0-runtime/run": dotnet("8.0.11", "arm64", "DOTNET_VERSION"),
            },
        )
    )
    assert [(row["line"], row["platforms"]) for row in told["releases"]] == [("8.0-runtime", ["aarch64/glibc"])]
    assert {row["reason"] for row in told["not_carried"]} == {
        "its checksum is that of another file too: one of the two is wrong"
    }


def test_a_file_with_two_checksums_is_believed_in_neither(tmp_path: Path) -> None:
    """Two distros that disagree about one file leave its platform out."""
    other = node("22.11.0", "x64").replace(digest("22.11.0 x64"), digest("something else"))
    files = {
        "node/amd64/debian/bookworm/22.11.0/run": node("22.11.0", "x64"),
        "node/amd64/ubuntu/noble/22.11.0/run": other,
    }
    told = _import(lay_out(tmp_path, files))
    assert not told["releases"]
    assert "two checksums" in _reasons(told)["node 22.11.0"]


def test_a_checkout_keeps_what_is_newer_there(tmp_path: Path) -> None:
    """Into a checkout only releases are written, and none over a newer one."""
    out = tmp_path / "out"
    first = lay_out(tmp_path / "one", {"node/amd64/debian/bookworm/22.11.0/run": node("22.11.0", "x64")})
    assert _import(first, "--out", str(out))["written"] > 100
    second = lay_out(
        tmp_path / "two",
        {
            "node/amd64/debian/bookworm/22.9.0/run": node("22.9.0", "x64"),
            "node/amd64/debian/bookworm/24.1.0/run": node("24.1.0", "x64"),
        },
    )
    told = _import(second, "--out", str(out))
    assert told["written"] == 1
    assert _reasons(told) == {"node 22.9.0": "the catalogue has 22.11.0 of 22 already"}
    assert (out / "catalogue/releases/node/24.json").is_file()


def test_devices_become_the_catalogues(tmp_path: Path) -> None:
    """The tree's device types are the new catalogue's; Dockerfiles of their stacks are needed no more."""
    files = {
        "device-base/raspberrypi3/debian/trixie/run": PACKAGE,
        "node/raspberrypi3/debian/trixie/22.11.0/run": node("22.11.0", "armv7l"),
    }
    out = tmp_path / "out"
    told = _import(lay_out(tmp_path / "tree", files), "--out", str(out))
    assert (told["devices"], told["relabelled"]) == (["raspberrypi3"], 1)
    assert list(load({p: t.encode() for p, t in render.read_checkout(out).items()}).devices) == ["raspberrypi3"]


def test_nothing_outside_the_tree_is_read_or_written(tmp_path: Path) -> None:
    """Links are not followed, and a folder with something else in it is not written into."""
    secret = tmp_path / "secret"
    secret.write_text(node("22.11.0", "x64"))
    tree = lay_out(tmp_path / "tree", {"amd64/debian/trixie/run": PACKAGE})
    link = tree / "node/amd64/debian/bookworm/22.11.0/run"
    link.mkdir(parents=True)
    (link / "Dockerfile").symlink_to(secret)
    assert "symbolic link" in _reasons(_import(tree))["a file"]
    _import(tree, "--out", str(tmp_path), code=1)
    _import(tmp_path / "tree" / "node", code=1)


def test_people_are_told_the_same(tmp_path: Path) -> None:
    """What was carried over, what was not, and what to do next."""
    tree = lay_out(
        tmp_path,
        {
            "node/amd64/debian/bookworm/22.11.0/run": node("22.11.0", "x64"),
            "amd64/debian/buster/run": PACKAGE,
            "amd64/debian/trixie/run": PACKAGE,
        },
    )
    done = CliRunner().invoke(cli, ["import", str(tree)])
    assert done.exit_code == 0
    for words in (
        "node 22",
        "22.11.0",
        "debian       trixie",
        "debian buster on amd64: upstream ended it",
        "--out OUT",
    ):
        assert words in done.stdout
