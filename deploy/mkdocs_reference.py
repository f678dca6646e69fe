"""Puts the generated reference into the site while MkDocs builds it: nothing of it is kept in git."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mkdocs.structure.files import File, Files

from watcher.manual.reference import pages

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of ``reference/``."""
    for path, text in pages().items():
        files.append(File.generated(config, f"reference/{path}", content=text))
    return files
