"""Lay out a Node upstream to serve, from a folder of recorded documents.

``python -m tests.upstream.layout SOURCE OUT --index dist-index.2026-08-05.json --schedule schedule.json``

SOURCE is the bundled folder or one of real recordings: the index (also looked for in ``reconstructed/``),
the schedule, and ``shasums256/v<version>.SHASUMS256.txt.asc``. Real are index, schedule and signed lists. Made up
are the unofficial builds (after that project's table of what it builds, with lists that match its files) and all
bodies: an official one is a few bytes long and does not match its digest, which only a HEAD ever asks for.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from pathlib import Path
from typing import Any

BUNDLED = Path(__file__).parent / "bundled"
OFFICIAL = "nodejs.org/dist"
UNOFFICIAL = "unofficial-builds.nodejs.org/download/release"
SCHEDULE = "raw.githubusercontent.com/nodejs/Release/main/schedule.json"

_LISTED = re.compile(r"^[0-9a-f]{64}  (node-v[0-9.]+-linux-(?:x64|arm64|armv7l)\.tar\.xz)$", re.MULTILINE)


def lay_out(source: Path, out: Path, index: str, schedule: str) -> int:
    """Fill *out* with ``<host>/<path>`` files; return how many releases have their files there."""
    entries = json.loads(_find(source, index).read_bytes())
    write(out / OFFICIAL / "index.json", _find(source, index).read_bytes())
    write(out / SCHEDULE, _find(source, schedule).read_bytes())
    unofficial = [{**entry, "files": ["headers", *builds(entry)]} for entry in entries if builds(entry)]
    write(out / UNOFFICIAL / "index.json", json.dumps(unofficial).encode())
    complete = 0
    for entry in entries:
        version = entry["version"]
        recorded = source / "shasums256" / f"{version}.SHASUMS256.txt.asc"
        if recorded.is_file():
            complete += 1
            official(out, version, recorded.read_bytes())
            unofficial_builds(out, version, builds(entry))
    return complete


def official(out: Path, version: str, signed: bytes) -> None:
    """Put the signed list and a stand-in for every file of it that an image could use."""
    folder = out / OFFICIAL / version
    write(folder / "SHASUMS256.txt.asc", signed)
    for name in _LISTED.findall(signed.decode("latin-1")):
        write(folder / name, _body(name))


def unofficial_builds(out: Path, version: str, platforms: list[str]) -> None:
    """Put an unsigned list of *platforms* and files that match it."""
    folder, lines = out / UNOFFICIAL / version, []
    for platform in platforms:
        name = f"node-{version}-{platform}.tar.xz"
        write(folder / name, _body(name))
        lines.append(f"{hashlib.sha256(_body(name)).hexdigest()}  {name}\n")
    if lines:
        write(folder / "SHASUMS256.txt", "".join(lines).encode())


def builds(entry: dict[str, Any]) -> list[str]:
    """Return what the unofficial-builds project makes of a release, by the table in its README."""
    major = int(entry["version"][1:].partition(".")[0])
    rules = {
        "linux-arm64-musl": major >= 24 and entry["date"] >= "2026-01-01",
        "linux-armv6l": 12 <= major < 24,
        "linux-x64-musl": major >= 12,
        "linux-x86": 12 <= major < 22,
    }
    return [platform for platform, built in rules.items() if built]


def write(file: Path, body: bytes) -> None:
    """Write a served file, making its folders."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(body)


def _find(source: Path, name: str) -> Path:
    places = [source / folder / name for folder in ("", "reconstructed", "schedule-history")]
    return next((file for file in places if file.is_file()), places[0])


def _body(name: str) -> bytes:
    return f"stands in for {name}\n".encode()


def main() -> None:
    """Lay out one state of the world."""
    parser = argparse.ArgumentParser(prog="python -m tests.upstream.layout", description=__doc__)
    parser.add_argument("source", type=Path, metavar="SOURCE")
    parser.add_argument("out", type=Path, metavar="OUT")
    parser.add_argument("--index", default="dist-index.2026-08-05.json")
    parser.add_argument("--schedule", default="schedule.json")
    arguments = parser.parse_args()
    complete = lay_out(arguments.source, arguments.out, arguments.index, arguments.schedule)
    print(f"{arguments.out}: {complete} releases with their files")


if __name__ == "__main__":
    main()
