"""buildah: builds without a daemon (https://github.com/containers/buildah)."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from builder.engines import command
from builder.engines.engine import BuildRequest, Ran
from builder.oci import Layout, platform_of
from state.errors import BuildError

_FROM = re.compile(r"^FROM (?:--\S+ )*(\S+)", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Buildah:
    """buildah on this machine.

    ``storage`` is where its images and containers are (its own default if None). ``plain`` lets registries be asked
    by http: for one on loopback. ``isolation`` is buildah's own word: ``chroot`` needs no runtime, ``oci`` uses one.
    ``registries`` is the text of a containers-registries.conf(5) that stands in for the machine's, "" for the machine's.
    ``authority`` is a PEM file of certificates that registries may have beside the public ones.
    """

    environment: Mapping[str, str] = field(repr=False)
    storage: Path | None = None
    isolation: str = "chroot"
    plain: bool = False
    registries: str = ""
    authority: Path | None = None
    name: str = "buildah"

    async def ready(self) -> str:
        """Return ``buildah version …``."""
        done = await self._do("--version")
        return done.output.strip()

    async def build(self, request: BuildRequest) -> Layout:
        """Build with ``buildah build``, and copy the image to its layout."""
        tag = _tag(request.output)
        arguments = [
            "build",
            f"--platform={request.platform}",
            f"--isolation={self.isolation}",
            f"--timestamp={request.epoch}",
            f"--tls-verify={'false' if self.plain else 'true'}",
            "--format=oci",
            "--layers=false",
            f"--file={request.dockerfile}",
            f"--tag={tag}",
        ]
        arguments += [f"--build-arg={key}={value}" for key, value in request.arguments.items()]
        arguments += [f"--label={key}={value}" for key, value in request.labels.items()]
        layout = Layout(request.output)
        try:
            with self._trusting() as trust:
                await self._do(*arguments, *trust, str(request.context), log=request.log)
            await self._do("push", "--format=oci", tag, f"oci:{request.output}", log=request.log)
        except BaseException:
            await self.forget(layout)
            raise
        on_nothing = await asyncio.to_thread(_from_nothing, request.dockerfile)
        if on_nothing and platform_of(layout.config()) != request.platform:
            # buildah 1.28 says linux/arm/v7 of every ARM image that stands on no other, whatever it was asked for.
            await asyncio.to_thread(layout.state, request.platform)
        return layout

    async def run(
        self,
        layout: Layout,
        platform: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        seconds: float = 600.0,
    ) -> Ran:
        """Run *command* in a working container of the layout's image, of which nothing is left."""
        del platform  # the layout has one image; asked for linux/arm/v6, buildah 1.28 does not find what it just read
        container, read = await self._container(layout)
        try:
            options = [f"--isolation={self.isolation}"]
            options += [f"--env={key}={value}" for key, value in (environment or {}).items()]
            return await self._do("run", *options, container, "--", *command, check=False, seconds=seconds)
        finally:
            await self._do("rm", container, check=False)
            if read:
                await self._do("rmi", f"localhost/{layout.folder.name}", check=False)

    async def _container(self, layout: Layout) -> tuple[str, bool]:
        """Make a working container: of the image in our storage with just this configuration, else of the layout, which is read.

        To read a layout takes as long as to write it, and what was built a moment ago is still there.
        """
        kept = layout.manifest().config.digest.removeprefix("sha256:")
        made = await self._do("from", "--pull-never", kept, check=False)
        read = made.code != 0
        if read:
            # buildah makes a reference of the path that it is told, and takes none with capitals, or with a dash beside
            # an underscore: so it is told the folder's own name, from beside it.
            made = await self._do("from", f"oci:{layout.folder.name}", folder=layout.folder.parent)
        return made.output.split()[-1], read

    async def forget(self, layout: Layout) -> None:
        """Remove the image from the storage."""
        await self._do("rmi", "--force", _tag(layout.folder), check=False)

    @contextmanager
    def _trusting(self) -> Iterator[Sequence[str]]:
        """The option that lets registries have a certificate of the authority: a folder with its file."""
        if self.authority is None:
            yield ()
            return
        with tempfile.TemporaryDirectory(prefix="watcher-trust-") as folder:
            (Path(folder) / "ca.crt").symlink_to(self.authority)
            yield (f"--cert-dir={folder}",)

    async def _do(
        self,
        *arguments: str,
        log: Path | None = None,
        check: bool = True,
        seconds: float = command.DAY,
        folder: Path | None = None,
    ) -> Ran:
        storage = self.storage.absolute() if self.storage else None
        own = [f"--root={storage / 'root'}", f"--runroot={storage / 'run'}"] if storage else []
        with self._settings() as environment:
            words = ["buildah", *own, *arguments]
            done = await command.run(words, environment, log=log, seconds=seconds, folder=folder)
        if check and done.code:
            raise BuildError(f"buildah {arguments[0]}: {command.quoted(done.output) or f'exit code {done.code}'}")
        return done

    @contextmanager
    def _settings(self) -> Iterator[Mapping[str, str]]:
        """The environment, in it the file of registries for as long as a command needs it."""
        if not self.registries:
            yield self.environment
            return
        with tempfile.NamedTemporaryFile("w", prefix="watcher-registries-", suffix=".conf") as file:
            file.write(self.registries)
            file.flush()
            yield {**self.environment, "CONTAINERS_REGISTRIES_CONF": file.name}


def _tag(output: Path) -> str:
    """What the image is called in the storage whose layout is written to *output*."""
    return f"localhost/watcher-build:{output.name.lower()}"


def _from_nothing(dockerfile: Path) -> bool:
    """Whether the last stage of a Dockerfile stands on no image, from which it would have its platform."""
    return _FROM.findall(dockerfile.read_text("utf-8"))[-1:] == ["scratch"]
