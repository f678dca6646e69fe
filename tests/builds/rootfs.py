"""``make test-rootfs``: a root file system that upstream does not publish is made of packages, and an image built on it.

As root on Debian. Raspbian's own hosts need not be reached: Debian's archive, by way of the mirror that this machine
uses, stands in for it, with Debian's key: its armel, which the first Raspberry Pi runs as well. ``[mirrors]`` sends the
making there; what is installed later is asked of the archive that the catalogue names, which is a server on loopback
that passes on to the same mirror. A wrong key is tried first, and is refused by apt itself.
"""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import tomlkit

from tests.builds import machine, registry
from tests.builds.__main__ import HERE, check, say
from tests.images.larder import Larder, archive_url
from watcher import building, planning
from watcher.app import App
from watcher.config import base_environment, load
from watcher.wiring import wired

SUITE, MAKER = "bookworm", "trixie"
ROOT = f"balenalib/rpi-debian-rootfs:{SUITE}"
IMAGE = f"balenalib/rpi-debian:{SUITE}-run"
_KEYS = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_WRONG = HERE / "generator" / "builtin" / "keys" / "raspbian.asc"
_DAY = "2026-11-23"

_DISTROS = """
[distros.debian]
title = "Debian GNU/Linux"
template = "apt"
libc = "glibc"
default = "{maker}"

[distros.debian.rootfs]
archive = "{archive}"
architecture = "armel"
components = "main"
fingerprint = "B8B80B5B623EAB6AD8775C45B7C5D7D6350947F8"

[distros.debian.lines.{suite}]
title = "Debian GNU/Linux 12 ({suite})"
bases = {{ armv6 = "rootfs" }}

[distros.debian.lines.{suite}.absent]
{others}
armv5e = "not in this run"

[distros.debian.lines.{maker}]
title = "Debian GNU/Linux 13 ({maker})"
bases = {{ armv5e = "docker.io/arm32v5/debian:{maker}-slim" }}

[distros.debian.lines.{maker}.absent]
{others}
armv6 = "not in this run"
"""
_OTHERS = "\n".join(f'{arch} = "not in this run"' for arch in ("amd64", "aarch64", "armv7hf", "i386"))


@dataclass
class Run:
    """The workspace, and the archive on loopback with what it was asked for."""

    workspace: Path
    asked: list[str]

    def watcher(self, *arguments: str, fails: bool = False) -> str:
        """Run a command as a person would, and return what it printed."""
        print(f"$ watcher {' '.join(arguments)}", flush=True)
        done = subprocess.run(
            [sys.executable, "-m", "watcher", "--config", str(self.workspace / "watcher.toml"), *arguments],
            cwd=HERE, capture_output=True, text=True, check=False,
            env={**base_environment(), "WATCHER_NOW": f"{_DAY}T13:00:00"},
        )  # fmt: skip
        if bool(done.returncode) != fails:
            sys.exit(f"exit code {done.returncode}\n{done.stdout[-6000:]}\n{done.stderr[-6000:]}")
        return done.stdout

    def build(self) -> dict[str, Any]:
        """Build as ``watcher build`` does, but for the last of the three: a compiler, installed under QEMU."""
        print(f"watcher build {ROOT}, without the build variant", flush=True)

        async def job(app: App) -> dict[str, Any]:
            await app.repository.fetch()
            wanted = await planning.by_names(app, [ROOT])
            await planning.ask(app, replace(wanted, images=wanted.images[:2]))
            report = await building.work(app)
            for failed in report.broken:
                print(f"  {failed.name}: {failed.error}", flush=True)
            return report.document()

        async def whole() -> dict[str, Any]:
            async with wired(load(self.workspace / "watcher.toml")) as app:
                return await job(app)

        return asyncio.run(whole())

    def commit(self, what: str, files: dict[str, str | None]) -> None:
        """Let the images repository have these files, and what is generated of them, as a maintainer would."""
        folder = self.workspace / "edit"
        if not folder.exists():
            _git("clone", "-q", str(self.workspace / "images.git"), str(folder))
        for path, text in files.items():
            (folder / path).unlink() if text is None else (folder / path).write_text(text)
        subprocess.run([sys.executable, "-m", "watcher", "render"], cwd=folder, check=True, capture_output=True)
        me = ("-c", "user.name=maintainer", "-c", "user.email=maintainer@example.org")
        _git("-C", str(folder), "add", "-A")
        _git("-C", str(folder), *me, "commit", "-qm", what)
        _git("-C", str(folder), "push", "-q")


