"""``/metrics``: how things stand, for Prometheus, asked of the database at each scrape.

Names follow https://prometheus.io/docs/practices/naming/; times are Unix seconds. What counts up is counted in the
database, so that a restart is no drop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from typing_extensions import override

from builder.ports import Limited
from state.errors import StoreError
from state.store.status import SourceStatus
from watcher import known
from watcher.app import App
from watcher.daemon_settings import ROLES, Role
from watcher.web.access import Access

Samples = Iterable[tuple[tuple[str, ...], float]]
_STAGES = ("seen", "pull", "merged", "pushed")


class Metrics:
    """A registry of our own: nothing of a library's is in it that was not put there."""

    def __init__(self, app: App, access: Access | None = None, roles: Collection[Role] = ROLES) -> None:
        """Tell of *app* as a process of these *roles* knows it, to those whom *access* lets read; None: to everybody."""
        self._access, self.registry = access, CollectorRegistry()
        self.registry.register(_State(app, "poll" in roles))
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)

    async def answer(self, request: Request) -> Response:
        """The metrics, for who may read the pages, or knows the token of ``[web] token_file``."""
        access = self._access
        if access and not access.may_read(request, access.viewer(request)):
            return PlainTextResponse("Authorization: Bearer with the token of [web] token_file is needed\n", 401)
        try:
            text = await asyncio.to_thread(generate_latest, self.registry)
        except StoreError as error:
            return PlainTextResponse(f"{error}\n", 503)
        return Response(text, media_type=CONTENT_TYPE_LATEST)


class _State(Collector):
    """What the database knows."""

    def __init__(self, app: App, polls: bool) -> None:  # noqa: FBT001  (private)
        self._app, self._polls = app, polls

    def describe(self) -> Iterable[Metric]:
        """Name none beforehand: to register must not ask the database."""
        return []

    @override
    def collect(self) -> Iterator[Metric]:
        status = known.status(self._app)
        yield _gauge("watcher_info", "The program.", ("version",), [((version("base-image-watcher"),), 1.0)])
        yield from _feeds(self._app, status["sources"])
        if self._polls:  # of another process it would be a counter that never counts
            yield _requests(self._app)
        yield from _releases(status["sources"])
        yield _per_source("watcher_releases_held", "What waits for upstream, or for its time.", status["held"])
        yield _per_source("watcher_checksums_changed", "Files in quarantine.", status["changed"])
        pulls = self._app.store.pulls("open")
        told = "Pull requests that wait for a maintainer."
        yield _per_source("watcher_pulls_open", told, [{"source": pull.source} for pull in pulls])
        opened = [pull.opened_at.timestamp() for pull in pulls if pull.opened_at]
        if opened:
            told = "When the pull request was opened that waits longest."
            yield _gauge("watcher_pull_oldest_timestamp_seconds", told, (), [((), min(opened))])
        unfinished = float(status["events"]["unfinished"])
        yield _gauge("watcher_events_unfinished", "Events whose step has to run (again).", (), [((), unfinished)])
        wishes = float(len(self._app.store.desk.inbox.open()))
        yield _gauge("watcher_wishes_open", "Wishes that nobody has carried out.", (), [((), wishes)])
        yield from _builds(self._app, status["builds"]["states"])
        if isinstance(self._app.forge, Limited) and (left := self._app.forge.calls_left) is not None:
            yield _gauge("watcher_forge_calls_left", "Calls that the forge still allows.", (), [((), float(left))])


def _feeds(app: App, sources: Mapping[str, SourceStatus]) -> Iterator[Metric]:
    """How the polls go."""
    on = {name: each for name, each in sources.items() if app.config.enabled(name)}
    for key, name, told in (
        ("last_success", "watcher_feed_last_success_timestamp_seconds", "When the source was last polled well."),
        ("next_check", "watcher_feed_next_check_timestamp_seconds", "When the source is polled next."),
        ("failing_since", "watcher_feed_failing_since_timestamp_seconds", "Since when polls of the source fail."),
    ):
        times = {source: _seconds(each[key]) for source, each in on.items()}  # type: ignore[literal-required]
        yield _gauge(name, told, ("source",), [((source,), at) for source, at in times.items() if at is not None])
    failing = [((source,), float(each["failing_since"] is not None)) for source, each in on.items()]
    yield _gauge("watcher_feed_failing", "Whether polls of the source fail.", ("source",), failing)
    told = (
        "Since when something besides the documents of the source cannot be had (bases, packages, archives, releases)."
    )
    outages = [
        ((source, part), _seconds(o["since"]) or 0.0)
        for source, each in on.items()
        for part, o in each["outages"].items()
    ]
    yield _gauge("watcher_feed_outage_since_timestamp_seconds", told, ("source", "part"), outages)
    paused = [((source,), float(each["paused"] is not None)) for source, each in sources.items()]
    yield _gauge("watcher_source_paused", "Whether a person paused the source.", ("source",), paused)


def _requests(app: App) -> Metric:
    """What this process asked of upstream."""
    asked = [((name,), float(app.feeds(name).requests)) for name in app.sources if app.config.enabled(name)]
    return _counter("watcher_feed_requests_total", "Requests to upstream by this process.", ("source",), asked)


def _releases(sources: Mapping[str, SourceStatus]) -> Iterator[Metric]:
    """How long the newest version of each line took from its publication (the day's begin) to each stage."""
    found: list[tuple[tuple[str, ...], float]] = []
    for source, each in sources.items():
        for line, lag in each["lag"].items():
            born = _seconds(lag["published"])
            times = {stage: _seconds(lag[stage]) for stage in _STAGES}  # type: ignore[literal-required]
            found += [
                ((source, line, stage), max(0.0, at - born)) for stage, at in times.items() if at is not None and born
            ]
    told = "From upstream's publication of a line's newest version to its first sight, its pull request, its merge, its images."
    yield _gauge("watcher_release_lag_seconds", told, ("source", "line", "stage"), found)


def _builds(app: App, counts: Mapping[str, int]) -> Iterator[Metric]:
    """The queue of builds by state, and what became of those that were made."""
    states = [((state,), float(count)) for state, count in sorted(counts.items())]
    yield _gauge("watcher_builds", "Images of the queue, by state.", ("state",), states)
    outcomes = [((outcome,), float(count)) for outcome, count in sorted(app.store.builds.outcomes().items())]
    yield _counter("watcher_builds_total", "Images made or failed.", ("outcome",), outcomes)


def _per_source(name: str, told: str, documents: Iterable[Mapping[str, Any]]) -> Metric:
    counts: dict[str, int] = {}
    for document in documents:
        counts[document["source"]] = counts.get(document["source"], 0) + 1
    return _gauge(name, told, ("source",), [((source,), float(count)) for source, count in sorted(counts.items())])


def _gauge(name: str, told: str, labels: tuple[str, ...], samples: Samples) -> Metric:
    family = GaugeMetricFamily(name, told, labels=labels)
    for values, number in samples:
        family.add_metric(values, number)
    return family


def _counter(name: str, told: str, labels: tuple[str, ...], samples: Samples) -> Metric:
    family = CounterMetricFamily(name, told, labels=labels)
    for values, number in samples:
        family.add_metric(values, number)
    return family


def _seconds(text: str | None) -> float | None:
    """A time or a day of the status as Unix seconds."""
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
