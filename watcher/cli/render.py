"""``watcher render``: every generated file, written or checked."""

from __future__ import annotations

from pathlib import Path

import click

from watcher.cli.options import config_option, run


@click.command("render")
@click.option("--check", is_flag=True, help="Write nothing; fail if a file is not what the catalogue says.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Write everything into this folder.")
@click.option("--propose", is_flag=True, help="Open a pull request in the workspace's images repository.")
@config_option
def command(*, check: bool, out: Path | None, propose: bool) -> None:
    """Generate every file of the images repository from its catalogue.

    In a checkout of the images repository (a folder with catalogue/) it works on that and needs no
    settings; elsewhere on the main branch of the workspace's images repository.
    """
    from watcher import render

    if propose:
        from watcher import refresh

        pull = run(refresh.propose)
        click.echo(f"#{pull.number}  {pull.title}\n     {pull.url}" if pull else "Every generated file is up to date.")
        return
    checkout = Path.cwd() if (Path.cwd() / "catalogue" / "family.toml").is_file() else None
    if checkout is None and not check and out is None:
        raise click.UsageError("not in a checkout of the images repository: give --check, --propose or --out DIR")
    if checkout and not check and out is None:
        count, changed = render.bring_up(checkout)
        click.echo(f"{count:,} generated files, {changed:,} written or removed")
        return
    found = render.read_checkout(checkout) if checkout else _main()
    made = render.generated(found)
    if check:
        wrong = render.differences(found, made)
        for path, what in wrong:
            click.echo(f"{path}: {what}", err=True)
        click.echo(f"{len(made):,} generated files, {len(wrong)} not as the catalogue says")
        raise SystemExit(1 if wrong else 0)
    changed = render.write(out or Path.cwd(), found if out is None else {}, made)
    click.echo(f"{len(made):,} generated files, {changed:,} written or removed")


def _main() -> dict[str, str]:
    """The files of the workspace's images repository."""
    from watcher import refresh

    return run(refresh.read_main)
