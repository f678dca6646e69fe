"""``[sources.<name>]``: what a person sets for one source."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, field_validator, model_validator

from watcher.cadence import DEFAULTS, Rhythm, Window

Mode = Literal["observe", "propose", "publish"]
_UNITS = {"m": 60, "h": 3600, "d": 86400}


def _span(value: object) -> object:
    """``90m``, ``36h`` or ``3d``."""
    written = re.fullmatch(r"([0-9]{1,5})([mhd])", value) if isinstance(value, str) else None
    if written is None:
        raise ValueError('write a span as "90m", "36h" or "3d"')
    return timedelta(seconds=int(written[1]) * _UNITS[written[2]])


Span = Annotated[timedelta, BeforeValidator(_span), PlainSerializer(timedelta.total_seconds)]
"""How long something takes."""


class Table(BaseModel):
    """A table of the settings file: an unknown key is an error, not a wish."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceSettings(Table):
    """``[sources.<name>]``: what differs for one source.

    ``ignore`` are patterns of versions that are never proposed. A release younger than ``minimum_release_age`` is
    held, unless it fixes a vulnerability. The rest is how often it is polled: see :class:`watcher.cadence.Rhythm`.
    """

    enabled: bool = True
    mode: Mode | None = None
    ignore: tuple[str, ...] = ()
    minimum_release_age: Span = timedelta()
    interval: Span | None = None
    fastest: Span | None = None
    slowest: Span | None = None
    often: tuple[str, ...] = ()
    reason: str = ""

    @field_validator("often")
    @classmethod
    def _windows(cls, often: tuple[str, ...]) -> tuple[str, ...]:
        """Each is a window."""
        for text in often:
            Window.parse(text)
        return often

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        """The bounds are in order, and no poll follows the other without a pause."""
        given = [span for span in (self.fastest, self.interval, self.slowest) if span is not None]
        if given != sorted(given) or (given and given[0] < timedelta(minutes=1)):
            raise ValueError("fastest, interval and slowest are at least 1m, each no longer than the next")
        return self

    def rhythm(self, name: str) -> Rhythm:
        """How often source *name* is polled: what is set here, else its defaults."""
        usual = DEFAULTS.get(name, Rhythm())
        interval = self.interval or _within(self.fastest, usual.interval, self.slowest)
        return Rhythm(
            interval,
            self.fastest or min(usual.fastest, interval),
            self.slowest or max(usual.slowest, interval),
            tuple(map(Window.parse, self.often)) or usual.often,
            self.reason or usual.reason,
            usual.budget,
        )


def _within(least: timedelta | None, wanted: timedelta, most: timedelta | None) -> timedelta:
    """*wanted*, or the bound that it is beyond."""
    return max(least or timedelta(), min(wanted, most or wanted))