def main() -> None:
    """Run it all."""
    machine.prepare()
    larder = Larder(HERE / ".cache" / "images")
    with (
        tempfile.TemporaryDirectory(prefix="watcher-rootfs-") as folder,
        registry.running(Path(folder) / "registry") as own,
        archive() as (url, asked),
    ):
        work = Path(folder)
        # Of ARMv7, since that is made for other tests too: its programs run wherever those of docker.io's ARMv5 do.
        say("The Debian in which it is made: what docker.io has, made of the packages of this machine's mirror")
        _push(larder.rootfs(MAKER, "armhf"), f"{own}/arm32v5/debian:{MAKER}-slim", work / "storage")
        run = Run(work / "workspace", asked)
        start(run, work, own, url)
        refused(run)
        made(run, url, work)


def start(run: Run, work: Path, own: str, url: str) -> None:
    """Make the workspace: one Debian for armv6, whose root file system is made, and where everything is."""
    command = [sys.executable, "-m", "watcher", "init", str(run.workspace)]
    subprocess.run(command, cwd=HERE, check=True, capture_output=True)
    settings = {
        "builds": {"engine": "buildah", "storage": str(work / "storage"), "network": "host"},
        "registry": {"url": f"http://{own}"},
        "mirrors": {url: archive_url().rstrip("/"), "https://registry-1.docker.io": f"http://{own}"},
    }
    with (run.workspace / "watcher.toml").open("a") as file:
        file.write("\n" + tomlkit.dumps(settings))
    stacks = (HERE / "generator" / "builtin" / "stacks.toml").read_text()
    run.commit(
        "One Debian for the first Raspberry Pi",
        {
            "catalogue/distros.toml": _DISTROS.format(archive=url, suite=SUITE, maker=MAKER, others=_OTHERS),
            "catalogue/devices.toml": "[classes]\n\n[devices]\n",
            "catalogue/stacks.toml": _only_node(stacks),
            "catalogue/keys/raspberrypi.asc": None,
            "catalogue/keys/raspbian.asc": None,
            "catalogue/keys/debian.asc": _WRONG.read_text(),
        },
    )


def refused(run: Run) -> None:
    """A key that did not sign the archive: nothing is made, and it is said what holds up what."""
    say("Another key than the archive's")
    plan = [image["name"] for image in json.loads(run.watcher("build", ROOT, "--dry-run", "--json"))["images"]]
    check(plan[:2] == [ROOT, IMAGE], f"the plan has it as a build of its own, first: {plan}")
    report = run.build()
    check([each["name"] for each in report["failed"]] == [ROOT], "the root file system is refused")
    check([each["name"] for each in report["blocked"]] == [IMAGE], f"it holds up its image: {report['blocked']}")
    check(not report["built"] and not report["tags"], "nothing was pushed and nothing named")
    log = (run.workspace / "var" / "builds" / report["failed"][0]["log"]).read_text()
    words = ("NO_PUBKEY", "Missing key", "not signed")
    told = [line for line in log.splitlines() if any(word in line for word in words)]
    check(bool(told), f"the log says why: {told[:2]}")


