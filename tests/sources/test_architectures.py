"""What each distro says that a line of it is built for: a new line gets these and no others."""

from __future__ import annotations

import json

from sources import DISTROS, SOURCES, alpine, fedora, raspbian, ubuntu
from sources.packages import ARCHIVES
from state.model import Arch
from tests.sources.signed_suites import HERE

AMD64, AARCH64, ARMV7HF, ARMV6, ARMV5E, I386 = Arch


def test_alpine_names_them_by_branch() -> None:
    """Those that are none of ours are passed over; armhf is ARMv6."""
    documents = {"releases": (HERE / "alpine" / "releases.json").read_bytes()}
    assert alpine.architectures(documents, "3.24") == [AMD64, AARCH64, ARMV7HF, ARMV6, I386]
    changed = json.loads(documents["releases"])
    for branch in changed["release_branches"]:
        branch["arches"] = ["x86_64", "s390x"]
    assert alpine.architectures({"releases": json.dumps(changed).encode()}, "3.24") == [AMD64]


def test_fedora_has_what_it_publishes_a_container_of() -> None:
    """A number without one has none."""
    documents = {"releases": (HERE / "fedora" / "releases.2025-04-23.json").read_bytes()}
    assert fedora.architectures(documents, "42") == [AMD64, AARCH64]
    assert fedora.architectures(documents, "99") == []


def test_ubuntu_and_raspbian_have_those_that_they_are_for() -> None:
    """Neither states them by series."""
    assert ubuntu.architectures({}, "noble") == [AMD64, AARCH64, ARMV7HF]
    assert raspbian.architectures({}, "trixie") == [ARMV6]


def test_distros_are_sources_and_archives_are_of_distros() -> None:
    """A name that is in one place only would be looked at by nobody."""
    assert all(SOURCES[name] is source for name, source in DISTROS.items())
    assert ARCHIVES.keys() <= DISTROS.keys()
