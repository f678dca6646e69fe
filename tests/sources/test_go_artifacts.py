"""Go's tarballs: which file serves which platform, and what proves it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from sources import go
from sources.availability import compare
from sources.signatures import keyring
from state.errors import FetchError, NotPublished, SignatureError, SourceError
from state.model import Arch, Artifact, Platform, Release, Version
from tests.sources.pages import Pages
from tests.sources.test_go import file
from tests.upstream.signer import Signer

SHORT = "https://go.dev/dl/?mode=json"
WHOLE = f"{SHORT}&include=all"
FILES = "https://dl.google.com/go"
DAY = datetime(2026, 8, 19, tzinfo=UTC)
AMD64, MUSL = Platform(Arch.AMD64, "glibc"), Platform(Arch.AMD64, "musl")
ARMV6, ARMV7 = Platform(Arch.ARMV6, "musl"), Platform(Arch.ARMV7HF, "glibc")
I386, ARMV5 = Platform(Arch.I386, "musl"), Platform(Arch.ARMV5E, "glibc")


def release(version: str) -> Release:
    """Return a release to look the files up of."""
    return Release("go", ".".join(version.split(".")[:2]), Version(version), date(2026, 8, 19))


def body(name: str) -> bytes:
    """Return what stands in for a tarball."""
    return f"stands in for {name}".encode()


def listed(version: str, *arches: str, **changed: Any) -> bytes:
    """Return a list with one version, whose files are what :func:`body` says."""
    files = []
    for arch in arches:
        digest = hashlib.sha256(body(f"go{version}.linux-{arch}.tar.gz")).hexdigest()
        files.append(file(f"go{version}", arch, sha256=digest) | changed)
    return json.dumps([{"version": f"go{version}", "stable": True, "files": files}]).encode()


def network(version: str, *arches: str, signer: Signer | None = None, keys: Path | None = None) -> Pages:
    """Return a network in which the short list has *version*, its files signed if there is a *signer*."""
    pages: dict[str, bytes | Exception] = {SHORT: listed(version, *arches)}
    for name in (f"go{version}.linux-{arch}.tar.gz" for arch in arches):
        pages[f"{FILES}/{name}"] = body(name)
        if signer:
            pages[f"{FILES}/{name}.asc"] = signer.detach(body(name), DAY)
    return Pages(pages, keys, "go")


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    """One whose key is pinned in the extra folder."""
    made = Signer(DAY)
    made.install(tmp_path)
    return made


async def compared(pages: Pages) -> Artifact:
    """Look up the one file of 1.27.0, and compare it."""
    (artifact,) = (await go.artifacts(release("1.27.0"), [AMD64], pages)).artifacts
    return await compare(artifact, pages)


async def test_one_tarball_serves_several_platforms(signer: Signer, tmp_path: Path) -> None:
    """The static tarball runs on musl too, and armv6l on armv7: same URL, same digest, no twins."""
    pages = network("1.27.0", "amd64", "armv6l", "386", signer=signer, keys=tmp_path)
    offer = await go.artifacts(release("1.27.0"), [AMD64, MUSL, ARMV6, ARMV7, I386], pages)
    assert [(a.platform, a.url.rpartition("/")[2]) for a in offer.artifacts] == [
        (AMD64, "go1.27.0.linux-amd64.tar.gz"),
        (MUSL, "go1.27.0.linux-amd64.tar.gz"),
        (ARMV6, "go1.27.0.linux-armv6l.tar.gz"),
        (ARMV7, "go1.27.0.linux-armv6l.tar.gz"),
        (I386, "go1.27.0.linux-386.tar.gz"),
    ]
    assert {(a.signature, a.signed) for a in offer.artifacts} == {(f"{a.url}.asc", False) for a in offer.artifacts}
    assert (offer.missing, len(set(pages.asked))) == ((), 4)


async def test_a_proved_file_is_signed_and_not_downloaded_again(signer: Signer, tmp_path: Path) -> None:
    """The signature is checked when the file is compared, in the background; the next look knows it."""
    pages = network("1.27.0", "amd64", signer=signer, keys=tmp_path)
    (artifact,) = (await go.artifacts(release("1.27.0"), [AMD64], pages)).artifacts
    proved = await compare(artifact, pages)
    assert (proved.verified, proved.signed, proved.signature) == (f"signed by {signer.fingerprint}", True, "")
    pages.asked.clear()
    (again,) = (await go.artifacts(release("1.27.0"), [AMD64], pages)).artifacts
    assert (again, artifact.url in pages.asked) == (replace(proved, size=None), False)


async def test_a_file_without_signature_is_to_be_compared() -> None:
    """The digest came by TLS only, and the artifact says so."""
    (artifact,) = (await go.artifacts(release("1.27.0"), [AMD64], network("1.27.0", "amd64"))).artifacts
    assert (artifact.signed, artifact.verified) == (False, "sha256 published by upstream")
    assert artifact.checksum.digest == hashlib.sha256(body("go1.27.0.linux-amd64.tar.gz")).hexdigest()


async def test_the_signing_key_is_shipped() -> None:
    """Google's key for Linux packages, and no other."""
    assert list(keyring("go")) == ["EB4C1BFD4F042F6DDDCCEC917721F63BD38B4796"]


