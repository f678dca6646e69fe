"""What the pages work out before a template sees it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from state.store.pages import Passage
from watcher.web.lag_plot import COLUMNS, height, plot
from watcher.web.pages.change import folders
from watcher.web.pages.image import marked
from watcher.web.pages.overview import seen_after
from watcher.web.programs import programs
from watcher.web.prose import diff, prose
from watcher.web.view import count, span


@pytest.mark.parametrize(
    ("seconds", "told"), [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7200, "2 h"), (172_800, "2 days")]
)
def test_a_span_is_told_in_the_unit_that_suits_it(seconds: float, told: str) -> None:
    """Up to two of the next unit the smaller one is more exact."""
    assert span(seconds) == told


def test_a_count_has_its_plural() -> None:
    """One file, no files, thousands with a comma."""
    assert [count(n, "file") for n in (0, 1, 1200)] == ["0 files", "1 file", "1,200 files"]


def test_a_version_seen_on_the_day_of_its_publication_took_no_negative_time() -> None:
    """Upstream may name tomorrow's date, and some name none."""
    lag = {"seen": "2026-08-05T23:00:00+00:00", "pull": None, "merged": None, "pushed": None}
    assert seen_after({**lag, "published": "2026-08-06"}) == "0 s"  # type: ignore[typeddict-item]
    assert seen_after({**lag, "published": "2026-08-05"}) == "23 h"  # type: ignore[typeddict-item]
    assert seen_after({**lag, "published": None}) == ""  # type: ignore[typeddict-item]


def test_the_plot_rises_with_time_and_ends_where_the_last_thing_happened() -> None:
    """Longer is higher on the page, that is a smaller y; a column reaches to its last point."""
    heights = [height(seconds) for seconds in (0, 60, 3600, 86_400, 10**9)]
    assert heights == sorted(heights, reverse=True)
    assert heights[0] == heights[1]
    seen = datetime(2026, 8, 5, 6, tzinfo=UTC)
    one = Passage("22", "22.1.0", date(2026, 8, 5), seen, 3, seen + timedelta(hours=1), seen + timedelta(days=2))
    drawn = plot([one, Passage("22", "22.2.0", date(2026, 8, 5), seen)])
    assert drawn
    first, second = drawn.columns
    assert first.top == first.merged
    assert second.opened is second.merged is second.pushed is None
    pushed = plot([replace(one, pushed=seen + timedelta(days=2, hours=1))])
    assert pushed
    assert pushed.columns[0].top == pushed.columns[0].pushed
    assert pushed.columns[0].told == "seen after 6 h, proposed after 7 h, merged after 2 days, pushed after 2 days"
    assert second.told == "seen after 6 h"
    assert plot([]) is None


@pytest.mark.parametrize("number", [1, COLUMNS])
def test_no_mark_of_the_plot_hides_another(number: int) -> None:
    """Seen, proposed, merged and pushed in the same minute stand side by side, and apart from the next version's."""
    seen = datetime(2026, 8, 5, 6, tzinfo=UTC)
    drawn = plot([Passage("22", f"22.{n}.0", date(2026, 8, 5), seen, 3, seen, seen, seen) for n in range(number)])
    assert drawn
    assert drawn.aside >= drawn.size > 2
    if number > 1:
        assert drawn.columns[1].x - drawn.columns[0].x >= 3 * drawn.aside + drawn.size


@pytest.mark.parametrize(
    ("path", "asked", "told"),
    [
        ("/", {}, ("watcher status --json", "/api/v1/status")),
        ("/changes/7", {}, ("watcher pulls show 7 --json", "/api/v1/pulls/7")),
        ("/builds/3/9", {}, ("watcher builds show 9 --json", "/api/v1/builds/9")),
        ("/events/5", {}, ("watcher explain 5 --json", "/api/v1/events/5")),
        ("/moves", {}, ("", "/moves.json")),
        ("/images", {"name": "a;b"}, ("watcher resolve 'a;b' --json", "/api/v1/resolve?name=a%3Bb")),
        ("/login", {"back": "/"}, ("", "")),
    ],
)
def test_a_page_names_what_tells_programs_the_same(path: str, asked: dict[str, str], told: tuple[str, str]) -> None:
    """Command and path; what a query says stays one word of the command."""
    assert programs(path, asked) == told


def test_only_what_a_change_brought_is_marked() -> None:
    """Replaced and inserted lines are new; without an older text nothing is."""
    lines = marked("FROM a\nRUN x\nCMD y\n", "FROM b\nRUN x\nENV z\nCMD y\n")
    assert [line.text for line in lines if line.new] == ["FROM b", "ENV z"]
    assert not any(line.new for line in marked(None, "FROM a\n"))


def test_files_are_counted_by_folder_most_first() -> None:
    """Two levels tell enough."""
    assert folders(["a/b/c/d", "a/b/e", "f/g", "h"]) == {"a/b": 2, "f": 1, ".": 1}


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<details ontoggle=alert(1) open>x</details>",
        "<img src=x onerror=alert(1)>",
        "![x](https://evil.example/pixel.png)",
        "[x](javascript:alert(1))",
        "<svg/onload=alert(1)>",
        "a <b onmouseover=alert(1)>b</b>",
        "<!-- <script>alert(1)</script>",
        "```diff\n+<script>alert(1)</script>\n```",
        "```\n<script>alert(1)</script>\n```",
        "| a |\n|---|\n| <script>alert(1)</script> |",
    ],
)
def test_a_body_can_only_be_read(text: str) -> None:
    """No tag but our four passes, none with an attribute; no picture is loaded, no script is linked."""
    shown = prose(text)
    assert "<script" not in shown
    assert "<img" not in shown
    assert "<svg" not in shown
    assert "<b " not in shown
    assert "<details " not in shown
    assert 'href="javascript' not in shown


def test_what_our_bodies_are_made_of_is_shown_as_such() -> None:
    """A folded diff, a table, a link and code."""
    text = (
        "## Title\n\n| a | b |\n|---|---|\n| `x` | [y](https://nodejs.org/) |\n\n"
        "<details><summary>2 files, <code>z</code></summary>\n\n```diff\n-old\n+new\n```\n</details>\n\n<!-- hidden -->"
    )
    shown = prose(text)
    for part in ("<h2>Title", "<table>", "<code>x</code>", 'href="https://nodejs.org/"', "<details><summary>2 files",
                 '<span class="removed">-old', '<span class="added">+new', "</details>"):  # fmt: skip
        assert part in shown
    assert "hidden" not in shown


def test_a_diff_keeps_every_character() -> None:
    """Marks are around lines, never in place of one."""
    assert '<span class="place">@@ &lt;a&gt; @@\n</span>' in diff("@@ <a> @@\n+b\n")
