""".NET's files: where they lie, and which digests refuse what."""

from __future__ import annotations

from typing import Any

import pytest

from state.errors import SourceError
from tests.sources.dotnet_pages import (
    AARCH64_MUSL,
    AMD64,
    ARMV7,
    CHANNEL,
    I386,
    RECORDED,
    document,
    looked_up,
)


def file_of(made: Any, part: str = "runtime") -> Any:
    """Return the entry of the newest release's linux-x64 file."""
    return next(f for f in made["releases"][0][part]["files"] if f["rid"] == "linux-x64")


@pytest.mark.parametrize(
    ("line", "version", "urls"),
    [
        ("10.0-sdk", "10.0.302", ["Sdk/10.0.302/dotnet-sdk-10.0.302-{}", "10069bec", "ae19c6d6", "40109704"]),
        ("10.0-runtime", "10.0.10", ["Runtime/10.0.10/dotnet-runtime-10.0.10-{}", "74b2b41e", "cdd5e5ba", "1e97ed07"]),
        (
            "10.0-aspnet",
            "10.0.10",
            ["aspnetcore/Runtime/10.0.10/aspnetcore-runtime-10.0.10-{}", "4719249f", "8a66330f", "a8d96e63"],
        ),
    ],
)
async def test_artifacts_have_the_published_digest(line: str, version: str, urls: list[str]) -> None:
    """Exact URL and sha512 by platform: nothing is signed. 32-bit ARM is there, i386 is not."""
    offer = await looked_up(line, version, document("10.0"), [*RECORDED, I386])
    name, *digests = urls
    rids = ["linux-x64", "linux-arm", "linux-musl-arm64"]
    assert [(a.platform, a.url, a.checksum.algorithm, a.checksum.digest[:8]) for a in offer.artifacts] == [
        (platform, f"https://builds.dotnet.microsoft.com/dotnet/{name.format(rid)}.tar.gz", "sha512", digest)
        for platform, rid, digest in zip(RECORDED, rids, digests, strict=True)
    ]
    assert {(a.verified, a.signed) for a in offer.artifacts} == {("sha512 published by upstream", False)}
    assert offer.missing == ((I386, "Microsoft does not build .NET for i386/glibc"),)


async def test_an_older_band_has_its_own_files() -> None:
    """10.0.110 came with the same runtime as 10.0.302."""
    (sdk,) = (await looked_up("10.0-sdk", "10.0.110", document("10.0"), [AMD64])).artifacts
    assert sdk.url.endswith("/Sdk/10.0.110/dotnet-sdk-10.0.110-linux-x64.tar.gz")


async def test_what_is_not_listed_is_awaited() -> None:
    """The channel's document, and the file that it lacks, are named."""
    offer = await looked_up("8.0-runtime", "8.0.29", document("8.0"), [ARMV7])
    (reason,) = dict(offer.missing).values()
    assert reason.startswith(f"{CHANNEL.format('8.0')} does not list https://")
    assert reason.endswith("/Runtime/8.0.29/dotnet-runtime-8.0.29-linux-arm.tar.gz")


async def test_a_digest_in_capitals_is_the_same() -> None:
    """The 3.0 document and one of 10.0 have them."""
    made = document("10.0")
    file_of(made)["hash"] = file_of(made)["hash"].upper()
    assert await looked_up("10.0-runtime", "10.0.10", made) == await looked_up(
        "10.0-runtime", "10.0.10", document("10.0")
    )


@pytest.mark.parametrize("digest", ["", "ab" * 32, "zz" * 64, "ab" * 63])
async def test_a_digest_that_is_no_sha512_refuses_its_file(digest: str) -> None:
    """Old documents have empty ones and some of 64 digits; the other files go ahead."""
    made = document("10.0")
    file_of(made)["hash"] = digest
    offer = await looked_up("10.0-runtime", "10.0.10", made)
    assert [a.platform for a in offer.artifacts] == [ARMV7, AARCH64_MUSL]
    assert "has no sha512 of" in dict(offer.missing)[AMD64]


async def test_a_file_of_another_name_is_not_taken() -> None:
    """The composite and the apphost of the same rid stand beside it, and a name may stand there twice."""
    made = document("10.0")
    other = file_of(made) | {"url": file_of(made)["url"].replace("runtime-10", "apphost-pack-10"), "hash": "ab" * 64}
    made["releases"][0]["runtime"]["files"].insert(0, other)
    (artifact,) = (await looked_up("10.0-runtime", "10.0.10", made, [AMD64])).artifacts
    assert artifact.checksum.digest.startswith("74b2b41e")


async def test_one_url_with_two_digests_is_refused() -> None:
    """Which of the two holds is not for us to guess."""
    made = document("10.0")
    made["releases"][0]["runtime"]["files"].append(file_of(made) | {"hash": "ab" * 64})
    with pytest.raises(SourceError, match="is a second digest of"):
        await looked_up("10.0-runtime", "10.0.10", made)


async def test_an_sdk_with_the_digest_of_the_runtime_is_refused() -> None:
    """A real family of images carried such a one for two years."""
    made = document("10.0")
    for part in (made["releases"][0]["sdk"], *made["releases"][0]["sdks"][:1]):
        next(f for f in part["files"] if f["rid"] == "linux-x64")["hash"] = file_of(made)["hash"]
    with pytest.raises(SourceError, match=r"is the digest of .*/dotnet-sdk-.* and of .*/dotnet-runtime-"):
        await looked_up("10.0-sdk", "10.0.302", made)


@pytest.mark.parametrize(
    ("line", "version"), [("10.0-sdk", "10.0.102"), ("10.0-runtime", "10.0.2"), ("10.0-aspnet", "10.0.2")]
)
async def test_the_wrong_digests_of_a_patch_day_are_refused(line: str, version: str) -> None:
    """On 2026-01-13 the files of 10.0.2 had the digests of 10.0.1 for three to seven hours."""
    with pytest.raises(SourceError, match=rf"is the digest of .*/{version}/.* and of .*/10\.0\.1(?:01)?/"):
        await looked_up(line, version, document("10.0.2026-01-13"))
    assert len((await looked_up(line, version, document("10.0"))).artifacts) == 3


async def test_a_corrected_digest_is_another_one_of_the_same_url() -> None:
    """Where the wrong ones are not those of other files: the store sees that they changed."""
    first = document("10.0.2026-01-13")
    del first["releases"][1]  # 10.0.1, whose digests they are
    was = (await looked_up("10.0-runtime", "10.0.2", first)).artifacts
    now = (await looked_up("10.0-runtime", "10.0.2", document("10.0"))).artifacts
    assert [a.url for a in was] == [a.url for a in now]
    assert all(a.checksum != b.checksum for a, b in zip(was, now, strict=True))
