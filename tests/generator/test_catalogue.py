"""The catalogue is read whole or refused, with the place named."""

from __future__ import annotations

import pytest

from generator import catalogue
from generator.ended import dump_ended, ended_path
from generator.recorded import dump_release, release_path
from generator.recorded_lines import dump_line
from generator.rows import Ended
from state.errors import CatalogueError
from state.model import Arch, Base, OsLine, Version
from tests.generator.family import DAY, family, files, release

DEVICES, DISTROS = "catalogue/devices.toml", "catalogue/distros.toml"
STACKS, FAMILY = "catalogue/stacks.toml", "catalogue/family.toml"

WRONG = {
    "unknown key": (DISTROS, 'template = "apk"', 'template = "apk"\ncolour = "red"', "distros.alpine.colour", "not known"),
    "wrong type": (STACKS, "wait_up_to_hours = 168", 'wait_up_to_hours = "168"', "wait_up_to_hours", "must be a int"),
    "a flag is no number": (STACKS, "wait_up_to_hours = 168", "wait_up_to_hours = true", "wait_up_to_hours", "must be a int"),
    "missing key": (FAMILY, 'namespace = "balenalib"\n', "", "family.namespace", "is missing"),
    "not TOML": (FAMILY, "[family]", "[family", "", "Expected"),
    "duplicate row": (DEVICES, "\nup-core = ", "\nup-board = ", "devices.up-board", "stands twice"),
    "duplicate platform": (STACKS, 'platform = "amd64/musl"', 'platform = "amd64/glibc"', "served[5].platform", "amd64/glibc must be there once"),
    "platform forgotten": (STACKS, '"armv5e/glibc" = "nobody publishes Node.js binaries for ARMv5"\n', "", "stacks.node.served", "armv5e/glibc must be there"),
    "served and absent": (STACKS, '"armv5e/glibc" = "nobody', '"amd64/glibc" = "x"\n"armv5e/glibc" = "nobody', "served[0].platform", "amd64/glibc must be there once"),
    "and for or": (STACKS, 'below = "24"\nreason', 'since = "24"\nbelow = "24"\nreason', "served[2].below", "none is at least 24"),
    "retired default": (STACKS, "[stacks.node.extra]", '[stacks.node.defaults.22]\ndebian = "buster"\n[stacks.node.extra]', "defaults.22", "no version buster"),
    "no platform": (STACKS, 'platform = "amd64/musl"', 'platform = "amd64"', "platform", "is not an architecture and"),
    "no arch": (DEVICES, 'title = "UP Core", arch = "amd64"', 'title = "UP Core", arch = "x86"', "up-core.arch", "is not one of"),
    "unknown class": (DEVICES, 'class = "intel-edison"', 'class = "intel-edisn"', "intel-edison.class", "nearest are intel-edison"),
    "class of another arch": (DEVICES, 'class = "intel-edison"', 'class = "coral-dev"', "intel-edison.class", "this device is i386"),
    "member of another class": (DEVICES, 'arch = "aarch64", class = "coral-dev"', 'arch = "aarch64", class = "jetson-tx2"', "coral-dev.class", "canonical member"),
    "neither class nor reason": (DEVICES, ', class = "intel-edison"', "", "intel-edison.class", "or a reason"),
    "from no archive": (DEVICES, 'ubuntu = "jetson-t186"', "", "jetson-tx2.vendor", "ubuntu is not among its archives"),
    "an archive of no place": (DEVICES, 'url = "https://archive.raspberrypi.com/debian/"\n', "", "raspberrypi", "is missing"),
    "no such archive": (DEVICES, '"jetson-t186"\nubuntu', '"jetson-t187"\nubuntu', "jetson-tx2.archives.debian", "the nearest are jetson-t186"),
    "an archive of a distro without the class": (DEVICES, 'debian = "jetson-t186"', 'fedora = "jetson-t186"', "jetson-tx2.archives", "fedora is not among"),
    "an archive without its key": (DEVICES, 'suite = "r35.4"\ncomponents = "main"\nabsent = "its key is not in this repository"', f'suite = "r35.4"\nfingerprint = "{"A" * 40}"', "jetson-t194.fingerprint", "catalogue/keys/jetson-t194.asc is missing"),
    "an archive unsigned": (DEVICES, 'fingerprint = "CF8A1AF502A2AA2D763BAE7E82B129927FA3303E"\n', "", "raspberrypi.fingerprint", "or a reason in absent"),
    "an archive in the open": (DEVICES, "https://repos.rcn-ee.com/debian/", "http://repos.rcn-ee.com/debian/", "beagleboard.url", "not usable"),
    "two generic classes": (DEVICES, '"up"\n\n[classes.up-board.distros]\ndebian = ["bookworm", "trixie"]', '"up"\ngeneric = true', "up-board.generic", "generic-amd64 is the generic"),
    "class nowhere": (DEVICES, '[classes.up-board.distros]\ndebian = ["bookworm", "trixie"]\n', "", "up-board.distros", "is empty"),
    "class where its arch is not": (DEVICES, "[classes.intel-edison.distros]\ndebian", "[classes.intel-edison.distros]\nubuntu", "distros.ubuntu", "no version of it has i386"),
    "class on no such version": (DEVICES, '[classes.up-board.distros]\ndebian = ["bookworm"', '[classes.up-board.distros]\ndebian = ["buster"', "distros.debian", "no version buster"),
    "packages elsewhere": (DEVICES, "[classes.up-board.packages]\n", '[classes.up-board.packages]\nfedora = ["nano"]\n', "up-board.packages", "not among"),
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
    "digest in the table": (DISTROS, "[distros.debian.lines.sid.absent]\n", f'[distros.debian.lines.sid.digests]\namd64 = "sha256:{"0" * 64}"\n[distros.debian.lines.sid.absent]\n', "sid.digests", "is not known here"),
    "base of a new line": (DISTROS, "debian:{line}-slim", "debian:{codename}-slim", "new_line.bases.amd64", "is not usable"),
    "title of a new line": (DISTROS, "Debian GNU/Linux {major} ({line})", "Debian {name}", "new_line.title", "may hold"),
    "exclusion of a new line": (DISTROS, "[distros.debian.new_line.absent]", '[distros.debian.new_line.exclude]\n"a b" = "why"\n[distros.debian.new_line.absent]', "new_line.exclude", "not a pattern"),
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
    with pytest.raises(CatalogueError, match=recorded.artifacts[1].url) as caught:
        catalogue.load({**files(), release_path("node", "22"): copied.encode()})
    assert caught.value.line
    assert recorded.artifacts[1].url in copied.splitlines()[caught.value.line - 1]


def test_one_wrong_word_does_not_take_images_away_unseen() -> None:
    """A row that excludes what a recorded release has a file for is refused, with its line: AND for OR."""
    rows = family(lines=["22"])
    given = {**files(), release_path("node", "22"): dump_release(rows.releases["node", "22"]).encode()}
    catalogue.load(given)
    text = given[STACKS].decode()
    wrong = text.replace('below = "24"', 'below = "22"', 1)
    with pytest.raises(CatalogueError, match=r"node/22\.json") as caught:
        catalogue.load({**given, STACKS: wrong.encode()})
    assert caught.value.field == "stacks.node.served[2].platform"
    assert caught.value.line
    assert text.splitlines()[caught.value.line - 1] == 'platform = "armv7hf/glibc"'


def test_a_stack_may_not_point_at_a_retired_version() -> None:
    """What a stack says of a distro version's packages needs that version; the line is named."""
    given = files()
    rows = '[stacks.node.libraries]\n{} = ["libstdc++6"]\n\n[stacks.node.extra]'
    for codename, problem in (("buster", "is a retired version"), ("bookwurm", "nearest are bookworm")):
        text = given[STACKS].decode().replace("[stacks.node.extra]", rows.format(codename))
        with pytest.raises(CatalogueError, match=problem) as caught:
            catalogue.load({**given, STACKS: text.encode()})
        assert caught.value.line
        assert text.splitlines()[caught.value.line - 1].startswith(codename)


def test_a_line_comes_and_goes() -> None:
    """with_release and without_line leave the given catalogue as it was; of what went its end is known, until it is back."""
    rows = family(lines=["22"])
    both = catalogue.with_release(rows, release(rows, "24"))
    assert [r.line for r in both.lines("node")] == ["22", "24"]
    fewer = catalogue.without_line(both, "node", "24", DAY)
    assert fewer.releases == rows.releases
    assert fewer.ended["node", "24"] == Ended("node", "24", release(rows, "24").version, DAY)
    assert catalogue.with_release(fewer, release(rows, "24")) == both
    assert [r.line for r in rows.lines("node")] == ["22"]


def test_what_ended_is_read_back() -> None:
    """The record of a removed line is a file of its own; one in another's place is refused."""
    over = Ended("node", "18", Version("18.20.8"), DAY)
    rows = catalogue.load({**files(), ended_path("node", "18"): dump_ended(over).encode()})
    assert rows.ended == {("node", "18"): over}
    for path, text in (
        (ended_path("node", "20"), dump_ended(over)),
        (ended_path("node", "18"), dump_ended(over).replace("18.20.8", "newest")),
        (ended_path("node", "18"), dump_ended(over).replace("2026-11-22", "soon")),
        (ended_path("node", "18"), "[]"),
    ):
        with pytest.raises(CatalogueError, match=path):
            catalogue.load({**files(), path: text.encode()})


def test_a_digest_pins_the_base() -> None:
    """A digest that the watcher recorded is read back; the built-in catalogue invents none."""
    given = files()
    assert not any(line.digests for d in catalogue.load(given).distros.values() for line in d.lines)
    reference = "docker.io/library/debian:sid-slim"
    record = OsLine("debian", "sid", bases=(Base(Arch.AMD64, reference, f"sha256:{'0' * 64}"),))
    given["catalogue/releases/debian/sid.json"] = dump_line(record).encode()
    sid = catalogue.load(given).distros["debian"].lines[-1]
    assert sid.digests == {Arch.AMD64: f"sha256:{'0' * 64}"}
    # Of another image it says nothing.
    given[DISTROS] = given[DISTROS].replace(reference.encode(), b"docker.io/library/debian:unstable-slim")
    assert catalogue.load(given).distros["debian"].lines[-1].digests == {}
