"""Where the embedded forge keeps its pull requests: refs of the bare repository, read whole and moved together.

Used while the forge's lock is held. Each ref is moved from where it was seen, in one transaction, so that
people who push in between are noticed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from builder.fastimport import Identity, check_path
from builder.git import blobs
from builder.process import GitProcess
from builder.pull_record import Record
from state.errors import ForgeError

_RECORDS = "refs/watcher/pulls/"
_NOTHING = "0" * 40


@dataclass(frozen=True, slots=True)
class Kept:
    """A record and the commit that holds it."""

    record: Record
    commit: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """The records of one repository. Every method raises GitError where git refuses."""

    git: GitProcess
    identity: Identity
    now: Callable[[], datetime]

    def every(self) -> list[Kept]:
        """Return all records by number, having noticed what people did with plain git.

        A branch that was merged and pushed is merged and deleted; one that is gone, or brings nothing, is closed.
        """
        shown = self.git.ask("for-each-ref", "--format=%(objectname) %(refname)", _RECORDS, "refs/heads/")
        refs = {name: commit for commit, _, name in (line.partition(" ") for line in shown.text.splitlines())}
        commits = [commit for name, commit in refs.items() if name.startswith(_RECORDS)]
        wanted = "".join(f"{commit}:pull.json\n" for commit in commits).encode()
        texts = blobs(self.git.feed("cat-file", "--batch", data=wanted).out)
        kept = [Kept(Record.parse(text or b""), commit) for text, commit in zip(texts, commits, strict=True)]
        reached = self._reached({k.record.base for k in kept if k.record.standing == "open"})
        return sorted((self._settled(k, refs, reached) for k in kept), key=lambda k: k.record.number)

    def one(self, number: int) -> Kept:
        """Return the record of that number; ForgeError if there is none."""
        for kept in self.every():
            if kept.record.number == number:
                return kept
        raise ForgeError(f"there is no pull request {number} in {self.git.directory}")

    def open_one(self, branch: str) -> Kept | None:
        """Return the open one of *branch*, or None."""
        return next((k for k in self.every() if k.record.branch == branch and k.record.standing == "open"), None)

    def body(self, kept: Kept) -> str:
        """Return the text of a pull request."""
        return self.git.ask("cat-file", "blob", f"{kept.commit}:body.md").out.decode()

    def tip(self, branch: str) -> str:
        """Return the commit that *branch* is at; ForgeError if there is no such branch."""
        answer = self.git.ask("rev-parse", "--quiet", "--verify", f"refs/heads/{check_path(branch)}", ok=(0, 1))
        if answer.code:
            raise ForgeError(f"there is no branch {branch} in {self.git.directory}")
        return answer.text

    def within(self, commit: str, branch: str) -> bool:
        """Whether *commit* is reachable from *branch*."""
        return self.git.ask("merge-base", "--is-ancestor", commit, f"refs/heads/{branch}", ok=(0, 1)).code == 0

    def write(self, record: Record, before: str | None, body: str | None = None, moves: Sequence[str] = ()) -> Kept:
        """Keep *record* in place of the one at *before*; the refs of *moves* go with it, or nothing does.

        *body* None leaves the text as it is. *moves* are lines of ``git update-ref --stdin``.
        """
        record = replace(record, updated_at=self.now().isoformat())
        said = self._blob(body) if body is not None else self.git.ask("rev-parse", f"{before}:body.md").text
        listing = f"100644 blob {said}\tbody.md\n100644 blob {self._blob(record.text())}\tpull.json\n"
        tree = self.git.feed("mktree", data=listing.encode()).text
        message = f"Pull request {record.number}: {record.standing}\n"
        commit = self.commit(tree, (before,) if before else (), message)
        lines = (
            "start",
            *moves,
            f"update {_RECORDS}{record.number} {commit} {before or _NOTHING}",
            f"update refs/pull/{record.number}/head {record.head}",
            "prepare",
            "commit",
        )
        self.git.feed("update-ref", "--stdin", data="".join(f"{line}\n" for line in lines).encode())
        return Kept(record, commit)

    def commit(self, tree: str, parents: Sequence[str], message: str) -> str:
        """Write a commit object and return its name."""
        stamp = self.identity.stamp(self.now())
        header = "".join(f"parent {parent}\n" for parent in parents)
        text = f"tree {tree}\n{header}author {stamp}\ncommitter {stamp}\n\n{message}"
        return self.git.feed("hash-object", "-t", "commit", "-w", "--stdin", data=text.encode()).text

    def _blob(self, text: str) -> str:
        return self.git.feed("hash-object", "-w", "--stdin", data=text.encode()).text

    def _reached(self, bases: set[str]) -> set[tuple[str, str]]:
        """(base, branch) for every branch that is reachable from its base."""
        listed = ("for-each-ref", "--format=%(refname:lstrip=2)")
        return {
            (base, branch)
            for base in bases
            for branch in self.git.ask(*listed, f"--merged=refs/heads/{base}", "refs/heads/").text.splitlines()
        }

    def _settled(self, kept: Kept, refs: Mapping[str, str], reached: set[tuple[str, str]]) -> Kept:
        record = kept.record
        if record.standing != "open":
            return kept
        head = refs.get(f"refs/heads/{record.branch}")
        if head is not None and (record.base, record.branch) not in reached:
            return replace(kept, record=replace(record, head=head))
        if not self.within(record.head, record.base):
            return self.write(replace(record, standing="closed"), kept.commit)
        record = replace(record, head=head or record.head)
        drop = (f"delete refs/heads/{record.branch} {head}",) if head else ()
        merged = replace(record, standing="merged", merge_commit=self._brought(record))
        return self.write(merged, kept.commit, moves=drop)

    def _brought(self, record: Record) -> str:
        """The commit of the base's own line that brought the head there: a merge, or the head itself."""
        path = ("rev-list", "--first-parent", "--ancestry-path", f"{record.head}..refs/heads/{record.base}")
        return (self.git.ask(*path).text.splitlines() or [record.head])[-1]
