"""``watcher releases SOURCE``: what is known of a source's releases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from watcher.cli.options import config_option, json_option, print_json, run

if TYPE_CHECKING:
    from state.model import Release
    from watcher.app import App


@click.command("releases")
@click.argument("source")
@click.option("--all", "every", is_flag=True, help="Also lines that upstream no longer supports.")
@json_option
@config_option
def command(source: str, *, every: bool, as_json: bool) -> None:
    """List the releases of SOURCE, newest first, with what was verified of their files."""

    async def job(app: App) -> list[Release]:
        if source not in app.sources:
            raise click.UsageError(f"no source {source!r}; there are: {', '.join(app.sources)}")
        today = app.now().date()
        return [r for r in app.store.releases(source) if every or r.supported(today)]

    found = sorted(run(job), key=lambda r: r.version, reverse=True)
    if as_json:
        print_json([document(r) for r in found])
        return
    for release in found:
        marks = " ".join(m for m in (release.lts and f"LTS {release.lts}", "security" if release.security else "") if m)
        click.echo(f"{release.version!s:<12} {release.published}  until {release.supported_until}  {marks}".rstrip())
        for a in release.artifacts:
            click.echo(f"    {a.platform!s:<15} {a.version!s:<10} {a.checksum}  {a.verified}")
    if not found:
        click.echo(f"Nothing is known yet: watcher sync {source}")


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