async def test_a_signature_that_does_not_hold_gives_nothing(signer: Signer, tmp_path: Path) -> None:
    """An unknown key, or another file: no artifact, not even an unsigned one."""
    pages = network("1.27.0", "amd64", signer=signer)
    with pytest.raises(SignatureError, match="unknown key"):
        await compared(pages)
    pages = network("1.27.0", "amd64", signer=signer, keys=tmp_path)
    pages.pages = {**pages.pages, f"{FILES}/go1.27.0.linux-amd64.tar.gz": b"x"}
    with pytest.raises(SignatureError, match="not what key"):
        await compared(pages)


async def test_a_signed_file_has_the_digest_of_the_list(signer: Signer, tmp_path: Path) -> None:
    """A genuine file of another release in this one's place is found out."""
    name, other = "go1.27.0.linux-amd64.tar.gz", b"a signed file of another release"
    pages = network("1.27.0", "amd64", keys=tmp_path)
    pages.pages = {**pages.pages, f"{FILES}/{name}": other, f"{FILES}/{name}.asc": signer.detach(other, DAY)}
    with pytest.raises(SourceError, match="but its list says"):
        await compared(pages)


async def test_an_outage_is_no_lack_of_a_signature() -> None:
    """Only an answer that there is none makes a file an unsigned one."""
    pages = network("1.27.0", "amd64")
    url = f"{FILES}/go1.27.0.linux-amd64.tar.gz.asc"
    pages.pages = {**pages.pages, url: FetchError("go", url, "", "HTTP 503")}
    with pytest.raises(FetchError, match="503"):
        await go.artifacts(release("1.27.0"), [AMD64], pages)


async def test_the_last_release_of_a_line_is_in_the_whole_list() -> None:
    """1.25.14 came with 1.27.0, and with it the short list forgot 1.25."""
    pages = network("1.27.0", "amd64")
    pages.pages = {**pages.pages, WHOLE: listed("1.25.14", "amd64")}
    offer = await go.artifacts(release("1.25.14"), [AMD64], pages)
    assert [a.url for a in offer.artifacts] == [f"{FILES}/go1.25.14.linux-amd64.tar.gz"]
    assert pages.asked[:2] == [SHORT, WHOLE]


async def test_a_release_in_no_list_is_not_published() -> None:
    """The history is ahead of the files at times."""
    pages = network("1.27.0", "amd64")
    pages.pages = {**pages.pages, WHOLE: listed("1.27.0", "amd64")}
    with pytest.raises(NotPublished, match=r"has no go1\.27\.1 yet"):
        await go.artifacts(release("1.27.1"), [AMD64], pages)


async def test_what_is_late_and_what_never_comes_have_reasons() -> None:
    """go1.6.3 lacked armv6l for hours; nobody builds for armv5e since ever."""
    offer = await go.artifacts(release("1.27.0"), [AMD64, ARMV7, ARMV5], network("1.27.0", "amd64"))
    assert [a.platform for a in offer.artifacts] == [AMD64]
    assert offer.missing == (
        (ARMV7, "go.dev lists no go1.27.0.linux-armv6l.tar.gz yet"),
        (ARMV5, "no upstream builds Go 1.27.0 for armv5e/glibc"),
    )


async def test_a_file_without_digest_is_as_good_as_not_there() -> None:
    """Files of before 1.6 have a SHA-1 only, which the list leaves out."""
    pages = Pages({SHORT: listed("1.5.4", "amd64", sha256="")}, source="go")
    assert (await go.artifacts(release("1.5.4"), [AMD64], pages)).artifacts == ()


async def test_two_files_with_one_digest_are_refused() -> None:
    """One of them carries the other's by mistake."""
    pages = Pages({SHORT: listed("1.27.0", "amd64", "386", sha256="a" * 64)}, source="go")
    with pytest.raises(SourceError, match="has the same digest as"):
        await go.artifacts(release("1.27.0"), [AMD64, I386], pages)
