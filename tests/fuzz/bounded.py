"""A plugin for pytest: so many examples of each property, and no test begins once the time is over."""

from __future__ import annotations

import time

import pytest
from hypothesis import settings


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take what :mod:`tests.fuzz.__main__` gives."""
    parser.addoption("--examples", type=int, default=400, help="of each property")
    parser.addoption("--until", type=float, default=float("inf"), help="seconds since 1970")


def pytest_configure(config: pytest.Config) -> None:
    """Let the dice really be dice, before any property is read."""
    settings.register_profile("fuzz", max_examples=config.getoption("--examples"), deadline=None, print_blob=True)
    settings.load_profile("fuzz")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """End the run before a test that would begin too late."""
    if time.time() > item.config.getoption("--until"):
        pytest.exit("the time is over", returncode=pytest.ExitCode.INTERRUPTED)
