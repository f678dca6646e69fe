"""What any text becomes at each door: it is refused, or it is harmless behind it."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from html.parser import HTMLParser

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from typing_extensions import override

from builder.fastimport import check_path
from generator import dockerfile, matrix
from generator.catalogue import with_release
from generator.inline import inline
from generator.proposal import Proposal
from generator.resolve import Resolver
from generator.rows import Catalogue
from state.errors import WatcherError
from state.model import Arch, Artifact, Change, Checksum, Held, Platform, Version
from tests.generator.family import bring, family, release
from watcher.web.prose import prose

EVIL = (
    "../../etc/passwd", "$(id)", "`id`", "1.0; rm -rf /", "x\nRUN id", "a|b", "<script>alert(1)</script>", "@everyone",
    "fixes #1", "fixes GH-1", "[x](javascript:alert(1))", "![x](http://evil.invalid)", "<img src=x onerror=alert(1)>",
    "\x00", "\x1b[2J", "\u202e", "-->", "<!--", "http://evil.invalid", "--upload-pack=id", "refs/heads/main", ".git/config",
    "a.lock", "@{1}", "~^:?*[\\", " ", "'", '"', "${HOME}", "%2e%2e%2f", "CON", "\ud800", "www.evil.invalid", "_x_", "</code>",
)  # fmt: skip
texts = st.lists(st.sampled_from(EVIL) | st.text(max_size=12) | st.sampled_from("0123456789./-+~_v"), max_size=6).map("".join)  # fmt: skip
HERE = Platform(Arch.AMD64, "glibc")
SEEN = datetime(2026, 8, 6, 12, tzinfo=UTC)
INSTRUCTIONS = ("FROM", "RUN", "ENV", "ARG", "LABEL", "COPY", "ADD", "CMD", "ENTRYPOINT", "SHELL", "USER", "WORKDIR")


@cache
def rows() -> Catalogue:
    """Two lines of Node without devices."""
    return family([], ["22", "24"])


def instructions(text: str) -> list[str]:
    """The instructions of a Dockerfile, in order."""
    return [word for line in text.splitlines() if (word := line.partition(" ")[0]) in INSTRUCTIONS]


@given(text=texts)
def test_a_version_is_one_plain_word(text: str) -> None:
    """It may be a part of a path, of a branch, of a tag and of a shell's word."""
    with suppress(ValueError):
        version = str(Version(text))
        assert not set(version) - set("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.+~:_-^")
        assert ".." not in version
        assert not version.startswith("-")


@given(text=texts)
def test_a_branch_that_is_taken_is_one_for_git(text: str) -> None:
    """Git's own rules (git-check-ref-format) hold for whatever a change may be called."""
    try:
        change = Change("node", "22", None, None, {}, f"watcher/{text}", "t", "m", (), {})
    except ValueError:
        return
    asked = ["git", "check-ref-format", f"refs/heads/{change.branch}"]
    assert subprocess.run(asked, check=False).returncode == 0, change.branch


@given(text=texts)
def test_a_path_stays_within_the_repository(text: str) -> None:
    """Neither upwards, nor absolute, nor into .git, nor over a line of the protocol that carries it."""
    with suppress(WatcherError):
        parts = check_path(text).split("/")
        assert not {"", ".", ".."} & set(parts)
        assert not any(part.lower() == ".git" for part in parts)
        assert not set(text) & set("\n\0\r")


@given(url=texts, digest=texts)
def test_what_a_file_is_called_cannot_leave_its_quotes(url: str, digest: str) -> None:
    """A URL and a digest that can be constructed are one word for a shell, in quotes or without."""
    with suppress(ValueError):
        checksum = Checksum("sha256", digest)
        assert not set(checksum.digest) - set("0123456789abcdef")
    platform = ("https://nodejs.org/" + url).partition("\n")[0]
    with suppress(ValueError):
        made = Artifact(*HERE, Version("22.0.0"), platform, Checksum("sha256", "0" * 64), "", signed=True)
        assert not set(made.url) & set(" \t\r\n\"'`$\\<>|;&(){}*?!\0")
        assert "/../" not in made.url


@given(data=st.data())
def test_a_dockerfile_keeps_its_instructions(data: st.DataObject) -> None:
    """Whatever of a release is hostile: it is refused, or the file has the same instructions in the same order."""
    image = next(i for i in matrix.with_dockerfile(rows()) if i.stack == "node" and i.stack_version == "22.23.2")
    told = rows().releases["node", "22"]
    text = data.draw(texts)
    assume(text)
    try:
        files = tuple(replace(a, url=f"{a.url}{text}", verified=text) for a in told.artifacts)
        hostile = with_release(rows(), replace(told, artifacts=files, lts=text))
        made = dockerfile.files(hostile, [image])
    except (ValueError, WatcherError):
        return
    expected = dockerfile.files(rows(), [image])
    assert [instructions(t) for t in made.values()] == [instructions(t) for t in expected.values()]


class Tags(HTMLParser):
    """The tags of a page, and what of it could do anything."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.active: list[str] = []
        self.feed(text)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            target = (value or "").strip().lower()
            if name.startswith("on") or name in ("style", "src", "srcdoc", "action", "formaction"):
                self.active.append(f"{tag} {name}")
            if name == "href" and not target.startswith(("http://", "https://", "#", "/")) and ":" in target:
                self.active.append(f"{tag} {name}={value}")


@given(text=texts)
def test_text_in_a_line_is_one_cell_and_does_nothing(text: str) -> None:
    """A table's row keeps its cells; of tags there is code alone."""
    page = Tags(prose(f"| a | b |\n|---|---|\n| x | y {inline(text)} |\n"))
    assert page.tags.count("tr") == 2
    assert page.tags.count("td") == 2
    assert set(page.tags) <= {"div", "table", "thead", "tbody", "tr", "th", "td", "code"}
    assert page.active == []


@settings(max_examples=(settings.default or settings()).max_examples // 5)
@given(text=texts)
def test_a_description_has_no_tag_of_an_upstreams(text: str) -> None:
    """Reasons and proofs are shown, and the page has the tags of one without them but for code."""
    pages = []
    for word in ("plain", text):
        brought = release(rows(), "22", "22.24.0")
        files = tuple(replace(file, verified=word) for file in brought.artifacts)
        late = Held("node", "22", "22.24.0", *HERE, word, SEEN, SEEN)
        planned = bring(rows(), Proposal("node", "22", (replace(brought, artifacts=files),), SEEN, late=(late,)))
        pages.append(Tags(prose(planned.body())))
    assert [tag for tag in pages[1].tags if tag != "code"] == [tag for tag in pages[0].tags if tag != "code"]
    assert pages[1].active == []


@given(text=texts)
def test_prose_can_do_nothing_but_be_read(text: str) -> None:
    """Whoever edits a pull request's body puts nothing into our pages."""
    page = Tags(prose(text))
    assert not set(page.tags) & {"script", "img", "iframe", "object", "embed", "form", "svg", "style", "link", "base"}
    assert page.active == []


@given(text=texts)
def test_any_name_is_resolved_or_refused(text: str) -> None:
    """What a person types as a name ends in an answer, or in an error of ours."""
    resolver = Resolver(rows())
    with suppress(WatcherError):
        resolver.resolve(f"balenalib/{text}")
    with suppress(WatcherError):
        resolver.resolve(text)
