"""git's processes: one holder at a time, an end in time, and errors in words."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from builder.process import GitProcess, reason
from state.errors import GitError
from tests.builder.conftest import Place


@pytest.fixture
def git(place: Place) -> GitProcess:
    """Git on the place's repository, with little patience."""
    return GitProcess(place.bare, place.bare / "watcher.lock", place.environment, timeout=0.3)


def test_a_lock_is_held_by_one(git: GitProcess) -> None:
    """A second holder waits, and gives up in words; after the first it is its turn."""
    with git.alone(), pytest.raises(GitError, match=r"in use by another process for 0\.3 s"), git.alone():
        pass
    with git.alone() as held:
        assert held.ask("rev-parse", "--is-bare-repository").text == "true"


def test_a_lock_outlives_its_holder_while_git_writes(git: GitProcess) -> None:
    """A git that a killed watcher left running keeps the others out until it has ended."""
    with git.alone() as held:
        left = subprocess.Popen(["sleep", "0.6"], pass_fds=held.held)
    with pytest.raises(GitError, match="in use"), git.alone():
        pass
    left.wait()
    with git.alone():
        pass


def test_a_command_inherits_the_lock(git: GitProcess, tmp_path: Path) -> None:
    """What runs under the lock has it open."""
    shim = tmp_path / "bin/git"
    shim.parent.mkdir()
    shim.write_text("#!/bin/sh\nls -l /proc/self/fd\n")
    shim.chmod(0o755)
    path = f"{shim.parent}:{git.environment['PATH']}"
    with replace(git, environment={"PATH": path}, timeout=5).alone() as held:
        assert "watcher.lock" in held.feed("status").text


def test_a_command_that_does_not_end_is_ended(git: GitProcess, tmp_path: Path) -> None:
    """Neither kind of command holds the watcher up for longer than its time."""
    shim = tmp_path / "bin/git"
    shim.parent.mkdir()
    shim.write_text("#!/bin/sh\nexec sleep 20\n")
    shim.chmod(0o755)
    slow = replace(git, environment={"PATH": f"{shim.parent}:{git.environment['PATH']}"})
    began = time.monotonic()
    with pytest.raises(GitError, match="no end after"):
        slow.feed("status")
    with pytest.raises(GitError, match=r"did not complete|no end|Timeout"):
        slow.ask("status")
    assert time.monotonic() - began < 5


def test_no_git_is_said_plainly(git: GitProcess, environment: Mapping[str, str]) -> None:
    """A machine without git gives an error of ours."""
    without = replace(git, environment={"PATH": "/nonexistent"})
    for command in (without.ask, without.feed):
        with pytest.raises(GitError, match="cannot be started"):
            command("status")


def test_a_place_that_cannot_be_locked_is_named(git: GitProcess, tmp_path: Path) -> None:
    """It is an error of ours, whatever the system says."""
    (tmp_path / "file").touch()
    with pytest.raises(GitError, match="cannot be locked"), replace(git, lock=tmp_path / "file/x.lock").alone():
        pass


def test_the_reason_is_in_gits_errors() -> None:
    """Advice below an error is left out, the remote's errors count, and words without an error are better than none."""
    advice = "\n\nAnother git process seems to be running in this repository, e.g.\nan editor\nremove the file\n"
    assert reason(f"fatal: Unable to create 'x.lock': File exists.{advice}") == (
        "fatal: Unable to create 'x.lock': File exists."
    )
    assert reason(f"remote: error: cannot lock ref{advice}error: failed to push\n") == (
        "remote: error: cannot lock ref / error: failed to push"
    )
    assert reason("one\n\ntwo\nthree\nfour\n") == "two / three / four"
    assert reason("") == ""


def test_an_error_has_gits_last_words(git: GitProcess) -> None:
    """The message is git's; what looks like a password in an address is cut out."""
    with pytest.raises(GitError, match=r"git rev-parse: fatal: Needed a single revision"):
        git.ask("rev-parse", "--verify", "nowhere")
    git.lock.with_name("refs").joinpath("heads/main.lock").touch()
    with pytest.raises(GitError, match=r"heads/main\.lock': File exists\.$"):
        git.ask("update-ref", "-d", "refs/heads/main")
    with pytest.raises(GitError) as caught:
        git.feed("fetch", "http://user:hunter2@127.0.0.1:1/x.git")
    assert "hunter2" not in str(caught.value)
    assert "127.0.0.1" in str(caught.value)
