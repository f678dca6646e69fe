"""``cross-build-start`` and ``cross-build-end``, where the kernel knows nothing of ARM programs, in images as they are made."""

from __future__ import annotations

import hashlib
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.generator import family
from tests.images import island
from tests.images.conftest import CACHE
from tests.images.engine import Engine, need
from tests.images.larder import Larder
from tests.images.shop import World
from tests.images.yard import Yard

MACHINES = {"armv7hf": "armv7l", "aarch64": "aarch64"}
"""Architecture → what ``uname -m`` says there."""

LOADER = "/.balena/cross/loader"
"""PRoot's own, unpacked by the first cross-build-start: all that cross-building leaves in an image."""

ODD = ["a  b", "it's", '"$HOME"', "back\\slash", "two\nlines", "*", ""]


@dataclass(frozen=True, slots=True)
class Build:
    """A container whose RUN instructions are carried out one after another, each in a process of its own."""

    root: Path

    def words(self, *words: str, user: int = 0, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """``RUN ["…", "…"]``."""
        return island.enter(self.root, *words, user=user, stdin=stdin)

    def shell(self, text: str, user: int = 0, stdin: str = "") -> str:
        """``RUN …``; return what it printed."""
        done = self.words("/bin/sh", "-c", text, user=user, stdin=stdin)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def state(self) -> dict[str, str]:
        """Path → all that an image keeps of it, but for when folders were changed."""
        return {f"/{path.relative_to(self.root)}": _kept(path) for path in self.root.rglob("*")}


def _kept(path: Path) -> str:
    told = path.lstat()
    kept = f"{told.st_mode:o} {told.st_uid}:{told.st_gid}"
    if stat.S_ISLNK(told.st_mode):
        return f"{kept} {path.readlink()}"
    if stat.S_ISREG(told.st_mode):
        return f"{kept} {told.st_mtime_ns} {hashlib.sha256(path.read_bytes()).hexdigest()}"
    return kept


@pytest.fixture(scope="module", params=MACHINES)
def arch(request: pytest.FixtureRequest) -> str:
    """One of the architectures."""
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def image(engine: Engine, arch: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The operating system's image, built from its generated Dockerfile with the parts that this fetches."""
    world = World(tmp_path_factory.mktemp("mirror"), family.family([], []))
    context = world.write(tmp_path_factory.mktemp("tree"))
    return Yard(engine, Larder(CACHE), world, context, "").build(f"{arch}/debian/trixie/run")


@pytest.fixture
def build(engine: Engine, image: str) -> Iterator[Build]:
    """A build on it that has come past ``RUN ["cross-build-start"]``."""
    with engine.mounted(image) as root:
        started = Build(root)
        done = started.words("cross-build-start")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        yield started


def test_without_it_nothing_runs(engine: Engine, image: str) -> None:
    """The kernel does refuse the image's programs, so what runs below runs by the image's own parts."""
    with engine.mounted(image) as root:
        done = Build(root).words("/bin/sh", "-c", "echo ran")
    assert done.returncode == 126
    assert "Exec format error" in done.stderr


def test_a_command_sees_the_images_machine(build: Build, arch: str) -> None:
    """Also one that a command starts in turn, through other shells, perl and env."""
    machine = MACHINES[arch]
    assert build.shell("uname -m") == f"{machine}\n"
    assert build.shell("dpkg --print-architecture") in ("armhf\n", "arm64\n")
    nested = """bash -c 'sh -c "perl -e \\"print qx(env uname -m)\\""'"""
    assert build.shell(nested) == f"{machine}\n"


def test_a_script_is_run_by_the_interpreter_that_it_names(build: Build, arch: str) -> None:
    """The kernel reads its first line only: the shell that this names is the image's."""
    build.shell("printf '#!/bin/sh\\nuname -m; echo \"$0 $1\"\\n' > /usr/bin/told && chmod 755 /usr/bin/told")
    assert build.shell("told 'a b'") == f"{MACHINES[arch]}\n/usr/bin/told a b\n"


def test_words_and_lines_arrive_as_they_were_written(build: Build) -> None:
    """Spaces, quotes, dollars, patterns, and what is piped in."""
    done = build.words("/bin/sh", "-c", 'printf "<%s>" "$@"', "sh", *ODD)
    assert (done.returncode, done.stdout) == (0, "".join(f"<{word}>" for word in ODD))
    assert build.shell('read -r first; echo "[$first]"; cat', stdin="one  two\n  three\n") == "[one  two]\n  three\n"
    assert build.shell("cd /usr/share && cat < /etc/debian_version > /tmp/x && pwd && rm /tmp/x") == "/usr/share\n"


@pytest.mark.parametrize("text", ["exit 7", "sh -c 'exit 7'", "perl -e 'exit 7'", "false; exit 7"])
def test_the_exit_code_is_the_commands(build: Build, text: str) -> None:
    """Where it fails too the next instruction finds the shells that it needs."""
    assert build.words("/bin/sh", "-c", text).returncode == 7
    assert build.shell("echo on") == "on\n"


def test_a_package_is_installed_and_removed(build: Build) -> None:
    """With its scripts, as root; then one that the image came with is purged."""
    build.shell(
        "mkdir -p /tmp/p/DEBIAN /tmp/p/usr/share/probe && echo here > /tmp/p/usr/share/probe/file"
        " && printf 'Package: probe\\nVersion: 1\\nArchitecture: all\\nMaintainer: a <a@example.org>\\nDescription: b\\n'"
        " > /tmp/p/DEBIAN/control && printf '#!/bin/sh\\nuname -m > /usr/share/probe/configured\\n' > /tmp/p/DEBIAN/postinst"
        " && printf '#!/bin/sh\\nrm -f /usr/share/probe/configured\\n' > /tmp/p/DEBIAN/prerm"
        " && chmod 755 /tmp/p/DEBIAN/postinst /tmp/p/DEBIAN/prerm && dpkg-deb --build /tmp/p /tmp/p.deb"
    )
    build.shell("dpkg --install /tmp/p.deb && rm -r /tmp/p /tmp/p.deb")
    assert build.shell("cat /usr/share/probe/configured /usr/share/probe/file") == build.shell("uname -m; echo here")
    build.shell("dpkg --purge probe && apt-get -qq --yes purge udev")
    assert build.shell("ls /usr/share/probe /sbin/udevadm 2>&1 || true").count("No such file") == 2


def test_another_user_runs_commands_too(build: Build, arch: str) -> None:
    """``USER``: it is itself, what it makes is its own, and it may not write what is root's."""
    told = build.shell("uname -m; id -u; touch /tmp/mine; touch /usr/bin/not 2> /dev/null || echo refused", user=1000)
    assert told == f"{MACHINES[arch]}\n1000\nrefused\n"
    made = (build.root / "tmp/mine").stat()
    assert (made.st_uid, made.st_gid) == (1000, 1000)


def test_a_shell_that_is_replaced_stays_replaced(build: Build) -> None:
    """A package brings a newer one in the way dpkg does: that one is in the image at the end."""
    build.shell("cp /bin/bash /bin/bash.new && printf x >> /bin/bash.new && mv /bin/bash.new /bin/bash")
    size = (build.root / "usr/bin/bash").stat().st_size
    assert build.words("cross-build-end").returncode == 0
    assert (build.root / "usr/bin/bash").stat().st_size > size
    assert (build.root / "usr/bin/bash").read_bytes().endswith(b"x")


@pytest.mark.parametrize("end", [["cross-build-end"], ["/bin/sh", "-c", "cross-build-end"]], ids=["words", "shell"])
def test_the_end_leaves_the_image_as_it_was(engine: Engine, image: str, end: list[str]) -> None:
    """Every file is byte for byte what it was, but for those that the commands themselves made."""
    with engine.mounted(image) as root:
        build = Build(root)
        before = build.state()
        assert build.words("cross-build-start").returncode == 0
        assert build.words("cross-build-start").returncode == 0  # once more changes nothing
        assert build.state()["/usr/bin/sh"] != before["/usr/bin/sh"]
        assert build.state()["/usr/bin/bash"] != before["/usr/bin/bash"]
        build.shell("echo made > /usr/share/made")
        build.words("/bin/sh", "-c", "exit 3")
        assert build.words(*end).returncode == 0
        after = build.state()
    added = {path: after.pop(path) for path in ("/usr/share/made", LOADER)}
    assert all(kept.startswith(("100644 0:0", "100755 0:0")) for kept in added.values())
    assert after == before


DOCKERFILE = """FROM {image}
RUN ["cross-build-start"]
RUN echo $(uname -m) $(sh -c 'perl -e "print 6 * 7"') > /uname
RUN install_packages less
RUN useradd --create-home app
USER app
WORKDIR /home/app
RUN id -un > me && echo "a  b" > 'a file'
USER root
RUN ["cross-build-end"]
"""


TOLD = """
"$@" pull --quiet "oci-archive:$folder/image.oci"
"$@" build --isolation chroot --network host --pull=false --layers=false --quiet -t made "$folder"
cd "$("$@" mount "$("$@" from --pull=false made)")"
echo told
cat uname home/app/me "home/app/a file"
ls -l home/app | wc -l
test -x usr/bin/less
sha256sum < usr/bin/bash
readlink usr/bin/sh
"""


def test_a_dockerfile_is_built(engine: Engine, image: str, arch: str, tmp_path: Path) -> None:
    """The whole idea: buildah builds an ARM image, a package from the network included, and knows nothing of ARM."""
    engine.export(image, tmp_path / "image.oci")
    (tmp_path / "Dockerfile").write_text(DOCKERFILE.format(image=image))
    buildah = [need("buildah"), "--root", str(tmp_path / "store"), "--runroot", str(tmp_path / "run")]
    buildah += ["--storage-driver", "vfs"]  # overlay needs rights outside of the namespace
    done = island.run("env", f"folder={tmp_path}", "sh", "-ec", TOLD, "build", *buildah)
    assert done.returncode == 0, done.stdout + done.stderr
    with engine.mounted(image) as root:
        bash = hashlib.sha256((root / "usr/bin/bash").read_bytes()).hexdigest()
    told = done.stdout.partition("\ntold\n")[2]
    assert told == f"{MACHINES[arch]} 42\napp\na  b\n3\n{bash}  -\ndash\n"
