"""How buildx is called, by a stand-in program that notes it; ``make test-builds`` runs the real one."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from builder.engines import discover
from builder.engines.buildah import Buildah
from builder.engines.buildx import Buildx
from builder.engines.engine import BuildRequest
from builder.oci import Layout
from state.errors import BuildError, Unavailable
from tests.registry.images import layout
from watcher.config import base_environment

PROGRAM = """#!/bin/sh
printf '%s\\n' "$@" -- >> "$0.calls"
case "$1" in
version) echo 'buildx v9' ;;
inspect) [ ! -e "$0.gone" ] || exit 1; echo 'Platforms: linux/amd64, linux/arm64*'; cat "$0.node" 2>/dev/null || true ;;
build)
    for word in "$@"; do
        case "$word" in
        --output=type=local,dest=*) out=${word#*dest=}; mkdir "$out"; printf '3\\n' > "$out/code"; printf 'no' > "$out/output" ;;
        --output=*) [ ! -e "$0.fails" ] || { echo '#5 [2/3] RUN false'; echo 'exit code: 1'; exit 1; } ;;
        --file=*) cat "${word#--file=}" >> "$0.files" ;;
        esac
    done ;;
esac
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """The stand-in."""
    file = tmp_path / "buildx"
    file.write_text(PROGRAM)
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return file


def _buildx(program: Path, **more: object) -> Buildx:
    return Buildx(base_environment(), program=(str(program),), **more)  # type: ignore[arg-type]


def _calls(program: Path) -> list[list[str]]:
    return [c.splitlines() for c in Path(f"{program}.calls").read_text().split("--\n") if c]


async def test_an_image_leaves_it_as_a_layout_without_attestations(program: Path, tmp_path: Path) -> None:
    """Every file's time is set, and nothing turns the image into an index."""
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    request = BuildRequest(
        tmp_path, tmp_path / "Dockerfile", "linux/arm/v7", tmp_path / "out", tmp_path / "log", 17, {"A": "b"}, {"l": "m"}
    )  # fmt: skip
    made = await _buildx(program, builder="big", builders={"linux/arm/v7": "pi"}, network="host").build(request)
    [call] = _calls(program)
    assert made == Layout(tmp_path / "out")
    assert {"--provenance=false", "--sbom=false", "--platform=linux/arm/v7", "--builder=pi"} <= set(call)
    assert {"--build-arg=SOURCE_DATE_EPOCH=17", "--build-arg=A=b", "--label=l=m", "--network=host"} <= set(call)
    assert f"--output=type=oci,tar=false,rewrite-timestamp=true,dest={tmp_path / 'out'}" in call
    assert call[-1] == str(tmp_path)


async def test_a_failing_step_is_quoted(program: Path, tmp_path: Path) -> None:
    """The error says which instruction it was."""
    Path(f"{program}.fails").touch()
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    request = BuildRequest(tmp_path, tmp_path / "Dockerfile", "linux/amd64", tmp_path / "out", tmp_path / "log", 0)
    with pytest.raises(BuildError, match=r"(?s)RUN false.*exit code: 1"):
        await _buildx(program).build(request)
    assert "RUN false" in (tmp_path / "log").read_text()


async def test_a_builder_that_is_gone_is_no_fault_of_the_image(program: Path, tmp_path: Path) -> None:
    """It does not answer after the failure, tells of a broken connection, or says why a node of it is not there."""
    Path(f"{program}.fails").touch()
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    request = BuildRequest(tmp_path, tmp_path / "Dockerfile", "linux/amd64", tmp_path / "out", tmp_path / "log", 0)
    with pytest.raises(BuildError) as raised:
        await _buildx(program).build(request)
    assert type(raised.value) is BuildError
    Path(f"{program}.node").write_text("Status:    running\n")
    with pytest.raises(BuildError) as raised:
        await _buildx(program).build(request)
    assert type(raised.value) is BuildError
    Path(f"{program}.node").write_text("Error:     listing workers: failed to dial: connection refused\n")
    with pytest.raises(Unavailable):
        await _buildx(program).build(request)
    Path(f"{program}.node").unlink()
    Path(f"{program}.gone").touch()
    with pytest.raises(Unavailable, match="RUN false"):
        await _buildx(program, builder="far").build(request)
    Path(f"{program}.gone").unlink()
    program.write_text(
        program.read_text().replace(
            "'exit code: 1'", "'ERROR: failed to receive status: rpc error: code = Unavailable'"
        )
    )
    with pytest.raises(Unavailable, match="failed to receive status"):
        await _buildx(program).build(request)


