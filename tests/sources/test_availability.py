"""What is listed is looked at: present, absent, or to be downloaded and compared."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from sources.availability import compare, confirm
from state.errors import FetchError, NotPublished, SourceError
from state.model import Arch, Artifact, Checksum, Libc, Offer, Platform, Version
from tests.sources.pages import Pages

BODY = b"node"
GOOD = Checksum("sha256", hashlib.sha256(BODY).hexdigest())


def artifact(arch: Arch, libc: Libc, *, signed: bool) -> Artifact:
    """Return an artifact whose digest is that of BODY."""
    url = f"https://nodejs.org/dist/{arch}-{libc}.tar.xz"
    return Artifact(arch, libc, Version("22.11.1"), url, GOOD, "so it is said", signed)


AMD64, ARM64 = artifact(Arch.AMD64, "glibc", signed=True), artifact(Arch.AARCH64, "glibc", signed=True)
MUSL = artifact(Arch.AMD64, "musl", signed=False)
ABSENT = (Platform(Arch.ARMV6, "glibc"), "nobody builds it")


async def test_signed_files_are_ready_when_present() -> None:
    """In the order of the offer, with the size that was seen; what was missing stays so."""
    pages = Pages({AMD64.url: BODY, ARM64.url: BODY * 2})
    confirmed = await confirm(Offer((AMD64, ARM64), (ABSENT,)), pages, ())
    assert [(a.url, a.size) for a in confirmed.ready] == [(AMD64.url, 4), (ARM64.url, 8)]
    assert (confirmed.missing, confirmed.pending) == ((ABSENT,), ())


async def test_a_listed_file_that_is_not_there_yet_is_missing() -> None:
    """A partial promotion: the list is ahead of the files, the others go ahead."""
    confirmed = await confirm(Offer((AMD64, ARM64)), Pages({AMD64.url: BODY}), ())
    assert [a.url for a in confirmed.ready] == [AMD64.url]
    assert confirmed.missing == ((ARM64.platform, f"{ARM64.url} is listed, but not there yet"),)


async def test_a_file_that_cannot_be_looked_at_is_missing_with_the_reason() -> None:
    """One broken answer holds one platform."""
    pages = Pages({AMD64.url: BODY, ARM64.url: FetchError("node", ARM64.url, "", "HTTP 500")})
    confirmed = await confirm(Offer((AMD64, ARM64)), pages, ())
    assert [a.url for a in confirmed.ready] == [AMD64.url]
    assert confirmed.missing[0][1].endswith("cannot be looked at: HTTP 500")


async def test_an_unsigned_file_is_pending_until_it_was_compared() -> None:
    """Nothing is asked about it before; once URL and digest are known good it is looked at like a signed one."""
    pages = Pages({AMD64.url: BODY, MUSL.url: BODY})
    first = await confirm(Offer((MUSL, AMD64)), pages, ())
    assert (first.pending, [a.url for a in first.ready]) == ((MUSL,), [AMD64.url])
    assert MUSL.url not in pages.asked
    again = await confirm(Offer((MUSL, AMD64)), pages, {(MUSL.url, GOOD)})
    assert (again.pending, [(a.url, a.size) for a in again.ready]) == ((), [(MUSL.url, 4), (AMD64.url, 4)])


async def test_a_signature_of_its_own_is_checked_whatever_was_compared() -> None:
    """It may have come after the file."""
    signed = replace(MUSL, signature=f"{MUSL.url}.asc")
    assert (await confirm(Offer((signed,)), Pages({}), {(MUSL.url, GOOD)})).pending == (signed,)


async def test_what_could_not_be_asked_is_told_apart_from_what_is_not_there() -> None:
    """An outage proves nothing: it is in ``away`` too; a 404 is not."""
    pages = Pages({ARM64.url: FetchError("node", ARM64.url, "", "HTTP 503")})
    confirmed = await confirm(Offer((AMD64, ARM64), (), ("the unofficial list: HTTP 500",)), pages, ())
    assert len(confirmed.missing) == 2
    assert [why.rsplit(": ")[-1] for why in confirmed.away] == ["HTTP 500", "HTTP 503"]


async def test_a_known_url_with_another_digest_is_pending_again() -> None:
    """A rebuilt file was not compared yet."""
    other = Checksum("sha256", "0" * 64)
    assert (await confirm(Offer((MUSL,)), Pages({}), {(MUSL.url, other)})).pending == (MUSL,)


async def test_compare_tells_the_size_of_an_equal_file() -> None:
    """It was downloaded, so its size is known."""
    assert (await compare(MUSL, Pages({MUSL.url: BODY}))).size == 4


async def test_compare_names_both_digests() -> None:
    """The URL, what the file is and what its list says."""
    with pytest.raises(SourceError) as caught:
        await compare(MUSL, Pages({MUSL.url: b"evil"}))
    assert (caught.value.source, caught.value.url) == ("node", MUSL.url)
    assert hashlib.sha256(b"evil").hexdigest() in caught.value.problem
    assert GOOD.digest in caught.value.problem


async def test_compare_awaits_a_file_that_is_not_there() -> None:
    """404 is not a difference."""
    with pytest.raises(NotPublished):
        await compare(MUSL, Pages({}))
