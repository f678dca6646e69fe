"""What people type wrong, and what they are shown: refused in words, told whole."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest
from click.testing import CliRunner, Result

from generator.rows import Distro, DistroLine, Served, Stack
from state.model import Arch, Artifact, Checksum, Held, Libc, Platform, Release, Version
from tests.upstream import Fault
from tests.world import NEWER, OLDER, World
from watcher.cli import cli
from watcher.cli.grid import grid
from watcher.platforms import bases, spots

STACK = Stack(
    "node", "Node.js", "node", "node", "lts",
    (
        Served(Platform(Arch.AMD64, "glibc"), "nodejs.org"),
        Served(Platform(Arch.AARCH64, "glibc"), "nodejs.org"),
        Served(Platform(Arch.ARMV7HF, "glibc"), "nodejs.org", below="24", reason="ended with 23"),
        Served(Platform(Arch.I386, "glibc"), "Debian", packages={"bookworm": ("24",)}),
        Served(Platform(Arch.AMD64, "musl"), "unofficial"),
    ),
    {
        Platform(arch, libc): "nobody builds it"
        for arch in Arch
        for libc in get_args(Libc)
        if (arch, libc) not in {(Arch.AMD64, "glibc"), (Arch.AARCH64, "glibc"), (Arch.ARMV7HF, "glibc")}
    },
    (), 1,
)  # fmt: skip


def run(world: World, *arguments: str, code: int = 0) -> Result:
    """Run a command."""
    result = CliRunner().invoke(cli, ["--config", str(world.config_file), *arguments], env={"COLUMNS": "80"})
    assert result.exit_code == code, (result.output, result.exception)
    return result


def test_only_a_changed_file_can_be_approved(world: World) -> None:
    """A slip in the URL is refused in a sentence, and nothing is kept of it."""
    url = "https://nodejs.org/dist/v99.0.0/node.tar.xz"
    result = run(world, "approve-checksum", url, f"sha256:{'0' * 64}", code=1)
    assert str(result.exception) == f"{url}: no sha256 of it is on record, so that none can have changed"
    assert "may be" not in result.output
    run(world, "approve-checksum", url, "md5:1", code=2)


@pytest.mark.parametrize("command", ["ignore", "unignore"])
def test_what_can_be_no_version_of_a_source_is_refused(world: World, command: str) -> None:
    """An unknown source and a text that is no version never matched anything."""
    assert "no source 'nope'" in run(world, command, "nope", "1.2.3", code=2).stderr
    assert "not a version: 'abc'" in run(world, command, "node", "abc", code=2).stderr


def test_unignore_says_when_there_was_nothing_to_do(world: World) -> None:
    """Taking back what nobody said is no success."""
    assert run(world, "unignore", "node", "1.2.3").stdout == "node 1.2.3 was not ignored: nothing to do\n"
    run(world, "ignore", "node", "1.2.3")
    assert "is proposed again" in run(world, "unignore", "node", "1.2.3").stdout


@pytest.mark.parametrize("command", [["status"], ["sync", "node"], ["check", "node"]])
def test_a_source_that_there_is_not_is_refused_in_the_settings(world: World, command: list[str]) -> None:
    """``[sources.nod]`` with mode observe would otherwise mean "propose"."""
    world.forget()
    world.settings('[sources.nod]\nmode = "observe"')
    error = str(run(world, *command, code=1).exception)
    assert error.endswith("watcher.toml: sources.nod: there is no such source; the nearest are node")
    world.settings("[sources.xyzzy]\nenabled = false")
    assert "there are: node, python" in str(run(world, *command, code=1).exception)
    assert not (world.folder / "ws" / "var" / "watcher.db").exists()


def test_a_variable_that_is_no_setting_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line, beside the output; real settings are not."""
    real = {"WATCHER_WEB__LISTEN": "127.0.0.1:1", "WATCHER_CONFIG": "x", "WATCHER_NOW": OLDER[2].isoformat()}
    for name, value in real.items():
        monkeypatch.setenv(name, value)
    assert run(world, "status").stderr == ""
    monkeypatch.setenv("WATCHER_WBE__LISTEN", "secret")
    monkeypatch.setenv("WATCHER_PUBLISH_MODE", "observe")
    result = run(world, "status", "--json")
    told = "watcher: no such setting, not looked at: WATCHER_PUBLISH_MODE, WATCHER_WBE__LISTEN\n"
    assert (result.stderr, bool(json.loads(result.stdout))) == (told, True)


