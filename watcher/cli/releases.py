"""``watcher releases SOURCE``: what is known of a source's releases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from watcher.cli.grid import grid
from watcher.cli.options import check_sources, config_option, json_option, print_json, run

if TYPE_CHECKING:
    from datetime import datetime

    from generator.rows import Catalogue
    from state.model import Held, Release
    from watcher.app import App
    from watcher.platforms import Spot


@click.command("releases")
@click.argument("source")
@click.option("--all", "every", is_flag=True, help="Also lines that upstream no longer supports.")
@json_option
@config_option
def command(source: str, *, every: bool, as_json: bool) -> None:
    """List the releases of SOURCE, newest first; of each supported line's newest, what there is for each platform.

    A file is there (a letter says where it is from), awaited, or absent for a reason.
    """
    from watcher.platforms import of_newest, waiting

    async def job(app: App) -> tuple[list[Release], list[Held], Catalogue, datetime]:
        check_sources([source], app.sources)
        today = app.now().date()
        catalogue = await app.images.catalogue(await app.images.head())
        found = [r for r in app.store.releases(source) if every or r.supported(today)]
        return sorted(found, key=lambda r: r.version, reverse=True), app.store.holds(source), catalogue, app.now()

    found, held, catalogue, now = run(job)
    shown = of_newest(found, held, catalogue, source, now)
    if as_json:
        print_json([document(r, shown.get((r.line, str(r.version)))) for r in found])
        return
    for release in found:
        click.echo(_line(release))
        there = shown.get((release.line, str(release.version)))
        if there is not None:
            whole = [h for h in waiting(release, held) if h.arch is None]
            for line in grid(there, whole, now):
                click.echo(f"    {line}")
    if not found:
        click.echo(f"Nothing is known yet: watcher sync {source}")


def _line(release: Release) -> str:
    """One release in one line."""
    until = f"until {release.supported_until}" if release.supported_until else ""
    marks = (until, release.lts and f"LTS {release.lts}", "security" if release.security else "")
    words = (f"{release.version!s:<14}", f"{release.line:<12}", str(release.published or ""), *(m for m in marks if m))
    return "  ".join(words)


def document(release: Release, spots: list[Spot] | None = None) -> dict[str, Any]:
    """One release as programs rely on it; ``platforms`` of the newest of a supported line only, else null."""
    return {
        "version": str(release.version),
        "line": release.line,
        "published": release.published.isoformat() if release.published else None,
        "lts": release.lts or None,
        "security": release.security,
        "supported_until": release.supported_until.isoformat() if release.supported_until else None,
        "artifacts": [
            {
                "arch": a.arch,
                "libc": a.libc,
                "url": a.url,
                "algorithm": a.checksum.algorithm,
                "digest": a.checksum.digest,
                "verified": a.verified,
                "version": str(a.version),
            }
            for a in release.artifacts
        ],
        "platforms": None if spots is None else [_platform(spot) for spot in spots],
    }


def _platform(spot: Spot) -> dict[str, Any]:
    """One platform: ready, missing since, dropped, packaged, absent or unknown."""
    return {
        "arch": spot.platform.arch,
        "libc": spot.platform.libc,
        "state": spot.state,
        "version": str(spot.file.version) if spot.file else None,
        "since": spot.held.since.isoformat() if spot.held else None,
        "due": spot.held.due.isoformat() if spot.held and spot.held.due else None,
        "reason": spot.reason or None,
    }
