"""From what was seen upstream to a change of the images repository: files, and the words around them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import Protocol

from generator import body, builds, dockerfile, docs, guard, layers, matrix, message, sections, tags
from generator.catalogue import dump_release, release_path, with_release, without_line
from generator.ended import dump_ended, ended_path
from generator.proposal import Proposal
from generator.rows import Catalogue
from state.model import Change

GENERATED = ("balena-base-images/", "docs/")
"""Everything below these folders is generated: a file there that nothing generates is a leftover."""


_HERE = 6
"""One of so many Dockerfiles takes, with the proof of names and the documentation, as long as the others together."""

Beside = Callable[[Callable[[], dict[str, str]]], Callable[[], dict[str, str]]]


class Body(Protocol):
    """Writes the description of a pull request; *past* tells what builds took before."""

    def __call__(self, *, past: builds.Past = ...) -> str:
        """Return its text."""
        ...


@dataclass(frozen=True, slots=True)
class Planned:
    """A change, and the description of its pull request: written only once the branch is pushed."""

    change: Change
    body: Body = field(repr=False)


def prefixes(catalogue: Catalogue, source: str) -> list[str]:
    """The folders of the images repository that a change of *source* may touch."""
    stacks = [s.name for s in catalogue.stacks.values() if s.source == source]
    records = [f"catalogue/releases/{source}/", f"catalogue/ended/{source}/"]
    return [*records, "docs/", *(f"balena-base-images/{name}/" for name in stacks)]


def propose(catalogue: Catalogue, before: Mapping[str, str], proposal: Proposal, day: date) -> Planned | None:
    """Plan the change that brings *proposal*; None if the repository has it already.

    :param catalogue: as it is on the default branch
    :param before: path → text of every file below :func:`prefixes`, as it is there
    :param day: today in UTC, for the build plan's dated tags
    """
    wanted = catalogue
    for release in proposal.releases:
        wanted = with_release(wanted, release)
    lines = {r.line: str(r.version) for r in proposal.releases}
    files = _files(wanted, before, proposal.source, lines)
    if not files:
        return None
    step = message.Step.of(catalogue, proposal.source, proposal.line, proposal.releases)
    partially = _partial(catalogue, proposal)
    words = message.bring(step, partial=partially, security=proposal.security, removed=_removed(files))
    if proposal.yanked:
        words = message.take_back(words, proposal.yanked, proposal.reason)
    change = _change(words, files, source=proposal.source, line=proposal.line, old=step.old, new=step.new, lines=lines)
    planned = Planned(change, partial(body.bring, catalogue, wanted, proposal, step, before, files, day))
    return guarded(planned, guard.compare(catalogue, wanted))


def retire(
    catalogue: Catalogue, before: Mapping[str, str], source: str, line: str, ended: str, day: date
) -> Planned | None:
    """Plan the change that removes a line whose support ended, or a release set's lines; None if they are gone."""
    groups = [s.group_of for s in catalogue.stacks.values() if s.source == source]
    gone = [r for r in catalogue.lines(source) if line in {r.line, *(group(r.line) for group in groups)}]
    if not gone:
        return None
    wanted = catalogue
    for release in gone:
        wanted = without_line(wanted, source, release.line, date.fromisoformat(ended))
    files = _files(wanted, before, source, {r.line: "" for r in gone})
    step = message.Step(source, line, str(gone[-1].version), None, tuple(gone))
    change = _change(message.retire(step, ended), files, source=source, line=line, old=step.old)
    planned = Planned(change, partial(body.retire, catalogue, wanted, step, ended, before, files, day))
    return guarded(planned, guard.compare(catalogue, wanted))


def refresh(catalogue: Catalogue, before: Mapping[str, str], day: date) -> Planned | None:
    """Plan the change that brings every generated file up to the catalogue and these templates; None if all are.

    :param before: path → text of every generated file as it is
    """
    made = rendered(catalogue)
    files = {p: text for p in sorted({*before, *made}) if (text := made.get(p)) != before.get(p)}
    if not files:
        return None
    words = message.refresh(len(files), _removed(files))
    change = _change(words, files, source="render")
    planned = Planned(change, partial(body.refresh, catalogue, before, files, day))
    return guarded(planned, guard.without(path for path, text in files.items() if text is None))


