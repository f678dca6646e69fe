"""Fedora's documents and images: excerpts of the recorded feeds of 2024 and 2025, and Bodhi's answer of 2025-02-12."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from sources import fedora
from sources.signatures import keyring
from state.errors import NotPublished, SignatureError, SourceError
from state.model import Arch, Platform, Release, Version
from tests.sources.pages import Pages
from tests.upstream.signer import Signer

RECORDED = Path(__file__).parent / "fedora"
FEED = fedora.DOCUMENTS["releases"]
MASTER = "https://dl.fedoraproject.org/pub/fedora/linux/releases"
DAY = datetime(2025, 4, 15, tzinfo=UTC)
AMD64, AARCH64 = Platform(Arch.AMD64, "glibc"), Platform(Arch.AARCH64, "glibc")
IMAGE_42 = "Fedora-Container-Base-Generic-42-1.1.x86_64.oci.tar.xz"
DIGEST_42 = "ceb2c93c38da"


def feed(day: str = "2025-04-23") -> list[dict[str, Any]]:
    """Return the rows of a recorded feed."""
    rows: list[dict[str, Any]] = json.loads((RECORDED / f"releases.{day}.json").read_bytes())
    return rows


def bodhi(**changed: Any) -> dict[str, Any]:
    """Return Bodhi's answer; *changed* replaces members of Fedora 41."""
    document: dict[str, Any] = json.loads((RECORDED / "bodhi.2025-02-12.json").read_bytes())
    next(r for r in document["releases"] if r["name"] == "F41").update(changed)
    return document


def documents(rows: Any, windows: Any = None) -> dict[str, bytes]:
    """Return both documents."""
    return {
        "releases": json.dumps(rows).encode(),
        "bodhi": json.dumps(bodhi() if windows is None else windows).encode(),
    }


def test_a_line_is_a_number_and_its_end_is_bodhis() -> None:
    """On 2025-02-12 Bodhi gave 40 and 41 an end, and 42, which was pending, none."""
    found = [(r.line, r.version.text, r.supported_until) for r in fedora.releases(documents(feed()))]
    assert found == [
        ("40", "40", date(2025, 5, 13)),
        ("41", "41", date(2025, 11, 11)),
        ("42", "42", None),
    ]


def test_what_has_ended_is_told_although_the_feed_forgot_it() -> None:
    """Bodhi keeps 39, archived, with its end; 43 is to come, whatever end is planned for it. No day of release is said."""
    windows = bodhi()
    (row,) = (r for r in windows["releases"] if r["name"] == "F41")
    windows["releases"] += [
        row | {"name": "F39", "version": "39", "state": "archived", "eol": "2024-11-26"},
        row | {"name": "F44", "version": "44", "state": "pending", "eol": "2027-05-19"},
    ]
    found = {r.line: r for r in fedora.releases(documents(feed(), windows))}
    assert list(found) == ["39", "40", "41", "42"]
    assert (found["39"].supported_until, found["39"].supported(date(2025, 4, 23))) == (date(2024, 11, 26), False)
    assert {r.published for r in found.values()} == {None}


def test_a_beta_is_no_release() -> None:
    """42 Beta of 2025-04-14 became 42 nine days later; the rest of its rows did not change."""
    before = [r.line for r in fedora.releases(documents(feed("2025-04-14")))]
    after = [r.line for r in fedora.releases(documents(feed()))]
    assert (before, after) == (["40", "41"], ["40", "41", "42"])


def test_only_fedora_itself_has_a_say() -> None:
    """Bodhi lists EPEL 10, containers (without an end), flatpaks, ELN and rawhide beside the releases."""
    windows = bodhi()
    for other in windows["releases"]:
        if other["id_prefix"] != "FEDORA":
            other["eol"] = "2030-01-01"
    ends = {r.line: r.supported_until for r in fedora.releases(documents(feed(), windows))}
    assert (ends["41"], ends["42"]) == (date(2025, 11, 11), None)


def test_rows_that_are_of_no_use_do_no_harm() -> None:
    """Some have no architecture, digest or size, one had ppc64; sizes are texts, and nobody asks for them."""
    odd = {"version": "39", "arch": "", "link": "https://x.test/", "variant": "Server", "subvariant": "Server"}
    rows = [*feed("2024-03-26"), odd, odd | {"size": 7, "sha256": None}]
    assert {row["arch"] for row in rows} >= {"", "ppc64"}
    assert [r.line for r in fedora.releases(documents(rows))] == ["39"]


@pytest.mark.parametrize("version", ["42 RC", "42-Beta", "../42", "42\n", "042", "", 42, None])
def test_a_strange_version_refuses_the_feed(version: object) -> None:
    """Which of them are releases is not for us to guess."""
    with pytest.raises(SourceError) as caught:
        fedora.releases(documents([feed()[0], feed()[0] | {"version": version}]))
    assert (caught.value.url, caught.value.field) == (FEED, "[1].version")


