"""``python -m tests.emulate``: run the walk, one test after the other, with what it prints."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

if __name__ == "__main__":
    sys.exit(
        pytest.main(
            [*(str(Path(__file__).with_name(name)) for name in ("walk.py", "whole.py")), "-n", "0", "-s", *sys.argv[1:]]
        )
    )
