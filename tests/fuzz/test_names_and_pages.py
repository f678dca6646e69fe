"""What any text becomes where images are named, and on the pages and in the feed that people follow."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from xml.etree import ElementTree as ET

from hypothesis import given, settings
from hypothesis import strategies as st

from generator import matrix
from generator.catalogue import with_release
from generator.tags import Names
from state.errors import WatcherError
from state.model import Image
from state.store import Entry, Move
from state.store.contents import Shift
from tests.fuzz.test_doors import Tags, rows, texts
from tests.generator.family import release
from watcher.web.access import Viewer
from watcher.web.pages.moves import WHY, Page, Told, feed, shift
from watcher.web.view import environment

# https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}")
REPOSITORY = re.compile(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*")
NOW = datetime(2026, 8, 6, 12, tzinfo=UTC)
MOVE = Move("balenalib/amd64-debian", "trixie", "", f"sha256:{'0' * 64}", NOW, "release")
ENTRY = Entry(1, NOW, "ReleaseSeen", "node", "plain", {}, NOW, None, 0, "plain")
FEW = settings(max_examples=max(1, settings().max_examples // 5))
ATOM = "{http://www.w3.org/2005/Atom}"

versions = texts | st.text("0123456789.+~_-^rcab:", max_size=150).map("22.".__add__)
stored = st.lists(texts | st.text(max_size=20), max_size=4).map(lambda some: "".join(some).replace("\ud800", ""))
"""What the database and an answer can hold: no half of a pair of surrogates."""


@FEW
@given(text=versions, lts=texts)
def test_whatever_a_version_is_called_its_names_are_tags_of_one_image(text: str, lts: str) -> None:
    """It is refused, by itself or because its names cannot be proved; or a registry takes every name of the family."""
    try:
        made = with_release(rows(), replace(release(rows(), "22", text), lts=lts))
        names = Names(made)
        names.prove()
    except (ValueError, WatcherError):
        return
    owner: dict[str, Image] = {}
    for image in matrix.images(made):
        for name in (*names.tags(image), *names.dated(image, date(2026, 8, 6))):
            repository, _, tag = name.partition(":")
            assert REPOSITORY.fullmatch(repository), name
            assert TAG.fullmatch(tag.removesuffix("-20260806")), name
            assert owner.setdefault(name, image) is image, name


def page(template: str, **context: object) -> Tags:
    """What a browser makes of a page."""
    known = {
        "viewer": Viewer(),
        "can_log_in": False,
        "path": "/",
        "now": NOW,
        "programs": ("watcher status --json", ""),
    }
    return Tags(environment().get_template(template).render(known | context))


@cache
def plain(template: str) -> Tags:
    """The page of plain words."""
    return PAGES[template]("plain")


def _problem(text: str) -> Tags:
    return page("problem.html", title=text, text=text)


def _events(text: str) -> Tags:
    entry = replace(ENTRY, kind=text, source=text or "x", summary=text, error=text or "x")
    return page("events.html", entries=[entry], sources=[text, "node"], source="", newer=True, older=1)


def _moves(text: str) -> Tags:
    move = replace(MOVE, repository=text, tag=text, before=text or "x", after=text, note=text or "x", pull=1)
    return page("moves.html", found=_page([Told(1, move, [Shift(text, text, text)])]), why=WHY, shift=shift)


def _page(moves: list[Told]) -> Page:
    return Page(moves, dated=False, here="", newest="", older=None)


PAGES = {"problem.html": _problem, "events.html": _events, "moves.html": _moves}


@given(text=stored, template=st.sampled_from(sorted(PAGES)))
def test_a_page_has_the_tags_of_one_with_plain_words(text: str, template: str) -> None:
    """Whatever stands in the journal or in the history of tags is shown, and is nothing but text."""
    found = PAGES[template](text)
    assert (found.tags, found.active) == (plain(template).tags, plain(template).active)


@given(text=stored)
def test_the_feed_is_well_formed_and_has_one_entry_for_each_move(text: str) -> None:
    """A reason that a person gave may hold anything; a reader of feeds stops at the first fault."""
    shifts = [Shift(text, text, text)]
    found = [Told(number, replace(MOVE, tag=text, note=text), shifts) for number in (2, 1)]
    read = ET.fromstring(feed(_page(found), "http://127.0.0.1/", NOW))
    assert [child.tag for child in read].count(f"{ATOM}entry") == 2
    assert {child.tag for entry in read.iter(f"{ATOM}entry") for child in entry} == {
        f"{ATOM}{name}" for name in ("id", "title", "updated", "link", "content")
    }
