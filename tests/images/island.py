"""Namespaces in which the kernel knows nothing of ARM programs, as on an x86 machine whose binfmt is off.

binfmt_misc belongs to the user namespace (since Linux 6.7, https://docs.kernel.org/admin-guide/binfmt-misc.html), so that
of a new one is empty, and the machine's own is not touched. Users are mapped to themselves, as packages have owners; not
all 4294967295, since that is how buildah knows the machine's own namespace, and it would make devices.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.images.engine import NoEngineError

_WAIT = 'echo ready; read -r mapped; exec sh -c "$0" "$@"'
_SETUP = """
set -e
mount --make-rprivate /
mount -t proc proc /proc
mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc || { echo "no island" >&2; exit 1; }
exec "$@"
"""
_ENTER = """
set -e
root=$1 user=$2; shift 2
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
exec chroot --userspec="$user" "$root" "$@"
"""
_ENVIRONMENT = ("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C.UTF-8")


def run(*command: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run *command*, a program of the machine, there; raise NoEngineError where the kernel is too old for it.

    Only a process outside may map all users, and only a program that is started after that has root's rights.
    """
    whole = ["env", "-i", *_ENVIRONMENT, "unshare", "--user", "--mount", "--pid", "--fork", "--kill-child"]
    whole += ["sh", "-c", _WAIT, _SETUP, "island", *map(str, command)]
    pipe = subprocess.PIPE
    with subprocess.Popen(whole, text=True, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        assert process.stdout
        if process.stdout.readline() == "ready\n":
            for kind in ("uid_map", "gid_map"):
                Path(f"/proc/{process.pid}/{kind}").write_text("0 0 65536")
        out, err = process.communicate(f"mapped\n{stdin}")
    if err.endswith("no island\n"):
        raise NoEngineError(f"a binfmt_misc of one's own needs Linux 6.7 or newer: {err}")
    return subprocess.CompletedProcess(whole, process.returncode, out, err)


def enter(root: Path, *command: str, user: int = 0, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run *command*, a program of the root file system below *root*, there: as an engine carries out a RUN."""
    return run("sh", "-c", _ENTER, "enter", root, f"{user}:{user}", *command, stdin=stdin)
