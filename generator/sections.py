"""The sections of a pull request's description, one function each; "" where there is nothing to say."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence

from generator import builds, guard, matrix
from generator.inline import inline
from generator.message import Step
from generator.proposal import Proposal
from generator.rows import Catalogue
from state.model import Artifact, Held, Image, Platform, Release

_SHOWN_TAGS = 24
_RECORDS = 9_000
"""Characters of the catalogue's diff that are shown: what is longer is an import, or a whole distro."""

_NEVER_OVERWRITTEN = """- Commits by people on this branch are never overwritten; the label `watcher:hold` keeps the watcher away too.
- [ ] <!-- watcher:recreate --> Make this branch again from the catalogue, giving up commits by people on it."""

BRING_CONTROLS = f"""### Controls

- Merge to publish these versions. What is merged is what is built.
- Close without merging to say "not this version": it is not proposed again, the next one is.
  `watcher pulls reopen N` or `watcher unignore` takes that back.
{_NEVER_OVERWRITTEN}"""

RETIRE_CONTROLS = f"""### Controls

- Merge to remove the line from this repository. Nothing is deleted from the registry.
- Close without merging to keep the line: its images go on being rebuilt. `watcher pulls reopen N` takes that back.
{_NEVER_OVERWRITTEN}"""


def summary(step: Step, proposal: Proposal, old: Catalogue) -> str:
    """The table at the top: one row per line."""
    rows = ["| line | old → new | released | seen | end of life | security |", "|---|---|---|---|---|---|"]
    fixed = {p.line for p in (*proposal.releases, *proposal.passed) if p.security}
    for release in sorted(proposal.releases, key=lambda release: release.line not in fixed):
        was = old.version(step.source, release.line)
        fixes = release.line in fixed
        line = f"{release.line} {release.long_term}".rstrip()
        rows.append(
            f"| {line} | {was or 'none'} → **{release.version}** | {release.published or 'unknown'} "
            f"| {proposal.seen:%Y-%m-%d %H:%M} UTC | {release.supported_until or 'unknown'} | {'**yes**' if fixes else 'no'} |"
        )
    return "\n".join([f"## {step.subject}", "", *rows])


def guarded(findings: Sequence[guard.Finding]) -> str:
    """What the change may not do silently, each with the label that lets it be built."""
    rows = [f"- `{finding.label}`: {finding.sentence}" for finding in findings]
    why = "Its images are built only while the pull request carries these labels (or with `--allow-removals`):"
    return "\n".join(["### Look twice", "", why, "", *rows])


def yanked(proposal: Proposal) -> str:
    """What is taken back, and why: a person's words, as text and nothing else."""
    if not proposal.yanked:
        return ""
    reason = " ".join(proposal.reason.replace("`", "'").split())
    return (
        f"**This takes {proposal.source} {proposal.yanked} back**, because: `{reason}`\n\n"
        "That version is not proposed again; the next one is. Names that led to it lead to the images before it again, "
        "its dated names stay."
    )


def passed(passed: Sequence[Release]) -> str:
    """The versions between old and new, security releases first."""
    if not passed:
        return ""
    ordered = sorted(passed, key=lambda r: (not r.security, r.version))
    words = [f"{r.version}{' (**security**)' if r.security else ''}" for r in ordered]
    return f"Also brings what these versions changed, which were never proposed here: {', '.join(words)}."


def artifacts(releases: Sequence[Release]) -> str:
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
        f"| `{artifact.checksum}` | {inline(artifact.verified)} |"
    )


def without(proposal: Proposal) -> str:
    """The flavours of a release set that this goes ahead without: waiting for them came to its end."""
    if not proposal.without:
        return ""
    rows = [
        f"| {held.line} | {held.version}: {inline(held.reason)} | {held.since:%Y-%m-%d %H:%M} |"
        for held in proposal.without
    ]
    why = (
        "a security release waits for none"
        if proposal.security
        else "the set waited for them as long as the policy allows"
    )
    head = [
        "### Flavours that are not ready",
        "",
        f"They join this pull request as long as it is open, and follow in another one else: {why}.",
        "",
    ]
    return "\n".join([*head, "| line | awaited | since |", "|---|---|---|", *rows])


