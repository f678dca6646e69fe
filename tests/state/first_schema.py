"""A database as the first watcher left it, and what today's store has to read there: for SQLite and PostgreSQL alike."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, Table, create_engine

from state.events import SupportEnded
from state.store import PullRecord, Store
from state.store.schema import connect, migrations
from state.tables import Row
from tests.state.facts import LATER, NOW, artifact, checksum, release

ENDED = SupportEnded("node", "20", "20.1.0", "2026-04-30")
_FILE = artifact()
RELEASE = release("22.11.0", _FILE)
PULL = PullRecord(
    7, "node", "22", "22.10.0", "22.11.0", {"22": "22.11.0"}, key="f" * 64, branch="watcher/node/22",
    title="node: 22.10.0 -> 22.11.0", url="https://github.com/o/r/pull/7", state="open", head="a" * 40, base="b" * 40, event=1,
)  # fmt: skip


def leave(url: str) -> None:
    """Make the tables of revision 0001 in an empty database, with one row in each of those that tell a release's way."""
    engine = create_engine(url)
    with engine.begin() as connection:
        command.upgrade(migrations(connection), "0001")
        for name, row in _rows().items():
            connection.execute(Table(name, MetaData(), autoload_with=connection).insert().values(row))
    engine.dispose()


def _rows() -> dict[str, dict[str, Any]]:
    """Table → row, in an order that foreign keys allow."""
    which = {"source": "node", "line": "22"}
    pull = {key: value for key, value in asdict(PULL).items() if key != "held"}  # which came with 0006
    return {
        "source": {"name": "node", "last_success": NOW, "error": "", "error_url": "", "settled": "s", "cadence": "daily"},
        "release": which | {
            "version": "22.11.0", "published": RELEASE.published, "lts": "Jod", "security": True, "maintained": RELEASE.maintained,
            "supported_until": RELEASE.supported_until, "first_seen": NOW,
        },
        "artifact": which | {
            "release": "22.11.0", "arch": _FILE.arch.value, "libc": "glibc", "version": "22.11.0", "url": _FILE.url,
            "algorithm": "sha256", "digest": _FILE.checksum.digest, "verified": _FILE.verified, "signed": True, "size": 4711,
        },
        "event": {"at": NOW, "kind": "SupportEnded", "source": "node", "data": json.dumps(asdict(ENDED)), "attempts": 2, "error": "x"},
        "pull": pull | {"opened_at": NOW, "updated_at": LATER},
        "published": {
            "repository": "debian-node", "tag": "22", "digest": f"sha256:{checksum().digest}", "pushed_at": NOW, "dated": False,
            "origin": "pushed",
        },
    }  # fmt: skip


def check(url: str) -> None:
    """Open that database as today's watcher does: all of it is there, and Alembic would change nothing more."""
    with Store.open(url) as store:
        assert [(each.event, each.attempts) for each in store.unfinished()] == [(ENDED, 2)]
        assert store.releases("node") == [RELEASE]
        assert store.first_seen("node", "22.11.0") == NOW
        assert store.pulls() == [replace(PULL, opened_at=NOW, updated_at=LATER)]
        assert store.source_state("node").last_success == NOW
        tag = store.ledger.find("debian-node", "22")
        assert tag
        assert (tag.digest, tag.pushed_at) == (f"sha256:{checksum().digest}", NOW)
    engine = connect(url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Row.metadata) == []
    engine.dispose()