@pytest.mark.parametrize("devices", ["", " , "])
def test_no_devices_are_called_none(tmp_path: Path, devices: str) -> None:
    """An empty list is a slip, say of a script's variable."""
    result = CliRunner().invoke(cli, ["init", str(tmp_path / "ws"), "--devices", devices])
    assert (result.exit_code, "none, all, or" in result.stderr) == (2, True)
    assert not (tmp_path / "ws").exists()


def test_a_failure_is_shown_whole_and_apart_from_the_table(world: World) -> None:
    """On a pipe of 80 columns too."""
    world.upstream.faults["/nodejs.org/dist/index.json"] = Fault("status", 404)
    run(world, "sync", "node", code=3)
    [line] = [line for line in run(world, "status").stdout.splitlines() if line.startswith("failing: ")]
    assert line.startswith("failing: node since 2024-11-01T09:00: node: https://nodejs.org/dist/index.json: HTTP 404")
    assert line.endswith(f"(asked of the mirror 127.0.0.1:{world.upstream.port})")


def test_status_tells_how_late_we_saw_a_release(world: World) -> None:
    """From the day that upstream names, in hours or days, stage by stage."""
    world.only("22.11.0", "20.18.0")
    world.sync()
    rows = run(world, "status").stdout.partition("next check: node")[0].splitlines()
    told = [row.partition("seen")[2].strip() for row in rows if "22.11.0" in row or "20.18.0" in row]
    assert told == ["29 d, PR 29 d, merged –, pushed –", "3 d, PR 3 d, merged –, pushed –"]  # noqa: RUF001
    lag = json.loads(run(world, "status", "--json").stdout)["sources"]["node"]["lag"]["22"]
    at = OLDER[2].isoformat()
    assert lag == {"published": "2024-10-29", "seen": at, "pull": at, "merged": None, "pushed": None}
    world.day(OLDER[2] + timedelta(days=1))
    world.decide("merge", 1)
    lag = json.loads(run(world, "status", "--json").stdout)["sources"]["node"]["lag"]["22"]
    assert lag["merged"] == (OLDER[2] + timedelta(days=1)).isoformat()


def test_a_dry_run_tells_before_it_shows(imported: World) -> None:
    """The summary and the calls first: a diff may be long."""
    imported.publish(NEWER)
    imported.only("22.23.2", "22.11.0")
    dry = run(imported, "sync", "node", "--dry-run").stdout
    assert dry.index("#2  node: 22.11.0 -> 22.23.2") < dry.index("git.push(") < dry.index("diff --git")


def test_the_newest_release_of_a_line_is_shown_by_platform(imported: World) -> None:
    """Where each file is from and how it was verified, what is awaited; older releases are a line each."""
    imported.publish(NEWER)
    imported.only("22.23.2", "22.11.0")
    imported.take_unofficial("22.23.2")
    imported.sync()
    shown = run(imported, "releases", "node").stdout.splitlines()
    assert shown[0].split() == ["version", "line", "published", "supported", "until", "what"]
    assert shown[1].startswith("22.23.2")
    assert shown[1].split()[3:] == ["2027-04-30", "LTS", "(Jod),", "security"]
    assert shown[2].startswith("22.11.0")
    table = {line.split()[0]: line.split()[1:] for line in shown[shown.index("node 22.23.2") :]}
    assert table["glibc"] == ["musl"]
    assert table["amd64"] == ["a", "b", "22.11.0"]
    assert table["aarch64"][0] == "a"
    assert table["a"][:3] == ["nodejs.org:", "signed", "by"]
    assert table["b"][0] == "unofficial-builds.nodejs.org:"
    assert any(line.strip().startswith("awaited since 2026-08-10 09:00") and "amd64/musl: " in line for line in shown)
    assert "    absent  armv5e/glibc, armv5e/musl: nobody publishes Node.js binaries for ARMv5" in shown
    (newest,) = (r for r in json.loads(run(imported, "releases", "node", "--json").stdout) if r["version"] == "22.23.2")
    state = {(p["arch"], p["libc"]): (p["state"], p["version"]) for p in newest["platforms"]}
    assert len(state) == 12
    assert state["amd64", "glibc"] == ("ready", "22.23.2")
    assert state["amd64", "musl"] == ("missing", "22.11.0")
    assert state["armv5e", "glibc"] == ("absent", None)