async def test_a_container_is_a_step_of_a_build(program: Path, tmp_path: Path) -> None:
    """Exit code and output come back as files; the command is never read by a shell of ours."""
    image = layout(tmp_path / "image")
    ran = await _buildx(program).run(image, "linux/amd64", ["echo", "$(id) 'x'"], environment={"UDEV": "on"})
    assert (ran.code, ran.output) == (3, "no")
    file = Path(f"{program}.files").read_text()
    assert '"sh", "env", "UDEV=on", "echo", "$(id) \'x\'"]' in file
    digest = image.manifest().digest
    assert f"--build-context=image=oci-layout://{image.folder}@{digest}" in _calls(program)[0]


async def test_it_is_ready_once_a_trial_image_came_out(program: Path, tmp_path: Path) -> None:
    """A docker daemon that cannot export layouts is found out before the first build, not by it."""
    assert await _buildx(program).ready() == "buildx v9"
    assert await _buildx(program).platforms() == ["linux/amd64", "linux/arm64"]
    Path(f"{program}.fails").touch()
    with pytest.raises(BuildError, match="exit code: 1"):
        await _buildx(program).ready()
    with pytest.raises(BuildError, match="cannot be started"):
        await _buildx(tmp_path / "none").ready()


async def test_the_first_engine_that_is_ready_is_taken(program: Path, tmp_path: Path) -> None:
    """Those that are not there are passed over, unless one is named: then it says why it is not ready."""
    absent = Buildah({"PATH": str(tmp_path)})
    there = _buildx(program)
    assert (await discover.choose([absent, there])).engine is there
    assert [bool(found.version) for found in await discover.look([absent, there])] == [False, True]
    with pytest.raises(BuildError, match="buildah: buildah cannot be started"):
        await discover.choose([absent, there], "buildah")


async def test_buildah_is_given_the_authority_of_a_registry(program: Path, tmp_path: Path) -> None:
    """As the folder that its option takes, in which the file is while it builds."""
    told = (
        'case "$1" in build) for w in "$@"; do case "$w" in --cert-dir=*) cat "${w#*=}/ca.crt" ;; esac; done ;; esac\n'
    )
    program.with_name("buildah").write_text(f"#!/bin/sh\n{told}")
    program.with_name("buildah").chmod(0o755)
    authority = tmp_path / "ca.pem"
    authority.write_text("the authority\n")
    (tmp_path / "Dockerfile").write_text("FROM debian\n")
    log = tmp_path / "log"
    request = BuildRequest(tmp_path, tmp_path / "Dockerfile", "linux/amd64", tmp_path / "out", log, 0)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    await Buildah(environment, authority=authority).build(request)
    assert log.read_text() == "the authority\n"
    log.unlink()
    await Buildah(environment).build(request)
    assert not log.exists()


def test_what_runs_here_is_read_from_the_kernel(tmp_path: Path) -> None:
    """An emulator that is switched off does not count, and what is native stays native."""
    (tmp_path / "qemu-arm").write_text("enabled\ninterpreter /usr/bin/qemu-arm\n")
    (tmp_path / "qemu-aarch64").write_text("disabled\n")
    native = discover.platforms(tmp_path / "none")
    found = discover.platforms(tmp_path)
    assert set(native.values()) == {"native"}
    assert found.items() >= native.items()
    assert found["linux/arm/v7"] in ("qemu-arm", "native")
    assert ("linux/arm64" in found) == ("linux/arm64" in native)