def late(catalogue: Catalogue, proposal: Proposal) -> str:
    """What is not there yet, what its images keep meanwhile, and for how long that is fine."""
    if not proposal.late:
        return ""
    stack = next(s for s in catalogue.stacks.values() if s.source == proposal.source)
    required = ", ".join(str(p) for p in stack.require)
    policy = (
        f"Policy: {required} must be there before anything is proposed; the others may follow within "
        f"{stack.wait_up_to_hours} h, in a pull request of their own."
    )
    if stack.allow_missing:
        policy += f" {', '.join(map(str, stack.allow_missing))} may be missing for longer."
    rows = [
        "### Late platforms",
        "",
        policy,
        "",
        "| platform | awaited | since | until | its images meanwhile |",
        "|---|---|---|---|---|",
    ]
    return "\n".join([*rows, *(_late_row(held, proposal) for held in proposal.late)])


def _late_row(held: Held, proposal: Proposal) -> str:
    """One late platform; ``overdue`` once it took longer than the policy allows."""
    kept = [
        str(a.version)
        for r in proposal.releases
        for a in r.artifacts
        if (r.line, a.arch, a.libc) == (held.line, held.arch, held.libc) and str(a.version) != held.version
    ]
    flavour = f"{held.line} " if proposal.line not in (None, held.line) else ""
    overdue = " **overdue**" if held.due and (proposal.now or proposal.seen) > held.due else ""
    until = f"{held.due:%Y-%m-%d %H:%M}{overdue}" if held.due else "no limit"
    return (
        f"| {flavour}{held.arch}/{held.libc} | {held.version}: {inline(held.reason)} | {held.since:%Y-%m-%d %H:%M} | {until} "
        f"| {f'stay on {kept[0]}' if kept else 'none yet'} |"
    )


def absent(catalogue: Catalogue, proposal: Proposal) -> str:
    """Platforms that these lines do not have, and why: all of them at an import, else those that another line has."""
    rows = [
        f"| {platform} | {', '.join(lines)} | {reason} |" if proposal.line is None else f"| {platform} | {reason} |"
        for platform, (lines, reason) in sorted(_without(catalogue, proposal).items())
    ]
    if not rows:
        return ""
    head = ["| platform | lines | why |", "|---|---|---|"]
    if proposal.line is not None:
        head = [f"| platform | why {proposal.line} has none |", "|---|---|"]
    return "\n".join(["### Platforms without images", "", "Nothing waits for these.", "", *head, *rows])


def _without(catalogue: Catalogue, proposal: Proposal) -> dict[Platform, tuple[list[str], str]]:
    """Platform → the lines of the proposal that lack it, and the reason of the first."""
    brought = {release.line for release in proposal.releases}
    elsewhere = {a.platform for r in catalogue.lines(proposal.source) if r.line not in brought for a in r.artifacts}
    found: dict[Platform, tuple[list[str], str]] = {}
    for stack in (s.name for s in catalogue.stacks.values() if s.source == proposal.source):
        for release in proposal.releases:
            for platform, reason in matrix.absent(catalogue, stack, release.line):
                if proposal.line is None or platform in elsewhere:
                    found.setdefault(platform, ([], reason))[0].append(release.line)
    return found


def radius(files: Mapping[str, str | None], steps: Sequence[builds.BuildStep]) -> str:
    """How much changes: files and images."""
    made = Counter(step.kind for step in steps)
    removed = sum(1 for text in files.values() if text is None)
    gone = f", {removed} of them removed" if removed else ""
    return (
        f"### Blast radius\n\n**{len(files)} files** change{gone}; **{len(steps):,} images** follow from them: "
        f"{made['build']:,} builds and {made['relabel']:,} devices that are relabelled without a build."
    )


