""".NET's release metadata: what is read out of it, and what refuses it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from sources import dotnet
from state.errors import SourceError
from state.model import Release, Version
from tests.sources.dotnet_pages import (
    CHANNEL,
    HERE,
    INDEX,
    document,
    documents,
)


def lines(**changed: Any) -> dict[str, list[Release]]:
    """Return line → its releases in order."""
    found: dict[str, list[Release]] = {}
    for release in dotnet.releases(documents(**changed)):
        found.setdefault(release.line, []).append(release)
    return found


def indexed(channel: str, **changed: Any) -> Any:
    """Return the index with that change of one entry; None removes a key."""
    made = document("index")
    entry = next(e for e in made["releases-index"] if e["channel-version"] == channel)
    entry |= {key.replace("_", "-"): value for key, value in changed.items()}
    for key in [key for key, value in entry.items() if value is None]:
        del entry[key]
    return made


def refusal(**changed: Any) -> SourceError:
    """Return the error that documents with that change meet."""
    with pytest.raises(SourceError) as caught:
        dotnet.releases(documents(**changed))
    assert caught.value.source == "dotnet"
    return caught.value


def test_documents_of_living_channels_are_asked_for() -> None:
    """Not those of previews and ended ones."""
    assert dotnet.more(documents()) == {channel: CHANNEL.format(channel) for channel in ("10.0", "9.0", "8.0")}
    go_live = indexed("11.0", support_phase="go-live")
    assert "11.0" not in dotnet.more(documents(index=go_live))
    assert "11.0" in dotnet.more(documents(index=indexed("11.0", support_phase="active")))


@pytest.mark.parametrize(
    "url",
    [
        "https://dotnetcli.blob.core.windows.net/dotnet/release-metadata/10.0/releases.json",
        CHANNEL.format("9.0"),
        CHANNEL.format("10.0") + "?x",
        "http" + CHANNEL.format("10.0").removeprefix("https"),
        7,
    ],
)
def test_a_channels_document_lies_where_it_is_expected(url: object) -> None:
    """The index may not send us anywhere."""
    index = indexed("10.0", **{"releases.json": url})
    error = refusal(index=index)
    assert (error.url, error.field) == (INDEX, "releases-index[1].releases.json")


def test_a_release_carries_what_both_documents_say() -> None:
    """One per flavour: version, day, whether its channel is a long-term one, security, and the end of support."""
    newest = {line: found[-1] for line, found in lines().items()}
    assert newest["10.0-sdk"] == Release(
        "dotnet",
        "10.0-sdk",
        Version("10.0.302"),
        date(2026, 7, 14),
        "LTS",
        security=True,
        supported_until=date(2028, 11, 14),
    )
    versions = {line: str(release.version) for line, release in newest.items() if release.supported(date(2026, 8, 1))}
    assert versions == {
        "8.0-aspnet": "8.0.29",
        "8.0-runtime": "8.0.29",
        "8.0-sdk": "8.0.423",
        "9.0-aspnet": "9.0.12",
        "9.0-runtime": "9.0.12",
        "9.0-sdk": "9.0.310",
        "10.0-aspnet": "10.0.10",
        "10.0-runtime": "10.0.10",
        "10.0-sdk": "10.0.302",
    }
    assert (newest["9.0-sdk"].lts, newest["9.0-sdk"].security) == ("", False)


def test_the_newest_band_is_the_newest_sdk() -> None:
    """One runtime has several SDKs: 10.0.10 has 10.0.302 and 10.0.110."""
    found = [str(r.version) for r in lines()["10.0-sdk"]]
    assert found == ["10.0.101", "10.0.102", "10.0.110", "10.0.302"]


def test_an_sdk_comes_without_a_runtime() -> None:
    """On 2026-01-20 9.0.310 was added to the release of 9.0.12, whose 9.0.309 stays listed."""
    found = lines()
    assert [str(r.version) for r in found["9.0-sdk"]][-2:] == ["9.0.309", "9.0.310"]
    assert [str(r.version) for r in found["9.0-runtime"]] == ["9.0.11", "9.0.12"]
    only = document("9.0")
    only["releases"][0] |= {"runtime": None, "aspnetcore-runtime": None}
    assert [str(r.version) for r in lines(v9=only)["9.0-runtime"]] == ["9.0.11"]


def test_previews_are_no_releases() -> None:
    """Neither those of a channel that was released since, nor the go-live of one that was not."""
    assert "10.0.0-rc.2" in (HERE / "10.0.json").read_text()
    found = dotnet.releases(documents(index=indexed("11.0", support_phase="go-live", eol_date="2028-05-09")))
    assert not any(r.version.is_prerelease or r.line.startswith("11.") for r in found)


def test_an_ended_channel_has_its_last_release_and_its_end() -> None:
    """So that the end of its support is seen, for no request. .NET Core is left out."""
    found = lines()
    assert {line: str(releases[-1].version) for line, releases in found.items() if line.startswith("7.")} == {
        "7.0-sdk": "7.0.410",
        "7.0-runtime": "7.0.20",
        "7.0-aspnet": "7.0.20",
    }
    assert found["7.0-sdk"][-1].supported_until == date(2024, 5, 14)
    assert not any(line.startswith("2.") for line in found)


def test_the_end_of_support_is_taken_from_the_channel_where_the_index_lost_it() -> None:
    """For hours on two patch days of 2026; where neither says it, it is not known."""
    index = indexed("10.0", eol_date=None)
    assert lines(index=index)["10.0-sdk"][-1].supported_until == date(2028, 11, 14)
    channel = document("10.0")
    del channel["eol-date"]
    assert lines(index=index, v10=channel)["10.0-sdk"][-1].supported_until is None


def test_an_end_that_was_moved_is_believed() -> None:
    """9.0 got half a year more on 2025-09-16: the index says it first."""
    moved = indexed("9.0", eol_date="2026-05-12")
    assert lines(index=moved)["9.0-sdk"][-1].supported_until == date(2026, 5, 12)


def test_a_half_updated_index_changes_nothing() -> None:
    """It is edited channel by channel, and once named an SDK that cannot be (10.0.100-rc.1)."""
    index = indexed("10.0", latest_sdk="10.0.100-rc.1", latest_release="10.0.9", security=False)
    assert lines(index=index) == lines()


def test_invalid_json_is_named() -> None:
    """The comma that was missing in the 8.0 document of 2024-05-21."""
    body = b'{"channel-version": "8.0", "vs-support": "Visual Studio 2022 (v17.10)"\n"vs-mac-support": ""}'
    error = refusal(v8=body)
    assert (error.url, error.field) == (CHANNEL.format("8.0"), "")
    assert error.problem == "is not JSON: Expecting ',' delimiter: line 2 column 1 (char 71)"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"channel-version": "9.0"}, "channel-version"),
        ({"releases": {}}, "releases"),
        ({"releases": [{}]}, "releases[0].release-date"),
        ({"releases": [{"release-date": "2026-07-14T00:00:00Z"}]}, "releases[0].release-date"),
        ({"releases": [{"release-date": "2026-07-14", "security": "no"}]}, "releases[0].security"),
        (
            {"releases": [{"release-date": "2026-07-14", "runtime": {"version": "10.0.1/../x"}}]},
            "releases[0].runtime.version",
        ),
        ({"releases": [{"release-date": "2026-07-14", "sdks": [{"version": "10.0"}]}]}, "releases[0].sdks[0].version"),
        ({"releases": [{"release-date": "2026-07-14", "sdks": "10.0.302"}]}, "releases[0].sdks"),
    ],
)
def test_a_wrong_channel_is_refused(change: dict[str, Any], field: str) -> None:
    """The place is named."""
    error = refusal(v10=document("10.0") | change)
    assert (error.url, error.field) == (CHANNEL.format("10.0"), field)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"channel_version": "10.0/.."}, "releases-index[1].channel-version"),
        ({"channel_version": "9.0"}, "releases-index[2].channel-version"),
        ({"support_phase": None}, "releases-index[1].support-phase"),
        ({"release_type": None}, "releases-index[1].release-type"),
        ({"eol_date": "soon"}, "releases-index[1].eol-date"),
    ],
)
def test_a_wrong_index_is_refused(change: dict[str, Any], field: str) -> None:
    """The place is named."""
    error = refusal(index=indexed("10.0", **change))
    assert (error.url, error.field) == (INDEX, field)


def test_what_stands_twice_is_refused() -> None:
    """Which of two releases would hold is not for us to guess."""
    made = document("10.0")
    made["releases"].append(made["releases"][0])
    assert refusal(v10=made).field == "releases[4].sdks[0].version"


def test_an_index_with_nothing_in_it_is_not_believed() -> None:
    """It would look as if everything had been withdrawn."""
    assert refusal(index={"releases-index": []}).problem == "names no release"


def test_links_lead_to_release_notes_and_comparison() -> None:
    """An SDK's notes lie in the folder of a runtime that its version does not tell."""
    assert dotnet.links("10.0.9", "10.0.10") == {
        "Release notes": "https://github.com/dotnet/core/blob/main/release-notes/10.0/10.0.10/10.0.10.md",
        "Comparison": "https://github.com/dotnet/runtime/compare/v10.0.9...v10.0.10",
    }
    assert dotnet.links("10.0.301", "10.0.302") == {
        "Release notes": "https://github.com/dotnet/core/blob/main/release-notes/10.0/README.md",
        "Comparison": "https://github.com/dotnet/sdk/compare/v10.0.301...v10.0.302",
    }
    assert "Comparison" not in dotnet.links(None, "10.0.10")
