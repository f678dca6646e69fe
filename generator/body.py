"""The body of a pull request: what a maintainer reads before merging.

In this order: summary, artifacts and how each was verified, what is late or absent, the catalogue's own lines, the
blast radius by class with one representative diff and the list of files each, tags that move, upstream's notes, the build plan by layer, the controls, and a
hidden block for programs (a hint: the commit's trailers are the truth). Always below GitHub's limit of
65,536 characters; diffs give way first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from generator import builds, classes, sections
from generator.message import Step
from generator.proposal import Proposal
from generator.rows import Catalogue

_LISTED = 300
LIMIT = 59_000
"""Characters; the forge's limit is 65,536 UTF-16 units, and what the guard found is said before this."""


def bring(
    old: Catalogue,
    new: Catalogue,
    proposal: Proposal,
    step: Step,
    before: Mapping[str, str],
    files: Mapping[str, str | None],
    day: date,
    past: builds.Past = builds.never,
) -> str:
    """Write the body of a change that brings releases."""
    steps = builds.plan(new, [p for p, text in files.items() if text is not None], day)
    head = [
        sections.yanked(proposal),
        sections.summary(step, proposal, old),
        sections.passed(proposal.passed),
        sections.artifacts(proposal.releases),
        sections.without(proposal),
        sections.late(new, proposal),
        sections.absent(new, proposal),
        sections.records(classes.records(before, files)),
        sections.radius(files, steps),
    ]
    tail = [
        sections.moving(new, steps),
        sections.notes(proposal),
        sections.build_plan(steps, past),
        sections.BRING_CONTROLS,
        sections.hidden(step, proposal.releases, security=proposal.security),
    ]
    return fit(head, classes.group(before, files), tail)


def retire(
    old: Catalogue,
    new: Catalogue,
    step: Step,
    ended: str,
    before: Mapping[str, str],
    files: Mapping[str, str | None],
    day: date,
    past: builds.Past = builds.never,
) -> str:
    """Write the body of a change that removes a line, or the lines of a release set."""
    del past  # nothing is built
    gone = builds.plan(old, [p for p, text in files.items() if text is None], day)
    summary = (
        f"Upstream's support of **{step.source} {step.line}** ended on {ended}. "
        f"This removes its {sum(1 for t in files.values() if t is None)} files, so that "
        f"**{len(gone):,} images** are no longer rebuilt. Nothing is deleted from the registry: "
        f"the tags of {', '.join(str(r.version) for r in step.releases)} freeze where they are, dated tags stay."
    )
    head = [summary, sections.remaining(new, step.source)]
    return fit(
        head, classes.group(before, files), [sections.RETIRE_CONTROLS, sections.hidden(step, (), security=False)]
    )


def refresh(
    catalogue: Catalogue,
    before: Mapping[str, str],
    files: Mapping[str, str | None],
    day: date,
    past: builds.Past = builds.never,
) -> str:
    """Write the body of a change that brings generated files up to date."""
    steps = builds.plan(catalogue, [p for p, text in files.items() if text is not None], day)
    head = ["Nothing changed upstream: the catalogue or the templates did.", sections.radius(files, steps)]
    step = Step("render", None, None, None, ())
    tail = [
        sections.moving(catalogue, steps),
        sections.build_plan(steps, past),
        sections.hidden(step, (), security=False),
    ]
    return fit(head, classes.group(before, files), tail)


def fit(head: Sequence[str], groups: Sequence[classes.FileClass], tail: Sequence[str]) -> str:
    """Put the parts together; a diff that no longer fits is replaced by a word about it."""
    first = "\n\n".join(part for part in head if part)
    last = "\n\n".join(part for part in tail if part)
    room = LIMIT - len(first) - len(last) - 200
    spare = room - sum(len(_class(group, _diff(group))) + 2 for group in groups)
    middle: list[str] = []
    for group in groups:
        listed = _paths(group)
        if len(listed) <= spare:  # only where every diff has its place
            spare -= len(listed)
        else:
            listed = ""
        full = _class(group, _diff(group) + listed)
        text = full if len(full) <= room else _class(group, "\n\nThe diff is too long for this page.\n")
        if len(text) > room:
            middle.append(f"… and {len(groups) - len(middle)} more classes.")
            break
        middle.append(text)
        room -= len(text) + 2
    return "\n\n".join([first, *middle, last]).strip() + "\n"


def _diff(group: classes.FileClass) -> str:
    return f"\n\n```diff\n{group.diff}\n```\n"


def _class(group: classes.FileClass, inside: str) -> str:
    """One class of files, folded."""
    count = len(group.paths)
    what = f"{count} file{'s' * (count > 1)} {group.verb} alike, for example <code>{group.sample}</code>"
    return f"<details><summary>{what}</summary>{inside}</details>"


def _paths(group: classes.FileClass) -> str:
    """The files of a class, folded once more."""
    if len(group.paths) == 1:
        return ""
    rest = len(group.paths) - _LISTED
    listed = [*group.paths[:_LISTED], *([f"and {rest:,} more"] if rest > 0 else [])]
    return f"\n<details><summary>all of them</summary>\n\n```\n{chr(10).join(listed)}\n```\n</details>\n"
