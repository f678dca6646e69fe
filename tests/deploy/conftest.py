"""The worlds of the pages serve here, too."""

from __future__ import annotations

from tests.web.conftest import proposed, serve, worlds

__all__ = ["proposed", "serve", "worlds"]