def test_every_platform_has_a_file_or_a_reason() -> None:
    """There, awaited since, from a distro's package, absent because: nothing is a bare dash."""
    version, stack = Version("24.0.0"), STACK

    def file(arch: Arch) -> Artifact:
        return Artifact(arch, "glibc", version, "https://e.org/f", Checksum("sha256", "0" * 64), "signed", signed=True)

    release = Release("node", "24", version, OLDER[2].date(), artifacts=(file(Arch.AMD64),))
    waits = Held("node", "24", "24.0.0", Arch.AMD64, "musl", "404", OLDER[2])
    assert list(grid(spots(release, [waits], stack), [], OLDER[2])) == [
        "            glibc       musl",
        "aarch64     ?           absent",
        "amd64       a           awaited",
        "armv5e      absent      absent",
        "armv6       absent      absent",
        "armv7hf     absent      absent",
        "i386        package     absent",
        "a  e.org: signed",
        "awaited since 2024-11-01 09:00  amd64/musl: 404",
        "package  i386/glibc: the package of bookworm",
        "absent  aarch64/musl, armv7hf/musl, armv6/glibc, armv6/musl, armv5e/glibc, armv5e/musl, i386/musl: nobody builds it",
        "absent  armv7hf/glibc: ended with 23",
        "?  was not looked at",
    ]


def test_a_distros_version_shows_what_its_images_stand_on() -> None:
    """The base image of each architecture, with its digest as soon as one was seen, or why there is none."""
    reasons = dict.fromkeys(set(Arch) - {Arch.AMD64, Arch.AARCH64}, "not built")
    bases_of = {Arch.AMD64: "debian:13", Arch.AARCH64: "arm64v8/debian:13"}
    line = DistroLine("trixie", "13", "Debian 13", None, bases_of, reasons, digests={Arch.AMD64: "sha256:1"})
    debian = Distro("debian", "Debian", "apt", "glibc", "trixie", (line,))
    release = Release("debian", "trixie", Version("13.7"), OLDER[2].date())
    assert list(grid(bases(release, debian), [], OLDER[2]))[-3:] == [
        "base  amd64/glibc: debian:13 sha256:1",
        "base  aarch64/glibc: arm64v8/debian:13 not pinned yet",
        "absent  armv7hf/glibc, armv6/glibc, armv5e/glibc, i386/glibc: not built",
    ]
    assert bases(replace(release, line="forky"), debian) == []


def test_what_no_stack_is_made_of_shows_what_is_known() -> None:
    """A hold of the whole release has no grid."""
    whole = Held("node", "1", "1.0.0", None, None, "no list", OLDER[2])
    bare = Release("node", "1", Version("1.0.0"), OLDER[2].date())
    assert list(grid(spots(bare, [], None), [whole], OLDER[2])) == [
        "awaited since 2024-11-01 09:00  the release: no list"
    ]


def test_nothing_supported_is_told_apart_from_nothing_known(world: World) -> None:
    """Before the first poll, and when the last line that is known has ended."""
    assert run(world, "releases", "node").output == "Nothing is known yet: watcher sync node\n"
    world.sync()
    world.day(OLDER[2].replace(year=2050))
    told = run(world, "releases", "node").output
    assert "upstream supports the line of none of them: --all lists them" in told
    assert told.split()[0] == str(
        len(run(world, "releases", "node", "--all").output.splitlines()) - 1
    )  # the first names the columns


def test_a_line_without_a_package_is_absent_for_that_reason() -> None:
    """Else the words about the package would contradict the absence."""
    row = Served(Platform(Arch.I386, "glibc"), "Debian", reason="what Debian packages", packages={"bookworm": ("17",)})
    stack = replace(STACK, served=(row,))
    release = Release("node", "24", Version("24.0.0"), None)
    (spot,) = [spot for spot in spots(release, [], stack) if spot.platform == row.platform]
    assert (spot.state, spot.reason) == ("absent", "what Debian packages; this version has no such package")


@pytest.mark.parametrize(("lts", "told"), [("", ""), ("LTS", "LTS"), ("Jod", "LTS (Jod)")])
def test_a_long_term_line_is_called_so_once(lts: str, told: str) -> None:
    """Some upstreams give a code name, others only say that it is one."""
    assert Release("node", "22", Version("22.11.0"), None, lts).long_term == told
