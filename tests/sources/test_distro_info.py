"""The shared pieces of the distributions: distro-info's rows, stanzas of fields, and the dates in them."""

from __future__ import annotations

from datetime import date

import pytest

from sources.deb822 import moment, read_stanzas
from sources.distro_info import Series, read_series, still_of_interest
from sources.strict import Value
from state.errors import SourceError
from tests.sources.signed_suites import HERE

URL = "https://debian.pages.debian.net/distro-info-data/debian.csv"
HEAD = "version,codename,series,created,release,eol,eol-lts\n"


def read(text: str) -> dict[str, Series]:
    """Return the series of a CSV, LTS included."""
    return dict(read_series("debian", URL, text.encode(), ("eol", "eol-lts")))


def refusal(text: str) -> SourceError:
    """Return the error that a CSV meets."""
    with pytest.raises(SourceError) as caught:
        read(text)
    assert (caught.value.source, caught.value.url) == ("debian", URL)
    return caught.value


def test_rows_may_lack_columns_at_their_end() -> None:
    """Buzz has no LTS, forky no day of release, sid no version: real rows of 2026."""
    found = read((HERE / "debian" / "debian.csv").read_text())
    assert found["buzz"].until == date(1997, 6, 5)
    assert (found["trixie"].release, found["trixie"].until) == (date(2025, 8, 9), date(2030, 6, 30))
    assert not {"forky", "duke", "sid", "experimental"} & found.keys()


def test_a_series_whose_end_is_not_stated_is_of_interest() -> None:
    """It has just come out; those that had ended by then are not."""
    rows = "12,Bookworm,bookworm,2021-08-14,2023-06-10,2026-07-11,2028-06-30\n"
    found = read(
        f"{HEAD}{rows}11,Bullseye,bullseye,2019-07-06,2021-08-14,2024-08-14\n14,Forky,forky,2025-08-09,2027-08-07"
    )
    assert list(still_of_interest(found)) == ["bookworm", "forky"]
    assert found["forky"].released("debian").supported(date(2027, 9, 1)) is False


@pytest.mark.parametrize(
    ("text", "field", "problem"),
    [
        ("<!DOCTYPE html>", "", "is an HTML page"),
        ("", "", "is not CSV"),
        ('version,codename,series,release,eol,eol-lts\n"12', "", "is not CSV"),
        ("version,codename,series,release,eol\n", "", "has no column eol-lts"),
        (HEAD, "", "names no series"),
        (f"{HEAD}12,Bookworm,book/worm,2021-08-14,2023-06-10,2026-07-11\n", "line 2.series", "cannot be"),
        (f"{HEAD}12,$(id),bookworm,2021-08-14,2023-06-10,2026-07-11\n", "line 2.codename", "cannot be"),
        (f"{HEAD}x,Bookworm,bookworm,2021-08-14,2023-06-10,2026-07-11\n", "line 2.version", "is not a version"),
        (f"{HEAD}12,Bookworm,bookworm,2021-08-14,10.6.2023,2026-07-11\n", "line 2.release", "is not a date"),
        (f"{HEAD}12,Bookworm,bookworm,2021-08-14,2023-06-10,2022-07-11\n", "line 2.eol", "before the release"),
        (f"{HEAD}12,Bookworm,bookworm,a,2023-06-10,2026-07-11,2028-06-30,x\n", "line 2", "has more columns"),
        (f"{HEAD}12,Bookworm,bookworm,a,2023-06-10\n13,Bookworm,bookworm,a,2023-06-10\n", "line 3", "a second time"),
        (f"{HEAD}\n\n", "", "names no series"),
        (f"{HEAD}12\n", "line 2.series", "is not a string"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused(text: str, field: str, problem: str) -> None:
    """Support windows decide what is proposed and removed: the line is named."""
    error = refusal(text)
    assert error.field == field
    assert problem in error.problem


def stanzas(text: str) -> list[object]:
    """Return the stanzas' fields."""
    return [value.raw for value in read_stanzas("ubuntu", URL, text.encode())]


def test_blanks_do_not_count_and_continued_lines_belong_to_their_field() -> None:
    """``Dist: hardy `` is hardy; the digests of a Release are lines that begin with a blank."""
    assert stanzas("Dist: hardy \nSHA256:\n a 1 x\n b 2 y\n\n\nDist: lucid\r\n") == [
        {"Dist": "hardy", "SHA256": "\n a 1 x\n b 2 y"},
        {"Dist": "lucid"},
    ]


@pytest.mark.parametrize(
    ("text", "field"),
    [("Dist hardy", "line 1"), (" x", "line 1"), ("A: 1\nA: 2", "line 2"), ("-----BEGIN PGP SIGNED-----", "line 1")],
)
def test_a_line_that_is_no_field_is_named(text: str, field: str) -> None:
    """A field twice would leave open which of them holds."""
    with pytest.raises(SourceError) as caught:
        stanzas(text)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("Sat, 11 Jul 2026 10:16:37 UTC", "2026-07-11T10:16:37+00:00"),
        ("Thu, 21 April 2016 16:04:00 UTC", "2016-04-21T16:04:00+00:00"),
        ("Thu, 01 Jun 2006 9:00:00 UTC", "2006-06-01T09:00:00+00:00"),
        ("Sat, 21 Nov 2026  9:52:04 UTC", "2026-11-21T09:52:04+00:00"),
        ("Thu, 19 Apr 2007 00:30:00 +0200", "2007-04-18T22:30:00+00:00"),
        ("Thu, 19 Apr 2007 13:00:00 -0130", "2007-04-19T14:30:00+00:00"),
        ("19 Apr 2007 13:00:00", "2007-04-19T13:00:00+00:00"),
    ],
)
def test_a_time_is_read_in_each_form_that_was_seen(text: str, iso: str) -> None:
    """Without a time zone it is UTC."""
    assert moment(Value("ubuntu", URL, "Date", text)).isoformat() == iso


@pytest.mark.parametrize(
    "text", ["2026-07-11", "Sat, 32 Jul 2026 10:16:37 UTC", "1 Jan 0000 0:00:00", "1 Jan 2026 10:16:37 CEST", "", None]
)
def test_what_is_no_time_is_refused(text: object) -> None:
    """The field is named."""
    with pytest.raises(SourceError) as caught:
        moment(Value("ubuntu", URL, "Date", text))
    assert caught.value.field == "Date"
