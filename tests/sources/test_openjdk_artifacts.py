"""Temurin's files: what is there, what is awaited, and what refuses a release."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from sources import openjdk
from sources.availability import compare
from state.errors import NotPublished, SourceError
from state.model import Release, Version
from tests.sources.openjdk_pages import (
    AARCH64,
    AARCH64_MUSL,
    AMD64,
    AMD64_MUSL,
    ARMV7,
    I386,
    LATE,
    RECORDED,
    RELEASES,
    address,
    copy,
    looked_up,
)
from tests.sources.pages import Pages
from tests.upstream.signer import Signer


async def test_artifacts_have_the_published_digest() -> None:
    """Exact URL and digest by platform, of the flavour that was asked for."""
    jdk = await looked_up("jdk-21.0.12.1+1", "21-jdk", RECORDED)
    jre = await looked_up("jdk-21.0.12.1+1", "21-jre", RECORDED)
    folder = "https://github.com/adoptium/temurin21-binaries/releases/download/jdk-21.0.12.1%2B1/OpenJDK21U-"
    shown = [(a.platform, a.url.removeprefix(folder), a.checksum.digest[:8]) for a in (*jdk.artifacts, *jre.artifacts)]
    assert shown == [
        (AMD64, "jdk_x64_linux_hotspot_21.0.12.1_1.tar.gz", "ce79869e"),
        (AARCH64, "jdk_aarch64_linux_hotspot_21.0.12.1_1.tar.gz", "23e37e02"),
        (AMD64_MUSL, "jdk_x64_alpine-linux_hotspot_21.0.12.1_1.tar.gz", "bd882421"),
        (AARCH64_MUSL, "jdk_aarch64_alpine-linux_hotspot_21.0.12.1_1.tar.gz", "82426279"),
        (AMD64, "jre_x64_linux_hotspot_21.0.12.1_1.tar.gz", "24131497"),
        (AARCH64, "jre_aarch64_linux_hotspot_21.0.12.1_1.tar.gz", "14be1f35"),
        (AMD64_MUSL, "jre_x64_alpine-linux_hotspot_21.0.12.1_1.tar.gz", "7bc7c2f9"),
        (AARCH64_MUSL, "jre_aarch64_alpine-linux_hotspot_21.0.12.1_1.tar.gz", "98e15ae3"),
    ]
    assert {(a.verified, a.signed) for a in jdk.artifacts} == {("sha256 published by upstream", False)}


async def test_a_signature_beside_the_file_is_checked_with_it(tmp_path: Path) -> None:
    """``.sig``, by the pinned key: on the first look it is to be checked, on the next it has proved the file."""
    signer = Signer(datetime(2020, 1, 1, tzinfo=UTC))
    signer.install(tmp_path)
    name, file, made = "jdk-21.0.12.1+1", b"stands in for a JDK", copy("jdk-21.0.12.1+1")
    for binary in made["binaries"]:
        if (binary["os"], binary["architecture"], binary["image_type"]) == ("linux", "x64", "jdk"):
            binary["package"]["checksum"] = hashlib.sha256(file).hexdigest()
            url = binary["package"]["link"]
    signature = signer.detach(file, datetime(2020, 6, 1, tzinfo=UTC))
    body = json.dumps(made).encode()
    pages = Pages({address(name): body, url: file, f"{url}.sig": signature}, tmp_path, "openjdk")
    release = Release("openjdk", "21-jdk", Version("21.0.12.1+1"), date(2026, 8, 19))
    (first,) = (await openjdk.artifacts(release, [AMD64], pages)).artifacts
    assert (first.signed, first.signature) == (False, f"{url}.sig")
    assert (await compare(first, pages)).verified == f"signed by {signer.fingerprint}"
    pages.asked.clear()
    (again,) = (await openjdk.artifacts(release, [AMD64], pages)).artifacts
    assert (again.verified, again.signed, url in pages.asked) == (f"signed by {signer.fingerprint}", True, False)


@pytest.mark.parametrize("flavour", ["jdk", "jre"])
async def test_late_platforms_are_awaited_and_arrive(flavour: str) -> None:
    """jdk-21.0.12+8 grew from four files to 24 in eight days; nothing that was there changed."""
    offers = []
    for there in LATE.values():
        made = copy("jdk-21.0.12+8")
        made["binaries"] = [b for b in made["binaries"] if (b["os"], b["architecture"]) in there]
        offers.append(await looked_up("jdk-21.0.12+8", f"21-{flavour}", RECORDED, made))
    assert [len(offer.artifacts) for offer in offers] == [2, 3, 4]
    assert offers[0].missing == (
        (AMD64_MUSL, f"Adoptium has no {flavour} of jdk-21.0.12+8 for amd64/musl yet"),
        (AARCH64_MUSL, f"Adoptium has no {flavour} of jdk-21.0.12+8 for aarch64/musl yet"),
    )
    assert set(offers[0].artifacts) < set(offers[1].artifacts) < set(offers[2].artifacts)


async def test_what_never_comes_is_told_from_what_is_late() -> None:
    """32-bit ARM up to 17 (8u502-b07 waited three weeks for it), aarch64 on Alpine from 21 on, i386 never."""
    eight = await looked_up("jdk8u502-b07", "8-jdk", [ARMV7, AARCH64_MUSL, I386], version="8.0.502+7")
    assert dict(eight.missing) == {
        ARMV7: "Adoptium has no jdk of jdk8u502-b07 for armv7hf/glibc yet",
        AARCH64_MUSL: "Temurin 8 is not built for aarch64/musl",
        I386: "Temurin is not built for i386/glibc",
    }
    before = await looked_up("jdk8u492-b09", "8-jdk", [ARMV7], version="8.0.492+9")
    assert before.artifacts[0].url.endswith("/jdk8u492-b09/OpenJDK8U-jdk_arm_linux_hotspot_8u492b09.tar.gz")
    new = await looked_up("jdk-21.0.12+8", "21-jre", [ARMV7])
    assert dict(new.missing) == {ARMV7: "Temurin 21 is not built for armv7hf/glibc"}


async def test_a_respin_says_that_it_may_stay_partial() -> None:
    """jdk-11.0.22+7.1 came for macOS alone."""
    offer = await looked_up("jdk-11.0.22+7.1", "11-jdk", [AMD64])
    assert offer.missing[0][1].endswith("for amd64/glibc yet: a respin is often for some platforms only")


async def test_a_file_without_a_digest_is_awaited() -> None:
    """The checksum is null until upstream has read its own list; the others go ahead."""
    made = copy("jdk-21.0.12+8")
    made["binaries"][0]["package"]["checksum"] = None
    offer = await looked_up("jdk-21.0.12+8", "21-jdk", [AMD64, AARCH64], made)
    assert [a.platform for a in offer.artifacts] == [AARCH64]
    assert offer.missing == ((AMD64, "Adoptium lists the jdk of jdk-21.0.12+8 for amd64/glibc without a digest yet"),)


async def test_a_respun_file_has_another_digest_at_the_same_url() -> None:
    """Upstream rebuilt files in place (17.0.13+11, 21.0.4+7): the store tells them apart by URL and digest."""
    made = copy("jdk-21.0.12+8")
    made["binaries"][0]["package"]["checksum"] = "ab" * 32
    (was,) = (await looked_up("jdk-21.0.12+8", "21-jdk", [AMD64])).artifacts
    (now,) = (await looked_up("jdk-21.0.12+8", "21-jdk", [AMD64], made)).artifacts
    assert was.url == now.url
    assert was.checksum != now.checksum


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("checksum", "e4446ff0", "is not a sha256 digest"),
        ("checksum", "", "is not a sha256 digest"),
        ("checksum", 7, "is not a string"),
        ("link", "https://github.com/evil/temurin21-binaries/releases/download/x.tar.gz", "is not a jdk for amd64"),
        ("link", None, "is not a string"),
    ],
)
async def test_a_wrong_package_refuses_the_release(field: str, value: object, problem: str) -> None:
    """The document and the place are named."""
    made = copy("jdk-21.0.12+8")
    made["binaries"][0]["package"][field] = value
    with pytest.raises(SourceError) as caught:
        await looked_up("jdk-21.0.12+8", "21-jdk", [AMD64], made)
    assert (caught.value.url, caught.value.field) == (address("jdk-21.0.12+8"), f"binaries[0].package.{field}")
    assert problem in caught.value.problem


async def test_files_do_not_change_places() -> None:
    """A JRE's file is no JDK, that of another release or platform is not this one's."""
    made = copy("jdk-21.0.12+8")
    made["binaries"][0]["package"]["link"] = made["binaries"][1]["package"]["link"]
    with pytest.raises(SourceError, match="is not a jdk for amd64/glibc"):
        await looked_up("jdk-21.0.12+8", "21-jdk", [AMD64], made)


async def test_one_digest_on_two_files_is_refused() -> None:
    """A JDK that carries the digest of the JRE, also when only one of them is wanted."""
    made = copy("jdk-21.0.12+8")
    made["binaries"][0]["package"]["checksum"] = made["binaries"][1]["package"]["checksum"]
    with pytest.raises(SourceError, match="has the same digest as"):
        await looked_up("jdk-21.0.12+8", "21-jdk", [AMD64], made)


async def test_another_release_than_asked_for_is_refused() -> None:
    """A cache may answer with the wrong document."""
    with pytest.raises(SourceError, match=r"release_name: is not jdk-21\.0\.12\+8"):
        await looked_up("jdk-21.0.12+8", "21-jdk", [AMD64], RELEASES["jdk-21.0.12.1+1"])


async def test_a_release_that_is_not_there_is_not_published() -> None:
    """The poll holds it then."""
    release = Release("openjdk", "21-jdk", Version("21.0.13+1"), date(2026, 10, 20))
    with pytest.raises(NotPublished):
        await openjdk.artifacts(release, [AMD64], Pages({}))
