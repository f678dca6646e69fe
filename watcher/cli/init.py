"""``watcher init DIR``: a workspace to start from."""

from __future__ import annotations

from pathlib import Path

import click

from watcher.cli.options import json_option, print_json


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--devices", default="all", metavar="none|all|a,b,c", show_default=True, help="Device types to have.")
@json_option
def command(folder: Path, devices: str, *, as_json: bool) -> None:
    """Make a workspace in DIR: watcher.toml, images.git (the images repository) and var/."""
    from watcher import workspace
    from watcher.config import clock

    if not any(name.strip() for name in devices.split(",")):
        raise click.UsageError("--devices: none, all, or names of device types with commas between them")
    chosen = {"all": None, "none": []}.get(devices, [d.strip() for d in devices.split(",") if d.strip()])
    count = workspace.make(folder.resolve(), chosen, clock())
    if as_json:
        print_json({"folder": folder.resolve(), "files": count})
        return
    click.echo(
        f"{folder}: watcher.toml (settings), images.git ({count:,} files on main), var/ (memory)\n"
        f"Next: cd {folder} && watcher sync node"
    )
