"""The body of a pull request: what a maintainer reads before merging.

In this order: summary, artifacts and how each was verified, what is late, the blast radius by class with
one representative diff each, tags that move, upstream's notes, the build plan by layer, the controls, and a
hidden block for programs (a hint: the commit's trailers are the truth). Always below GitHub's limit of
65,536 characters; diffs give way first.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

from generator import builds, classes, tags
from generator.message import Step
from generator.proposal import Proposal
from generator.rows import Catalogue, Stack
from state.model import Artifact, Held, Image, Release

LIMIT = 65_000
"""Characters; a little below the forge's limit, which counts UTF-16 units."""

_SHOWN_TAGS = 24


def bring(
    old: Catalogue,
    new: Catalogue,
    proposal: Proposal,
    step: Step,
    before: Mapping[str, str],
    files: Mapping[str, str | None],
    day: date,
) -> str:
    """Write the body of a change that brings releases."""
    steps = builds.plan(new, [p for p, text in files.items() if text is not None], day)
    head = [
        _summary(step, proposal, old),
        _passed(proposal.passed),
        _artifacts(proposal.releases),
        _late(new, proposal),
        _radius(files, steps),
    ]
    tail = [
        _moving(new, steps),
        _notes(proposal),
        _build_plan(steps),
        _CONTROLS,
        _hidden(step, proposal.releases, security=proposal.security),
    ]
    return _fit(head, classes.group(before, files), tail)


def retire(
    old: Catalogue,
    new: Catalogue,
    recorded: Release,
    ended: str,
    before: Mapping[str, str],
    files: Mapping[str, str | None],
    day: date,
) -> str:
    """Write the body of a change that removes a line."""
    gone = builds.plan(old, [p for p, text in files.items() if text is None], day)
    summary = (
        f"Upstream's support of **{recorded.source} {recorded.line}** ended on {ended}. "
        f"This removes its {sum(1 for t in files.values() if t is None)} files, so that "
        f"**{len(gone):,} images** are no longer rebuilt. Nothing is deleted from the registry: "
        f"the tags of {recorded.version} freeze where they are, dated tags stay."
    )
    step = Step(recorded.source, recorded.line, str(recorded.version), None, ())
    head = [summary, _remaining(new, recorded.source)]
    return _fit(head, classes.group(before, files), [_CONTROLS, _hidden(step, (), security=False)])


def refresh(catalogue: Catalogue, before: Mapping[str, str], files: Mapping[str, str | None], day: date) -> str:
    """Write the body of a change that brings generated files up to date."""
    steps = builds.plan(catalogue, [p for p, text in files.items() if text is not None], day)
    head = ["Nothing changed upstream: the catalogue or the templates did.", _radius(files, steps)]
    step = Step("render", None, None, None, ())
    tail = [_moving(catalogue, steps), _build_plan(steps), _hidden(step, (), security=False)]
    return _fit(head, classes.group(before, files), tail)


def _fit(head: Sequence[str], groups: Sequence[classes.FileClass], tail: Sequence[str]) -> str:
    """Put the parts together; a diff that no longer fits is replaced by a word about it."""
    first = "\n\n".join(part for part in head if part)
    last = "\n\n".join(part for part in tail if part)
    room = LIMIT - len(first) - len(last) - 200
    middle: list[str] = []
    for group in groups:
        full = _class(group, f"\n\n```diff\n{group.diff}\n```\n")
        text = full if len(full) <= room else _class(group, "\n\nThe diff is too long for this page.\n")
        if len(text) > room:
            middle.append(f"… and {len(groups) - len(middle)} more classes.")
            break
        middle.append(text)
        room -= len(text) + 2
    return "\n\n".join([first, *middle, last]).strip() + "\n"


def _class(group: classes.FileClass, diff: str) -> str:
    """One class of files, folded."""
    count = len(group.paths)
    what = f"{count} file{'s' * (count > 1)} {group.verb} alike, for example <code>{group.paths[0]}</code>"
    return f"<details><summary>{what}</summary>{diff}</details>"


def _summary(step: Step, proposal: Proposal, old: Catalogue) -> str:
    """The table at the top: one row per line."""
    rows = ["| line | old → new | released | seen | end of life | security |", "|---|---|---|---|---|---|"]
    for release in proposal.releases:
        was = old.version(step.source, release.line)
        fixes = release.security or any(p.security for p in proposal.passed if p.line == release.line)
        line = f"{release.line} LTS ({release.lts})" if release.lts else release.line
        rows.append(
            f"| {line} | {was or 'none'} → **{release.version}** | {release.published} "
            f"| {proposal.seen:%Y-%m-%d %H:%M} UTC | {release.supported_until or 'unknown'} | {'**yes**' if fixes else 'no'} |"
        )
    return "\n".join([f"## {step.subject}", "", *rows])


def _passed(passed: Sequence[Release]) -> str:
    """The versions between old and new, security releases first."""
    if not passed:
        return ""
    ordered = sorted(passed, key=lambda r: (not r.security, r.version))
    words = [f"{r.version}{' (**security**)' if r.security else ''}" for r in ordered]
    return f"Also brings what these versions changed, which were never proposed here: {', '.join(words)}."


