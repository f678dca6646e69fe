"""Folders of builds, and what becomes of those that a killed process left."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from builder.scratch import room

_BUILD = """
import asyncio, sys
from pathlib import Path
from builder.scratch import room

async def build():
    async with room(Path(sys.argv[1])) as folder:
        (folder / "layer").write_text("half of it")
        print(folder, flush=True)
        sys.stdin.read()

asyncio.run(build())
"""


async def test_what_a_killed_build_left_goes_when_nobody_else_builds(tmp_path: Path) -> None:
    """While another process builds nothing is touched: its folder looks just like one that was left."""
    command = [sys.executable, "-c", _BUILD, str(tmp_path)]
    with (
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as killed,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as living,
    ):
        assert killed.stdout
        assert living.stdout
        left, used = (Path(process.stdout.readline().strip()) for process in (killed, living) if process.stdout)
        killed.kill()
        killed.wait()
        async with room(tmp_path) as own:
            assert {*tmp_path.iterdir()} == {left, used, own}
        living.communicate("")
        assert {*tmp_path.iterdir()} == {left}
        async with room(tmp_path) as own:
            assert [*tmp_path.iterdir()] == [own]
    assert [*tmp_path.iterdir()] == []


async def test_files_that_are_no_builds_stay(tmp_path: Path) -> None:
    """Logs of a farm's workers are there, too."""
    (tmp_path / "0123.log").write_text("")
    async with room(tmp_path):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["0123.log"]


async def test_a_thread_that_still_writes_hides_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ended the build is told; the folder goes when somebody builds alone again."""

    def refuse(path: str, *_: object, **__: object) -> None:
        raise OSError(39, "Directory not empty", path)

    async def fails() -> None:
        async with room(tmp_path) as folder:
            (folder / "layer").write_text("")
            monkeypatch.setattr(os, "rmdir", refuse)
            raise ValueError("the build's own")

    with pytest.raises(ValueError, match="the build's own"):
        await fails()
    monkeypatch.undo()
    assert [*tmp_path.iterdir()] != []
    async with room(tmp_path) as own:
        assert [*tmp_path.iterdir()] == [own]
