"""A change of the Debian OS template: all its Dockerfiles and every device on them, in one pull request."""

from __future__ import annotations

import time

from builder.ports import Commit
from tests.bench import measure, scene
from tests.world import World
from watcher import render
from watcher.app import App

_LINE = "# A line that the template no longer has.\n"


def main() -> None:
    """Measure the proposal, and what a work tree and three git commands take for the same files."""
    with scene.imported() as world:
        paths = [p for p in world.paths() if "/debian/" in p and "/node/" not in p and p.endswith("/Dockerfile")]
        world.run(lambda app: _other_template(app, world, paths))
        seconds = world.run(_propose)
        floor = _work_tree(world)
        measure.line(f"template change to open pull request ({len(paths)} files)", f"{seconds * 1e3:.0f} ms",
                     f"{floor * 1e3:.0f} ms add+commit+push", seconds / floor, "<= 0.6 x")  # fmt: skip


async def _other_template(app: App, world: World, paths: list[str]) -> None:
    """Let main be what another template made."""
    await app.repository.fetch()
    head = await app.images.head()
    files = {path: _LINE + world.text(path) for path in paths}
    made = await app.repository.commit(Commit("main", head, "Another template\n", files, app.now()))
    await app.repository.push("main", made, head)


async def _propose(app: App) -> float:
    """Seconds of the whole proposal, the catalogue read already as in a daemon."""
    await app.repository.fetch()
    await app.images.catalogue(await app.images.head())
    start = time.perf_counter()
    pull = await render.propose(app)
    assert pull is not None
    return time.perf_counter() - start


def _work_tree(world: World) -> float:
    """Seconds of ``git add -A && git commit && git push`` with the same files in a work tree."""
    tree = world.folder / "tree"
    measure.git(world.folder, "clone", "-q", str(world.folder / "ws" / "images.git"), str(tree))
    for path in world.git("diff", "--name-only", "main", "watcher/render/all").split():
        (tree / path).write_text(world.text(path, "watcher/render/all"))
    return measure.once(
        lambda: (
            measure.git(tree, "add", "-A"),
            measure.git(tree, "commit", "-q", "-m", "x"),
            measure.git(tree, "push", "-q", "origin", "HEAD:refs/heads/tree"),
        )
    )
