"""Changes of a distro: which files a base image, a new line, an end or a default touches, and the words for them."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date

import pytest

from generator import catalogue, distro_plan
from generator.catalogue import FILES
from generator.distro_move import Move
from generator.installed import installed
from generator.plan import Planned, rendered
from generator.recorded_lines import dump_line
from generator.resolve import Resolver
from generator.rows import Catalogue, Ended
from state.errors import CatalogueError
from state.model import Arch, Base, OsLine, Version
from tests.generator.family import DAY, files

SLIM = "docker.io/library/debian:trixie-slim"
TRIXIE = OsLine(
    "debian",
    "trixie",
    Version("13.1"),
    date(2025, 9, 6),
    supported_until=date(2030, 6, 30),
    bases=(Base(Arch.AMD64, SLIM, f"sha256:{'a' * 64}"),),
    snapshot="20261101T000000Z",
    taken=date(2026, 11, 1),
    packages={"openssl": "3.0.14", "curl": "8.14.1"},
)
BOOKWORM = OsLine("debian", "bookworm", Version("12.8"), supported_until=date(2028, 6, 30))
FORKY = OsLine("debian", "forky", Version("14.0"), bases=(Base(Arch.AMD64, "docker.io/library/debian:forky-slim"),))


def texts(given: dict[str, bytes], *records: OsLine) -> dict[str, str]:
    """Path → text of a repository with these records."""
    given = given | {f"catalogue/releases/debian/{r.line}.json": dump_line(r).encode() for r in records}
    return rendered(catalogue.load(given)) | {path: body.decode() for path, body in given.items()}


def loaded(before: dict[str, str]) -> Catalogue:
    """The catalogue of these texts."""
    return catalogue.load({path: text.encode() for path, text in before.items()})


BEFORE = texts(files([]), TRIXIE, BOOKWORM)


def plan(move: Move, before: dict[str, str] | None = None) -> Planned:
    """Plan a move of a repository."""
    there = BEFORE if before is None else before
    planned = distro_plan.propose(loaded(there), there, move, DAY, {})
    assert planned
    return planned


def whole(planned: Planned, before: dict[str, str] | None = None) -> dict[str, str]:
    """The repository once that is merged, which is as its catalogue says."""
    after: dict[str, str | None] = {**(BEFORE if before is None else before), **planned.change.files}
    there = {path: text for path, text in after.items() if text is not None}
    made = rendered(loaded(there))
    assert {path: text for path, text in there.items() if not path.startswith("catalogue/")} == made
    return there


def move(what: str, *lines: OsLine, security: bool = False) -> Move:
    """A move of Debian."""
    return Move("debian", what, lines, security=security)  # type: ignore[arg-type]


def test_a_digest_changes_one_dockerfile_and_the_record() -> None:
    """Another architecture's images, and other versions', are not built for it."""
    base = Base(Arch.AMD64, SLIM, f"sha256:{'b' * 64}")
    planned = plan(move("base", replace(TRIXIE, version=None, bases=(base,))))
    dockerfile = "balena-base-images/amd64/debian/trixie/run/Dockerfile"
    assert set(planned.change.files) == {dockerfile, "catalogue/releases/debian/trixie.json"}
    text = planned.change.files[dockerfile]
    assert text
    assert f"FROM {SLIM}@sha256:{'b' * 64}\n" in text
    assert 'org.opencontainers.image.version="13.1"' in text  # the record's other parts stay
    assert planned.change.branch == "watcher/base/debian-trixie"
    assert "base-image" in planned.change.labels
    assert f"`sha256:{'a' * 64}` | `sha256:{'b' * 64}` |" in planned.body()
    whole(planned)


def test_a_security_fix_names_what_it_fixes() -> None:
    """The snapshot is in the Dockerfiles of the line, so that they are built anew."""
    new = replace(TRIXIE, snapshot="20261122T000000Z", packages={"openssl": "3.0.15", "curl": "8.14.1", "zlib": "1.3"})
    planned = plan(move("packages", new, security=True))
    assert planned.change.title == "debian: trixie: openssl 3.0.14 -> 3.0.15, zlib 1.3 [SECURITY]"
    assert "security" in planned.change.labels
    assert "- openssl 3.0.14 -> 3.0.15\n- zlib 1.3\n" in planned.body()
    changed = [path for path in planned.change.files if path.endswith("Dockerfile")]
    assert len(changed) == 5
    assert all("ARG PACKAGES=20261122T000000Z\n" in (planned.change.files[path] or "") for path in changed)
    assert all("/debian/trixie/run/" in path for path in changed)
    whole(planned)


def test_a_weekly_update_is_called_one() -> None:
    """Without an urgent name, and without the label."""
    planned = plan(move("packages", replace(TRIXIE, snapshot="20261122T000000Z")))
    assert planned.change.title == "debian: package updates of trixie"
    assert "security" not in planned.change.labels


def test_a_longer_support_is_said_in_the_title() -> None:
    """A date that moves is a change of the record, and of the page about all."""
    planned = plan(move("version", replace(TRIXIE, supported_until=date(2031, 1, 1))))
    assert planned.change.title == "debian: trixie is supported until 2031-01-01 (was 2030-06-30)"
    assert set(planned.change.files) == {"catalogue/releases/debian/trixie.json", "docs/base-images.md"}


def test_a_part_of_a_line_that_is_not_recorded_is_nothing() -> None:
    """A record that went meanwhile is not made again by half."""
    sid = OsLine(
        "debian", "sid", bases=(Base(Arch.AMD64, "docker.io/library/debian:sid-slim", TRIXIE.bases[0].digest),)
    )
    assert distro_plan.propose(loaded(BEFORE), BEFORE, move("base", sid), DAY, {}) is None


def test_a_new_line_is_a_row_its_images_and_a_record() -> None:
    """It stands after its elders, before what rolls; reasons come from the policy; nothing else changes."""
    planned = plan(Move("debian", "line", (FORKY,), absent={Arch.I386: "its image is not there"}))
    after = loaded(whole(planned)).distros["debian"]
    assert [line.codename for line in after.lines] == ["bookworm", "trixie", "forky", "sid"]
    forky = after.lines[2]
    assert (forky.title, forky.number, str(forky.version)) == ("Debian GNU/Linux 14 (forky)", "14", "14.0")
    assert forky.absent[Arch.ARMV5E] == "Debian dropped armel after trixie"
    assert forky.absent[Arch.I386] == "its image is not there"
    assert forky.absent[Arch.AARCH64] == "upstream has no forky for it"
    assert forky.absent[Arch.ARMV6].startswith("Debian's armhf")
    assert after.default == "trixie"
    assert {"new-line", "distro/debian"} <= set(planned.change.labels)
    assert all("forky" in path or path in {FILES["distros"], "docs/base-images.md"} for path in planned.change.files)
    assert "- i386: its image is not there" in planned.body()
    assert distro_plan.propose(loaded(whole(planned)), whole(planned), move("line", FORKY), DAY, {}) is None


def test_an_older_line_that_comes_late_stands_before_its_juniors() -> None:
    """The order is that of age, whichever came first."""
    old = OsLine("alpine", "3.21", Version("3.21.5"), bases=(Base(Arch.AMD64, "docker.io/library/alpine:3.21"),))
    after = loaded(whole(plan(Move("alpine", "line", (old,)))))
    assert [line.codename for line in after.distros["alpine"].lines] == ["3.21", "3.22", "3.23", "3.24", "edge"]
    assert after.distros["alpine"].lines[0].number == ""


def test_an_end_takes_the_row_and_all_that_stands_on_it() -> None:
    """Classes that name the line do not any more; people's comments stay with what they are about."""
    planned = plan(move("end", BOOKWORM))
    after = whole(planned)
    left = [path for path in after if "bookworm" in path and "/debian/" in path]
    assert left == ["catalogue/ended/debian/bookworm.json"]
    assert (
        "# The last release with armel, which is our armv5e.\n[distros.debian.lines.trixie]" in after[FILES["distros"]]
    )
    assert "# Long-term support" not in after[FILES["distros"]]
    classes = tomllib.loads(after[FILES["devices"]])["classes"]
    assert classes["raspberrypi3"]["distros"]["debian"] == ["trixie"]
    assert "raspbian/bookworm" in " ".join(after)  # another distro's of the same name
    assert {"eol", "removes-images"} <= set(planned.change.labels)
    assert planned.change.branch == "watcher/eol/debian-bookworm"
    assert distro_plan.propose(loaded(after), after, move("end", BOOKWORM), DAY, {}) is None


