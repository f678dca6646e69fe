"""Reads Dockerfiles of the original layout: what a path stands for, and which files its text installs.

The layout is ``<arch>/<distro>/<version>/<variant>/Dockerfile`` for a distro, the same below ``device-base/`` for a
device type, and ``<stack>/<arch or device>/<distro>/<version>/<stack version>/<variant>/Dockerfile`` for a stack. A file
is fetched with curl from a URL that names its version by a variable, and checked by a line of ``sha256sum`` or
``sha512sum``. Nothing of the text is run; what cannot be read is left to the caller to tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["os", "device", "stack"]

_CONTINUED = re.compile(r"\\[ \t]*\n(?:[ \t]*#[^\n]*\n)*")
_ENV = re.compile(r"ENV\s+([A-Za-z_]\w*)(?:\s+|=)(.*)", re.DOTALL)
_PAIR = re.compile(r"([A-Za-z_]\w*)=(\"[^\"]*\"|'[^']*'|\S*)")
_SET = re.compile(r"\b([a-z]\w*)=[\"']?([0-9a-f]{64}(?:[0-9a-f]{64})?)[\"']?(?=\s|;|$)")
_VARIABLE = re.compile(r"\$\{?([A-Za-z_]\w*)\}?")
_URL = re.compile(r"https?://[^\s\"'\\;|&<>]+")
_OUTPUT = re.compile(r"(?:-o|--output)[= ]\s*[\"']?([^\s\"']+)")
_SUM = re.compile(r"(?<![0-9a-fA-F])([0-9a-f]{64}(?:[0-9a-f]{64})?)\s+\*?([^\s\"'|;&]+)")


@dataclass(frozen=True, slots=True)
class Place:
    """What a path stands for; ``stack`` and ``version`` (of the stack, as the folder says it) are "" without a stack."""

    kind: Kind
    hw: str
    distro: str
    distro_version: str
    variant: str
    stack: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that is fetched and checked: its URL, its digest in hexadecimal, and the version in the URL's variable.

    ``variable`` is that variable's name, "" where the URL has none; ``version`` is its value.
    """

    url: str
    digest: str
    variable: str
    version: str


def place(path: str) -> Place | None:
    """Return what *path* (from the tree's top, with slashes) stands for, or None: it is no Dockerfile of the layout."""
    match path.split("/"):
        case ["device-base", hw, distro, version, variant, "Dockerfile"]:
            return Place("device", hw, distro, version, variant)
        case [hw, distro, version, variant, "Dockerfile"]:
            return Place("os", hw, distro, version, variant)
        case [stack, hw, distro, version, number, variant, "Dockerfile"]:
            return Place("stack", hw, distro, version, variant, stack, number)
        case _:
            return None


def fetched(text: str) -> list[Fetched]:
    """Return the files that a Dockerfile fetches and checks, in its order."""
    environment: dict[str, str] = {}
    found: list[Fetched] = []
    for instruction in _instructions(text):
        environment |= _environment(instruction)
        if instruction.startswith("RUN"):
            found += _files(instruction, environment)
    return found


def environment(text: str) -> dict[str, str]:
    """Return what the ENV instructions of a Dockerfile set."""
    return {name: value for each in _instructions(text) for name, value in _environment(each).items()}


def _instructions(text: str) -> Iterator[str]:
    """Yield each instruction as one line, without comments."""
    for line in _CONTINUED.sub(" ", text.replace("\r\n", "\n")).splitlines():
        if (bare := line.strip()) and not bare.startswith("#"):
            yield bare


def _environment(instruction: str) -> dict[str, str]:
    """What an instruction sets, if it is ENV: ``ENV A 1``, or ``ENV A=1 B="2"``."""
    match = _ENV.fullmatch(instruction)
    if match is None:
        return {}
    if instruction[match.end(1)] == "=":
        return {name: value.strip("\"'") for name, value in _PAIR.findall(instruction)}
    return {match[1]: match[2].strip()}


def _files(run: str, environment: Mapping[str, str]) -> Iterator[Fetched]:
    """Yield the checked files of one RUN: a URL and a checksum line belong together by the name of the file."""
    sums = {name: digest for digest, name in _SUM.findall(_expanded(run, {**environment, **dict(_SET.findall(run))}))}
    for match in _URL.finditer(run):
        url = _expanded(match[0], environment)
        names = [url.rpartition("/")[2], *_OUTPUT.findall(_command(run, match.start()))]
        digest = next((sums[name] for name in names if name in sums), "")
        if digest:
            used = next((v for v in _VARIABLE.findall(match[0]) if v in environment), "")
            yield Fetched(url, digest, used, environment.get(used, ""))


def _command(run: str, at: int) -> str:
    """The one command of a RUN that *at* is in: what stands between two ``&&``."""
    start = run.rfind("&&", 0, at)
    end = run.find("&&", at)
    return run[max(start, 0) : end if end >= 0 else len(run)]


def _expanded(text: str, values: Mapping[str, str]) -> str:
    """Put in the variables that are known; others stay as they are written."""
    return _VARIABLE.sub(lambda match: values.get(match[1], match[0]), text)
