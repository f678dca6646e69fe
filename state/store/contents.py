"""What the images of distro lines have installed, as they were last built."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass

from sqlmodel import Session, col, delete, insert, select

from state.build_tables import InstalledRow

_Transaction = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True, slots=True)
class Content:
    """A package that images of a line have: ``source`` is what it was built from, ``version`` the version of that."""

    package: str
    source: str
    version: str


class Contents:
    """What is in the images: each method is one transaction."""

    def __init__(self, reading: _Transaction, writing: _Transaction) -> None:
        """Keep the rows in the store's database; both open a transaction of it."""
        self._reading, self._writing = reading, writing

    def save(self, distro: str, line: str, image: str, packages: Collection[Content]) -> None:
        """Keep what *image* has now, in place of what it had."""
        place = {"distro": distro, "line": line, "image": image}
        rows = {each.package: each for each in packages}  # of two architectures' one counts
        with self._writing() as session:
            session.exec(delete(InstalledRow).where(*(getattr(InstalledRow, key) == place[key] for key in place)))
            if rows:
                values = ({"package": n, "source": c.source, "version": c.version} for n, c in rows.items())
                session.execute(insert(InstalledRow), [place | value for value in values])

    def of(self, distro: str, line: str) -> frozenset[Content]:
        """Return what the images of a line have, all versions that there are."""
        with self._reading() as session:
            query = (
                select(InstalledRow.package, InstalledRow.source, InstalledRow.version)
                .where(col(InstalledRow.distro) == distro, col(InstalledRow.line) == line)
                .distinct()
            )
            return frozenset(Content(*row) for row in session.exec(query))
