"""Which engines there are on this machine, and which one is taken: the one that is named, else the first that is ready."""

from __future__ import annotations

import asyncio
import platform as machine
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from builder.engines.engine import Engine
from state.errors import BuildError

BINFMT = Path("/proc/sys/fs/binfmt_misc")
"""Where the kernel lists what it runs by an interpreter: https://docs.kernel.org/admin-guide/binfmt-misc.html."""

_RUNS = {
    "x86_64": ("linux/amd64", "linux/386"),
    "aarch64": ("linux/arm64", "linux/arm/v7", "linux/arm/v6", "linux/arm/v5"),
    "armv7l": ("linux/arm/v7", "linux/arm/v6", "linux/arm/v5"),
    "armv6l": ("linux/arm/v6", "linux/arm/v5"),
    "i686": ("linux/386",),
}
"""What a machine runs without emulation. Some ARM servers cannot run 32 bit: there an emulator stands in."""

_EMULATED = {
    "qemu-x86_64": ("linux/amd64",),
    "qemu-i386": ("linux/386",),
    "qemu-aarch64": ("linux/arm64",),
    "qemu-arm": ("linux/arm/v7", "linux/arm/v6", "linux/arm/v5"),
}


@dataclass(frozen=True, slots=True)
class Found:
    """One engine that was looked at: its ``version`` if it is ready, else the ``problem``."""

    engine: Engine
    version: str = ""
    problem: str = ""


async def look(engines: Sequence[Engine]) -> list[Found]:
    """Ask all *engines* whether they are ready."""
    return list(await asyncio.gather(*map(_asked, engines)))


async def choose(engines: Sequence[Engine], wanted: str = "") -> Found:
    """Return the first of *engines* that is called *wanted* ("" for any) and ready.

    :raises BuildError: there is none; it says of each why not
    """
    problems = []
    for engine in engines:
        if wanted and engine.name != wanted:
            continue
        found = await _asked(engine)
        if found.version:
            return found
        problems.append(f"{engine.name}: {found.problem}")
    raise BuildError("no engine is ready: " + ("; ".join(problems) or f"there is none called {wanted!r}"))


def platforms(folder: Path = BINFMT) -> dict[str, str]:
    """Return platform → how this machine runs it: ``native``, or the name of its emulator. Blocks."""
    found = dict.fromkeys(_RUNS.get(machine.machine(), ()), "native")
    for emulator, each in _EMULATED.items():
        file = folder / emulator
        if file.is_file() and file.read_text().startswith("enabled"):
            found = dict.fromkeys(each, emulator) | found
    return found


async def _asked(engine: Engine) -> Found:
    try:
        return Found(engine, version=await engine.ready())
    except BuildError as error:
        return Found(engine, problem=str(error).partition("\n")[0])
