"""A farm of two hosts, one of which is lost in the middle of a build: every image arrives all the same.

Real parts: Dask's scheduler and two ``watcher worker`` with certificates, each on a host of its own (a network namespace),
buildah, and Debian's registry by https with a certificate of the same authority. The hosts reach this machine and
nothing beyond it, so the images are of this test: busybox for a base, and RUN needs no network.
"""

from __future__ import annotations

import hashlib
import json
import re
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import tomlkit

from builder.oci import ACCEPTED
from generator.catalogue import load
from generator.plan import rendered
from tests.builds import bases, family, hosts, registry
from tests.builds.listing import Scene
from tests.builds.machine import run
from tests.certificates import Authority, Files
from tests.images.larder import Larder
from watcher.config import base_environment

_BIN = Path(sys.executable).parent
_ROOT = Path(__file__).parents[2]
_PORT = 8786
_PLATFORMS = {"amd64": "linux/amd64", "arm64": "linux/arm64", "armhf": "linux/arm/v7", "i386": "linux/386"}
_STEP = "RUN sleep"
_SMOKE = False
"""Whether workers try their images out: those of this test have neither a package manager nor a network."""
_T = TypeVar("_T")


def play(larder: Larder, machines: Sequence[bases.Machine]) -> Scene:
    """Build a family with the farm; return what was made, once the registry has told the same digests.

    :param machines: amd64, and after it those that only the host that stays builds for
    """
    with tempfile.TemporaryDirectory(prefix="watcher-farm-") as folder, hosts.two() as pair:
        work = Path(folder)
        authority = Authority(work / "certificates")
        own = authority.issue("farm", hosts.HERE, *(host.address for host in pair))
        with registry.running(work / "registry", hosts.HERE, authority) as host:
            for machine in machines:
                bases.push(machine, _system(larder, machine, work), host, work / "storage")
            settings = _settings(host, authority, own)
            workspace = _workspace(work, machines, settings)
            report = _build(work, pair, machines, settings, workspace)
            _arrived(report, host, authority)
            return Scene("A farm that lost a host", host, report, tried=_SMOKE)


def _settings(host: str, authority: Authority, own: Files) -> dict[str, Any]:
    """What the watcher and its workers are told; each takes its own folder for what it keeps."""
    return {
        "registry": {"url": f"https://{host}", "ca_file": str(authority.file)},
        "mirrors": {"https://registry-1.docker.io": f"https://{host}"},
        "farm": {
            "scheduler": f"tls://{hosts.HERE}:{_PORT}",
            "tls_authority_file": str(authority.file),
            "tls_certificate_file": str(own.certificate),
            "tls_key_file": str(own.key),
        },
    }


def _build(
    work: Path,
    pair: tuple[hosts.Host, hosts.Host],
    machines: Sequence[bases.Machine],
    settings: Mapping[str, Any],
    workspace: Path,
) -> dict[str, Any]:
    """Order every image of the family, and lose the first host while it builds; return the report."""
    lost, left = pair
    with ExitStack() as stack:
        scheduler = stack.enter_context(_running(_scheduler(settings["farm"]), work / "scheduler.log"))
        scheduler.until(partial(scheduler.says, "Scheduler at"))
        for host, some in ((lost, machines[:1]), (left, machines)):
            command = _worker(host, work / host.name, settings, some)
            worker = stack.enter_context(_running(command, work / f"{host.name}.log"))
            worker.until(partial(worker.says, "builds linux/amd64"))
        words = (_BIN / "watcher", "--config", workspace / "watcher.toml", "build", "--all-stale", "--json")
        build = stack.enter_context(_running(words, work / "build.log", work / "report.json"))
        log = build.until(lambda: _begun(work / lost.name))
        lost.kill()
        print(f"  {lost.name} was lost while it built {log.stem}", flush=True)
        build.until(lambda: build.process.poll() is not None)
        report: dict[str, Any] = json.loads((work / "report.json").read_text() or "{}")
        if build.process.returncode or report["failed"] or report["blocked"]:
            build.fail(f"exit code {build.process.returncode}\n{json.dumps(report, indent=1)}")
        return {**report, "lost": log.stem.partition("-")[0]}


def _scheduler(farm: Mapping[str, str]) -> list[str]:
    """The command that ``deploy/docs/how-to/scale-out.md`` gives."""
    files = ("--tls-ca-file", farm["tls_authority_file"], "--tls-cert", farm["tls_certificate_file"])
    where = ("--host", hosts.HERE, "--port", str(_PORT), "--no-dashboard")
    return [str(_BIN / "dask"), "scheduler", "--protocol", "tls", *files, "--tls-key", farm["tls_key_file"], *where]


def _worker(
    host: hosts.Host, folder: Path, settings: Mapping[str, Any], machines: Sequence[bases.Machine]
) -> list[str]:
    """Write a worker's settings; return the command that runs it on its host."""
    builds = {"engine": "buildah", "storage": str(folder / "storage"), "jobs": 1, "smoke": _SMOKE}
    folder.mkdir()
    (folder / "watcher.toml").write_text(tomlkit.dumps({**settings, "builds": builds}))
    platforms = [f"--platform={_PLATFORMS[machine.debian]}" for machine in machines]
    return host.command(str(_BIN / "watcher"), "--config", str(folder / "watcher.toml"), "worker", *platforms)


