"""The container image may leave out what only extras need, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[2] / "deploy" / "extras.py"
ALL = ("farm", "notices", "postgres")


def left_out(*extras: str) -> set[str]:
    """What the build would uninstall."""
    return set(
        subprocess.run([sys.executable, PROGRAM, *extras], check=True, capture_output=True, text=True).stdout.split()
    )


def test_with_all_extras_nothing_goes() -> None:
    """That is the default, so that an image has what the documentation names."""
    assert left_out(*ALL) == set()
    assert f'ARG EXTRAS="{" ".join(ALL)}"' in PROGRAM.with_name("Dockerfile").read_text()


@pytest.mark.parametrize(
    ("extra", "library"), [("farm", "distributed"), ("notices", "apprise"), ("postgres", "psycopg-binary")]
)
def test_an_extra_that_is_not_wanted_goes_with_its_libraries(extra: str, library: str) -> None:
    """Its own, and what they alone need; not what we, or another extra, need too."""
    gone = left_out(*(each for each in ALL if each != extra))
    assert library in gone
    assert not gone & {"base-image-watcher", "click", "pyyaml", "sqlalchemy", "pydantic", "starlette"}
    assert gone < left_out()


def test_without_extras_the_program_runs() -> None:
    """No command of it imports what would be gone; distributions are told by their modules."""
    modules = ("distributed", "dask", "apprise", "psycopg", "tornado")
    code = f"import sys; sys.modules.update(dict.fromkeys({modules!r})); import watcher.cli, watcher.daemon, watcher.wiring"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_misspelt_extra_ends_the_build() -> None:
    """An image without what was asked for would fail much later."""
    done = subprocess.run([sys.executable, PROGRAM, "postgresql"], check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "no such extra: postgresql; there are farm, notices, postgres" in done.stderr
