"""Where a build asks for upstreams' files."""

from __future__ import annotations

from watcher.fitting import mirrored

TEXT = """ARG BASE=balenalib/amd64-debian:bookworm-run
ARG NODE_MIRROR=https://nodejs.org/dist
ARG YARN_MIRROR=https://github.com/yarnpkg/yarn/releases/download
RUN curl https://nodejs.org/dist
"""


def test_a_mirror_of_the_settings_holds_for_builds_too() -> None:
    """The longest prefix wins, as for feeds; what no mirror names stays where it is."""
    mirrors = {
        "https://nodejs.org": "http://a/n",
        "https://nodejs.org/dist": "http://b",
        "https://github.co": "http://c",
    }
    assert mirrored(TEXT, mirrors) == {"NODE_MIRROR": "http://b"}
    assert mirrored(TEXT, {"https://nodejs.org": "http://a/n"}) == {"NODE_MIRROR": "http://a/n/dist"}
    assert mirrored(TEXT, {}) == {}
