"""What cannot be constructed cannot reach a Dockerfile."""

from __future__ import annotations

from datetime import date

import pytest

from state.model import Arch, Artifact, Change, Checksum, Release, Version
from state.model.change import key_of

DIGEST = "0" * 64


@pytest.mark.parametrize("digest", ["", "0" * 63, "0" * 65, "G" * 64, "A" * 64, f"{'0' * 63}\n"])
def test_a_malformed_digest_cannot_be_constructed(digest: str) -> None:
    """Length and alphabet are those of the algorithm."""
    with pytest.raises(ValueError, match="not a sha256 digest"):
        Checksum("sha256", digest)


def test_an_unknown_algorithm_cannot_be_constructed() -> None:
    """MD5 and SHA-1 prove nothing any more."""
    with pytest.raises(ValueError, match="not a md5 digest"):
        Checksum("md5", "0" * 32)


@pytest.mark.parametrize(
    "url",
    ["http://nodejs.org/x", "https://nodejs.org/../x", "https://nodejs.org/a b", "https://nodejs.org/$(id)",
     "https://user@nodejs.org/x", 'https://nodejs.org/"', "https://nodejs.org/x\n", "file:///etc/passwd"],
)  # fmt: skip
def test_a_url_that_is_not_plain_https_cannot_be_constructed(url: str) -> None:
    """It would be put into a RUN line."""
    with pytest.raises(ValueError, match="not a plain https URL"):
        Artifact(Arch.AMD64, "glibc", Version("1.0.0"), url, Checksum("sha256", DIGEST), "", signed=True)


@pytest.mark.parametrize("line", ["", "../22", "22/x", "22 ", "a..b", "-22", "x" * 40])
def test_a_line_that_is_no_path_cannot_be_constructed(line: str) -> None:
    """It names a folder, a branch and a tag."""
    with pytest.raises(ValueError, match="not a line"):
        Release("node", line, Version("1.0.0"), date(2026, 1, 1))


@pytest.mark.parametrize("branch", ["main", "watcher/../main", "watcher/x.lock", "watcher/a b", "watcher/"])
def test_a_branch_that_is_not_ours_cannot_be_proposed(branch: str) -> None:
    """Whatever went wrong before, main is not pushed to."""
    with pytest.raises(ValueError, match="not a branch of the watcher"):
        Change("node", None, None, None, {}, branch, "", "", (), {})


def test_support_windows_include_both_their_days() -> None:
    """A line is supported from its first day to its last; without dates it is not."""
    first, last = date(2024, 4, 24), date(2027, 4, 30)
    release = Release("node", "22", Version("22.0.0"), first, supported_from=first, supported_until=last)
    days = ("2024-04-23", "2024-04-24", "2027-04-30", "2027-05-01")
    supported = [release.supported(date.fromisoformat(day)) for day in days]
    assert supported == [False, True, True, False]
    assert not Release("node", "22", Version("22.0.0"), date(2024, 4, 24)).supported(date(2024, 5, 1))


def test_equal_files_have_equal_keys_and_no_others() -> None:
    """Order does not count; a removal is not an empty file; paths and texts do not run into each other."""
    assert key_of({"a": "1", "b": None}) == key_of({"b": None, "a": "1"})
    assert len({key_of(f) for f in ({"a": ""}, {"a": None}, {"a": "b"}, {"ab": ""}, {"a": "", "b": ""})}) == 5


def test_rpi_is_armv6() -> None:
    """Image names say rpi, everything else armv6."""
    assert Arch.named("rpi") is Arch.ARMV6
    assert Arch.ARMV6.repo == "rpi"
    assert Arch.ARMV6.oci == "linux/arm/v6"
