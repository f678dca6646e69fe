"""BuildKit by way of buildx: any builder that it knows, on this machine or not (https://github.com/docker/buildx).

Images leave it as OCI layouts, never as a push: only this export sets every file's time
(https://docs.docker.com/build/exporters/oci-docker/, ``rewrite-timestamp``), and what goes into a registry, at what
pace, stays with us. Nothing here needs a docker daemon: also a container is one more step of a build, so that it
runs where the builder is.
"""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from builder.engines import command
from builder.engines.engine import BuildRequest, Ran
from builder.oci import Layout
from state.errors import BuildError, Unavailable

_LOST = re.compile(r"^ERROR: .*\bcode = Unavailable\b", re.MULTILINE)
"""What is said at the end where the connection to the builder broke: https://grpc.io/docs/guides/status-codes/."""

_ERROR = re.compile(r"^(Error|Status):\s+(?!running)\S", re.MULTILINE)
"""What ``inspect`` tells of a node that it cannot reach."""

_PLATFORMS = re.compile(r"^Platforms:\s*(.+)$", re.MULTILINE)
_TRIAL = "FROM scratch\nCOPY Dockerfile /\n"
_KEEP = 'mkdir /.watcher && "$@" > /.watcher/output 2>&1; echo $? > /.watcher/code'


@dataclass(frozen=True, slots=True)
class Buildx:
    """The builder that buildx calls ``builder`` (its current one if empty); ``builders`` may name another per platform.

    ``program`` is how buildx is called: as a plugin of docker, or alone. ``network`` is that of ``RUN``: empty for the
    builder's own, or ``host``.
    """

    environment: Mapping[str, str] = field(repr=False)
    program: tuple[str, ...] = ("docker", "buildx")
    builder: str = ""
    builders: Mapping[str, str] = field(default_factory=dict)
    network: str = ""
    name: str = "buildx"

    async def ready(self) -> str:
        """Return ``… buildx … (BuildKit …)`` once a trial image of one file came out of every builder."""
        version = await self._do("version")
        for builder in dict.fromkeys((self.builder, *self.builders.values())):
            await self._try(builder)
        return version.output.strip()

    async def platforms(self) -> Sequence[str]:
        """Return what the builders say they can run, under emulation included: ``linux/arm/v7`` and the like."""
        found: list[str] = [*self.builders]
        told = await self._do("inspect", *([self.builder] if self.builder else []))
        for line in _PLATFORMS.findall(told.output):
            found += [each.strip().rstrip("*") for each in line.split(",")]
        return list(dict.fromkeys(found))

    async def build(self, request: BuildRequest) -> Layout:
        """Build with ``docker buildx build``, whose export is the layout."""
        arguments = [f"--file={request.dockerfile}", f"--build-arg=SOURCE_DATE_EPOCH={request.epoch}"]
        arguments += [f"--build-arg={key}={value}" for key, value in request.arguments.items()]
        arguments += [f"--label={key}={value}" for key, value in request.labels.items()]
        output = f"type=oci,tar=false,rewrite-timestamp=true,dest={request.output}"
        context = str(request.context)
        await self._build(self._builder(request.platform), request.platform, output, arguments, context, request.log)
        return Layout(request.output)

    async def run(
        self,
        layout: Layout,
        platform: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        seconds: float = 600.0,
    ) -> Ran:
        """Run *command* as a step of a build on the layout; what it said comes back as a file, exactly."""
        with tempfile.TemporaryDirectory(prefix="watcher-run-") as folder:
            here = Path(folder)
            words = ["env", *(f"{key}={value}" for key, value in (environment or {}).items()), *command]
            file = here / "Dockerfile"
            await asyncio.to_thread(file.write_text, _run_file(words), "utf-8")
            digest = layout.manifest().digest
            arguments = [
                f"--file={file}",
                "--no-cache",
                f"--build-context=image=oci-layout://{layout.folder}@{digest}",
            ]
            out = here / "out"
            await self._build(
                self._builder(platform), platform, f"type=local,dest={out}", arguments, folder, None, seconds
            )
            return await asyncio.to_thread(_ran, out)

    async def forget(self, layout: Layout) -> None:
        """Do nothing: what the builder keeps is its cache, which it tidies itself."""

    def _builder(self, platform: str) -> str:
        return self.builders.get(platform, self.builder)

    async def _try(self, builder: str) -> None:
        with tempfile.TemporaryDirectory(prefix="watcher-trial-") as folder:
            (Path(folder) / "Dockerfile").write_text(_TRIAL, "utf-8")
            output = f"type=oci,tar=false,rewrite-timestamp=true,dest={folder}/out"
            arguments = [f"--file={folder}/Dockerfile", "--build-arg=SOURCE_DATE_EPOCH=0"]
            await self._build(builder, "", output, arguments, folder, None, 120.0)

    async def _build(
        self,
        builder: str,
        platform: str,
        output: str,
        arguments: Sequence[str],
        context: str,
        log: Path | None,
        seconds: float = command.DAY,
    ) -> None:
        chosen = [f"--builder={builder}"] if builder else []
        where = [f"--platform={platform}"] if platform else []
        network = [f"--network={self.network}", "--allow=network.host"] if self.network == "host" else []
        # Attestations would turn each image into an index: they are attached when it was pushed, as referrers.
        plain = ["--provenance=false", "--sbom=false", "--progress=plain", f"--output={output}"]
        try:
            await self._do("build", *chosen, *where, *network, *plain, *arguments, context, log=log, seconds=seconds)
        except BuildError as error:
            # A builder that is gone says so in many words; that it does not answer now, either, is the surer sign.
            if _LOST.search(str(error)) or not await self._answers(chosen):
                raise Unavailable(str(error)) from error
            raise

    async def _answers(self, chosen: Sequence[str]) -> bool:
        """Whether the builder can be reached."""
        try:
            told = await self._do("inspect", "--bootstrap", *(name.removeprefix("--builder=") for name in chosen))
        except BuildError:
            return False
        return _ERROR.search(told.output) is None

    async def _do(self, *arguments: str, log: Path | None = None, seconds: float = 600.0) -> Ran:
        done = await command.run([*self.program, *arguments], self.environment, log=log, seconds=seconds)
        if done.code:
            raise BuildError(f"buildx {arguments[0]}: {command.quoted(done.output) or f'exit code {done.code}'}")
        return done


def _run_file(words: Sequence[str]) -> str:
    """A Dockerfile that runs *words* on the context ``image`` and leaves exit code and output as two files."""
    return (
        f"FROM image AS run\nUSER 0\nRUN {json.dumps(['sh', '-c', _KEEP, 'sh', *words])}\n"
        "FROM scratch\nCOPY --from=run /.watcher/ /\n"
    )


def _ran(folder: Path) -> Ran:
    """Read what the step left."""
    output = (folder / "output").read_bytes().decode(errors="replace")
    return Ran(int((folder / "code").read_text()), output)