def _begun(folder: Path) -> Path | None:
    """The log of what a worker builds now, once it is at a step of it."""
    found = (folder / "var" / "worker").glob("*-*.log")
    return next((log for log in found if _STEP in log.read_text()), None)


def _workspace(work: Path, machines: Sequence[bases.Machine], settings: Mapping[str, Any]) -> Path:
    """A workspace whose family is Debian on these machines, with Dockerfiles of this test."""
    workspace = work / "workspace"
    run(_BIN / "watcher", "init", workspace)
    with (workspace / "watcher.toml").open("a") as file:
        file.write("\n" + tomlkit.dumps(settings))
    family.edit(workspace / "images.git", work, "0" * 64, machines)
    checkout = work / "edit"
    catalogue = {str(path.relative_to(checkout)): path.read_bytes() for path in checkout.glob("catalogue/**/*.*")}
    for path, text in rendered(load(catalogue)).items():
        place = checkout / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(_dockerfile(text) if place.name == "Dockerfile" else text)
    family.commit(checkout, "Small images, each of its base and one step")
    return workspace


def _dockerfile(text: str) -> str:
    """What stands on the same base as *text*: a file of the context and a step that takes some seconds."""
    argument = re.search(r"^ARG BASE=.*$", text, re.MULTILINE)
    base = re.findall(r"^FROM (\S+)$", text, re.MULTILINE)[-1].replace("trixie", bases.SUITE)
    digest = hashlib.sha256(text.encode()).hexdigest()
    lines = (f"FROM {base}", "COPY scripts/entry.sh /usr/bin/", f"{_STEP} 3 && echo {digest} >> /made")
    return "\n".join([*([argument[0]] if argument else []), *lines, ""])


def _system(larder: Larder, machine: bases.Machine, work: Path) -> Path:
    """A root file system of busybox alone, as an archive."""
    [package] = larder.debs(bases.SUITE, "busybox-static", arch=machine.debian)
    folder = work / f"root-{machine.name}"
    run("dpkg-deb", "--extract", package, folder)
    for name in ("sh", "sleep", "echo"):
        (folder / "bin" / name).symlink_to("busybox")
    (folder / "etc").mkdir()
    (folder / "etc" / "passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    archive = folder.with_suffix(".tar")
    run("tar", "--directory", folder, "--create", "--file", archive, ".")
    return archive


def _arrived(report: Mapping[str, Any], host: str, authority: Authority) -> None:
    """Ask the registry for each image by its name; ends the program where one leads elsewhere.

    That the one that was lost in the middle is there, too, its tag in the staging repository tells: its inputs' digest.
    """
    trusted = ssl.create_default_context(cafile=str(authority.file))
    staged = urllib.request.urlopen(f"https://{host}/v2/balenalib/staging/tags/list?n=1000", context=trusted)
    if not any(tag.startswith(report["lost"]) for tag in json.load(staged)["tags"]):
        sys.exit(f"{report['lost']}: what the lost host was building was never built")
    for image in [*report["built"], *report["relabelled"]]:
        repository, _, tag = image["name"].partition(":")
        url = f"https://{host}/v2/{repository}/manifests/{tag}"
        request = urllib.request.Request(url, method="HEAD", headers={"Accept": ", ".join(ACCEPTED)})
        with urllib.request.urlopen(request, timeout=30, context=trusted) as response:
            digest = response.headers["Docker-Content-Digest"]
        if digest != image["digest"]:
            sys.exit(f"{image['name']} leads to {digest}, and {image['digest']} was built")


@dataclass(frozen=True, slots=True)
class _Running:
    """A program, and where its log is."""

    process: subprocess.Popen[bytes]
    log: Path

    def said(self) -> str:
        """Its log so far."""
        return self.log.read_text()

    def says(self, words: str) -> bool:
        """Whether it said that."""
        return words in self.said()

    def until(self, found: Callable[[], _T | None], seconds: float = 1200.0) -> _T:
        """Wait for something, as long as it runs."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            ended = self.process.poll() is not None
            if there := found():
                return there
            if ended:
                self.fail(f"ended with {self.process.returncode}")
            time.sleep(0.05)
        return self.fail(f"no end after {seconds:g} s")

    def fail(self, words: str) -> NoReturn:
        """End the test with what it said."""
        sys.exit(f"{self.log.stem}: {words}\n{self.said()[-6000:]}")


@contextmanager
def _running(command: Sequence[str | Path], log: Path, out: Path | None = None) -> Iterator[_Running]:
    """Run a program until the test is over; what it prints goes to its log, or to *out*."""
    with log.open("wb") as said, (out or log).open("ab") as told:
        process = subprocess.Popen(
            list(map(str, command)), stdout=told, stderr=said, cwd=_ROOT, env=dict(base_environment())
        )
        try:
            yield _Running(process, log)
        finally:
            process.terminate()
            process.wait()
