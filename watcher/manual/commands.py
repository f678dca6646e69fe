"""The commands as click has them, as plain values: one walk for the manual page and the documentation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import click


@dataclass(frozen=True, slots=True)
class Parameter:
    """An option (``--limit``, with what stands for its value) or an argument that has a help of its own."""

    words: str
    told: str


@dataclass(frozen=True, slots=True)
class Command:
    """One command: ``path`` as it is typed, ``usage`` what follows it, ``about`` its help in paragraphs."""

    path: str
    usage: str
    about: Sequence[str]
    options: Sequence[Parameter]


def commands(root: click.Command, name: str) -> list[Command]:
    """Return the command *name* and all below it, in the order in which ``--help`` lists them."""
    return list(_walk(root, click.Context(root, info_name=name, **root.context_settings), name))


def _walk(command: click.Command, context: click.Context, path: str) -> Iterator[Command]:
    yield Command(
        path, " ".join(command.collect_usage_pieces(context)), _paragraphs(command), _options(command, context)
    )
    if isinstance(command, click.Group):
        for word in command.list_commands(context):
            below = command.get_command(context, word)
            if below is not None and not below.hidden:
                inner = click.Context(below, info_name=word, parent=context)
                yield from _walk(below, inner, f"{path} {word}")


def _paragraphs(command: click.Command) -> list[str]:
    """The help text, each paragraph on one line."""
    text = (command.help or "").partition("\f")[0].replace("\b", "")
    return [" ".join(part.split()) for part in text.split("\n\n") if part.strip()]


def _options(command: click.Command, context: click.Context) -> list[Parameter]:
    """What ``--help`` lists, but for itself below the first command: the usage line has the arguments already."""
    wanted = [each for each in command.get_params(context) if "--help" not in each.opts or context.parent is None]
    records = [record for each in wanted if (record := each.get_help_record(context))]
    return [Parameter(words, told) for words, told in records if told]
