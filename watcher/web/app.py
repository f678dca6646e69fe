"""The web application: which path leads where."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route

from watcher.live import Live
from watcher.web import api, pages
from watcher.web.github_hook import GitHubHook
from watcher.web.health import healthz, readyz
from watcher.web.metrics import Metrics
from watcher.web.poll_hook import PollHook
from watcher.web.site import Site


def application(live: Live) -> Starlette:
    """Everything that is served over HTTP; handlers find *live* in ``request.app.state.live``."""
    site = Site(live.app, live.wake)
    routes: list[BaseRoute] = [
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", Metrics(live.app, site.access, live.roles).answer),
        Route("/webhooks/github", GitHubHook(live).answer, methods=["POST"]),
        Route("/hooks/poll/{source}", PollHook(live).answer, methods=["POST"]),
        *api.routes(site),
        *pages.routes(site),  # last: they answer whatever leads nowhere
    ]
    app = Starlette(routes=routes)
    app.state.live = live
    return app


def health(live: Live) -> Starlette:
    """What ``[daemon] health_listen`` serves: how it is, to probes and Prometheus; nothing that anybody could do."""
    routes = [
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", Metrics(live.app, roles=live.roles).answer),
    ]
    app = Starlette(routes=routes)
    app.state.live = live
    return app