def test_an_ended_line_is_remembered_with_its_last_version_and_day() -> None:
    """So its names are known for what they were; a line that comes back is no longer ended."""
    after = whole(plan(move("end", BOOKWORM)))
    ended = loaded(after).ended["debian", "bookworm"]
    assert ended == Ended("debian", "bookworm", Version("12.8"), date(2028, 6, 30), "12")
    resolver = Resolver(loaded(after))
    for name in ("amd64-debian:bookworm-build", "amd64-debian:12", "amd64-debian-node:22-12-run"):
        told = resolver.resolve(name)
        assert told.image is None
        assert told.distro_version == "bookworm"
        assert "bookworm ended on 2028-06-30" in str(told.reason)
        assert told.passed == ended
    again = plan(move("line", replace(BOOKWORM, bases=FORKY.bases)), after)
    assert again.change.files["catalogue/ended/debian/bookworm.json"] is None
    assert not loaded(whole(again, after)).ended


def test_a_line_that_was_never_recorded_ends_too() -> None:
    """Then its number is its version, and the table's date its end."""
    unknown = OsLine("ubuntu", "jammy", supported_until=None)
    after = whole(plan(Move("ubuntu", "end", (unknown,))))
    ended = loaded(after).ended["ubuntu", "jammy"]
    assert (str(ended.version), ended.number) == ("22.04", "22.04")


