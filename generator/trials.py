"""What images have to show before they get a name: the trials of their stack, and that the system is the one they are named by."""

from __future__ import annotations

import re
from dataclasses import replace

from generator.rows import Catalogue, Trial
from generator.toml import FACT, WORDS, Table
from state.model import Image, Platform

_WORD = re.compile(r"[^\x00]{1,2000}")  # a small program, too
_NUMBER = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,4})*")
_SAYS = re.compile(r"(?:[^{}\x00-\x1f]|\{(?:version|plain|number)\}){1,200}")
_VARIANT = re.compile("run|build")
_LONGEST = 1800

_SYSTEM = '. /etc/os-release && echo "$ID ${VERSION_CODENAME:-$VERSION_ID}"'
"""https://www.freedesktop.org/software/systemd/man/os-release.html; Alpine and Fedora have numbers only."""


def read(table: Table) -> Trial:
    """Read one row of ``[[stacks.<name>.smoke]]``."""
    command = table.data.get("command")
    table.read.add("command")
    if (
        not isinstance(command, list)
        or not command
        or not all(isinstance(w, str) and _WORD.fullmatch(w) for w in command)
    ):
        raise table.error("command", "must be a list of words, the program first")
    row = Trial(
        title=table.match("title", WORDS),
        command=tuple(command),
        says=table.match("says", _SAYS, ""),
        flavours=table.strings("flavours", FACT),
        variants=table.strings("variants", _VARIANT),
        since=table.match("since", _NUMBER, ""),
        below=table.match("below", _NUMBER, ""),
        native=table.flag("native"),
        seconds=table.number("seconds", 60),
    )
    if not 0 < row.seconds <= _LONGEST:
        raise table.error("seconds", f"must be between 1 and {_LONGEST}")
    table.finish()
    return row


def of(catalogue: Catalogue, image: Image) -> list[Trial]:
    """Return what *image* has to pass, with its own version in what is said."""
    system = [_system(catalogue, image)]
    if image.stack is None or image.stack_line is None:
        return system
    stack, line = catalogue.stacks[image.stack], image.stack_line
    flavour = stack.flavour(line)
    number = line.removesuffix(f"-{flavour}")
    version = version_of(catalogue, image) or number
    words = {"version": version, "plain": version.partition("+")[0], "number": number}
    return system + [_with(trial, words) for trial in stack.smoke if trial.tries(line, flavour, image.variant)]


def version_of(catalogue: Catalogue, image: Image) -> str:
    """Return the version of the file that *image* installs, "" where that is the distro's own package."""
    if image.stack is None or image.stack_line is None:
        return ""
    release = catalogue.releases.get((catalogue.stacks[image.stack].source, image.stack_line))
    artifact = release.artifact(Platform(image.arch, catalogue.distros[image.distro].libc)) if release else None
    return str(artifact.version) if artifact else ""


def _system(catalogue: Catalogue, image: Image) -> Trial:
    """The system says its name and version; a rolling one has the next version's, or none."""
    line = catalogue.distros[image.distro].line(image.distro_version)
    version = "" if line is None or line.rolling else image.distro_version
    return Trial("operating system", ("sh", "-c", _SYSTEM), f"{image.distro} {version}".strip())


def _with(trial: Trial, words: dict[str, str]) -> Trial:
    says = re.sub(r"\{(\w+)\}", lambda found: words[found[1]], trial.says)
    return replace(trial, says=says)
