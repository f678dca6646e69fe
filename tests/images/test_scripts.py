"""The scripts of the images where they are at home: in containers, with real devices and real package managers."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.images.boot import boot
from tests.images.yard import Yard

MOUNTS = re.compile(r"^\S+ (/dev\S*) (\S+) ", re.MULTILINE)

KEPT = {"/dev/pts": "devpts", "/dev/shm": "tmpfs", "/dev/mqueue": "mqueue"}

COMMAND = """
trap 'echo bye; exit 3' TERM
cat /proc/self/mounts > /root/mounts
for process in 1 $(pidof systemd-udevd); do readlink /proc/$process/ns/net; done > /root/networks
echo x > /dev/null
kill -TERM $$
sleep 9
"""
"""What the container is asked to do: it tells its mounts and who is in which network, and is stopped."""

DNF = Path(__file__).with_name("dnf.Dockerfile")

INSTALLED = "rpm --query --all && ls /opt/probe && find /var/cache/dnf /var/cache/libdnf5 /var/log/dnf* -type f 2> /dev/null || true"


@pytest.fixture
def devices() -> Iterator[None]:
    """Put the machine's devices back: they are the container's too, whose udevd gives them its own groups."""
    before = {path: path.lstat() for path in _devices()}
    yield
    for path in _devices():
        if path in before:
            os.lchown(path, before[path].st_uid, before[path].st_gid)
            if not path.is_symlink():
                path.chmod(stat.S_IMODE(before[path].st_mode))
        elif path.is_symlink():
            path.unlink()
        elif path.is_dir():
            path.rmdir()


def _devices() -> list[Path]:
    """What is in devtmpfs, and not in what is mounted below it; what a folder holds before the folder."""
    whole = [
        Path(folder) / name for folder, *kinds in os.walk("/dev", topdown=False) for names in kinds for name in names
    ]
    return [path for path in whole if path.lstat().st_dev == Path("/dev").stat().st_dev]


@pytest.fixture(scope="module")
def image(yard: Yard) -> str:
    """The operating system's image, which has udevd."""
    return yard.build("amd64/debian/trixie/run")


def mounts(root: Path) -> dict[str, str]:
    """Mount point below /dev → kind of file system, the topmost last."""
    return dict(MOUNTS.findall((root / "root/mounts").read_text()))


@pytest.mark.usefixtures("devices")
def test_a_privileged_container_gets_the_kernels_devices(yard: Yard, image: str) -> None:
    """What the engine mounted below /dev is still there, udevd is in another network, and SIGTERM is the command's."""
    with yard.engine.mounted(image) as root:
        done = boot(root, "/usr/bin/env", "UDEV=1", "/usr/bin/entry.sh", "/bin/sh", "-c", COMMAND)
        assert (done.returncode, done.stdout) == (3, "bye\n"), done.stdout + done.stderr
        found = mounts(root)
        own, *udevd = (root / "root/networks").read_text().split()
    assert found["/dev"] == "devtmpfs"
    assert {path: found[path] for path in KEPT} == KEPT
    assert {"/dev/console", "/dev/ptmx"} <= found.keys()
    assert udevd
    assert own not in udevd


def test_an_unprivileged_container_is_told_so(yard: Yard, image: str) -> None:
    """Nothing is mounted, and the command runs."""
    with yard.engine.mounted(image) as root:
        entry = ("/usr/bin/env", "UDEV=1", "/usr/bin/entry.sh", "/bin/sh", "-c", COMMAND)
        done = boot(root, *entry, privileged=False)
        assert (done.returncode, done.stdout) == (3, "bye\n"), done.stdout + done.stderr
        told = mounts(root)
        boot(root, "/bin/sh", "-c", COMMAND, privileged=False)
        assert told == mounts(root)
        assert told["/dev"] == "tmpfs"
        assert list((root / "tmp").iterdir()) == []
    assert "UDEV is on, but this container is not privileged: /dev stays as it is" in done.stderr


def test_install_packages_of_dnf(yard: Yard, image: str) -> None:
    """Without what is only recommended, without documents, and with nothing left in the caches."""
    name = "localhost/dnf:latest"
    yard.engine.build(yard.context, str(DNF), name, {"BASE": image})
    told = yard.engine.run(name, "sh", "-c", f"install_packages probe >&2 && {INSTALLED}")
    assert told == "probe-1-1.noarch\nfile\n"
    failed = "install_packages no-such-package 2>&1 || echo ended with $?"
    told = yard.engine.run(name, "sh", "-c", failed)
    assert "attempt 3 of 3 failed with exit code 1\n" in told
    assert told.endswith("ended with 1\n")
