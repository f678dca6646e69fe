"""Node's lists of digests: which files they give for which platform, and what refuses them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from sources import node
from state.errors import FetchError, KeyTooOld, NotPublished, SignatureError, SourceError
from state.model import Arch, Platform, Release, Version
from tests.sources.pages import Pages
from tests.upstream.layout import BUNDLED
from tests.upstream.signer import Signer

DIST = "https://nodejs.org/dist"
UNOFFICIAL = "https://unofficial-builds.nodejs.org/download/release"
DAY = datetime(2024, 11, 20, tzinfo=UTC)
AMD64, MUSL = Platform(Arch.AMD64, "glibc"), Platform(Arch.AMD64, "musl")
ARMV6, ARMV7 = Platform(Arch.ARMV6, "glibc"), Platform(Arch.ARMV7HF, "glibc")


def release(version: str) -> Release:
    """Return a release to look the files up of."""
    return Release("node", version.split(".", 1)[0], Version(version), date(2024, 10, 29))


def recorded(version: str) -> dict[str, bytes | Exception]:
    """Return the page of a bundled list."""
    body = (BUNDLED / "shasums256" / f"v{version}.SHASUMS256.txt.asc").read_bytes()
    return {f"{DIST}/v{version}/SHASUMS256.txt.asc": body}


def digest(fill: str) -> str:
    """Return 64 digits."""
    return fill * 64


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    """A releaser whose key is pinned in the extra folder."""
    made = Signer(DAY)
    made.install(tmp_path / "keys")
    return made


def signed(signer: Signer, tmp_path: Path, text: str, **more: bytes | Exception) -> Pages:
    """Return the network with *text* as the signed list of 22.11.1, and *more* as its unofficial list."""
    pages: dict[str, bytes | Exception] = {f"{DIST}/v22.11.1/SHASUMS256.txt.asc": signer.sign(text, DAY)}
    pages |= {f"{UNOFFICIAL}/v22.11.1/SHASUMS256.txt": body for body in more.values()}
    return Pages(pages, tmp_path / "keys")


async def test_signed_artifacts_are_official() -> None:
    """Exact names, digests of the signed list, and who signed it; the unofficial list is not asked for."""
    pages = Pages(recorded("22.11.0"))
    offer = await node.artifacts(release("22.11.0"), [AMD64, ARMV7], pages)
    assert [(a.platform, a.url, a.checksum.digest[:8]) for a in offer.artifacts] == [
        (AMD64, f"{DIST}/v22.11.0/node-v22.11.0-linux-x64.tar.xz", "83bf07dd"),
        (ARMV7, f"{DIST}/v22.11.0/node-v22.11.0-linux-armv7l.tar.xz", "9de0fdcf"),
    ]
    assert {(a.verified, a.signed) for a in offer.artifacts} == {
        ("signed by C82FA3AE1CBEDC6BE46B9360C43CEC45C17AB93C", True)
    }
    assert (offer.missing, len(pages.asked)) == ((), 1)


async def test_musl_and_the_small_ones_come_from_the_unofficial_builds() -> None:
    """Their list carries no signature, and the artifact says so."""
    lines = f"{digest('a')}  node-v22.11.0-linux-x64-musl.tar.xz\n{digest('b')}  node-v22.11.0-linux-armv6l.tar.xz\n"
    pages = Pages(recorded("22.11.0") | {f"{UNOFFICIAL}/v22.11.0/SHASUMS256.txt": lines.encode()})
    offer = await node.artifacts(release("22.11.0"), [MUSL, ARMV6, AMD64], pages)
    assert [(a.platform, a.signed) for a in offer.artifacts] == [(MUSL, False), (ARMV6, False), (AMD64, True)]
    assert offer.artifacts[0].url == f"{UNOFFICIAL}/v22.11.0/node-v22.11.0-linux-x64-musl.tar.xz"
    assert offer.artifacts[0].verified == "sha256 published by upstream"


@pytest.mark.parametrize("body", [None, f"{digest('a')}  node-v22.11.0-linux-x86.tar.xz\n".encode()])
async def test_a_late_platform_is_awaited(body: bytes | None) -> None:
    """No list yet, or a list without the file: the ready platforms are there, the reason says what is awaited."""
    more: dict[str, bytes | Exception] = {} if body is None else {f"{UNOFFICIAL}/v22.11.0/SHASUMS256.txt": body}
    offer = await node.artifacts(release("22.11.0"), [AMD64, MUSL], Pages(recorded("22.11.0") | more))
    assert [a.platform for a in offer.artifacts] == [AMD64]
    assert offer.missing == ((MUSL, "unofficial-builds has no linux-x64-musl of 22.11.0 yet"),)


async def test_an_outage_of_the_unofficial_builds_does_not_stop_the_official() -> None:
    """A security release does not wait for a second upstream."""
    down = FetchError("node", f"{UNOFFICIAL}/v22.11.0/SHASUMS256.txt", "", "HTTP 503")
    pages = Pages(recorded("22.11.0") | {f"{UNOFFICIAL}/v22.11.0/SHASUMS256.txt": down})
    offer = await node.artifacts(release("22.11.0"), [AMD64, MUSL], pages)
    assert [a.platform for a in offer.artifacts] == [AMD64]
    assert offer.missing[0][1] == "unofficial-builds has no linux-x64-musl of 22.11.0 yet: HTTP 503"


async def test_an_official_musl_build_goes_before_the_unofficial(signer: Signer, tmp_path: Path) -> None:
    """As soon as nodejs.org has it, the signed one is taken."""
    pages = signed(signer, tmp_path, f"{digest('a')}  node-v22.11.1-linux-x64-musl.tar.xz\n")
    offer = await node.artifacts(release("22.11.1"), [MUSL], pages)
    assert (offer.artifacts[0].signed, offer.artifacts[0].url.startswith(DIST)) == (True, True)


async def test_a_glibc_build_is_never_taken_unsigned(signer: Signer, tmp_path: Path) -> None:
    """What nodejs.org signs is not replaced by what nobody signed, even if the unofficial list has it."""
    other = f"{digest('b')}  node-v22.11.1-linux-armv7l.tar.xz\n".encode()
    pages = signed(signer, tmp_path, f"{digest('a')}  node-v22.11.1-linux-x64.tar.xz\n", unofficial=other)
    offer = await node.artifacts(release("22.11.1"), [AMD64, ARMV7, MUSL], pages)
    assert [a.platform for a in offer.artifacts] == [AMD64]
    assert (ARMV7, "nodejs.org has no linux-armv7l of 22.11.1") in offer.missing


async def test_a_dropped_architecture_has_a_reason() -> None:
    """24 and later have no armv7l, and nobody builds for armv5e."""
    armv5e = Platform(Arch.ARMV5E, "glibc")
    offer = await node.artifacts(release("24.19.0"), [ARMV7, armv5e], Pages(recorded("24.19.0")))
    assert offer.missing == (
        (ARMV7, "nodejs.org has no linux-armv7l of 24.19.0"),
        (armv5e, "no upstream builds Node for armv5e/glibc"),
    )


async def test_a_release_without_its_list_is_not_published() -> None:
    """The index is ahead of the files at times."""
    with pytest.raises(NotPublished):
        await node.artifacts(release("22.11.1"), [AMD64], Pages({}))


@pytest.mark.parametrize(("version", "error"), [("26.3.0", SignatureError), ("26.5.1", KeyTooOld)])
async def test_a_list_whose_signature_does_not_hold_gives_nothing(version: str, error: type[SignatureError]) -> None:
    """Bad, or later than our copy of the key: no artifact at all."""
    with pytest.raises(error):
        await node.artifacts(release(version), [AMD64], Pages(recorded(version)))


async def test_an_unknown_key_is_pending_review(signer: Signer, tmp_path: Path) -> None:
    """A new releaser is no defect of upstream, but nothing goes on before a person looked."""
    pages = signed(signer, tmp_path, f"{digest('a')}  node-v22.11.1-linux-x64.tar.xz\n")
    pages.keys = None
    with pytest.raises(SignatureError, match=r"unknown key .*: pending review"):
        await node.artifacts(release("22.11.1"), [AMD64], pages)


async def test_another_releases_signed_list_is_refused() -> None:
    """A genuine list served in another's place proves nothing about this one."""
    (body,) = recorded("20.18.0").values()
    pages = Pages({f"{DIST}/v22.11.0/SHASUMS256.txt.asc": body})
    with pytest.raises(SourceError, match=r"is a signed list, but not that of 22\.11\.0"):
        await node.artifacts(release("22.11.0"), [AMD64], pages)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{a}  node-v22.11.1-linux-x64.tar.xz\n{b}  node-v22.11.1-linux-x64.tar.xz\n", "second digest"),
        ("{a}  node-v22.11.1-linux-x64.tar.xz\n{a}  node-v22.11.1-linux-armv7l.tar.xz\n", "same digest as"),
        ("{a}  node-v22.11.1-linux-x64.tar.xz\n{b}  ../../etc/passwd\n", "not a digest and a name"),
        ("{a}  node-v22.11.1-linux-x64.tar.xz\n{b}  a$(id).tar.xz\n", "not a digest and a name"),
        ("{a} node-v22.11.1-linux-x64.tar.xz\n", "not a digest and a name"),
        ("{a}  node-v22.11.1-linux-x64.tar.xz extra\n", "not a digest and a name"),
    ],
)
async def test_a_strange_list_is_refused_even_if_signed(
    signer: Signer, tmp_path: Path, text: str, problem: str
) -> None:
    """Duplicates, twins, paths and anything but ``<64 hex>  <name>``."""
    pages = signed(signer, tmp_path, text.format(a=digest("a"), b=digest("b")))
    with pytest.raises(SourceError, match=problem):
        await node.artifacts(release("22.11.1"), [AMD64, ARMV7], pages)


async def test_a_digest_may_not_serve_an_official_and_an_unofficial_file(signer: Signer, tmp_path: Path) -> None:
    """One of them has the other's by mistake, and nobody signed for which."""
    twin = f"{digest('a')}  node-v22.11.1-linux-x64-musl.tar.xz\n".encode()
    pages = signed(signer, tmp_path, f"{digest('a')}  node-v22.11.1-linux-x64.tar.xz\n", unofficial=twin)
    with pytest.raises(SourceError, match="has the same digest as"):
        await node.artifacts(release("22.11.1"), [AMD64, MUSL], pages)
