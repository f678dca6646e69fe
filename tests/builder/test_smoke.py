"""Trying images out: each check tells when it failed, and a container's silence is no success."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from builder.engines.engine import BuildRequest, Ran
from builder.oci import Layout
from builder.smoke import Check, Expected, judged, script, size, size_note, smoke
from tests.registry.images import layout

ENTRY = '#!/bin/sh\necho entry.sh: udev is "$UDEV" >&2\nexec "$@"\n'  # fmt: skip


class Here:
    """An engine whose containers are this machine: what it runs, it runs with the real shell."""

    name = "here"

    async def ready(self) -> str:
        """It always is."""
        return "here"

    async def build(self, request: BuildRequest) -> Layout:
        """Not asked for here."""
        raise NotImplementedError(request)

    async def forget(self, layout: Layout) -> None:
        """Nothing is kept."""

    async def run(
        self,
        layout: Layout,
        platform: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        seconds: float = 600.0,
    ) -> Ran:
        """Run it beside us."""
        del layout, platform, environment
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        async with asyncio.timeout(seconds):
            said, _ = await process.communicate()
        return Ran(process.returncode or 0, said.decode())


@pytest.fixture
def image(tmp_path: Path) -> Layout:
    """A layout whose configuration states this machine's platform."""
    return layout(tmp_path / "image", _here(), label="yes")


def _here() -> str:
    machine = Path("/bin/sh").read_bytes()[18:20].hex()
    return {"3e00": "linux/amd64", "b700": "linux/arm64", "0300": "linux/386", "2800": "linux/arm/v7"}[machine]


async def _failures(image: Layout, *checks: Check, labels: Mapping[str, str] | None = None) -> list[str]:
    return await smoke(Here(), image, _here(), Expected(labels=labels or {}, checks=checks))


async def test_an_image_that_does_all_it_must_has_no_failures(image: Layout) -> None:
    """Exit code, output, architecture, labels: nothing to say."""
    checks = (Check("shell", ("sh", "-c", "echo $((6 * 7))"), "42"), Check("true", ("true",)))
    assert await _failures(image, *checks, labels={"test": "yes"}) == []


async def test_each_failure_is_told_and_the_others_are_tried_all_the_same(image: Layout) -> None:
    """A wrong answer, a wrong exit code and a missing program are three sentences, in order."""
    found = await _failures(
        image,
        Check("version", ("echo", "v22.1.0"), "v22.2.0"),
        Check("fails", ("sh", "-c", "echo no such file >&2; exit 3")),
        Check("works", ("true",)),
        Check("missing", ("no-such-program-at-all",)),
    )
    assert found[0] == "version: must say 'v22.2.0', and said 'v22.1.0'"
    assert found[1] == "fails: exit code 3: no such file"
    assert found[2].startswith("missing: exit code 127: ")
    assert len(found) == 3


async def test_a_program_without_end_is_ended(image: Layout) -> None:
    """Its time is over, and the check after it has its turn."""
    found = await _failures(image, Check("hangs", ("sleep", "60"), "", 1), Check("after", ("false",)))
    assert found == ["hangs: no end in time: said nothing", "after: exit code 1: said nothing"]


async def test_quotes_and_dollars_of_a_command_are_its_own(image: Layout) -> None:
    """What a check is called with arrives as it is written: no shell reads it on the way."""
    text = 'it\'s $(id) `id` "$HOME" \\n'
    assert await _failures(image, Check("quoted", ("printf", "%s", text), text)) == []


async def test_another_architecture_inside_is_found_by_its_program(tmp_path: Path) -> None:
    """The configuration may say what it likes: the header of the shell counts."""
    other = "linux/arm64" if _here() != "linux/arm64" else "linux/amd64"
    found = await smoke(Here(), layout(tmp_path, other), other, Expected())
    assert [text.partition(":")[0] for text in found] == ["architecture"]


async def test_what_emulation_cannot_run_is_asked_of_real_processors_alone(tmp_path: Path) -> None:
    """A runtime that is not made to run under QEMU is no reason to refuse an image of another architecture."""
    other = "linux/arm64" if _here() != "linux/arm64" else "linux/amd64"
    checks = Expected(checks=(Check("program", ("false",), native=True), Check("both", ("false",))))
    found = await smoke(Here(), layout(tmp_path / "other", other), other, checks)
    assert [text.partition(":")[0] for text in found] == ["architecture", "both"]
    found = await smoke(Here(), layout(tmp_path / "here", _here()), _here(), checks)
    assert [text.partition(":")[0] for text in found] == ["program", "both"]


async def test_platform_label_and_entry_point_are_compared(tmp_path: Path) -> None:
    """ARM images once said amd64; a label that is missing or another is named with both values."""
    made = layout(tmp_path, "linux/s390x", label="no")
    found = await smoke(Here(), made, _here(), Expected({"test": "yes", "more": "x"}, ("/usr/bin/entry.sh",)))
    assert f"platform: the configuration states linux/s390x, and must be {_here()}" in found
    assert "label test: is 'no', and must be 'yes'" in found
    assert "label more: is None, and must be 'x'" in found
    assert "entry point: is None, and must be ['/usr/bin/entry.sh']" in found


async def test_the_entry_point_starts_a_command_with_udev_off_and_on(tmp_path: Path) -> None:
    """Both times the command is run; one that loses its command, or ends with an error, is told."""
    entry = tmp_path / "entry.sh"
    entry.write_text(ENTRY)
    entry.chmod(0o755)
    made = layout(tmp_path / "image", _here())
    config = made.blob(made.manifest().config.digest)
    config.write_text(json.dumps({**json.loads(config.read_text()), "config": {"Entrypoint": [str(entry)]}}))
    expected = Expected(entrypoint=(str(entry),))
    assert await smoke(Here(), made, _here(), expected) == []
    entry.write_text('#!/bin/sh\n[ "$UDEV" = on ] || exec "$@"\nexit 4\n')
    assert await smoke(Here(), made, _here(), expected) == ["entry point with UDEV=on: exit code 4: said nothing"]


def test_a_container_that_dies_is_no_success() -> None:
    """Where the answers end, the check that was running has failed."""
    checks = (Check("one", ("true",)), Check("two", ("true",)), Check("three", ("true",)))
    assert judged(checks, "\n::smoke 0 0\nSegmentation fault\n") == ["two: did not come to an end: Segmentation fault"]
    assert judged(checks, "") == ["one: did not come to an end: said nothing"]


def test_emulation_is_given_more_time() -> None:
    """Every limit is multiplied."""
    assert "timeout -k 5 600 true <" in script([Check("slow", ("true",), "", 60)], 10)


def test_a_size_that_moved_by_a_tenth_is_told(tmp_path: Path) -> None:
    """Within a tenth nothing is said; beyond it both sizes and the change."""
    mib = 2**20
    assert size(layout(tmp_path, layers=(b"12345", b"123"))) == 8
    assert size_note(109 * mib, 100 * mib) == size_note(91 * mib, 100 * mib) == size_note(5, None) == ""
    assert size_note(120 * mib, 100 * mib) == "120.0 MiB, and was 100.0 MiB (+20%)"
    assert size_note(50 * mib, 100 * mib).endswith("(-50%)")
