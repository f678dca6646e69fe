"""A release younger than the settings want is held until it is old enough; a security release never. End to end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from state.errors import SettingsError
from tests.toys import Toys
from watcher.config import load

START = datetime(2024, 11, 1, 9, tzinfo=UTC)


@pytest.fixture
def patient(toys: Toys) -> Toys:
    """One flavour is recorded; new releases have to be two days old."""
    toys.stack(group="line")
    toys.release("8.0-sdk", "8.0.1")
    toys.world.settings('[sources.toy]\nminimum_release_age = "2d"')
    assert toys.sync().pulls == []
    toys.world.decide("merge", toys.later(START + timedelta(days=2)).pulls[0].number)
    return toys


def test_a_young_release_is_held_until_it_is_old_enough(patient: Toys) -> None:
    """Its age counts from our first sight, or from the end of the day that upstream names."""
    day = START + timedelta(days=3)
    patient.announce("8.0-sdk", "8.0.2", day=day.date().isoformat())
    patient.publish("8.0-sdk", "8.0.2")
    report = patient.later(day)
    assert report.pulls == []
    [held] = report.held
    assert (held.version, held.since, held.due) == ("8.0.2", day, day + timedelta(days=2))
    assert "due 2024-11-06 09:00" in held.reason
    assert patient.later(day + timedelta(days=1, hours=23)).pulls == []
    assert [p.new for p in patient.later(day + timedelta(days=2)).pulls] == ["8.0.2"]


def test_a_release_that_was_seen_late_is_as_old_as_upstream_says(patient: Toys) -> None:
    """Published a week before the first poll after it."""
    patient.release("8.0-sdk", "8.0.2")
    assert [p.new for p in patient.later(START + timedelta(days=9)).pulls] == ["8.0.2"]


def test_a_security_release_goes_at_once_past_a_younger_one(patient: Toys) -> None:
    """8.0.3 is held, 8.0.2 fixes a vulnerability; both are of today."""
    day = START + timedelta(days=3)
    for version, security in (("8.0.2", True), ("8.0.3", False)):
        patient.announce("8.0-sdk", version, day=day.date().isoformat(), security=security)
        patient.publish("8.0-sdk", version)
    report = patient.later(day)
    assert [p.new for p in report.pulls] == ["8.0.2"]
    assert [h.version for h in report.held] == ["8.0.3"]


def test_what_is_proposed_already_is_not_taken_back_by_the_setting(patient: Toys) -> None:
    """The age was set after the pull request had been opened."""
    day = START + timedelta(days=3)
    patient.world.settings("")
    patient.announce("8.0-sdk", "8.0.2", day=day.date().isoformat())
    patient.publish("8.0-sdk", "8.0.2")
    [pull] = patient.later(day).pulls
    patient.world.settings('[sources.toy]\nminimum_release_age = "2d"')
    report = patient.sync()
    assert (report.pulls, report.held) == ([], [])
    assert patient.world.pull(pull.number).standing == "open"


@pytest.mark.parametrize("written", ['"2"', "2", '"2 days"', '"-2d"'])
def test_a_span_is_written_with_its_unit(patient: Toys, written: str) -> None:
    """Anything else could be read in two ways."""
    patient.world.settings(f"[sources.toy]\nminimum_release_age = {written}")
    with pytest.raises(SettingsError, match=r"minimum_release_age.*write a span"):
        load(patient.world.config_file)
