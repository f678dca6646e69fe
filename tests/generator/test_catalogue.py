"""The catalogue is read whole or refused, with the place named."""

from __future__ import annotations

import time

import pytest

from generator import catalogue
from generator.recorded import dump_release, release_path
from state.errors import CatalogueError
from state.model import Arch
from tests.generator.family import family, files, release

DEVICES, DISTROS = "catalogue/devices.toml", "catalogue/distros.toml"
STACKS, FAMILY = "catalogue/stacks.toml", "catalogue/family.toml"

WRONG = {
    "unknown key": (DISTROS, 'template = "apk"', 'template = "apk"\ncolour = "red"', "distros.alpine.colour", "not known"),
    "wrong type": (STACKS, "wait_up_to_hours = 168", 'wait_up_to_hours = "168"', "wait_up_to_hours", "must be a int"),
    "a flag is no number": (STACKS, "wait_up_to_hours = 168", "wait_up_to_hours = true", "wait_up_to_hours", "must be a int"),
    "missing key": (FAMILY, 'namespace = "balenalib"\n', "", "family.namespace", "is missing"),
    "not TOML": (FAMILY, "[family]", "[family", "", "Expected"),
    "duplicate row": (DEVICES, "\nup-core = ", "\nup-board = ", "", "Cannot overwrite"),
    "duplicate platform": (STACKS, 'platform = "amd64/musl"', 'platform = "amd64/glibc"', "served", "amd64/glibc must be there once"),
    "no platform": (STACKS, 'platform = "amd64/musl"', 'platform = "amd64"', "platform", "is not an architecture and"),
    "no arch": (DEVICES, 'title = "UP Core", arch = "amd64"', 'title = "UP Core", arch = "x86"', "up-core.arch", "is not one of"),
    "unknown class": (DEVICES, 'class = "intel-edison"', 'class = "intel-edisn"', "intel-edison.class", "nearest are intel-edison"),
    "class of another arch": (DEVICES, 'class = "intel-edison"', 'class = "coral-dev"', "intel-edison.class", "this device is i386"),
    "member of another class": (DEVICES, 'arch = "aarch64", class = "coral-dev"', 'arch = "aarch64", class = "jetson-tx2"', "coral-dev.class", "canonical member"),
    "neither class nor reason": (DEVICES, ', class = "intel-edison"', "", "intel-edison.class", "or a reason"),
    "equal classes": (DEVICES, 'chip = "t186"', 'chip = "t210"', "jetson-tx2.layer", "same text as jetson-nano"),
    "two generic classes": (DEVICES, '"up"\n\n[classes.up-board.distros]\ndebian = ["bookworm", "trixie"]', '"up"\ngeneric = true', "up-board.generic", "generic-amd64 is the generic"),
    "class nowhere": (DEVICES, '[classes.up-board.distros]\ndebian = ["bookworm", "trixie"]\n', "", "up-board.distros", "is empty"),
    "class where its arch is not": (DEVICES, "[classes.intel-edison.distros]\ndebian", "[classes.intel-edison.distros]\nubuntu", "distros.ubuntu", "no version of it has i386"),
    "class on no such version": (DEVICES, '[classes.up-board.distros]\ndebian = ["bookworm"', '[classes.up-board.distros]\ndebian = ["buster"', "distros.debian", "no version buster"),
    "packages elsewhere": (DEVICES, "[classes.up-board.distros]", '[classes.up-board.packages]\nfedora = ["nano"]\n[classes.up-board.distros]', "up-board.packages", "not among"),
    "alias taken": (DEVICES, 'aliases = ["edison"]', 'aliases = ["up-board"]', "intel-edison.aliases", "up-board is the name"),
    "alias of an arch": (DEVICES, 'aliases = ["edison"]', 'aliases = ["armv6"]', "intel-edison.aliases", "an architecture"),
    "reserved alias": (DEVICES, 'aliases = ["edison"]', 'aliases = ["latest"]', "devices.intel-edison.latest", "meaning of its own"),
    "reserved device": (DEVICES, "\nup-core = ", "\nstable = ", "devices.stable", "meaning of its own"),
    "a date as a name": (DEVICES, "\nup-core = ", "\n20261122-x = ", "devices.20261122-x", "meaning of its own"),
    "device named as an arch": (DEVICES, "\nup-core = ", "\nrpi = ", "rpi", "an architecture"),
    "hostile name": (DEVICES, "\nup-core = ", '\n"../up" = ', "devices.../up", "is not a name"),
    "capitals": (DEVICES, "\nup-core = ", "\nUp-core = ", "devices.Up-core", "is not a name"),
    "hostile title": (DEVICES, 'title = "UP Core"', "title = 'UP\" Core'", "up-core.title", "not usable"),
    "hostile package": (DEVICES, '["libraspberrypi-bin"]', '["x; curl evil"]', "packages.ubuntu", "not usable"),
    "hostile base": (DISTROS, '"docker.io/library/debian:trixie-slim"', '"x\\nRUN evil"', "bases.amd64", "not usable"),
    "default that is no version": (DISTROS, 'default = "trixie"\n\n[distros.debian', 'default = "buster"\n\n[distros.debian', "distros.debian.default", "no version buster"),
    "default that rolls": (DISTROS, 'default = "3.24"', 'default = "edge"', "distros.alpine.default", "rolls"),
    "default distro": (FAMILY, 'default_distro = "debian"', 'default_distro = "devuan"', "default_distro", "not a distro"),
    "rolling with a number": (
        DISTROS,
        'title = "Debian GNU/Linux unstable (sid)"',
        'title = "Debian GNU/Linux unstable (sid)"\nnumber = "14"',
        "lines.sid.number",
        "a name only",
    ),
    "rolling before the others": (
        DISTROS,
        "supported_until = 2027-05-01",
        "rolling = true",
        "distros.alpine.lines",
        "rolling versions last",
    ),
    "arch without a reason": (DISTROS, 'armv5e = "Alpine has no ARMv5"\n', "", "lines.3.22.bases", "armv5e must have"),
    "arch with base and reason": (DISTROS, "[distros.debian.lines.sid.absent]\n", '[distros.debian.lines.sid.absent]\ni386 = "gone"\n', "sid.bases", "i386 must have"),
    "digest without a base": (DISTROS, "[distros.debian.lines.sid.absent]\n", f'[distros.debian.lines.sid.digests]\narmv6 = "sha256:{"0" * 64}"\n[distros.debian.lines.sid.absent]\n', "sid.digests", "has no base"),
    "bound without a reason": (STACKS, 'reason = "the unofficial x86 recipe ended before 22"\n', "", "served[4].reason", "stands exactly"),
    "required but not served": (STACKS, '"aarch64/glibc"]', '"i386/musl"]', "stacks.node.require", "not served"),
    "stack default": (STACKS, "[stacks.node.extra]", '[stacks.node.defaults.22]\ndebian = "sid"\n[stacks.node.extra]', "defaults.22", "rolls"),
}  # fmt: skip


