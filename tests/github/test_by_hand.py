"""``python -m tests.github``: a GitHub in a process of its own, for git and any client of the API."""

from __future__ import annotations

import base64
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import github as pygithub
import httpx
import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address that it prints, and its process."""
    command = [sys.executable, "-m", "tests.github", "--port", "0", "--repo", "ann/images"]
    process = subprocess.Popen(
        [*command, "--git", str(tmp_path / "images.git"), "--token", "ghp_ann"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    found = re.search(r"API: (\S+)", process.stdout.readline())
    try:
        assert found
        yield found[1], process
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)


def test_git_and_a_client_of_the_api_use_it(served: tuple[str, subprocess.Popen[str]], tmp_path: Path) -> None:
    """A push to an empty repository, a pull request by PyGithub, its merge fetched by git; a slip is told; then it ends."""
    api, process = served
    remote = f"{api.replace('://', '://x:ghp_ann@')}/ann/images.git"

    def git(*arguments: str) -> str:
        command = ["git", "-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-C", str(tmp_path / "work")]
        return subprocess.run([*command, *arguments], check=True, capture_output=True, text=True).stdout.strip()

    subprocess.run(["git", "init", "-q", "-b", "main", tmp_path / "work"], check=True, capture_output=True)
    for branch in ("main", "topic"):
        git("checkout", "-q", "-B", branch)
        (tmp_path / "work" / branch).write_text(f"{branch}\n")
        git("add", ".")
        git("commit", "-q", "-m", f"add {branch}")
        git("push", "-q", remote, branch)
    with pygithub.Github(base_url=api, auth=pygithub.Auth.Token("ghp_ann")) as hub:
        repository = hub.get_repo("ann/images")
        pull = repository.create_pull("main", "topic", title="Topic", body="")
        assert pull.merge().merged
        assert base64.b64decode(repository.get_contents("topic").content) == b"topic\n"  # type: ignore[union-attr]
    git("fetch", "-q", remote, "main")
    assert git("log", "-1", "--format=%s", "FETCH_HEAD") == "Merge pull request #1 from ann/topic"
    said = {"title": "t", "colour": "red"}
    assert (
        httpx.post(f"{api}/repos/ann/images/issues", json=said, headers={"Authorization": "token ghp_ann"}).status_code
        == 201
    )
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "not as GitHub has it: request POST /repos/{owner}/{repo}/issues: there is no field 'colour'" in errors