def moving(catalogue: Catalogue, steps: Sequence[builds.BuildStep]) -> str:
    """Which tags will move, told by one image of the architecture that most people run."""
    if not steps:
        return ""
    shown = max(
        steps, key=lambda s: (s.image.arch == s.image.hw == "amd64", _is_default(catalogue, s.image), len(s.tags))
    )
    # An image has the same tags in each of its repositories: with and without the distro's name.
    found = list(dict.fromkeys(tag.rpartition(":")[2] for tag in shown.tags))
    names = [f"`{tag}`" for tag in found[:_SHOWN_TAGS]]
    more = f" and {len(found) - len(names)} more" if len(found) > len(names) else ""
    dated = ", ".join(f"`{tag.rpartition(':')[2]}`" for tag in shown.dated_tags)
    return (
        f"### Tags that will move\n\nOf `{shown.name.rpartition(':')[0]}`, for example: {', '.join(names)}{more}. "
        f"A dated tag is written once and stays: {dated}."
    )


def _is_default(catalogue: Catalogue, image: Image) -> bool:
    """Whether the image is the one that a name without distro, version and variant means."""
    distro = catalogue.distros[image.distro]
    return image.distro == catalogue.family.default_distro and (image.distro_version, image.variant) == (
        distro.default,
        "run",
    )


def notes(proposal: Proposal) -> str:
    """Links to what upstream says."""
    links = [
        f"- {line}: " + ", ".join(f"[{label}]({url})" for label, url in found.items())
        for line, found in proposal.links.items()
    ]
    return "\n".join(["### Upstream", "", *links]) if links else ""


def records(diff: str) -> str:
    """What changes in the catalogue itself: the few lines that all the rest follows from."""
    if not diff:
        return ""
    what = "<summary>What changes in the catalogue: all the rest follows from it</summary>"
    if len(diff) > _RECORDS:
        return f"### Catalogue\n\n{diff.count(chr(10)):,} lines of the catalogue change: too many for this page."
    return f"### Catalogue\n\n<details open>{what}\n\n```diff\n{diff}\n```\n</details>"


def _cost(steps: Sequence[builds.BuildStep], past: builds.Past) -> str:
    """How long the builds are expected to take on one machine, by how long the last of each Dockerfile took."""
    made = [step.image.dockerfile for step in steps if step.kind == "build"]
    known = past(set(made)) if made else {}
    if not known:
        return ""
    usual = sum(known.values()) / len(known)
    hours = sum(known.get(path, usual) for path in made) / 3600
    spent = f"{hours:.1f} hours" if hours >= 1 else f"{max(1, round(hours * 60))} minutes"
    measured = sum(path in known for path in made)
    return (
        f"\n\nExpected: about **{spent}** of building, one after the other, by the last builds of the same Dockerfiles "
        f"({measured:,} of {len(made):,} images have one)."
    )


def build_plan(steps: Sequence[builds.BuildStep], past: builds.Past = builds.never) -> str:
    """What merging would build, by layer, and what that took before."""
    layers = Counter((step.layer, step.kind) for step in steps)
    rows = [f"| {layer} | {kind} | {count:,} |" for (layer, kind), count in layers.items()]
    return "\n".join(["### Build plan", "", "| layer | how | images |", "|---|---|---|", *rows]) + _cost(steps, past)


def remaining(catalogue: Catalogue, source: str) -> str:
    """The lines that stay."""
    lines = [f"{r.line} ({r.version}, until {r.supported_until})" for r in catalogue.lines(source)]
    return f"Lines that stay: {', '.join(lines) or 'none'}."


def hidden(step: Step, releases: Sequence[Release], *, security: bool) -> str:
    """The block for programs."""
    facts = {
        "source": step.source,
        "line": step.line,
        "old": step.old,
        "new": step.new,
        "lines": {r.line: str(r.version) for r in releases},
        "security": security,
    }
    return block(facts)


def block(facts: Mapping[str, object]) -> str:
    """The hidden block that says *facts*. A double dash would end the comment, so it is escaped."""
    text = json.dumps(facts, sort_keys=True).replace("--", "-\\u002d")
    return f"<!-- watcher:v1 {text} -->"
