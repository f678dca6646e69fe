"""``watcher releases SOURCE``: what is known of a source's releases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from watcher.cli.grid import grid
from watcher.cli.options import check_sources, config_option, json_option, print_json, run

if TYPE_CHECKING:
    from state.model import Held, Release
    from watcher.app import App


@click.command("releases")
@click.argument("source")
@click.option("--all", "every", is_flag=True, help="Also lines that upstream no longer supports.")
@json_option
@config_option
def command(source: str, *, every: bool, as_json: bool) -> None:
    """List the releases of SOURCE, newest first; of each supported line's newest, what there is for each platform."""

    async def job(app: App) -> tuple[list[Release], set[str], list[Held]]:
        check_sources([source], app.sources)
        today = app.now().date()
        found = [r for r in app.store.releases(source) if every or r.supported(today)]
        return found, {r.line for r in found if r.supported(today)}, app.store.holds(source)

    found, supported, held = run(job)
    if as_json:
        print_json([document(r) for r in sorted(found, key=lambda r: r.version, reverse=True)])
        return
    for release in sorted(found, key=lambda r: r.version, reverse=True):
        click.echo(_line(release))
        if release.line in supported and not release.version.is_prerelease:
            supported.remove(release.line)  # the newest of its line came first
            for line in grid(release, [h for h in held if h.version == str(release.version)]):
                click.echo(f"    {line}")
    if not found:
        click.echo(f"Nothing is known yet: watcher sync {source}")


def _line(release: Release) -> str:
    """One release in one line."""
    until = f"until {release.supported_until}" if release.supported_until else ""
    marks = (until, release.lts and f"LTS {release.lts}", "security" if release.security else "")
    words = (f"{release.version!s:<14}", f"{release.line:<12}", str(release.published), *(m for m in marks if m))
    return "  ".join(words)


def document(release: Release) -> dict[str, Any]:
    """One release as programs rely on it."""
    return {
        "version": str(release.version),
        "line": release.line,
        "published": release.published.isoformat(),
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
    }