def test_a_new_line_names_the_stacks_that_are_not_on_it_yet() -> None:
    """Nobody has said what their packages are called there: a maintainer adds that, or merges without."""
    body = plan(move("line", FORKY)).body()
    assert "**forky has no image of Python, .NET yet**" in body
    assert "`[stacks.python.libraries]`, `[stacks.dotnet.libraries]`" in body
    assert "no image of" not in plan(move("end", BOOKWORM)).body()


def test_a_class_that_has_no_line_left_goes_and_its_devices_become_generic() -> None:
    """Else the catalogue would be refused."""
    given = files(["up-board"])
    row = b'[classes.up-board.distros]\ndebian = ["bookworm", "trixie"]'
    assert row in given[FILES["devices"]]
    given[FILES["devices"]] = given[FILES["devices"]].replace(row, row.replace(b', "trixie"', b""))
    before = texts(given, TRIXIE, BOOKWORM)
    after = loaded(whole(plan(move("end", BOOKWORM), before), before))
    assert "up-board" not in after.classes
    assert after.devices["up-board"].device_class == "generic-amd64"


def test_a_stack_line_whose_default_ended_follows_the_distro_s() -> None:
    """A default that there is not would be refused."""
    given = files([])
    given[FILES["stacks"]] = given[FILES["stacks"]].replace(
        b"[stacks.node.extra]", b'[stacks.node.defaults.22]\ndebian = "bookworm"\n\n[stacks.node.extra]'
    )
    before = texts(given, TRIXIE, BOOKWORM)
    after = whole(plan(move("end", BOOKWORM), before), before)
    assert loaded(after).stacks["node"].defaults == {}


def test_a_default_moves_by_one_word_of_the_table() -> None:
    """Its label says that names mean something else."""
    planned = plan(move("default", BOOKWORM))
    assert loaded(whole(planned)).distros["debian"].default == "bookworm"
    assert "default-moved" in planned.change.labels
    assert (planned.change.old, planned.change.new, planned.change.branch) == (
        "trixie",
        "bookworm",
        "watcher/default/debian",
    )
    assert distro_plan.propose(loaded(BEFORE), BEFORE, move("default", TRIXIE), DAY, {}) is None


def test_a_distro_without_a_policy_has_its_lines_from_people() -> None:
    """The watcher does not make up what their images would be."""
    given = files([])
    table = tomllib.loads(given[FILES["distros"]].decode())["distros"]["debian"]
    assert "new_line" in table
    rows = loaded(BEFORE)
    debian = replace(rows.distros["debian"], new_line=None)
    with pytest.raises(CatalogueError, match="says nothing of new lines"):
        distro_plan.propose(replace(rows, distros={"debian": debian}), BEFORE, move("line", FORKY), DAY, {})


def test_what_a_pull_request_refuses_is_that_state_alone() -> None:
    """Closing one says nothing of the next digest, fix or point release."""
    fixed = replace(TRIXIE, packages={"openssl": "3.0.15"})
    for what, other in (
        ("version", replace(TRIXIE, version=Version("13.2"))),
        ("base", replace(TRIXIE, bases=())),
        ("packages", replace(TRIXIE, snapshot="20261122T000000Z")),
        ("line", replace(TRIXIE, version=Version("13.2"))),
    ):
        assert move(what, TRIXIE).ids() != move(what, other).ids()
    assert move("packages", TRIXIE, security=True).ids() != move("packages", fixed, security=True).ids()


def test_what_the_templates_install_is_known() -> None:
    """By package manager, with what the device classes add from the distro itself; a vendor's archive is looked at apart."""
    rows = loaded(BEFORE)
    assert {"curl", "libssl-dev", "ca-certificates", "gpiod"} <= installed(rows, "debian")
    assert "raspi-utils" not in installed(rows, "debian")
    assert "raspberrypi-utils-vcgencmd" in installed(rows, "alpine")
    assert "openssl-dev" not in installed(rows, "debian")
