"""What images have installed: those of distro lines as they were last built, and each image by its list of packages."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

from sqlmodel import Session, col, delete, insert, select

from state.build_tables import BuildRow, InstalledRow, ListingRow

_Transaction = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True, slots=True)
class Content:
    """A package that images of a line have: ``source`` is what it was built from, ``version`` the version of that."""

    package: str
    source: str
    version: str


@dataclass(frozen=True, slots=True)
class Shift:
    """A package that two images do not have alike: ``before`` or ``after`` is None where one of them has none."""

    package: str
    before: str | None
    after: str | None


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

    def keep(self, packages: Mapping[str, str]) -> str:
        """Keep a list of packages (name → version) and return what it is known by; equal lists are kept once."""
        text = json.dumps(packages, sort_keys=True)
        number = hashlib.sha256(text.encode()).hexdigest()
        with self._writing() as session:
            session.merge(ListingRow(id=number, packages=text))
        return number

    def listings(self, digests: Collection[str]) -> Mapping[str, str]:
        """Return digest of an image → what its list of packages is known by; images of an unknown one are left out."""
        with self._reading() as session:
            return _listings(session, digests)

    def shifts(self, pairs: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], list[Shift]]:
        """Return in which packages the two images of each pair (digests) differ, by name.

        Pairs of which one image's packages are not known are left out.
        """
        with self._reading() as session:
            of = _listings(session, {digest for pair in pairs for digest in pair})
            rows = session.exec(select(ListingRow).where(col(ListingRow.id).in_(set(of.values()))))
            lists: dict[str, dict[str, str]] = {row.id: json.loads(row.packages) for row in rows}
        known = {pair: (of[pair[0]], of[pair[1]]) for pair in pairs if pair[0] in of and pair[1] in of}
        found = {(old, new): _shifts(lists[old], lists[new]) for old, new in set(known.values())}
        return {pair: found[both] for pair, both in known.items()}


def _listings(session: Session, digests: Collection[str]) -> dict[str, str]:
    query = select(BuildRow.digest, BuildRow.packages).where(col(BuildRow.digest).in_(digests), BuildRow.packages != "")
    return dict(session.exec(query).all())


def _shifts(old: Mapping[str, str], new: Mapping[str, str]) -> list[Shift]:
    changed = (name for name in sorted(old.keys() | new.keys()) if old.get(name) != new.get(name))
    return [Shift(name, old.get(name), new.get(name)) for name in changed]
