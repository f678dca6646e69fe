"""Starting a root file system as an engine starts a container: process 1, a cgroup tree and devices of its own."""

from __future__ import annotations

import subprocess
from pathlib import Path

_SETUP = """
set -e
root=$1 rights=$2; shift 2
mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
mkdir "$root/dev/pts" "$root/dev/shm" "$root/dev/mqueue"
mount -t tmpfs -o mode=1777 shm "$root/dev/shm"
mount -t mqueue mqueue "$root/dev/mqueue"
for device in null:3 zero:5 full:7 random:8 urandom:9; do
    mknod -m 666 "$root/dev/${device%:*}" c 1 "${device#*:}"
done
mount -t devpts -o newinstance,ptmxmode=666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
: > "$root/dev/console"
mount --bind "$root/dev/null" "$root/dev/console"
ln -s /proc/self/fd "$root/dev/fd"
exec setpriv --bounding-set="$rights" chroot "$root" "$@"
"""


def boot(root: Path, *command: str, privileged: bool = True) -> subprocess.CompletedProcess[str]:
    """Run *command* as process 1 of namespaces of its own; the machine's are not touched.

    Without *privileged* it has not the right to mount, which engines give to privileged containers alone.
    """
    unshare = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--cgroup", "--uts", "--ipc", "sh", "-c"]
    clean = ["env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "container=docker"]
    rights = "+all" if privileged else "-sys_admin"
    whole = [*clean, *unshare, _SETUP, "boot", str(root), rights, *command]
    try:
        return subprocess.run(whole, capture_output=True, text=True, check=False, timeout=60)
    except subprocess.TimeoutExpired as late:
        told = [(text or b"").decode() for text in (late.stdout, late.stderr)]
        return subprocess.CompletedProcess(whole, -1, *told)
