"""A Node patch release with all devices: from the feed's answer to the pushed branch."""

from __future__ import annotations

import time

from builder.git import CloneRepository
from generator import dockerfile, matrix
from generator.catalogue import load
from tests.bench import measure, scene
from tests.world import NEWER, World
from watcher import documents
from watcher.app import App
from watcher.changes import build_plan, touched
from watcher.sync import sync


def main() -> None:
    """Measure one patch release, and git alone with the same bytes."""
    with scene.imported() as world:
        world.publish(NEWER)
        world.only("22.23.2", "22.11.0")
        images = world.folder / "ws" / "images.git"
        before = measure.kib_of_objects(images)
        seconds, files, announced = _patch(world)
        grown = measure.kib_of_objects(images) - before
        floor = _bare(world)
        measure.line("feed's answer to pushed branch", f"{seconds * 1e3:.0f} ms", f"{floor * 1e3:.0f} ms git alone",
                     seconds / floor, "< 1.5 s")  # fmt: skip
        measure.line("files touched", str(files), goal="< 300")
        measure.line("images announced", f"{announced:,}")
        measure.line("objects grown", f"{grown} KiB", goal="< 100 KiB")
        _render(world)


def _patch(world: World) -> tuple[float, int, int]:
    """Seconds from the answered documents to the end of the push; files; images announced."""
    answered: list[float] = []
    pushed: list[float] = []
    ask, push = documents.ask, CloneRepository.push

    async def timed_ask(app: App, asked: documents.Asked) -> None:
        await ask(app, asked)
        answered.append(time.perf_counter())

    async def timed_push(self: CloneRepository, branch: str, commit: str, expected: str | None) -> None:
        await push(self, branch, commit, expected)
        pushed.append(time.perf_counter())

    async def job(app: App) -> tuple[int, int]:
        report = await sync(app, ["node"])
        [pull] = report.pulls
        return len(await touched(app, pull)), len((await build_plan(app, pull.number)).steps)

    documents.ask, CloneRepository.push = timed_ask, timed_push  # type: ignore[method-assign]
    try:
        files, images = world.run(job)
    finally:
        documents.ask, CloneRepository.push = ask, push  # type: ignore[method-assign]
    return pushed[0] - answered[0], files, images


def _bare(world: World) -> float:
    """Seconds that git alone takes for the same commit and push: fast-import and push."""
    images = world.folder / "ws" / "images.git"
    clone = world.folder / "bare.git"
    measure.git(world.folder, "clone", "-q", "--bare", str(images), str(clone))
    names = measure.git(clone, "diff", "--name-only", "main", "watcher/node/22").decode().split()
    stream = b"commit refs/heads/bare\ncommitter b <b@localhost> 1 +0000\ndata 1\nx\nfrom refs/heads/main^0\n"
    for name in names:
        body = measure.git(clone, "show", f"watcher/node/22:{name}")
        stream += b"M 100644 inline %s\ndata %d\n%s\n" % (name.encode(), len(body), body)
    stream += b"\ndone\n"
    return measure.once(
        lambda: (
            measure.git(clone, "fast-import", "--quiet", "--done", "--force", data=stream),
            measure.git(clone, "push", "-q", "origin", "refs/heads/bare"),
        )
    )


def _render(world: World) -> None:
    """The rendering alone of the line's Dockerfiles."""
    paths = [p for p in world.paths() if p.startswith("catalogue/")]
    catalogue = load({path: world.text(path).encode() for path in paths})
    made = dockerfile.files(catalogue, matrix.images_of(catalogue, "node", "22"))
    seconds = measure.median(lambda: dockerfile.files(catalogue, matrix.images_of(catalogue, "node", "22")))
    measure.line(f"render alone ({len(made)} files)", f"{seconds * 1e3:.1f} ms", goal="< 150 ms")
