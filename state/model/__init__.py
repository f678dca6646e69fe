"""The nouns: frozen values that every part of the watcher may see.

Standard library only. A value that exists is valid: whatever comes from outside is checked
where it is parsed, and a malformed version or digest cannot be constructed.
"""

from state.model.arch import Arch, Libc, Platform
from state.model.build import OPEN, Build, BuildKind, BuildState, by_cause
from state.model.change import Change, Issue, PullRequest, Standing
from state.model.image import Image, ImageKind, Variant
from state.model.os_line import ArchiveState, Base, OsLine
from state.model.release import Artifact, Checksum, Held, Offer, Proof, Release, Skipped, named
from state.model.version import Version

__all__ = [
    "OPEN",
    "Arch",
    "ArchiveState",
    "Artifact",
    "Base",
    "Build",
    "BuildKind",
    "BuildState",
    "Change",
    "Checksum",
    "Held",
    "Image",
    "ImageKind",
    "Issue",
    "Libc",
    "Offer",
    "OsLine",
    "Platform",
    "Proof",
    "PullRequest",
    "Release",
    "Skipped",
    "Standing",
    "Variant",
    "Version",
    "by_cause",
    "named",
]
