"""Trying an image out before it gets a name: what its configuration states, and what a container of it does.

All commands run in one container, since starting one costs more than most of them, above all under emulation.
"""

from __future__ import annotations

import asyncio
import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from builder.engines.discover import platforms
from builder.engines.engine import Engine
from builder.oci import Layout, labels_of, platform_of

_MARK = "::smoke"
_DONE = re.compile(rf"^{_MARK} (\d+) (\d+)$", re.MULTILINE)
_TIMED_OUT = {124, 137, 143}  # what timeout ends with: coreutils' own, after a kill, and busybox's
_EMULATED = 10  # times that emulation takes longer, at most
_SHOWN = 300
_SLACK = 0.10

_MACHINES = {"amd64": "3e00", "386": "0300", "arm64": "b700", "arm": "2800"}
"""What the field ``e_machine`` of a program holds, little end first (``man 5 elf``)."""


@dataclass(frozen=True, slots=True)
class Check:
    """One command that has to end with 0 and, if ``says`` is not empty, to say that.

    ``title`` is what a failure is told by. ``seconds`` are those of a real processor; with ``native`` it is left out where
    there is only an emulated one.
    """

    title: str
    command: tuple[str, ...]
    says: str = ""
    seconds: int = 60
    native: bool = False


@dataclass(frozen=True, slots=True)
class Expected:
    """What an image has to be: labels with their values, its entry point, and the checks that it has to pass."""

    labels: Mapping[str, str] = field(default_factory=dict)
    entrypoint: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()


async def smoke(engine: Engine, layout: Layout, platform: str, expected: Expected) -> list[str]:
    """Return what is wrong with an image, in sentences; nothing if it may be tagged.

    :raises BuildError: the engine could not run it at all
    """
    failures = stated(layout.config(), platform, expected)
    native = (await asyncio.to_thread(platforms)).get(platform) == "native"
    checks = [*_own(platform, expected), *(check for check in expected.checks if native or not check.native)]
    patience = 1 if native else _EMULATED
    seconds = sum(check.seconds for check in checks) * patience + 120.0
    ran = await engine.run(layout, platform, ["sh", "-c", script(checks, patience)], seconds=seconds)
    return failures + judged(checks, ran.output)


def stated(config: bytes, platform: str, expected: Expected) -> list[str]:
    """Return what a configuration states wrongly: the platform, a label, the entry point."""
    found = platform_of(config)
    failures = [] if found == platform else [f"platform: the configuration states {found}, and must be {platform}"]
    labels = labels_of(config)
    for key, value in expected.labels.items():
        if labels.get(key) != value:
            failures.append(f"label {key}: is {labels.get(key)!r}, and must be {value!r}")
    inner = json.loads(config).get("config") or {}
    if expected.entrypoint and tuple(inner.get("Entrypoint") or ()) != expected.entrypoint:
        failures.append(f"entry point: is {inner.get('Entrypoint')}, and must be {list(expected.entrypoint)}")
    return failures


def script(checks: Sequence[Check], patience: int = 1) -> str:
    """Return the shell script that runs *checks* one after the other, and tells each one's exit code."""
    lines = ["exec 2>&1"]
    for number, check in enumerate(checks):
        limit = check.seconds * patience
        lines.append(f"timeout -k 5 {limit} {shlex.join(check.command)} < /dev/null; code=$?")
        lines.append(f"printf '\\n{_MARK} %s %s\\n' {number} $code")
    return "\n".join(lines) + "\n"


def judged(checks: Sequence[Check], output: str) -> list[str]:
    """Return which checks failed, out of what the script of them printed."""
    failures, start, told = [], 0, {}
    for mark in _DONE.finditer(output):
        told[int(mark[1])] = (int(mark[2]), output[start : mark.start()].strip())
        start = mark.end()
    for number, check in enumerate(checks):
        if number not in told:
            failures.append(f"{check.title}: did not come to an end: {_last(output[start:]) or 'said nothing'}")
            break
        code, said = told[number]
        if code in _TIMED_OUT:
            failures.append(f"{check.title}: no end in time: {_last(said) or 'said nothing'}")
        elif code:
            failures.append(f"{check.title}: exit code {code}: {_last(said) or 'said nothing'}")
        elif check.says not in said:
            failures.append(f"{check.title}: must say {check.says!r}, and said {_last(said)!r}")
    return failures


def size(layout: Layout) -> int:
    """Return the bytes of an image's layers, as they are transferred."""
    return sum(layer.size for layer in layout.manifest().layers)


def size_note(now: int, before: int | None) -> str:
    """Return what people should hear of a size that moved by more than a tenth, or ""; *before* is None if unknown."""
    if not before or abs(now - before) <= before * _SLACK:
        return ""
    return f"{now / 2**20:,.1f} MiB, and was {before / 2**20:,.1f} MiB ({(now - before) / before:+.0%})"


def _own(platform: str, expected: Expected) -> list[Check]:
    """What every image has to do: be of its architecture, and start with udev off and on."""
    machine = _MACHINES.get(platform.split("/")[1], "")
    found = [Check("architecture", ("sh", "-c", "od -An -tx1 -j18 -N2 /bin/sh | tr -d ' \\n'"), machine)]
    for word in ("off", "on") if expected.entrypoint else ():
        started = f"started with {word}"
        command = ("env", f"UDEV={word}", "sh", "-c", _ENTRY, "sh", *expected.entrypoint, "echo", started)
        found.append(Check(f"entry point with UDEV={word}", command, started))
    return found


_ENTRY = """before=$(ls /run/udev/control 2> /dev/null)
"$@"
code=$?
[ -n "$before" ] || [ ! -e /run/udev/control ] || timeout 10 udevadm control --exit 2> /dev/null
exit $code"""
"""A udevd that was started must not outlive the container: not every engine has a process namespace for it."""


def _last(said: str) -> str:
    """The end of what was said, on one line."""
    return " / ".join(line.strip() for line in said.splitlines() if line.strip())[-_SHOWN:]
