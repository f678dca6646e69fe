"""BuildKit's own check of every kind of Dockerfile: ``docker buildx build --check``.

Only a BuildKit of 2024 or later has it (https://docs.docker.com/build/checks/); the daemon is the one of DOCKER_HOST.
"""

from __future__ import annotations

import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from generator import matrix
from generator.dockerfile import CONTEXT
from generator.plan import rendered
from tests.generator.family import family
from tests.generator.languages import spoken
from tests.generator.linting import kinds
from tests.images.engine import need

_FROM = re.compile(r"^FROM ([^\s$]+)", re.MULTILINE)


def test_buildkit_has_nothing_to_say(tmp_path: Path) -> None:
    """No warning, with none switched off; what a file stands on need not be there for that."""
    rows = spoken(family())
    files = rendered(rows)
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    (tmp_path / "empty").mkdir()
    docker = need("docker")
    texts = {files[image.dockerfile]: image.dockerfile for image in matrix.with_dockerfile(rows)}

    def check(text: str) -> str:
        nothing = [f"--build-arg={name}=scratch" for name in ("BASE", "FETCH_BASE") if f"ARG {name}=" in text]
        nothing += [f"--build-context={base}={tmp_path / 'empty'}" for base in _FROM.findall(text)]
        command = [docker, "buildx", "build", "--check", *nothing, "-f", str(tmp_path / texts[text]), "."]
        done = subprocess.run(command, cwd=tmp_path / CONTEXT, capture_output=True, text=True, check=False)
        clean = done.returncode == 0 and "no warnings found" in done.stdout + done.stderr
        return "" if clean else f"{texts[text]}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"

    with ThreadPoolExecutor(4) as pool:
        wrong = list(filter(None, pool.map(check, kinds(texts))))
    assert not wrong, "\n".join(wrong[:5])
