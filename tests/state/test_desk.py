"""What the daemon keeps beside the journal."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from state.errors import StoreError
from state.events import SupportEnded
from state.store import Delivery, Store, Wanted, news
from state.store.news import News
from tests.state.facts import LATER, NOW

MERGED = Delivery("guid-1", "github/pull_request", [Wanted("look", who="github")])


def test_a_webhook_is_taken_once(store: Store) -> None:
    """The same delivery again, even within one batch, wants nothing."""
    inbox = store.desk.inbox
    assert inbox.take([MERGED, MERGED], NOW) == [True, False]
    assert inbox.take([MERGED], LATER) == [False]
    assert [wish.wanted for wish in inbox.open()] == [Wanted("look", who="github")]


def test_what_is_wanted_twice_is_one_wish_until_it_is_done(store: Store) -> None:
    """A hundred deliveries ask for one look; after that was carried out the next one asks anew."""
    inbox = store.desk.inbox
    first = inbox.wish(Wanted("look"), NOW)
    assert inbox.wish(Wanted("look"), NOW) == first
    other = inbox.wish(Wanted("merge", "7", "ada"), NOW)
    inbox.done([first], LATER)
    assert [wish.id for wish in inbox.open()] == [other]
    assert inbox.wish(Wanted("look"), LATER) not in (first, other)


def test_a_wish_says_why_it_could_not_be_carried_out(store: Store) -> None:
    """Who wished it can read what became of it."""
    inbox = store.desk.inbox
    number = inbox.wish(Wanted("merge", "7", "ada"), NOW)
    inbox.done([number], LATER, "it does not merge cleanly")
    found = inbox.find(number)
    assert found
    assert (found.done_at, found.error, found.wanted.who) == (LATER, "it does not merge cleanly", "ada")
    assert inbox.find(number + 1) is None


def test_news_are_the_newest_event_and_a_wish_that_is_open(store: Store) -> None:
    """What a daemon asks each second sees what was committed, by whomever, and nothing that is done."""
    assert store.news() == News(0, wished=False)
    number = store.desk.inbox.wish(Wanted("look"), NOW)
    assert store.news() == News(0, wished=True)
    (told,) = store.record([SupportEnded("node", "20", "20.1.0", "2026-04-30")], NOW)
    assert store.news() == News(told.id, wished=True)
    store.desk.inbox.done([number], NOW)
    assert store.news() == News(told.id, wished=False)


def test_news_of_a_database_that_cannot_be_asked_are_refused_in_our_words(tmp_path: Path) -> None:
    """The driver's own error would end the daemon: who works with the memory next says what is wrong."""
    bare = create_engine(f"sqlite:///{tmp_path}/none.db")
    with pytest.raises(StoreError, match="the state database refused: no such table"):
        news.look(bare)
    missing = create_engine(f"sqlite:///{tmp_path}/nowhere/none.db")
    with pytest.raises(StoreError, match="the state database refused: unable to open"):
        news.look(missing)


def test_a_source_pauses_until_it_is_resumed(store: Store) -> None:
    """A second pause does not move the first; resuming what is not paused is told."""
    desk = store.desk
    desk.pause("node", "broken mirror", NOW)
    desk.pause("node", "again", LATER)
    assert {name: (p.since, p.reason) for name, p in desk.paused().items()} == {"node": (NOW, "broken mirror")}
    assert desk.resume("node")
    assert not desk.resume("node")
    assert desk.paused() == {}


def test_the_past_is_forgotten_and_what_is_open_is_not(store: Store) -> None:
    """Deliveries, wishes that were carried out and what was told go after a while; an open wish stays."""
    desk = store.desk
    desk.inbox.take([MERGED], NOW)
    done = desk.inbox.wish(Wanted("poll", "node"), NOW)
    desk.inbox.done([done], NOW)
    desk.tell("feed-dead:node", NOW)
    desk.read("notices", 5)
    desk.forget(NOW + timedelta(seconds=1))
    assert not desk.told("feed-dead:node")
    assert desk.inbox.find(done) is None
    assert [wish.wanted.kind for wish in desk.inbox.open()] == ["look"]
    assert desk.inbox.take([MERGED], NOW) == [True]
    assert (desk.mark("notices"), desk.mark("other")) == (5, None)
