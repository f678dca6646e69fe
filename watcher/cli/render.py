"""``watcher render``: every generated file, written or checked."""

from __future__ import annotations

from pathlib import Path

import click

from watcher.cli.options import config_option, json_option, print_json, run


@click.command("render")
@click.option("--check", is_flag=True, help="Write nothing; fail if a file is not what the catalogue says.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Write everything into this folder.")
@click.option("--propose", is_flag=True, help="Open a pull request in the workspace's images repository.")
@json_option
@config_option
def command(*, check: bool, out: Path | None, propose: bool, as_json: bool) -> None:
    """Generate every file of the images repository from its catalogue.

    In a checkout of the images repository (a folder with catalogue/) it works on that and needs no
    settings; elsewhere on the main branch of the workspace's images repository.
    """
    from watcher import render

    if propose:
        _propose(as_json=as_json)
        return
    checkout = Path.cwd() if (Path.cwd() / "catalogue" / "family.toml").is_file() else None
    if checkout is None and not check and out is None:
        raise click.UsageError("not in a checkout of the images repository: give --check, --propose or --out DIR")
    if checkout and not check and out is None:
        _wrote(*render.bring_up(checkout), as_json=as_json)
        return
    found = render.read_checkout(checkout) if checkout else _main()
    made = render.generated(found)
    if check:
        _differ(len(made), render.differences(found, made), as_json=as_json)
        return
    _wrote(len(made), render.write(out or Path.cwd(), found if out is None else {}, made), as_json=as_json)


def _propose(*, as_json: bool) -> None:
    """Open the pull request, where there is anything to bring up to date."""
    from watcher import refresh

    pull = run(refresh.propose)
    if as_json:
        print_json({"pull": pull.document() if pull else None})
    else:
        click.echo(f"#{pull.number}  {pull.title}\n     {pull.url}" if pull else "Every generated file is up to date.")


def _differ(files: int, wrong: list[tuple[str, str]], *, as_json: bool) -> None:
    """Say what is not as the catalogue says, and end with 1 where anything is."""
    if as_json:
        print_json({"files": files, "differences": [{"path": path, "problem": what} for path, what in wrong]})
    else:
        for path, what in wrong:
            click.echo(f"{path}: {what}", err=True)
        click.echo(f"{files:,} generated files, {len(wrong)} not as the catalogue says")
    raise SystemExit(1 if wrong else 0)


def _wrote(files: int, changed: int, *, as_json: bool) -> None:
    """Say how much was written."""
    if as_json:
        print_json({"files": files, "changed": changed})
    else:
        click.echo(f"{files:,} generated files, {changed:,} written or removed")


def _main() -> dict[str, str]:
    """The files of the workspace's images repository."""
    from watcher import refresh

    return run(refresh.read_main)
