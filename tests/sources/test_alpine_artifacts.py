"""Alpine's files: which a release has for which architecture, and what refuses them."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from sources import alpine
from state.errors import NotPublished, SignatureError, SourceError
from state.model import Arch, Platform, Release, Version
from tests.sources.pages import Pages
from tests.upstream.signer import Signer

RECORDED = Path(__file__).parent / "alpine"
CDN = "https://dl-cdn.alpinelinux.org/alpine"
DAY = datetime(2026, 9, 20, tzinfo=UTC)
AMD64, AARCH64 = Platform(Arch.AMD64, "musl"), Platform(Arch.AARCH64, "musl")
ARMV6, ARMV7, I386 = Platform(Arch.ARMV6, "musl"), Platform(Arch.ARMV7HF, "musl"), Platform(Arch.I386, "musl")


def release(version: str) -> Release:
    """Return a release to look the files up of."""
    return Release("alpine", version.rpartition(".")[0], Version(version), date(2021, 4, 14))


def listing(version: str, arch: str, body: bytes, **changed: str) -> bytes:
    """Return a listing of one root file system, *body*: JSON is YAML."""
    name = f"alpine-minirootfs-{version}-{arch}.tar.gz"
    entry = {"flavor": "alpine-minirootfs", "arch": arch, "version": version, "date": "2026-09-17", "file": name}
    entry |= {"sha256": hashlib.sha256(body).hexdigest(), "sha512": hashlib.sha512(body).hexdigest()}
    return json.dumps([{"flavor": "alpine-uboot", "arch": arch, "version": version}, entry | changed]).encode()


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    """A releaser whose key is pinned in the extra folder."""
    made = Signer(DAY)
    made.install(tmp_path / "keys")
    return made


def served(signer: Signer, version: str, arch: str, **changed: str) -> dict[str, bytes | Exception]:
    """Return listing, file and signature of one architecture."""
    body = f"root of {version} {arch}".encode()
    folder = f"{CDN}/v{version.rpartition('.')[0]}/releases/{arch}"
    file = f"{folder}/alpine-minirootfs-{version}-{arch}.tar.gz"
    page = listing(version, arch, body, **changed)
    return {f"{folder}/latest-releases.yaml": page, file: body, f"{file}.asc": signer.detach(body, DAY)}


async def test_files_are_signed_and_are_what_the_listing_says(signer: Signer, tmp_path: Path) -> None:
    """armv7 is ARMv7, armhf is ARMv6, x86 is i386; the file was downloaded, its signature and its digest hold."""
    names = {"x86_64": AMD64, "aarch64": AARCH64, "armv7": ARMV7, "armhf": ARMV6, "x86": I386}
    pages = {url: page for arch in names for url, page in served(signer, "3.24.2", arch).items()}
    offer = await alpine.artifacts(release("3.24.2"), list(names.values()), Pages(pages, tmp_path / "keys", "alpine"))
    assert [(a.platform, a.url) for a in offer.artifacts] == [
        (platform, f"{CDN}/v3.24/releases/{arch}/alpine-minirootfs-3.24.2-{arch}.tar.gz")
        for arch, platform in names.items()
    ]
    assert {(a.verified, a.signed) for a in offer.artifacts} == {(f"signed by {signer.fingerprint}", True)}
    assert str(offer.artifacts[3].checksum) == f"sha256:{hashlib.sha256(b'root of 3.24.2 armhf').hexdigest()}"
    assert offer.missing == ()


async def test_each_architecture_has_its_own_day(signer: Signer, tmp_path: Path) -> None:
    """On 2021-04-14 x86 had 3.13.5 and aarch64 still 3.13.4: the first goes ahead, the other is awaited."""
    aarch64 = (RECORDED / "v3.13-aarch64.yaml").read_bytes()
    pages = served(signer, "3.13.5", "x86") | {f"{CDN}/v3.13/releases/aarch64/latest-releases.yaml": aarch64}
    offer = await alpine.artifacts(release("3.13.5"), [AARCH64, I386, AMD64], Pages(pages, tmp_path / "keys", "alpine"))
    assert [a.platform for a in offer.artifacts] == [I386]
    assert offer.missing == (
        (AARCH64, "Alpine has no 3.13.5 for aarch64: its newest is 3.13.4"),
        (AMD64, "Alpine has no listing of v3.13 for x86_64 yet"),
    )


async def test_a_release_that_no_architecture_has_is_not_published() -> None:
    """The site is ahead of the files at times."""
    pages = Pages(
        {f"{CDN}/v3.24/releases/aarch64/latest-releases.yaml": (RECORDED / "v3.24-aarch64.yaml").read_bytes()},
        source="alpine",
    )
    with pytest.raises(NotPublished, match=r"no architecture has 3\.24\.3"):
        await alpine.artifacts(release("3.24.3"), [AARCH64, AMD64], pages)


async def test_what_is_not_built_has_a_reason(signer: Signer, tmp_path: Path) -> None:
    """Alpine is musl, and there is none for ARMv5."""
    others = [Platform(Arch.ARMV5E, "musl"), Platform(Arch.AMD64, "glibc")]
    pages = Pages(served(signer, "3.24.2", "x86_64"), tmp_path / "keys", "alpine")
    offer = await alpine.artifacts(release("3.24.2"), [AMD64, *others], pages)
    assert offer.missing == tuple((p, f"no upstream builds Alpine for {p}") for p in others)


async def test_a_file_without_its_signature_is_awaited(signer: Signer, tmp_path: Path) -> None:
    """It is listed first and signed later."""
    pages = served(signer, "3.24.2", "x86_64") | served(signer, "3.24.2", "x86")
    del pages[f"{CDN}/v3.24/releases/x86/alpine-minirootfs-3.24.2-x86.tar.gz.asc"]
    offer = await alpine.artifacts(release("3.24.2"), [AMD64, I386], Pages(pages, tmp_path / "keys", "alpine"))
    assert [a.platform for a in offer.artifacts] == [AMD64]
    assert offer.missing[0][1].endswith("x86.tar.gz.asc is not there yet")


async def test_nobody_else_may_sign(signer: Signer, tmp_path: Path) -> None:
    """With the shipped key alone the test's signer is unknown; and a good signature does not fit another file."""
    pages = served(signer, "3.24.2", "x86_64")
    with pytest.raises(SignatureError, match="unknown key"):
        await alpine.artifacts(release("3.24.2"), [AMD64], Pages(pages, source="alpine"))
    file = f"{CDN}/v3.24/releases/x86_64/alpine-minirootfs-3.24.2-x86_64.tar.gz"
    with pytest.raises(SignatureError, match="is not what key"):
        await alpine.artifacts(release("3.24.2"), [AMD64], Pages(pages | {file: b"other"}, tmp_path / "keys", "alpine"))


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"file": "alpine-minirootfs-3.24.1-x86_64.tar.gz"}, "is not alpine-minirootfs-3.24.2-x86_64.tar.gz"),
        ({"file": "../../x.tar.gz"}, "is not alpine-minirootfs-3.24.2-x86_64.tar.gz"),
        ({"sha256": "a" * 64}, "but the file is sha256:"),
        ({"sha256": "A" * 64}, "is not a sha256 digest"),
        ({"sha256": ""}, "is not a sha256 digest"),
    ],
)
async def test_a_strange_entry_is_refused(
    signer: Signer, tmp_path: Path, changed: dict[str, str], problem: str
) -> None:
    """Another file's name, a path, a digest that is none or not the file's."""
    pages = Pages(served(signer, "3.24.2", "x86_64", **changed), tmp_path / "keys", "alpine")
    with pytest.raises(SourceError, match=problem):
        await alpine.artifacts(release("3.24.2"), [AMD64], pages)
