"""``python -m watcher``: the same as the installed command."""

from watcher.cli import main

main()