def made(run: Run, url: str, work: Path) -> None:
    """The archive's own key: a root file system of the mirror's packages, and an image on it with the archive's."""
    say("The archive's own key")
    run.commit("The key that signs the archive", {"catalogue/keys/debian.asc": armored(_KEYS.read_bytes())})
    report = run.build()
    for each in (*report["built"], *report["failed"]):
        print(f"  {each}", flush=True)
    digests = {each["name"]: each["digest"] for each in report["built"]}
    check(ROOT in digests, "the root file system was made")
    inspect(run, digests[ROOT], url, work)
    for tag in report["tags"]:
        print(f"  {tag['action']:<8} {tag['ref']}")
    check(IMAGE in digests, "the image on it was built, tried out and named")
    installed = [path for path in run.asked if path.endswith(".deb")]
    check(bool(installed), f"what it installs is from the archive that the catalogue names: {len(installed)} packages")
    again = run.build()
    check(not again["built"], "the same inputs are not made twice")


def inspect(run: Run, digest: str, url: str, work: Path) -> None:
    """What is in the root file system, and what is not."""
    host = tomlkit.parse((run.workspace / "watcher.toml").read_text())["registry"]["url"].partition("://")[2]
    command = ("buildah", f"--root={work}/look/root", f"--runroot={work}/look/run")
    name = f"{host}/{ROOT.partition(':')[0]}@{digest}"
    container = machine.run(
        *command, "from", "--tls-verify=false", "--platform=linux/arm/v6", f"docker://{name}"
    ).split()[-1]
    try:
        root = Path(machine.run(*command, "mount", container).strip())
        sources = [*(root / "etc/apt").glob("sources.list*"), *(root / "etc/apt/sources.list.d").iterdir()]
        told = "".join(path.read_text() for path in sources if path.is_file())
        check(f"URIs: {url}\n" in told and archive_url().rstrip("/") not in told, "it names the archive, and no mirror")
        left = [path for path in ("etc/machine-id", "etc/resolv.conf", "etc/hostname") if (root / path).exists()]
        places = ("var/log", "var/lib/apt/lists", "var/cache/apt", "tmp")
        left += [str(path) for place in places for path in (root / place).rglob("*") if path.is_file()]
        check(not left, f"nothing of the making is left {left}")
        check((root / "usr/bin/su").stat().st_mode & 0o4000 != 0, "su has kept its rights")
    finally:
        machine.run(*command, "rm", container)


def armored(keys: bytes) -> str:
    """Return a keyring in ASCII."""
    text = base64.encodebytes(keys).decode()
    return f"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n{text}-----END PGP PUBLIC KEY BLOCK-----\n"


def _only_node(text: str) -> str:
    document = tomlkit.parse(text)
    stacks: Any = document["stacks"]
    for name in [name for name in stacks if name != "node"]:
        del stacks[name]
    return tomlkit.dumps(document)


def _push(archive: Path, name: str, work: Path) -> None:
    """Push a root file system as the image *name*, which says that it is of ARMv5."""
    command = ("buildah", f"--root={work}/root", f"--runroot={work}/run")
    container = machine.run(*command, "from", "scratch").strip()
    machine.run(*command, "add", "--quiet", container, archive, "/")
    machine.run(*command, "config", "--os=linux", "--arch=arm", "--variant=v5", "--cmd=/bin/sh", container)
    machine.run(
        *command,
        "commit",
        "--quiet",
        "--format=oci",
        "--timestamp=0",
        "--tls-verify=false",
        container,
        f"docker://{name}",
    )
    machine.run(*command, "rm", container)


@contextmanager
def archive() -> Iterator[tuple[str, list[str]]]:
    """Serve this machine's mirror of Debian on loopback; yield the URL, and the paths that are asked for."""
    asked: list[str] = []
    mirror = archive_url().rstrip("/")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.removeprefix("/raspbian")
            asked.append(path)
            try:
                with urllib.request.urlopen(f"{mirror}{path}", timeout=60) as answer:
                    body = answer.read()
            except urllib.error.HTTPError as error:
                self.send_error(error.code)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class's name)
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/raspbian", asked
    finally:
        server.shutdown()
        server.server_close()


def _git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True, capture_output=True)


if __name__ == "__main__":
    main()
