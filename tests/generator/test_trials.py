"""What an image has to pass before it gets a name: rows of the catalogue, with the image's own version in them."""

from __future__ import annotations

import pytest

from generator import catalogue, matrix, trials
from state.errors import CatalogueError
from state.model import Image
from tests.generator.family import family, files, find
from tests.generator.languages import spoken
from watcher.trials import expected

ROWS = spoken(family([]))
IMAGES = matrix.with_dockerfile(ROWS)


def _said(image: Image) -> dict[str, str]:
    return {trial.title: trial.says for trial in trials.of(ROWS, image)}


def _image(
    stack: str, line: str, hw: str = "amd64", distro: str = "debian", codename: str = "trixie", variant: str = "run"
) -> Image:
    return find(
        IMAGES, kind="stack-arch", stack=stack, stack_line=line, hw=hw, distro=distro, distro_version=codename,
        variant=variant,
    )  # fmt: skip


def test_every_stack_shows_its_version_and_runs() -> None:
    """No image of a stack gets a name for its operating system alone, and what it says holds its version."""
    for image in IMAGES:
        said = _said(image)
        assert "operating system" in said
        if image.stack:
            assert len(said) > 1, image
            told = " ".join(said.values())
            assert "{" not in told
            version = trials.version_of(ROWS, image) or str(image.stack_line).partition("-")[0]
            if not str(image.stack_line).startswith("8-"):
                assert version.partition("+")[0] in told, image


def test_a_version_is_said_as_its_program_says_it() -> None:
    """Java leaves the build out, and 8 calls itself 1.8.0; a distro's own package is known by its number alone."""
    whole = trials.version_of(ROWS, _image("openjdk", "21-jdk"))
    assert "+" in whole
    assert _said(_image("openjdk", "21-jdk"))["version of Java"] == f'version "{whole.partition("+")[0]}'
    assert _said(_image("openjdk", "8-jre"))["version of Java"] == 'version "1.8.0_'
    assert _said(_image("openjdk", "21-jre", "i386"))["version of Java"] == 'version "21'


def test_a_trial_is_for_its_flavours_alone() -> None:
    """A JRE is not asked for a compiler."""
    assert "compiler of Java" in _said(_image("openjdk", "21-jdk"))
    assert "compiler of Java" not in _said(_image("openjdk", "21-jre"))
    assert "program for .NET" in _said(_image("dotnet", "10.0-sdk"))
    assert "program for .NET" not in _said(_image("dotnet", "10.0-aspnet"))


def test_a_trial_is_for_its_variants_alone() -> None:
    """An addon is compiled where there is a compiler."""
    assert "native addon of Node.js" in _said(_image("node", "22", variant="build"))
    assert "native addon of Node.js" not in _said(_image("node", "22"))


def test_only_real_processors_are_asked_to_run_dotnet() -> None:
    """Of its SDK the program is left out under emulation, and nothing else is of any stack."""
    native = {trial.title for stack in ROWS.stacks.values() for trial in stack.smoke if trial.native}
    assert native == {"program for .NET"}
    image = _image("dotnet", "10.0-sdk", "aarch64")
    assert {check.title for check in expected(ROWS, image, {}).checks if check.native} == native


@pytest.mark.parametrize(
    ("distro", "codename", "says"),
    [("debian", "bookworm", "debian bookworm"), ("debian", "sid", "debian"), ("alpine", "3.22", "alpine 3.22")],
)
def test_the_system_is_the_one_in_the_name(distro: str, codename: str, says: str) -> None:
    """A rolling one has no version that could be compared."""
    image = find(IMAGES, kind="os-arch", hw="amd64", distro=distro, distro_version=codename, variant="run")
    assert _said(image) == {"operating system": says}


def test_labels_entry_point_and_a_package_are_expected_beside() -> None:
    """What the build adds has to be there, the version is the file's; nothing is installed where nothing can be."""
    image = _image("node", "22", "armv7hf", codename="bookworm")
    found = expected(ROWS, image, {"a": "b"}, "ed")
    assert found.labels == {
        "io.balena.architecture": "armv7hf",
        "org.opencontainers.image.version": image.stack_version,
        "a": "b",
    }
    assert found.entrypoint == ("/usr/bin/entry.sh",)
    assert ("install_packages", "ed") in [check.command for check in found.checks]
    assert not [c for c in expected(ROWS, image, {}).checks if "install_packages" in c.command]


@pytest.mark.parametrize(
    "row",
    [
        'command = "node"',
        "command = []",
        "command = [1]",
        'command = ["a"]\nseconds = 0',
        'command = ["a"]\nvariants = ["edge"]',
        'command = ["a"]\nsays = "{x}"',
    ],
)
def test_a_row_that_makes_no_sense_is_refused(row: str) -> None:
    """With the file and the field."""
    broken = files([])
    path = "catalogue/stacks.toml"
    broken[path] += f'\n[[stacks.node.smoke]]\ntitle = "x"\n{row}\n'.encode()
    with pytest.raises(CatalogueError, match=r"stacks\.node\.smoke"):
        catalogue.load(broken)
