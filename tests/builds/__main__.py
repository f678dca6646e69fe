"""``make test-builds``: a release walks from its feed to images in a registry that were really built, run and named.

As root on Debian. A feed server and a mirror of upstream's files on loopback, with real programs out of npm's registry
in lists that a test's key signed, Go and a Java runtime in files that it signed; Debian's own registry; Debian's packages
for four architectures, two of them under QEMU. The commands are those that a person types. Ends with the list of what
was built, tried out and named.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import tomlkit

from tests.builds import bases, daemon, family, farm, machine, overhead, payload, registry
from tests.builds.languages import Languages
from tests.builds.listing import Scene, lines
from tests.builds.upstream import LINE, NEWER, OLDER, Node
from tests.images.larder import Larder
from tests.upstream import Upstream
from tests.upstream.signer import Signer
from watcher.config import base_environment

HERE = Path(__file__).parents[2]
DEVICE = f"balenalib/intel-nuc-debian-node:{LINE}-{bases.SUITE}-run"
_ACCEPT = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json"


@dataclass
class Run:
    """The workspace, and where images go."""

    workspace: Path
    registry: str
    plain: bool
    machines: Sequence[bases.Machine]
    environment: Mapping[str, str]
    mirrors: Mapping[str, str]
    engine: str

    @property
    def names(self) -> list[str]:
        """The images that are asked for; what they stand on is made before them."""
        return [*(f"balenalib/{m.name}-debian-node:{LINE}-{bases.SUITE}-run" for m in self.machines if m.node), DEVICE]

    def watcher(self, *arguments: str, day: str) -> str:
        """Run a command as a person would, on a day of the past, and return what it printed."""
        print(f"$ watcher {' '.join(arguments)}", flush=True)
        begun = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "watcher", "--config", str(self.workspace / "watcher.toml"), *arguments],
            cwd=HERE, capture_output=True, text=True, check=False,
            env={**self.environment, "WATCHER_NOW": f"{day}T13:00:00"},
        )  # fmt: skip
        if done.returncode:
            sys.exit(f"exit code {done.returncode}\n{done.stdout[-6000:]}\n{done.stderr[-6000:]}")
        print(f"  {time.monotonic() - begun:.0f} s", flush=True)
        return done.stdout

    def digest(self, name: str) -> str:
        """What a name leads to in the registry, asked of the registry itself."""
        repository, _, tag = name.partition(":")
        url = f"{'http' if self.plain else 'https'}://{self.registry}/v2/{repository}/manifests/{tag}"
        request = urllib.request.Request(url, method="HEAD", headers={"Accept": _ACCEPT} | self.login())
        with urllib.request.urlopen(request, timeout=30) as response:
            return str(response.headers["Docker-Content-Digest"])

    def login(self) -> dict[str, str]:
        """The header for a registry that asks who is there by itself; the settings are those of the program."""
        user, password = (self.environment.get(f"WATCHER_REGISTRY__{what}", "") for what in ("USER", "PASSWORD"))
        plain = base64.b64encode(f"{user}:{password}".encode()).decode()
        return {"Authorization": f"Basic {plain}"} if user else {}

    def merge(self, source: str, day: str) -> None:
        """Poll, and merge what is proposed."""
        self.watcher("sync", source, day=day)
        pulls = json.loads(self.watcher("pulls", "--json", day=day))
        number = max(pull["number"] for pull in pulls if pull["state"] == "open")
        self.watcher("pulls", "merge", str(number), day=day)

    def release(self, source: str, day: str, names: Sequence[str]) -> dict[str, Any]:
        """Poll, merge what is proposed, build *names*; return what was built."""
        self.merge(source, day)
        report: dict[str, Any] = json.loads(self.watcher("build", *names, "--json", day=day))
        for failed in report["failed"]:
            print(f"failed: {failed}")
        check(not report["failed"] and not report["blocked"], "everything that was asked for was built")
        return report


def check(holds: bool, sentence: str) -> None:  # noqa: FBT001  (reads as a sentence)
    """Say what was found to hold; end the program where it does not."""
    print(f"  {'ok' if holds else 'NOT SO'}: {sentence}", flush=True)
    if not holds:
        sys.exit(1)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.builds", description=__doc__)
    parser.add_argument(
        "--registry",
        default="",
        metavar="URL",
        help="push there instead of to one of our own; WATCHER_REGISTRY__USER and ..__PASSWORD sign in",
    )
    parser.add_argument("--engine", default="buildah", choices=["buildah", "buildx"])
    parser.add_argument("--machines", default="amd64,aarch64,armv7hf,i386", metavar="A,B", help="amd64 is among them")
    parser.add_argument("--farm-only", action="store_true", help="two hosts, one of them lost in the middle; no more")
    parser.add_argument("--short", action="store_true", help="two releases of Node.js; no other stack, no farm")
    parser.add_argument("--overhead", action="store_true", help="a patch beside the bare engine; no more")
    return parser.parse_args()


def main() -> None:
    """Run it all; the list of what was made is the last that is printed."""
    given = arguments()
    machine.prepare()
    print("", *lines(scenes(given)), sep="\n", flush=True)


def scenes(given: argparse.Namespace) -> list[Scene]:
    """Run what was asked for; return what each scene made."""
    machines = [each for each in bases.MACHINES if each.name in given.machines.split(",")]
    larder = Larder(HERE / ".cache" / "images")
    if given.farm_only:
        return [play_farm(larder, machines)]
    with (
        tempfile.TemporaryDirectory(prefix="watcher-Builds-_") as folder,  # what no reference may have in it
        registry.running(Path(folder) / "registry") as own,
    ):
        work = Path(folder)
        say(f"Upstreams' base images: Debian's packages for {', '.join(each.name for each in machines)}")
        bases.push_all(machines, larder, own, work / "storage")
        node = Node(work / "served", larder, Signer(datetime(2020, 1, 1, tzinfo=UTC)))
        yarn = node.begin("1.22.22")
        languages = Languages(node.served, larder, node.signer, NEWER.day)
        go, java = ("", "") if given.short else (languages.publish_go(), languages.publish_java())
        with Upstream(node.served) as upstream, engine(given.engine, larder, work, own) as environment:
            url = given.registry or f"http://{own}"
            mirrors = {**upstream.mirrors(), "https://registry-1.docker.io": f"http://{own}"}
            plain, host = url.startswith("http://"), url.partition("://")[2]
            run = Run(work / "workspace", host, plain, machines, environment, mirrors, given.engine)
            start(run, work, given.engine, url)
            for source in ("node", "go", "openjdk"):
                node.signer.install(run.workspace / "var" / "keys" / source)
            devices = overhead.CATALOGUE if given.overhead else family.DEVICES
            yarn_sha256 = hashlib.sha256(yarn.read_bytes()).hexdigest()
            family.edit(run.workspace / "images.git", work, yarn_sha256, machines, devices)
            if given.overhead:
                return measure_overhead(run, node)
            made = play(run, node)
            if given.short:
                return made
            made += speak(run, go, java)
    return [*made, play_farm(larder, machines)]


@contextmanager
def engine(name: str, larder: Larder, work: Path, own: str) -> Iterator[dict[str, str]]:
    """Have what the engine needs; yield the environment of the commands."""
    environment = dict(base_environment("WATCHER_REGISTRY__"))
    if name == "buildah":
        yield environment
        return
    with daemon.running(larder, work / "docker", own) as more:
        yield {**environment, **more, "PATH": f"{more['PATH']}:{environment['PATH']}"}


def start(run: Run, work: Path, engine: str, url: str) -> None:
    """Make the workspace, and say in its settings where everything is."""
    command = [sys.executable, "-m", "watcher", "init", str(run.workspace)]
    subprocess.run(command, cwd=HERE, check=True, capture_output=True)
    builds = {"engine": engine, "storage": str(work / "storage"), "network": "host"}
    settings = {"builds": builds, "registry": {"url": url}, "mirrors": dict(run.mirrors)}
    with (run.workspace / "watcher.toml").open("a") as file:
        file.write("\n" + tomlkit.dumps(settings))
    print(run.watcher("doctor", day=OLDER.day))


def play(run: Run, node: Node) -> list[Scene]:
    """Two releases, one after the other."""
    say(f"Node.js {OLDER.number}: proposed, merged, built for each architecture, tried out, named")
    node.publish(OLDER)
    first = run.release("node", OLDER.day, run.names)
    check(len(first["built"]) >= len(run.names) - 1, f"{len(first['built'])} images were built")
    before = {name: run.digest(name) for name in run.names}
    dated = {name: run.digest(name) for name in written(first) if OLDER.day.replace("-", "") in name}
    check(bool(dated), f"{len(dated)} dated names lead to them")

    say(f"Node.js {NEWER.number}: moving names move, dated names stay")
    node.publish(OLDER, NEWER)
    second = run.release("node", NEWER.day, run.names)
    after = {name: run.digest(name) for name in run.names}
    check(all(before[name] != after[name] for name in before), "every moving name leads to the new image")
    check(all(run.digest(name) == digest for name, digest in dated.items()), "every dated name leads where it led")
    share(run)
    compare(run, second)
    found = {OLDER.number: first, NEWER.number: second}
    return [Scene(f"Node.js {number}", run.registry, report) for number, report in found.items()]


def share(run: Run) -> None:
    """With BuildKit the layers of Node.js are one blob on two bases: the architecture's image and the class's."""
    root = f"{'http' if run.plain else 'https'}://{run.registry}"
    image, base = f"balenalib/amd64-debian-node:{LINE}-{bases.SUITE}-run", f"balenalib/amd64-debian:{bases.SUITE}-run"
    found = payload.shared(payload.asked(root, run.login()), image, base, DEVICE)
    check(run.engine != "buildx" or found.size > 0.9 * found.above, found.told)


def speak(run: Run, go: str, java: str) -> list[Scene]:
    """Go on two processors, and Java: on what was built before."""
    processors = [machine.name for machine in run.machines if machine.name in ("amd64", "i386")]
    say(f"Go {go} on {' and '.join(processors)}")
    line = go.rpartition(".")[0]
    names = [f"balenalib/{name}-debian-golang:{line}-{bases.SUITE}-run" for name in processors]
    made = [Scene(f"Go {go}", run.registry, run.release("go", NEWER.day, names))]
    say(f"Java {java}")
    name = f"balenalib/amd64-debian-openjdk:{java.partition('.')[0]}-jre-{bases.SUITE}-run"
    made.append(Scene(f"Java {java}", run.registry, run.release("openjdk", NEWER.day, [name])))
    check(all(run.digest(each) for each in (*names, name)), "every name leads to an image")
    return made


def play_farm(larder: Larder, machines: Sequence[bases.Machine]) -> Scene:
    """A farm of two hosts, by way of buildah."""
    say("Two hosts build, one of them is lost in the middle")
    made = farm.play(larder, machines[:2])
    count = len(made.report["built"]) + len(made.report["relabelled"])
    check(bool(count), f"nothing failed, and {count} images are in the registry")
    return made


def compare(run: Run, report: Mapping[str, Any]) -> None:
    """Print how long the amd64 image took, beside what the bare engine takes for it: that is the limit."""
    name = f"balenalib/amd64-debian-node:{NEWER.number}-{bases.SUITE}-run"
    whole = next(image["seconds"] for image in report["built"] if image["name"] == name)
    os.environ |= run.environment  # noqa: TID251  (the engine's own)
    alone = overhead.bare(run.workspace / "watcher.toml", [name], run.workspace.parent)
    print(
        f"\n{name}: {whole:.1f} s in all, with its trial, its push and its dated names; the bare engine {alone:.1f} s"
    )


def measure_overhead(run: Run, node: Node) -> list[Scene]:
    """A Node patch once all is in the registry: images of architectures and devices, beside the bare engine."""
    variants = ("run", "build")
    names = [
        f"balenalib/{m.name}-debian-node:{LINE}-{bases.SUITE}-{v}" for m in run.machines if m.node for v in variants
    ]
    names += [f"balenalib/device-{each}-debian-node:{LINE}-{bases.SUITE}-run" for each in range(overhead.DEVICES)]
    say(
        f"Overhead over the engine: {len(names) - overhead.DEVICES} images of architectures, {overhead.DEVICES} devices"
    )
    node.publish(OLDER)
    run.merge("node", OLDER.day)
    first = json.loads(run.watcher("build", *names, "--json", day=OLDER.day))
    node.publish(OLDER, NEWER)
    run.merge("node", NEWER.day)
    os.environ |= run.environment  # noqa: TID251  (the engine's own)
    report = overhead.measured(
        lambda: run.watcher("build", *names, "--json", day=NEWER.day),
        run.workspace / "watcher.toml",
        run.workspace.parent / "bare",
    )
    check(not report["failed"] and not report["blocked"], f"{len(names)} images are there")
    found = {OLDER.number: first, NEWER.number: report}
    return [Scene(f"Node.js {number}", run.registry, each) for number, each in found.items()]


def written(report: Mapping[str, Any]) -> list[str]:
    """The names that were written, without the registry."""
    return [tag["ref"].partition("/")[2] for tag in report["tags"] if tag["action"] == "written"]


def say(words: str) -> None:
    """Announce a scene."""
    print(f"\n== {words}\n", flush=True)


if __name__ == "__main__":
    main()
