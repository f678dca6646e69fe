"""Hadolint over many Dockerfiles: those that differ in a name, a number or a digest only are looked at once."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

_ALIKE = re.compile(
    r"\b[0-9a-f]{64,128}\b|\b(?:amd64|aarch64|arm64|armhf|armv7hf|armel|armv5e|i386|rpi|x64|x86)\b|[0-9]+"
)
"""What no rule looks at: digests, architectures, numbers."""


def kinds(texts: Iterable[str]) -> list[str]:
    """Return one text of each kind."""
    return list({_ALIKE.sub("#", text): text for text in texts}.values())


def complaints(folder: Path, texts: Iterable[str]) -> str:
    """Return what hadolint has to say, with no rule switched off."""
    for number, text in enumerate(kinds(texts)):
        (folder / f"{number}.Dockerfile").write_text(text)
    (folder / "hadolint.yaml").write_text("ignored: []\n")
    checker = str(Path(sys.executable).parent / "hadolint")
    command = [checker, "--no-color", "--config", str(folder / "hadolint.yaml"), *map(str, folder.glob("*.Dockerfile"))]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return result.stdout + result.stderr
