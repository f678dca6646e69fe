"""Running an engine's program: output to a log, no secret in its arguments, the end of it on time."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from builder.engines.engine import Ran
from state.errors import BuildError, Unavailable

_QUOTED = 12
"""Lines of a log that an error quotes."""

_STEP = re.compile(r"(?:^|(?<=: ))((?:\[\d+/\d+\] )?STEP \d+/\d+: |Step \d+/\d+ : |#\d+ \[[^]]*\] )")


DAY = 86_400.0
"""Seconds after which any command is ended: a build's own limit is that of its order."""


async def run(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    *,
    log: Path | None = None,
    seconds: float = DAY,
    folder: Path | None = None,
) -> Ran:
    """Run a program to its end, in *folder* if one is given; what it says is appended to *log* as it comes, if there is one.

    :raises Unavailable: it is not installed
    :raises BuildError: it took longer than *seconds*
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=dict(environment),
            cwd=folder,
            start_new_session=True,
        )
    except OSError as error:
        raise Unavailable(f"{arguments[0]} cannot be started: {error}") from None
    said: list[bytes] = []
    try:
        async with asyncio.timeout(seconds):
            assert process.stdout  # noqa: S101  (asked for above)
            async for line in process.stdout:
                said.append(line)
                if log is not None:
                    await asyncio.to_thread(_append, log, line)
            code = await process.wait()
    except TimeoutError:
        raise BuildError(f"{arguments[0]} {arguments[1]}: no end after {seconds:g} s") from None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # what it started, too: it leads a session of its own
            await process.wait()
    return Ran(code, b"".join(said).decode(errors="replace"))


def _append(log: Path, line: bytes) -> None:
    with log.open("ab") as file:
        file.write(line)


def quoted(output: str) -> str:
    """Return what tells why a build failed: its last step, and the last lines that were said."""
    lines = [line.rstrip() for line in output.splitlines() if line.strip()]
    step = next((line for line in reversed(lines) if _STEP.match(line)), "")
    tail = lines[-_QUOTED:]
    return "\n".join([step, *tail] if step and step not in tail else tail)


def step_of(output: str) -> str:
    """Return the last instruction that *output* tells of (``RUN install_packages curl``), "" if it tells of none."""
    lines = [line.strip() for line in output.splitlines()]
    told = [line[match.end() :] for line in lines if (match := _STEP.search(line))]
    return told[-1].strip() if told else ""
