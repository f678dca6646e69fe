"""``watcher(1)`` in the language of man pages: https://man7.org/linux/man-pages/man7/groff_man.7.html."""

from __future__ import annotations

import sys
from importlib.metadata import metadata

from watcher.cli import cli
from watcher.manual.commands import Command, commands

_FILES = {
    "watcher.toml": "The settings: --config, else $WATCHER_CONFIG, else in the current folder or one above.",
    "var/": "The memory (watcher.db), a clone of the images repository, logs of builds. [state] folder names another.",
}
_ENVIRONMENT = {
    "WATCHER_CONFIG": "The settings file.",
    "WATCHER_TABLE__KEY": "Wins over the setting key of the table [table]: WATCHER_WEB__LISTEN is [web] listen.",
    "NO_COLOR": "No colours, whatever the value.",
}
_CODES = {"0": "Done, or nothing to do.", "1": "A step failed.", "2": "Usage or settings.", "3": "A feed failed."}


def page() -> str:
    """Return the whole page."""
    about = metadata("base-image-watcher")
    root, *rest = commands(cli, "watcher")
    parts = [
        f'.TH WATCHER 1 "" "base-image-watcher {about["Version"]}" "User Commands"',
        ".SH NAME",
        f"watcher \\- {_text(_decapitalised(about['Summary']))}",
        ".SH SYNOPSIS",
        f".B watcher\n{_text(root.usage)}",
        ".SH DESCRIPTION",
        *_about(root),
        ".SH OPTIONS",
        *_options(root),
        ".SH COMMANDS",
        *(line for each in rest for line in _command(each)),
        *_list("FILES", _FILES, "I"),
        *_list("ENVIRONMENT", _ENVIRONMENT, "B"),
        *_list("EXIT STATUS", _CODES, "B"),
    ]
    return "\n".join(parts) + "\n"


def _command(command: Command) -> list[str]:
    return [f".SS {_text(command.path)} {_text(command.usage)}", *_about(command), *_options(command)]


def _about(command: Command) -> list[str]:
    return [line for paragraph in command.about for line in (".PP", _text(paragraph))]


def _options(command: Command) -> list[str]:
    return [line for each in command.options for line in (".TP", f".B {_text(each.words)}", _text(each.told))]


def _list(title: str, entries: dict[str, str], font: str) -> list[str]:
    lines = [line for word, told in entries.items() for line in (".TP", f".{font} {_text(word)}", _text(told))]
    return [f".SH {title}", *lines]


def _text(text: str) -> str:
    """Escape what would be a command or lose its form: backslashes, dashes, a dot or quote at a line's start."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{escaped}" if escaped[:1] in (".", "'") else escaped


def _decapitalised(text: str) -> str:
    return text[:1].lower() + text[1:].rstrip(".")


if __name__ == "__main__":
    sys.stdout.write(page())
