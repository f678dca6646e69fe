"""The scripts of the images, run for real with every shell that is here and fakes of what would need an image."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from generator import dockerfile
from tests.generator.family import family

FILES = dockerfile.files(family(devices=()), ())
SCRIPTS = {path: text for path, text in FILES.items() if "/scripts/" in path}
CALLS = '#!/bin/sh\necho "${0##*/} $*" >> "%s"\n'


def script(name: str) -> str:
    """The text of one script."""
    return SCRIPTS[f"{dockerfile.CONTEXT}/scripts/{name}"]


def shells() -> Iterator[tuple[str, ...]]:
    """The shells of this machine; a busybox only if it takes commands from PATH, as the fakes need."""
    for command in (("sh",), ("dash",), ("bash", "--posix"), ("busybox", "sh")):
        if shutil.which(command[0]):
            probe = subprocess.run([*command, "-c", "command -v mount"], capture_output=True, text=True, check=False)
            if probe.stdout.startswith("/"):
                yield command


@pytest.fixture(params=shells(), ids=" ".join)
def shell(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """One of the shells."""
    found: tuple[str, ...] = request.param
    return found


class Box:
    """A folder with fakes that stand before the machine's own commands, and the list of their calls."""

    def __init__(self, folder: Path, shell: tuple[str, ...]) -> None:
        self.folder, self.shell = folder, shell
        self.log, self.bin = folder / "calls", folder / "bin"
        self.bin.mkdir()

    def fake(self, *names: str, then: str = "") -> None:
        """Commands that note their call and then do *then*."""
        for name in names:
            (self.bin / name).write_text(CALLS % self.log + then)
            (self.bin / name).chmod(0o755)

    def start(self, text: str, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Run *text* as a script."""
        path = self.folder / "script"
        path.write_text(text)
        env = {"PATH": f"{self.bin}:/usr/bin:/bin", "TMPDIR": str(self.folder), **(env or {})}
        command = [*self.shell, str(path), *arguments]
        return subprocess.Popen(command, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, text: str, *arguments: str, env: Mapping[str, str] | None = None) -> tuple[int, str, str]:
        """Exit code, standard output and standard error of *text*."""
        process = self.start(text, *arguments, env=env)
        out, err = process.communicate(timeout=20)
        return process.returncode, out, err

    @property
    def calls(self) -> list[str]:
        """The calls of the fakes, in order."""
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def box(tmp_path: Path, shell: tuple[str, ...]) -> Box:
    """An empty box."""
    return Box(tmp_path, shell)


def test_every_script_passes_shellcheck(tmp_path: Path) -> None:
    """The scripts are plain POSIX sh without a warning."""
    assert {Path(path).name for path in SCRIPTS} >= {
        "entry.sh",
        "install_packages",
        "cross-build-start",
        "cross-build-end",
    }
    for path, text in SCRIPTS.items():
        file = tmp_path / path.replace("/", "-")
        file.write_text(text)
        checker = Path(sys.executable).parent / "shellcheck"
        result = subprocess.run([checker, "--shell=sh", file], capture_output=True, text=True, check=False)
        assert result.stdout + result.stderr == ""


MANAGERS = {"apt": "apt-get", "apk": "apk", "dnf": "dnf"}
INSTALL = {
    "apt": "apt-get install -qq --yes --no-install-recommends less nano",
    "apk": "apk add --no-cache less nano",
    "dnf": "dnf install --assumeyes --refresh --setopt=install_weak_deps=False --setopt=tsflags=nodocs less nano",
}
# Fails as often as the file "bad" has bytes, with the given code.
FAILING = 'case "$*" in install*|add*) [ -s "%s" ] || exit 0; truncate -s -1 "%s"; exit %d ;; esac'


def install(box: Box, family: str, failures: int, code: int) -> tuple[int, str, str]:
    """Run the family's install_packages, whose package manager fails some times."""
    bad = box.folder / "bad"
    bad.write_text("x" * failures)
    box.fake(MANAGERS[family], then=FAILING % (bad, bad, code))
    box.fake("sleep")
    # Only this box is cleaned, never the machine that the tests run on.
    text = script(f"{family}/install_packages").replace("/var/", f"{box.folder}/var/")
    return box.run(text, "less", "nano")


@pytest.mark.parametrize("family", MANAGERS)
def test_install_packages_tries_three_times(box: Box, family: str) -> None:
    """Two failures are forgiven."""
    code, _, err = install(box, family, failures=2, code=100)
    assert code == 0
    assert box.calls.count(INSTALL[family]) == 3
    assert "attempt 2 of 3 failed with exit code 100" in err


@pytest.mark.parametrize("family", MANAGERS)
def test_install_packages_ends_with_the_package_managers_code(box: Box, family: str) -> None:
    """The third failure is final, and says what the package manager said."""
    code, _, err = install(box, family, failures=9, code=37)
    assert code == 37
    assert box.calls.count(INSTALL[family]) == 3
    assert "attempt 3 of 3" in err


@pytest.mark.parametrize("family", MANAGERS)
def test_install_packages_leaves_no_cache(box: Box, family: str) -> None:
    """What the package manager downloaded is removed, whether it succeeded or not."""
    caches = {"apt": "var/lib/apt/lists", "apk": "var/cache/apk", "dnf": "var/cache/libdnf5"}
    folder = box.folder / caches[family]
    for failures in (0, 9):
        (folder / "partial").mkdir(parents=True, exist_ok=True)
        (folder / "index").write_text("…")
        install(box, family, failures=failures, code=1)
        assert list(folder.iterdir()) == []


def test_apt_takes_a_missing_index_for_a_failure(box: Box) -> None:
    """apt-get update forgives a missing index unless told otherwise; then nothing is installed from an old one."""
    box.fake("apt-get", then='case "$*" in update*Error-Mode=any) exit 100 ;; esac')
    box.fake("sleep")
    text = script("apt/install_packages").replace("/var/", f"{box.folder}/var/")
    assert box.run(text, "less")[0] == 100
    assert not [call for call in box.calls if " install " in call]


def test_install_packages_without_a_package_is_a_mistake(box: Box) -> None:
    """It says how it is used and touches nothing."""
    box.fake("apt-get")
    code, _, err = box.run(script("apt/install_packages"))
    assert (code, err, box.calls) == (2, "usage: install_packages PACKAGE...\n", [])


def enter(box: Box, udev: str | None, *, privileged: bool = True, console: bool = False) -> tuple[int, str, str]:
    """Run entry.sh with the command ``echo ran "a b"`` where everything that needs an image is a fake."""
    box.fake("umount", "unshare", "udevadm", "systemd-udevd")
    box.fake("mount", then="exit 0" if privileged else "exit 32")
    box.fake("grep", then="exit 0" if console else "exit 1")
    return box.run(script("entry.sh"), "echo", "ran", "a  b", env={} if udev is None else {"UDEV": udev})


@pytest.mark.parametrize("udev", [None, "", "0", "off", "false", "yes", "11", "true ", "on\n1"])
def test_udev_is_off_unless_it_is_asked_for(box: Box, udev: str | None) -> None:
    """Whatever is not one of the three words leaves everything as it is and runs the command."""
    assert enter(box, udev) == (0, "ran a  b\n", "")
    assert box.calls == []


@pytest.mark.parametrize("udev", ["1", "true", "TRUE", "True", "on", "On", "ON"])
def test_udev_is_on_for_the_three_words_in_any_case(box: Box, udev: str) -> None:
    """Udevd is started in a network namespace of its own, then told of the devices that are there already."""
    code, out, _ = enter(box, udev)
    assert (code, out) == (0, "ran a  b\n")
    assert box.calls[-2:] == [f"unshare --net {box.bin}/systemd-udevd --daemon", "udevadm trigger"]


@pytest.mark.parametrize("console", [True, False])
def test_a_privileged_container_gets_the_kernels_devices(box: Box, *, console: bool) -> None:
    """/dev becomes a devtmpfs; shm, mqueue, pts and a console move along, and ptmx is the container's own."""
    enter(box, "1", console=console)
    new = box.calls[0].removeprefix("mount -t devtmpfs none ")
    assert new.startswith(str(box.folder))
    kept = ["shm", "mqueue", "pts", *(["console"] if console else [])]
    assert [call for call in box.calls if call.split()[0] in ("mount", "umount")][1:] == [
        *(f"mount --move /dev/{name} {new}/{name}" for name in kept),
        "umount -l /dev",
        f"mount --move {new} /dev",
        "mount --bind /dev/pts/ptmx /dev/ptmx",
    ]


def test_an_unprivileged_container_is_told_so(box: Box) -> None:
    """Nothing is mounted; udevd is started all the same, and the command runs."""
    code, out, err = enter(box, "on", privileged=False)
    assert (code, out) == (0, "ran a  b\n")
    assert "this container is not privileged" in err
    assert [call.split()[0] for call in box.calls] == ["mount", "systemd-udevd"]


@pytest.mark.parametrize("privileged", [True, False])
def test_alpines_udevd_serves_as_well(box: Box, *, privileged: bool) -> None:
    """Eudev calls its daemon udevd; it is found by its path, whoever else has that name."""
    box.fake("umount", "unshare", "udevadm", "udevd", "grep")
    box.fake("mount", then="exit 0" if privileged else "exit 32")
    text = script("entry.sh").replace("for name in systemd-udevd udevd", "for name in udevd")
    assert box.run(text, "echo", "ran", env={"UDEV": "1"})[:2] == (0, "ran\n")
    started = f"unshare --net {box.bin}/udevd --daemon" if privileged else "udevd --daemon"
    assert box.calls.count(started) == 1


def test_an_image_without_udevd_runs_its_command(box: Box) -> None:
    """A missing udevd is said, and is no reason to stop."""
    text = script("entry.sh").replace("for name in systemd-udevd udevd", "for name in no-such-udevd")
    code, out, err = box.run(text, "echo", "ran", env={"UDEV": "1"})
    assert (code, out, err) == (0, "ran\n", "entry.sh: UDEV is on, but no udevd is installed\n")


def test_the_commands_exit_code_is_the_containers(box: Box) -> None:
    """A supervisor sees what the command returned."""
    assert box.run(script("entry.sh"), "sh", "-c", "exit 41")[0] == 41


def test_sigterm_reaches_the_command(box: Box) -> None:
    """entry.sh is replaced by the command, so that signals to process 1 are the command's."""
    command = 'trap "echo stopped; exit 7" TERM; echo "$$"; while :; do sleep 0.05; done'
    process = box.start(script("entry.sh"), "sh", "-c", command)
    assert process.stdout
    assert process.stdout.readline() == f"{process.pid}\n"
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=20)[0] == "stopped\n"
    assert process.returncode == 7


def test_balena_idle_stops_at_once(box: Box) -> None:
    """It shows what the image is, waits, and ends on SIGTERM without leaving a process behind."""
    box.fake("balena-info", then="echo info")
    box.fake("sleep", then="exec /bin/sleep 60")
    process = box.start(script("balena-idle"))
    until = time.monotonic() + 10
    while "sleep 3600" not in box.calls:
        assert time.monotonic() < until
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=10)  # the pipe ends only when the sleeper is gone too
    assert (process.returncode, out.splitlines()[0]) == (0, "info")


def test_balena_info_prints_the_message(box: Box) -> None:
    """It is the image's own message, as it stands."""
    message = box.folder / "image-info"
    message.write_text("Architecture: amd64\n")
    text = script("balena-info").replace("/.balena/messages/image-info", str(message))
    assert box.run(text) == (0, "Architecture: amd64\n", "")