def _artifacts(releases: Sequence[Release]) -> str:
    """Every file with its checksum and what was checked of it."""
    rows = ["### Artifacts", "", "| platform | version | file | checksum | verified |", "|---|---|---|---|---|"]
    for release in releases:
        rows += [_artifact(a) for a in sorted(release.artifacts, key=lambda a: a.platform)]
    return "\n".join(rows)


def _artifact(artifact: Artifact) -> str:
    """One row of the table of artifacts."""
    name = artifact.url.rsplit("/", 1)[-1]
    return (
        f"| {artifact.platform} | {artifact.version} | [{name}]({artifact.url}) "
        f"| `{artifact.checksum}` | {artifact.verified} |"
    )


def _late(catalogue: Catalogue, proposal: Proposal) -> str:
    """What is not there yet, what its images keep meanwhile, and for how long that is fine."""
    if not proposal.late:
        return ""
    stack = next(s for s in catalogue.stacks.values() if s.source == proposal.source)
    required = ", ".join(str(p) for p in stack.require)
    policy = (
        f"Policy: {required} must be there before anything is proposed; the others may follow within "
        f"{stack.wait_up_to_hours} h, in a pull request of their own."
    )
    rows = [
        "### Late platforms",
        "",
        policy,
        "",
        "| platform | awaited | since | its images meanwhile |",
        "|---|---|---|---|",
    ]
    return "\n".join([*rows, *(_late_row(held, proposal, stack) for held in proposal.late)])


def _late_row(held: Held, proposal: Proposal, stack: Stack) -> str:
    """One late platform; ``overdue`` once it took longer than the policy allows."""
    kept = [
        str(a.version)
        for r in proposal.releases
        for a in r.artifacts
        if (a.arch, a.libc) == (held.arch, held.libc) and str(a.version) != held.version
    ]
    hours = (proposal.seen - held.since).total_seconds() / 3600
    overdue = " **overdue**" if hours > stack.wait_up_to_hours else ""
    keeps = f"stay on {kept[0]}" if kept else "none yet"
    return (
        f"| {held.arch}/{held.libc} | {held.version}: {held.reason} | {held.since:%Y-%m-%d %H:%M}{overdue} | {keeps} |"
    )


def _radius(files: Mapping[str, str | None], steps: Sequence[builds.BuildStep]) -> str:
    """How much changes: files and images."""
    made = Counter(step.kind for step in steps)
    removed = sum(1 for text in files.values() if text is None)
    gone = f", {removed} of them removed" if removed else ""
    return (
        f"### Blast radius\n\n**{len(files)} files** change{gone}; **{len(steps):,} images** follow from them: "
        f"{made['build']:,} builds and {made['relabel']:,} devices that are relabelled without a build."
    )


def _moving(catalogue: Catalogue, steps: Sequence[builds.BuildStep]) -> str:
    """Which tags will move, told by one image of the architecture that most people run."""
    if not steps:
        return ""
    shown = max(steps, key=lambda s: (s.image.arch == "amd64", _is_default(catalogue, s.image), len(s.tags)))
    names = [f"`{tag}`" for tag in shown.tags[:_SHOWN_TAGS]]
    more = f" and {len(shown.tags) - len(names)} more" if len(shown.tags) > len(names) else ""
    return (
        f"### Tags that will move\n\nOf {tags.name(catalogue, shown.image)}, for example: {', '.join(names)}{more}. "
        f"Dated tags are written once: `{', '.join(shown.dated_tags)}`."
    )


def _is_default(catalogue: Catalogue, image: Image) -> bool:
    """Whether the image is the one that a name without distro, version and variant means."""
    distro = catalogue.distros[image.distro]
    return image.distro == catalogue.family.default_distro and (image.distro_version, image.variant) == (
        distro.default,
        "run",
    )


def _notes(proposal: Proposal) -> str:
    """Links to what upstream says."""
    links = [
        f"- {line}: " + ", ".join(f"[{label}]({url})" for label, url in found.items())
        for line, found in proposal.links.items()
    ]
    return "\n".join(["### Upstream", "", *links]) if links else ""


def _build_plan(steps: Sequence[builds.BuildStep]) -> str:
    """What merging would build, by layer."""
    layers = Counter((step.layer, step.kind) for step in steps)
    rows = [f"| {layer} | {kind} | {count:,} |" for (layer, kind), count in layers.items()]
    return "\n".join(["### Build plan", "", "| layer | how | images |", "|---|---|---|", *rows])


def _remaining(catalogue: Catalogue, source: str) -> str:
    """The lines that stay."""
    lines = [f"{r.line} ({r.version}, until {r.supported_until})" for r in catalogue.lines(source)]
    return f"Lines that stay: {', '.join(lines) or 'none'}."


_CONTROLS = """### Controls

- Merge to publish these versions. What is merged is what is built.
- Close without merging to say "not this version": it is not proposed again, the next one is.
  `watcher unignore` takes that back.
- Commits by people on this branch are never overwritten."""


def _hidden(step: Step, releases: Sequence[Release], *, security: bool) -> str:
    """The block for programs. A double dash would end the comment, so it is escaped."""
    facts = {
        "source": step.source,
        "line": step.line,
        "old": step.old,
        "new": step.new,
        "lines": {r.line: str(r.version) for r in releases},
        "security": security,
    }
    text = json.dumps(facts, sort_keys=True).replace("--", "-\\u002d")
    return f"<!-- watcher:v1 {text} -->"
