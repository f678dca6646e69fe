"""The compose file, up as it is: its watcher is ours, its database and registry are Debian's; BuildKit stays away."""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.builds.__main__ import check
from tests.deployed import making
from tests.deployed.docker import Docker
from watcher.config import base_environment

STANDS_IN = ("docker.io/library/postgres:17-alpine", "docker.io/library/registry:3")
IMAGE = "base-image-watcher"
_SERVICES = ("watcher", "database", "registry")  # and what they depend on: the one that tells buildx where BuildKit is
Compose = Callable[..., str]


def play(docker: Docker, program: Path, work: Path) -> None:
    """Follow deploy/docs/how-to/deploy.md, and take it down again."""
    folder = work / "compose"
    shutil.copytree(making.ROOT / "deploy" / "compose", folder)
    (folder / ".env").write_text(f"POSTGRES_PASSWORD={secrets.token_hex(16)}\n")
    (folder / "secrets").mkdir()
    (folder / "secrets" / "web-token").write_text(secrets.token_hex(24))
    compose = _compose(docker, program, folder)
    services = set(json.loads(compose("config", "--format", "json"))["services"])
    check(
        services == {"watcher", "database", "builder", "buildkit", "registry"}, f"Docker Compose reads it: {services}"
    )
    print(compose("run", "--rm", "--no-deps", "watcher", "init", "/var/lib/watcher").strip())
    compose("up", "--detach", "--no-build", *_SERVICES)
    try:
        up(docker, compose)
    except AssertionError:
        print(compose("logs", "--no-color"))
        raise
    finally:
        compose("down", "--volumes")


def up(docker: Docker, compose: Compose) -> None:
    """What is there once it is up."""
    ids = {name: compose("ps", "--all", "--quiet", name).strip() for name in (*_SERVICES, "builder")}
    docker.until("healthy", "inspect", "--format={{.State.Health.Status}}", ids["watcher"])
    print("  ok: the watcher is healthy")
    check('"ok"' in docker.get("http://127.0.0.1:8080/healthz"), "it answers on 127.0.0.1:8080")
    check(docker.get("http://127.0.0.1:5000/v2/") == "{}", "so does the registry on 127.0.0.1:5000, in its network")
    asked = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:5000/v2/').status)"
    check(compose("exec", "watcher", "python", "-c", asked).strip() == "200", "which the watcher reaches on loopback")
    status = json.loads(compose("exec", "watcher", "watcher", "status", "--json"))
    count = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
    tables = int(
        compose("exec", "database", "psql", "-h", "127.0.0.1", "-U", "watcher", "-tAc", count, env_password=True)
    )
    check(bool(status) and tables > 10, f"its memory is in PostgreSQL: {tables} tables")
    ended = docker("inspect", "--format={{.State.ExitCode}}", ids["builder"])
    builder = compose("exec", "watcher", "docker", "buildx", "ls")
    check(ended == "0" and "tcp://127.0.0.1:1234" in builder, "buildx knows where BuildKit is")
    compose("stop", "watcher")
    check(docker("inspect", "--format={{.State.ExitCode}}", ids["watcher"]) == "0", "a stop ends it with exit code 0")


def _compose(docker: Docker, program: Path, folder: Path) -> Compose:
    """Return a function that runs it in *folder* and returns what it printed."""
    password = (folder / ".env").read_text().partition("=")[2].strip()

    def compose(verb: str, *arguments: str, env_password: bool = False) -> str:
        options = ["--no-TTY"] if verb in ("exec", "run") else []
        options += [f"--env=PGPASSWORD={password}"] if env_password else []
        done = subprocess.run(
            [program, verb, *options, *arguments],
            cwd=folder, capture_output=True, text=True, check=False,
            env={**base_environment(), "DOCKER_HOST": f"unix://{docker.socket}"},
        )  # fmt: skip
        if done.returncode:
            raise AssertionError(f"docker compose {verb}: {done.stderr[-3000:]}{done.stdout[-2000:]}")
        return done.stdout

    return compose
