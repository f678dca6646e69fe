"""Starting a root file system as a privileged container is started: process 1, a cgroup tree and devices of its own."""

from __future__ import annotations

import subprocess
from pathlib import Path

_SETUP = """
set -e
root=$1; shift
mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
mkdir "$root/dev/pts" "$root/dev/shm"
for device in null:3 zero:5 full:7 random:8 urandom:9; do
    mknod -m 666 "$root/dev/${device%:*}" c 1 "${device#*:}"
done
mount -t devpts -o newinstance,ptmxmode=666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
exec chroot "$root" "$@"
"""


def boot(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run *command* as process 1 of namespaces of its own; the machine's are not touched."""
    unshare = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--cgroup", "--uts", "--ipc", "sh", "-c"]
    clean = ["env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "container=docker"]
    whole = [*clean, *unshare, _SETUP, "boot", str(root), *command]
    try:
        return subprocess.run(whole, capture_output=True, text=True, check=False, timeout=60)
    except subprocess.TimeoutExpired as late:
        told = [(text or b"").decode() for text in (late.stdout, late.stderr)]
        return subprocess.CompletedProcess(whole, -1, *told)
