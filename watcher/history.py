"""What a name led to, and since when: the moves of its tag, and the dated names that stay."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from generator.names import canonical
from generator.resolve import Resolver
from state.store import Move, Pin, Published, Store

_WORDS = {
    "release": "a merged pull request",
    "plan": "built by hand",
    "index": "its members were tagged",
    "rollback": "rolled back",
    "yank": "a release was taken back",
    "freed": "released from its pin",
    "pushed": "pushed",
    "adopted": "was there before us",
}


@dataclass(frozen=True, slots=True)
class Step:
    """From *at* on the name led to *digest* (before: to *before*, "" if it was new, or that is not known).

    ``what`` says in words what changed, ``why`` what moved it (see :data:`state.store.Why`; of what was not moved by us
    the origin), ``dated`` are the names that lead to this digest for good.
    """

    at: datetime
    digest: str
    before: str
    why: str
    what: str
    pull: int | None
    dated: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """Return what programs may rely on, as JSON."""
        plain = {name: getattr(self, name) for name in ("digest", "before", "why", "what", "pull")}
        return {"at": self.at.isoformat(), **plain, "dated": list(self.dated)}


@dataclass(frozen=True, slots=True)
class History:
    """The past of one name, newest first; ``digest`` is where it leads now, as far as is known."""

    name: str
    digest: str | None
    pin: Pin | None
    steps: tuple[Step, ...]

    def document(self) -> dict[str, Any]:
        """Return what programs may rely on, as JSON."""
        pin = self.pin and {"digest": self.pin.digest, "since": self.pin.since.isoformat(), "reason": self.pin.reason}
        steps = [step.document() for step in self.steps]
        return {"name": self.name, "digest": self.digest, "pinned": pin, "history": steps}


def tell(resolver: Resolver, store: Store, text: str) -> History:
    """Return what is known of the name that *text* is, whichever parts it leaves out.

    :raises LookupError: no such name, and none was ever published
    """
    repository, tag = find(resolver, store, text)
    moves = store.ledger.history(repository, tag)
    titles = {pull.number: pull.title for pull in store.pulls()} if moves else {}
    names = _dated(store, repository, [move.after for move in moves])
    steps = [_step(move, titles, names.get(move.after, ())) for move in moves]
    steps += _from_before(store.ledger.dated(repository, tag), {step.digest for step in steps})
    now = store.ledger.find(repository, tag)
    if now and not steps:
        steps = [Step(now.pushed_at, now.digest, "", now.origin, _WORDS[now.origin], None, ())]
    pin = store.ledger.pins.of(repository).get(tag)
    return History(f"{repository}:{tag}", now.digest if now else None, pin, tuple(steps))


def find(resolver: Resolver, store: Store, text: str) -> tuple[str, str]:
    """Return the repository and tag that *text* stands for: itself where it was published, else its canonical name.

    :raises LookupError: there is neither
    """
    repository, tag = written(resolver.catalogue.family.namespace, text)
    if store.ledger.find(repository, tag):
        return repository, tag
    found = resolver.resolve(text)
    if found.image is None:
        nearest = f"; the nearest: {', '.join(found.suggestions)}" if found.suggestions else ""
        raise LookupError(f"{text}: never published, and {found.reason}{nearest}")
    whole = canonical(resolver.catalogue, found.image)
    repository, _, tag = (f"{whole}-{found.date}" if found.date else whole).rpartition(":")
    return repository, tag


def written(namespace: str, text: str) -> tuple[str, str]:
    """``[registry/][namespace/]repository[:tag]`` → repository with the namespace, and tag."""
    above, _, name = text.strip().partition("@")[0].rpartition("/")
    repository, _, tag = name.partition(":")
    return f"{above.rpartition('/')[2] or namespace}/{repository}", tag or "latest"


def _dated(store: Store, repository: str, digests: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Digest → the dated names that lead to it."""
    found: dict[str, tuple[str, ...]] = {}
    for row in store.ledger.dated_names(repository, list(dict.fromkeys(digests))):
        found[row.digest] = (*found.get(row.digest, ()), row.reference)
    return found


def _step(move: Move, titles: dict[int, str], dated: tuple[str, ...]) -> Step:
    title = titles.get(move.pull, "") if move.pull is not None else ""
    what = move.note or title or _WORDS[move.why]
    return Step(move.at, move.after, move.before, move.why, what, move.pull, dated)


def _from_before(rows: Sequence[Published], told: set[str]) -> list[Step]:
    """What dated names tell of the time before the history begins."""
    steps = []
    for row in rows:
        if row.digest not in told:
            told.add(row.digest)
            names = tuple(r.reference for r in rows if r.digest == row.digest)
            steps.append(Step(row.pushed_at, row.digest, "", row.origin, _WORDS[row.origin], None, names))
    return steps