def guarded(planned: Planned, findings: Sequence[guard.Finding]) -> Planned:
    """Return the change with what it may not do silently said first, and with the labels that this needs."""
    if not findings:
        return planned
    labels = tuple(dict.fromkeys((*planned.change.labels, *guard.labels(findings))))

    def body(*, past: builds.Past = builds.never) -> str:
        return f"{sections.guarded(findings)}\n\n{planned.body(past=past)}"

    return Planned(replace(planned.change, labels=labels), body)


def _partial(catalogue: Catalogue, proposal: Proposal) -> bool:
    """Whether something is missing that is not allowed to be."""
    allowed = [p for s in catalogue.stacks.values() if s.source == proposal.source for p in s.allow_missing]
    return bool(proposal.without) or any((h.arch, h.libc) not in allowed for h in proposal.late)


def _change(
    words: message.Words,
    files: Mapping[str, str | None],
    *,
    source: str,
    line: str | None = None,
    old: str | None = None,
    new: str | None = None,
    lines: Mapping[str, str] | None = None,
) -> Change:
    """Put a change together."""
    return Change(source, line, old, new, lines or {}, words.branch, words.title, words.commit, words.labels, files)


def rendered(catalogue: Catalogue, beside: Beside = lambda job: job) -> dict[str, str]:
    """Everything that is generated from *catalogue*: path → text.

    :param beside: begins a computation and returns what waits for its result: most Dockerfiles are that, while here
        names are proved, the documentation and the other Dockerfiles are written. Without it everything is done here.
    :raises CatalogueError: two images share a name, or two device classes have the same text
    """
    images = matrix.with_dockerfile(catalogue)
    few = len(images) // _HERE
    most = beside(lambda: dockerfile.files(catalogue, images[few:]))
    tags.Names(catalogue).prove()
    written = docs.docs(catalogue)
    texts = dockerfile.files(catalogue, images[:few]) | most()
    layers.distinct(images, texts)
    return {**texts, **written}


def _files(
    wanted: Catalogue, before: Mapping[str, str], source: str, lines: Mapping[str, str]
) -> dict[str, str | None]:
    """What differs between *before* and what *wanted* says of these lines: new text, or None if removed."""
    tags.Names(wanted).prove()
    after: dict[str, str | None] = {path: None for path in before if _belongs(wanted, path, source, lines)}
    for line in lines:
        release, over = wanted.releases.get((source, line)), wanted.ended.get((source, line))
        if release:
            after[release_path(source, line)] = dump_release(release)
        if over:
            after[ended_path(source, line)] = dump_ended(over)
    for stack in (s.name for s in wanted.stacks.values() if s.source == source):
        for line in lines:
            made = dockerfile.files(wanted, matrix.images_of(wanted, stack, line))
            # What all images share (scripts, keys) is no stack's business and comes with it here.
            after |= {path: text for path, text in made.items() if _belongs(wanted, path, source, lines)}
    after |= docs.docs(wanted)
    return {path: text for path, text in sorted(after.items()) if text != before.get(path)}


def _belongs(catalogue: Catalogue, path: str, source: str, lines: Mapping[str, str]) -> bool:
    """Whether *path* is one of the files of these lines: its record, that of its end, or a Dockerfile of it."""
    if path in {make(source, line) for line in lines for make in (release_path, ended_path)}:
        return True
    parts = path.split("/")
    # balena-base-images/<stack>/<arch>/<distro>/<distro_ver>/<line>/<variant>/Dockerfile
    stack = catalogue.stacks.get(parts[1]) if len(parts) == 8 else None  # noqa: PLR2004  (the shape above)
    return stack is not None and stack.source == source and parts[5] in lines


def _removed(files: Mapping[str, str | None]) -> int:
    """How many Dockerfiles the change removes."""
    return sum(1 for path, text in files.items() if text is None and path.endswith("/Dockerfile"))
