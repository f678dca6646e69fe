"""What is done to a branch and its pull request: what is needed, nothing else, and nothing to what is people's."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import chain, combinations

from hypothesis import given
from hypothesis import strategies as st

from builder.operations import (
    Branch,
    Comment,
    Edit,
    Facts,
    Label,
    Leave,
    OnPull,
    Open,
    Push,
    Unlabel,
    on_branch,
    on_pull,
)
from builder.ports import Draft, labels_after

WORDS = st.sampled_from(["a", "b"])
LABELS = st.lists(
    st.sampled_from(["watcher", "security", "Security", "eol", "watcher:hold", "needs-work"]),
    max_size=4,
    unique_by=str.casefold,
).map(tuple)
COMMITS = st.sampled_from(["c1", "c2", "theirs"])
DRAFTS = st.builds(Draft, st.just("watcher/node/22"), WORDS, WORDS, WORDS, LABELS, LABELS)
PULLS = st.lists(st.builds(Facts, WORDS, WORDS, WORDS, LABELS), max_size=1)


@dataclass
class Forge:
    """A model of one branch and the open pull requests of it."""

    remote: str | None
    pulls: list[Facts]
    comments: list[str] = field(default_factory=list)

    def push(self, push: Push) -> None:
        """As git does, with a lease."""
        assert self.remote == push.expected
        self.remote = push.commit

    def do(self, operation: OnPull, draft: Draft) -> None:
        """As a forge does: what is opened carries no label yet."""
        match operation:
            case Open():
                self.pulls.append(Facts(draft.title, draft.body, draft.base, ()))
            case Edit():
                self.pulls[0] = replace(self.pulls[0], title=draft.title, body=draft.body, base=draft.base)
            case Label(names):
                self.pulls[0] = replace(self.pulls[0], labels=(*self.pulls[0].labels, *names))
            case Unlabel(names):
                kept = tuple(label for label in self.pulls[0].labels if label not in names)
                self.pulls[0] = replace(self.pulls[0], labels=kept)
            case Comment(text):
                self.comments.append(text)

    def submit(self, commit: str, draft: Draft, *, ours: bool, held: bool) -> list[object]:
        """Bring it to *commit* and *draft* as the watcher does, and return what was done."""
        first = on_branch(commit, Branch(self.remote, ours, held))
        if isinstance(first, Leave):
            return []
        if first:
            self.push(first)
        plan = on_pull(draft, self.pulls[0] if self.pulls else None)
        for operation in plan:
            self.do(operation, draft)
        return [*([first] if first else []), *plan]


def wanted(draft: Draft, before: list[Facts]) -> Facts:
    """The pull request as it should be; labels as a set would do, but a forge keeps their order."""
    return Facts(draft.title, draft.body, draft.base, labels_after(before[0].labels if before else (), draft))


@given(COMMITS, DRAFTS, st.none() | COMMITS, PULLS)
def test_the_plan_leads_to_what_should_be_and_then_there_is_none(
    commit: str, draft: Draft, remote: str | None, pulls: list[Facts]
) -> None:
    """One pull request, which says what it should; each kind of operation once; the second time nothing is done."""
    forge = Forge(remote, list(pulls))
    done = forge.submit(commit, draft, ours=True, held=False)
    assert (forge.remote, forge.pulls) == (commit, [wanted(draft, pulls)])
    assert len({type(operation) for operation in done}) == len(done)
    assert forge.submit(commit, draft, ours=True, held=False) == []


@given(commit=COMMITS, draft=DRAFTS, remote=st.none() | COMMITS, pulls=PULLS, ours=st.booleans())
def test_what_is_peoples_is_left_alone(
    commit: str, draft: Draft, remote: str | None, pulls: list[Facts], *, ours: bool
) -> None:
    """A branch that is held, or that somebody else moved, is not pushed to, nor is its pull request touched."""
    forge = Forge(remote, list(pulls))
    assert forge.submit(commit, draft, ours=ours, held=True) == []
    if remote not in (None, commit):
        assert forge.submit(commit, draft, ours=False, held=False) == []
    assert (forge.remote, forge.pulls) == (remote, pulls)


@given(DRAFTS, PULLS)
def test_no_shorter_plan_leads_there(draft: Draft, pulls: list[Facts]) -> None:
    """Whatever is left out of it, the pull request does not say what it should."""
    plan = on_pull(draft, pulls[0] if pulls else None)
    for some in chain.from_iterable(combinations(plan, n) for n in range(len(plan))):
        forge = Forge("c1", list(pulls))
        if not pulls and some and not isinstance(some[0], Open):
            continue  # nothing can be done to what is not there
        for operation in some:
            forge.do(operation, draft)
        assert forge.pulls != [wanted(draft, pulls)]


@given(DRAFTS, st.builds(Facts, WORDS, WORDS, WORDS, LABELS))
def test_a_comment_is_said_last_and_once(draft: Draft, pull: Facts) -> None:
    """It tells of what is done by then."""
    assert [*on_pull(draft, pull), Comment("why")] == list(on_pull(draft, pull, "why"))