@pytest.mark.parametrize(("path", "old", "new", "field", "problem"), WRONG.values(), ids=WRONG)
def test_a_wrong_row_is_refused_with_its_place(path: str, old: str, new: str, field: str, problem: str) -> None:
    """What contradicts itself, or could not be a name, never becomes a catalogue; file and field are named."""
    given = files()
    text = given[path].decode()
    assert text.count(old) >= 1
    given[path] = text.replace(old, new, 1).encode()
    with pytest.raises(CatalogueError) as caught:
        catalogue.load(given)
    assert caught.value.file == path
    assert field in caught.value.field
    assert problem in caught.value.problem


def test_an_error_names_the_line() -> None:
    """A person who edits is told the line, of a key, a nested key and a broken document alike."""
    given = files()
    for old, new in (
        ('class = "up-board"', 'class = "nope"'),
        ("generic = true", "generic = 1"),
        ("[devices]", "[devices"),
    ):
        text = given[DEVICES].decode().replace(old, new, 1)
        line = next(
            n
            for n, row in enumerate(text.splitlines(), 1)
            if new in row and row not in given[DEVICES].decode().splitlines()
        )
        with pytest.raises(CatalogueError) as caught:
            catalogue.load({**given, DEVICES: text.encode()})
        assert caught.value.line == line


def test_the_line_of_a_table_in_an_array_is_that_of_its_own() -> None:
    """The third [[served]] is not confused with the first."""
    given = files()
    text = given[STACKS].decode().replace('below = "24"', "below = 24", 1)
    with pytest.raises(CatalogueError) as caught:
        catalogue.load({**given, STACKS: text.encode()})
    assert caught.value.line == text.splitlines().index("below = 24") + 1


