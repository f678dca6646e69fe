"""What a new images repository has beside what is generated."""

from __future__ import annotations

from watcher import workspace


def test_the_examples_of_the_page_are_there() -> None:
    """Each Dockerfile finds beside it every file that it copies."""
    made = workspace.contents([])
    dockerfiles = [path for path in made if path.startswith("examples/") and path.endswith("/Dockerfile")]
    assert sorted(path.removeprefix("examples/") for path in dockerfiles) == [
        "INITSYSTEM/openrc/Dockerfile",
        "INITSYSTEM/systemd/Dockerfile",
        "two-stage/Dockerfile",
    ]
    for path in dockerfiles:
        folder = path.removesuffix("Dockerfile")
        copied = [line.split()[1:-1] for line in made[path].splitlines() if line.startswith("COPY ")]
        wanted = {folder + name for names in copied if "--from=build" not in names for name in names}
        assert wanted <= made.keys()
        assert {other for other in made if other.startswith(folder)} == {*wanted, path}