@pytest.mark.parametrize(
    ("windows", "field"),
    [
        (bodhi(eol="soon"), "releases[8].eol"),
        (bodhi(eol="2025-11-11T00:00:00"), "releases[8].eol"),
        (bodhi(version=41), "releases[8].version"),
        (bodhi(version="40"), "releases[8].eol"),
        (bodhi(id_prefix=None), "releases[8].id_prefix"),
        (bodhi() | {"pages": 2}, "pages"),
        (bodhi() | {"releases": None}, "releases"),
        ([], ""),
    ],
)
def test_a_wrong_answer_of_bodhi_is_refused(windows: object, field: str) -> None:
    """Days of an odd form, a second end of a number, a page that was not asked for."""
    with pytest.raises(SourceError) as caught:
        fedora.releases(documents(feed(), windows))
    assert (caught.value.url, caught.value.field) == (fedora.DOCUMENTS["bodhi"], field)


def test_an_empty_feed_is_not_believed() -> None:
    """It would look as if everything had been withdrawn."""
    with pytest.raises(SourceError, match="names no release"):
        fedora.releases(documents([r for r in feed("2025-04-14") if "Beta" in r["version"]]))


# Images.


def release(line: str) -> Release:
    """Return a release to look the images up of."""
    return Release("fedora", line, Version(line), date(2025, 4, 15))


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    """A release's key, pinned in the extra folder."""
    made = Signer(DAY)
    made.install(tmp_path / "keys")
    return made


def network(tmp_path: Path, rows: list[dict[str, Any]], lists: dict[str, bytes]) -> Pages:
    """Return the network with the feed and the signed lists."""
    pages: dict[str, bytes | Exception] = {FEED: json.dumps(rows).encode()}
    return Pages(pages | lists, tmp_path / "keys", "fedora")


def listed(signer: Signer, rows: list[dict[str, Any]], line: str, label: str) -> dict[str, bytes]:
    """Return the signed list beside each container base image of a line, in upstream's form."""
    found = {}
    for row in rows:
        if (row["version"], row["subvariant"]) == (line, "Container_Base"):
            name = row["link"].rpartition("/")[2]
            text = f"# {name}: {row['size']} bytes\nSHA256 ({name}) = {row['sha256']}\n"
            url = f"{MASTER}/{line}/Container/{row['arch']}/images/Fedora-Container-{label}-{row['arch']}-CHECKSUM"
            found[url] = signer.sign(text, DAY)
    return found


@pytest.mark.parametrize(
    ("day", "line", "label", "name"),
    [
        ("2024-03-26", "39", "39-1.5", "Fedora-Container-Base-39-1.5.x86_64.tar.xz"),
        ("2025-04-23", "40", "40-1.14", "Fedora-Container-Base-Generic.x86_64-40-1.14.oci.tar.xz"),
        ("2025-04-23", "41", "41-1.4", "Fedora-Container-Base-Generic-41-1.4.x86_64.oci.tar.xz"),
        ("2025-04-23", "42", "42-1.1", IMAGE_42),
    ],
)
async def test_file_names_are_the_feeds(
    day: str, line: str, label: str, name: str, signer: Signer, tmp_path: Path
) -> None:
    """Upstream changed their form three times; toolboxes and minimal images are others. Digests are signed."""
    rows = feed(day)
    pages = network(tmp_path, rows, listed(signer, rows, line, label))
    offer = await fedora.artifacts(release(line), [AMD64, AARCH64], pages)
    assert [a.platform for a in offer.artifacts] == [AMD64, AARCH64]
    amd64 = offer.artifacts[0]
    row = next(r for r in rows if r["link"].endswith(name))
    assert (amd64.url, amd64.checksum.digest) == (f"{MASTER}/{line}/Container/x86_64/images/{name}", row["sha256"])
    assert (amd64.verified, amd64.signed) == (f"signed by {signer.fingerprint}", True)
    assert offer.missing == ()


async def test_what_is_not_built_or_not_there_has_a_reason(signer: Signer, tmp_path: Path) -> None:
    """32-bit ARM ended with 36 and i686 with 31; a feed without a row, or a folder without its list, may follow."""
    rows = [r for r in feed() if (r["version"], r["arch"]) != ("42", "aarch64")]
    armv7, musl = Platform(Arch.ARMV7HF, "glibc"), Platform(Arch.AMD64, "musl")
    offer = await fedora.artifacts(release("42"), [AMD64, AARCH64, armv7, musl], network(tmp_path, rows, {}))
    assert offer.artifacts == ()
    url = f"{MASTER}/42/Container/x86_64/images/Fedora-Container-42-1.1-x86_64-CHECKSUM"
    assert offer.missing == (
        (AMD64, f"is not signed yet: {url} is not there"),
        (AARCH64, "the feed has no container image of 42 for aarch64"),
        (armv7, "no upstream builds Fedora for armv7hf/glibc"),
        (musl, "no upstream builds Fedora for amd64/musl"),
    )


