"""A change of the Debian OS template: all its Dockerfiles and every device on them, in one pull request."""

from __future__ import annotations

import time

from builder.bare import BareRepository
from builder.ports import Commit
from tests.bench import measure, scene
from tests.world import World
from watcher import refresh
from watcher.app import App

_LINE = "# A line that the template no longer has.\n"


def main() -> None:
    """Measure the proposal, and what a work tree and three git commands take for the same files."""
    with scene.imported() as world:
        paths = [p for p in world.paths() if "/debian/" in p and "/node/" not in p and p.endswith("/Dockerfile")]
        world.run(lambda app: _other_template(app, world, paths))
        committed, pushed, opened = world.run(_propose)
        floor = _work_tree(world)
        beside = f"{floor * 1e3:.0f} ms add+commit+push"
        measure.line(f"commit and push of {len(paths)} files", f"{committed * 1e3:.0f} ms", beside,
                     committed / floor, "<= 0.6 x")  # fmt: skip
        measure.line("the same, all 500 files rendered and compared first", f"{pushed * 1e3:.0f} ms", beside,
                     pushed / floor)  # fmt: skip
        measure.line("the same, and the pull request open", f"{opened * 1e3:.0f} ms", beside, opened / floor)


async def _other_template(app: App, world: World, paths: list[str]) -> None:
    """Let main be what another template made."""
    await app.repository.fetch()
    head = await app.images.head()
    files = {path: _LINE + world.text(path) for path in paths}
    made = await app.repository.commit(Commit("main", head, "Another template\n", files, app.now()))
    await app.repository.push("main", made, head)


async def _propose(app: App) -> tuple[float, float, float]:
    """Seconds of commit and push, of all up to the push, and up to the open pull request; the catalogue is read."""
    await app.repository.fetch()
    await app.images.catalogue(await app.images.head())
    marks: dict[str, float] = {}
    commit, push = BareRepository.commit, BareRepository.push

    async def timed_commit(self: BareRepository, change: Commit) -> str:
        marks["commit"] = time.perf_counter()
        return await commit(self, change)

    async def timed_push(self: BareRepository, branch: str, made: str, expected: str | None) -> None:
        await push(self, branch, made, expected)
        marks["pushed"] = time.perf_counter()

    start = time.perf_counter()
    BareRepository.commit, BareRepository.push = timed_commit, timed_push  # type: ignore[method-assign, assignment]
    try:
        assert await refresh.propose(app) is not None
    finally:
        BareRepository.commit, BareRepository.push = commit, push  # type: ignore[method-assign]
    return marks["pushed"] - marks["commit"], marks["pushed"] - start, time.perf_counter() - start


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