@pytest.mark.parametrize("content", [b"\xff", b"x = " + b"[" * 100_000], ids=["bytes", "deep"])
def test_what_is_no_document_is_refused(content: bytes) -> None:
    """Bytes that are no text, or a text that only means to hurt, are errors of the catalogue."""
    with pytest.raises(CatalogueError, match=r"catalogue/family.toml"):
        catalogue.load({**files(), FAMILY: content})


def test_a_missing_file_is_named() -> None:
    """A misspelt file name is not an empty table."""
    given = files()
    del given[STACKS]
    with pytest.raises(CatalogueError, match=r"catalogue/stacks.toml"):
        catalogue.load(given)


def test_loading_takes_no_time() -> None:
    """145 device types are read in under 30 ms (the best of five)."""
    given = files()
    best = 1.0
    for _ in range(5):
        start = time.perf_counter()
        assert len(catalogue.load(given).devices) == 145
        best = min(best, time.perf_counter() - start)
    assert best < 0.03


def test_chosen_devices_keep_the_file_readable() -> None:
    """With a choice of devices only lines of other devices go: comments and classes stay."""
    whole, chosen = catalogue.builtin()[DEVICES], catalogue.builtin(["up-core", "raspberrypi3"])[DEVICES]
    gone = [line for line in whole.splitlines() if line not in chosen.splitlines()]
    assert len(gone) == 143
    assert all(" = { title" in line for line in gone)
    assert set(catalogue.load(files(["up-core", "raspberrypi3"])).devices) == {"up-core", "raspberrypi3"}


def test_no_devices_at_all_is_a_choice() -> None:
    """The empty choice is a catalogue too."""
    assert catalogue.load(files([])).devices == {}


def test_an_unknown_device_is_answered_with_the_nearest() -> None:
    """A misspelt slug is refused, and the message helps."""
    with pytest.raises(CatalogueError, match="nearest are intel-edison"):
        catalogue.builtin(["intel-edisson"])


def test_recorded_releases_are_loaded_and_strangers_left_alone() -> None:
    """Releases are found by their path; files that are not the catalogue's do no harm."""
    rows = family(lines=["24"])
    text = dump_release(rows.releases["node", "24"]).encode()
    loaded = catalogue.load({**files(), release_path("node", "24"): text, "README.md": b"\xff"})
    assert loaded == rows


def test_a_release_in_anothers_place_is_refused() -> None:
    """A file that says 24 where 22 belongs would overwrite a line unseen."""
    text = dump_release(family(lines=["24"]).releases["node", "24"]).encode()
    for path in (release_path("node", "22"), "catalogue/releases/NODE/24.json", "catalogue/releases/24.json"):
        with pytest.raises(CatalogueError) as caught:
            catalogue.load({**files(), path: text})
        assert caught.value.file == path


def test_one_digest_on_two_files_is_refused() -> None:
    """The original shipped an SDK with the runtime's digest for two years."""
    rows = family(lines=["22"])
    recorded = rows.releases["node", "22"]
    text = dump_release(recorded)
    copied = text.replace(recorded.artifacts[0].checksum.digest, recorded.artifacts[1].checksum.digest)
    with pytest.raises(CatalogueError, match=recorded.artifacts[1].url):
        catalogue.load({**files(), release_path("node", "22"): copied.encode()})


def test_a_line_comes_and_goes() -> None:
    """with_release and without_line leave the given catalogue as it was."""
    rows = family(lines=["22"])
    both = catalogue.with_release(rows, release(rows, "24"))
    assert [r.line for r in both.lines("node")] == ["22", "24"]
    assert catalogue.without_line(both, "node", "24") == rows
    assert [r.line for r in rows.lines("node")] == ["22"]


def test_a_digest_pins_the_base() -> None:
    """A digest that the watcher has seen is read back; the built-in catalogue invents none."""
    given = files()
    assert not any(line.digests for d in catalogue.load(given).distros.values() for line in d.lines)
    pin = f'[distros.debian.lines.sid.digests]\namd64 = "sha256:{"0" * 64}"\n'
    given[DISTROS] += pin.encode()
    sid = catalogue.load(given).distros["debian"].lines[-1]
    assert sid.digests == {Arch.AMD64: f"sha256:{'0' * 64}"}