def changed(rows: list[dict[str, Any]], **members: Any) -> list[dict[str, Any]]:
    """Return *rows* with members of 42's x86_64 image replaced."""
    return [r | members if r["link"].endswith(IMAGE_42) else r for r in rows]


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        ({"sha256": "a" * 64}, f"is sha256:{DIGEST_42}.*, but the feed says sha256:aaaa"),
        ({"sha256": None}, "is not a string"),
        ({"sha256": DIGEST_42}, "is not a sha256 digest"),
        (
            {"link": "http://download.fedoraproject.org/pub/fedora/x/Fedora-Container-Base-42-1.1.tar.xz"},
            "not the link",
        ),
        ({"link": "https://download.fedoraproject.org/pub/../Fedora-Container-Base-42-1.1.tar.xz"}, "not the link"),
        ({"link": "https://evil.test/pub/fedora/Fedora-Container-Base-42-1.1.tar.xz"}, "not the link"),
        ({"link": "https://download.fedoraproject.org/pub/fedora/Fedora-Container-Base.tar.xz"}, "not the link"),
    ],
)
async def test_a_strange_row_is_refused(members: dict[str, Any], problem: str, signer: Signer, tmp_path: Path) -> None:
    """A digest that is not the signed one, none at all, or a link that leads elsewhere."""
    pages = network(tmp_path, changed(feed(), **members), listed(signer, feed(), "42", "42-1.1"))
    with pytest.raises(SourceError, match=problem):
        await fedora.artifacts(release("42"), [AMD64], pages)


async def test_two_images_of_one_architecture_are_refused(signer: Signer, tmp_path: Path) -> None:
    """The same row twice is one; which of two that differ would hold is not for us to guess."""
    rows, lists = feed(), listed(signer, feed(), "42", "42-1.1")
    offer = await fedora.artifacts(release("42"), [AMD64], network(tmp_path, [*rows, *rows], lists))
    assert len(offer.artifacts) == 1
    with pytest.raises(SourceError, match="second image of 42"):
        await fedora.artifacts(release("42"), [AMD64], network(tmp_path, [*rows, *changed(rows, size="1")], lists))


async def test_nobody_else_may_sign(signer: Signer, tmp_path: Path) -> None:
    """With the shipped keys alone the test's signer is unknown."""
    pages = network(tmp_path, feed(), listed(signer, feed(), "42", "42-1.1"))
    pages.keys = None
    with pytest.raises(SignatureError, match="unknown key"):
        await fedora.artifacts(release("42"), [AMD64], pages)


async def test_a_list_that_is_altered_or_strange_is_refused(signer: Signer, tmp_path: Path) -> None:
    """Nothing but digests and comments stands in it, and each name once."""
    ((url, body),) = [(u, b) for u, b in listed(signer, feed(), "42", "42-1.1").items() if "x86_64" in u]
    for wrong, problem in [
        (body.replace(b" = c", b" = d"), "is not what key"),
        (signer.sign(f"SHA256 ({IMAGE_42}) = {'a' * 64}\nSHA256 ({IMAGE_42}) = {'b' * 64}\n", DAY), "second digest"),
        (signer.sign(f"MD5 ({IMAGE_42}) = {'a' * 32}\n", DAY), "is not a digest and a name"),
        (signer.sign(f"SHA256 (other) = {'a' * 64}\n", DAY), "is None, but the feed says"),
    ]:
        with pytest.raises(SourceError, match=problem):
            await fedora.artifacts(release("42"), [AMD64], network(tmp_path, feed(), {url: wrong}))


def test_the_key_of_each_release_is_shipped() -> None:
    """Each release has one of its own: 38 to 47. 44's made the list of 2026, its signature names it."""
    assert len(keyring("fedora")) == 10
    assert "36F612DCF27F7D1A48A835E4DBFCF71C6D9F90A6" in keyring("fedora")


async def test_without_the_feed_there_is_nothing() -> None:
    """The error says what is missing."""
    with pytest.raises(NotPublished):
        await fedora.artifacts(release("42"), [AMD64], Pages({}, source="fedora"))


def test_links_lead_to_the_notes() -> None:
    """A line has one version, so there is nothing to compare with."""
    assert fedora.links(None, "42")["Release notes"] == "https://docs.fedoraproject.org/en-US/fedora/f42/release-notes/"
