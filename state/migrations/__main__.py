"""Drafts the next version: what ``state/tables.py`` has and the newest version does not.

Read the draft, then set ``HEAD`` in ``state/store/schema.py`` to it.
"""

import sys
import tempfile

from alembic import command

from state.store.schema import HEAD, connect, migrations


def draft(title: str) -> None:
    """Write the file for the version after HEAD."""
    with tempfile.TemporaryDirectory() as folder:
        engine = connect(f"sqlite:///{folder}/state.db")
        with engine.connect() as connection:
            command.revision(migrations(connection), title, autogenerate=True, rev_id=f"{int(HEAD) + 1:04}")
        engine.dispose()


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):  # noqa: PLR2004  (the program and a title)
        sys.exit('usage: python -m state.migrations "what changes"')
    draft(sys.argv[1])
