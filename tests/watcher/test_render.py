"""Rendering a checkout: what changes, what is left alone, and when nothing has to be rendered again."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.catalogue import dump_release, load, release_path, with_release
from generator.plan import rendered
from tests.generator.family import family, files
from tests.generator.languages import spoken
from watcher import render, stamp, workspace

DOCKERFILE = "balena-base-images/amd64/debian/trixie/run/Dockerfile"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout of a new images repository."""
    for path, text in workspace.contents([]).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    (tmp_path / ".git").mkdir()
    return tmp_path


def _no_rendering(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every rendering fail."""

    def refuse(_: object) -> dict[str, str]:
        raise AssertionError("rendered")

    monkeypatch.setattr(render, "rendered", refuse)


def test_what_is_as_it_was_left_is_not_rendered_again(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second time the files are read and compared with the stamp, and that is all."""
    count, changed = render.bring_up(checkout)
    assert (count > 100, changed) == (True, 0)
    _no_rendering(monkeypatch)
    assert render.bring_up(checkout) == (count, 0)


@pytest.mark.parametrize(
    "what", ["edited", "same length", "line ends", "added", "removed", "catalogue", "program", "recorded"]
)
def test_any_difference_is_seen(checkout: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """An edit of any kind to a generated file, another catalogue, or another version of the program."""
    render.bring_up(checkout)
    file = checkout / DOCKERFILE
    if what == "edited":
        file.write_text(file.read_text() + "# by hand\n")
    elif what == "same length":
        file.write_text(file.read_text().replace("UDEV=off", "UDEV=off"[::-1]))
    elif what == "line ends":
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    elif what == "added":
        (file.parent / "Dockerfile.mine").write_text("FROM scratch\n")
    elif what == "removed":
        file.unlink()
    elif what == "program":
        monkeypatch.setattr(stamp, "_program", lambda: "another")
    elif what == "recorded":
        path = checkout / "catalogue" / "releases" / "debian" / "trixie.json"
        path.parent.mkdir(parents=True)
        path.write_text('{"source": "debian", "line": "trixie", "version": "13.2", "bases": [], "packages": []}\n')
    else:
        path = checkout / "catalogue" / "family.toml"
        path.write_text(path.read_text().replace('"balenalib"', '"ours"'))
    assert stamp.holds(checkout) is None
    render.bring_up(checkout)
    found = render.read_checkout(checkout)
    assert not render.differences(found, render.generated(found))
    assert stamp.holds(checkout)


def test_a_stamp_is_only_where_git_keeps_it(checkout: Path) -> None:
    """It is neither committed nor cloned: a folder without .git is rendered every time."""
    (checkout / ".git").rmdir()
    render.bring_up(checkout)
    assert stamp.holds(checkout) is None
    assert not list(checkout.glob("*render*"))


def test_the_order_of_flavours_does_not_depend_on_history() -> None:
    """A page made while a release set comes in is the one that is made from its files afterwards."""
    rows = spoken(family([]))
    backwards = load(files([]))
    for release in reversed(list(rows.releases.values())):
        backwards = with_release(backwards, release)
    recorded = {release_path(*key): dump_release(row).encode() for key, row in rows.releases.items()}
    assert rendered(backwards) == rendered(rows) == rendered(load(files([]) | recorded))
